"""A table's lines cut into cells, whatever clothes it comes in: CSV, TSV or a spreadsheet, with a header line.

Traps met in real files (docs/data-in.md lists them): byte order marks, old character sets, semicolons, unquoted tabs,
columns of the same name, rows longer than their header, cells of a megabyte, quotes that are never closed.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from intake.codes import ErrorCode, printable
from intake.readers.context import Context
from intake.readers.text import FileUnreadable, LineTooLong, decoded, next_line, spelled_out
from intake.readers.workbook import as_csv, is_workbook
from intake.rows import Bad
from intake.sentences import Sentence

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


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: the number of its first line, its cells by column (empty ones are absent), its text."""

    number: int
    cells: dict[str, str] | Bad
    text: str


class Sheet:
    """A table with its header, read line by line. `names` are the columns it may have, in small letters, each with the
    word it is called by.

    `guessed` says that its character set had to be guessed, `spreadsheet` that its times cannot say their zone.
    Raises FileUnreadable where there is no usable header.
    """

    def __init__(self, stream: IO[bytes], context: Context, names: Mapping[str, str]) -> None:
        self.spreadsheet = is_workbook(stream)
        text, self.guessed = (as_csv(stream), False) if self.spreadsheet else decoded(stream, context.marketplace)
        self._lines = _Lines(text)
        self.layout = layout_of(self._lines.header(), names)

    @property
    def header(self) -> str:
        return self.layout.header

    @property
    def columns(self) -> tuple[str, ...]:
        return self.layout.columns

    def __iter__(self) -> Iterator[Line]:
        lines, layout = self._lines, self.layout
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
                bad = Bad(ErrorCode.TOO_LARGE, Sentence("the line is too long"))
            except _NeverClosed:
                bad = Bad(ErrorCode.UNKNOWN_FORMAT, Sentence("a quote is opened here and not closed"))
            except csv.Error as error:
                large = "field limit" in str(error)
                bad = (
                    Bad(ErrorCode.TOO_LARGE, Sentence("a cell is too long"))
                    if large
                    else Bad(ErrorCode.UNKNOWN_FORMAT, Sentence("no line of a table: %(error)s", error=str(error)))
                )
            if bad is not None:
                # Only the first line is set aside: the lines after it are read again, as rows of their own.
                lines.put_back_all_but_first()
                cells = _reader(lines, layout)
            elif not any(found):
                continue
            text = lines.text()
            yield Line(start, bad or _cells(found, text, layout), spelled_out(text))


def layout_of(header: str, known: Mapping[str, str]) -> Layout:
    """Read a header line; the delimiter is the one that yields most known columns, then most columns."""
    header = header.rstrip("\r\n")
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in DELIMITERS:
        names = [" ".join(name.split()) for name in _split(header, delimiter)]
        rank = (sum(name.lower() in known for name in names), len(names))
        if best is None or rank > best[0]:
            best = (rank, delimiter, names)
    if best is None or len(best[2]) > COLUMN_LIMIT:
        raise FileUnreadable(Sentence("The header has more than %(column_limit)s columns.", column_limit=COLUMN_LIMIT))
    _rank, delimiter, names = best
    wrapped = all(cell.strip().startswith('"') and cell.strip().endswith('"') for cell in header.split(delimiter))
    columns: list[str] = []
    for position, name in enumerate(names, 1):
        name = known.get(name.lower(), printable(name)) or f"column {position}"
        columns.append(name if name not in columns else f"{name} ({position})")
    # Tab-separated reports are unquoted as a rule: a comment may begin with a quote. Unless the header is quoted.
    return Layout(delimiter, delimiter != "\t" or wrapped, tuple(columns), header)


def first_line(head: bytes) -> str:
    """The header line of a table of which these bytes (UTF-8) are the beginning."""
    return head.decode("utf-8", "surrogateescape").lstrip("\r\n").partition("\n")[0]


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return header.split(delimiter)


def _cells(cells: list[str], text: str, layout: Layout) -> dict[str, str] | Bad:
    if len(cells) > len(layout.columns):
        if any(cells[len(layout.columns) :]):
            return Bad(
                ErrorCode.UNKNOWN_FORMAT,
                Sentence("%(count)s cells under %(columns)s columns", count=len(cells), columns=len(layout.columns)),
            )
        cells = cells[: len(layout.columns)]
    if not text.isascii() and _NOT_UTF8.search(text):
        return Bad(ErrorCode.UNDECODABLE, Sentence("the line is not valid UTF-8"))
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
            raise FileUnreadable(Sentence("The first line is too long to be a header.")) from None
        raise FileUnreadable(Sentence("The file is empty."))

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
