"""Reports of other systems: tables whose columns are theirs. A declaration says how a row of one becomes records."""

import io
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import IO, Any

from intake.codes import Problem, WarningCode, printable
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.formats import Format, Head
from intake.readers.sheet import Line, Sheet, layout_of
from intake.rows import Bad, Row, RowWarning

# Columns that nobody declared may hold whatever a seller chose to add; these words say that it is about a person.
_PERSONAL = re.compile(
    r"name|nombre|nome|mail|e-post|correo|courriel|phone|fono|fone|address|adres|direcci|indirizzo|endere|street|city|zip"
    r"|postal|recipient|buyer|姓名|电话|電話|地址|邮|郵|氏名|住所|メール",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\S@\S+\.\w")  # whatever the column is called
EXTRA_COLUMNS = 100

Record = dict[str, Any]


def columns(text: str) -> frozenset[str]:
    """Names of columns as they stand in a text, parted by commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class Report:
    """A table of another system.

    `build` turns the rows of one record (one row, unless `together` names the column by which rows belong together)
    into records of the contract; a record it raises Problem for is set aside. `uses` are the columns it reads, `keeps`
    those that go into the first record's `extra` as they are, `drops` those that are known and not kept (buyers' names
    and addresses above all); any other is kept in `extra` with a warning, unless its name says that it is about a
    person. All are in small letters, and so are the headers.
    """

    source: str
    title: Any
    system: str
    needs: frozenset[str]  # what makes a header this report's
    uses: frozenset[str]
    build: Callable[[Sequence[Cells], Context], Iterable[Record]]
    keeps: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    together: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)  # other words for a column, in small letters

    def format(self) -> Format:
        """The report as a format that files can be read in."""
        return Format(self.source, self.title, self._fit, self._read, self._again)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is known."""
        return self.uses | self.keeps | self.drops

    @property
    def _names(self) -> dict[str, str]:
        return {**{name: name for name in self.columns}, **self.aliases}

    def _fit(self, head: Head) -> int:
        if head.is_json:
            return 0
        columns = set(layout_of(head.first_line, self._names).columns)
        return len(columns & self.columns) if self.needs <= columns else 0

    def _read(self, stream: IO[bytes], context: Context) -> Iterator[Row]:
        apart = _split_groups(Sheet(stream, context, self._names), self.together) if self.together else frozenset()
        return self._rows(Sheet(stream, context, self._names), context, apart)

    def _again(self, text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
        whole = io.BytesIO(f"{stored.get('header', '')}\n{text}\n".encode())
        return self._read(whole, context)

    def _rows(self, sheet: Sheet, context: Context, apart: Collection[int]) -> Iterator[Row]:
        defaults = {**context.defaults({"system": self.system}), "header": sheet.header}
        known = self.columns
        unknown = [name for name in sheet.columns if name not in known]
        noted: tuple[RowWarning, ...] = tuple(
            (printable(name[:80]), WarningCode.UNKNOWN_COLUMN) for name in unknown[:EXTRA_COLUMNS]
        )
        kept = self.keeps | {name for name in unknown[:EXTRA_COLUMNS] if not _PERSONAL.search(name)}
        if sheet.guessed:
            noted = (("", WarningCode.CHARSET_GUESSED), *noted)
        for lines in _together(sheet, self.together, apart):
            for row in self._built(lines, context, defaults, kept):
                yield Row(row.pointer, row.record, row.text, row.defaults, None, (*noted, *row.warnings))
                noted = ()

    def _built(
        self, lines: Sequence[Line], context: Context, defaults: Mapping[str, Any], kept: frozenset[str]
    ) -> Iterator[Row]:
        pointer, text = _place(lines), "\n".join(line.text for line in lines)
        rows: list[Cells] = []
        for line in lines:
            if isinstance(line.cells, Bad):
                yield Row(pointer, line.cells, text, defaults)
                return
            rows.append(Cells(line.cells, context))
        try:
            records = list(self.build(rows, context))
        except Problem as problem:
            yield Row(pointer, Bad(problem.code, problem.message, problem.field), text, defaults)
            return
        warnings = tuple(dict.fromkeys(warning for row in rows for warning in row.warnings))
        aside = {name: value for row in rows for name, value in row.aside.items()}
        others = {name: rows[0][name] for name in rows[0] if name in kept and not _MAIL.search(rows[0][name])}
        for position, record in enumerate(records):
            if position == 0 and (others or aside):
                record["extra"] = {**others, **aside, **(record.get("extra") or {})}
            place = pointer if position == 0 else f"{pointer} {record.get('type')} {position}"
            yield Row(place, record, text, defaults, None, warnings if position == 0 else ())


def _place(lines: Sequence[Line]) -> str:
    first, last = lines[0].number, lines[-1].number
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _together(sheet: Sheet, column: str, apart: Collection[int]) -> Iterator[list[Line]]:
    """Rows that belong together, by what they say in `column`; those that stand apart from each other come last."""
    waiting: dict[str, list[Line]] = {}
    current: list[Line] = []
    key = None
    for line in sheet:
        mine = line.cells.get(column) if column and isinstance(line.cells, dict) else None
        if mine is not None and mine == key:
            current.append(line)
            continue
        if current:
            yield current
        current, key = [], None
        if mine is not None and apart and _digest(mine) in apart:
            waiting.setdefault(mine, []).append(line)
            continue
        current, key = [line], mine
    if current:
        yield current
    yield from waiting.values()


def _split_groups(sheet: Sheet, column: str) -> frozenset[int]:
    """Digests of what is said in `column` by rows that belong together but stand apart: eight bytes for each group."""
    begun = array("Q")
    key = None
    for line in sheet:
        mine = line.cells.get(column) if isinstance(line.cells, dict) else None
        if mine is not None and mine != key:
            begun.append(_digest(mine))
        key = mine
    return frozenset(one for one, other in pairwise(sorted(begun)) if one == other)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
