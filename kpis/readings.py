"""Readings: every metric of some accounts on a day, each worked out the way its kind is read."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property, singledispatchmethod
from itertools import chain
from typing import Any

from kpis.catalogue import DECLARED
from kpis.figures import Reading, State
from kpis.from_rows import ByDay, Stated, occurring_by_day, percentile, stated_in_order
from kpis.loaded import Loaded, window_on
from kpis.metrics import (
    LIFETIME,
    Coverage,
    Imported,
    LatestShare,
    Mean,
    Metric,
    Rule,
    Score,
    Share,
    Tally,
    Times,
    Window,
)
from sellers.days import WEEK, day_start
from sellers.models import SellerAccount

__all__ = ["Reading", "Span", "State", "fleet_readings", "period_before", "reading_on", "readings", "window_on"]

MEDIAN, P90 = Fraction(1, 2), Fraction(9, 10)
RIPENS_DAYS = 1  # no row waits for its verdict longer, unless its metric says so


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


def together(measured: Iterable[tuple[Any, int]]) -> Iterable[int]:
    """The seconds of each key added up: the waiting of a conversation in all its turns."""
    sums: dict[Any, int] = defaultdict(int)
    for key, seconds in measured:
        sums[key] += seconds
    return sums.values()


class Span(Loaded):
    """Every metric of some accounts, on any day of a stretch."""

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

    @cached_property
    def _kinds(self) -> Callable[..., Reading]:
        """Bound once: a singledispatchmethod is bound whenever it is named, which takes longer than most readings."""
        return self._read

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

    def _ripeness(self, metric: Metric, account: SellerAccount, window: Window) -> tuple[State, datetime | None]:
        if metric.opened is None or not self._sum(metric, account, window, metric.opened):
            return State.COMPUTED, None
        waits = timedelta(days=metric.ripens_days or RIPENS_DAYS)
        return State.PROVISIONAL, day_start(window.last + timedelta(days=1), account.zone) + waits
