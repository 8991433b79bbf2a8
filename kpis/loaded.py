"""What readings are worked out from: rules, day totals and rows of some accounts, each loaded once for many days."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, reduce
from itertools import product
from typing import Any

from kpis.completeness import Completeness, completeness
from kpis.engine import Layout
from kpis.from_rows import ByDay, Measure, Rows, measured_by_day, rows_in_order
from kpis.layouts import LAYOUTS
from kpis.metrics import Imported, LatestShare, Metric, Rule, Score, Times, Window
from kpis.rules import Rules, Timeline
from kpis.totals import NOTHING, Running, first_days, load_totals
from sellers.days import week_end_on_or_before
from sellers.models import SellerAccount


def window_on(metric: Metric, account: SellerAccount, on: date, rule: Rule) -> Window:
    """The window that report day `on` reads. A score is weekly: it is read on the newest week's end up to that day."""
    last = week_end_on_or_before(on, account.week_start) if isinstance(metric, Score) else on
    return Window.ending(last - timedelta(days=rule.lag) if rule.lag else last, rule.days)


def _measure(metric: Times) -> Measure:
    return Measure(metric.fact, metric.total, metric.per)


def _reads_totals(metric: Metric) -> bool:
    """Whether the figure, or whether it is provisional, is read from sums of days."""
    return metric.opened is not None or not isinstance(metric, LatestShare | Imported)


class Loaded:
    """Day totals of some accounts over a stretch of days, and their rows, read once a figure asks for them."""

    def __init__(
        self,
        accounts: Sequence[SellerAccount],
        metrics: Iterable[Metric],
        on: dict[int, date],
        first: date | None = None,
        reach: Window | None = None,
        days: int | None = None,
    ) -> None:
        """`on` is the newest report day of each account; `first` the oldest one that will be asked for.

        `reach` are further days that `over` will be asked for. With `days` every figure is read over so many days
        instead of its rule's window, and judged by nothing.
        """
        self.accounts = list(accounts)
        self.metrics = list(metrics)
        self.first = first
        self.days = days
        self.on = on
        self.reach = reach
        self.rules = Rules.load(self.accounts)
        self._reached: dict[tuple[str, int], Window] = {}
        # Whatever follows is read for all accounts at once, when the first of them asks.
        self._loaded: dict[tuple[Callable, str], dict[int, Any]] = {}
        self._measured: dict[Measure, dict[int, ByDay]] = {}
        self._history: dict[str, dict[int, Rows]] = {}

    @cached_property
    def completeness(self) -> dict[int, dict[str, Completeness]]:
        return completeness(self.accounts, {metric.fact.slug for metric in self.metrics}, seen=False)

    @cached_property
    def totals(self) -> dict[tuple[int, str], Running]:
        return load_totals([account.id for account in self.accounts], self._reaches())

    @cached_property
    def firsts(self) -> dict[tuple[int, str], date]:
        facts = {metric.fact.slug for metric in self.metrics}
        return first_days([account.id for account in self.accounts], facts)

    def timeline(self, metric: Metric, account: SellerAccount) -> Timeline:
        """The rules in force, or the window asked for instead, which has no target and carries nothing."""
        timeline = self.rules.timeline(metric, account)
        if self.days is None:
            return timeline
        rules = [replace(rule, days=self.days, minimum=0, target=None) for rule in timeline.rules]
        return Timeline(timeline.starts, rules)

    def _reaches(self) -> dict[Layout, Window]:
        """The days that must be loaded of each fact."""
        found: dict[Layout, Window] = {}
        for metric, account in product((one for one in self.metrics if _reads_totals(one)), self.accounts):
            layout, reach = LAYOUTS[metric.fact.slug], self._reach(metric, account)
            found[layout] = found.get(layout, reach).joined(reach)
        return found

    def _reach(self, metric: Metric, account: SellerAccount) -> Window:
        """All days that this metric reads on any day of the span, whatever rule is in force on it."""
        key = (metric.slug, account.id)
        if key not in self._reached:
            newest = self.on[account.id]
            in_force = self.timeline(metric, account).between(self.first or newest, newest)
            days, rules = {newest, *(day for day, _rule in in_force)}, {rule for _day, rule in in_force}
            windows = [window_on(metric, account, day, rule) for day in days for rule in rules]
            self._reached[key] = reduce(Window.joined, [*windows, self.reach] if self.reach else windows)
        return self._reached[key]

    def running(self, metric: Metric, account: SellerAccount) -> Running:
        """The day totals of the metric's fact."""
        return self.totals.get((account.id, metric.fact.slug), NOTHING)

    def measured(self, metric: Times, account: SellerAccount) -> ByDay:
        """The durations of a metric; the first that is asked loads those of all metrics of the same fact."""
        measure = _measure(metric)
        if measure not in self._measured:
            others = {one for one in self.metrics if isinstance(one, Times) and one.fact is metric.fact} | {metric}
            reach = reduce(Window.joined, (self._reach(one, other) for one in others for other in self.accounts))
            measures = list(dict.fromkeys(map(_measure, others)))
            self._measured |= measured_by_day(measures, self.accounts, reach.first, reach.last)
        return self._measured[measure][account.id]

    def rows(self, load: Callable[..., dict[int, Any]], metric: Metric, account: SellerAccount) -> Any:
        """What is read from rows, for all accounts at once and all days of the span."""
        key = (load, metric.slug)
        if key not in self._loaded:
            reach = reduce(Window.joined, (self._reach(metric, other) for other in self.accounts))
            self._loaded[key] = load(metric, self.accounts, reach.first, reach.last)
        return self._loaded[key][account.id]

    def all_rows(self, metric: Score, account: SellerAccount) -> Rows:
        """Every counted row up to the newest day: carrying has no age limit, and one query serves all its weeks.

        The query also serves the other accounts that are below the minimum on their newest day.
        """
        loaded = self._history.setdefault(metric.slug, {})
        if account.id not in loaded:
            thin = [other for other in self.accounts if other.id == account.id or self._is_thin(metric, other)]
            loaded |= rows_in_order(metric, thin, None, max(self.on[other.id] for other in thin))
        return loaded[account.id]

    def _is_thin(self, metric: Score, account: SellerAccount) -> bool:
        on = self.on[account.id]
        rule = self.timeline(metric, account).on(on)
        rows: Rows = self.rows(rows_in_order, metric, account)
        _hits, n = rows.latest(window_on(metric, account, on, rule))
        return n < rule.minimum
