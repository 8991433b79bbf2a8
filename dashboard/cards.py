"""A reading made ready for a page: with its words, its change, its sparkline and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from dashboard import words
from kpis.attention import worse_side
from kpis.changes import Change, change
from kpis.metrics import Metric, Score, Side, Text
from kpis.readings import Reading, State
from kpis.targets import Band
from kpis.trends import TrendPoint
from kpis.units import display
from sellers.days import week_end_on_or_before


@dataclass(frozen=True)
class Card:
    """One figure of an account, ready to be shown. `points` are its published weeks, oldest first."""

    reading: Reading
    points: Sequence[TrendPoint]
    read_on: date  # the report day; of a weekly score the end of its week
    parts: list["Card"] = field(default_factory=list)

    @property
    def metric(self) -> Metric:
        return self.reading.metric

    @property
    def word(self) -> Text:
        if self.reading.state is State.NO_DATA:
            return _("No data")
        if self.reading.state is State.TOO_FEW:
            return _("Too few")
        return words.band_word(self.metric, self.reading.band)

    @property
    def colour(self) -> Text:
        return words.COLOURS[self.reading.band]

    @property
    def target(self) -> str:
        return words.target_words(self.metric)

    @property
    def span(self) -> str:
        return words.span(self.reading.window)

    @property
    def basis(self) -> str:
        return words.basis(self.reading)

    @property
    def state(self) -> str:
        return words.state_sentence(self.reading)

    @property
    def missing(self) -> str:
        return words.missing_sentence(self.reading)

    @property
    def missing_title(self) -> str:
        return _("Room before red") if self.reading.band is Band.GREEN else _("What is missing")

    @property
    def line(self) -> list[TrendPoint | Reading]:
        """The published weeks and, where the report day is past the last of them, the day's own reading."""
        is_newer = not self.points or self.points[-1].ends_on < self.read_on
        return [*self.points, self.reading] if is_newer else list(self.points)

    @property
    def has_figures(self) -> bool:
        """Whether any published week has a figure, so that a chart has something to show."""
        return any(point.value is not None for point in self.points)

    @property
    def earlier(self) -> TrendPoint | None:
        """The newest published week before the one this reading shows."""
        return next((point for point in reversed(self.points) if point.ends_on < self.read_on), None)

    @property
    def change(self) -> Change | None:
        """Since that week."""
        return change(self.earlier, self.reading)

    @property
    def median(self) -> str:
        """The middle of all times."""
        return display((self.reading.stats or {}).get("median"), self.metric.unit)

    @property
    def worse(self) -> Side:
        """The list of rows to look at first."""
        return worse_side(self.metric)

    @property
    def times(self) -> list[tuple[str, str]]:
        """Mean, median and slowest tenth of a duration."""
        stats: dict[str, Fraction | None] = self.reading.stats or {}
        titles = {"mean": _("Mean"), "median": _("Median"), "p90": _("Slowest tenth from")}
        return [(titles[name], display(value, self.metric.unit)) for name, value in stats.items()]


def card(reading: Reading, points: Sequence[TrendPoint], on: date) -> Card:
    """The card of one reading of day `on`."""
    weekly = isinstance(reading.metric, Score)
    return Card(reading, points, week_end_on_or_before(on, reading.account.week_start) if weekly else on)


def cards(readings: Sequence[Reading], points: dict[tuple[int, str], list[TrendPoint]], on: date) -> list[Card]:
    """A card for each reading of an account, those of parts inside the card of the whole."""
    made = {
        reading.metric.slug: card(reading, points[reading.account.id, reading.metric.slug], on) for reading in readings
    }
    for entry in made.values():
        if entry.metric.parts_of in made:
            made[entry.metric.parts_of].parts.append(entry)
    return [entry for entry in made.values() if entry.metric.parts_of not in made]
