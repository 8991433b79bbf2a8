"""The metric page: one figure, its weeks, its rule in words, and the rows behind it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import charts, headroom, marks, words
from dashboard.addresses import WEEKS, WINDOWS, Rows
from dashboard.cards import Card, card
from dashboard.joining import sentences
from dashboard.known import Known
from dashboard.pages.account import Day
from dashboard.pages.breakdown import Breakdown, Piece, breakdown_of, only_of
from dashboard.pages.compare import (
    PREVIOUS,
    YEAR,
    Comparison,
    comparison,
    other_window,
    shift_of,
    split_weeks,
)
from dashboard.pages.heat import Heat, heat_of
from dashboard.pages.notes import Noted, noted, on_chart
from dashboard.pages.row_table import RowTable, row_table
from kpis.attention import worse_side
from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Imported, Metric, Side, Text
from kpis.official import WEEK, Stated, held_days, newest, stated
from kpis.published import restated
from kpis.readings import Reading, reading_on
from kpis.rows import Only, rows_behind, side_title
from kpis.trends import TrendPoint, trend
from sellers.models import Note, SellerAccount


@dataclass(frozen=True)
class Tab:
    """One of the lists behind the figure."""

    side: Side
    title: Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class Line:
    """A published week in the chart's table twin."""

    point: TrendPoint
    today: date
    was: Reading | None  # what it said before it was restated
    official: Stated | None  # what the platform itself says of the same week
    compared: TrendPoint | None  # the earlier week drawn beside it
    noted: list[Noted]  # notes that touch the week

    @property
    def week(self) -> str:
        return words.long_day(self.point.ends_on)

    @property
    def word(self) -> Text:
        return words.band_word(charts.judged(self.point), self.point.band)

    @property
    def basis(self) -> str:
        return charts.basis(self.point)

    @property
    def differs(self) -> bool:
        return self.official is not None and self.official.differs(self.point.value, self.point.window)

    @property
    def note(self) -> str:
        return sentences(charts.notes(self.point, self.today))


@dataclass(frozen=True)
class Relative:
    """Another metric of the same family, by the name that tells it apart."""

    name: Text
    metric: Metric
    is_current: bool


@dataclass(frozen=True)
class MetricPage:
    """Everything the metric page shows."""

    account: SellerAccount
    day: Day
    card: Card
    weeks: int
    chart: dict[str, Any]
    tabs: list[Tab]
    table: RowTable
    reasons: list[tuple[Text, int]]
    today: date
    breakdown: Breakdown | None
    only: Only | None  # the one value whose rows are listed
    relatives: list[Relative]
    restated: dict[date, Reading]
    known: Known | None
    official: list[Stated | None]  # for each week of the chart
    says: Stated | None  # the platform's figure of the report day
    held: int  # days of the platform's figures that it no longer shows
    notes: list[Note]  # about this metric or the whole account, from the chart's first week on
    comparison: Comparison | None
    other: Reading | None  # the figure over another window
    heat: Heat | None
    all_weeks = WEEKS
    all_windows = WINDOWS
    comparisons = (
        ("", gettext_lazy("Nothing")),
        (PREVIOUS, gettext_lazy("Period before")),
        (YEAR, gettext_lazy("Year before")),
    )

    @property
    def metric(self) -> Metric:
        return self.card.metric

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def finding(self) -> str:
        return charts.finding(self.metric, self.card.points)

    @property
    def lines(self) -> list[Line]:
        """The chart's weeks as a table, newest first."""
        points = self.card.points
        earlier = [None] * len(points) if self.comparison is None else self.comparison.points
        weeks = zip(points, self.official, earlier, marks.by_week(points, self.notes), strict=True)
        was = self.restated
        lines = [
            Line(point, self.today, was.get(point.ends_on), says, then, noted(self.account, notes))
            for point, says, then, notes in weeks
        ]
        return lines[::-1]

    @property
    def pieces(self) -> list[Piece]:
        return [] if self.breakdown is None else self.breakdown.pieces

    @property
    def only_name(self) -> str:
        """The one value whose rows are listed, as people call it."""
        chosen = next((piece.name for piece in self.pieces if piece.is_chosen), None)
        return "" if self.only is None else chosen or self.only.value or _("Unknown")

    @property
    def not_yet(self) -> list[Noted]:
        """Notes whose week is not over, so that they are on no chart yet."""
        return noted(self.account, marks.not_yet(self.card.points, self.notes))

    @property
    def compare(self) -> str:
        """What the chart is compared with, as the address says it."""
        return "" if self.comparison is None else self.comparison.choice

    @property
    def other_span(self) -> str:
        return "" if self.other is None else words.span(self.other.window)

    @property
    def other_figure(self) -> str:
        return "" if self.other is None else words.figure(self.other)

    @property
    def other_basis(self) -> str:
        return "" if self.other is None else words.basis(self.other)

    @property
    def may_widen(self) -> bool:
        """Whether the figure can be read over another window: what the platform states cannot."""
        return self.known is None and not isinstance(self.metric, Imported)

    @property
    def platform(self) -> str:
        return str(self.account.get_platform_display())

    @property
    def differs(self) -> bool:
        """Whether the platform says something else of the very same days."""
        reading = self.card.reading
        return self.says is not None and self.says.differs(reading.value, reading.window)

    @property
    def said_of(self) -> str:
        return "" if self.says is None else words.span(self.says.window)

    @property
    def has_official(self) -> bool:
        return any(one is not None for one in self.official)

    @property
    def rule(self) -> list[str]:
        """The rule in sentences: colours, window, minimum."""
        judged = self.card.judged
        sentences = (
            words.rule_sentence(judged),
            words.window_sentence(judged, judged.rule.days),
            words.minimum_sentence(judged),
        )
        return [sentence for sentence in sentences if sentence]

    @property
    def interval(self) -> str:
        return words.interval_sentence(self.card.reading)

    @property
    def turning(self) -> Text:
        return words.turning(self.metric)

    @property
    def ways(self) -> list[str]:
        """The way to the other colours, and how far red is."""
        return headroom.way_sentences(self.card.reading)

    @property
    def has(self) -> dict[str, bool]:
        """Which signs the chart shows, so that they are explained."""
        return charts.signs(self.chart)


def metric_page(
    account: SellerAccount,
    metric: Metric,
    day: Day,
    address: Rows,
    today: date,
    known: Known | None = None,
    *,
    personal: bool = False,
) -> MetricPage:
    """One metric of one account on its report day, or as it was known; in a constant number of queries.

    As it was known it comes without rows: those stand as they are now, and would contradict it.
    """
    weeks = address.value("weeks")
    on, known_at = day.on, None
    if known is None:
        reading = reading_on(metric, account, on)
    else:
        reading, on, known_at, today = known.reading(metric), known.ends_on, known.at, known.today
    compare = address.value("compare") if known is None else ""
    shift = shift_of(compare, weeks)
    loaded = trend(account, metric, weeks + shift, until=on, known_at=known_at)
    points, earlier = split_weeks(loaded, weeks, shift)
    oldest = min((point.window_to for point in points), default=reading.window.last)
    told = stated(account, metric, oldest - WEEK, reading.window.last, reading.rule.days)
    official = [newest(told, point.window_to) for point in points]
    notes = on_chart(account, metric, points)
    other = other_window(metric, account, on, address.value("days")) if known is None else None
    side = Side(address.value("part") or worse_side(metric))
    only = only_of(reading, address.value("by"), address.only, personal=personal)
    lists = {each: rows_behind(reading, each, only) for each in Side}
    found = {each: rows.count if known is None else 0 for each, rows in lists.items()}
    titled = [(each, side_title(metric, each)) for each in Side]
    return MetricPage(
        account=account,
        day=day,
        card=card(reading, points, on, today),
        weeks=weeks,
        chart=charts.trend_chart(
            metric,
            points,
            today,
            official=official,
            platform=str(account.get_platform_display()),
            compared=earlier,
            noted=notes,
        ),
        tabs=[Tab(each, title, found[each], each is side) for each, title in titled if title],
        table=row_table(lists[side], found[side], address.data),
        reasons=lists[side].counts_by_reason() if side is Side.LEFT_OUT else [],
        today=today,
        breakdown=breakdown_of(reading, address.value("by"), only, personal=personal) if known is None else None,
        only=only,
        relatives=_relatives(metric),
        restated=restated(account, metric, [point.ends_on for point in points if point.revision], known_at),
        known=known,
        official=official,
        says=newest(told, reading.window.last),
        held=held_days(account) if told else 0,
        notes=notes,
        comparison=comparison(compare, weeks, reading, on, earlier),
        other=other,
        heat=heat_of(other or reading) if known is None else None,
    )


def _relatives(metric: Metric) -> list[Relative]:
    """The main metric of the family, its parts and its variants; nothing where it stands alone."""
    head = metric
    while above := METRICS.get(head.parts_of or head.variant_of):
        head = above
    members = [head, *(one for one in DECLARED if _is_below(one, head))]
    return [Relative(one.short or one.title, one, one is metric) for one in members] if len(members) > 1 else []


def _is_below(metric: Metric, head: Metric) -> bool:
    above = METRICS.get(metric.parts_of or metric.variant_of)
    return above is head or (above is not None and _is_below(above, head))
