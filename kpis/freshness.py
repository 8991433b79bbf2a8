"""Up to when an account's figures are complete, when they were counted, and how many days still wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min

from kpis.models import DayFailure, DayTotal, Heartbeat
from sellers.marks import Mark
from sellers.models import SellerAccount

WORKER = "worker"
WORKER_SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest counted day, when counting last ran, how many (fact, day) wait and since when."""

    newest_day: date | None
    counted_at: datetime | None
    waiting: int
    oldest_mark_at: datetime | None


def freshness(accounts: Sequence[SellerAccount]) -> Freshness:
    """How fresh the figures of these accounts are, taken together: two queries."""
    ids = [account.id for account in accounts]
    totals = DayTotal.objects.filter(account__in=ids).aggregate(day=Max("day"), at=Max("counted_at"))
    marks = Mark.objects.filter(account__in=ids).aggregate(oldest=Min("marked_at"), waiting=Count("id"))
    return Freshness(totals["day"], totals["at"], marks["waiting"], marks["oldest"])


@dataclass(frozen=True, slots=True)
class Health:
    """The state of counting as a whole, for the health route and for whoever watches the machine."""

    marks_waiting: int
    oldest_mark_seconds: int | None
    days_set_aside: int
    worker_beat_at: datetime | None
    worker_alive: bool


def health(now: datetime) -> Health:
    """What waits, since when, what cannot be counted, and whether a worker is alive."""
    marks = Mark.objects.aggregate(oldest=Min("marked_at"), waiting=Count("id"))
    beat = Heartbeat.objects.filter(name=WORKER).values_list("beat_at", flat=True).first()
    return Health(
        marks_waiting=marks["waiting"],
        oldest_mark_seconds=None if marks["oldest"] is None else max(0, int((now - marks["oldest"]).total_seconds())),
        days_set_aside=DayFailure.objects.filter(attempts__gte=DayFailure.ATTEMPTS).count(),
        worker_beat_at=beat,
        worker_alive=beat is not None and now - beat < WORKER_SILENT_AFTER,
    )


def beat(now: datetime) -> None:
    """Note that a worker is alive."""
    Heartbeat.objects.update_or_create(name=WORKER, defaults={"beat_at": now})
