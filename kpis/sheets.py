"""Spreadsheets (XLSX): a first sheet that says what the file holds, then the table, written in constant memory.

Texts stay texts (an order number keeps its zeros, a comment that begins with = is no formula), moments are dates of the
account's own zone, and numbers are written exactly or, where a spreadsheet could not hold them, as text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from tempfile import TemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What a sheet can hold. Source: https://support.microsoft.com/en-us/office/1672b34d-7043-467e-8e27-269d656771c3
ROWS = 1_048_576
TEXT = 32_767
DIGITS = 15  # significant ones of a number
FIRST_YEAR = 1901  # before 1 March 1900 its calendar is wrong

UNDATED = datetime(1980, 1, 1, tzinfo=UTC)  # as the entries of the archive are

Cell = str | int | Decimal | Fraction | date | datetime | None  # None: unknown, an empty cell


class Look(Enum):
    """How the numbers of a column are shown. It never changes what is in the cell."""

    PLAIN = ""
    PERCENT = "0.00##%"  # enough digits that a figure below its limit is not shown as the limit


@dataclass(frozen=True)
class Heading:
    """A column: its title, its width in characters, and the look of its numbers."""

    title: str
    width: int = 18
    look: Look = Look.PLAIN


def workbook(
    about: Sequence[tuple[str, Cell]],
    title: str,
    headings: Sequence[Heading],
    rows: Iterable[Sequence[Cell]],
    zone: ZoneInfo | None,
    now: datetime | None,
) -> IO[bytes]:
    """The file, at its beginning, gone from the disk when closed.

    `about` are the lines of the first sheet (filters, window ...); the time zone, the moment of the export and the
    number of rows are added to them. Without a moment the file holds the same bytes whenever it is made. `rows` hold a
    value for each heading; moments must know their zone, and are written on the clock of `zone` or, without one, on
    that of each. Rows that one sheet cannot hold go on in the next one.
    """
    file = TemporaryFile()  # noqa: SIM115  # the caller closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        pen = _Pen(book, zone)
        book.set_properties({"created": (now or UNDATED).astimezone(UTC).replace(tzinfo=None)})
        first = book.add_worksheet(_("About this file"))
        count = _table(pen, book, title, headings, rows)
        clock = zone.key if zone else _("Of each account")
        exported = now.isoformat(timespec="seconds") if now and not zone else now
        lines = [*about, (_("Time zone"), clock), (_("Exported at"), exported), (_("Number of rows"), count)]
        first.set_column(0, 0, 24)
        first.set_column(1, 1, 80)
        for number, (name, value) in enumerate(line for line in lines if line[1] is not None):
            first.write_string(number, 0, name, pen.bold)
            pen.write(first, number, 1, value, Look.PLAIN)
    file.seek(0)
    return file


def xlsx_response(file: IO[bytes], name: str) -> FileResponse:
    """The file as a download of this name."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _table(pen: "_Pen", book: Any, title: str, headings: Sequence[Heading], rows: Iterable[Sequence[Cell]]) -> int:
    """Writes the rows and returns how many there were."""
    sheet, line, count = _sheet(pen, book, title, headings), 1, 0
    for row in rows:
        if line == ROWS:
            sheet, line = _sheet(pen, book, f"{title[:25]} {count // (ROWS - 1) + 1}", headings), 1
        for column, (heading, value) in enumerate(zip(headings, row, strict=True)):
            pen.write(sheet, line, column, value, heading.look)
        line, count = line + 1, count + 1
    return count


def _sheet(pen: "_Pen", book: Any, title: str, headings: Sequence[Heading]) -> Any:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, heading.width)
        sheet.write_string(0, column, heading.title, pen.bold)
    return sheet


class _Pen:
    """Writes a cell by what it is, and never lets the library guess."""

    def __init__(self, book: Any, zone: ZoneInfo | None) -> None:
        self.zone = zone
        self.bold = book.add_format({"bold": True})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.looks = {look: book.add_format({"num_format": look.value}) for look in Look if look.value}

    def write(self, sheet: Any, line: int, column: int, value: Cell, look: Look) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            sheet.write_string(line, column, value if len(value) <= TEXT else value[: TEXT - 1] + "…")
        elif isinstance(value, date):
            self._time(sheet, line, column, value)
        elif not _fits(value):
            sheet.write_string(line, column, str(value))
        else:
            sheet.write_number(line, column, float(value), self.looks.get(look))

    def _time(self, sheet: Any, line: int, column: int, value: date) -> None:
        if isinstance(value, datetime):
            value = value.astimezone(self.zone) if self.zone else value
        if value.year < FIRST_YEAR:
            sheet.write_string(line, column, value.isoformat())
        elif isinstance(value, datetime):
            sheet.write_datetime(line, column, value.replace(tzinfo=None), self.moment)
        else:
            sheet.write_datetime(line, column, value, self.day)


def _fits(value: int | Decimal | Fraction) -> bool:
    """Whether a spreadsheet, which counts in 15 digits, keeps the number as it is. A ratio is as near as it can be."""
    return isinstance(value, Fraction) or len(Decimal(value).normalize().as_tuple().digits) <= DIGITS
