"""Changes: how far a figure moved since an earlier one, which way, whether that is good, and whether it is chance.

Direction and goodness are two things: a falling rate can be good news, and without a target it is neither. Neither is
claimed where chance alone moves a figure as far.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import exp, log, sqrt
from typing import Protocol

from django.utils.formats import number_format
from django.utils.translation import pgettext

from kpis.figures import Z_95, wilson
from kpis.metrics import Coverage, Imported, Metric, Rule, Share, Tally, Times, Window
from kpis.targets import AtLeast
from kpis.units import Unit, cut, duration

Z_90 = 1.2815515655446004  # the standard normal quantile below which 90 % lie


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    FLAT = "flat"


class Goodness(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


class Evidence(StrEnum):
    CLEAR = "clear"  # more than chance alone would move the figure
    CHANCE = "chance"  # about the same: chance alone moves it as far
    UNKNOWN = "unknown"  # nothing says how widely the rows scatter


class Figure(Protocol):
    """A reading or a published week."""

    @property
    def metric(self) -> Metric: ...
    @property
    def rule(self) -> Rule: ...
    @property
    def window(self) -> Window: ...
    @property
    def value(self) -> Fraction | None: ...
    @property
    def numerator(self) -> int | None: ...
    @property
    def n(self) -> int: ...
    @property
    def stats(self) -> dict[str, Fraction | None] | None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """The distance between two shown figures, without a sign: the direction says which way."""

    direction: Direction
    goodness: Goodness
    evidence: Evidence
    display: str


def change(earlier: Figure | None, later: Figure) -> Change | None:
    """The change from one figure of a metric to another; None where one of them is unknown.

    It is the distance between the figures as they are shown (cut, not rounded), so that a reader who subtracts one from
    the other gets the same. Rates differ by percentage points.
    """
    if earlier is None or earlier.value is None or later.value is None:
        return None
    unit = later.metric.unit
    moved = shown(unit, later.value) - shown(unit, earlier.value)
    direction = Direction.FLAT if not moved else Direction.UP if moved > 0 else Direction.DOWN
    found = evidence(earlier, later)
    goodness = goodness_of(later.rule, direction) if found is Evidence.CLEAR else Goodness.NEUTRAL
    return Change(direction, goodness, found, apart(abs(moved), unit))


def shown(unit: Unit, value: Fraction) -> Fraction:
    """The value on the scale people read, cut to the digits they see."""
    return Fraction(cut(value * unit.scale, unit.digits))


def goodness_of(rule: Rule, direction: Direction) -> Goodness:
    """Whether a move that way is good news by the rule's target; without one it is neither."""
    if rule.target is None or direction is Direction.FLAT:
        return Goodness.NEUTRAL
    higher_is_better = isinstance(rule.target, AtLeast)
    return Goodness.GOOD if (direction is Direction.UP) == higher_is_better else Goodness.BAD


def apart(distance: Fraction, unit: Unit) -> str:
    """How far two shown figures are from each other, without a sign; of rates in percentage points."""
    if unit is Unit.SECONDS:
        return duration(distance)
    text = number_format(cut(distance, unit.digits), use_l10n=True)
    return pgettext("difference of two percentages", "%(points)s pts") % {"points": text} if unit is Unit.RATE else text


# --- More than chance? -----------------------------------------------------------------------------------------------


def evidence(earlier: Figure, later: Figure) -> Evidence:
    """Whether two figures of one metric differ by more than chance alone would make them differ (95 %).

    The windows of two weeks may share rows. That makes their figures more alike than independent ones, so a change that
    is called clear is clear, and some that are not called so are.
    """
    metric = later.metric
    if earlier.value is None or later.value is None:
        return Evidence.UNKNOWN
    if isinstance(metric, Coverage | Imported):
        return Evidence.CLEAR  # no sample: every expected value was looked for, or the platform says so itself
    if isinstance(metric, Share) and earlier.numerator is not None and later.numerator is not None:
        low, high = newcombe((earlier.numerator, earlier.n), (later.numerator, later.n))
        return _clear(low > 0 or high < 0)
    if isinstance(metric, Times):
        return _times(earlier, later)
    if isinstance(metric, Tally) and not metric.column and earlier.window.days == later.window.days:
        return _clear(counts_differ(earlier.n, later.n))
    return Evidence.UNKNOWN


def _clear(clear: bool) -> Evidence:
    return Evidence.CLEAR if clear else Evidence.CHANCE


def newcombe(earlier: tuple[int, int], later: tuple[int, int]) -> tuple[float, float]:
    """The 95 % interval of the difference later - earlier of two shares, each given as (hits, n) with n above 0.

    Newcombe's hybrid score interval without continuity correction (his method 10): the distances from each share to the
    ends of its own Wilson interval, added up as the sides of a right angle.
    Source: https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    before, after = earlier[0] / earlier[1], later[0] / later[1]
    (before_low, before_high), (after_low, after_high) = wilson(*earlier), wilson(*later)
    difference = after - before
    low = difference - sqrt((after - after_low) ** 2 + (before_high - before) ** 2)
    high = difference + sqrt((after_high - after) ** 2 + (before - before_low) ** 2)
    return low, high


def counts_differ(earlier: int, later: int) -> bool:
    """Whether two counts of rare events over windows of one length differ by more than chance (95 %).

    Counts of independent events scatter by the root of what is expected (Poisson), and their difference by the root of
    both together: 10 and 25 differ by 15, more than 1.96 x sqrt(35) = 11.6.
    """
    return abs(later - earlier) > Z_95 * sqrt(earlier + later)


def _times(earlier: Figure, later: Figure) -> Evidence:
    """Waiting times are compared by their ratio, because a few long ones make them scatter with their own size."""
    means = [float(figure.value or 0) for figure in (earlier, later)]
    spreads = [spread(figure.stats) for figure in (earlier, later)]
    if min(means) <= 0 or any(found is None for found in spreads):
        return Evidence.UNKNOWN
    variance = sum((found or 0) ** 2 / figure.n for found, figure in zip(spreads, (earlier, later), strict=True))
    return _clear(abs(log(means[1] / means[0])) > Z_95 * sqrt(variance))


def spread(stats: dict[str, Fraction | None] | None) -> float | None:
    """How widely durations scatter, as a part of their mean, guessed from their median and 90th percentile.

    Durations are about log-normal: with s = ln(p90 / median) / 1.2816 the standard deviation is sqrt(exp(s²) - 1) times
    the mean. At least 1 is assumed, as for events that come at random. None where the median says nothing.
    """
    median, slow = (stats or {}).get("median"), (stats or {}).get("p90")
    if not median or not slow:
        return None
    width = log(slow / median) / Z_90
    return max(1.0, sqrt(exp(width**2) - 1))
