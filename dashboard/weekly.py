"""A weekly report in words: what changed, what to do next, how complete the data was. Pages and mails say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard import words
from dashboard.cards import Card, card
from dashboard.joining import names
from kpis.changes import Change, Evidence, Goodness
from kpis.metrics import Text, Window
from kpis.readings import Reading
from kpis.targets import Band
from kpis.weekly import Beside, Week
from sellers.models import SellerAccount

STEPS = 5  # what to do next: so many, or nobody begins

TURNED = {
    Band.RED: gettext_lazy("%(metric)s turned red: %(after)s after %(before)s."),
    Band.YELLOW: gettext_lazy("%(metric)s turned yellow: %(after)s after %(before)s."),
    Band.GREEN: gettext_lazy("%(metric)s turned green: %(after)s after %(before)s."),
}
MOVED = {
    Goodness.GOOD: gettext_lazy("%(metric)s got better: %(after)s after %(before)s."),
    Goodness.BAD: gettext_lazy("%(metric)s got worse: %(after)s after %(before)s."),
}


@dataclass(frozen=True)
class Line:
    """A figure that changed since the week before, as a sentence."""

    beside: Beside
    ends_on: date

    @property
    def card(self) -> Card:
        return card(self.beside.reading, [], self.ends_on)

    @property
    def change(self) -> Change | None:
        return self.beside.change

    @property
    def way(self) -> Goodness:
        """Better or worse; neutral for a figure that is gone."""
        crossed = self.beside.crossed
        return self.beside.moved if crossed is Goodness.NEUTRAL else crossed

    @property
    def sentence(self) -> str:
        reading, before = self.beside.reading, self.beside.before
        told = {
            "metric": reading.metric.title,
            "after": words.figure(reading),
            "before": "" if before is None else words.figure(before),
        }
        if self.beside.is_gone:
            return _("%(metric)s has no figure this week; it was %(before)s.") % told
        if self.beside.crossed is Goodness.NEUTRAL:
            return str(MOVED[self.beside.moved] % told)
        sentence = str(TURNED[reading.band] % told)
        if self.change is not None and self.change.evidence is Evidence.CHANCE:
            return _("%(sentence)s Chance alone moves it as far.") % {"sentence": sentence}
        return sentence

    @property
    def href(self) -> str:
        return rows_behind(self.card, self.ends_on)


@dataclass(frozen=True)
class Step:
    """A figure to do something about."""

    reading: Reading
    ends_on: date

    @property
    def account(self) -> SellerAccount:
        return self.reading.account

    @property
    def card(self) -> Card:
        return card(self.reading, [], self.ends_on)

    @property
    def title(self) -> str:
        return _("%(metric)s: %(value)s") % {"metric": self.card.metric.title, "value": self.card.shown}

    @property
    def sentence(self) -> str:
        """How bad it is and what would change it."""
        told = {"word": self.card.word, "missing": self.card.missing, "target": self.card.target}
        return (_("%(word)s. %(missing)s") if self.card.missing else _("%(word)s. %(target)s.")) % told

    @property
    def href(self) -> str:
        return rows_behind(self.card, self.ends_on)


@dataclass(frozen=True)
class Told:
    """What the report of one account's week says in words."""

    week: Week

    @property
    def account(self) -> SellerAccount:
        return self.week.account

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.week.ends_on, 7))

    @cached_property
    def score(self) -> Card:
        return card(self.week.score.reading, [], self.week.ends_on)

    @property
    def score_before(self) -> Card | None:
        before = self.week.score.before
        return None if before is None or before.value is None else card(before, [], self.week.ends_on)

    @property
    def score_change(self) -> Change | None:
        return self.week.score.change

    @cached_property
    def crossed(self) -> list[Line]:
        return self._lines(self.week.crossed)

    @cached_property
    def moved(self) -> list[Line]:
        return self._lines(self.week.moved)

    @cached_property
    def gone(self) -> list[Line]:
        return self._lines(self.week.gone)

    @property
    def lines(self) -> list[Line]:
        """Everything that changed, what crossed a colour first."""
        return [*self.crossed, *self.moved, *self.gone]

    @cached_property
    def steps(self) -> list[Step]:
        """What to do next, the most urgent first."""
        return [Step(reading, self.week.ends_on) for reading in self.week.pressing[:STEPS]]

    @property
    def hidden_steps(self) -> int:
        return max(0, len(self.week.pressing) - STEPS)

    @property
    def calm(self) -> str:
        """What stands where nothing changed."""
        if not self.week.has_before:
            return _("This is the first week; from the next one on it stands beside the week before.")
        return _("No figure crossed a colour, and none is better or worse by more than chance.")

    @property
    def counts(self) -> list[tuple[Band, Text, int]]:
        """How many figures are red, yellow and green."""
        return [(band, words.COLOURS[band], self.week.count(band)) for band in (Band.RED, Band.YELLOW, Band.GREEN)]

    @property
    def data(self) -> list[str]:
        """How far the data reached when these figures were published, a sentence each."""
        found = []
        if self.week.report.open:
            found.append(
                _("When this was published, some cases were open or some data was missing; it is published once more.")
            )
        by_day: dict[date, list[str]] = {}
        for reading in self.week.incomplete:
            if reading.complete_until is not None:
                by_day.setdefault(reading.complete_until, []).append(str(reading.metric.title))
        for day, titles in sorted(by_day.items()):
            found.append(
                _("Data was complete only up to %(day)s for: %(metrics)s.")
                % {"day": words.long_day(day), "metrics": names(titles)}
            )
        if self.week.too_few:
            titles = [str(reading.metric.title) for reading in self.week.too_few]
            found.append(
                ngettext(
                    "Too few cases for a figure: %(metrics)s.", "Too few cases for figures: %(metrics)s.", len(titles)
                )
                % {"metrics": names(titles)}
            )
        return found or [_("All the data of these windows was there when this was published.")]

    def _lines(self, found: Sequence[Beside]) -> list[Line]:
        return [Line(one, self.week.ends_on) for one in found]


def rows_behind(entry: Card, ends_on: date) -> str:
    """The address of the rows behind a published figure, on the page of its metric."""
    address = reverse("metric", args=[entry.reading.account.key, entry.metric.slug])
    return f"{address}?{urlencode({'on': ends_on.isoformat(), 'part': entry.worse})}#rows"
