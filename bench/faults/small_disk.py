"""A full disk under SQLite: `manage.py up` with its database on a small file system, which fills up under ingest.

Where a file system may be mounted it is a tmpfs; elsewhere the kernel's limit for the size of files (RLIMIT_FSIZE) is
set on the running processes, which SQLite meets as a disk that takes no more.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.faults.records import ACCOUNTS, ZONE
from bench.faults.report import Struck, struck
from bench.faults.writers import Crew

SIZE_MIB, GROWN_MIB = 16, 512
LIMIT_BYTES = 6 * 1024 * 1024
FULL_SECONDS = 10.0
PATIENCE_SECONDS = 180.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Mounted:
    """A tmpfs of a size that can be changed."""

    folder: Path
    way = "a tmpfs"

    def fill(self, processes: Callable[[], list[psutil.Process]]) -> None:
        """It fills up by itself."""

    def grow(self, processes: Callable[[], list[psutil.Process]]) -> None:
        subprocess.run(["mount", "-o", f"remount,size={GROWN_MIB}m", self.folder], check=True)

    def leave(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)


@dataclass
class Limited:
    """A folder in which files may not grow beyond a limit."""

    folder: Path
    way = "RLIMIT_FSIZE, since nothing may be mounted here"

    def fill(self, processes: Callable[[], list[psutil.Process]]) -> None:
        _limit(processes(), LIMIT_BYTES)

    def grow(self, processes: Callable[[], list[psutil.Process]]) -> None:
        _limit(processes(), resource.RLIM_INFINITY)

    def leave(self) -> None:
        """Nothing is left."""


def _limit(processes: list[psutil.Process], size: int) -> None:
    for process in processes:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def small_disk(folder: Path) -> Mounted | Limited:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", folder], capture_output=True, check=False
    )
    return Mounted(folder) if mounted.returncode == 0 else Limited(folder)


def run(scratch: Path, start: float, say: Callable[[str], None]) -> tuple[Struck, dict[str, int], str]:
    """The row of this fault, the recount of what was acknowledged, and in which way the disk was small."""
    disk = small_disk(scratch / "disk")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "DATA_DIR": str(scratch / "small"), "DATABASE_URL": f"sqlite:///{disk.folder}/db.sqlite3", "PORT": "0",
        "STATIC_ROOT": os.environ["STATIC_ROOT"],
    }  # fmt: skip

    def command(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    up = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert up.stdout is not None
        url = next(line for line in up.stdout if line.startswith("Dashboard: ")).split()[-1]
        for key in ACCOUNTS:
            command("manage.py", "account", key, "--platform", "other", "--zone", ZONE)
        words = ("--accounts", ",".join(ACCOUNTS), "--scopes", "read,ingest")
        keys = [command("manage.py", "token", f"w{number}", *words).split()[-1] for number in range(3)]

        def processes() -> list[psutil.Process]:
            return psutil.Process(up.pid).children(recursive=True)

        log = scratch / "small.log"
        log.touch()
        crew = Crew(url, keys, log, pace_seconds=0.0)
        crew.start()
        try:
            disk.fill(processes)
            began = _wait(lambda: any(one.failed for one in list(crew.requests)))
            say(f"the disk is full ({disk.way}); {crew.facts:,} facts are in")
            time.sleep(FULL_SECONDS)
            disk.grow(processes)
            over, there = time.time(), len(crew.acknowledged)
            _wait(lambda: len(crew.acknowledged) >= there + 10)
        finally:
            crew.stop()
        waited = time.time() + PATIENCE_SECONDS
        while json.loads(command("manage.py", "sweep", "--json"))["waiting"] and time.time() < waited:
            time.sleep(0.5)
        proved = json.loads(command("manage.py", "prove", "--all", "--json"))
        counted = json.loads(command("-m", "bench.faults.recount", str(log)))
        name = f"SQLite: disk full for {FULL_SECONDS:.0f} s"
        row = struck(name, (began, over, time.time()), start, crew.requests, [])
        failures = [error for error in crew.errors if error]
        return row, {**counted, "differences": proved["differences"], "errors": len(failures)}, disk.way
    finally:
        up.terminate()
        up.wait(30)
        disk.leave()


def _wait(holds: Callable[[], bool]) -> float:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("the disk did not fill up, or did not take anything again")
        time.sleep(0.05)
    return time.time()
