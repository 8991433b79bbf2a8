"""The pages of the people who answer: their cards beside the account's figures, and the rows credited to one."""

from dataclasses import dataclass
from fractions import Fraction

from django.core.paginator import Page, Paginator
from django.http import Http404
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard import words
from dashboard.addresses import People as Address
from dashboard.addresses import PersonRows
from dashboard.pages.account import Day
from dashboard.pages.row_table import PER_PAGE, RowTable, row_table
from kpis.catalogue.people import FIRST, REPLY, SOLVED, TAKEN_OVER, WITHIN
from kpis.changes import Change, change
from kpis.metrics import Metric, Share, Side, Text
from kpis.people import Kind, Line, People, people, rows_of
from kpis.readings import Reading
from kpis.targets import Band
from kpis.units import NO_VALUE, display
from sellers.models import SellerAccount

TITLES: dict[Kind, Text] = {
    Kind.REST: gettext_lazy("Everybody else"),
    Kind.UNNAMED: gettext_lazy("Nobody named"),
    Kind.UNANSWERED: gettext_lazy("Nobody answered"),
}


@dataclass(frozen=True)
class Shown:
    """One line of a card: a figure, what it rests on, the account's own and the one of the period before."""

    title: Text
    metric: Metric
    value: str
    basis: str
    account: str
    before: str
    change: Change | None
    band: Band
    word: Text
    withheld: bool


@dataclass(frozen=True)
class PersonCard:
    """One person's figures, or what nobody can be credited with."""

    line: Line
    title: Text
    note: str
    volume: str
    figures: list[Shown]


@dataclass(frozen=True)
class AgentsPage:
    """Everything the page of all people shows."""

    account: SellerAccount
    day: Day
    days: int
    sort: str
    span: str
    whole: list[Shown]
    cards: list[PersonCard]
    others: list[PersonCard]
    page: Page
    sees_all: bool
    minimum: int

    all_days = Address.DAYS

    @property
    def is_empty(self) -> bool:
        return not self.cards and not self.others

    @property
    def sorts(self) -> list[tuple[str, Text]]:
        return list(Address.SORTS)


def agents_page(
    account: SellerAccount, day: Day, address: Address, page: str, own: frozenset[int] | None
) -> AgentsPage:
    """Who answered and how, by name or by how much; in a constant number of queries."""
    days = address.value("days")
    found = people(account, day.on, days, own)
    persons = [line for line in found.lines if line.kind is Kind.PERSON]
    if address.value("sort") == "answers":
        persons.sort(key=lambda line: -_cases(line))
    shown = Paginator(persons, PER_PAGE).get_page(page)
    return AgentsPage(
        account=account,
        day=day,
        days=days,
        sort=address.value("sort"),
        span=words.span(found.window),
        whole=_figures(found.whole, found),
        cards=[_card(line, found) for line in shown],
        others=[_card(line, found) for line in found.lines if line.kind is not Kind.PERSON],
        page=shown,
        sees_all=own is None,
        minimum=found.minimum,
    )


@dataclass(frozen=True)
class Tab:
    """One of the lists of a person's rows."""

    name: str
    title: Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class AgentPage:
    """Everything the page of one person shows."""

    account: SellerAccount
    day: Day
    days: int
    span: str
    card: PersonCard
    tabs: list[Tab]
    table: RowTable | None  # None where the rows would say too much of too few
    minimum: int

    all_days = Address.DAYS

    @property
    def metric(self) -> Metric:
        """What the rows are a part of."""
        return WITHIN if self.table is None else self.table.rowset.reading.metric


LISTS: dict[str, tuple[Text, Metric, Side]] = {
    "late": (gettext_lazy("Answered late"), WITHIN, Side.AGAINST),
    "unsolved": (gettext_lazy("Not solved"), SOLVED, Side.AGAINST),
    "solved": (gettext_lazy("Solved"), SOLVED, Side.FOR),
}


def agent_page(
    account: SellerAccount, key: int, day: Day, address: PersonRows, own: frozenset[int] | None
) -> AgentPage:
    """One person's figures with the rows behind them. Who is not the reader's to see does not exist."""
    days = address.value("days")
    found = people(account, day.on, days, own)
    line = found.line(key)
    if line is None:
        raise Http404
    chosen = address.value("list")
    rowsets = {name: rows_of(line, metric, side) for name, (_title, metric, side) in LISTS.items()}
    counts = {name: 0 if rowset is None else rowset.count for name, rowset in rowsets.items()}
    rowset = rowsets[chosen]
    return AgentPage(
        account=account,
        day=day,
        days=days,
        span=words.span(found.window),
        card=_card(line, found),
        tabs=[Tab(name, title, counts[name], name == chosen) for name, (title, _metric, _side) in LISTS.items()],
        table=None if rowset is None else row_table(rowset, counts[chosen], address.data),
        minimum=found.minimum,
    )


def _cases(line: Line) -> int:
    reading = line.reading(REPLY)
    return reading.n if reading else 0


def _card(line: Line, found: People) -> PersonCard:
    reading = line.reading(REPLY)
    if line.kind is Kind.UNANSWERED:
        waits = line.now[WITHIN.slug].n
        volume = ngettext("%(n)s turn", "%(n)s turns", waits) % {"n": number_format(waits)}
    elif reading is None:
        volume = _fewer(found.minimum)
    else:
        volume = ngettext("%(n)s answer", "%(n)s answers", reading.n) % {"n": number_format(reading.n)}
    return PersonCard(line, TITLES.get(line.kind, line.name), _note(line, found), volume, _figures(line, found))


def _note(line: Line, found: People) -> str:
    if line.kind is Kind.REST:
        return ngettext(
            "%(people)d person of whom a figure is withheld, and answers that name nobody.",
            "%(people)d people of whom a figure is withheld, and answers that name nobody.",
            line.people,
        ) % {"people": line.people}
    if line.kind is Kind.UNNAMED:
        return _("Answers whose author the source does not name, and survey answers without a reply before them.")
    if line.kind is Kind.UNANSWERED:
        return _("Turns older than 24 hours in which nobody has answered. They count against the account alone.")
    return ""


def _fewer(minimum: int) -> str:
    return _("fewer than %(minimum)d") % {"minimum": minimum}


def _figures(line: Line, found: People) -> list[Shown]:
    """The lines of a card: what is withheld says so, and the account stands beside it."""
    if line.kind is Kind.UNANSWERED:
        return []
    times: list[tuple[Text, Metric, str]] = [
        (_("Median reply"), REPLY, "median"),
        (_("Slowest tenth from"), REPLY, "p90"),
        (_("Median first reply"), FIRST, "median"),
    ]
    return [
        _shown(WITHIN.title, WITHIN, line, found),
        *(_shown(title, metric, line, found, stat) for title, metric, stat in times),
        _shown(TAKEN_OVER.title, TAKEN_OVER, line, found),
        _shown(_("Problem solved"), SOLVED, line, found),
    ]


def _shown(title: Text, metric: Metric, line: Line, found: People, stat: str = "") -> Shown:
    reading, before, whole = (of.get(metric.slug) for of in (line.now, line.before, found.whole.now))
    judged = reading is not None and isinstance(metric, Share) and reading.value is not None
    band = reading.band if reading is not None and judged else Band.NONE
    return Shown(
        title=title,
        metric=metric,
        value=_fewer(found.minimum) if reading is None else _text(reading, stat),
        # Whoever sees only their own figures could take them from the account's counts, and would have the others'.
        basis=""
        if reading is None or stat or (line is found.whole and found.own is not None)
        else words.basis(reading),
        account=_text(whole, stat) if whole else NO_VALUE,
        before=_text(before, stat) if before else NO_VALUE,
        change=change(before, reading) if reading and before and not stat else None,
        band=band,
        word=words.COLOURS[band],
        withheld=reading is None,
    )


def _text(reading: Reading, stat: str) -> str:
    value: Fraction | None = (reading.stats or {}).get(stat) if stat else reading.value
    return display(value, reading.metric.unit)
