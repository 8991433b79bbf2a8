"""The breakdown on a metric's page: which columns there are, the figure of each value, and the way to its rows."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from dashboard import words
from kpis.attention import worse_side
from kpis.breakdowns import Slice, breakdown, is_withheld, split_of, splits_of, told_apart
from kpis.metrics import Column, Share, Side, Text
from kpis.readings import Reading
from kpis.rows import Only
from kpis.targets import Band

SHOWN = 30  # values on the page; the file has them all


@dataclass(frozen=True)
class Piece:
    """One line of the breakdown: a value of the column, its rows, and its own figure."""

    slice: Slice
    word: Text
    length: int  # of the bar, in hundredths of the longest
    is_chosen: bool

    @property
    def name(self) -> str:
        return self.slice.label

    @property
    def value(self) -> str | None:
        return self.slice.value

    @property
    def hits(self) -> int:
        return self.slice.hits

    @property
    def n(self) -> int:
        return self.slice.n

    @property
    def display(self) -> str:
        return self.slice.display

    @property
    def band(self) -> Band:
        return self.slice.band


@dataclass(frozen=True)
class Breakdown:
    """The figure by one column. Without pieces the column tells nothing apart in this window."""

    reading: Reading
    column: Column
    columns: tuple[Column, ...]  # that one may choose
    pieces: list[Piece]

    @property
    def title(self) -> str:
        return str(self.column.title)

    @property
    def shown(self) -> list[Piece]:
        return self.pieces[:SHOWN]

    @property
    def further(self) -> int:
        """How many values are in the file only."""
        return len(self.pieces) - len(self.shown)

    @property
    def is_share(self) -> bool:
        return isinstance(self.reading.metric, Share)

    @property
    def figure_title(self) -> str:
        """What the last column says: the metric's own figure, or how much of the whole a value is."""
        metric = self.reading.metric
        own = any(piece.slice.unit is metric.unit and not piece.slice.missing for piece in self.pieces)
        return str(metric.short or metric.title) if own and not self.is_share else _("Share")

    @property
    def worst(self) -> Piece | None:
        """Of a share with a target, the value that is worst by its own figure, where some are worse than others."""
        metric = self.reading.metric
        judged = [piece for piece in self.pieces if piece.slice.figure is not None and piece.value is not None]
        if self.reading.rule.target is None or len(judged) < 2 or not isinstance(metric, Share):
            return None
        high = worse_side(metric) is Side.AGAINST
        worst = (min if high else max)(judged, key=lambda piece: piece.slice.figure or 0)
        return worst if worst.band in (Band.RED, Band.YELLOW) else None


def breakdown_of(reading: Reading, by: str, only: Only | None, *, personal: bool) -> Breakdown | None:
    """The reading by the column named so, or by the metric's first; None where it has none. One query."""
    column = split_of(reading.metric, by, personal=personal)
    if column is None:
        return None
    slices = breakdown(reading, column)
    longest = max((one.figure or Fraction(0) for one in slices), default=Fraction(0))
    pieces = [
        Piece(
            slice=one,
            word=_("Missing") if one.missing else words.band_word(reading.metric, one.band),
            length=round(100 * float((one.figure or 0) / longest)) if longest else 0,
            is_chosen=only is not None and one.value == only.value,
        )
        for one in slices
    ]
    return Breakdown(
        reading, column, splits_of(reading.metric, personal=personal), pieces if told_apart(slices) else []
    )


def only_of(reading: Reading, by: str, value: str | None, *, personal: bool) -> Only | None:
    """The one value whose rows the address asks for; None: all of them, also where a person's are too few."""
    column = split_of(reading.metric, by, personal=personal)
    if value is None or column is None:
        return None
    only = Only(column, value)
    return None if is_withheld(reading, only) else only
