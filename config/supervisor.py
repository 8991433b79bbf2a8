"""Keeps the product's processes running: starts them, starts them again when they die, and leaves none behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from django.conf import settings

from config.lifeline import PIPE

QUICK_DEATH_SECONDS = 10.0
QUICK_DEATHS = 5
STOP_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.2

Say = Callable[[str], None]


class Broken(Exception):
    """A process ended again and again right after its start; the sentence says which one."""


@dataclass
class Child:
    """One of the processes: what it is called, how it is started, and how it has fared."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    inherited: Sequence[int]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    start_again_at: float = field(default=0.0, init=False)
    quick_deaths: int = field(default=0, init=False)

    def start(self) -> None:
        # A session, and so a process group, of its own: Ctrl-C in the terminal reaches `up` alone, and the group can
        # be killed whole.
        self.process = subprocess.Popen(  # noqa: S603  # the commands are our own, fixed ones
            self.command,
            cwd=settings.BASE_DIR,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=self.inherited,
            start_new_session=True,
        )
        self.started_at = time.monotonic()

    def kill_group(self) -> None:
        """End whatever the dead or stubborn leader left of its group."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nothing is left of it (macOS says "not permitted" for a group of zombies)
        finally:
            self.process.wait()


class Supervisor:
    """Owns the children between start() and stop()."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._children: list[Child] = []
        self._stopping = threading.Event()
        # The children read one end; the other is ours alone, and closes when we end, however we end.
        self._read_end, self._write_end = os.pipe()

    def add(self, name: str, module: str, *arguments: str, inherited: Sequence[int] = (), **environment: str) -> None:
        """Have `python -m MODULE ARGUMENTS` run from now on."""
        child = Child(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            environment={**os.environ, **environment, PIPE: str(self._read_end)},
            inherited=[self._read_end, *inherited],
        )
        self._children.append(child)
        child.start()

    def catch_signals(self) -> None:
        """From here on Ctrl-C, SIGTERM and a closed terminal end run()."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def run(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the children until a signal comes or `until` holds. Raises Broken when one cannot be kept up."""
        while not self._stopping.is_set() and not until():
            for child in self._children:
                self._look_after(child)
            self._stopping.wait(LOOK_EVERY_SECONDS)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_again_at:
                child.start()
            return
        code = child.process.poll()
        if code is None:
            return
        child.kill_group()
        child.process = None
        quick = now - child.started_at < QUICK_DEATH_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        if child.quick_deaths >= QUICK_DEATHS:
            raise Broken(
                f"The {child.name} ended {QUICK_DEATHS} times in a row within {QUICK_DEATH_SECONDS:.0f} seconds of its "
                f"start ({_how(code)}); the lines above say why."
            )
        child.start_again_at = now + child.quick_deaths * 0.25
        self._say(f"The {child.name} ended ({_how(code)}); starting it again.")

    def stop(self) -> None:
        """Ask all children to finish, wait a little, then kill what is left of their groups."""
        self._stopping.set()
        running = [child for child in self._children if child.process is not None]
        for child in running:
            if child.process and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(
                    f"The {child.name} did not finish in {STOP_SECONDS:.0f} seconds and is ended; nothing is lost."
                )
            child.kill_group()


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
