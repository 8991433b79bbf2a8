"""The people who answer and the topics as tables for files: the numbers of the pages, exact and with their counts."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from kpis.catalogue.people import FIRST, REPLY, SOLVED, TAKEN_OVER, WITHIN
from kpis.files import Table, exact
from kpis.metrics import Metric, Window
from kpis.people import Kind, Line, People
from kpis.sheets import Cell, Heading, Look
from kpis.topics import Pulls, Topics
from sellers.models import SellerAccount


def people_table(found: People) -> Table:
    """A line for everybody the reader may see, and the account's own. What is withheld says how few it is of."""
    account, window = found.account, found.window
    titles = [
        _("Person"), _("System"), _("Answers"), _("Within 24 h"), _("Turns"), _("Within 24 h, share"),
        _("Median reply (seconds)"), _("90th percentile of replies (seconds)"), _("Median first reply (seconds)"),
        _("Taken over"), _("Solved"), _("Survey answers"), _("Score"),
    ]  # fmt: skip
    lines = [_person(line, found, counted=True) for line in found.lines]
    return Table(
        name=f"{account.key}-agents-{window.days}-days-{window.last.isoformat()}",
        title=_("Figures"),
        about=_about(account, window.last, window),
        headings=_headings(titles, rates=(5,)),
        rows=[*lines, _person(found.whole, found, counted=found.own is None)],
        zone=account.zone,
    )


def _about(account: SellerAccount, on: date, window: Window) -> list[tuple[str, Cell]]:
    return [
        (_("Account"), f"{account.name} ({account.key})"),
        (_("Report day"), on),
        (_("First day of the window"), window.first),
        (_("Last day of the window"), window.last),
    ]


def _headings(titles: Sequence[str], rates: Collection[int]) -> list[Heading]:
    """The columns; `rates` are the positions of those that hold fractions of 1."""
    return [Heading(title, look=Look.PERCENT if at in rates else Look.PLAIN) for at, title in enumerate(titles)]


def _person(line: Line, found: People, *, counted: bool) -> list[Cell]:
    """`counted` is false for the account's line of somebody who sees only their own: it would tell of the others."""
    names: dict[Kind, Cell] = {
        Kind.PERSON: line.name,
        Kind.REST: _("Everybody else"),
        Kind.UNNAMED: _("Nobody named"),
        Kind.UNANSWERED: _("Nobody answered"),
    }
    # Of what nobody answered there is no author to have any figure but this one.
    few = None if line.kind is Kind.UNANSWERED else _("fewer than %(minimum)d") % {"minimum": found.minimum}

    def count(metric: Metric, *, hits: bool = False) -> Cell:
        reading = line.reading(metric)
        if reading is None:
            return few
        if not counted:
            return None
        return reading.numerator if hits else reading.n

    def figure(metric: Metric, stat: str = "") -> Cell:
        reading = line.reading(metric)
        if reading is None:
            return few
        return exact((reading.stats or {}).get(stat) if stat else reading.value)

    return [
        _("The account as a whole") if line is found.whole else names[line.kind],
        line.system,
        count(REPLY),
        count(WITHIN, hits=True),
        count(WITHIN),
        figure(WITHIN),
        figure(REPLY, "median"),
        figure(REPLY, "p90"),
        figure(FIRST, "median"),
        count(TAKEN_OVER, hits=True),
        count(SOLVED, hits=True),
        count(SOLVED),
        figure(SOLVED),
    ]


def topics_table(found: Topics, on: date, by: str) -> Table:
    """A line for every topic or channel, most late turns first, with what the account would gain by it."""
    reading = found.late.reading
    titles = [
        _("Topic"), _("Code"), _("Turns"), _("Late"), _("Share of all late"), _("Within 24 h, share"),
        _("If like the rest"), _("Median reply (seconds)"), _("Survey answers"), _("Not solved"),
        _("Share of all not solved"), _("Score"), _("Score if like the rest"),
    ]  # fmt: skip
    return Table(
        name=f"{reading.account.key}-{by}s-{on.isoformat()}",
        title=_("Figures"),
        about=_about(reading.account, on, reading.window),
        headings=_headings(titles, rates=(4, 5, 6, 10)),
        rows=[
            [label, value, *_pull(found.late, value), exact(found.medians.get(value)), *_pull(found.unsolved, value)]
            for value, label in found.labels.items()
        ],
        zone=reading.account.zone,
    )


def _pull(pulls: Pulls | None, value: str) -> Iterable[Cell]:
    """Counted, bad, its share of the bad, the figure, and what the account's figure would be."""
    pull = None if pulls is None else pulls.of(value)
    if pull is None:
        return [None] * 5
    return [pull.n, pull.bad, exact(pull.share), exact(pull.slice.figure), exact(pull.without)]
