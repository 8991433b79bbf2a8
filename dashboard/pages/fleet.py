"""The fleet page: every account a person may see, worst first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.addresses import FleetFilter, queue_address
from dashboard.cards import Card, card
from dashboard.first_steps import Scene, Step, first_steps
from dashboard.pages.fleet_columns import (
    COLUMNS,
    LATE,
    NAME,
    SCORE,
    WITHIN,
    Order,
    SortLink,
    address_of,
    sort_options,
    title_of,
    value_of,
)
from dashboard.pages.fleet_found import find
from dashboard.pages.fleet_then import Then, then_options
from dashboard.traits import TRAITS
from kpis.changes import Change, change
from kpis.fleet import WORST_FIRST, Together, together
from kpis.metrics import Metric, Text
from kpis.queue import Group
from kpis.readings import Reading, State, fleet_readings
from kpis.targets import Band
from kpis.trends import trends
from kpis.units import display
from kpis.waiting import Waiting
from sellers.models import Platform, SellerAccount

PER_PAGE = 50
WEEKS = 12
AT_ONCE = 3  # steps


@dataclass(frozen=True)
class Choice:
    """A list to filter by: its name in the address, its values with their words, and the chosen one."""

    name: str
    title: Text
    options: Sequence[tuple[str, Text]]
    chosen: str


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    title: Text
    label: Text
    href: str


@dataclass(frozen=True)
class Row:
    """An account on the fleet page: its score with 12 weeks, its figures of yesterday, who waits now."""

    account: SellerAccount
    score: Card
    cells: list[Card]
    waiting: Waiting
    before: Sequence[Reading] = ()  # of an earlier day, where one is asked for: the score, then those of the cells

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def figures(self) -> list[tuple[Card, Text, str, Change | None]]:
        """The cells with their titles, what they show, and their change since the earlier day, if one is asked for."""
        changes = [_change(*pair) for pair in self.pairs[1:]] or [None] * len(self.cells)
        shown = zip(self.cells, changes, strict=True)
        return [
            (cell, title_of(cell.metric), display(value_of(cell.reading), cell.metric.unit), moved)
            for cell, moved in shown
        ]

    @property
    def pairs(self) -> list[tuple[Reading, Reading]]:
        """The earlier reading and the present one, of the score and of each cell; none where nothing is compared."""
        now = [self.score.reading, *(cell.reading for cell in self.cells)]
        return list(zip(self.before, now, strict=True)) if self.before else []

    @property
    def score_change(self) -> Change | None:
        """Since the earlier day that is asked for, by default since the last published week before."""
        return _change(*self.pairs[0]) if self.before else self.score.change

    @property
    def is_red(self) -> bool:
        return any(card.reading.band is Band.RED for card in (self.score, *self.cells))

    @property
    def no_score(self) -> str:
        """Why there is no score, in a word or two."""
        return _("No score yet") if self.score.reading.n else _("No score")

    @property
    def note(self) -> str:
        """What a reader should know about this score, in a few words."""
        reading = self.score.reading
        answers = {"n": reading.n, "minimum": reading.metric.rule.minimum}
        if reading.state is State.CARRIED:
            return _("%(n)d of %(minimum)d answers, last score kept") % {**answers, "n": reading.counted_now or 0}
        if reading.state is State.TOO_FEW:
            return _("%(n)d of %(minimum)d answers") % answers
        if reading.state is State.NO_DATA:
            return str(reading.metric.fact.needs)
        return ""


@dataclass(frozen=True)
class Part:
    """A part of the ribbon: how many accounts have this colour, and the address that shows only them."""

    band: Band
    count: int
    href: str
    legend: Text

    @property
    def label(self) -> str:
        return ngettext("account: %(legend)s", "accounts: %(legend)s", self.count) % {"legend": self.legend}


@dataclass(frozen=True)
class Fleet:
    """Everything the fleet page shows."""

    filter: FleetFilter
    known: int  # accounts this person may see
    named: int  # those that the search and the platform leave
    ribbon: list[Part]
    page: Page
    rows: list[Row]
    waiting: Waiting
    within: Together
    attention: int  # accounts on this page of the list with a red figure
    steps: list[Step]  # what to do first, in the accounts on this page of the list
    choices: list[Choice]
    order: Order
    then: Then | None
    score = SCORE

    @property
    def first_steps(self) -> list[Step]:
        """Those that everybody sees at once; more than three are no beginning."""
        return self.steps[:AT_ONCE]

    @property
    def next_steps(self) -> list[Step]:
        return self.steps[AT_ONCE:]

    @property
    def columns(self) -> list[tuple[Metric, Text, Text, SortLink]]:
        """The heading of each figure: its metric, in short, in full, and how to sort by it."""
        return [(metric, metric.short or metric.title, title_of(metric), self._sort(metric.slug)) for metric in COLUMNS]

    @property
    def by_name(self) -> SortLink:
        return self._sort(NAME)

    @property
    def by_score(self) -> SortLink:
        return self._sort(SCORE.slug)

    @property
    def by_late(self) -> SortLink:
        return self._sort(LATE)

    def _sort(self, column: str) -> SortLink:
        return self.order.link(column, self.filter.given())

    @property
    def comparisons(self) -> list[tuple[str, Text, str]]:
        """What the figures can be compared with, each with its address."""
        given = self.filter.given()
        return [(choice, name, address_of({**given, "compare": choice})) for choice, name in then_options()]

    @property
    def compare(self) -> str:
        return str(self.filter.value("compare"))

    @property
    def orders(self) -> list[Choice]:
        """The column to sort by and, once there is one, the way, where there is no head to choose them in."""
        by = Choice("sort", _("Sort by"), sort_options(), self.order.by)
        ways: list[tuple[str, Text]] = [("asc", _("Rising")), ("desc", _("Falling"))]
        return [by, Choice("order", _("Direction"), ways, self.order.asked)] if self.order.by else [by]

    @property
    def hidden(self) -> int:
        return self.known - self.page.paginator.count

    @property
    def query(self) -> str:
        return str(self.filter.value("q"))

    @property
    def band(self) -> str:
        return str(self.filter.value("band"))

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.filters())

    @property
    def unfiltered(self) -> str:
        """The address without any filter; comparison and order stay."""
        return address_of(self.filter.view()) if self.filter.view() else ""

    @property
    def chips(self) -> list[Chip]:
        """What the address filters by, each with the address without it."""
        given = self.filter.given()
        return [
            Chip(
                choice.title,
                dict(choice.options).get(choice.chosen, choice.chosen),
                address_of({**given, choice.name: ""}),
            )
            for choice in self.choices
            if choice.chosen
        ] + (
            [Chip(_("Needs attention"), _("a red figure"), address_of({**given, "attention": ""}))]
            if "attention" in given
            else []
        )

    @property
    def late_href(self) -> str:
        """The late replies counted here, in the queue; nothing where the queue cannot be asked for these accounts."""
        return self._in_queue(Group.LATE)

    @property
    def missed_href(self) -> str:
        return self._in_queue(Group.MISSED)

    def _in_queue(self, group: Group) -> str:
        asked = self.filter.in_queue()
        return "" if asked is None else queue_address({**asked, "group": group.value})

    @property
    def export_query(self) -> str:
        return address_of(self.filter.given())

    @property
    def within_word(self) -> Text:
        return words.band_word(WITHIN, self.within.band)


def fleet_page(
    accounts: Sequence[SellerAccount], address: FleetFilter, page: str, writable: Collection[int], now: datetime
) -> Fleet:
    """The accounts that match the address, one page of them with all figures. Its queries do not grow with them."""
    found = find(accounts, address, now)
    queue, shown, on = found.queue, found.shown, found.on
    numbered = Paginator(shown, PER_PAGE).get_page(page)
    rows = account_rows(list(numbered), on, queue, found.then)
    return Fleet(
        filter=address,
        known=len(accounts),
        named=len(found.named),
        ribbon=_ribbon(found.ranked, address),
        page=numbered,
        rows=rows,
        waiting=sum((queue[score.account.id] for score in shown), Waiting()),
        within=together(WITHIN, (found.within[score.account.id] for score in shown)),
        attention=sum(row.is_red for row in rows),
        steps=first_steps(
            Scene(
                figures=[card for row in rows for card in (row.score, *row.cells)],
                waiting={score.account: queue[score.account.id] for score in shown},
                in_queue=address.in_queue(),
                accounts=[row.account for row in rows],
                on=on,
                writable=writable,
                now=now,
            )
        ),
        choices=_choices(accounts, address),
        order=found.order,
        then=found.then,
    )


def _choices(accounts: Sequence[SellerAccount], address: FleetFilter) -> list[Choice]:
    """A list for everything that tells these accounts apart. What all share cannot be chosen, unless it is."""
    titles = {"platform": _("Platform"), "marketplace": _("Marketplace"), "team": _("Team"), "owner": _("Owner")}
    platforms = dict(Platform.choices)
    found = []
    for name, trait in TRAITS.items():
        values = sorted({trait(account) for account in accounts} - {""}, key=str.casefold)
        chosen = str(address.value(name))
        if name == "platform" or len({trait(account) for account in accounts}) > 1 or chosen:
            options = [(value, platforms.get(value, value) if name == "platform" else value) for value in values]
            found.append(Choice(name, titles[name], options, chosen))
    bands = [(band.value, label) for band, label in FleetFilter.BANDS]
    return [*found, Choice("band", _("Score"), bands, str(address.value("band")))]


def _change(before: Reading, now: Reading) -> Change | None:
    """The change of what the list shows. A median of times scatters no wider than their mean, so it is judged alike."""
    return change(*(reading._replace(value=value_of(reading)) for reading in (before, now)))


def _ribbon(ranked: list[Reading], address: FleetFilter) -> list[Part]:
    """The four colours with their counts; choosing the chosen one again takes the filter away."""
    legends = words.zone_words(SCORE, SCORE.rule.target) if SCORE.rule.target else {}
    parts = []
    for band in WORST_FIRST:
        chosen = address.value("band") == band
        href = address_of({**address.given(), "band": "" if chosen else band.value})
        count = sum(score.band is band for score in ranked)
        parts.append(Part(band, count, href, legends.get(band, _("No score"))))
    return parts


def account_rows(
    scores: list[Reading], on: dict[int, date], queue: dict[int, Waiting], then: Then | None = None
) -> list[Row]:
    """A line of the list for each of these scores, with `then` beside the figures of the earlier day."""
    accounts = [score.account for score in scores]
    found = fleet_readings(accounts, on, COLUMNS)
    points = trends(accounts, [SCORE], WEEKS)
    before = fleet_readings(accounts, then.days, (SCORE, *COLUMNS)) if then else {}
    return [
        Row(
            score.account,
            card(score, points[score.account.id, SCORE.slug], on[score.account.id]),
            [card(reading, [], on[score.account.id]) for reading in found[score.account.id]],
            queue[score.account.id],
            before.get(score.account.id, ()),
        )
        for score in scores
    ]
