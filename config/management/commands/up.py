"""`manage.py up`: the whole product on one machine, in one command."""

import errno
import fcntl
import http.client
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config import environment
from config.prepare import Login, prepare, ready_folder
from config.supervisor import Broken, Supervisor

ANSWER_WITHIN_SECONDS = 60.0


class Command(BaseCommand):
    help = "Prepares the installation, then runs the web server and the worker until Ctrl-C."
    # The keys do not exist yet on the first start; prepare() makes them and checks then.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the sample accounts if there is no account yet")

    def handle(self, *args: Any, **options: Any) -> None:
        ready_folder()
        with _only_one(), _listening_socket() as door:
            login = prepare(self._say, demo=options["demo"])
            connections.close_all()
            self._run(door, login)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def _run(self, door: socket.socket, login: Login | None) -> None:
        port = str(door.getsockname()[1])
        supervisor = Supervisor(self._say)
        supervisor.catch_signals()
        try:
            supervisor.add(
                "web server",
                "gunicorn",
                *("--config", "python:config.gunicorn", "--bind", f"fd://{door.fileno()}", "config.wsgi"),
                inherited=[door.fileno()],
                PORT=port,
                PROCESS="web",
            )
            supervisor.add(
                "worker",
                "celery",
                *("--app", "config", "--quiet", "worker", "--with-beat", "--pool", "threads", "--concurrency", "2"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
                PORT=port,
                PROCESS="worker",
            )
            patience = time.monotonic() + ANSWER_WITHIN_SECONDS
            supervisor.run(until=lambda: _answers(door) or time.monotonic() > patience)
            if supervisor.stopping:
                return
            if time.monotonic() > patience:
                raise Broken(f"The web server did not answer within {ANSWER_WITHIN_SECONDS:.0f} seconds.")
            self._greet(port, login)
            supervisor.run()
        except Broken as error:
            raise CommandError(str(error)) from error
        finally:
            self._say("Stopping ...")
            supervisor.stop()
            self._say("Stopped.")

    def _greet(self, port: str, login: Login | None) -> None:
        address = settings.PUBLIC_URL if environment.text("PUBLIC_URL") else f"http://localhost:{port}"
        self._say(f"Dashboard: {address}")
        if login is not None:
            self._say(f"Sign in: {login.name} / {login.password}")
        else:
            self._say("Sign in: with your own name / password (`manage.py changepassword NAME` sets a new one)")
        self._say("Ctrl-C stops everything.")


@contextmanager
def _only_one() -> Iterator[None]:
    """Refuse a second start on one data folder; the kernel frees the lock of a killed one."""
    with (settings.DATA_DIR / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise CommandError(
                f"Staygreen already runs on {settings.DATA_DIR} (process {file.read() or 'unknown'}); stop it first, "
                "or set another DATA_DIR."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _listening_socket() -> socket.socket:
    """The web server's socket, opened here: a taken port is known at once, and a restart refuses no visitor."""
    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # The children of an `up` killed a moment ago may hold the port for a few milliseconds more.
    patience = time.monotonic() + 1.0
    while True:
        try:
            door.bind((settings.BIND, settings.PORT))
            door.listen(512)
            return door
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < patience:
                time.sleep(0.05)
                continue
            door.close()
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {settings.PORT} is taken by another program; stop it, or set PORT to a free one."
                ) from error
            raise CommandError(f"Cannot listen on {settings.BIND}:{settings.PORT} ({error.strerror}).") from error


def _answers(door: socket.socket) -> bool:
    """Whether the web server gives a page; before that, the open socket just keeps callers waiting."""
    host, port = door.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared with, not listened on
    asking = http.client.HTTPConnection(host, port, timeout=1)
    try:
        asking.request("GET", "/healthz", headers={"Host": "localhost"})
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()
