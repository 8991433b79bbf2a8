"""Readings: what a metric of an account says on a day, with its band, its window and how sure it is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from typing import Any

from kpis.catalogue import DECLARED
from kpis.engine import Row, Sums, latest_in, load_totals, percentile, rows_in_order, seconds_by_day
from kpis.layouts import LAYOUTS
from kpis.metrics import LatestShare, Metric, Part, Score, Share, Times, Window
from kpis.targets import Band
from kpis.units import display
from sellers.days import WEEK, day_start, week_end_on_or_before
from sellers.models import SellerAccount

RIPENS = timedelta(hours=24)  # after this, no row of a window can still be waiting for its 24-hour verdict
Z_95 = 1.959963984540054  # the 95 % interval's standard normal quantile


class State(StrEnum):
    COMPUTED = "computed"
    CARRIED = "carried"  # too few rows this week: the last week that had enough speaks
    PROVISIONAL = "provisional"  # some rows of the window may still change sides
    TOO_FEW = "too_few"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One metric of one account on one day. `value` is exact: a share of 1, seconds, or 0 to 10; None is unknown."""

    metric: Metric
    account: SellerAccount
    window: Window
    value: Fraction | None = None
    numerator: int | None = None
    denominator: int | None = None
    n: int = 0
    state: State = State.NO_DATA
    band: Band = Band.NONE
    provisional_until: datetime | None = None
    carried_from: date | None = None  # the last day of the week whose score is shown
    counted_now: int | None = None  # of a carried score: the rows that its own week had
    stats: dict[str, Fraction | None] | None = None  # seconds: mean, median, p90

    @property
    def display(self) -> str:
        return display(self.value, self.metric.unit)

    @property
    def limit(self) -> Fraction | None:
        target = self.metric.rule.target
        return None if target is None else target.limit / self.metric.unit.scale

    @property
    def goal(self) -> Fraction | None:
        target = self.metric.rule.target
        return None if target is None else target.goal / self.metric.unit.scale

    @property
    def headroom(self) -> int | None:
        """How many counted rows may still turn the wrong way before it is red; negative: so many must turn back."""
        counts = self._counts()
        return None if counts is None else counts[0].headroom(*counts[1:])

    @property
    def to_goal(self) -> int | None:
        """How many counted rows must turn the right way to be green."""
        counts = self._counts()
        return None if counts is None else counts[0].to_goal(*counts[1:])

    def _counts(self) -> tuple[Any, int, int, Fraction] | None:
        target = self.metric.rule.target
        if target is None or self.numerator is None or not self.n or not isinstance(self.metric, Share):
            return None
        return target, self.numerator, self.n, Fraction(self.metric.unit.scale * self.metric.base)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true value lies with 95 % confidence (Wilson), in the unit of `value`; only for shares."""
        if self.numerator is None or not self.n or not isinstance(self.metric, Share):
            return None
        low, high = wilson(self.numerator, self.n)
        return low * self.metric.base, high * self.metric.base


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of hits / n. Source: https://doi.org/10.1080/01621459.1927.10502953"""
    share = hits / n
    centre = share + Z_95**2 / (2 * n)
    spread = Z_95 * sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    whole = 1 + Z_95**2 / n
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def window_on(metric: Metric, account: SellerAccount, on: date) -> Window:
    """The window that report day `on` reads. A score is weekly: it is read on the newest week's end up to that day."""
    last = week_end_on_or_before(on, account.week_start) if isinstance(metric, Score) else on
    return Window.ending(last - timedelta(days=metric.rule.lag), metric.rule.window_days(account))


def readings(account: SellerAccount, on: date, metrics: Iterable[Metric] = DECLARED) -> list[Reading]:
    """Every metric of the account on a report day, in the catalogue's order, in a constant number of queries."""
    return Span([account], metrics, {account.id: on}).readings(account, on)


def fleet_readings(
    accounts: Sequence[SellerAccount], on: dict[int, date], metrics: Collection[Metric]
) -> dict[int, list[Reading]]:
    """The same readings for many accounts at once, each on its own report day: as many queries as for one account."""
    span = Span(accounts, metrics, on)
    return {account.id: span.readings(account, on[account.id]) for account in accounts}


class Span:
    """Day totals and rows of some accounts over a stretch of days, loaded once and read on any day inside it."""

    def __init__(
        self,
        accounts: Sequence[SellerAccount],
        metrics: Iterable[Metric],
        on: dict[int, date],
        first: date | None = None,
    ) -> None:
        """`on` is the newest report day of each account; `first` the oldest one that will be asked for."""
        self.accounts = list(accounts)
        self.metrics = list(metrics)
        self.first = first
        self.on = on
        layouts = {LAYOUTS[metric.fact.slug] for metric in self.metrics}
        windows = [self._reach(metric, account) for metric in self.metrics for account in accounts]
        self.totals = (
            load_totals(
                [account.id for account in accounts],
                layouts,
                min(window.first for window in windows),
                max(window.last for window in windows),
            )
            if windows
            else {}
        )
        # By metric, then account: rows are read for all accounts at once, when the first of them asks.
        self._rows: dict[str, dict[int, list[Row]]] = {}
        self._history: dict[str, dict[int, list[Row]]] = {}
        self._seconds: dict[str, dict[int, dict[date, list[int]]]] = {}

    def _reach(self, metric: Metric, account: SellerAccount) -> Window:
        newest = self.on[account.id]
        oldest = window_on(metric, account, self.first or newest)
        return Window(oldest.first, window_on(metric, account, newest).last)

    def _reach_of_all(self, metric: Metric) -> Window:
        reaches = [self._reach(metric, account) for account in self.accounts]
        return Window(min(reach.first for reach in reaches), max(reach.last for reach in reaches))

    def readings(self, account: SellerAccount, on: date) -> list[Reading]:
        return [self.reading(metric, account, on) for metric in self.metrics]

    def reading(self, metric: Metric, account: SellerAccount, on: date) -> Reading:
        window = window_on(metric, account, on)
        if isinstance(metric, Score):
            return self._score(metric, account, window)
        if isinstance(metric, LatestShare):
            return self._share(metric, account, window, *self._latest(metric, account, window))
        if isinstance(metric, Share):
            n = self._sum(metric, account, window, metric.counted)
            return self._share(metric, account, window, self._sum(metric, account, window, metric.hits), n)
        if isinstance(metric, Times):
            return self._times(metric, account, window)
        raise TypeError(f"no reading for metrics of the kind {type(metric).__name__}")

    def _sum(self, metric: Metric, account: SellerAccount, window: Window, part: Part) -> int:
        days = self.totals.get((account.id, metric.fact.slug), {})
        position = LAYOUTS[metric.fact.slug].position[part]
        return sum(sums[position] for sums in self._in(days, window))

    @staticmethod
    def _in(days: dict[date, Sums], window: Window) -> Iterable[Sums]:
        dates = (window.first + timedelta(days=offset) for offset in range(window.days))
        return (days[day] for day in dates if day in days)

    def _share(self, metric: Share, account: SellerAccount, window: Window, hits: int, n: int) -> Reading:
        state, until = self._ripeness(metric, account, window)
        if n < metric.rule.minimum:
            value = None
            if state is State.COMPUTED:
                state = State.TOO_FEW if n else State.NO_DATA
        else:
            value = metric.value(hits, n)
        return Reading(
            metric=metric,
            account=account,
            window=window,
            value=value,
            numerator=hits,
            denominator=n,
            n=n,
            state=state,
            band=metric.judge(value),
            provisional_until=until,
        )

    def _ripeness(self, metric: Metric, account: SellerAccount, window: Window) -> tuple[State, datetime | None]:
        if metric.opened is None or not self._sum(metric, account, window, metric.opened):
            return State.COMPUTED, None
        return State.PROVISIONAL, day_start(window.last + timedelta(days=1), account.zone) + RIPENS

    def _latest(self, metric: LatestShare, account: SellerAccount, window: Window) -> tuple[int, int]:
        if metric.slug not in self._rows:
            reach = self._reach_of_all(metric)
            self._rows[metric.slug] = rows_in_order(metric, self.accounts, reach.first, reach.last)
        latest = latest_in(self._rows[metric.slug][account.id], window)
        return sum(row.hit for row in latest), len(latest)

    def _score(self, metric: Score, account: SellerAccount, window: Window) -> Reading:
        own = self._share(metric, account, window, *self._latest(metric, account, window))
        if own.n >= metric.rule.minimum:
            return own
        history = self._all_rows(metric, account)
        earlier = window
        while history and earlier.last - WEEK >= history[0].day:
            earlier = Window(earlier.first - WEEK, earlier.last - WEEK)
            latest = latest_in(history, earlier)
            if len(latest) >= metric.rule.minimum:
                hits = sum(row.hit for row in latest)
                value = metric.value(hits, len(latest))
                return Reading(
                    metric=metric,
                    account=account,
                    window=earlier,
                    value=value,
                    numerator=hits,
                    denominator=len(latest),
                    n=len(latest),
                    state=State.CARRIED,
                    band=metric.judge(value),
                    carried_from=earlier.last,
                    counted_now=own.n,
                )
        return own

    def _all_rows(self, metric: Score, account: SellerAccount) -> list[Row]:
        """Every counted row up to the newest day: carrying has no age limit, and one query serves all its weeks.

        The query also serves the other accounts that are below the minimum on their newest day.
        """
        loaded = self._history.setdefault(metric.slug, {})
        if account.id not in loaded:
            thin = [other for other in self.accounts if other.id == account.id or self._is_thin(metric, other)]
            loaded |= rows_in_order(metric, thin, None, max(self.on[other.id] for other in thin))
        return loaded[account.id]

    def _is_thin(self, metric: Score, account: SellerAccount) -> bool:
        _hits, n = self._latest(metric, account, window_on(metric, account, self.on[account.id]))
        return n < metric.rule.minimum

    def _times(self, metric: Times, account: SellerAccount, window: Window) -> Reading:
        n = self._sum(metric, account, window, metric.counted)
        state, until = self._ripeness(metric, account, window)
        if not n:
            state = State.NO_DATA if state is State.COMPUTED else state
            return Reading(metric=metric, account=account, window=window, state=state, provisional_until=until)
        if metric.slug not in self._seconds:
            reach = self._reach_of_all(metric)
            self._seconds[metric.slug] = seconds_by_day(metric, self.accounts, reach.first, reach.last)
        days = self._seconds[metric.slug][account.id]
        values = sorted(
            seconds for day, found in days.items() if window.first <= day <= window.last for seconds in found
        )
        total = self._sum(metric, account, window, metric.total)
        value = Fraction(total, n)
        return Reading(
            metric=metric,
            account=account,
            window=window,
            value=value,
            numerator=total,
            denominator=n,
            n=n,
            state=state,
            band=metric.judge(value),
            provisional_until=until,
            stats={
                "mean": value,
                "median": percentile(values, Fraction(1, 2)),
                "p90": percentile(values, Fraction(9, 10)),
            },
        )
