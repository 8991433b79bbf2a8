"""How fast buyers get a first reply, as bars that lead to the conversations behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboard import words
from kpis.catalogue.first_replies import METRIC, STEPS
from kpis.first_replies import Waited, first_replies
from kpis.metrics import Text
from kpis.readings import Reading
from kpis.units import cut, display

TALLEST = 82  # of a hundred: the number stands above the bar


@dataclass(frozen=True)
class Bar:
    """One step of waiting as it is drawn, in hundredths of the room."""

    found: Waited
    share: str  # of all conversations, as people read it
    height: float
    is_current: bool = False

    @property
    def slug(self) -> str:
        return self.found.step.slug

    @property
    def title(self) -> Text:
        return self.found.step.title

    @property
    def count(self) -> int:
        return self.found.count

    @property
    def tone(self) -> str:
        """Late answers in red; whoever waits still has no verdict."""
        return "red" if self.found.step.late else "none" if self.found.step is STEPS[-1] else "plain"

    @property
    def top(self) -> float:
        return 100 - self.height


@dataclass(frozen=True)
class Bars:
    """All steps, and the time in the middle."""

    reading: Reading
    bars: Sequence[Bar]

    @property
    def count(self) -> int:
        return sum(bar.count for bar in self.bars)

    @property
    def span(self) -> str:
        return words.span(self.reading.window)

    @property
    def median(self) -> str:
        return self._stat("median")

    @property
    def slowest(self) -> str:
        return self._stat("p90")

    def _stat(self, name: str) -> str:
        value = (self.reading.stats or {}).get(name)
        return "" if value is None else display(value, METRIC.unit)


def bars(reading: Reading, current: str = "") -> Bars:
    """The steps of the reading's window; one query."""
    found = first_replies(reading.account, reading.window)
    all_of_them, most = sum(one.count for one in found), max(one.count for one in found)
    return Bars(
        reading,
        [
            Bar(
                one,
                f"{cut(Fraction(100 * one.count, all_of_them), 0)}%" if all_of_them else "",
                round(TALLEST * one.count / most, 1) if most else 0,
                one.step.slug == current,
            )
            for one in found
        ],
    )
