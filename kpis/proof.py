"""The nightly proof: stored day totals are recounted by another path; what differs is named, stored and healed.

A day is compared inside one snapshot of the database: without a mark in it, the total and the rows must agree, however
many writers and sweepers are at work, because rows come with their marks and totals with the end of theirs. Days whose
mark stands in the snapshot wait to be counted; they are passed over.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Q

from kpis.attempts import attempt
from kpis.failures import AccountFailure
from kpis.layouts import LAYOUTS
from kpis.models import DayTotal, ProofDifference, ProofRun
from kpis.recounting import recount_of
from kpis.sweep import sweep_account
from sellers.days import local_day
from sellers.locks import lock_for_proving
from sellers.marks import Mark, mark
from sellers.models import SellerAccount

logger = logging.getLogger(__name__)

DAYS = 35  # proved every night
NIGHTS = 28  # in which every older day comes round once
SLICE = 50  # days compared in one snapshot: on SQLite no other writer works meanwhile
NIGHT_BEGINS = time(2)  # on the account's own clock
KEPT = timedelta(days=100)  # how long a proof without differences is remembered
RETRIES = 3  # comparisons of a healed day, while writers keep marking it

Report = Callable[[str], None]
Key = tuple[str, date, str]  # fact, day, part: what a difference of an account is known by


@dataclass(frozen=True)
class Difference:
    """A part of a day's total that the recount does not confirm. `stored` is None where nothing was stored."""

    account: SellerAccount
    fact: str
    day: date
    part: str
    stored: Any
    counted: int | None
    healed: bool = False

    def __str__(self) -> str:
        stored = "nothing" if self.stored is None else self.stored
        state = "healed" if self.healed else "NOT healed"
        counted = "nothing" if self.counted is None else self.counted
        return f"{self.account.key} {self.fact} {self.day} {self.part}: stored {stored}, counted {counted}; {state}"


@dataclass(frozen=True)
class Compared:
    """Some days of a fact in one snapshot: those that were compared, those that wait, rows read, and what differed."""

    settled: set[date]
    waiting: set[date]
    rows: int
    differences: list[Difference]


@dataclass
class Proved:
    """What the proof of one account did: (fact, day) pairs compared, rows read, days that wait, and what differed."""

    days: int = 0
    rows: int = 0
    waiting: int = 0
    differences: list[Difference] = field(default_factory=list)
    failed: bool = False  # it did not come to its end, for a reason that is kept as the account's failure


def prove(
    now: datetime,
    accounts: Iterable[SellerAccount] | None = None,
    days: int | None = DAYS,
    sample: int = NIGHTS,
    report: Report | None = None,
) -> list[Difference]:
    """Recount these accounts, or all: every day of the last `days` (None: every day there is), and of the older days
    those whose turn it is tonight, so that each comes round once in `sample` nights."""
    found: list[Difference] = []
    for account in SellerAccount.objects.order_by("id") if accounts is None else accounts:
        proved = prove_account(account, now, days, sample)
        found += proved.differences
        if report:
            report(f"{account.key}: {proved.days} days compared with {proved.rows} rows, {proved.waiting} days wait")
    return found


def prove_account(account: SellerAccount, now: datetime, days: int | None = DAYS, sample: int = NIGHTS) -> Proved:
    """Sweep, compare, name what differs, heal it, and keep the result as the account's newest proof."""
    run = ProofRun.objects.create(account=account, started_at=now)
    return _attempt(account, run, now, days, sample)


def _attempt(account: SellerAccount, run: ProofRun, now: datetime, days: int | None, sample: int) -> Proved:
    proved = attempt(account, AccountFailure.Work.PROVING, partial(_prove, account, run, now, days, sample))
    return proved or Proved(failed=True)


def prove_if_due(account: SellerAccount, now: datetime) -> Proved | None:
    """The proof of the night, once: None where it is done or another worker is at it."""
    with transaction.atomic():
        lock_for_proving(account.id)
        if account.id not in due_accounts(now, SellerAccount.objects.filter(id=account.id)):
            return None
        run = ProofRun.objects.create(account=account, started_at=now)
    return _attempt(account, run, now, DAYS, NIGHTS)


def due_accounts(now: datetime, accounts: Iterable[SellerAccount] | None = None) -> list[int]:
    """The ids of the accounts whose night has begun without a proof, those first that have waited longest."""
    shops = SellerAccount.objects.all() if accounts is None else accounts
    finished = ProofRun.objects.order_by().values("account").annotate(
        at=Max("started_at", filter=Q(finished_at__isnull=False)), tried=Max("started_at")
    )  # fmt: skip
    runs = {row["account"]: row for row in finished}
    due = []
    for shop in shops:
        run = runs.get(shop.id, {"at": None, "tried": None})
        begun = _night_begin(now, shop)
        is_done = run["at"] is not None and run["at"] >= begun
        is_running = run["tried"] is not None and run["tried"] != run["at"] and now - run["tried"] < ProofRun.LEASE
        if not (is_done or is_running):
            due.append((run["at"] is not None, run["at"] or begun, shop.id))
    return [shop_id for _known, _at, shop_id in sorted(due)]


def _night_begin(now: datetime, account: SellerAccount) -> datetime:
    """When the newest night of the account began."""
    begun = datetime.combine(local_day(now, account.zone), NIGHT_BEGINS, tzinfo=account.zone)
    return begun if begun <= now else begun - timedelta(days=1)


def _prove(account: SellerAccount, run: ProofRun, now: datetime, days: int | None, sample: int) -> Proved:
    sweep_account(account, now)
    proved = Proved()
    settled: set[tuple[str, date]] = set()
    for fact in LAYOUTS:
        for piece in _pieces(_days_to_prove(account, fact, now, days, sample)):
            compared = _compare(account, fact, piece, now)
            settled |= {(fact, day) for day in compared.settled}
            proved.rows += compared.rows
            proved.waiting += len(compared.waiting)
            proved.differences += compared.differences
    proved.days = len(settled)
    still = _heal(account, proved.differences, now) if proved.differences else set()
    _close(account, settled, still, now)
    proved.differences = [replace(one, healed=_key(one) not in still) for one in proved.differences]
    ProofRun.objects.filter(pk=run.pk).update(
        finished_at=now, days=proved.days, rows=proved.rows, waiting=proved.waiting,
        differences=len(proved.differences),
    )  # fmt: skip
    ProofRun.objects.filter(account=account, started_at__lt=now - KEPT, differences=0).delete()
    logger.info(
        "proved account=%s days=%s rows=%s waiting=%s differences=%s",
        account.id, proved.days, proved.rows, proved.waiting, len(proved.differences),
    )  # fmt: skip
    return proved


def _days_to_prove(account: SellerAccount, fact: str, now: datetime, newest: int | None, sample: int) -> list[date]:
    """Every stored day and every day with rows, of those that tonight looks at; and days with open differences."""
    declared = LAYOUTS[fact].fact
    today = local_day(now, account.zone)
    rows = declared.model._base_manager.filter(account=account).order_by()
    totals = DayTotal.objects.filter(account=account, fact=fact).order_by()
    wanted = Q()
    if newest is not None:
        first = today - timedelta(days=newest)
        ends = [totals.aggregate(first=Min("day"))["first"], rows.aggregate(first=Min(declared.day))["first"]]
        oldest = min((day for day in ends if day is not None), default=first)
        older = [first - timedelta(days=back) for back in range(1, (first - oldest).days + 1)]
        turn = today.toordinal() % sample
        open_days = ProofDifference.objects.filter(account=account, fact=fact, healed_at=None)
        picked = {day for day in older if day.toordinal() % sample == turn} | set(
            open_days.values_list("day", flat=True)
        )
        wanted = Q(day__gte=first) | Q(day__in=sorted(picked))
    in_rows = Q(**{f"{declared.day}__isnull": False})
    if wanted:
        in_rows = Q(**{f"{declared.day}__gte": first}) | Q(**{f"{declared.day}__in": sorted(picked)})
    found = set(totals.filter(wanted).values_list("day", flat=True))
    found |= set(rows.filter(in_rows).values_list(declared.day, flat=True).distinct())
    return sorted(found, reverse=True)


def _pieces(days: Sequence[date]) -> Iterator[list[date]]:
    left = iter(days)
    while piece := list(islice(left, SLICE)):
        yield piece


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of the database for several queries. On SQLite every transaction is one."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _compare(account: SellerAccount, fact: str, days: Collection[date], now: datetime) -> Compared:
    """Some days of a fact, stored and recounted, all seen at the same moment."""
    layout, recount = LAYOUTS[fact], recount_of(fact)
    with _snapshot():
        marks = Mark.objects.filter(account=account, fact=fact, day__in=days).order_by()
        waiting = set(marks.values_list("day", flat=True))
        totals = DayTotal.objects.filter(account=account, fact=fact, day__in=days).order_by()
        stored = {day: (sums, recipe) for day, sums, recipe in totals.values_list("day", "sums", "recipe")}
        # Counted by an older declaration: the sweep was not there yet, or has set the day aside with its error.
        waiting |= {day for day, (_sums, recipe) in stored.items() if recipe != layout.recipe}
        settled = [day for day in days if day not in waiting]
        counted = recount.count(account.id, settled, now)
    found = [
        Difference(account, fact, day, *difference)
        for day in settled
        for difference in _parts_that_differ(recount.names, stored.get(day, (None, ""))[0], counted.sums.get(day))
    ]
    found += [
        Difference(account, fact, day, f"{name}: waits past its deadline", rows, 0)
        for (day, name), rows in sorted(counted.overdue.items())
    ]
    return Compared(set(settled), waiting, counted.rows, found)


def _parts_that_differ(
    names: Sequence[str], stored: Any, counted: Sequence[int] | None
) -> Iterator[tuple[str, Any, int | None]]:
    """(part, stored, counted) wherever they differ. A day that is not stored reads like a day of zeros."""
    kept = stored if isinstance(stored, list) else []
    for position, name in enumerate(names):
        here = kept[position] if position < len(kept) else None
        truth = counted[position] if counted is not None else 0
        # True and 1.0 equal 1 in Python, but no count ever wrote them.
        if (type(here) is not int or here != truth) and (stored is not None or truth):
            yield name, here, truth
    for position, surplus in enumerate(kept[len(names) :], start=len(names) + 1):
        yield f"position {position}, which is no part", surplus, None


def _heal(account: SellerAccount, found: Sequence[Difference], now: datetime) -> set[Key]:
    """Store and log the differences, have their days counted anew, compare again; returns what differs still."""
    days: dict[str, set[date]] = defaultdict(set)
    for difference in found:
        days[difference.fact].add(difference.day)
        logger.error(
            "day total differs account=%s fact=%s day=%s part=%r stored=%r counted=%r",
            account.id, difference.fact, difference.day, difference.part, difference.stored, difference.counted,
        )  # fmt: skip
    with transaction.atomic():
        ProofDifference.objects.bulk_create(
            [
                ProofDifference(
                    account=account, fact=one.fact, day=one.day, part=one.part, stored=one.stored, counted=one.counted,
                    found_at=now,
                )
                for one in found
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        mark({(account.id, fact, day) for fact, fact_days in days.items() for day in fact_days})
    still: set[Key] = set()
    for fact, left in days.items():
        for _attempt in range(RETRIES):
            sweep_account(account, now)
            compared = _compare(account, fact, sorted(left), now)
            still |= {_key(difference) for difference in compared.differences}
            left = compared.waiting
            if not left:
                break
        still |= {_key(difference) for difference in found if difference.fact == fact and difference.day in left}
    return still


def _close(account: SellerAccount, settled: Collection[tuple[str, date]], still: set[Key], now: datetime) -> None:
    """Note which differences, of tonight or of earlier nights, are there no more."""
    stored = ProofDifference.objects.filter(account=account, healed_at=None)
    healed = [one.pk for one in stored if (one.fact, one.day) in settled and (one.fact, one.day, one.part) not in still]
    ProofDifference.objects.filter(pk__in=healed).update(healed_at=now)


def _key(difference: Difference) -> Key:
    return difference.fact, difference.day, difference.part
