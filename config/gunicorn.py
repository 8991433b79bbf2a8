"""How gunicorn serves us: `gunicorn --config python:config.gunicorn config.wsgi`."""

import os
from pathlib import Path
from typing import Any

# Before the settings are read: they give web processes shorter time limits in the database.
os.environ.setdefault("PROCESS", "web")

from config import environment, garbage, lifeline, settings

bind = f"{settings.BIND}:{settings.PORT}"
worker_class = "gthread"
workers = environment.whole_number("WEB_PROCESSES", 2, low=1, high=64)
threads = environment.whole_number("WEB_THREADS", 4, low=1, high=64)
# One import for all workers. No database connection is open yet when they fork.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
# Heartbeats are file touches; a disk that is busy must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a place in memory, not a file name
control_socket_disable = True
# Requests are not logged: addresses carry search words. Errors are, in the product's own format.
disable_redirect_access_to_syslog = True
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}


def on_starting(server: Any) -> None:
    """In the master. It forks, so it has no watching thread; its workers kill the group, and so the master, for it."""
    lifeline.ask_kernel()


def when_ready(server: Any) -> None:
    """In the master, once the product is loaded and before it forks: see `garbage.settle`."""
    garbage.settle()


def post_fork(server: Any, worker: Any) -> None:
    """In each worker."""
    lifeline.watch()
