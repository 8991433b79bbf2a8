"""Series: one metric of one account on any day of a span. What does not change from day to day is looked up once.

A class for each kind of metric says how it is read: from sums of days, or from rows where those do not hold it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from kpis.completeness import Completeness
from kpis.figures import Reading, State
from kpis.from_rows import ByDay, Rows, Stated, occurring_by_day, percentile, rows_in_order, stated_in_order
from kpis.layouts import LAYOUTS
from kpis.loaded import Loaded, window_on
from kpis.metrics import (
    Coverage,
    Imported,
    LatestShare,
    Mean,
    Metric,
    Part,
    Rule,
    Share,
    Text,
    Times,
    Window,
)
from kpis.totals import Running
from sellers.days import day_start
from sellers.models import SellerAccount

MEDIAN, P90 = Fraction(1, 2), Fraction(9, 10)
RIPENS_DAYS = 1  # no row waits for its verdict longer, unless its metric says so


class Series:
    """One metric of one account; a reading for each day of the span, or for any window within its reach."""

    metric: Metric
    unknown = State.NO_DATA  # of a figure without a value

    def __init__(self, span: Loaded, metric: Metric, account: SellerAccount) -> None:
        self.span = span
        self.metric = metric
        self.account = account
        self.rules = span.timeline(metric, account)

    @cached_property
    def totals(self) -> Running:
        return self.span.running(self.metric, self.account)

    @cached_property
    def first_day(self) -> date | None:
        return self.span.firsts.get((self.account.id, self.metric.fact.slug))

    @cached_property
    def needs(self) -> Text:
        """What to import, where nothing of the kind has ever come."""
        return "" if self.first_day else self.metric.fact.needs

    @cached_property
    def completeness(self) -> Completeness:
        return self.span.completeness[self.account.id][self.metric.fact.slug]

    def on(self, day: date) -> Reading:
        """What a report day says, judged by the rule that is in force on it."""
        rule = self.rules.on(day)
        return self.read(window_on(self.metric, self.account, day, rule), rule)

    def shown(self, day: date) -> tuple[Window, Rule]:
        """The days whose rows a report day shows, and the rule that judges them, without the figure."""
        rule = self.rules.on(day)
        return window_on(self.metric, self.account, day, rule), rule

    def read(self, window: Window, rule: Rule) -> Reading:
        """What the rows of a window say."""
        raise NotImplementedError

    def _added(self, part: Part) -> list[int]:
        return self.totals.added(LAYOUTS[self.metric.fact.slug].position[part])

    @cached_property
    def _counted(self) -> list[int]:
        return self._added(self.metric.counted)

    @cached_property
    def _opened(self) -> list[int] | None:
        return None if self.metric.opened is None else self._added(self.metric.opened)

    def _n(self, window: Window) -> int:
        begin, end = self.totals.place(window)
        return self._counted[end] - self._counted[begin]

    def _has_come(self, window: Window) -> bool:
        """Whether rows of the kind were known by the window's end, so that none in it means 0 and not "unknown"."""
        return self.first_day is not None and self.first_day <= window.last

    def _verdict(
        self,
        window: Window,
        rule: Rule,
        value: Fraction | None,
        n: int,
        numerator: int | None = None,
        denominator: int | None = None,
        **more: Any,
    ) -> Reading:
        until = self._ripe_at(window)
        complete_until, awaits_until = self._lacking(window.last)
        if until is not None:
            state = State.PROVISIONAL
        elif value is None:
            state = State.TOO_FEW if n else self.unknown
        else:
            state = State.COMPUTED if complete_until is None else State.PROVISIONAL
        return Reading(
            metric=self.metric,
            account=self.account,
            rule=rule,
            window=window,
            value=value,
            numerator=numerator,
            denominator=denominator,
            n=n,
            state=state,
            band=self.metric.judge(value, rule),
            provisional_until=until,
            needs=self.needs,
            complete_until=complete_until,
            awaits_until=awaits_until,
            **more,
        )

    def _lacking(self, last: date) -> tuple[date | None, date | None]:
        """Up to when the data is there, where that of days up to `last` may still be missing: such a figure may change.

        And the last day whose data is still to come, if anybody delivers it.
        """
        data = self.completeness
        if not data.lacks(last):
            return None, None
        return data.complete_until, last if data.awaits(last) else None

    def _ripe_at(self, window: Window) -> datetime | None:
        """When the last row of the window has its verdict; None where all of them have."""
        if self._opened is None:
            return None
        begin, end = self.totals.place(window)
        if self._opened[end] == self._opened[begin]:
            return None
        waits = timedelta(days=self.metric.ripens_days or RIPENS_DAYS)
        return day_start(window.last + timedelta(days=1), self.account.zone) + waits


class ShareSeries(Series):
    metric: Share

    @cached_property
    def _hits(self) -> list[int]:
        return self._added(self.metric.hits)

    def read(self, window: Window, rule: Rule) -> Reading:
        begin, end = self.totals.place(window)
        n, hits = self._counted[end] - self._counted[begin], self._hits[end] - self._hits[begin]
        return self._of_counts(window, rule, hits, n)

    def _of_counts(self, window: Window, rule: Rule, hits: int, n: int) -> Reading:
        value = self.metric.value(hits, n) if n >= rule.minimum else None
        return self._verdict(window, rule, value, n, hits, n)


class LatestShareSeries(ShareSeries):
    metric: LatestShare

    @cached_property
    def _rows(self) -> Rows:
        return self.span.rows(rows_in_order, self.metric, self.account)

    def read(self, window: Window, rule: Rule) -> Reading:
        return self._of_counts(window, rule, *self._rows.latest(window))


class MeanSeries(Series):
    metric: Mean | Times

    @cached_property
    def _totals(self) -> list[int]:
        return self._added(self.metric.total)

    def read(self, window: Window, rule: Rule) -> Reading:
        n = self._n(window)
        if not n:
            return self._verdict(window, rule, None, 0)
        total = self._total(window)
        return self._verdict(window, rule, Fraction(total, n) if n >= rule.minimum else None, n, total, n)

    def _total(self, window: Window) -> int:
        begin, end = self.totals.place(window)
        return self._totals[end] - self._totals[begin]


class TimesSeries(MeanSeries):
    metric: Times

    @cached_property
    def _measured(self) -> ByDay:
        return self.span.measured(self.metric, self.account)

    def read(self, window: Window, rule: Rule) -> Reading:
        n = self._n(window)
        if not n:
            return self._verdict(window, rule, None, 0)
        measured = self._measured.over(window)
        values = sorted(together(measured) if self.metric.per else measured)
        if self.metric.per:
            n = len(values)
        total = self._total(window)
        if n < rule.minimum:
            return self._verdict(window, rule, None, n, total, n)
        mean = Fraction(total, n)
        stats = {"mean": mean, "median": percentile(values, MEDIAN), "p90": percentile(values, P90)}
        return self._verdict(window, rule, mean, n, total, n, stats=stats)


class TallySeries(Series):
    def read(self, window: Window, rule: Rule) -> Reading:
        n = self._n(window)
        return self._verdict(window, rule, Fraction(n) if self._has_come(window) else None, n)


class CoverageSeries(Series):
    metric: Coverage

    @cached_property
    def _expected(self) -> list[str]:
        return list(dict.fromkeys(getattr(self.account, self.metric.expected_from)))

    @cached_property
    def _occurring(self) -> ByDay:
        return self.span.rows(occurring_by_day, self.metric, self.account)

    def read(self, window: Window, rule: Rule) -> Reading:
        n = self._n(window)
        if not self._expected or not self._has_come(window):
            return self._verdict(window, rule, None, n)
        seen = set(self._occurring.over(window))
        missing = tuple(one for one in self._expected if one not in seen)
        expected = len(self._expected)
        hits = expected - len(missing)
        return self._verdict(window, rule, Fraction(hits, expected), n, hits, expected, missing=missing)


class ImportedSeries(Series):
    metric: Imported
    unknown = State.NOT_IMPORTABLE

    @cached_property
    def _stated(self) -> list[Stated]:
        return self.span.rows(stated_in_order, self.metric, self.account)

    def read(self, window: Window, rule: Rule) -> Reading:
        newest = next((one for one in reversed(self._stated) if window.first <= one.day <= window.last), None)
        if newest is None:
            return self._verdict(window, rule, None, 0)
        return self._verdict(window, rule, newest.value, 1, stated_on=newest.day)

    def _lacking(self, last: date) -> tuple[date | None, date | None]:
        """Nothing: a figure that the platform reports stands as it was stated, however long ago."""
        return None, None


def together(measured: Iterable[tuple[Any, int]]) -> Iterable[int]:
    """The seconds of each key added up: the waiting of a conversation in all its turns."""
    sums: dict[Any, int] = defaultdict(int)
    for key, seconds in measured:
        sums[key] += seconds
    return sums.values()
