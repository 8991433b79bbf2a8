"""Figures: what a metric of an account says on a day, with its band, its window and how sure it is."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from kpis.metrics import Metric, Rule, Share, Text, Window
from kpis.targets import Band, Target
from kpis.units import display
from sellers.models import SellerAccount

Z_95 = 1.959963984540054  # the 95 % interval's standard normal quantile


class State(StrEnum):
    COMPUTED = "computed"
    CARRIED = "carried"  # too few rows this week: the last week that had enough speaks
    PROVISIONAL = "provisional"  # some rows of the window may still change sides or are still to come
    TOO_FEW = "too_few"
    NO_DATA = "no_data"
    NOT_IMPORTABLE = "not_importable"  # only the platform knows this figure, and none of it has come in


class Counts(NamedTuple):
    """What headroom is worked out from: the target, hits of n, and what a share of one whole reads."""

    target: Target
    hits: int
    n: int
    scale: Fraction


class Reading(NamedTuple):
    """One metric of one account on one day. `value` is exact: a share of 1, seconds, or 0 to 10; None is unknown.

    A named tuple, because it is made a thousand times for a year of an account: a frozen dataclass takes five times as
    long. Its fields are given by name.
    """

    metric: Metric
    account: SellerAccount
    rule: Rule  # in force on that day
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
    needs: Text = ""  # what to import, where nothing of the kind has ever come in
    missing: tuple[str, ...] = ()  # of a coverage: the expected values that do not occur
    stated_on: date | None = None  # of an imported figure: the last day of its own period
    complete_until: date | None = None  # where the window reaches beyond it: the last day whose data is all there
    awaits_until: date | None = None  # the last day whose data is still to come; None where nobody delivers it any more

    @property
    def display(self) -> str:
        return display(self.value, self.metric.unit)

    @property
    def limit(self) -> Fraction | None:
        return None if self.rule.target is None else self.rule.target.limit / self.metric.unit.scale

    @property
    def goal(self) -> Fraction | None:
        return None if self.rule.target is None else self.rule.target.goal / self.metric.unit.scale

    @property
    def headroom(self) -> int | None:
        """How many counted rows may still turn the wrong way before it is red; negative: so many must turn back."""
        counts = self._counts()
        return None if counts is None else counts.target.headroom(counts.hits, counts.n, counts.scale)

    @property
    def to_goal(self) -> int | None:
        """How many further rows in a row, all of them good, make it green; None where no number does."""
        counts = self._counts()
        return None if counts is None else counts.target.to_goal(counts.hits, counts.n, counts.scale)

    @property
    def to_limit(self) -> int | None:
        """How many further rows in a row, all of them good, bring it out of red."""
        counts = self._counts()
        return None if counts is None else counts.target.to_limit(counts.hits, counts.n, counts.scale)

    def _counts(self) -> Counts | None:
        target = self.rule.target
        if target is None or self.numerator is None or not self.n or not isinstance(self.metric, Share):
            return None
        return Counts(target, self.numerator, self.n, Fraction(self.metric.unit.scale * self.metric.base))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true value lies with 95 % confidence (Wilson), in the unit of `value`; only for shares."""
        if self.numerator is None or not self.n or not isinstance(self.metric, Share):
            return None
        low, high = wilson(self.numerator, self.n)
        return low * self.metric.base, high * self.metric.base


def unripe_from(metric: Metric, window: Window, today: date) -> date | None:
    """The first day of the window whose rows may still change their verdict; None where all of it has ripened.

    Of a metric that ripens in 90 days, the rows of a day are settled once 90 days have passed since.
    """
    first = max(window.first, today - timedelta(days=metric.ripens_days - 1))
    return first if metric.ripens_days and first <= window.last else None


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of hits / n. Source: https://doi.org/10.1080/01621459.1927.10502953"""
    share = hits / n
    centre = share + Z_95**2 / (2 * n)
    spread = Z_95 * sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    whole = 1 + Z_95**2 / n
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)
