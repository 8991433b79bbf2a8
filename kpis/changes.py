"""Changes: how far a figure moved since an earlier one, which way, and whether that is good.

Direction and goodness are two things: a falling rate can be good news, and without a target it is neither.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import pgettext

from kpis.metrics import Metric
from kpis.targets import AtLeast
from kpis.units import Unit, cut, duration


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    FLAT = "flat"


class Goodness(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Change:
    """The distance between two shown figures, without a sign: the direction says which way."""

    direction: Direction
    goodness: Goodness
    display: str


def change(metric: Metric, earlier: Fraction | None, later: Fraction | None) -> Change | None:
    """The change from one exact value to another; None where one of them is unknown.

    It is the distance between the figures as they are shown (cut, not rounded), so that a reader who subtracts one from
    the other gets the same. Rates differ by percentage points.
    """
    if earlier is None or later is None:
        return None
    moved = shown(metric.unit, later) - shown(metric.unit, earlier)
    direction = Direction.FLAT if not moved else Direction.UP if moved > 0 else Direction.DOWN
    return Change(direction, _goodness(metric, direction), _display(abs(moved), metric.unit))


def shown(unit: Unit, value: Fraction) -> Fraction:
    """The value on the scale people read, cut to the digits they see."""
    return Fraction(cut(value * unit.scale, unit.digits))


def _goodness(metric: Metric, direction: Direction) -> Goodness:
    target = metric.rule.target
    if target is None or direction is Direction.FLAT:
        return Goodness.NEUTRAL
    higher_is_better = isinstance(target, AtLeast)
    return Goodness.GOOD if (direction is Direction.UP) == higher_is_better else Goodness.BAD


def _display(distance: Fraction, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return duration(distance)
    text = number_format(cut(distance, unit.digits), use_l10n=True)
    return pgettext("difference of two percentages", "%(points)s pts") % {"points": text} if unit is Unit.RATE else text
