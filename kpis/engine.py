"""Counts: one query for all sums of a fact, grouped by account and local day. Nothing else in the product counts.

The same function serves a full recount, one late fact and the tests; it gets facts and metrics as arguments and knows
no room but `sellers`.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from kpis.metrics import Coverage, Fact, Imported, LatestShare, Metric, Part, Times, Window
from kpis.models import DayTotal, RecountedDay
from sellers.models import SellerAccount

Sums = list[int]
BATCH = 1000


@dataclass(eq=False)
class Layout:
    """The sums of one fact in their fixed order: every part that any of its metrics needs, each once."""

    fact: Fact
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, fact: Fact, metrics: Iterable[Metric]) -> "Layout":
        parts = (part for metric in metrics if metric.fact is fact for part in metric.parts())
        return cls(fact, tuple(dict.fromkeys(parts)))

    @cached_property
    def position(self) -> dict[Part, int]:
        return {part: index for index, part in enumerate(self.parts)}

    @cached_property
    def recipe(self) -> str:
        """A digest of the counting SQL and its parameters: another declaration has another recipe."""
        sql, parameters = self.counting([0]).query.sql_with_params()
        return hashlib.sha256(f"{sql}|{parameters!r}".encode()).hexdigest()[:16]

    def counting(self, account_ids: Sequence[int], days: Collection[date] | None = None) -> QuerySet:
        """The one query: a row for each account and day, a filtered aggregate for each part."""
        fact = self.fact
        where = Q(account_id__in=account_ids) & fact.rows
        where &= Q(**{f"{fact.day}__isnull": False}) if days is None else Q(**{f"{fact.day}__in": sorted(days)})
        sums = {f"part_{index}": part.aggregate() for index, part in enumerate(self.parts)}
        return fact.model._base_manager.filter(where).order_by().values("account_id", fact.day).annotate(**sums)

    def count(self, account_ids: Sequence[int], days: Collection[date] | None = None) -> dict[tuple[int, date], Sums]:
        """The sums of each account and day that has rows; days without rows are absent."""
        names = [f"part_{index}" for index in range(len(self.parts))]
        rows = self.counting(account_ids, days).values_list("account_id", self.fact.day, *names)
        return {(account_id, day): list(sums) for account_id, day, *sums in rows.iterator(chunk_size=BATCH)}


def recount(layout: Layout, account_id: int, days: Collection[date], now: datetime) -> None:
    """Count these days of one account anew and overwrite their totals whole; an empty day is stored as zeros.

    Call inside a transaction: it also notes that the published weeks which read these days are to be looked at.
    """
    counted = layout.count([account_id], days)
    nothing = [0] * len(layout.parts)
    DayTotal.objects.bulk_create(
        [
            DayTotal(
                account_id=account_id,
                fact=layout.fact.slug,
                day=day,
                sums=counted.get((account_id, day), nothing),
                recipe=layout.recipe,
                counted_at=now,
            )
            for day in sorted(days)
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["account", "fact", "day"],
        update_fields=["sums", "recipe", "counted_at"],
    )
    RecountedDay.objects.bulk_create(
        [RecountedDay(account_id=account_id, fact=layout.fact.slug, day=day) for day in sorted(days)], BATCH
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A counted row, as thin as a figure from rows needs it."""

    pk: int
    day: date
    key: str  # rows with one key are one conversation's or one order's
    hit: bool


def rows_in_order(
    metric: LatestShare, accounts: Iterable[SellerAccount], first: date | None, last: date
) -> dict[int, list[Row]]:
    """The counted rows of each account between two days in the order of their clock, in one query.

    No first day: from the beginning. Rows of the same instant are ordered by their external ID, so that the order of
    arrival never decides.
    """
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__in=ids, **{f"{fact.day}__lte": last})
    if first is not None:
        where &= Q(**{f"{fact.day}__gte": first})
    rows = (
        fact.model._base_manager.filter(where)
        .order_by(fact.moment, "external_id", "system")
        .values_list("account_id", "pk", fact.day, metric.per, Case(When(metric.hit, then=True), default=False))
    )
    found: dict[int, list[Row]] = {account_id: [] for account_id in ids}
    for account_id, *row in rows:
        found[account_id].append(Row(*row))
    return found


def latest_in(rows: Iterable[Row], window: Window) -> list[Row]:
    """Of the rows in the window, the latest for each key: the only ones that count as of the window's end."""
    latest = {row.key: row for row in rows if window.first <= row.day <= window.last}
    return list(latest.values())


def measured_by_day(
    metric: Times, accounts: Iterable[SellerAccount], first: date, last: date
) -> dict[int, dict[date, list[tuple[str, int]]]]:
    """The measured durations of each account and day as (key, seconds), read from a covering index in one query.

    The key is the row's value of `metric.per`; rows of a metric without it have the key "" each for itself.
    """
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__in=ids, **{f"{fact.day}__range": (first, last)})
    found: dict[int, dict[date, list[tuple[str, int]]]] = {account_id: {} for account_id in ids}
    key = F(metric.per) if metric.per else Value("")
    rows = fact.model._base_manager.filter(where).order_by().values_list("account_id", fact.day, key, metric.column)
    for account_id, day, of, seconds in rows.iterator(chunk_size=BATCH):
        found[account_id].setdefault(day, []).append((of, seconds))
    return found


def occurring_by_day(
    metric: Coverage, accounts: Iterable[SellerAccount], first: date, last: date
) -> dict[int, dict[date, set[str]]]:
    """Which values of the column `metric.by` occur in the counted rows of each account and day, in one query."""
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__in=ids, **{f"{fact.day}__range": (first, last)})
    found: dict[int, dict[date, set[str]]] = {account_id: {} for account_id in ids}
    rows = fact.model._base_manager.filter(where).order_by().values_list("account_id", fact.day, metric.by).distinct()
    for account_id, day, value in rows.iterator(chunk_size=BATCH):
        found[account_id].setdefault(day, set()).add(value)
    return found


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure that the platform itself reported."""

    pk: int
    day: date
    value: Fraction


def stated_in_order(
    metric: Imported, accounts: Iterable[SellerAccount], first: date, last: date
) -> dict[int, list[Stated]]:
    """The platform's own figures of each account between two days in the order of their clock, in one query."""
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__in=ids, **{f"{fact.day}__range": (first, last)})
    rows = fact.model._base_manager.filter(where).order_by(fact.moment, "external_id", "system")
    found: dict[int, list[Stated]] = {account_id: [] for account_id in ids}
    for account_id, pk, day, value in rows.values_list("account_id", "pk", fact.day, metric.column):
        found[account_id].append(Stated(pk, day, Fraction(value)))
    return found


def percentile(values: Sequence[int], share: Fraction) -> Fraction | None:
    """The exact percentile of sorted values, interpolated between order statistics as percentile_cont does in SQL.

    The 90th percentile of 5, 10, 15 is 14. No values: None.
    """
    if not values:
        return None
    place = share * (len(values) - 1)
    below = place.numerator // place.denominator
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def load_totals(
    account_ids: Sequence[int], reaches: Mapping[Layout, Window]
) -> dict[tuple[int, str], dict[date, Sums]]:
    """The stored day totals of some accounts, of each layout's days, by (account id, fact), in one query.

    Days that were counted by another recipe are absent: their sums mean something else, and the sweep recounts them.
    """
    found: dict[tuple[int, str], dict[date, Sums]] = {}
    asked = Q(pk__in=[])
    for layout, reach in reaches.items():
        asked |= Q(fact=layout.fact.slug, recipe=layout.recipe, day__range=(reach.first, reach.last))
    rows = DayTotal.objects.filter(asked, account_id__in=account_ids).order_by()
    for account_id, fact, day, sums in rows.values_list("account_id", "fact", "day", "sums"):
        found.setdefault((account_id, fact), {})[day] = sums
    return found


def first_days(account_ids: Collection[int], facts: Collection[str]) -> dict[tuple[int, str], date]:
    """The first counted day of each account and fact; absent where nothing of the kind has come in.

    One query that looks up one index entry for each pair, however long the history is.
    """
    totals = DayTotal.objects.filter(account=OuterRef("pk")).order_by("day").values("day")
    names = {f"first_{number}": fact for number, fact in enumerate(sorted(facts))}
    firsts = {name: Subquery(totals.filter(fact=fact)[:1]) for name, fact in names.items()}
    rows = SellerAccount.objects.filter(id__in=account_ids).order_by().annotate(**firsts).values("id", *names)
    return {(row["id"], fact): row[name] for row in rows for name, fact in names.items() if row[name] is not None}
