"""Breakdowns: a figure by the values of one column of its rows. They are counted from the rows behind the figure."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from kpis.metrics import Column, Mean, Metric, Share, Times
from kpis.readings import Reading
from kpis.rows import Only, candidates_of, counted_among, labels
from kpis.targets import Band
from kpis.units import Unit, display
from kpis.veil import veil


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of the column; the empty one stands for all rows of which it is unknown, None for withheld people.

    `n` is what the figure counts: rows, their weight, or one for each conversation. `rows` are the counted rows
    themselves: as many as the lists of this value hold.
    """

    value: str | None
    label: str
    hits: int
    n: int
    rows: int
    figure: Fraction | None
    unit: Unit
    band: Band
    missing: bool = False  # of a coverage: it is expected and does not occur

    @property
    def display(self) -> str:
        return display(self.figure, self.unit)


PERSONAL = "agent"  # its figures are a person's: for those who manage the account (kpis/veil.py says why)


def splits_of(metric: Metric, *, personal: bool = True) -> tuple[Column, ...]:
    """The columns by which the metric can be broken down; `personal`: also by who answered."""
    return tuple(column for column in metric.splits if personal or column.split != PERSONAL)


def split_of(metric: Metric, name: str, *, personal: bool = True) -> Column | None:
    """The column of this name by which the metric can be broken down; without a name the first one there is."""
    return next((column for column in splits_of(metric, personal=personal) if name in ("", column.split)), None)


def breakdown(reading: Reading, column: Column | None = None) -> list[Slice]:
    """The figure by the values of a column, the largest first; empty where the metric has none. One query.

    By person, those with too few cases for a figure of their own come last, in one line with the rows that name nobody;
    where they share conversations, a second query counts these once.
    """
    metric = reading.metric
    column = column or split_of(metric, "")
    if column is None:
        return []
    counted = candidates_of(reading).filter(counted_among(metric, reading.account, reading.window))
    per = metric.per if isinstance(metric, Times) else ""
    sums: dict[str, Count | Coalesce] = {
        "hits": (metric.hits if isinstance(metric, Share) else metric.counted).aggregate(),
        "n": Count(per, distinct=True) if per else metric.counted.aggregate(),
        "rows": Count("pk"),
    }
    if isinstance(metric, Times | Mean):
        sums["total"] = metric.total.aggregate()
    found: dict[str, dict[str, int]] = {}
    for value, *counts in counted.order_by().values_list(column.path).annotate(**sums):
        # Null and the empty text are one value: nobody stated it.
        one = found.setdefault(value or "", dict.fromkeys(sums, 0))
        for name, number in zip(sums, counts, strict=True):
            one[name] += number
    whole = sum(one["n"] for one in found.values())
    withheld = _withheld({value: one["n"] for value, one in found.items()}) if column.split == PERSONAL else set()
    apart = {value: one for value, one in found.items() if value not in withheld}
    known = {**labels(metric.fact.model, column.path), "": _("Unknown")}
    slices = [_slice(reading, value, known.get(value, value), whole, **one) for value, one in apart.items()]
    slices.sort(key=lambda one: (-one.n, one.value or ""))
    if withheld:
        rest = {name: sum(found[value][name] for value in withheld) for name in sums}
        if per:
            named = Q(**{f"{column.path}__in": apart.keys() - {""}})
            rest["n"] = counted.exclude(named).aggregate(n=sums["n"])["n"]
        slices.append(_slice(reading, None, _("Everybody else") if apart else _("Everybody"), whole, **rest))
    zero = Fraction(0)
    missing = (Slice(one, known.get(one, one), 0, 0, 0, zero, Unit.RATE, Band.RED, True) for one in reading.missing)
    return [*slices, *missing]


def _slice(
    reading: Reading, value: str | None, label: str, whole: int, *, hits: int, n: int, rows: int, total: int = 0
) -> Slice:
    """The slice with its own figure by the reading's rule; of a count its part of the whole, which has no colour."""
    metric = reading.metric
    if isinstance(metric, Share):
        figure = metric.value(hits, n)
    elif isinstance(metric, Times | Mean):
        figure = Fraction(total, n) if n else None
    else:
        figure = Fraction(n, whole) if whole else None
        return Slice(value, label, hits, n, rows, figure, Unit.RATE, Band.NONE)
    band = metric.judge(figure, reading.rule) if n >= reading.rule.minimum else Band.NONE
    return Slice(value, label, hits, n, rows, figure, metric.unit, band)


def told_apart(slices: Iterable[Slice]) -> bool:
    """Whether any counted row states the column at all."""
    return any(one.value != "" for one in slices)


def is_withheld(reading: Reading, only: Only) -> bool:
    """Whether these rows would tell the figure of a person who has too few cases for one. Two queries or none."""
    if only.column.split != PERSONAL:
        return False
    return only.value not in {one.value for one in breakdown(reading, only.column)}


def _withheld(counts: dict[str, int]) -> Set[str]:
    """The people, and with them the unknown, who have no line of their own; all where some would be given away."""
    persons = {person: n for person, n in counts.items() if person}
    veiled = veil(persons, counts.get("", 0))
    if not veiled.hidden:
        return set()
    return {*veiled.hidden, ""} & counts.keys() if veiled.together else counts.keys()
