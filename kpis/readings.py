"""Readings: every metric of some accounts on a day, each worked out the way its kind is read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from functools import cached_property

from kpis.carried import ScoreSeries
from kpis.catalogue import DECLARED
from kpis.figures import Reading, State
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
from kpis.series import (
    CoverageSeries,
    ImportedSeries,
    LatestShareSeries,
    MeanSeries,
    Series,
    ShareSeries,
    TallySeries,
    TimesSeries,
)
from sellers.days import WEEK
from sellers.models import SellerAccount

__all__ = ["Reading", "Span", "State", "fleet_readings", "period_before", "reading_on", "readings", "window_on"]


# How each kind of metric is read.
KINDS: dict[type[Metric], type[Series]] = {
    Share: ShareSeries,
    LatestShare: LatestShareSeries,
    Score: ScoreSeries,
    Mean: MeanSeries,
    Times: TimesSeries,
    Tally: TallySeries,
    Coverage: CoverageSeries,
    Imported: ImportedSeries,
}


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


class Span(Loaded):
    """Every metric of some accounts, on any day of a stretch."""

    def readings(self, account: SellerAccount, on: date) -> list[Reading]:
        return [self._series_of(metric, account).on(on) for metric in self.metrics]

    def reading(self, metric: Metric, account: SellerAccount, on: date) -> Reading:
        return self._series_of(metric, account).on(on)

    def shown(self, metric: Metric, account: SellerAccount, on: date) -> tuple[Window, Rule]:
        """The days whose rows a report day shows (a carried score's own), and the rule, without the figure."""
        return self._series_of(metric, account).shown(on)

    def over(self, metric: Metric, account: SellerAccount, window: Window, rule: Rule) -> Reading:
        """What the rows of any window within the span's reach say; a score carries nothing into it."""
        return self._series_of(metric, account).read(window, rule)

    def _series_of(self, metric: Metric, account: SellerAccount) -> Series:
        key = (metric.slug, account.id)
        if key not in self._series:
            self._series[key] = KINDS[type(metric)](self, metric, account)
        return self._series[key]

    @cached_property
    def _series(self) -> dict[tuple[str, int], Series]:
        return {}
