"""The sweep: recounts the days that writes have marked, newest first, until nothing waits.

Marks are read before facts, in the transaction that overwrites the totals and deletes exactly the marks that were read.
A mark that commits meanwhile survives, so running late, twice or beside another sweep changes nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from kpis.catalogue import LAPSES
from kpis.engine import recount
from kpis.layouts import LAYOUTS
from kpis.models import DayFailure, DayTotal
from sellers.locks import try_lock_for_counting
from sellers.marks import Mark, mark
from sellers.models import SellerAccount

logger = logging.getLogger(__name__)

MARKS = 2000  # read at once: on SQLite the write lock is held for a few hundred milliseconds
DAYS = 400  # counted in one transaction

Report = Callable[[str], None]


@dataclass
class Swept:
    """What a sweep did: rows flipped by passing time, days counted, accounts that another sweep was busy with."""

    lapsed: int = 0
    days: int = 0
    busy: int = 0
    failed: int = 0

    def __iadd__(self, other: "Swept") -> "Swept":
        self.lapsed += other.lapsed
        self.days += other.days
        self.busy += other.busy
        self.failed += other.failed
        return self


def sweep(now: datetime, accounts: Iterable[SellerAccount] | None = None, report: Report | None = None) -> Swept:
    """Lapse and recount until nothing waits, for these accounts or for every account with work to do."""
    done = Swept()
    ids = waiting_accounts(now) if accounts is None else {account.id for account in accounts}
    for account in SellerAccount.objects.filter(id__in=ids).order_by("id"):
        swept = sweep_account(account, now)
        done += swept
        if report and swept.days:
            report(f"{account.key}: {swept.days} days counted")
    return done


def waiting_accounts(now: datetime) -> set[int]:
    """The ids of the accounts with marks, with deadlines that have passed, or with days counted by an older recipe."""
    ids = set(_waiting_marks().values_list("account_id", flat=True).distinct())
    for lapse in LAPSES:
        ids |= lapse.due_accounts(now)
    ids |= set(_stale_days().values_list("account_id", flat=True).distinct())
    return ids


def sweep_account(account: SellerAccount, now: datetime) -> Swept:
    """Lapse one account, then recount its marked and stale days in short transactions, newest days first."""
    done = Swept(lapsed=sum(lapse.lapse(account, now) for lapse in LAPSES))
    _mark_stale(account)
    while True:
        counted = _step(account, now)
        if counted is None:
            done.busy = 1
        if not counted:
            break
        done.days += counted
    done.failed = DayFailure.objects.filter(account=account, attempts__gte=DayFailure.ATTEMPTS).count()
    if done.days or done.lapsed:
        logger.info("swept account=%s lapsed=%s days=%s", account.id, done.lapsed, done.days)
    return done


def _step(account: SellerAccount, now: datetime) -> int | None:
    """Recount the newest marked days in one transaction: how many; None when another sweep is at this account."""
    try:
        with transaction.atomic():
            if not try_lock_for_counting(account.id):
                return None
            marks, days = _newest(account)
            for fact, fact_days in sorted(days.items()):
                recount(LAYOUTS[fact], account.id, fact_days, now)
                DayFailure.objects.filter(account=account, fact=fact, day__in=fact_days).delete()
            Mark.objects.filter(id__in=marks).delete()
            return sum(map(len, days.values()))
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the database is away or busy, or the worker's time is over: nothing is wrong with the day
    except Exception:
        # One day that cannot be counted must not stop the others: count them one by one and note the guilty one.
        logger.exception("counting failed account=%s; trying day by day", account.id)
        return _day_by_day(account, now)


def _newest(account: SellerAccount) -> tuple[list[int], dict[str, set[date]]]:
    waiting = _waiting_marks().filter(account=account)
    ids: list[int] = []
    days: dict[str, set[date]] = defaultdict(set)
    for mark_id, fact, day in waiting.order_by("-day").values_list("id", "fact", "day")[:MARKS]:
        if day not in days[fact] and sum(map(len, days.values())) >= DAYS:
            break
        ids.append(mark_id)
        days[fact].add(day)
    return ids, {fact: found for fact, found in days.items() if found}


def _set_aside(**newer: OuterRef) -> Exists:
    """Whether the outer row's day has failed too often. A mark that is newer than the failure is a new attempt."""
    same_day = {name: OuterRef(name) for name in ("account", "fact", "day")}
    return Exists(DayFailure.objects.filter(attempts__gte=DayFailure.ATTEMPTS, **same_day, **newer))


def _waiting_marks() -> QuerySet[Mark]:
    return Mark.objects.filter(~_set_aside(failed_at__gte=OuterRef("marked_at")), fact__in=LAYOUTS).order_by()


def _day_by_day(account: SellerAccount, now: datetime) -> int:
    counted = 0
    _marks, days = _newest(account)
    for fact, day in sorted((fact, day) for fact, found in days.items() for day in found):
        # The attempt is counted before counting, in a transaction of its own: a day that kills its process has tried.
        failure, _new = DayFailure.objects.get_or_create(
            account=account, fact=fact, day=day, defaults={"failed_at": now}
        )
        DayFailure.objects.filter(pk=failure.pk).update(attempts=F("attempts") + 1, failed_at=Now())
        try:
            with transaction.atomic():
                if not try_lock_for_counting(account.id):
                    DayFailure.objects.filter(pk=failure.pk).update(attempts=F("attempts") - 1)  # nothing was tried
                    return counted
                marks = list(Mark.objects.filter(account=account, fact=fact, day=day).values_list("id", flat=True))
                recount(LAYOUTS[fact], account.id, [day], now)
                Mark.objects.filter(id__in=marks).delete()
        except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            logger.exception("day cannot be counted account=%s fact=%s day=%s", account.id, fact, day)
            DayFailure.objects.filter(pk=failure.pk).update(error=f"{type(error).__name__}: {error}"[:500])
        else:
            DayFailure.objects.filter(pk=failure.pk).delete()
            counted += 1
    return counted


def _stale_days() -> QuerySet[DayTotal]:
    condition = Q(pk__in=[])
    for slug, layout in LAYOUTS.items():
        # Two ranges instead of "not equal", so that the index finds nothing to read when nothing is stale.
        condition |= Q(fact=slug) & (Q(recipe__lt=layout.recipe) | Q(recipe__gt=layout.recipe))
    return DayTotal.objects.filter(condition & ~_set_aside()).order_by()


def _mark_stale(account: SellerAccount) -> None:
    """Days counted by an older declaration are marked, so that the next step recounts them like any changed day."""
    stale = _stale_days().filter(account=account).values_list("fact", "day")
    mark({(account.id, fact, day) for fact, day in stale})
