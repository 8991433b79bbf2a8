"""Many accounts side by side: who is worst, and what they are together."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from kpis.metrics import Share
from kpis.readings import Reading
from kpis.targets import Band
from kpis.units import display

WORST_FIRST = (Band.RED, Band.YELLOW, Band.GREEN, Band.NONE)


def worst_first(scores: Iterable[Reading]) -> list[Reading]:
    """Scores of several accounts: the worst band first, in it the lowest value; those without a value last, by name."""
    return sorted(scores, key=_rank)


def _rank(score: Reading) -> tuple[int, bool, Fraction, str]:
    return WORST_FIRST.index(score.band), score.value is None, score.value or Fraction(0), score.account.name


@dataclass(frozen=True, slots=True)
class Together:
    """A share over several accounts: all their counted rows as one."""

    metric: Share
    hits: int
    n: int

    @property
    def value(self) -> Fraction | None:
        return self.metric.value(self.hits, self.n)

    @property
    def band(self) -> Band:
        return self.metric.judge(self.value)

    @property
    def display(self) -> str:
        return display(self.value, self.metric.unit)


def together(metric: Share, readings: Iterable[Reading]) -> Together:
    """The accounts' readings of one share added up, each over its own window."""
    known = [reading for reading in readings if reading.metric is metric and reading.numerator is not None]
    return Together(metric, sum(reading.numerator or 0 for reading in known), sum(reading.n for reading in known))
