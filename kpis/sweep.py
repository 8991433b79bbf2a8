"""The sweep: recounts the days that writes have marked, newest first, until nothing waits.

Marks are read before facts, in the transaction that overwrites the totals and deletes exactly the marks that were read.
A mark that commits meanwhile survives, so running late, twice or beside another sweep changes nothing.

Many days are counted in one step. A step that raises, or whose process died, is counted again day by day, each day with
an attempt that is counted before: three, and the day is set aside (docs/decisions/0041-attempts.md).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from kpis.attempts import attempt, begin, end, fail, passes, take_back
from kpis.catalogue import LAPSES
from kpis.engine import note_recounted, recount
from kpis.failures import AccountFailure, DayFailure
from kpis.layouts import LAYOUTS
from kpis.spans import note_span
from kpis.stale import mark_stale, stale_days
from sellers.locks import try_lock_for_counting
from sellers.marks import Mark
from sellers.models import SellerAccount

logger = logging.getLogger(__name__)

MARKS = 20_000  # read at once: on SQLite the write lock is held for a few hundred milliseconds
DAYS = 4_000  # counted in one transaction

COUNTING = AccountFailure.Work.COUNTING

ASIDE = Q(attempts__gte=DayFailure.ATTEMPTS)
# A mark that is newer than the failure is a new attempt: at once where the day raised, and after a while where it took
# its process with it, because a busy day is marked every few seconds.
NOT_MARKED_ANEW = Q(failed_at__gte=OuterRef("marked_at")) | Q(error="", failed_at__gte=Now() - DayFailure.DEADLY)
RESTS = Q(error="", failed_at__gte=Now() - DayFailure.REST)
RESTS_NOW = ExpressionWrapper(RESTS, output_field=BooleanField())

Report = Callable[[str], None]
Day = tuple[str, date]  # a fact and one of its days


@dataclass
class Swept:
    """What a sweep did: rows flipped by passing time, days counted, and the accounts it has to come back to.

    Those are busy: another sweep counts them, or they rest because a process died over them. `failed` is the number of
    days that are set aside.
    """

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


class Step(NamedTuple):
    """What one step did: days counted, whether more may wait, and whether the account is to be left alone now."""

    days: int = 0
    more: bool = False
    busy: int = 0


def sweep(now: datetime, accounts: Iterable[SellerAccount] | None = None, report: Report | None = None) -> Swept:
    """Lapse and recount until nothing waits, for these accounts or for every account with work to do."""
    done = Swept()
    ids = waiting_accounts(now) if accounts is None else {account.id for account in accounts}
    for account in SellerAccount.objects.filter(id__in=ids).order_by("id"):
        try:
            swept = sweep_account(account, now)
        except Exception as error:
            if passes(error) or isinstance(error, SoftTimeLimitExceeded):
                raise
            # Deadlines and days have guards of their own; whatever else fails must not stop other accounts either.
            begin(AccountFailure, account=account, work=COUNTING)
            fail(error, AccountFailure, account=account, work=COUNTING)
            continue
        done += swept
        if report and swept.days:
            report(f"{account.key}: {swept.days} days counted")
    return done


def waiting_accounts(now: datetime) -> set[int]:
    """The ids of the accounts with marks, with deadlines that have passed, or with days counted by an older recipe."""
    ids = set(_waiting_marks().values_list("account_id", flat=True).distinct())
    for lapse in LAPSES:
        ids |= lapse.due_accounts(now) - set(AccountFailure.waits(lapse.work).values_list("account_id", flat=True))
    ids |= set(stale_days().values_list("account_id", flat=True).distinct())
    return ids


def sweep_account(account: SellerAccount, now: datetime) -> Swept:
    """Lapse one account, then recount its marked and stale days in short transactions, newest days first."""
    done = Swept(lapsed=_lapse(account, now))
    mark_stale(account)
    more = True
    while more:
        step = _step(account, now)
        done.busy, more = step.busy, step.more
        done.days += step.days
    if DayFailure.objects.filter(account=account).exists():
        if not done.busy:
            done.days += _one_by_one(account, _suspects(account), now)
        done.failed = DayFailure.set_aside().filter(account=account).count()
    if done.days or done.lapsed:
        logger.info("swept account=%s lapsed=%s days=%s", account.id, done.lapsed, done.days)
    return done


def _lapse(account: SellerAccount, now: datetime) -> int:
    """Turn passed deadlines into rows: how many. What fails for this account is kept, and tried again later."""
    lapsed = 0
    for lapse in LAPSES:
        if lapse.is_due(account, now) and not AccountFailure.waits(lapse.work).filter(account=account).exists():
            lapsed += attempt(account, lapse.work, partial(lapse.lapse, account, now)) or 0
    return lapsed


def _step(account: SellerAccount, now: datetime) -> Step:
    """Recount the newest marked days in one transaction.

    A note that the step began is committed before it and deleted with it. A note that is still there was left by a
    process that died, or by one that is about to begin.
    """
    note = AccountFailure.objects.filter(account=account, work=COUNTING)
    with transaction.atomic():
        if not try_lock_for_counting(account.id):
            return Step(busy=1)
        left = note.annotate(rests=RESTS_NOW).values_list("rests", flat=True).first()
        if left:
            return Step(busy=1)
        if not _marked(account).exists():
            if left is not None:
                note.delete()  # what it was about failed in other steps
            return Step()
        begin(AccountFailure, account=account, work=COUNTING)
    if left is None:
        try:
            return _count_together(account, now)
        except Exception as error:
            fail(error, AccountFailure, account=account, work=COUNTING)
    days = _newest(account).days
    counted = _one_by_one(account, [(fact, day) for fact, found in days.items() for day in found], now)
    end(AccountFailure, account=account, work=COUNTING)
    return Step(counted, more=counted > 0)


def _count_together(account: SellerAccount, now: datetime) -> Step:
    with transaction.atomic():
        if not try_lock_for_counting(account.id):
            end(AccountFailure, account=account, work=COUNTING)
            return Step(busy=1)
        marked = _newest(account)
        _count(account, marked.days, now)
        Mark.objects.filter(id__among=marked.ids).delete()
        end(AccountFailure, account=account, work=COUNTING)
        return Step(sum(map(len, marked.days.values())), marked.more)


def _count(account: SellerAccount, days: Mapping[str, Collection[date]], now: datetime) -> None:
    for fact, of_fact in sorted(days.items()):
        recount(LAYOUTS[fact], account.id, of_fact, now)
    if days:
        note_recounted(account.id, days)
        note_span(account.id, set().union(*days.values()), now)


class Marked(NamedTuple):
    """Marks that were read, the days they name, by fact, and whether there may be more of them."""

    ids: set[int]
    days: dict[str, set[date]]
    more: bool


def _newest(account: SellerAccount) -> Marked:
    ids: set[int] = set()  # of a list, Django would look at each value by itself
    days: dict[str, set[date]] = defaultdict(set)
    count = 0
    for mark_id, fact, day in _marked(account).order_by("-day").values_list("id", "fact", "day")[:MARKS]:
        of_fact = days[fact]
        if day not in of_fact:
            if count == DAYS:
                return Marked(ids, {fact: found for fact, found in days.items() if found}, more=True)
            of_fact.add(day)
            count += 1
        ids.add(mark_id)
    return Marked(ids, days, more=len(ids) == MARKS)


def _failures(condition: Q) -> Exists:
    """Whether the outer row's day has failed in such a way."""
    return Exists(DayFailure.objects.filter(condition, **{name: OuterRef(name) for name in ("account", "fact", "day")}))


def _waiting_marks() -> QuerySet[Mark]:
    """Marks whose day is to be counted, together with others or by itself."""
    return Mark.objects.filter(~_failures(ASIDE & NOT_MARKED_ANEW), fact__in=LAYOUTS).order_by()


def _marked(account: SellerAccount) -> QuerySet[Mark]:
    """Marks of days that never failed: they are counted together."""
    return Mark.objects.filter(~_failures(Q()), account=account, fact__in=LAYOUTS).order_by()


def _suspects(account: SellerAccount) -> list[Day]:
    """Days that failed before and are to be tried again now, those first that failed least."""
    marks = _waiting_marks().filter(_failures(~RESTS | ASIDE), account=account)
    waiting = set(marks.values_list("fact", "day"))
    failures = DayFailure.objects.filter(account=account).order_by("attempts", "-day", "fact")
    return [day for day in failures.values_list("fact", "day") if day in waiting]


class _Taken(Exception):
    """Another sweep has begun to count the account."""


def _one_by_one(account: SellerAccount, days: Sequence[Day], now: datetime) -> int:
    """Count each of these days in a transaction of its own, with an attempt that is committed before: how many."""
    counted = 0
    for fact, day in days:
        what = {"account": account, "fact": fact, "day": day}
        with transaction.atomic():
            if not try_lock_for_counting(account.id):
                break
            begin(DayFailure, **what)
            AccountFailure.objects.filter(account=account, work=COUNTING).update(failed_at=Now(), error="")
        try:
            with transaction.atomic():
                if not try_lock_for_counting(account.id):
                    raise _Taken
                marks = list(Mark.objects.filter(**what).values_list("id", flat=True))
                _count(account, {fact: {day}}, now)
                Mark.objects.filter(id__among=marks).delete()
                end(DayFailure, **what)
        except _Taken:
            take_back(DayFailure, **what)
            break
        except Exception as error:
            fail(error, DayFailure, **what)
        else:
            counted += 1
    return counted
