"""What figures read from rows because sums of days do not hold it: the latest of each buyer, middle values, channels.

One query for all accounts and days. Like the engine it is given metrics and knows no room but `sellers`.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

from django.db.models import Aggregate, Case, F, Q, TextField, When
from django.db.models.functions import JSONArray

from kpis.metrics import Coverage, Fact, Imported, LatestShare, Part, Window
from sellers.models import SellerAccount

BATCH = 1000  # rows fetched at once
CLOCKS_GO_BACK = timedelta(days=1)  # at most by so much


class Rows:
    """The counted rows of one account in the order of their clock, as thin as a figure from rows needs them.

    Rows with one key are one conversation's or one order's.
    """

    def __init__(self) -> None:
        self.days: list[date] = []
        self.keys: list[str] = []
        self.hits: list[bool] = []

    @cached_property
    def _reached(self) -> list[date]:
        """The newest day up to each row: where clocks go back over midnight, a later row may lie on an earlier day."""
        return list(accumulate(self.days, max))

    def begin(self, last: date, n: int) -> date | None:
        """No window up to `last` holds n rows that begins after this day; None: none does. Looked up, not counted."""
        end = self._end(last)
        return self._reached[end - n] if end >= n else None

    def _places(self, window: Window) -> tuple[int, int]:
        return bisect_left(self._reached, window.first), self._end(window.last)

    def _end(self, last: date) -> int:
        return bisect_right(self._reached, last + CLOCKS_GO_BACK)

    def latest(self, window: Window) -> tuple[int, int]:
        """Of the rows in the window, the latest for each key count as of its end: how many are hits, of how many."""
        begin, end = self._places(window)
        days = self.days[begin:end]
        rows = zip(days, self.keys[begin:end], self.hits[begin:end], strict=True)
        latest = {key: hit for day, key, hit in rows if window.first <= day <= window.last}
        return sum(latest.values()), len(latest)


def rows_in_order(
    metric: LatestShare, accounts: Iterable[SellerAccount], first: date | None, last: date
) -> dict[int, Rows]:
    """The counted rows of each account between two days in the order of their clock, in one query.

    No first day: from the beginning. Rows of the same instant are ordered by their external ID, so that the order of
    arrival never decides.
    """
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__among=ids, **{f"{fact.day}__lte": last})
    if first is not None:
        where &= Q(**{f"{fact.day}__gte": first})
    rows = (
        fact.model._base_manager.filter(where)
        .order_by(fact.moment, "external_id", "system")
        .values_list("account_id", fact.day, metric.per, Case(When(metric.hit, then=True), default=False))
    )
    found = {account_id: Rows() for account_id in ids}
    for account_id, day, key, hit in rows.iterator(chunk_size=BATCH):
        own = found[account_id]
        own.days.append(day)
        own.keys.append(key)
        own.hits.append(hit)
    return found


class Listed(Aggregate):
    """The values of a group as the text of one JSON list: moving a row for each of them costs several times as much."""

    function = "JSON_GROUP_ARRAY"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        sql, parameters = super().as_sql(compiler, connection, function="JSON_AGG", **more)
        return f"({sql})::text", parameters


@dataclass(frozen=True, slots=True)
class Measure:
    """Durations of a fact that are read row by row: those of a part, each for itself or added up for each key."""

    fact: Fact
    part: Part
    per: str = ""


@dataclass(frozen=True, slots=True)
class ByDay:
    """Values of one account in the order of their days: each stands beside its day."""

    days: list[date] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def over(self, window: Window) -> list[Any]:
        return self.values[bisect_left(self.days, window.first) : bisect_right(self.days, window.last)]


def measured_by_day(
    measures: Sequence[Measure], accounts: Iterable[SellerAccount], first: date, last: date
) -> dict[Measure, dict[int, ByDay]]:
    """The durations of each account and day, read from a covering index: one query for measures of the same fact.

    They are lists of seconds, or of pairs of key and seconds.
    """
    fact = measures[0].fact
    ids = [account.id for account in accounts]
    where = fact.rows & Q(account__among=ids, **{f"{fact.day}__range": (first, last)})
    lists = {
        f"list_{number}": Listed(
            JSONArray(F(one.per), F(one.part.column)) if one.per else F(one.part.column), filter=one.part.condition
        )
        for number, one in enumerate(measures)
    }
    rows = fact.model._base_manager.filter(where).order_by(fact.day).values("account_id", fact.day).annotate(**lists)
    # As text, and read as one JSON list for each account: a parse for every day takes several times as long.
    texts: dict[Measure, dict[int, dict[date, str]]] = {one: {account_id: {} for account_id in ids} for one in measures}
    for account_id, day, *of_day in rows.values_list("account_id", fact.day, *lists).iterator(chunk_size=BATCH):
        for one, text in zip(measures, of_day, strict=True):
            if text:
                texts[one][account_id][day] = text
    return {one: {account_id: _by_day(days) for account_id, days in own.items()} for one, own in texts.items()}


def _by_day(texts: dict[date, str]) -> ByDay:
    lists = json.loads(f"[{','.join(texts.values())}]")
    days = chain.from_iterable([day] * len(values) for day, values in zip(texts, lists, strict=True))
    values = chain.from_iterable(lists)
    return ByDay(list(days), list(values))


def occurring_by_day(metric: Coverage, accounts: Iterable[SellerAccount], first: date, last: date) -> dict[int, ByDay]:
    """Each value of the column `metric.by` on the days it occurs in the counted rows of an account, in one query."""
    fact = metric.fact
    ids = [account.id for account in accounts]
    where = fact.rows & metric.counted.condition & Q(account__among=ids, **{f"{fact.day}__range": (first, last)})
    found = {account_id: ByDay() for account_id in ids}
    rows = fact.model._base_manager.filter(where).order_by(fact.day)
    for account_id, day, value in rows.values_list("account_id", fact.day, metric.by).distinct().iterator(BATCH):
        found[account_id].days.append(day)
        found[account_id].values.append(value)
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
    where = fact.rows & metric.counted.condition & Q(account__among=ids, **{f"{fact.day}__range": (first, last)})
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
    below, rest = divmod(share.numerator * (len(values) - 1), share.denominator)
    low = values[below]
    return Fraction(low * share.denominator + rest * (values[below + 1] - low if rest else 0), share.denominator)
