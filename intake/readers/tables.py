"""Canonical tables: CSV and TSV with a header line, one record a line, every cell text.

Traps met in real files (docs/data-in.md lists them): a byte order mark, UTF-16 from spreadsheets, semicolons, unquoted
tabs, columns of the same name, rows longer than their header, cells of a megabyte, quotes that are never closed.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from intake.codes import ErrorCode
from intake.contract import CONTROL, RECORD_TYPES
from intake.readers.context import Context
from intake.readers.text import FileUnreadable, LineTooLong, as_utf8, next_line, spelled_out
from intake.record import RecordType
from intake.rows import Bad, Row

DELIMITERS = ",\t;|"
COLUMN_LIMIT = 500
CELL_LIMIT = 1024 * 1024  # characters; Python's own limit of 131,072 is shorter than an honest e-mail thread
QUOTED_LINES = 2000  # a quoted cell over more lines than this was never closed

_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")

csv.field_size_limit(CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a table are cut into cells, and what the cells are called."""

    delimiter: str
    quoted: bool
    columns: tuple[str, ...]
    header: str


def read(stream: IO[bytes], context: Context, record_type: RecordType) -> Iterator[Row]:
    """Every row of a table of records of this type. Raises FileUnreadable where there is no usable header."""
    lines = _Lines(as_utf8(stream))
    layout = layout_of(lines.header(), record_type)
    defaults = {**context.defaults(), "header": layout.header}
    cells = _reader(lines, layout)
    while True:
        start = lines.begin()
        bad: Bad | None = None
        found: list[str] = []
        try:
            found = next(cells)
        except StopIteration:
            return
        except LineTooLong:
            bad = Bad(ErrorCode.TOO_LARGE, "the line is too long")
        except _NeverClosed:
            bad = Bad(ErrorCode.UNKNOWN_FORMAT, "a quote is opened here and not closed")
        except csv.Error as error:
            large = "field limit" in str(error)
            bad = Bad(ErrorCode.TOO_LARGE if large else ErrorCode.UNKNOWN_FORMAT, str(error))
        if bad is not None:
            # Only the first line is set aside: the lines after it are read again, as rows of their own.
            lines.put_back_all_but_first()
            cells = _reader(lines, layout)
        elif not any(found):
            continue
        text = lines.text()
        record = bad or _record(found, text, layout)
        yield Row(f"line {start}", record, spelled_out(text), defaults, record_type)


def recognise(head: bytes) -> RecordType:
    """The type of record whose columns a header names. Raises FileUnreadable when none or more than one fits."""
    line = head.decode("utf-8", "surrogateescape").lstrip("\r\n").partition("\n")[0]
    fits: list[tuple[int, RecordType]] = []
    for kind in RECORD_TYPES.values():
        columns = set(layout_of(line, kind).columns)
        needed = {name for name in kind.required if not kind.fields[name].about}
        if needed <= columns and (not kind.one_of or columns & set(kind.one_of)):
            fits.append((len(columns & set(kind.columns)), kind))
    best = max((count for count, _kind in fits), default=0)
    winners = [kind for count, kind in fits if count == best]
    if len(winners) == 1:
        return winners[0]
    if winners:
        names = " or ".join(kind.source for kind in winners)
        raise FileUnreadable(f"The header fits more than one format: name {names}.")
    raise FileUnreadable("The first line is not the header of a known format; docs/data-in.md lists the columns.")


def layout_of(header: str, kind: RecordType) -> Layout:
    """Read a header line; the delimiter is the one that yields most columns the type knows, then most columns."""
    header = header.rstrip("\r\n")
    known = {*kind.columns, *CONTROL}
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in DELIMITERS:
        names = [name.strip() for name in _split(header, delimiter)]
        rank = (sum(name.lower() in known for name in names), len(names))
        if best is None or rank > best[0]:
            best = (rank, delimiter, names)
    if best is None or len(best[2]) > COLUMN_LIMIT:
        raise FileUnreadable(f"The header has more than {COLUMN_LIMIT} columns.")
    _rank, delimiter, names = best
    wrapped = all(cell.strip().startswith('"') and cell.strip().endswith('"') for cell in header.split(delimiter))
    columns: list[str] = []
    for position, name in enumerate(names, 1):
        name = name.lower() if name.lower() in known else name or f"column {position}"
        columns.append(name if name not in columns else f"{name} ({position})")
    # Tab-separated reports are unquoted as a rule: a comment may begin with a quote. Unless the header is quoted.
    return Layout(delimiter, delimiter != "\t" or wrapped, tuple(columns), header)


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return header.split(delimiter)


def _record(cells: list[str], text: str, layout: Layout) -> dict[str, str] | Bad:
    if len(cells) > len(layout.columns):
        if any(cells[len(layout.columns) :]):
            return Bad(ErrorCode.UNKNOWN_FORMAT, f"{len(cells)} cells under {len(layout.columns)} columns")
        cells = cells[: len(layout.columns)]
    if not text.isascii() and _NOT_UTF8.search(text):
        return Bad(ErrorCode.UNDECODABLE, "the line is not valid UTF-8")
    return {name: cell for name, cell in zip(layout.columns, cells, strict=False) if cell}


def _reader(lines: "_Lines", layout: Layout) -> Iterator[list[str]]:
    if layout.quoted:
        return csv.reader(lines, delimiter=layout.delimiter, strict=True)
    return csv.reader(lines, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)


class _NeverClosed(Exception):
    pass


class _Lines:
    """Lines for the csv module that remember those of the current record, so that they can be read again."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.number = 0  # of the line read last
        self.current: list[str] = []
        self.waiting: deque[str] = deque()

    def header(self) -> str:
        """The first line that is not empty."""
        try:
            for line in self:
                if line.strip():
                    return line
        except LineTooLong:
            raise FileUnreadable("The first line is too long to be a header.") from None
        raise FileUnreadable("The file is empty.")

    def begin(self) -> int:
        """Begin a record; returns the number of its first line."""
        self.current = []
        return self.number + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.current) > QUOTED_LINES:
            raise _NeverClosed
        self.number += 1
        line = self.waiting.popleft() if self.waiting else next_line(self.stream).decode("utf-8", "surrogateescape")
        if not line:
            self.number -= 1
            raise StopIteration
        self.current.append(line)
        return line

    def put_back_all_but_first(self) -> None:
        self.waiting.extendleft(reversed(self.current[1:]))
        self.number -= len(self.current[1:])
        self.current = self.current[:1]

    def text(self) -> str:
        return "".join(self.current).rstrip("\r\n")
