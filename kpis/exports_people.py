"""The people who answer and the topics as tables for files: the numbers of the pages, exact and with their counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from kpis.catalogue.people import FIRST, REPLY, SOLVED, TAKEN_OVER, WITHIN
from kpis.metrics import Metric
from kpis.people import Kind, Line, People
from kpis.sheets import Cell
from kpis.topics import Pulls, Topics


@dataclass(frozen=True)
class Table:
    """A head and its lines. Rates are fractions of 1, times seconds; an empty cell is unknown."""

    titles: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def people_table(found: People) -> Table:
    """A line for everybody the reader may see, and the account's own. What is withheld says how few it is of."""
    titles = [
        _("Person"), _("System"), _("Answers"), _("Within 24 h"), _("Turns"), _("Within 24 h, share"),
        _("Median reply (seconds)"), _("90th percentile of replies (seconds)"), _("Median first reply (seconds)"),
        _("Taken over"), _("Solved"), _("Survey answers"), _("Score"),
    ]  # fmt: skip
    lines = [_person(line, found, counted=True) for line in found.lines]
    return Table(titles, [*lines, _person(found.whole, found, counted=found.own is None)])


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


def topics_table(found: Topics) -> Table:
    """A line for every topic or channel, most late turns first, with what the account would gain by it."""
    titles = [
        _("Topic"), _("Code"), _("Turns"), _("Late"), _("Share of all late"), _("Within 24 h, share"),
        _("If like the rest"), _("Median reply (seconds)"), _("Survey answers"), _("Not solved"),
        _("Share of all not solved"), _("Score"), _("Score if like the rest"),
    ]  # fmt: skip
    unsolved = found.unsolved.pulls if found.unsolved else []
    labels = {pull.value: pull.label for pull in (*found.late.pulls, *unsolved)}
    return Table(
        titles,
        [
            [label, value, *_pull(found.late, value), exact(found.medians.get(value)), *_pull(found.unsolved, value)]
            for value, label in labels.items()
        ],
    )


def _pull(pulls: Pulls | None, value: str) -> Iterable[Cell]:
    """Counted, bad, its share of the bad, the figure, and what the account's figure would be."""
    pull = None if pulls is None else pulls.of(value)
    if pull is None:
        return [None] * 5
    return [pull.n, pull.bad, exact(pull.share), exact(pull.slice.figure), exact(pull.without)]


def exact(value: Fraction | None) -> Decimal | None:
    """The value with all the digits that a decimal number keeps."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)
