"""Canonical tables: a header line of the contract's field names, one record a line, every cell text."""

import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO

from intake.codes import ErrorCode, Problem, WarningCode
from intake.contract import CONTROL
from intake.fields import Moment
from intake.readers.context import Context
from intake.readers.sheet import Sheet, layout_of
from intake.readers.times import read_moment
from intake.record import RecordType
from intake.rows import Bad, Row, RowWarning
from intake.sentences import Sentence

_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", re.ASCII)


def read(stream: IO[bytes], context: Context, record_type: RecordType) -> Iterator[Row]:
    """Every row of a table of records of this type. Raises FileUnreadable where there is no usable header.

    The times of a spreadsheet cannot say their zone: they are the account's local times.
    """
    sheet = Sheet(stream, context, known_columns(record_type))
    return _rows(sheet, context, record_type, context.zone if sheet.spreadsheet else "")


def again(text: str, stored: Mapping[str, str], context: Context, record_type: RecordType) -> Iterator[Row]:
    """The row that a line repaired by hand is, under the header and in the zone it was `stored` with."""
    whole = io.BytesIO(f"{stored.get('header', '')}\n{text}\n".encode())
    sheet = Sheet(whole, context, known_columns(record_type))
    found = list(islice(_rows(sheet, context, record_type, stored.get("zone", "")), 2))
    if len(found) != 1:
        yield Row("", Bad(ErrorCode.UNKNOWN_FORMAT, Sentence("must be exactly one row")), text, {}, record_type)
    else:
        yield from found


def fit(header: str, kind: RecordType) -> int:
    """How many columns that a header names are this type's; 0 when it lacks what every record of the type needs."""
    columns = set(layout_of(header, known_columns(kind)).columns)
    needed = {name for name in kind.required if not kind.fields[name].about}
    if needed <= columns and (not kind.one_of or columns & set(kind.one_of)):
        return len(columns & set(kind.columns))
    return 0


def known_columns(kind: RecordType) -> dict[str, str]:
    """What a table of this type may have as its columns."""
    return {name: name for name in (*kind.columns, *CONTROL)}


def _rows(sheet: Sheet, context: Context, kind: RecordType, zone: str) -> Iterator[Row]:
    defaults = {**context.defaults(), "header": sheet.header, **({"zone": zone} if zone else {})}
    noted: tuple[RowWarning, ...] = (("", WarningCode.CHARSET_GUESSED),) if sheet.guessed else ()
    moments = [name for name, one in {**kind.fields, **kind.flat_columns}.items() if isinstance(one, Moment)]
    for line in sheet:
        record: dict[str, str] | Bad = line.cells
        if zone and isinstance(record, dict):
            for name in moments:
                noted += _give_zone(record, name, zone)
        yield Row(f"line {line.number}", record, line.text, defaults, kind, noted)
        noted = ()


def _give_zone(record: dict[str, str], name: str, zone: str) -> tuple[RowWarning, ...]:
    """Say the zone of a time that says none; what is no time is left for the contract to refuse."""
    if not _NAIVE.fullmatch(record.get(name, "").strip()):
        return ()
    try:
        moment, warning = read_moment(record[name], zone)
    except Problem:
        return ()
    record[name] = moment.isoformat()
    return ((name, warning),) if warning else ()
