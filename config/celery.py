"""Celery: which broker, which care, and the beat table. The database is the truth; the broker only rings the bell.

Each task is idempotent, safe late, safe twice and safe beside itself, so it may be lost or come twice. The reasons for
the figures are in docs/running.md.
"""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_init, worker_ready

from config import beat, environment, garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery warns root because messages could hold pickled code; ours are JSON only (accept_content below).
warnings.simplefilter("ignore", SecurityWarning)

app = Celery("staygreen")
REDIS_URL = environment.redis_url("REDIS_URL")


def every(seconds: int, task: str) -> dict[str, Any]:
    """A line of the beat table. A tick that no worker took before the next one is due is dropped."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": max(seconds, 2)}}


app.conf.update(
    broker_url=REDIS_URL or "memory://localhost/",
    broker_transport_options={
        "visibility_timeout": 900,  # longer than any task may run
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
        "socket_keepalive": True,
    }
    if REDIS_URL
    else {"polling_interval": 0.1},
    broker_connection_retry_on_startup=True,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2},
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=300,
    task_soft_time_limit=240,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=300_000,  # kB
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_soft_shutdown_timeout=10,
    worker_send_task_events=False,
    worker_enable_remote_control=bool(REDIS_URL),
    timezone="UTC",
    beat_scheduler="config.beat:MemoryScheduler",
    beat_schedule={
        "sweep": every(2, "kpis.tasks.sweep"),
        "close weeks": every(60, "kpis.tasks.close_weeks"),
        "prove": every(60, "kpis.tasks.prove"),
        "heartbeat": every(10, "kpis.tasks.heartbeat"),
        "send reports": every(15, "dashboard.tasks.send_reports"),
        "run imports": every(1, "intake.tasks.run_imports"),
        "pull connections": every(15, "intake.tasks.pull_connections"),
        "check files": every(1, "intake.tasks.check_files"),
    },
)
beat.install(app)
app.autodiscover_tasks()


@setup_logging.connect
def log_like_the_web_server(**kwargs: Any) -> None:
    """Keep Celery from replacing the handlers that LOGGING has set up."""


@worker_ready.connect
def give_a_first_sign(**kwargs: Any) -> None:
    """Do not let pages say for ten seconds that no worker is alive."""
    app.send_task("kpis.tasks.heartbeat")


@worker_init.connect
def refuse_bad_settings(**kwargs: Any) -> None:
    """A worker without keys would fail at every raw item; it does not start."""
    from config.checks import serious_errors  # needs the apps, which are loaded by now

    errors = serious_errors()
    if errors:
        raise SystemExit("\n".join(errors))


@worker_init.connect
def settle(**kwargs: Any) -> None:
    """Before the pool forks."""
    garbage.settle()
