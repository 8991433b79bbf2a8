"""Readings: every metric of some accounts on a day, each worked out the way its kind is read."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import reduce, singledispatchmethod
from itertools import chain, product
from typing import Any, TypeVar

from kpis.catalogue import DECLARED
from kpis.completeness import completeness
from kpis.engine import (
    ByDay,
    Layout,
    Measure,
    Rows,
    Stated,
    measured_by_day,
    occurring_by_day,
    percentile,
    rows_in_order,
    stated_in_order,
)
from kpis.figures import Reading, State
from kpis.layouts import LAYOUTS
from kpis.metrics import (
    LIFETIME,
    Coverage,
    Imported,
    LatestShare,
    Mean,
    Metric,
    Part,
    Rule,
    Score,
    Share,
    Tally,
    Text,
    Times,
    Window,
)
from kpis.rules import Rules
from kpis.totals import NOTHING, first_days, load_totals
from sellers.days import WEEK, day_start, week_end_on_or_before
from sellers.models import SellerAccount

__all__ = ["Reading", "Span", "State", "fleet_readings", "period_before", "reading_on", "readings", "window_on"]

MEDIAN, P90 = Fraction(1, 2), Fraction(9, 10)
RIPENS_DAYS = 1  # no row waits for its verdict longer, unless its metric says so

Found = TypeVar("Found")


def window_on(metric: Metric, account: SellerAccount, on: date, rule: Rule) -> Window:
    """The window that report day `on` reads. A score is weekly: it is read on the newest week's end up to that day."""
    last = week_end_on_or_before(on, account.week_start) if isinstance(metric, Score) else on
    return Window.ending(last - timedelta(days=rule.lag), rule.days)


def readings(account: SellerAccount, on: date, metrics: Iterable[Metric] = DECLARED) -> list[Reading]:
    """Every metric of the account on a report day, in the catalogue's order, in a constant number of queries."""
    return Span([account], metrics, {account.id: on}).readings(account, on)


def reading_on(metric: Metric, account: SellerAccount, on: date, days: int | None = None) -> Reading:
    """One metric of one account on a report day; with `days` over so many days instead, judged by nothing."""
    return Span([account], [metric], {account.id: on}, days=days).reading(metric, account, on)


def period_before(reading: Reading, on: date) -> date | None:
    """The report day whose window is as long as this reading's of day `on` and ends before it begins.

    A score is read on the last day of a week, so its windows lie whole weeks apart. None where there is no before.
    """
    days = reading.rule.days
    if days >= LIFETIME:
        return None
    return on - (-(-days // 7) * WEEK if isinstance(reading.metric, Score) else timedelta(days=days))


def fleet_readings(
    accounts: Sequence[SellerAccount], on: dict[int, date], metrics: Collection[Metric]
) -> dict[int, list[Reading]]:
    """The same readings for many accounts at once, each on its own report day: as many queries as for one account."""
    span = Span(accounts, metrics, on)
    return {account.id: span.readings(account, on[account.id]) for account in accounts}


def _measure(metric: Times) -> Measure:
    return Measure(metric.fact, metric.total, metric.per)


def together(measured: Iterable[tuple[Any, int]]) -> Iterable[int]:
    """The seconds of each key added up: the waiting of a conversation in all its turns."""
    sums: dict[Any, int] = defaultdict(int)
    for key, seconds in measured:
        sums[key] += seconds
    return sums.values()


class Span:
    """Day totals and rows of some accounts over a stretch of days, loaded once and read on any day inside it."""

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
        self.completeness = completeness(self.accounts, {metric.fact.slug for metric in self.metrics})
        reaches = self._reaches()
        self.totals = load_totals([account.id for account in self.accounts], reaches)
        self.firsts = first_days([account.id for account in self.accounts], {layout.fact.slug for layout in reaches})
        # Bound once: a singledispatchmethod is bound anew whenever it is named, which takes longer than most readings.
        self._kinds = self._read
        # Rows are read for all accounts at once, when the first of them asks.
        self._loaded: dict[tuple[Callable, str], dict[int, Any]] = {}
        self._measured: dict[Measure, dict[int, ByDay]] = {}
        self._history: dict[str, dict[int, Rows]] = {}
        self._own_weeks: dict[tuple[str, int, Window], tuple[int, int]] = {}

    def _reaches(self) -> dict[Layout, Window]:
        """The days that must be loaded of each fact."""
        found: dict[Layout, Window] = {}
        for metric, account in product(self.metrics, self.accounts):
            layout, reach = LAYOUTS[metric.fact.slug], self._reach(metric, account)
            found[layout] = found.get(layout, reach).joined(reach)
        return found

    def _reach(self, metric: Metric, account: SellerAccount) -> Window:
        """All days that this metric reads on any day of the span, whatever rule is in force on it."""
        newest = self.on[account.id]
        oldest = self.first or newest
        days = {oldest, newest, *self.rules.starts(metric, account, oldest, newest)}
        rules = {self._rule(metric, account, day) for day in days}
        windows = [window_on(metric, account, day, rule) for day in days for rule in rules]
        return reduce(Window.joined, [*windows, self.reach] if self.reach else windows)

    def _rule(self, metric: Metric, account: SellerAccount, on: date) -> Rule:
        """The rule in force on a day, or the window asked for instead, which has no target and carries nothing."""
        rule = self.rules.rule(metric, account, on)
        return rule if self.days is None else replace(rule, days=self.days, minimum=0, target=None)

    def readings(self, account: SellerAccount, on: date) -> list[Reading]:
        return [self.reading(metric, account, on) for metric in self.metrics]

    def reading(self, metric: Metric, account: SellerAccount, on: date) -> Reading:
        rule = self._rule(metric, account, on)
        window = window_on(metric, account, on, rule)
        return self._kinds(metric, account, window, rule)

    def over(self, metric: Metric, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        """What the rows of any window within the span's reach say; a score carries nothing into it."""
        read = self._latest_share if isinstance(metric, Score) else self._read
        return read(metric, account, window, rule)

    # One method for each kind of metric.

    @singledispatchmethod
    def _read(self, metric: Metric, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        raise TypeError(f"no reading for metrics of the kind {type(metric).__name__}")

    @_read.register
    def _share(self, metric: Share, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        n = self._sum(metric, account, window, metric.counted)
        hits = self._sum(metric, account, window, metric.hits)
        return self._of_counts(metric, account, window, rule, hits, n)

    @_read.register
    def _latest_share(self, metric: LatestShare, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        return self._of_counts(metric, account, window, rule, *self._latest(metric, account, window))

    @_read.register
    def _score(self, metric: Score, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        own = self._latest_share(metric, account, window, rule)
        if own.n >= rule.minimum:
            return own
        history = self._all_rows(metric, account)
        earlier = window.last + timedelta(days=rule.lag) - WEEK
        if len(history.days) < self._least(metric, account, history, earlier):
            return own  # not even all of them would do
        while history.days and earlier >= history.days[0]:
            then = self._rule(metric, account, earlier)
            days = window_on(metric, account, earlier, then)
            key = (metric.slug, account.id, days)
            if key not in self._own_weeks:
                # Thin weeks are the rule where a score is carried: most are passed over without being counted.
                self._own_weeks[key] = history.latest(days) if history.most(days) >= then.minimum else (0, 0)
            hits, n = self._own_weeks[key]
            if n >= then.minimum:
                value = metric.value(hits, n)
                return Reading(
                    metric=metric,
                    account=account,
                    rule=rule,
                    window=days,
                    value=value,
                    numerator=hits,
                    denominator=n,
                    n=n,
                    state=State.CARRIED,
                    band=metric.judge(value, rule),
                    carried_from=earlier,
                    counted_now=own.n,
                    **self._lacking(metric, account, window.last),
                )
            earlier -= WEEK
        return own

    @_read.register
    def _times(self, metric: Times, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        rows = self._sum(metric, account, window, metric.counted)
        if not rows:
            return self._verdict(metric, account, window, rule, None, 0)
        total = self._sum(metric, account, window, metric.total)
        measured: Iterable[Any] = chain.from_iterable(self._measured_of(metric)[account.id].over(window))
        values = sorted(together(measured) if metric.per else measured)
        n = len(values) if metric.per else rows
        if n < rule.minimum:
            return self._of_total(metric, account, window, rule, total, n)
        stats = {"mean": Fraction(total, n), "median": percentile(values, MEDIAN), "p90": percentile(values, P90)}
        return self._of_total(metric, account, window, rule, total, n, stats=stats)

    @_read.register
    def _mean(self, metric: Mean, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        n = self._sum(metric, account, window, metric.counted)
        return self._of_total(metric, account, window, rule, self._sum(metric, account, window, metric.total), n)

    @_read.register
    def _tally(self, metric: Tally, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        n = self._sum(metric, account, window, metric.counted)
        return self._verdict(
            metric, account, window, rule, Fraction(n) if self._has_come(metric, account, window) else None, n
        )

    @_read.register
    def _coverage(self, metric: Coverage, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        expected = list(dict.fromkeys(getattr(account, metric.expected_from)))
        occurring: ByDay = self._rows_of(occurring_by_day, metric)[account.id]
        seen = set(occurring.over(window))
        n = self._sum(metric, account, window, metric.counted)
        if not expected or not self._has_come(metric, account, window):
            return self._verdict(metric, account, window, rule, None, n)
        missing = tuple(one for one in expected if one not in seen)
        hits = len(expected) - len(missing)
        value = Fraction(hits, len(expected))
        return self._verdict(metric, account, window, rule, value, n, (hits, len(expected)), missing=missing)

    @_read.register
    def _imported(self, metric: Imported, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        stated: list[Stated] = self._rows_of(stated_in_order, metric)[account.id]
        newest = next((one for one in reversed(stated) if window.first <= one.day <= window.last), None)
        if newest is None:
            return self._verdict(metric, account, window, rule, None, 0, unknown=State.NOT_IMPORTABLE)
        return self._verdict(metric, account, window, rule, newest.value, 1, stated_on=newest.day)

    # What the kinds have in common.

    def _of_counts(
        self, metric: Share, account: SellerAccount, window: Window, rule: Rule, hits: int, n: int
    ) -> Reading:
        value = metric.value(hits, n) if n >= rule.minimum else None
        return self._verdict(metric, account, window, rule, value, n, (hits, n))

    def _of_total(
        self, metric: Metric, account: SellerAccount, window: Window, rule: Rule, total: int, n: int, **more: Any
    ) -> Reading:
        if not n:
            return self._verdict(metric, account, window, rule, None, 0)
        value = Fraction(total, n) if n >= rule.minimum else None
        return self._verdict(metric, account, window, rule, value, n, (total, n), **more)

    def _verdict(
        self,
        metric: Metric,
        account: SellerAccount,
        window: Window,
        rule: Rule,
        value: Fraction | None,
        n: int,
        counts: tuple[int | None, int | None] = (None, None),
        unknown: State = State.NO_DATA,
        **more: Any,
    ) -> Reading:
        state, until = self._ripeness(metric, account, window)
        lacking = self._lacking(metric, account, window.last)
        if value is None and state is State.COMPUTED:
            state = State.TOO_FEW if n else unknown
        elif lacking and state is State.COMPUTED:
            state = State.PROVISIONAL
        return Reading(
            metric=metric,
            account=account,
            rule=rule,
            window=window,
            value=value,
            numerator=counts[0],
            denominator=counts[1],
            n=n,
            state=state,
            band=metric.judge(value, rule),
            provisional_until=until,
            needs=self._needs(metric, account),
            **lacking,
            **more,
        )

    def _lacking(self, metric: Metric, account: SellerAccount, last: date) -> dict[str, Any]:
        """Up to when the data is there, where that of days up to `last` may still be missing: such a figure may change.

        A figure that the platform reports stands as it was stated, however long ago.
        """
        data = self.completeness[account.id][metric.fact.slug]
        if not data.lacks(last) or isinstance(metric, Imported):
            return {}
        return {"complete_until": data.complete_until, "awaits_until": last if data.awaits(last) else None}

    def _needs(self, metric: Metric, account: SellerAccount) -> Text:
        return "" if (account.id, metric.fact.slug) in self.firsts else metric.fact.needs

    def _has_come(self, metric: Metric, account: SellerAccount, window: Window) -> bool:
        """Whether rows of the kind were known by the window's end, so that none in it means 0 and not "unknown"."""
        first = self.firsts.get((account.id, metric.fact.slug))
        return first is not None and first <= window.last

    def _ripeness(self, metric: Metric, account: SellerAccount, window: Window) -> tuple[State, datetime | None]:
        if metric.opened is None or not self._sum(metric, account, window, metric.opened):
            return State.COMPUTED, None
        waits = timedelta(days=metric.ripens_days or RIPENS_DAYS)
        return State.PROVISIONAL, day_start(window.last + timedelta(days=1), account.zone) + waits

    def _sum(self, metric: Metric, account: SellerAccount, window: Window, part: Part) -> int:
        fact = metric.fact.slug
        return self.totals.get((account.id, fact), NOTHING).over(window, LAYOUTS[fact].position[part])

    def _latest(self, metric: LatestShare, account: SellerAccount, window: Window) -> tuple[int, int]:
        rows: Rows = self._rows_of(rows_in_order, metric)[account.id]
        return rows.latest(window)

    def _measured_of(self, metric: Times) -> dict[int, ByDay]:
        """The durations of a metric; the first that is asked loads those of all metrics of the same fact."""
        measure = _measure(metric)
        if measure not in self._measured:
            others = {one for one in self.metrics if isinstance(one, Times) and one.fact is metric.fact} | {metric}
            reach = reduce(Window.joined, (self._reach(one, account) for one in others for account in self.accounts))
            measures = list(dict.fromkeys(map(_measure, others)))
            self._measured |= measured_by_day(measures, self.accounts, reach.first, reach.last)
        return self._measured[measure]

    def _rows_of(self, load: Callable[..., dict[int, Any]], metric: Metric) -> dict[int, Any]:
        """What is read from rows, for all accounts at once and all days of the span."""
        key = (load, metric.slug)
        if key not in self._loaded:
            reach = reduce(Window.joined, (self._reach(metric, account) for account in self.accounts))
            self._loaded[key] = load(metric, self.accounts, reach.first, reach.last)
        return self._loaded[key]

    def _all_rows(self, metric: Score, account: SellerAccount) -> Rows:
        """Every counted row up to the newest day: carrying has no age limit, and one query serves all its weeks.

        The query also serves the other accounts that are below the minimum on their newest day.
        """
        loaded = self._history.setdefault(metric.slug, {})
        if account.id not in loaded:
            thin = [other for other in self.accounts if other.id == account.id or self._is_thin(metric, other)]
            loaded |= rows_in_order(metric, thin, None, max(self.on[other.id] for other in thin))
        return loaded[account.id]

    def _least(self, metric: Score, account: SellerAccount, history: Rows, last: date) -> int:
        """The smallest minimum that was in force from the first row to a day."""
        first = history.days[0] if history.days else last
        days = {first, last, *self.rules.starts(metric, account, first, last)}
        return min(self._rule(metric, account, day).minimum for day in days)

    def _is_thin(self, metric: Score, account: SellerAccount) -> bool:
        on = self.on[account.id]
        rule = self._rule(metric, account, on)
        _hits, n = self._latest(metric, account, window_on(metric, account, on, rule))
        return n < rule.minimum
