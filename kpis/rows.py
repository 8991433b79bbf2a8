"""The rows behind a figure: in the numerator, only in the denominator, or left out with the reason.

They are found by the same condition objects that counted them, so a figure and its rows cannot disagree.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Expression, F, IntegerField, Q, QuerySet, Value, When
from django.db.models import Window as Over
from django.db.models.functions import RowNumber

from kpis.from_rows import BATCH, stated_in_order
from kpis.metrics import Column, Coverage, Imported, LatestShare, Metric, Share, Side, Text, Window
from kpis.readings import Reading, Span
from sellers.models import SellerAccount
from sellers.patience import stream


def side_title(metric: Metric, side: Side) -> Text:
    """The name of a list, as the tabs over it say it; nothing where the metric has no such list."""
    return metric.sides[list(Side).index(side)]


@dataclass(frozen=True)
class Only:
    """One value of a column: only its rows are wanted. An empty value means the rows of which it is unknown."""

    column: Column
    value: str

    @property
    def condition(self) -> Q:
        path = self.column.path
        return Q(**{path: self.value}) if self.value else Q(**{path: ""}) | Q(**{f"{path}__isnull": True})


@dataclass(frozen=True)
class RowSet:
    """One of the three lists behind a reading: countable, sliceable, readable from end to end in constant memory."""

    reading: Reading  # whose figure, and over which days; what it says need not be worked out (see `rows`)
    side: Side
    picked: QuerySet  # its rows, in any order
    only: Only | None = None
    by_key: bool = False  # `picked` are keys, newest first: to find these rows costs more than to read them

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.reading.metric.fact.columns

    @cached_property
    def _numbers(self) -> list[str]:
        return [column.path for column in self.columns if column.kind == "number"]

    @cached_property
    def rows(self) -> QuerySet:
        """The rows newest first, each with the place of its reason where it is left out."""
        return self._listed(self._of(self.picked) if self.by_key else self.picked)

    @cached_property
    def count(self) -> int:
        return len(self._found) if self.by_key else self.rows.count()

    @cached_property
    def _found(self) -> list[int]:
        """All keys: looked up once for the count and for a page."""
        return list(self.picked)

    @property
    def reasons(self) -> tuple[Text, ...]:
        return tuple(reason for _condition, reason in self.reading.metric.left_out)

    def counts_by_reason(self) -> list[tuple[Text, int]]:
        """How many of the rows were left out for each reason, the most frequent first."""
        found = self.rows.order_by().values_list("reason_index").annotate(count=Count("pk"))
        named = [(self.reasons[index], count) for index, count in found if index is not None]
        return sorted(named, key=lambda reason: -reason[1])

    def page(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Rows `start` up to `stop`, newest first: a value for each column's path, and `reason` where left out."""
        if self.by_key:
            rows = self._values(self._listed(self._of(self._found[start:stop])))
        else:
            rows = self._values(self.rows)[start:stop]
        return [self._plain(row) for row in rows]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in stream(self._values(self.rows), BATCH):
            yield self._plain(row)

    def _of(self, keys: Iterable[int]) -> QuerySet:
        return candidates_of(self.reading).filter(pk__in=keys)

    def _listed(self, rows: QuerySet) -> QuerySet:
        metric = self.reading.metric
        reason: Value | Case = Value(None, output_field=IntegerField())
        if self.side is Side.LEFT_OUT and metric.left_out:
            cases = (When(condition, then=Value(index)) for index, (condition, _reason) in enumerate(metric.left_out))
            reason = Case(*cases, default=None, output_field=IntegerField())
        return rows.annotate(reason_index=reason).order_by(*_newest_first(metric))

    def _values(self, rows: QuerySet) -> QuerySet:
        return rows.values("pk", *(column.path for column in self.columns), "reason_index")

    def _plain(self, row: dict[str, Any]) -> dict[str, Any]:
        index = row.pop("reason_index")
        for path in self._numbers:
            row[path] = None if row[path] is None else plain_number(row[path])
        return {**row, "reason": None if index is None else self.reasons[index]}


def plain_number(value: Decimal) -> str:
    """A decimal number as text, exact and without the zeros that its column fills up with: 212, 0.3125."""
    return format(value.normalize(), "f")


def rows(account: SellerAccount, metric: Metric, on: date, side: Side, only: Only | None = None) -> RowSet:
    """The rows of one side behind the metric's reading on day `on`; a carried score shows its own week's rows."""
    window, rule = Span([account], [metric], {account.id: on}).shown(metric, account, on)
    return rows_behind(Reading(metric=metric, account=account, rule=rule, window=window), side, only)


def rows_behind(reading: Reading, side: Side, only: Only | None = None) -> RowSet:
    """The rows of one side behind a reading, newest first; with `only`, those of one value of a column."""
    if isinstance(reading.metric, LatestShare):
        return RowSet(reading, side, _keys(reading.metric, candidates_of(reading), side, only), only, by_key=True)
    return RowSet(reading, side, _picked(reading, side, only), only)


def _picked(reading: Reading, side: Side, only: Only | None) -> QuerySet:
    metric, candidates = reading.metric, candidates_of(reading)
    if only is not None:
        candidates = candidates.filter(only.condition)
    counted = counted_among(metric, reading.account, reading.window)
    if side is Side.LEFT_OUT:
        return _without(candidates, counted)
    hit = metric.hit if isinstance(metric, Share) else Q()
    return candidates.filter(counted & hit) if side is Side.FOR else _without(candidates.filter(counted), hit)


def _keys(metric: LatestShare, candidates: QuerySet, side: Side, only: Only | None) -> QuerySet:
    """Keys of the rows of one side, newest first: one pass over the window, and no row of it is looked up again.

    What narrows the list stands in one expression with the rank, so that the latest is looked for among all rows.
    """
    wanted = {
        Side.FOR: Q(latest=True) & metric.hit,
        Side.AGAINST: Q(latest=True, met=False),
        Side.LEFT_OUT: Q(latest=False),
    }[side]
    ranked = candidates.alias(
        nth=_nth(metric, _whether(metric.of)),
        latest=_whether(metric.of & Q(nth=1)),
        met=_whether(metric.hit),
        wanted=_whether(wanted if only is None else wanted & only.condition),
    )
    return ranked.filter(wanted=True).order_by(*_newest_first(metric)).values_list("pk", flat=True)


def candidates_of(reading: Reading) -> QuerySet:
    """All rows of the window that the metric is about, counted or not."""
    metric, window = reading.metric, reading.window
    within = Q(account=reading.account, **{f"{metric.fact.day}__range": (window.first, window.last)})
    return metric.fact.model._base_manager.filter(within & metric.fact.rows & metric.among)


def counted_among(metric: Metric, account: SellerAccount, window: Window) -> Q:
    """Which of these candidates the figure counts."""
    if isinstance(metric, LatestShare):
        return Q(pk__in=_latest(metric, account, window))
    if isinstance(metric, Imported):
        stated = stated_in_order(metric, [account], window.first, window.last)[account.id]
        return Q(pk__in=[one.pk for one in stated[-1:]])
    if isinstance(metric, Coverage):
        return metric.of & Q(**{f"{metric.by}__in": getattr(account, metric.expected_from)})
    return metric.of


def _latest(metric: LatestShare, account: SellerAccount, window: Window) -> QuerySet:
    """Keys of the latest counted row for each of the metric's keys, in the order in which the count reads them.

    A query and no list: a large account has more buyers than a statement may have parameters.
    """
    fact = metric.fact
    within = Q(account=account, **{f"{fact.day}__range": (window.first, window.last)})
    counted = fact.model._base_manager.filter(within & fact.rows & metric.counted.condition)
    return counted.annotate(nth=_nth(metric)).filter(nth=1).order_by().values("pk")


def _nth(metric: LatestShare, *among: Expression) -> Over:
    """The rank of each row among those of its key, the latest first."""
    latest_first = [F(name).desc() for name in (metric.fact.moment, "external_id", "system")]
    return Over(RowNumber(), partition_by=[*among, F(metric.per)], order_by=latest_first)


def _newest_first(metric: Metric) -> tuple[str, str]:
    """The order of every list."""
    return f"-{metric.fact.moment}", "-pk"


def _without(rows: QuerySet, condition: Q) -> QuerySet:
    """The rows that do not meet a condition. Negated it would lose those in which a column is null."""
    return rows.alias(met=_whether(condition)).filter(met=False) if condition else rows.none()


def _whether(condition: Q) -> Case:
    """Whether a row meets a condition: no or yes, also where a column is null."""
    return Case(When(condition, then=True), default=False)


def labels(model: Any, path: str) -> dict[Any, str]:
    """The words for the values of a column, looked up from `model`, in the active language; empty without choices."""
    *relations, name = path.split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model
    return {value: str(label) for value, label in model._meta.get_field(name).flatchoices}
