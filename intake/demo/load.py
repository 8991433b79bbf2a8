"""Brings the sample data in: one file for each account, kept and read by the gate like any other file."""

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from intake.demo.accounts import PROFILES, Profile
from intake.demo.generator import data_end, generate
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

    def file_name(self, profile: Profile) -> str:
        """The name says what is in the file, so that an interrupted load goes on with the very same bytes."""
        return f"{profile.key} {self.until:{MOMENT}} x{self.scale:g}.jsonl"


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


def load(told: Told, *, now: datetime, report: Report) -> list[ImportRun]:
    """Make the accounts and bring their data in, account by account; what is already in is left alone.

    Returns the imports that this call worked on. Raises SampleError when an account of the user's own has a key of
    ours, and when an import fails.
    """
    taken = SellerAccount.objects.filter(key__in=[profile.key for profile in PROFILES], demo=False)
    if taken.exists():
        keys = ", ".join(taken.values_list("key", flat=True))
        raise SampleError(f"These accounts are yours and have keys of the sample accounts: {keys}.")
    return [done for profile in PROFILES if (done := _load(profile, told, now, report)) is not None]


def _load(profile: Profile, told: Told, now: datetime, report: Report) -> ImportRun | None:
    account = _account(profile)
    name = told.file_name(profile)
    known = ImportRun.objects.filter(account=account, name=name).order_by("-id").first()
    if known is not None and known.state == ImportRun.State.DONE:
        return None
    if known is None or known.state == ImportRun.State.FAILED:
        queued = store(account, name, _file(profile, told), format=FORMAT, reserve=True, now=now)
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


def _file(profile: Profile, told: Told) -> io.BytesIO:
    """The account's records as JSON lines: some thirty megabytes for the largest."""
    file = io.BytesIO()
    for record in generate(today=told.today, until=told.until, scale=told.scale, accounts=[profile.key]):
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    file.seek(0)
    return file


def _account(profile: Profile) -> SellerAccount:
    account, _created = SellerAccount.objects.get_or_create(
        key=profile.key,
        defaults={
            "name": profile.name,
            "platform": profile.platform,
            "marketplace": profile.marketplace,
            "currency": profile.currency,
            "time_zone": profile.zone,
            "week_start": profile.week_start,
            "score_window_days": profile.score_window_days,
            "atoz_rule": profile.atoz_rule,
            "demo": True,
        },
    )
    return account
