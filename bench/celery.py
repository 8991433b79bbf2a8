"""What does handing the sweep out to workers cost, and how does it scale?"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import redis

from bench.recompute import count_all, mark_everything
from bench.results import Figure
from bench.stage import Stage, spending
from config.celery import app
from kpis.tasks import CHUNK, sweep, sweep_chunk
from sellers.marks import Mark
from sellers.models import SellerAccount

EMPTY = 300  # tasks without work
ACCOUNTS = 60  # swept by 1, 2 and 4 workers
COMMAND = "script/bench --only celery"


def run(stage: Stage) -> list[Figure]:
    """The cost of a task without work beside the work of a full one, and a sweep by more and more workers."""
    with stage.on("postgresql"):
        accounts = list(SellerAccount.objects.order_by("id")[:ACCOUNTS])
        mark_everything()
        with spending() as work:
            count_all(accounts)
        task = work.cpu / (len(accounts) / CHUNK)
        with workers(stage, 1) as running:
            empty = _empty_tasks(running)
        figures = [
            Figure(
                name="celery_overhead", value=100 * empty / task, unit="%", target=2, command=COMMAND,
                what=f"Celery's share of a full sweep in tasks of {CHUNK} accounts",
                bound=f"A task without work takes {empty * 1000:.1f} ms of processors (publisher, worker, Redis), one "
                f"that counts {CHUNK} accounts anew {task:.2f} s.",
            )
        ]  # fmt: skip
        walls = {}
        for count in (1, 2, 4):
            mark_everything()
            Mark.objects.exclude(account__in=accounts).delete()
            with workers(stage, count) as running:
                began, before = time.monotonic(), _seconds(running)
                sweep()
                while Mark.objects.exists():
                    time.sleep(0.1)
                walls[count] = time.monotonic() - began
                spent = _seconds(running) - before
            bound = f"{os.cpu_count()} cores, which PostgreSQL shares; {spent:.1f} s of processors in the workers"
            figures.append(
                Figure(
                    name=f"celery_{count}_workers", value=walls[1] / walls[count], unit="times", bound=bound,
                    what=f"{len(accounts)} accounts swept by {count} {'worker' if count == 1 else 'workers'} "
                    f"in {walls[count]:.1f} s, against one", command=COMMAND,
                )
            )  # fmt: skip
    return figures


@contextmanager
def workers(stage: Stage, count: int) -> Iterator[Sequence[psutil.Process]]:
    """A Celery worker with so many processes, ready to work; yields them all, its parent first."""
    environment = {**os.environ, "DATABASE_URL": stage.url("postgresql", stage.first), "PROCESS": "worker"}
    words = [sys.executable, "-m", "celery", "--app", "config", "worker", "--concurrency", str(count)]
    worker = subprocess.Popen([*words, "--loglevel", "WARNING"], env=environment)
    try:
        deadline = time.monotonic() + 120
        while not app.control.ping(timeout=1):
            if worker.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the worker did not start")
        parent = psutil.Process(worker.pid)
        yield [parent, *parent.children(recursive=True)]
    finally:
        worker.terminate()
        worker.wait(60)


def _seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _redis_seconds() -> float:
    told = redis.Redis.from_url(os.environ["REDIS_URL"]).info("cpu")
    return told["used_cpu_user"] + told["used_cpu_sys"]


def _done() -> int:
    """How many tasks the worker has finished."""
    return sum(sum(one["total"].values()) for one in (app.control.inspect().stats() or {}).values())


def _empty_tasks(running: Sequence[psutil.Process]) -> float:
    """Seconds of processors that a task without work takes, everybody together."""
    sweep_chunk.delay(account_ids=[])
    while _done() < 1:
        time.sleep(0.2)
    began = time.process_time() + _seconds(running) + _redis_seconds()
    for _one in range(EMPTY):
        sweep_chunk.delay(account_ids=[])
    while _done() < EMPTY + 1:
        time.sleep(1)
    return (time.process_time() + _seconds(running) + _redis_seconds() - began) / EMPTY
