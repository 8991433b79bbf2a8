"""Trends: the published weekly figures of a metric, oldest first."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, Max, TextField
from django.db.models.functions import Cast

from kpis.metrics import Metric, Rule, Window
from kpis.models import WeekReading, WeekReport
from kpis.published import kept_rule, kept_stats
from kpis.readings import State
from kpis.targets import Band
from kpis.units import display
from sellers.days import WEEK, week_end_on_or_before
from sellers.models import SellerAccount

COLUMNS = (
    "account_id", "metric", "ends_on", "revision", "value_numerator", "value_denominator", "n", "numerator",
    "denominator", "band", "state", "window_from", "window_to", "carried_from", "counted_now", "stats_text", "reason",
    "rule_text",
)  # fmt: skip


class TrendPoint(NamedTuple):
    """A metric in one published week, in the week's latest revision. `value` None is a gap, never a zero.

    A named tuple like a reading, and for the same reason.
    """

    metric: Metric
    starts_on: date
    ends_on: date
    revision: int
    value: Fraction | None
    n: int
    numerator: int | None
    denominator: int | None
    band: Band
    state: State
    window_from: date
    window_to: date
    carried_from: date | None
    counted_now: int | None  # of a carried score: the answers of the week itself
    stats: dict[str, Fraction | None] | None  # seconds: mean, median, p90
    reason: WeekReport.Reason  # why this revision was published
    rule: Rule  # that judged this week
    rule_changed: bool  # it is another one than judged the week before

    @property
    def display(self) -> str:
        return display(self.value, self.metric.unit)

    @property
    def window(self) -> Window:
        return Window(self.window_from, self.window_to)

    @property
    def shown(self) -> float | None:
        """The value on the scale people read, for charts only; verdicts use the exact value."""
        return None if self.value is None else float(self.value * self.metric.unit.scale)


def trend(
    account: SellerAccount,
    metric: Metric,
    weeks: int,
    until: date | None = None,
    known_at: datetime | None = None,
) -> list[TrendPoint]:
    """The last `weeks` published weeks of one metric, of those that were over on day `until`.

    With `known_at`, each in the newest revision that was published by that moment.
    """
    return trends([account], [metric], weeks, until, known_at)[account.id, metric.slug]


def trends(
    accounts: Sequence[SellerAccount],
    metrics: Collection[Metric],
    weeks: int,
    until: date | None = None,
    known_at: datetime | None = None,
) -> dict[tuple[int, str], list[TrendPoint]]:
    """The last `weeks` published weeks of several metrics and accounts, by (account id, slug): two queries.

    "Last" is counted back from the newest week that any of the accounts has published.
    """
    by_slug = {metric.slug: metric for metric in metrics}
    found: dict[tuple[int, str], dict[date, Any]] = {(account.id, slug): {} for account in accounts for slug in by_slug}
    readings = WeekReading.objects.filter(account__among=[account.id for account in accounts], metric__in=by_slug)
    if until is not None:
        readings = readings.filter(ends_on__lte=until)
    if known_at is not None:
        readings = readings.filter(report__published_at__lte=known_at)
    newest = readings.aggregate(day=Max("ends_on"))["day"]
    if newest is not None:
        since = newest - WEEK * weeks - timedelta(days=6)  # accounts may end their weeks on different days
        starts = {account.id: account.week_start for account in accounts}
        rows_since = readings.filter(ends_on__gt=since).annotate(
            reason=F("report__reason"), rule_text=Cast("rule", TextField()), stats_text=Cast("stats", TextField())
        )
        for row in rows_since.order_by("ends_on", "revision").values_list(*COLUMNS, named=True):
            # Weeks that were published before the account's week began on another day are another series.
            if week_end_on_or_before(row.ends_on, starts[row.account_id]) == row.ends_on:
                found[row.account_id, row.metric][row.ends_on] = row
    return {
        (account_id, slug): _points(by_slug[slug], list(rows.values()))[-weeks:]
        for (account_id, slug), rows in found.items()
    }


def _points(metric: Metric, rows: Sequence[Any]) -> list[TrendPoint]:
    return [_point(metric, row, before) for row, before in zip(rows, [None, *rows], strict=False)]


def _point(metric: Metric, row: Any, before: Any) -> TrendPoint:
    rule, rule_before = _read(row.rule_text), None if before is None else _read(before.rule_text)
    return TrendPoint(
        metric=metric,
        starts_on=row.ends_on - timedelta(days=6),
        ends_on=row.ends_on,
        revision=row.revision,
        value=None if row.value_numerator is None else Fraction(row.value_numerator, row.value_denominator),
        n=row.n,
        numerator=row.numerator,
        denominator=row.denominator,
        band=Band(row.band),
        state=State(row.state),
        window_from=row.window_from,
        window_to=row.window_to,
        carried_from=row.carried_from,
        counted_now=row.counted_now,
        stats=None if row.stats_text is None else kept_stats(json.loads(row.stats_text)),
        reason=WeekReport.Reason(row.reason),
        rule=kept_rule(metric, rule),
        rule_changed=None not in (rule, rule_before) and rule != rule_before,
    )


@lru_cache(maxsize=1000)  # the weeks on one page were judged by few rules
def _read(rule: str | None) -> dict[str, Any] | None:
    return None if rule is None else json.loads(rule)
