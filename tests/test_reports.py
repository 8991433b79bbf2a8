"""Reading other systems' tables: character sets, spreadsheets, archives, times, numbers, rows that belong together."""

import contextlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.codes import ErrorCode, Problem, WarningCode
from intake.contract import RECORD_TYPES
from intake.readers import READERS, recognise, tables
from intake.readers.cells import Cells, plain_number
from intake.readers.context import Context
from intake.readers.formats import Head
from intake.readers.reports import Record, Report
from intake.readers.text import FileUnreadable, decoded
from intake.readers.times import in_zone, read_day, read_moment
from intake.rows import Bad

BERLIN = Context(datetime(2026, 11, 20, tzinfo=UTC), zone="Europe/Berlin", marketplace="DE", identity=b"key")
PLAIN = Context(datetime(2026, 11, 20, tzinfo=UTC))


# --- Character sets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "marketplace", "text", "guessed"),
    [
        ("cp1252", "DE", "Datum;Kommentar\n1;Lieferung verspätet, Gehäuse zerkratzt\n", False),
        ("cp1252", "US", "a;b\n1;caf\u00e9\n", False),
        ("cp932", "JP", "日付,コメント\n1,①㈱髙橋～\n", False),
        ("gb18030", "CN", "订单号,评论\n1,包装破损\n", False),
        ("gb18030", "", "订单号,评论\n1,包装破损，客服没有回复\n", True),
        ("big5", "", "訂單號,評論\n1,包裝破損，客服沒有回覆，商品與描述不符\n2,等了兩個星期還沒有收到\n", True),
        ("gb18030", "US", "订单号,评论\n1,包装破损，客服没有回复\n", True),
        ("utf-8", "JP", "日付,コメント\n1,髙橋\n", False),
        ("utf-16", "", "日付,コメント\n1,髙橋\n", False),
        ("utf-8-sig", "DE", "Datum;Größe\n", False),
    ],
)
def test_a_table_is_read_in_the_character_set_it_was_written_in(
    charset: str, marketplace: str, text: str, guessed: bool
) -> None:
    stream, was_guessed = decoded(io.BytesIO(text.encode(charset)), marketplace)
    assert (stream.read().decode(), was_guessed) == (text, guessed)


def test_one_broken_line_among_utf8_ones_does_not_change_the_character_set() -> None:
    content = "größe\nhöhe\n".encode() + b"l\xe4nge\n"
    assert decoded(io.BytesIO(content), "DE")[0].read() == content


def test_a_guessed_character_set_is_told_once() -> None:
    content = "external_id,rating,rated_on,comment\nf-1,1,2026-11-05,包装破损\nf-2,1,2026-11-05,没有回复\n".encode(
        "gb18030"
    )
    rows = list(tables.read(io.BytesIO(content), PLAIN, RECORD_TYPES["feedback"]))
    assert [row.record["comment"] for row in rows] == ["包装破损", "没有回复"]
    assert [row.warnings for row in rows] == [(("", WarningCode.CHARSET_GUESSED),), ()]


# --- Times and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "moment", "warning"),
    [
        ("2026-11-09T15:02:11Z", "2026-11-09T15:02:11+00:00", None),
        ("2026-11-09 15:02:11 +0100", "2026-11-09T14:02:11+00:00", None),
        ("2026-11-09 15:02", "2026-11-09T14:02:00+00:00", None),  # Berlin in winter: one hour ahead
        ("2026/11/09 15:02:11 PST", "2026-11-09T23:02:11+00:00", None),
        ("2026-07-09 15:02:11 MEST", "2026-07-09T13:02:11+00:00", None),
        # On 25 October 2026 the clocks go from 03:00 back to 02:00: 02:30 first comes in summer time.
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00+00:00", WarningCode.AMBIGUOUS_LOCAL_TIME),
        # On 29 March 2026 they go from 02:00 to 03:00: 02:30 does not exist, an hour later is 03:30 in summer time.
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00+00:00", WarningCode.NONEXISTENT_LOCAL_TIME),
    ],
)
def test_times_are_read_with_the_zone_they_mean(written: str, moment: str, warning: WarningCode | None) -> None:
    found, noted = read_moment(written, "Europe/Berlin")
    assert (found.isoformat(), noted) == (moment, warning)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2026-11-09 15:02:11 XYZ", ErrorCode.BAD_TIMESTAMP), ("2026-13-09 15:02:11", ErrorCode.BAD_TIMESTAMP),
        ("tomorrow", ErrorCode.BAD_TIMESTAMP), ("2026-11-09", ErrorCode.BAD_TIMESTAMP),
        ("2026-11-09 15:02:11 +9900", ErrorCode.BAD_TIMESTAMP), ("2026-11-09 15:02:11", ErrorCode.MISSING_TIMEZONE),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(written: str, code: ErrorCode) -> None:
    with pytest.raises(Problem) as caught:
        read_moment(written, "")
    assert caught.value.code == code


def test_a_time_in_a_format_of_its_own_may_have_letters_behind_it() -> None:
    assert read_moment("11/09/26 3:02 PM PST", "", ["%m/%d/%y %I:%M %p"])[0].isoformat() == "2026-11-09T23:02:00+00:00"


@pytest.mark.parametrize(
    ("written", "formats", "day"),
    [
        ("05-Nov-2026", (), "2026-11-05"), ("2026-11-05", (), "2026-11-05"), ("2026/11/5", (), "2026-11-05"),
        ("05.11.26", ("%d.%m.%y",), "2026-11-05"), ("11/05/26", ("%m/%d/%y",), "2026-11-05"),
    ],
)  # fmt: skip
def test_days_are_read_in_the_order_of_their_marketplace(written: str, formats: tuple[str, ...], day: str) -> None:
    assert read_day(written, formats).isoformat() == day


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("12", "12"), ("12.50", "12.50"), ("12,50", "12.50"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"),
        ("1,234", "1234"), ("1.234", "1.234"), ("1.234.567", "1234567"), ("1 234,5 €", "1234.5"), ("-3", "-3"),
        ("(12.50)", "-12.50"), ("$9.99", "9.99"), ("USD 9.99", "9.99"), ("9.99USD", "9.99"), (".5", "0.5"),
        ("98.10%", "98.10"), ("¥1,200", "1200"), ("1'234.50", "1234.50"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written: str, plain: str) -> None:
    assert plain_number(written) == plain


def test_the_decimal_sign_may_be_stated() -> None:
    assert plain_number("1,234", decimal_comma=True) == "1.234"
    assert plain_number("1.234", decimal_comma=True) == "1234"


@pytest.mark.parametrize("written", ["", "abc", "12a4", "1e5", "--3", "1.2.3,4,5x", "(3", "NaN", "12 apples"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Problem):
        plain_number(written)


@given(st.text(max_size=40))
def test_no_text_makes_a_cell_fail_otherwise_than_with_a_problem(text: str) -> None:
    cells = Cells({"x": text}, BERLIN)
    for read in (cells.moment, cells.day, cells.number, cells.whole, cells.flag, cells.ident, cells.text):
        try:
            read("x")
        except Problem as problem:
            assert problem.field == "x"


@given(st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2040, 1, 1)))
def test_every_local_time_is_a_moment_that_shows_as_that_time_unless_it_does_not_exist(naive: datetime) -> None:
    from zoneinfo import ZoneInfo

    moment, warning = in_zone(naive, "America/New_York")
    shown = moment.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)
    assert (shown == naive) == (warning != WarningCode.NONEXISTENT_LOCAL_TIME)


# --- A report ------------------------------------------------------------------------------------------------------


def build(rows: Sequence[Cells], context: Context) -> Iterable[Record]:
    first = rows[0]
    yield {
        "type": "order",
        "external_id": first.required("order"),
        "placed_at": first.moment("date"),
        "status": first.choice("state", {"sent": "shipped"}) or "pending",
        "items": [{"sku": row.text("sku"), "quantity": row.whole("pieces")} for row in rows],
    }


REPORT = Report(
    source="x.orders",
    title="Orders of X",
    system="x-shop",
    needs=frozenset({"order", "date"}),
    uses=frozenset({"order", "date", "state", "sku", "pieces"}),
    drops=frozenset({"buyer"}),
    together="order",
    aliases={"bestellung": "order", "datum": "date"},
    build=build,
)
FORMAT = REPORT.format()


def read(text: str) -> list[Any]:
    return list(FORMAT.read(io.BytesIO(text.encode()), BERLIN))


def test_rows_that_belong_together_make_one_record_even_where_they_stand_apart() -> None:
    rows = read(
        "Bestellung\tDatum\tState\tSKU\tPieces\n"
        "o-1\t2026-11-09 12:00\tsent\tA\t1\no-1\t2026-11-09 12:00\tsent\tB\t2.0\n"
        "o-2\t2026-11-09 12:00\tsent\tA\t1\no-3\t2026-11-09 12:00\tsent\tC\t1\no-2\t2026-11-09 12:00\tsent\tD\t1\n"
    )
    assert [(row.pointer, row.record["external_id"], [one["sku"] for one in row.record["items"]]) for row in rows] == [
        ("lines 2-3", "o-1", ["A", "B"]),
        ("line 5", "o-3", ["C"]),
        ("lines 4-6", "o-2", ["A", "D"]),
    ]
    assert rows[0].record["items"][1]["quantity"] == 2
    assert rows[0].record["placed_at"] == "2026-11-09T11:00:00+00:00"
    assert rows[0].defaults["system"] == "x-shop"


def test_unknown_columns_are_told_and_kept_unless_they_are_about_a_person() -> None:
    rows = read("order\tdate\tstate\tbuyer\tgift\trecipient-name\no-1\t2026-11-09 12:00\tlost\tAlex\tyes\tAlex\n")
    assert rows[0].record["extra"] == {"gift": "yes", "state": "lost"}
    assert rows[0].warnings == (
        ("gift", WarningCode.UNKNOWN_COLUMN),
        ("recipient-name", WarningCode.UNKNOWN_COLUMN),
        ("state", WarningCode.UNKNOWN_ENUM_KEPT_RAW),
    )


def test_a_row_that_cannot_be_built_is_set_aside_with_its_lines_and_can_be_repaired() -> None:
    row = read("order\tdate\no-1\tsoon\n")[0]
    assert row.record == Bad(ErrorCode.BAD_TIMESTAMP, "'soon' is not a time", "date")
    assert (row.pointer, row.text, row.defaults["header"]) == ("line 2", "o-1\tsoon", "order\tdate")
    mended = list(FORMAT.again("o-1\t2026-11-09 12:00", {"header": "order\tdate"}, BERLIN))
    assert [one.record["external_id"] for one in mended] == ["o-1"]


def test_a_report_is_recognised_by_the_columns_it_needs_in_any_of_their_words() -> None:
    assert FORMAT.fit(Head(b"Bestellung;Datum;SKU\n")) == 3
    assert FORMAT.fit(Head(b"order;SKU\n")) == 0
    assert FORMAT.fit(Head(b'{"order": 1, "date": 2}')) == 0


# --- Spreadsheets and archives -------------------------------------------------------------------------------------


def cell(value: Any) -> str:
    """A cell as a spreadsheet writes it; a pair is a serial number of a day with the style of a time."""
    if isinstance(value, tuple):
        return f'<c s="1"><v>{value[0]}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """A spreadsheet of one sheet, member by member as the format describes it."""
    lines = "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relations}/worksheet" '
            f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{relations}/styles" Target="styles.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
            "</styleSheet>",
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'
        )
    return out.getvalue()


def test_a_spreadsheet_is_a_table_whose_times_are_the_accounts() -> None:
    # 46320.5 is noon of 25 October 2026; 46320.1041666667 is 02:30 of it, which Berlin has twice.
    content = workbook(
        [
            ["external_id", "placed_at", "status", "total_amount"],
            [123456789012345.0, (46320.5,), "shipped", 12.5],
            ["o-2", (46320.1041666667,), "shipped", 7.0],
        ]
    )
    assert recognise(io.BytesIO(content), BERLIN) == "file.orders"
    rows = list(tables.read(io.BytesIO(content), BERLIN, RECORD_TYPES["order"]))
    assert [row.record for row in rows] == [
        {"external_id": "123456789012345", "placed_at": "2026-10-25T11:00:00+00:00", "status": "shipped",
         "total_amount": "12.5"},
        {"external_id": "o-2", "placed_at": "2026-10-25T00:30:00+00:00", "status": "shipped", "total_amount": "7"},
    ]  # fmt: skip
    assert rows[1].warnings == (("placed_at", WarningCode.AMBIGUOUS_LOCAL_TIME),)
    again = list(
        tables.again("o-2,2026-10-25 12:00:00,shipped,7", dict(rows[1].defaults), BERLIN, RECORD_TYPES["order"])
    )
    assert again[0].record["placed_at"] == "2026-10-25T11:00:00+00:00"


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


ORDERS = b"external_id,placed_at,status\no-1,2026-11-09T12:00:00Z,shipped\n"


def test_an_archive_is_read_member_by_member_and_what_cannot_be_read_is_set_aside() -> None:
    content = archive(
        {
            "b.csv": ORDERS,
            "a.txt": b"hello",
            "__MACOSX/b.csv": b"x",
            "c/.DS_Store": b"x",
            "d.zip": archive({"x": ORDERS}),
        }
    )
    assert recognise(io.BytesIO(content), PLAIN) == "archive"
    rows = list(READERS["archive"].read(io.BytesIO(content), PLAIN))
    assert [(row.pointer, row.source, isinstance(row.record, Bad)) for row in rows] == [
        ("file 1 a.txt", "", True),
        ("file 2 b.csv: line 2", "file.orders", False),
        ("file 3 d.zip", "", True),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({"bomb.csv": b"0" * 60_000_000}), "honest"),
        (archive({"a.csv": ORDERS})[:-30] + b"x" * 40, "damaged"),
        (archive({"a.csv": ORDERS})[:-30], "damaged"),
    ],
)
def test_bombs_and_ruins_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        list(READERS[recognise(io.BytesIO(content), PLAIN)].read(io.BytesIO(content), PLAIN))


def test_an_archive_that_lies_about_its_contents_costs_what_it_holds_and_not_the_import() -> None:
    content = bytearray(archive({"a.csv": ORDERS, "b.csv": ORDERS.replace(b"o-1", b"o-2")}, zipfile.ZIP_STORED))
    content[content.index(b"o-1")] = ord("x")  # the checksum no longer fits
    rows = list(READERS["archive"].read(io.BytesIO(bytes(content)), PLAIN))
    assert [row.record["external_id"] for row in rows if not isinstance(row.record, Bad)][-1] == "o-2"
    assert any(isinstance(row.record, Bad) and row.record.code == ErrorCode.UNDECODABLE for row in rows)


# --- Buyers --------------------------------------------------------------------------------------------------------


def test_a_buyer_has_one_name_in_an_account_and_another_elsewhere() -> None:
    other = Context(BERLIN.observed_at, identity=b"another account")
    assert BERLIN.pseudonym("A1B2@marketplace.amazon.de") == BERLIN.pseudonym(" a1b2@marketplace.amazon.de")
    assert BERLIN.pseudonym("a") != other.pseudonym("a")
    assert BERLIN.pseudonym("a", "b") != BERLIN.pseudonym("ab")
    assert len(BERLIN.pseudonym("a")) == 32


@pytest.mark.parametrize("source", sorted(READERS))
def test_every_format_has_a_title_and_reads_its_own_rejected_rows_without_an_exception(source: str) -> None:
    assert str(READERS[source].title)
    for text in ("", "x", '{"a": 1}', "a\tb\n\n", "\x00\ufffd"):
        with contextlib.suppress(FileUnreadable):
            list(READERS[source].again(text, {"header": "a\tb"}, BERLIN))
