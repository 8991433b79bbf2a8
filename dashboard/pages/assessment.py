"""The assessment of an account: eight aspects of service, each with its colour, its finding and the next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import headroom, words
from dashboard.cards import Card, card
from dashboard.joining import names, sentences
from dashboard.pages.account import Day
from dashboard.pages.notes import Noted, noted
from kpis.aspects import Aspect, Assessed, Assessment, Ground, assess
from kpis.attention import gravest_first
from kpis.fleet import WORST_FIRST
from kpis.metrics import Text
from kpis.readings import Reading
from kpis.targets import Band
from kpis.units import plain
from sellers.days import local_day
from sellers.models import SellerAccount

NEWEST = 2  # notes that an aspect shows


@dataclass(frozen=True)
class Sheet:
    """One aspect as it is shown."""

    found: Assessed
    cards: Sequence[Card]  # the figures that there are, in the aspect's order
    needs: Sequence[tuple[Text, Sequence[Text]]]  # what to import, and the figures one would see
    notes: Sequence[Noted]  # what people say that no figure can, the newest first

    @property
    def aspect(self) -> Aspect:
        return self.found.aspect

    @property
    def word(self) -> Text:
        """The verdict in a word."""
        if self.found.ground is Ground.CHANGE:
            return {
                Band.GREEN: _("Getting better"),
                Band.YELLOW: _("Better and worse"),
                Band.RED: _("Getting worse"),
                Band.NONE: _("About the same"),
            }[self.found.band]
        if self.found.band is Band.NONE:
            return _("No target") if self.cards else _("No data")
        return words.RATE_WORDS[self.found.band]

    @property
    def worst(self) -> Reading | None:
        """The figure to open first, where the aspect is red or yellow."""
        if self.found.band not in (Band.RED, Band.YELLOW):
            return None
        led = self.found.worse if self.found.ground is Ground.CHANGE else self.found.judged
        return led[0] if led else None

    @property
    def opens(self) -> Card | None:
        """The card of that figure."""
        worst = self.worst
        return None if worst is None else next((one for one in self.cards if one.reading is worst), None)

    @property
    def finding(self) -> str:
        """What was found, in one sentence."""
        if not self.cards:
            return _("Nothing of it has been imported yet.")
        if self.found.ground is Ground.CHANGE:
            return _changed(self.found)
        if self.found.ground is Ground.NOTHING:
            return _without_target(self.cards[0])
        if self.found.band is Band.GREEN:
            return _all_well(len(self.found.judged))
        return _worst(self.found)

    @property
    def next(self) -> str:
        """What to do next, in one sentence."""
        if not self.cards:
            return _("%(needs)s, and the figures stand here.") % {"needs": self.needs[0][0]} if self.needs else ""
        if self.worst is not None:
            return str(self.aspect.advice)
        if self.found.band is Band.GREEN and self.found.ground is Ground.FIGURES:
            return _room(self.found.judged)
        if self.aspect.to_note and not self.notes:
            return str(self.aspect.to_note)
        if self.found.ground is Ground.NOTHING and self.aspect.by_change:
            return _("Look again when four weeks have been published.")
        if self.found.ground is Ground.NOTHING:
            return _("Set a limit and a goal for one of these figures, and the aspect gets a colour.")
        red = [reading for reading in self.found.judged if reading.band is Band.RED]
        if red:
            return _("Agree on one measure for “%(metric)s”, and compare in four weeks.") % {
                "metric": red[0].metric.title
            }
        return _("Go on as now, and compare again in four weeks.")


@dataclass(frozen=True)
class AssessmentPage:
    """Everything the assessment shows."""

    account: SellerAccount
    day: Day
    sheets: Sequence[Sheet]

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def counts(self) -> list[tuple[Band, int, Text]]:
        """How many aspects have each colour, the worst first, without those that none has."""
        bands = [sheet.found.band for sheet in self.sheets]
        return [(band, bands.count(band), words.COLOURS[band]) for band in WORST_FIRST if band in bands]


def assessment_page(account: SellerAccount, day: Day, now: datetime) -> AssessmentPage:
    """The eight aspects of one account on its report day; in a constant number of queries."""
    found = assess(account, day.on)
    today = local_day(now, account.zone)
    return AssessmentPage(account, day, [_sheet(account, one, found, day, today) for one in found.aspects])


def _sheet(account: SellerAccount, one: Assessed, found: Assessment, day: Day, today: date) -> Sheet:
    """The aspect with its figures. One that is judged by change shows how far each moved in that time."""
    weeks = found.compared if one.aspect.by_change else found.points
    cards = [card(reading, weeks[reading.metric.slug], day.on, today) for reading in one.known]
    return Sheet(one, cards, _needs(one.readings), noted(account, one.notes[:NEWEST]))


def _needs(readings: Sequence[Reading]) -> list[tuple[Text, list[Text]]]:
    """What to import to see the figures that are missing."""
    found: dict[str, tuple[Text, list[Text]]] = {}
    for reading in readings:
        if reading.needs:
            found.setdefault(str(reading.needs), (reading.needs, []))[1].append(reading.metric.title)
    return list(found.values())


# --- Findings --------------------------------------------------------------------------------------------------------


def _worst(found: Assessed) -> str:
    """The worst figure, and how many others have its colour."""
    worst, *others = [reading for reading in found.judged if reading.band is found.band]
    limit = worst.limit
    said = {
        "metric": worst.metric.title,
        "figure": words.figure(worst),
        "limit": "" if limit is None else plain(limit, worst.metric.unit),
        "count": len(others),
    }
    if found.band is Band.RED:
        sentence = _("%(metric)s: %(figure)s, beyond the limit of %(limit)s.") % said
        more = ngettext("%(count)d more figure is red.", "%(count)d more figures are red.", len(others)) % said
    else:
        sentence = _("%(metric)s: %(figure)s, close to the limit of %(limit)s.") % said
        more = ngettext("%(count)d more figure is yellow.", "%(count)d more figures are yellow.", len(others)) % said
    return sentences([sentence, more] if others else [sentence])


def _all_well(count: int) -> str:
    return ngettext(
        "The one figure with a target is on target.", "All %(count)d figures with a target are on target.", count
    ) % {"count": count}


def _without_target(first: Card) -> str:
    return _("%(metric)s: %(figure)s. None of the figures has a target, so there is no colour.") % {
        "metric": first.metric.title,
        "figure": first.shown,
    }


def _changed(found: Assessed) -> str:
    """Which figures moved, against four weeks earlier."""
    better, worse = [names(one.metric.title for one in side) for side in (found.better, found.worse)]
    if better and worse:
        return _("Better than four weeks before: %(better)s. Worse: %(worse)s.") % {"better": better, "worse": worse}
    if better:
        return _("Better than four weeks before: %(better)s; nothing got worse.") % {"better": better}
    if worse:
        return _("Worse than four weeks before: %(worse)s; nothing got better.") % {"worse": worse}
    return _("Against four weeks before, no figure moved by more than chance.")


def _room(judged: Sequence[Reading]) -> str:
    """The figure that has the least room before it is red."""
    tight = [reading for reading in gravest_first(judged) if headroom.missing_sentence(reading)]
    if not tight:
        return _("Go on as now.")
    return _("Closest to its limit: %(metric)s. %(room)s") % {
        "metric": tight[0].metric.title,
        "room": headroom.missing_sentence(tight[0]),
    }
