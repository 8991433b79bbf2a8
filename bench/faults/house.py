"""The product as docs/running.md has it run on PostgreSQL and Redis, kept up by the product's own supervisor."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import psutil

from config.supervisor import Broken, Supervisor

CELERY = ("celery", "--app", "config", "--quiet")
WORKER = ("worker", "--loglevel", "INFO", "--concurrency", "1", "--hostname")
PARTS = {
    "worker 1": (*CELERY, *WORKER, "one@%h"),
    "worker 2": (*CELERY, *WORKER, "two@%h"),
    "beat": (*CELERY, "beat", "--pidfile", ""),
}


class House:
    """A web server, two workers and a beat. What happens to them is told to `say`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.door = socket.socket()
        self.door.bind(("127.0.0.1", 0))
        self.door.listen(512)
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.broken = ""
        self._supervisor = Supervisor(say)
        fd = self.door.fileno()
        self._supervisor.add(
            "web", "gunicorn", "--config", "python:config.gunicorn", "--bind", f"fd://{fd}", "config.wsgi",
            inherited=[fd], PROCESS="web",
        )  # fmt: skip
        for name, (module, *arguments) in PARTS.items():
            self._supervisor.add(name, module, *arguments, PROCESS="worker")
        self._thread = threading.Thread(target=self._look_after, name="supervisor")
        self._thread.start()

    def _look_after(self) -> None:
        try:
            self._supervisor.run()
        except Broken as error:
            self.broken = str(error)

    def leader(self, name: str) -> psutil.Process:
        """The first process of a part ("web", "worker 1", ...), waited for while it is being started again."""
        word = {"web": "gunicorn", "beat": "beat"}.get(name) or PARTS[name][-1]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for child in psutil.Process().children():
                try:
                    if word in child.cmdline():
                        return child
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.05)
        raise LookupError(f"{name} does not run")

    def kill(self, name: str) -> None:
        """kill -9 of the part with everything it has started, at once."""
        os.killpg(self.leader(name).pid, signal.SIGKILL)

    def kill_pool(self, name: str) -> None:
        """kill -9 of the process in which a worker does its tasks."""
        self.leader(name).children()[0].kill()

    def second_beat(self, seconds: float) -> None:
        """Another beat for a while, as after an update that left the old one running."""
        beat = psutil.Popen([sys.executable, "-m", *PARTS["beat"]], start_new_session=True)
        time.sleep(seconds)
        beat.kill()
        beat.wait()

    def stop(self) -> None:
        self._supervisor.stop()
        self._thread.join()
        self.door.close()
