"""One run on PostgreSQL and Redis: normal load, the faults one after another, the rest of the facts, the recount."""

import json
import os
import re
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection

from bench.faults.house import House
from bench.faults.outcome import BACK_GRACE_SECONDS, Outcome
from bench.faults.plan import FAULTS, Scene
from bench.faults.records import ACCOUNTS, ZONE
from bench.faults.recount import recount
from bench.faults.report import struck
from bench.faults.services import Postgres, Redis
from bench.faults.watch import Watcher
from bench.faults.writers import Crew
from bench.results import database_version
from config.prepare import first_login, migrate, ready_folder, ready_keys

WRITERS = 4
PACE_SECONDS = 1.6  # between two batches of a writer: about 500 facts a second in all
DRAIN_SECONDS = 60.0
PATIENCE_SECONDS = 300.0
# (seconds of normal load before the first fault, seconds after each fault)
LONG, SHORT = (30.0, 12.0), (4.0, 5.0)


def manage(*words: str) -> str:
    """What a command of the product prints; where it says that something failed, the output tells what."""
    out = StringIO()
    with suppress(CommandError):
        call_command(*words, stdout=out)
    return out.getvalue()


def run(scratch: Path, facts: int, short: bool, say: Callable[[str], None]) -> Outcome:
    postgres = Postgres(os.environ["DATABASE_URL"], Path(os.environ["POSTGRES_DATA"]))
    redis = Redis(os.environ["REDIS_URL"], Path(os.environ["REDIS_SETTINGS"]))
    say("preparing an empty installation ...")
    ready_folder()
    ready_keys()
    migrate(say)
    first_login(say)
    for key in ACCOUNTS:
        manage("account", key, "--platform", "other", "--zone", ZONE)
    words = ("--accounts", ",".join(ACCOUNTS), "--scopes", "read,ingest")
    keys = [manage("token", f"t{number}", *words).split()[-1] for number in range(WRITERS + 1)]
    connection.close()
    restarts: list[str] = []
    house = House(lambda line: (restarts.append(line), say(f"    {line}"))[0])
    crew = Crew(house.url, keys, scratch / "acknowledged.log", PACE_SECONDS)
    watcher = Watcher(postgres.url)
    try:
        return _run(Scene(house, crew, postgres, redis), watcher, restarts, facts, short, say)
    finally:
        crew.stop()
        watcher.stop()
        house.stop()
        redis.stop()


def _run(
    scene: Scene, watcher: Watcher, restarts: list[str], facts: int, short: bool, say: Callable[[str], None]
) -> Outcome:
    house, crew = scene.house, scene.crew
    _until_ready(house)
    calm_seconds, settle_seconds = SHORT if short else LONG
    start = time.time()
    crew.start()
    time.sleep(calm_seconds)
    spans: list[tuple[float, float]] = []
    faults = [fault for fault in FAULTS if fault.is_short or not short]
    for fault in faults:
        say(f"{time.time() - start:5.0f} s  {fault.name} ({crew.facts:,} facts are in)")
        began = time.time()
        fault.strike(scene)
        spans.append((began, time.time()))
        time.sleep(settle_seconds)
    end = time.monotonic() + PATIENCE_SECONDS
    while crew.facts < facts and time.monotonic() < end and not crew.errors:
        time.sleep(0.2)
    crew.stop()
    written = time.time()
    drained = (
        time.time() - written
        if watcher.wait_until(lambda one: one.marks == 0 and one.age_seconds is not None, DRAIN_SECONDS)
        else None
    )
    say(f"{time.time() - start:5.0f} s  {crew.facts:,} facts are in; recounting ...")
    watcher.stop()
    house.stop()
    health = json.loads(manage("sweep", "--json"))
    proved = json.loads(manage("prove", "--all", "--json"))
    counted = recount(crew.acknowledged)
    ends = [began for began, _over in spans[1:]] + [time.time()]
    return Outcome(
        start=start,
        first_blow=spans[0][0],
        last_over=spans[-1][1],
        requests=crew.requests,
        samples=watcher.samples,
        back_at=watcher.back_at,
        broker_spans=[span for fault, span in zip(faults, spans, strict=True) if fault.broker_only],
        rows=[
            struck(fault.name, (*span, until), start, crew.requests, watcher.samples)
            for fault, span, until in zip(faults, spans, ends, strict=True)
        ],
        facts=crew.facts,
        doubles=crew.doubles,
        quarantined=crew.counts["quarantined"],
        counted=counted,
        differences=proved["differences"],
        set_aside=health["failed"],
        drained_seconds=drained,
        restarts=restarts,
        trouble=[*crew.errors, *([house.broken] if house.broken else [])],
        worker_errors=_errors_after(watcher.back_at, [began for began, _over in spans]),
        database=database_version(),
    )


def _until_ready(house: House) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{house.url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.2)


LINE = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (ERROR|CRITICAL) (.*)$", re.MULTILINE)


def _errors_after(backs: list[float], blows: list[float]) -> list[str]:
    """Errors that our processes logged after the database was back and before the next blow, in whole seconds."""
    text = (Path(os.environ["SCRATCH"]) / "processes.log").read_text(errors="replace")
    found: list[tuple[float, Any]] = [
        (datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp(), match[0])
        for match in LINE.finditer(text)
    ]
    late = []
    for back in backs:
        until = min((blow for blow in blows if blow > back), default=float("inf"))
        late += [line for at, line in found if back + BACK_GRACE_SECONDS < at < until - 1]
    return late
