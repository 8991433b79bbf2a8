"""The metric page: one figure, its weeks, its rule in words, and the rows behind it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator

from dashboard import charts, words
from dashboard.cards import Card, card
from dashboard.cells import cell
from dashboard.forms import WEEKS, Rows
from dashboard.pages.account import Day
from kpis.attention import worse_side
from kpis.exports import choices
from kpis.metrics import Column, Metric, Side, Text
from kpis.readings import Span
from kpis.rows import RowSet, counts, rows_behind
from kpis.trends import TrendPoint, trend
from sellers.models import SellerAccount

PER_PAGE = 50


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

    @property
    def week(self) -> str:
        return words.long_day(self.point.ends_on)

    @property
    def word(self) -> Text:
        return words.band_word(self.point.metric, self.point.band)

    @property
    def basis(self) -> str:
        return charts.basis(self.point)

    @property
    def note(self) -> str:
        return charts.note(self.point)


@dataclass(frozen=True)
class MetricPage:
    """Everything the metric page shows."""

    account: SellerAccount
    day: Day
    card: Card
    weeks: int
    chart: dict[str, Any]
    tabs: list[Tab]
    rowset: RowSet
    reasons: list[tuple[Text, int]]
    page: Page
    all_weeks = WEEKS

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
        return [Line(point) for point in reversed(self.card.points)]

    @property
    def rule(self) -> list[str]:
        """The rule in sentences: colours, window, minimum."""
        window = self.card.reading.window
        sentences = (
            words.rule_sentence(self.metric),
            words.window_sentence(self.metric, window.days),
            words.minimum_sentence(self.metric),
        )
        return [sentence for sentence in sentences if sentence]

    @property
    def interval(self) -> str:
        return words.interval_sentence(self.card.reading)

    @property
    def columns(self) -> list[Text]:
        return [column.title for column in self.rowset.columns]

    @property
    def left_out(self) -> bool:
        return self.rowset.side is Side.LEFT_OUT

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of this page of the list, each cell as text."""
        zone = self.account.zone
        first = (self.page.number - 1) * PER_PAGE
        columns = self.rowset.columns
        labels = {column.path: choices(self.rowset, column) for column in columns}
        return [
            {
                "cells": [
                    (column, _kind(column, row), cell(column, row[column.path], labels[column.path], zone))
                    for column in columns
                ],
                "reason": row["reason"],
            }
            for row in self.rowset.page(first, first + PER_PAGE)
        ]


def _kind(column: Column, row: dict[str, Any]) -> str:
    """How a cell is set: an empty one may be left away, an ID of another system never breaks over two lines."""
    if row[column.path] in (None, ""):
        return "void"
    return "id" if column.path.endswith("external_id") else column.kind


def metric_page(account: SellerAccount, metric: Metric, day: Day, address: Rows, page: str) -> MetricPage:
    """One metric of one account on its report day, in a constant number of queries."""
    weeks = address.value("weeks")
    reading = Span([account], [metric], {account.id: day.on}).reading(metric, account, day.on)
    points = trend(account, metric, weeks, until=day.on)
    side = Side(address.value("part") or worse_side(metric))
    found = counts(reading)
    rowset = rows_behind(reading, side)
    titled = [(each, words.side_title(metric, each)) for each in Side]
    return MetricPage(
        account=account,
        day=day,
        card=card(reading, points, day.on),
        weeks=weeks,
        chart=charts.trend_chart(metric, points),
        tabs=[Tab(each, title, found[each], each is side) for each, title in titled if title],
        rowset=rowset,
        reasons=rowset.counts_by_reason() if side is Side.LEFT_OUT else [],
        page=Paginator(range(found[side]), PER_PAGE).get_page(page),
    )


def csv_name(account: SellerAccount, metric: Metric, on: date, side: Side) -> str:
    """A file name that says what is in it."""
    return f"{account.key}-{metric.slug}-{side.value}-{on.isoformat()}.csv"
