"""The product's own web server with one process beside us, and what a request costs it and its database backends."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from bench.data import Size
from bench.stage import ROUNDS, Stage
from sellers.models import User

LEAST, MOST = 3, 60  # requests of a way in one round
SECONDS = 0.6  # of one way in one round


@dataclass(frozen=True)
class Asked:
    """A request, and the status it must be answered with."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Cost:
    """Of one request: seconds of processors (server and backends), on the wall (the median), and bytes of the body."""

    cpu: float
    wall: float
    size: int
    backend: float  # the database's part of `cpu`


PARTS = [one.name for one in fields(Cost)]


class Server:
    """A running server, spoken to over one connection that is kept open, by somebody who is signed in."""

    def __init__(self, process: psutil.Process, port: int, cookies: Mapping[str, str]) -> None:
        self.process = process
        self.address = f"http://127.0.0.1:{port}"
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, asked: Asked) -> tuple[http.client.HTTPResponse, int]:
        """The answer, read to its end, and the length of its body."""
        answer = self._answer(asked)
        return answer, sum(map(len, _pieces(answer)))

    def pieces(self, asked: Asked) -> Iterator[bytes]:
        """The body of the answer as it comes in."""
        return _pieces(self._answer(asked))

    def _answer(self, asked: Asked) -> http.client.HTTPResponse:
        self.line.request("GET", asked.path, headers={"Cookie": self.cookie, **asked.headers})
        answer = self.line.getresponse()
        if answer.status != asked.status:
            raise AssertionError(f"{asked.path}: {answer.status}, not {asked.status}")
        return answer

    def seconds(self) -> tuple[float, float]:
        """The processor seconds of the server and of the backends that work for it, so far."""
        workers = [self.process, *self.process.children(recursive=True)]
        return sum(_process_seconds(one.pid) for one in workers), sum(map(_process_seconds, _other_backends()))

    def memory(self) -> float:
        """The most memory that the worker has held, in megabytes."""
        worker = self.process.children()[0]
        told = Path(f"/proc/{worker.pid}/status").read_text()
        return int(told.partition("VmHWM:")[2].split()[0]) / 1024

    def forget_memory(self) -> None:
        """Let `memory` tell the most from now on."""
        Path(f"/proc/{self.process.children()[0].pid}/clear_refs").write_text("5")

    def compare(
        self, ways: Mapping[str, Sequence[Asked]], rounds: int = ROUNDS, seconds: float = SECONDS
    ) -> dict[str, Cost]:
        """The median cost of a request of each way, warmed up, in an order that rotates from round to round."""
        times = {name: self._many(asked, LEAST) for name, asked in ways.items()}
        counts = {name: min(MOST, max(LEAST, int(seconds / cost.wall))) for name, cost in times.items()}
        found: dict[str, list[Cost]] = {name: [] for name in ways}
        names = list(ways)
        for turn in range(rounds):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                found[name].append(self._many(ways[name], counts[name]))
        return {
            name: Cost(*(statistics.median(getattr(one, part) for one in costs) for part in PARTS))
            for name, costs in found.items()
        }

    def _many(self, asked: Sequence[Asked], count: int) -> Cost:
        count = -(-count // len(asked)) * len(asked)
        walls, sizes, before = [], [], self.seconds()
        for number in range(count):
            began = time.perf_counter()
            sizes.append(self.ask(asked[number % len(asked)])[1])
            walls.append(time.perf_counter() - began)
        server, backend = (now - then for now, then in zip(self.seconds(), before, strict=True))
        size = round(statistics.median(sizes))
        return Cost((server + backend) / count, statistics.median(walls), size, backend / count)


@contextmanager
def serving(stage: Stage, size: Size, user: User) -> Iterator[Server]:
    """`config/gunicorn.py` with one process on the data of this size, with this person signed in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "DATABASE_URL": stage.url("postgresql", size), "DJANGO_SETTINGS_MODULE": "bench.server_settings",
        "PROCESS": "web", "WEB_PROCESSES": "1", "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    words = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
    started = subprocess.Popen(words, env={**os.environ, **given})
    try:
        server = Server(psutil.Process(started.pid), port, {settings.SESSION_COOKIE_NAME: signed_in(user)})
        deadline = time.monotonic() + 60
        while True:
            try:
                server.ask(Asked("/healthz"))
                break
            except OSError:
                server.line.close()
                if started.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        yield server
    finally:
        started.terminate()
        started.wait(30)


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    return iter(lambda: answer.read(1 << 16), b"")


def signed_in(user: User) -> str:
    """The key of a new session of this person."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _process_seconds(pid: int) -> float:
    """What all threads of a process have spent; nothing of one that has just ended."""
    try:
        return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _other_backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return [pid for (pid,) in cursor.fetchall()]
