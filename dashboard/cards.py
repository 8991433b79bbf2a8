"""A reading made ready for a page: with its words, its change, its sparkline and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import headroom, words
from kpis.attention import worse_side
from kpis.changes import Change, change
from kpis.figures import unripe_from
from kpis.metrics import Metric, Score, Side, Text
from kpis.readings import Reading, State
from kpis.rows import labels
from kpis.targets import Band
from kpis.trends import TrendPoint
from kpis.units import display
from sellers.days import week_end_on_or_before


@lru_cache(maxsize=10_000)
def metric_address(key: str, slug: str) -> str:
    """The page of one metric of one account: a list of accounts leads to hundreds."""
    return reverse("metric", args=[key, slug])


@dataclass(frozen=True)
class Card:
    """One figure of an account, ready to be shown. `points` are its published weeks, oldest first.

    Pages ask for a text twice, to see whether there is one: it is made once.
    """

    reading: Reading
    points: Sequence[TrendPoint]
    read_on: date  # the report day; of a weekly score the end of its week
    today: date | None = None  # where the page says what still ripens
    parts: list["Card"] = field(default_factory=list)
    variants: list["Card"] = field(default_factory=list)

    @property
    def metric(self) -> Metric:
        return self.reading.metric

    @cached_property
    def judged(self) -> Metric:
        """The metric with the rule that is in force on the report day."""
        return replace(self.metric, rule=self.reading.rule)

    @cached_property
    def shown(self) -> str:
        """The figure as people read it, an amount with the account's currency."""
        return words.figure(self.reading)

    @property
    def word(self) -> Text:
        if self.reading.state in (State.NO_DATA, State.NOT_IMPORTABLE):
            return _("No data")
        if self.reading.state is State.TOO_FEW:
            return _("Too few")
        return words.band_word(self.judged, self.reading.band)

    @property
    def href(self) -> str:
        """The figure's own page."""
        return metric_address(self.reading.account.key, self.metric.slug)

    @property
    def alarm(self) -> str:
        """The colour, if it is one that asks to be looked at."""
        return self.reading.band if self.reading.band in (Band.RED, Band.YELLOW) else ""

    @property
    def colour(self) -> Text:
        return words.COLOURS[self.reading.band]

    @property
    def target(self) -> str:
        return words.target_words(self.judged)

    @cached_property
    def span(self) -> str:
        return words.span(self.reading.window)

    @cached_property
    def basis(self) -> str:
        return words.basis(self.reading)

    @cached_property
    def state(self) -> str:
        return words.state_sentence(self.reading)

    @cached_property
    def ripening(self) -> str:
        """From which day of the window on rows may still change their verdict."""
        if self.today is None or self.reading.value is None:
            return ""
        return words.ripening_sentence(self.reading, unripe_from(self.metric, self.reading.window, self.today))

    @property
    def missing(self) -> str:
        return headroom.missing_sentence(self.reading)

    @property
    def missing_title(self) -> str:
        return _("Room before red") if self.reading.band is Band.GREEN else _("What is missing")

    @cached_property
    def interval(self) -> str:
        """Where the true value lies, in a few words."""
        return words.interval_words(self.reading)

    @cached_property
    def unseen(self) -> list[str]:
        """Of a coverage: the expected values that do not occur, by their labels."""
        known = labels(self.metric.fact.model, self.metric.by) if self.reading.missing else {}
        return [known.get(value, value) for value in self.reading.missing]

    @property
    def is_new(self) -> bool:
        """Whether nothing of the kind has ever come in, so that the page says what to import instead."""
        return bool(self.reading.needs) or self.reading.state is State.NOT_IMPORTABLE

    @property
    def family(self) -> list["Card"]:
        """This card and all that stand inside it."""
        inside = [*self.parts, *self.variants]
        return [self, *(entry for one in inside for entry in one.family)]

    @property
    def is_empty(self) -> bool:
        """Whether neither it nor what stands inside it has a figure, now or in a published week."""
        return all(
            entry.reading.value is None and not entry.reading.n and not entry.has_figures for entry in self.family
        )

    @cached_property
    def versions(self) -> list[tuple[str, "Card"]]:
        """Its variants with a name by what differs, without those that say the same or nothing."""
        return [(self._name(each), each) for each in self.variants if self._says_more(each)]

    @property
    def is_open(self) -> bool:
        """Whether the figure may still change, because cases or data are still to come."""
        return self.reading.state is State.PROVISIONAL

    def _name(self, variant: "Card") -> str:
        window = variant.reading.window
        if window.days != self.reading.window.days:
            return words.window_days(window)
        return str(variant.metric.short or variant.metric.title)

    def _says_more(self, variant: "Card") -> bool:
        mine, other = self.reading, variant.reading
        alike = (mine.window, mine.numerator, mine.n) == (other.window, other.numerator, other.n)
        return other.value is not None and not alike

    @cached_property
    def line(self) -> list[TrendPoint | Reading]:
        """The published weeks and, where the report day is past the last of them, the day's own reading."""
        is_newer = not self.points or self.points[-1].ends_on < self.read_on
        return [*self.points, self.reading] if is_newer else list(self.points)

    @cached_property
    def has_figures(self) -> bool:
        """Whether any published week has a figure, so that a chart has something to show."""
        return any(point.value is not None for point in self.points)

    @property
    def earlier(self) -> TrendPoint | None:
        """The newest published week before the one this reading shows."""
        return next((point for point in reversed(self.points) if point.ends_on < self.read_on), None)

    @cached_property
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


def card(reading: Reading, points: Sequence[TrendPoint], on: date, today: date | None = None) -> Card:
    """The card of one reading of day `on`."""
    weekly = isinstance(reading.metric, Score)
    return Card(reading, points, week_end_on_or_before(on, reading.account.week_start) if weekly else on, today)


def cards(
    readings: Sequence[Reading], points: dict[tuple[int, str], list[TrendPoint]], on: date, today: date | None = None
) -> list[Card]:
    """A card for each main metric of an account; parts and variants stand inside the card of their main metric."""
    made = {
        reading.metric.slug: card(reading, points[reading.account.id, reading.metric.slug], on, today)
        for reading in readings
    }
    main = []
    for entry in made.values():
        if entry.metric.parts_of in made:
            made[entry.metric.parts_of].parts.append(entry)
        elif entry.metric.variant_of in made:
            made[entry.metric.variant_of].variants.append(entry)
        else:
            main.append(entry)
    return main
