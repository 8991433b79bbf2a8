"""Starts `manage.py up` and other programs of ours as an operator would, and watches what they leave behind."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
from django.conf import settings

PATIENCE_SECONDS = 180  # a machine may be busy with much else; what succeeds never waits for it


def variables(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a bare machine: nothing of ours but the data folder and a port of the system's choice."""
    plain = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**plain, "DATA_DIR": str(data_dir), "PORT": "0", "WEB_PROCESSES": "1", **more}


class Program:
    """A running program of ours, its output so far, and the processes it has started."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.seen: set[psutil.Process] = set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def line(self, start: str) -> str:
        """The first line with this start, waited for."""
        wait_until(lambda: any(line.startswith(start) for line in self.lines), lambda: self.output)
        return next(line for line in self.lines if line.startswith(start))

    def children(self) -> list[psutil.Process]:
        found = psutil.Process(self.popen.pid).children(recursive=True)
        self.seen.update(found)
        return found

    def survivors(self) -> list[psutil.Process]:
        """Processes it had started that still run after a moment; a corpse that nobody collected does not run."""
        _, alive = psutil.wait_procs(self.seen, timeout=5)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def wait(self) -> int:
        """The exit code of a program that ends by itself; all its output is read then."""
        wait_until(lambda: self.popen.poll() is not None, lambda: f"it does not end:\n{self.output}")
        code = self.popen.wait()
        self._reader.join(PATIENCE_SECONDS)
        return code

    def end(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C, or another signal; gives the exit code."""
        if self.popen.poll() is None:
            self.children()
            self.popen.send_signal(number)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """A test that fails, perhaps because something does not end, leaves nothing running."""
        if self.popen.poll() is None:
            self.children()
            self.popen.kill()
            self.popen.wait()
        for process in self.seen:
            with suppress(psutil.NoSuchProcess):
                process.kill()  # psutil knows when the number belongs to another process by now


class Up(Program):
    """One `manage.py up`."""

    def __init__(self, data_dir: Path, **more: str) -> None:
        super().__init__(["manage.py", "up"], variables(data_dir, **more))

    def ready(self) -> "Up":
        self.line("Ctrl-C")
        self.children()
        return self

    @property
    def url(self) -> str:
        return self.line("Dashboard: ").removeprefix("Dashboard: ")

    def login(self) -> tuple[str, str]:
        name, password = self.line("Sign in: ").removeprefix("Sign in: ").split(" / ")
        return name, password

    def child(self, module: str) -> psutil.Process:
        """The leader of the web server ("gunicorn") or the worker ("celery"), waited for."""

        def leaders() -> list[psutil.Process]:
            self.children()
            direct = psutil.Process(self.popen.pid).children()
            return [process for process in direct if _runs(process, module)]

        wait_until(lambda: bool(leaders()), lambda: self.output)
        return leaders()[0]


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return module in process.cmdline()
    except psutil.NoSuchProcess:  # it ended just now, or is a corpse that its parent has not collected yet
        return False


def wait_until(condition: Callable[[], bool], explain: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
