"""Counts: one query for all sums of a fact, grouped by account and local day. Nothing else in the product counts.

The same function serves a full recount, one late fact and the tests; it gets facts and metrics as arguments and knows
no room but `sellers`.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Expression, F, Func, QuerySet
from django.db.models.lookups import Exact

from kpis.metrics import Fact, Metric, Part
from kpis.models import DayTotal, RecountedDay
from sellers.models import SellerAccount

Sums = list[int]


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

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        return "%s", [self.slot]


class Among(Func):
    """Whether a day is one of a list that is bound as one parameter, however long it is; see `listed`."""

    output_field = BooleanField()
    template = "%(expressions)s))"
    arg_joiner = " IN (SELECT value FROM json_each("

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s::date[])", arg_joiner=" = ANY(", **more)


def listed(days: Collection[date]) -> str:
    """Days as the text of one parameter: an array for PostgreSQL, a JSON list for SQLite."""
    ordered = [day.isoformat() for day in sorted(days)]
    return f"{{{','.join(ordered)}}}" if connection.vendor == "postgresql" else json.dumps(ordered)


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
    def overwriting(self) -> tuple[str, tuple[Any, ...]]:
        """The statement that counts some days of one account and keeps the totals that came out differently.

        `ACCOUNT`, `DAYS` and `NOW` stand among its parameters for what each call gives. Compiled once: for Django that
        is more work than counting a year of a small shop is for the database.
        """
        day = self.fact.day
        rows = self.counting().filter(Exact(F("account_id"), Given(ACCOUNT)), Among(F(day), Given(DAYS)))
        sql, parameters = rows.query.sql_with_params()
        sums = ", ".join(f"COALESCE(part_{index}, 0)" for index in range(len(self.parts)))
        if connection.vendor == "postgresql":
            array, given, keeping = f"jsonb_build_array({sums})", "unnest(%s::date[]) AS given(value)", MERGING
        else:
            array, given, keeping = f"json_array({sums})", "json_each(%s) AS given", UPSERTING
        counted = (
            f"SELECT %s AS account_id, %s AS fact, given.value AS day, {array} AS sums, %s AS recipe, %s AS counted_at "  # noqa: S608  # all from models
            f"FROM {given} LEFT JOIN ({sql}) AS rows_of_day ON rows_of_day.{day} = given.value WHERE TRUE"
        )
        statement = keeping.format(table=DayTotal._meta.db_table, counted=counted)
        return statement, (ACCOUNT, self.fact.slug, self.recipe, NOW, DAYS, *parameters)


# A total that came out as it stands is left alone: writing it again would leave a dead row and a line in the log.
MERGING = """
    MERGE INTO {table} AS stored USING ({counted}) AS counted
    ON stored.account_id = counted.account_id AND stored.fact = counted.fact AND stored.day = counted.day
    WHEN MATCHED AND (stored.recipe <> counted.recipe OR stored.sums <> counted.sums)
    THEN UPDATE SET sums = counted.sums, recipe = counted.recipe, counted_at = counted.counted_at
    WHEN NOT MATCHED THEN INSERT (account_id, fact, day, sums, recipe, counted_at)
    VALUES (counted.account_id, counted.fact, counted.day, counted.sums, counted.recipe, counted.counted_at)
"""
UPSERTING = """
    INSERT INTO {table} AS stored (account_id, fact, day, sums, recipe, counted_at) {counted}
    ON CONFLICT (account_id, fact, day) DO UPDATE
    SET sums = excluded.sums, recipe = excluded.recipe, counted_at = excluded.counted_at
    WHERE stored.recipe <> excluded.recipe OR stored.sums <> excluded.sums
"""


def recount(layout: Layout, account_id: int, days: Collection[date], now: datetime) -> None:
    """Count these days of one account anew, inside the database, and overwrite whole what came out differently.

    A day without rows is stored as zeros. Whoever counts an account is alone with it (sellers/locks.py).
    """
    moment = DayTotal._meta.get_field("counted_at").get_db_prep_save(now, connection)
    given = {ACCOUNT: account_id, DAYS: listed(days), NOW: moment}
    statement, parameters = layout.overwriting
    with connection.cursor() as cursor:
        cursor.execute(statement, [given.get(one, one) if isinstance(one, Slot) else one for one in parameters])


def note_recounted(account_id: int, days: Mapping[str, Collection[date]]) -> None:
    """Note that the published weeks which read these days, by fact, are to be looked at: one statement at most.

    Days after the last week that was announced are in none. Call inside the transaction that counts them: who announces
    a week waits for it (kpis/weeks.py), so a count that did not see the announcement is seen by the publication.
    """
    announced = SellerAccount.objects.values_list("published_until", flat=True).get(id=account_id)
    each = ((fact, day) for fact, of_fact in days.items() for day in of_fact)
    noted = [(fact, day.isoformat()) for fact, day in each if announced and day <= announced]
    if not noted:
        return
    if connection.vendor == "postgresql":
        source = "SELECT %s, noted.fact, noted.day FROM unnest(%s::text[], %s::date[]) AS noted(fact, day)"
        given: list[Any] = [[fact for fact, _day in noted], [day for _fact, day in noted]]
    else:
        source = "SELECT %s, value ->> 0, value ->> 1 FROM json_each(%s)"
        given = [json.dumps(noted)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {RecountedDay._meta.db_table} (account_id, fact, day) {source}", [account_id, *given]
        )
