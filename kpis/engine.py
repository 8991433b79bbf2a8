"""Counts: one query for all sums of a fact, grouped by account and local day. Nothing else in the product counts.

The same function serves a full recount, one late fact and the tests; it gets facts and metrics as arguments and knows
no room but `sellers`.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Expression, F, Func, Q, QuerySet, Value, When
from django.db.models.lookups import Exact

from kpis.metrics import Coverage, Fact, Imported, LatestShare, Metric, Part, Times, Window
from kpis.models import DayTotal, RecountedDay
from sellers.models import SellerAccount

Sums = list[int]
BATCH = 1000


class Slot(Enum):
    """What a compiled statement leaves open for each call."""

    ACCOUNT = "account"
    DAYS = "days"
    NOW = "now"


ACCOUNT, DAYS, NOW = Slot


class Given(Expression):
    """A parameter that is bound only when the statement is executed."""

    def __init__(self, slot: Slot) -> None:
        super().__init__()
        self.slot = slot

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, list[Slot]]:
        return "%s", [self.slot]


class Among(Func):
    """Whether a day is one of a list that is bound as one parameter, however long it is; see `listed`."""

    output_field = BooleanField()
    template = "%(expressions)s))"
    arg_joiner = " IN (SELECT value FROM json_each("

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(", **more)


def listed(days: Collection[date]) -> list[date] | str:
    """Days as one parameter: an array for PostgreSQL, a JSON list for SQLite."""
    ordered = sorted(days)
    return ordered if connection.vendor == "postgresql" else json.dumps([day.isoformat() for day in ordered])


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
        sql, parameters = self.counting().query.sql_with_params()
        return hashlib.sha256(f"{sql}|{[str(one) for one in parameters]}".encode()).hexdigest()[:16]

    def counting(self) -> QuerySet:
        """The one query: a row for each account and day that has rows, a filtered aggregate for each part."""
        fact = self.fact
        sums = {f"part_{index}": part.aggregate() for index, part in enumerate(self.parts)}
        rows = fact.model._base_manager.filter(fact.rows, **{f"{fact.day}__isnull": False})
        return rows.order_by().values("account_id", fact.day).annotate(**sums)

    @cached_property
    def _overwriting(self) -> tuple[str, tuple[Any, ...]]:
        """The statement that counts some days of one account and overwrites their totals, and its parameters.

        `ACCOUNT`, `DAYS` and `NOW` stand among them for what each call gives. Compiled once: for Django that is more
        work than counting a year of a small shop is for the database.
        """
        day = self.fact.day
        rows = self.counting().filter(Exact(F("account_id"), Given(ACCOUNT)), Among(F(day), Given(DAYS)))
        sql, parameters = rows.query.sql_with_params()
        parts = ", ".join(f"part_{index}" for index in range(len(self.parts)))
        array = "jsonb_build_array" if connection.vendor == "postgresql" else "json_array"
        table = DayTotal._meta.db_table
        statement = (
            f"INSERT INTO {table} (account_id, fact, day, sums, recipe, counted_at) "  # noqa: S608  # all from models
            f"SELECT account_id, %s, {day}, {array}({parts}), %s, %s FROM ({sql}) AS counted WHERE TRUE "
            "ON CONFLICT (account_id, fact, day) DO UPDATE SET sums = excluded.sums, recipe = excluded.recipe, "
            "counted_at = excluded.counted_at RETURNING day"
        )
        return statement, (self.fact.slug, self.recipe, NOW, *parameters)

    def overwrite(self, account_id: int, days: Collection[date], now: datetime) -> set[date]:
        """Count these days of one account and store their totals, inside the database; returns the days with rows."""
        moment = DayTotal._meta.get_field("counted_at").get_db_prep_save(now, connection)
        given = {ACCOUNT: account_id, DAYS: listed(days), NOW: moment}
        statement, parameters = self._overwriting
        with connection.cursor() as cursor:
            cursor.execute(statement, [given.get(one, one) if isinstance(one, Slot) else one for one in parameters])
            return {day if isinstance(day, date) else date.fromisoformat(day) for (day,) in cursor.fetchall()}


def recount(layout: Layout, account_id: int, days: Collection[date], now: datetime) -> None:
    """Count these days of one account anew and overwrite their totals whole; an empty day is stored as zeros.

    Call inside a transaction: it also notes that the published weeks which read these days are to be looked at.
    """
    empty = set(days) - layout.overwrite(account_id, days, now)
    DayTotal.objects.bulk_create(
        [
            DayTotal(
                account_id=account_id,
                fact=layout.fact.slug,
                day=day,
                sums=[0] * len(layout.parts),
                recipe=layout.recipe,
                counted_at=now,
            )
            for day in sorted(empty)
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["account", "fact", "day"],
        update_fields=["sums", "recipe", "counted_at"],
    )
    note_recounted(account_id, layout.fact.slug, days)


def note_recounted(account_id: int, fact: str, days: Collection[date]) -> None:
    """Note that the published weeks which read these days are to be looked at: one statement."""
    source = "unnest(%s)" if connection.vendor == "postgresql" else "json_each(%s)"
    day = "day" if connection.vendor == "postgresql" else "value"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {RecountedDay._meta.db_table} (account_id, fact, day) "  # noqa: S608  # a name from a model
            f"SELECT %s, %s, {day} FROM {source} AS days{'(day)' if day == 'day' else ''}",
            [account_id, fact, listed(days)],
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
