"""Rows behind a figure and its breakdown as files, CSV or XLSX: exactly what the page shows, safe in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from itertools import islice
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kpis.breakdowns import Slice
from kpis.metrics import Column, Side
from kpis.readings import Reading
from kpis.rows import RowSet, labels
from kpis.sheets import Cell, Heading, workbook
from sellers.models import SellerAccount

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page
CHUNK = 500  # rows written at once

# A cell that begins with one of these is a formula to a spreadsheet; the full-width forms are, to Chinese and Japanese
# ones. Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_rows(rowset: RowSet, account: SellerAccount) -> Iterator[str]:
    """The file piece by piece: a head, then every row. Times are in the account's zone, as ISO 8601 with offset."""
    return csv_table(_titles(rowset), _rows(rowset), account.zone)


def csv_table(titles: Iterable[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo) -> Iterator[str]:
    """Any table as a CSV file, piece by piece: a head, then every row, moments in the zone as ISO 8601 with offset."""
    yield BOM + _lines([[_text(title) for title in titles]])
    cells = iter(rows)
    while chunk := list(islice(cells, CHUNK)):
        yield _lines([[_csv_cell(value, zone) for value in row] for row in chunk])


def xlsx_rows(rowset: RowSet, account: SellerAccount, on: date, now: datetime) -> IO[bytes]:
    """The same rows as a spreadsheet, after a sheet that says whose they are and what for.

    Moments are dates on the account's clock.
    """
    metric, window = rowset.reading.metric, rowset.reading.window
    about: list[tuple[str, Cell]] = [
        (_("Account"), f"{account.name} ({account.key})"),
        (_("Metric"), f"{metric.title} ({metric.slug})"),
        (_("List"), _part(rowset)),
        (_("Report day"), on),
        (_("First day of the window"), window.first),
        (_("Last day of the window"), window.last),
        *_narrowed(rowset),
    ]
    headings = [Heading(title) for title in _titles(rowset)]
    return workbook(about, _("The rows behind it"), headings, _rows(rowset), account.zone, now)


def _narrowed(rowset: RowSet) -> list[tuple[str, Cell]]:
    """The one value of a column that all rows have, where the list is narrowed to one."""
    if rowset.only is None:
        return []
    column, value = rowset.only.column, rowset.only.value
    return [(str(column.title), choices(rowset, column).get(value, value) or _("Unknown"))]


def _part(rowset: RowSet) -> str:
    """The name of the list, as the tabs over it say it."""
    return str(rowset.reading.metric.sides[list(Side).index(rowset.side)])


def csv_breakdown(reading: Reading, column: Column, slices: Iterable[Slice]) -> str:
    """The breakdown as a CSV file. Figures are exact: a rate as a fraction of 1, a time in seconds."""
    head = [column.title, _("Code"), reading.metric.sides[0], _("Counted"), _("Rows"), _("Figure"), _("Colour")]
    return BOM + _lines([[_text(str(title)) for title in head], *(_slice(one) for one in slices)])


def _slice(one: Slice) -> list[Cell]:
    figure = None if one.figure is None else Decimal(one.figure.numerator) / Decimal(one.figure.denominator)
    return [_text(one.label), _text(one.value), one.hits, one.n, one.rows, figure, one.band.value]


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


def _csv_cell(value: Cell, zone: ZoneInfo) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    buffer = StringIO()
    # Texts are quoted and numbers are not, so a spreadsheet tells an order number from an amount.
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
