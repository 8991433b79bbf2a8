"""Rows behind a figure and its breakdown as CSV files: exactly what the page shows, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kpis.breakdowns import Slice
from kpis.metrics import Column, Side
from kpis.readings import Reading
from kpis.rows import RowSet, labels
from sellers.models import SellerAccount

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page
CHUNK = 500  # rows written at once

# A cell that begins with one of these is a formula to a spreadsheet; the full-width forms are, to Chinese and Japanese
# ones. Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | Decimal | None


def csv_rows(rowset: RowSet, account: SellerAccount) -> Iterator[str]:
    """The file piece by piece: a head, then every row. Times are in the account's zone, as ISO 8601 with offset."""
    labels = {column.path: choices(rowset, column) for column in rowset.columns}
    with_reason = rowset.side is Side.LEFT_OUT
    head: list[Cell] = [_title(column) for column in rowset.columns]
    yield BOM + _lines([[*head, _("Reason")] if with_reason else head])
    rows = iter(rowset)
    while chunk := list(islice(rows, CHUNK)):
        yield _lines(
            [
                [_cell(row[column.path], column, labels[column.path], account.zone) for column in rowset.columns]
                + ([_text(str(row["reason"] or ""))] if with_reason else [])
                for row in chunk
            ]
        )


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


def _title(column: Column) -> str:
    return _("%(title)s (seconds)") % {"title": column.title} if column.kind == "duration" else str(column.title)


def _cell(value: Any, column: Column, labels: dict[Any, str], zone: ZoneInfo) -> Cell:
    if value is None:
        return ""
    if column.kind == "moment":
        return value.astimezone(zone).isoformat()
    if column.kind == "yes_no":
        return _("Yes") if value else _("No")
    if column.kind == "duration":
        return int(value)
    if column.kind == "number":
        return Decimal(value)
    return _text(labels.get(value, str(value)))


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: list[list[Cell]]) -> str:
    buffer = StringIO()
    # Texts are quoted and numbers are not, so a spreadsheet tells an order number from an amount.
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
