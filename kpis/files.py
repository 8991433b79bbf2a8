"""Tables as files: one table, written as CSV or as XLSX, in exact numbers and safe in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from io import StringIO
from itertools import islice
from typing import IO
from zoneinfo import ZoneInfo

from django.http import FileResponse, StreamingHttpResponse

from kpis.sheets import Cell, Heading, workbook, xlsx_response

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page
CHUNK = 500  # rows written at once
CSV = "text/csv"

# A cell that begins with one of these is a formula to a spreadsheet; the full-width forms are, to Chinese and Japanese
# ones. Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Form(StrEnum):
    """What a table can be had as."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Table:
    """A table and what its file says about itself. Rates are fractions of 1, times are in seconds, None is unknown.

    Moments are written on the clock of `zone`; without one on the clock that each of them carries.
    """

    name: str  # of the file, without its ending
    title: str  # of the sheet
    about: Sequence[tuple[str, Cell]]
    headings: Sequence[Heading]
    rows: Iterable[Sequence[Cell]]
    zone: ZoneInfo | None


def file_response(table: Table, form: str, now: datetime) -> FileResponse | StreamingHttpResponse:
    """The table as a download, written in constant memory."""
    name = f"{table.name}.{Form(form)}"
    if form == Form.XLSX:
        return xlsx_response(xlsx_table(table, now), name)
    return StreamingHttpResponse(
        csv_table(table),
        content_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def xlsx_table(table: Table, now: datetime) -> IO[bytes]:
    """The table as a spreadsheet, after a sheet that says what it holds."""
    return workbook(table.about, table.title, table.headings, table.rows, table.zone, now)


def csv_table(table: Table) -> Iterator[str]:
    """The table as a CSV file, piece by piece: a head, then every row, moments as ISO 8601 with their offset."""
    yield BOM + _lines([[_text(heading.title) for heading in table.headings]])
    rows = iter(table.rows)
    while chunk := list(islice(rows, CHUNK)):
        yield _lines([[_cell(value, table.zone) for value in row] for row in chunk])


def exact(value: Fraction | None) -> Decimal | None:
    """The value with all the digits that a decimal number keeps."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def _cell(value: Cell, zone: ZoneInfo | None) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.astimezone(zone) if zone else value).isoformat()
    if isinstance(value, Fraction):
        return exact(value)
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    buffer = StringIO()
    # Texts are quoted and numbers are not, so a spreadsheet tells an order number from an amount.
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
