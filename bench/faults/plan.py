"""The faults, in the order in which they strike: what each is, and how it is done."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bench.faults.house import House
from bench.faults.services import Postgres, Redis
from bench.faults.writers import Crew


@dataclass
class Scene:
    """Everything that a fault may strike."""

    house: House
    crew: Crew
    postgres: Postgres
    redis: Redis


@dataclass(frozen=True)
class Fault:
    """One fault; `strike` returns when what it does is over, and recovery is looked at until the next one."""

    name: str
    strike: Callable[[Scene], None]
    is_short: bool = False  # part of the short form
    broker_only: bool = False  # no request may notice it


def both_workers(scene: Scene) -> None:
    scene.house.kill("worker 1")
    scene.house.kill("worker 2")


def web_after_its_answer(scene: Scene) -> None:
    """A writer kills the web server the moment it has read its answer, before it does anything else."""
    struck = threading.Event()

    def kill() -> None:
        scene.house.kill("web")
        struck.set()

    scene.crew.on_answer = kill
    struck.wait(60)


FREEZE_SECONDS = 30.0
FAULTS = (
    Fault("worker: kill -9 of the process that counts", lambda scene: scene.house.kill_pool("worker 1")),
    Fault("worker: kill -9 of the whole worker", lambda scene: scene.house.kill("worker 2")),
    Fault("worker: kill -9 of both workers at once", both_workers, is_short=True),
    Fault("Redis: kill -9, started again empty after 3 s", lambda scene: scene.redis.kill(3), True, broker_only=True),
    Fault("Redis: frozen for 30 s (SIGSTOP)", lambda scene: scene.redis.freeze(FREEZE_SECONDS), broker_only=True),
    Fault("PostgreSQL: fast restart", lambda scene: scene.postgres.restart("fast")),
    Fault("PostgreSQL: immediate restart (crash)", lambda scene: scene.postgres.restart("immediate"), is_short=True),
    Fault("PostgreSQL: one session ended (pg_terminate_backend)", lambda scene: scene.postgres.terminate_backend()),
    Fault("PostgreSQL: kill -9 of one backend", lambda scene: scene.postgres.kill_backend()),
    Fault("beat: kill -9", lambda scene: scene.house.kill("beat")),
    Fault("beat: two at once for 20 s", lambda scene: scene.house.second_beat(20)),
    Fault("web: kill -9 right after its answer", web_after_its_answer, is_short=True),
)
