"""Reading files: pure functions from bytes to rows, and what real files do to them."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.codes import ErrorCode
from intake.contract import RECORD_TYPES
from intake.readers import READERS, documents, recognise, tables
from intake.readers.context import Context
from intake.readers.text import FileUnreadable
from intake.rows import Bad, Row

CONTEXT = Context(datetime(2026, 1, 6, tzinfo=UTC))
HEADER = "external_id,placed_at,status"
UTF_16 = f"{HEADER}\r\no-1,x,shipped\r\no-2,y,shipped\r\n".replace(",", "\t").encode("utf-16")


def read_table(content: str | bytes, kind: str = "order") -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(tables.read(io.BytesIO(data), CONTEXT, RECORD_TYPES[kind]))


def read_json(content: str | bytes) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(documents.read(io.BytesIO(data), CONTEXT))


def ids(rows: list[Row]) -> list[Any]:
    return [row.record["external_id"] if isinstance(row.record, dict) else row.record.code for row in rows]


# --- Tables ----------------------------------------------------------------------------------------------------------


def test_cells_are_named_by_the_header_and_empty_cells_are_absent() -> None:
    row = read_table(f"{HEADER},cancelled_by\no-1,2026-01-05T10:00:00Z,shipped,\n")[0]
    assert row.record == {"external_id": "o-1", "placed_at": "2026-01-05T10:00:00Z", "status": "shipped"}
    assert (row.pointer, row.text) == ("line 2", "o-1,2026-01-05T10:00:00Z,shipped,")


@pytest.mark.parametrize(
    ("label", "content"),
    [
        ("plain", f"{HEADER}\no-1,x,shipped\no-2,y,shipped\n".encode()),
        ("byte order mark", f"{HEADER}\no-1,x,shipped\no-2,y,shipped\n".encode("utf-8-sig")),
        ("UTF-16 of a spreadsheet", UTF_16),
        ("semicolons", b"external_id;placed_at;status\no-1;x;shipped\no-2;y;shipped\n"),
        ("tabs", b"external_id\tplaced_at\tstatus\no-1\tx\tshipped\no-2\ty\tshipped\n"),
        ("line ends of Windows", f"{HEADER}\r\no-1,x,shipped\r\no-2,y,shipped\r\n".encode()),
        ("no end of the last line", f"{HEADER}\no-1,x,shipped\no-2,y,shipped".encode()),
        ("empty lines", f"\n{HEADER}\n\no-1,x,shipped\n,,\n\no-2,y,shipped\n".encode()),
        ("capitals and blanks in the header", b"External_ID , placed_at,STATUS\no-1,x,shipped\no-2,y,shipped\n"),
        ("cells all quoted", b'"external_id","placed_at","status"\n"o-1","x","shipped"\n"o-2","y","shipped"\n'),
    ],
)  # fmt: skip
def test_the_same_table_in_many_clothes(label: str, content: bytes) -> None:
    assert recognise(io.BytesIO(content), CONTEXT) == "file.orders"
    assert [row.record for row in read_table(content)] == [
        {"external_id": "o-1", "placed_at": "x", "status": "shipped"},
        {"external_id": "o-2", "placed_at": "y", "status": "shipped"},
    ]


def test_a_comment_in_an_unquoted_tab_file_may_begin_with_a_quote() -> None:
    rows = read_table('external_id\trating\tcomment\nf-1\t1\t"broken\nf-2\t5\tfine\n', "feedback")
    assert [row.record["comment"] for row in rows] == ['"broken', "fine"]


def test_a_tab_file_whose_header_is_quoted_is_quoted_throughout() -> None:
    rows = read_table('"external_id"\t"rating"\t"comment"\n"f-1"\t"1"\t"two\nlines\tand a tab"\n', "feedback")
    assert [row.record["comment"] for row in rows] == ["two\nlines\tand a tab"]


def test_quoted_cells_hold_delimiters_quotes_and_line_ends() -> None:
    rows = read_table('external_id,rating,comment\nf-1,1,"a ""lamp"", broken\nand late"\nf-2,5,ok\n', "feedback")
    assert rows[0].record["comment"] == 'a "lamp", broken\nand late'
    assert [row.pointer for row in rows] == ["line 2", "line 4"]


def test_a_quote_that_is_never_closed_costs_one_row_and_not_the_file() -> None:
    rows = read_table('external_id,rating,comment\nf-1,1,"broken\nf-2,5,ok\nf-3,4,ok\n', "feedback")
    assert ids(rows) == [ErrorCode.UNKNOWN_FORMAT, "f-2", "f-3"]
    assert (rows[0].pointer, rows[0].text) == ("line 2", 'f-1,1,"broken')


def test_a_quote_that_is_never_closed_is_not_followed_through_a_long_file() -> None:
    lines = "".join(f"f-{number},5,ok\n" for number in range(2, 5000))
    rows = read_table(f'external_id,rating,comment\nf-1,1,"broken\n{lines}', "feedback")
    assert ids(rows[:3]) == [ErrorCode.UNKNOWN_FORMAT, "f-2", "f-3"]
    assert (len(rows), rows[-1].pointer) == (4999, "line 5000")


def test_columns_of_the_same_name_do_not_swallow_each_other() -> None:
    row = read_table("external_id,status,status,\no-1,shipped,late,x\n")[0]
    assert row.record == {"external_id": "o-1", "status": "shipped", "status (3)": "late", "column 4": "x"}


def test_a_row_longer_than_its_header_is_set_aside() -> None:
    rows = read_table(f"{HEADER}\no-1,x,shipped,surplus\no-2,x,shipped,,\n")
    assert ids(rows) == [ErrorCode.UNKNOWN_FORMAT, "o-2"]
    assert rows[0].record == Bad(ErrorCode.UNKNOWN_FORMAT, "4 cells under 3 columns")


def test_bytes_that_are_no_text_cost_one_row() -> None:
    rows = read_table(HEADER.encode() + b"\no-1,x,\xff\xfe\no-2,x,shipped\n")
    assert ids(rows) == [ErrorCode.UNDECODABLE, "o-2"]
    assert rows[0].text == "o-1,x,\\xff\\xfe"


def test_long_cells_are_read_and_absurd_ones_set_aside() -> None:
    long, absurd = "x" * 200_000, "x" * (1024 * 1024 + 1)
    rows = read_table(f"external_id,rating,comment\nf-1,1,{long}\nf-2,1,{absurd}\nf-3,1,ok\n", "feedback")
    assert len(rows[0].record["comment"]) == 200_000
    assert ids(rows) == ["f-1", ErrorCode.TOO_LARGE, "f-3"]


def test_a_line_without_end_is_skipped_in_constant_memory() -> None:
    rows = read_table(f"{HEADER}\no-1,x,{'y' * 5_000_000}\no-2,x,shipped\n")
    assert ids(rows) == [ErrorCode.TOO_LARGE, "o-2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"\n\n", "empty"), (b"PK\x03\x04rest", "damaged"), (b"\x00\x01\x02\x03", "not text"),
        (b"\x89PNG\r\n\x1a\nrest", "not text"), (b"\xff\xd8\xff\xe0rest", "not text"), (b"GIF89a;rest", "not text"),
        (b"%PDF-1.7\nrest", "not text"), (b"\xd0\xcf\x11\xe0\xa1\xb1rest", "not text"),
        (b"colour,size\nred,1\n", "header"), (b"external_id\nx\n", "header"),
        (b"external_id" + b",a" * 600 + b"\n", "500 columns"),
    ],
)  # fmt: skip
def test_a_file_that_fits_no_format_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        recognise(io.BytesIO(content), CONTEXT)


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=lambda kind: kind.name)
def test_every_type_is_recognised_by_its_whole_header_and_by_its_shortest(kind: Any) -> None:
    shortest = [name for name in kind.required if not kind.fields[name].about] + list(kind.one_of[:1])
    assert recognise(io.BytesIO(",".join(kind.columns).encode()), CONTEXT) == kind.source
    assert recognise(io.BytesIO(",".join(shortest).encode()), CONTEXT) == kind.source


# --- JSON ------------------------------------------------------------------------------------------------------------

RECORDS = [{"external_id": "a", "n": 1.5}, {"external_id": "b"}, {"external_id": "c", "t": 'ü "\\ \u2028'}]


def shapes() -> Iterator[tuple[str, str]]:
    envelope = {"schema": "1", "system": "x-demo", "observed_at": "2026-01-01T00:00:00Z"}
    yield "one line", json.dumps({**envelope, "records": RECORDS})
    yield "many lines", json.dumps({**envelope, "records": RECORDS}, indent=2)
    yield "records first", json.dumps({"records": RECORDS, **envelope})
    yield "with a byte order mark", "\ufeff" + json.dumps({**envelope, "records": RECORDS})
    yield "batches on lines", "\n".join(json.dumps({**envelope, "records": [record]}) for record in RECORDS)


@pytest.mark.parametrize(("label", "content"), list(shapes()))
def test_a_document_says_what_holds_for_its_records(label: str, content: str) -> None:
    rows = read_json(content)
    assert ids(rows) == ["a", "b", "c"]
    assert str(rows[0].record["n"]) == "1.5"
    for row in rows:
        assert (row.defaults["system"], row.defaults["observed_at"]) == ("x-demo", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS), json.dumps(RECORDS, indent=1), "\n".join(json.dumps(record) for record in RECORDS),
        "\n\n".join(json.dumps(record) for record in RECORDS) + "\n",
    ],
)  # fmt: skip
def test_lists_and_lines_take_what_holds_from_the_delivery(content: str) -> None:
    rows = read_json(content)
    assert ids(rows) == ["a", "b", "c"]
    assert {row.defaults["observed_at"] for row in rows} == {CONTEXT.observed_at}


def test_a_record_keeps_its_text_as_it_was_sent() -> None:
    rows = read_json('{"records": [ {"external_id": "a",  "n": 1.50} ]}')
    assert rows[0].text == '{"external_id": "a",  "n": 1.50}'


def test_a_record_that_names_a_field_twice_costs_one_row() -> None:
    rows = read_json('[{"external_id": "a"}, {"x": [{"k": 1, "k": 2}]}, {"external_id": "c"}]')
    assert ids(rows) == ["a", ErrorCode.UNKNOWN_FORMAT, "c"]


def test_a_value_that_names_a_field_twice_costs_its_record_and_keeps_its_text() -> None:
    text = '{"type": "order", "external_id": "o-1", "items": {"a": 1, "a": 2}}'
    row = read_json(text.replace(", ", ",\n"))[0]
    assert row.record == Bad(ErrorCode.UNKNOWN_FORMAT, "the object names this field twice", "items.a")
    assert row.text == text.replace('"a": 1, "a"', '"a": 1,\n"a"')
    with pytest.raises(FileUnreadable, match="system"):
        read_json('{"system": {"a": 1, "a": 2},\n "records": [{"type": "order"}]}')


def test_a_broken_line_costs_one_row() -> None:
    rows = read_json(b'{"external_id": "a"}\n{"external_id": \n\xff\xfe\n{"a": NaN}\n{"external_id": "c"}\n')
    assert ids(rows) == ["a", ErrorCode.UNKNOWN_FORMAT, ErrorCode.UNDECODABLE, ErrorCode.BAD_NUMBER, "c"]
    assert [row.pointer for row in rows] == ["line 1", "line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    "broken",
    ['{"records": [{"external_id": "a"}, {"external_id": ', '{"records": [{"external_id": "a"}, oops]}',
     '{"records": [{"external_id": "a"}, ' + "[" * 5000, '{"records": [{"external_id": "a"}], "records": []}',
     '{"records": [{"external_id": "a"}]} and more'],
)  # fmt: skip
def test_where_a_document_breaks_off_the_records_before_are_read_and_the_break_is_told(broken: str) -> None:
    reading = documents.read(io.BytesIO(broken.encode()), CONTEXT)
    assert next(reading).record == {"external_id": "a"}
    with pytest.raises(FileUnreadable):
        list(reading)


def test_a_document_larger_than_the_window_is_read_in_pieces() -> None:
    many = [{"external_id": f"r-{number}", "text": "x" * (number % 700)} for number in range(3000)]
    rows = read_json(json.dumps({"records": many}))
    assert [row.record for row in rows] == many


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]))
def test_any_json_is_read_as_the_standard_library_reads_it(records: list[Any], indent: int | None) -> None:
    assert [row.record for row in read_json(json.dumps(records, indent=indent))] == records


@given(st.binary(max_size=200), st.sampled_from(sorted(READERS)))
def test_no_bytes_escape_as_an_exception(content: bytes, source: str) -> None:
    for data in (content, b"[" + content, b'{"records": [' + content, b"external_id,status,placed_at\n" + content):
        try:
            rows = list(READERS[source].read(io.BytesIO(data), CONTEXT))
        except FileUnreadable:
            continue
        assert all(isinstance(row, Row) for row in rows)
