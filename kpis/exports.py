"""Rows behind a figure, its breakdown and its hours as tables for files: exactly what the page shows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from kpis.attention import worse_side
from kpis.breakdowns import Slice
from kpis.files import Table
from kpis.hours import Hour
from kpis.metrics import Column, Side
from kpis.readings import Reading
from kpis.rows import RowSet, labels, side_title
from kpis.sheets import Cell, Heading, Look
from kpis.units import Unit


def rows_table(rowset: RowSet, on: date) -> Table:
    """A line for every row behind the figure of report day `on`, newest first."""
    reading = rowset.reading
    about = [
        *about_figure(reading, on),
        (_("List"), str(side_title(reading.metric, rowset.side))),
        *_narrowed(rowset),
    ]
    headings = [Heading(title) for title in _titles(rowset)]
    name = file_name(reading, on, rowset.side)
    return Table(name, _("The rows behind it"), about, headings, _rows(rowset), reading.account.zone)


def breakdown_table(reading: Reading, on: date, column: Column, slices: Sequence[Slice]) -> Table:
    """A line for every value of the column. Figures are exact: a rate as a fraction of 1, a time in seconds."""
    title, bad = str(column.title), str(side_title(reading.metric, Side.FOR))
    look = Look.PERCENT if any(one.unit is Unit.RATE for one in slices) else Look.PLAIN
    headings = [Heading(head) for head in (title, _("Code"), bad, _("Counted"), _("Rows"))]
    headings += [Heading(_("Figure"), look=look), Heading(_("Colour"))]
    rows = ([one.label, one.value, one.hits, one.n, one.rows, one.figure, one.band.value] for one in slices)
    about = [*about_figure(reading, on), (_("Broken down by"), title)]
    name = file_name(reading, on, f"by-{column.split}")
    return Table(name, _("Figures"), about, headings, rows, reading.account.zone)


def hours_table(reading: Reading, on: date, found: Iterable[Hour]) -> Table:
    """A line for every hour of the week in which something was counted, on the account's clock."""
    is_share = reading.metric.unit is Unit.RATE
    figure = str(side_title(reading.metric, worse_side(reading.metric))) if is_share else _("Median (seconds)")
    headings = [
        Heading(_("Day of the week")),
        Heading(_("Hour")),
        Heading(_("Counted")),
        *([Heading(_("Number of these"))] if is_share else []),
        Heading(figure, look=Look.PERCENT if is_share else Look.PLAIN),
    ]
    rows = ([str(WEEKDAYS[one.weekday]), one.hour, one.n, *([one.bad] if is_share else []), one.value] for one in found)
    return Table(
        file_name(reading, on, "hours"), _("Figures"), about_figure(reading, on), headings, rows, reading.account.zone
    )


def about_figure(reading: Reading, on: date) -> list[tuple[str, Cell]]:
    """What a file about one figure says of itself: whose it is, which, and of which days."""
    account, metric, window = reading.account, reading.metric, reading.window
    return [
        (_("Account"), f"{account.name} ({account.key})"),
        (_("Metric"), f"{metric.title} ({metric.slug})"),
        (_("Report day"), on),
        (_("First day of the window"), window.first),
        (_("Last day of the window"), window.last),
    ]


def file_name(reading: Reading, on: date, part: str) -> str:
    """A file name, without its ending, that says what is in it."""
    return f"{reading.account.key}-{reading.metric.slug}-{part}-{on.isoformat()}"


def _narrowed(rowset: RowSet) -> list[tuple[str, Cell]]:
    """The one value of a column that all rows have, where the list is narrowed to one."""
    if rowset.only is None:
        return []
    column, value = rowset.only.column, rowset.only.value
    return [(str(column.title), choices(rowset, column).get(value, value) or _("Unknown"))]


def choices(rowset: RowSet, column: Column) -> dict[Any, str]:
    """The words for the values of a choice column, in the active language; empty for other columns."""
    return labels(rowset.reading.metric.fact.model, column.path) if column.kind == "choice" else {}


def _titles(rowset: RowSet) -> list[str]:
    titles = [
        _("%(title)s (seconds)") % {"title": column.title} if column.kind == "duration" else str(column.title)
        for column in rowset.columns
    ]
    return [*titles, _("Reason")] if rowset.side is Side.LEFT_OUT else titles


def _rows(rowset: RowSet) -> Iterator[list[Cell]]:
    """A cell under each title for every row, newest first."""
    labels = {column.path: choices(rowset, column) for column in rowset.columns}
    for row in rowset:
        cells = [_cell(row[column.path], column, labels[column.path]) for column in rowset.columns]
        yield [*cells, str(row["reason"] or "")] if rowset.side is Side.LEFT_OUT else cells


def _cell(value: Any, column: Column, labels: dict[Any, str]) -> Cell:
    if value is None:
        return None
    if column.kind == "moment":
        moment: datetime = value
        return moment
    if column.kind == "yes_no":
        return _("Yes") if value else _("No")
    if column.kind == "duration":
        return int(value)
    if column.kind == "number":
        return Decimal(value)
    return labels.get(value, str(value))
