"""Where to look first: the most pressing figures of several accounts, and the rows that make them so."""

from collections.abc import Iterable
from fractions import Fraction

from kpis.fleet import WORST_FIRST
from kpis.metrics import Metric, Score, Share, Side
from kpis.readings import Reading
from kpis.targets import AtLeast, Band

NEAR = 10  # a yellow figure is pressing when so few further cases make it red


def pressing(readings: Iterable[Reading], at_most: int) -> list[Reading]:
    """The figures to look at first, one for each account: red scores, other red figures, then yellow ones near red.

    Among equals the one furthest beyond its limit comes first, measured by the limit itself: 8 % is twice 4 %.
    """
    first: dict[int, Reading] = {}
    for reading in most_pressing(readings):
        first.setdefault(reading.account.id, reading)
    return list(first.values())[:at_most]


def gravest_first(readings: Iterable[Reading]) -> list[Reading]:
    """Red before yellow before green; of one colour the one furthest beyond its limit, or closest to it, first."""
    return sorted(readings, key=lambda reading: (WORST_FIRST.index(reading.band), -_beyond(reading)))


def most_pressing(readings: Iterable[Reading]) -> list[Reading]:
    """Every figure that presses, in the same order, several of one account among them."""
    return sorted(filter(_presses, readings), key=_urgency)


def worse_side(metric: Metric) -> Side:
    """The list of rows that pulls the figure down: those in the numerator, unless a high share is the good one."""
    return Side.AGAINST if isinstance(metric, Share) and isinstance(metric.rule.target, AtLeast) else Side.FOR


def _presses(reading: Reading) -> bool:
    near = reading.headroom is not None and reading.headroom <= NEAR
    return reading.band is Band.RED or (reading.band is Band.YELLOW and near)


def _urgency(reading: Reading) -> tuple[bool, bool, Fraction, str, str]:
    return (
        reading.band is not Band.RED,
        not isinstance(reading.metric, Score),
        -_beyond(reading),
        reading.account.name,
        reading.metric.slug,
    )


def _beyond(reading: Reading) -> Fraction:
    """How many times its limit a figure is; of figures that should be high, how many times the limit is the figure."""
    value, limit = reading.value, reading.limit
    if value is None or not limit:
        return Fraction(0)
    if not isinstance(reading.metric.rule.target, AtLeast):
        return value / limit
    # Nothing at all is the worst a figure can be; it stands for a hundredth of the limit.
    return limit / value if value else Fraction(100)
