"""What the platform itself says about the same thing: kept for every day it was reported, shown beside our figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import Q, QuerySet

from kpis.catalogue.facts import official
from kpis.metrics import Metric, Window
from kpis.units import display
from sellers.models import SellerAccount

SLACK_DAYS = 1  # by which the platform's period may be longer or shorter than ours and still be about the same window
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Stated:
    """The platform's figure of one period."""

    metric: Metric
    window: Window
    value: Fraction

    @property
    def display(self) -> str:
        return display(self.value, self.metric.unit)

    def differs(self, value: Fraction | None, window: Window) -> bool:
        """Whether our figure of a window with the same last day is printed as another one."""
        same = value is not None and window.last == self.window.last
        return same and display(value, self.metric.unit) != self.display


def stated(account: SellerAccount, metric: Metric, first: date, last: date, days: int) -> list[Stated]:
    """What the platform said about windows of so many days that end between two days, in order; one query.

    Its periods begin and end with days in UTC.
    """
    if metric.official is None:
        return []
    kept = _rows(account, metric.official).filter(rate__isnull=False)
    near = kept.filter(period_to__date__range=(first, last)).order_by("period_to", "external_id")
    found = [Stated(metric, Window(row.period_from.date(), row.period_to.date()), Fraction(row.rate)) for row in near]
    return [one for one in found if abs(one.window.days - days) <= SLACK_DAYS]


def newest(stated: Sequence[Stated], until: date) -> Stated | None:
    """The newest figure whose period ends in the week up to a day."""
    fitting = [one for one in stated if until - WEEK < one.window.last <= until]
    return fitting[-1] if fitting else None


def held_days(account: SellerAccount) -> int:
    """On how many days the platform's figures are kept here although it shows newer ones only."""
    days = _rows(account, Q()).order_by().values("day").distinct().count()
    return max(days - 1, 0)


def _rows(account: SellerAccount, among: Q) -> QuerySet:
    kept = Q(account=account, deleted_at__isnull=True, excluded=False)
    return official.model._base_manager.filter(kept & among)
