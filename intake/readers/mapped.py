"""Tables that no format knows, read as somebody has said what their columns mean."""

import io
from collections.abc import Iterator, Mapping
from hashlib import blake2b, sha256
from typing import IO, Any

from intake.codes import ErrorCode, Problem, WarningCode
from intake.contract import RECORD_TYPES
from intake.fields import Choice, Day, Field, Flag, Ident, Idents, Moment, Number, Whole
from intake.readers.cells import Cells
from intake.readers.column_map import ColumnMap
from intake.readers.context import Context
from intake.readers.sheet import Sheet
from intake.readers.text import FileUnreadable
from intake.record import RecordType
from intake.rows import Bad, Row, RowWarning
from intake.sentences import Sentence

SOURCE = "file.mapped"


def fingerprint(columns: tuple[str, ...]) -> str:
    """The digest that a header is known by: its columns in their order, whatever their letters' case."""
    return sha256("\x00".join(name.casefold() for name in columns).encode("utf-8", "surrogatepass")).hexdigest()


def mappable(kind: RecordType) -> dict[str, Field]:
    """The values of a record type that a column can hold; values made of values are left to JSON."""
    simple = {name: one for name, one in {**kind.fields, **kind.flat_columns}.items() if not hasattr(one, "fields")}
    return {name: one for name, one in simple.items() if name != "extra"}


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """Every row of the table. Raises FileUnreadable where nobody has said what its columns mean."""
    if context.columns is None:
        raise FileUnreadable(Sentence("Nobody has said yet what the columns of this table mean."))
    return _rows(Sheet(stream, context, {}), context, context.columns)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    """The row that a line repaired by hand is."""
    return read(io.BytesIO(f"{stored.get('header', '')}\n{text}\n".encode()), context)


def _rows(sheet: Sheet, context: Context, columns: ColumnMap) -> Iterator[Row]:
    kind = RECORD_TYPES[columns.record_type]
    fields = mappable(kind)
    defaults = {**context.defaults(), "header": sheet.header, "profile": str(columns.number)}
    noted: tuple[RowWarning, ...] = (("", WarningCode.CHARSET_GUESSED),) if sheet.guessed else ()
    for line in sheet:
        record: dict[str, Any] | Bad
        if isinstance(line.cells, Bad):
            record = line.cells
        else:
            cells = Cells(line.cells, context)
            try:
                record = _record(cells, kind, fields, columns)
            except Problem as problem:
                record = Bad(problem.code, problem.message, problem.field)
            noted += tuple(cells.warnings)
        yield Row(f"line {line.number}", record, line.text, defaults, None, noted)
        noted = ()


def _record(cells: Cells, kind: RecordType, fields: Mapping[str, Field], columns: ColumnMap) -> dict[str, Any]:
    record: dict[str, Any] = {"type": kind.name}
    for name, said in columns.constants.items():
        if name in fields:
            record[name] = said
    flat: dict[str, Any] = {}
    for column, name in columns.columns.items():
        if name not in fields or not cells.text(column):
            continue
        value = _value(fields[name], column, cells, columns)
        if value is not None:
            (flat if name in kind.flat_columns else record)[name] = value
    if flat:
        record[kind.flat] = [flat]
    if columns.scale and "value_number" in record:
        record.setdefault("scale_min", columns.scale[0])
        record.setdefault("scale_max", columns.scale[1])
    if kind.name == "message" and "direction" not in record and "author_kind" in record:
        record["direction"] = "inbound" if record["author_kind"] == "buyer" else "outbound"
    if "external_id" not in record and columns.id_from:
        record["external_id"] = _made_id(cells, columns.id_from)
    return record


def _value(one: Field, column: str, cells: Cells, columns: ColumnMap) -> Any:
    """A cell as the contract writes the field's value. Raises Problem with the column's name."""
    said = cells.text(column) or ""
    known = columns.word(one.name, said)
    match one:
        case Moment():
            return cells.moment(column, formats=columns.moment_formats, zone=columns.zone)
        case Day():
            return cells.day(column, formats=columns.day_formats)
        case Number():
            return cells.number(column, decimal_comma=columns.decimal_comma)
        case Whole():
            return cells.whole(column)
        case Flag():
            return known == "true" if known else cells.flag(column)
        case Choice():
            return known or said.casefold().replace(" ", "_")
        case Idents():
            return [part.strip() for part in said.replace(",", ";").split(";") if part.strip()]
        case Ident():
            return cells.ident(column)
    return said


def _made_id(cells: Cells, id_from: tuple[str, ...]) -> str:
    """An ID for a row whose table has none: the same cells make the same ID, so reading twice creates nothing."""
    parts = [cells.text(column) or "" for column in id_from]
    if not any(parts):
        raise Problem(
            ErrorCode.MISSING_REQUIRED, Sentence("%(allowed)s are empty", allowed=" and ".join(id_from)), id_from[0]
        )
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
