"""Up to when an account's figures are complete, when they were counted, and how many days still wait."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Min, Q, QuerySet

from kpis.completeness import Completeness, completeness
from kpis.failures import AccountFailure, DayFailure
from kpis.models import CountedSpan, Heartbeat
from kpis.proved import Proofs, proofs
from kpis.stale import SET_ASIDE
from sellers.days import local_day
from sellers.marks import Mark
from sellers.models import SellerAccount

WORKER = "worker"  # the name under which the heartbeat task signs, whichever worker runs it
WORKER_SILENT_AFTER = timedelta(seconds=60)
WORKER_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest counted day, when counting last ran, how many (fact, day) wait and since when.

    Days that are set aside are not among those that wait: nobody counts them until somebody mends them.
    """

    newest_day: date | None
    counted_at: datetime | None
    waiting: int
    oldest_mark_at: datetime | None
    set_aside: int


def freshness(accounts: Sequence[SellerAccount]) -> Freshness:
    """How fresh the figures of these accounts are, taken together: two queries."""
    ids = [account.id for account in accounts]
    totals = CountedSpan.objects.filter(account__among=ids).aggregate(day=Max("newest_day"), at=Max("counted_at"))
    # A day that was written ten times has ten marks and waits once.
    marked = Mark.objects.filter(account__among=ids).order_by().annotate(aside=SET_ASIDE)
    days = marked.values("account", "fact", "day", "aside").annotate(at=Min("marked_at"))
    waits = Q(aside=False)
    marks = days.aggregate(
        oldest=Min("at", filter=waits), waiting=Count("at", filter=waits), set_aside=Count("at", filter=~waits)
    )
    zones = {account.zone for account in accounts}
    return Freshness(
        _until(totals["day"], totals["at"], zones), totals["at"], marks["waiting"], marks["oldest"], marks["set_aside"]
    )


def to_be_counted() -> QuerySet[Mark]:
    """The marks whose days are not set aside, of all accounts."""
    return Mark.objects.filter(~SET_ASIDE).order_by()


def _until(day: date | None, at: datetime | None, zones: Iterable[ZoneInfo]) -> date | None:
    """The newest day that had begun when it was counted: packages are counted on the day they are promised for."""
    return None if day is None or at is None else min(day, max(local_day(at, zone) for zone in zones))


def freshness_of_each(accounts: Sequence[SellerAccount]) -> dict[int, Freshness]:
    """How fresh the figures of each account are, by account id: two queries."""
    ids = [account.id for account in accounts]
    zones = {account.id: [account.zone] for account in accounts}
    spans = CountedSpan.objects.filter(account__among=ids).values_list("account_id", "newest_day", "counted_at")
    counted: dict[int, tuple[date | None, datetime | None]] = {
        key: (_until(day, at, zones[key]), at) for key, day, at in spans
    }
    marks = Mark.objects.filter(account__among=ids).order_by().annotate(aside=SET_ASIDE)
    marked = marks.values_list("account_id", "fact", "day", "aside")
    waiting: dict[int, list[datetime]] = {}
    aside: Counter[int] = Counter()
    for key, _fact, _day, is_aside, oldest in marked.annotate(oldest=Min("marked_at")):
        if is_aside:
            aside[key] += 1
        else:
            waiting.setdefault(key, []).append(oldest)
    return {
        key: Freshness(
            *counted.get(key, (None, None)),
            len(waiting.get(key, ())),
            min(waiting.get(key, ()), default=None),
            aside[key],
        )
        for key in ids
    }


@dataclass(frozen=True, slots=True)
class Health:
    """The state of counting, for the health route and for whoever watches the machine."""

    of: Sequence[SellerAccount]
    marks_waiting: int
    oldest_mark_seconds: int | None
    days_set_aside: int
    work_set_aside: int  # of whole accounts: passed deadlines, weeks, proofs
    worker_beat_at: datetime | None
    worker_alive: bool
    accounts: dict[str, Freshness]  # by the account's key
    proofs: Proofs

    @property
    def completeness(self) -> dict[str, list[Completeness]]:
        """How far the data of each fact has come, by the account's key: one query, and much for many accounts."""
        found = completeness(self.of)
        return {account.key: list(found[account.id].values()) for account in self.of}


def health(accounts: Sequence[SellerAccount], now: datetime) -> Health:
    """What waits, what cannot be counted, whether a worker is alive, what was proved: seven queries."""
    fresh = freshness_of_each(accounts)
    oldest = min((one.oldest_mark_at for one in fresh.values() if one.oldest_mark_at), default=None)
    beat = Heartbeat.objects.filter(name=WORKER).values_list("beat_at", flat=True).first()
    return Health(
        of=accounts,
        marks_waiting=sum(one.waiting for one in fresh.values()),
        oldest_mark_seconds=None if oldest is None else max(0, int((now - oldest).total_seconds())),
        days_set_aside=DayFailure.set_aside().filter(account__among=fresh).count(),
        work_set_aside=AccountFailure.set_aside().filter(account__among=fresh).count(),
        worker_beat_at=beat,
        worker_alive=beat is not None and now - beat < WORKER_SILENT_AFTER,
        accounts={account.key: fresh[account.id] for account in accounts},
        proofs=proofs(accounts, now),
    )


def beat(now: datetime, name: str = WORKER) -> None:
    """Note that a process is alive; names of killed ones, such as containers replaced long ago, are forgotten."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})
    Heartbeat.objects.filter(beat_at__lt=now - WORKER_FORGOTTEN_AFTER).exclude(name=WORKER).delete()


def leave(name: str) -> None:
    """Forget a worker that has stopped in order: its silence is no alarm."""
    Heartbeat.objects.filter(name=name).delete()


def note_counted(name: str, days: int) -> None:
    """Add to what a worker has counted since its start."""
    if days:
        Heartbeat.objects.filter(name=name).update(days_counted=F("days_counted") + days)
