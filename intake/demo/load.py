"""Brings the sample data in: one file for each system of an account, kept and read by the gate like any other file."""

import io
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from intake.demo.accounts import BY_KEY, PROFILES, Profile
from intake.demo.generator import data_end, generate
from intake.demo.incidents import silences
from intake.demo.late import LATE_ACCOUNT, late_records
from intake.demo.notes import write_notes
from intake.demo.settings import columns, set_up
from intake.imports import HEARTBEAT, ImportBusy, run, store
from intake.models import ImportRun
from sellers.models import SellerAccount

FORMAT = "api.ingest"
NAME = re.compile(r"[a-z0-9-]+ (\d{8}T\d{4}Z) x([0-9.e+-]+)\.jsonl")
MOMENT = "%Y%m%dT%H%MZ"
BUSY_PAUSE_SECONDS = 2

Report = Callable[[ImportRun], None]


class SampleError(ValueError):
    """The sample data cannot be loaded as asked; one sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """Which history is told: up to this whole minute, and how much of it."""

    until: datetime
    scale: float

    @property
    def today(self) -> date:
        return self.until.date()

    def file_name(self, key: str) -> str:
        """The name says what is in the file, so that an interrupted load goes on with the very same bytes."""
        return f"{key} {self.until:{MOMENT}} x{self.scale:g}.jsonl"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file of an account: how it is called, when it came, and what is in it."""

    profile: Profile
    key: str
    came_at: datetime
    records: Callable[[], Iterable[dict[str, Any]]]


def choose(*, now: datetime, today: date | None = None, scale: float | None = None) -> Told:
    """What to load: what an earlier load began, else up to the last whole hour, or up to noon UTC of `today`.

    Raises SampleError when an earlier load told something else, or when `today` lies ahead.
    """
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if today is not None and today > hour.date():
        raise SampleError(f"{today} has not come yet.")
    wanted = Told(hour if today is None else min(data_end(today), hour), 1.0 if scale is None else scale)
    begun = _begun()
    if begun is None:
        return wanted
    if (today is not None and today != begun.today) or (scale is not None and scale != begun.scale):
        raise SampleError(
            f"Sample data up to {begun.until:%Y-%m-%d %H:%M} UTC is already there. "
            "`manage.py demo --remove` takes it out; then load what you like."
        )
    return begun


def _begun() -> Told | None:
    """What an earlier load began to tell, by the name of its file."""
    runs = ImportRun.objects.filter(account__demo=True, created_by=None, source__in=("", FORMAT)).order_by("id")
    for name in runs.values_list("name", flat=True).iterator():
        found = NAME.fullmatch(name)
        if found is not None:
            return Told(datetime.strptime(found[1], MOMENT).replace(tzinfo=UTC), float(found[2]))
    return None


def load(told: Told, *, now: datetime, report: Report, profiles: Sequence[Profile] = PROFILES) -> list[ImportRun]:
    """Make the accounts and bring their data in, account by account; what is already in is left alone.

    Returns the imports that this call worked on. Raises SampleError when an account of the user's own has a key of
    ours, and when an import fails.
    """
    taken = SellerAccount.objects.filter(key__in=[profile.key for profile in profiles], demo=False)
    if taken.exists():
        keys = ", ".join(taken.values_list("key", flat=True))
        raise SampleError(f"These accounts are yours and have keys of the sample accounts: {keys}.")
    deliveries = (delivery for profile in profiles for delivery in _deliveries(profile, told, now))
    return [done for delivery in deliveries if (done := _load(delivery, told, now, report)) is not None]


def load_late(told: Told, *, now: datetime, report: Report) -> list[ImportRun]:
    """Bring in what came too late for the weeks that were published meanwhile, as `load` does."""
    delivery = Delivery(BY_KEY[LATE_ACCOUNT], f"{LATE_ACCOUNT}-late", now, lambda: late_records(told.today, told.until))
    done = _load(delivery, told, now, report)
    return [] if done is None else [done]


def _deliveries(profile: Profile, told: Told, now: datetime) -> Iterator[Delivery]:
    """A file for each system; one that has fallen silent was last heard before the silence."""
    fallen_silent = silences(profile, told.today)
    for system in profile.systems:

        def records(system: str = system) -> Iterator[dict[str, Any]]:
            told_all = generate(today=told.today, until=told.until, scale=told.scale, accounts=[profile.key])
            return (record for record in told_all if record["system"] == system)

        key = profile.key if system == profile.system else f"{profile.key}-{system}"
        yield Delivery(profile, key, fallen_silent.get(system, now), records)


def _load(delivery: Delivery, told: Told, now: datetime, report: Report) -> ImportRun | None:
    account = open_account(delivery.profile, told.today)
    name = told.file_name(delivery.key)
    known = ImportRun.objects.filter(account=account, name=name).order_by("-id").first()
    if known is not None and known.state == ImportRun.State.DONE:
        return None
    if known is None or known.state == ImportRun.State.FAILED:
        came_at = min(delivery.came_at, now)
        queued = store(account, name, _file(delivery.records()), format=FORMAT, reserve=True, now=came_at)
        done = run(queued.pk, now=now, worker=queued.worker, report=report)
    else:
        done = _go_on(known, now, report)
    if done.state == ImportRun.State.FAILED or done.quarantined:
        raise SampleError(f"{name}: {done.quarantined} rows were set aside. {done.error}".strip())
    return done


def _go_on(known: ImportRun, now: datetime, report: Report) -> ImportRun:
    """Finish an interrupted import. Its worker may have died a moment ago, and is waited for as long as any."""
    deadline = time.monotonic() + 2 * HEARTBEAT.total_seconds()
    while True:
        try:
            return run(known.pk, now=now, report=report)
        except ImportBusy:
            known.refresh_from_db()
            if known.state in (ImportRun.State.DONE, ImportRun.State.FAILED):
                return known
            if time.monotonic() > deadline:
                raise SampleError(
                    f"{known.name} is being read by another process; try again when it is done."
                ) from None
            time.sleep(BUSY_PAUSE_SECONDS)


def _file(records: Iterable[dict[str, Any]]) -> io.BytesIO:
    """The records as JSON lines: some thirty megabytes for the largest account."""
    file = io.BytesIO()
    for record in records:
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    file.seek(0)
    return file


@transaction.atomic
def open_account(profile: Profile, today: date) -> SellerAccount:
    """The account with everything that people set up in it; made once."""
    account, created = SellerAccount.objects.get_or_create(
        key=profile.key,
        defaults={
            "name": profile.name,
            "platform": profile.platform,
            "marketplace": profile.marketplace,
            "team": profile.team,
            "currency": profile.currency,
            "time_zone": profile.zone,
            "week_start": profile.week_start,
            "score_window_days": profile.score_window_days,
            "atoz_rule": profile.atoz_rule,
            "demo": True,
            **columns(profile),
        },
    )
    if created:
        set_up(account, today)
        write_notes(account, today)
    return account
