"""Spreadsheets hold what the CSV holds: texts as texts, moments on the account's clock, numbers to the last digit."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from kpis import sheets
from kpis.catalogue import METRICS
from kpis.exports import rows_table
from kpis.files import xlsx_table
from kpis.metrics import Side
from kpis.rows import rows
from kpis.sheets import Heading, Look, workbook
from kpis.sweep import sweep
from tests.makers import make_account, make_answer, make_conversation, make_order, make_user

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
SUNDAY = date(2026, 1, 18)


def read(file):
    """Every sheet by its name, as rows of values."""
    book = CalamineWorkbook.from_filelike(BytesIO(file.read()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def one(value, look=Look.PLAIN):
    """What stands in the only cell of a table."""
    file = workbook([], "Table", [Heading("Title", look=look)], [[value]], BERLIN, NOW)
    return read(file)["Table"][1][0]


def test_the_first_sheet_says_what_the_file_holds():
    file = workbook([("Filter", "red"), ("Day", SUNDAY)], "Table", [Heading("Title")], [["a"], ["b"]], BERLIN, NOW)
    about, table = read(file).values()
    assert about == [
        ["Filter", "red"],
        ["Day", SUNDAY],
        ["Time zone", "Europe/Berlin"],
        ["Exported at", datetime(2026, 1, 20, 13)],  # noon UTC in Berlin's winter
        ["Number of rows", 2],
    ]
    assert table == [["Title"], ["a"], ["b"]]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@x", "＝1", "000123", "112-1234567-1234567", "https://x.example/", "1E5", "{=A1}", "a\nb"],
)
def test_a_text_stays_the_text_it_is(text):
    assert one(text) == text


def test_a_text_longer_than_a_cell_is_cut_and_says_so():
    assert one("x" * 32_767) == "x" * 32_767
    assert one("x" * 32_768) == "x" * 32_766 + "…"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, 0),
        (Decimal("19.90"), 19.9),
        (Decimal("123456789012.345"), 123456789012.345),  # 15 digits
        (1234567890123456, "1234567890123456"),  # 16 digits would end in 0
        (Decimal("0.1234567890123456"), "0.1234567890123456"),
        (10**20, 1e20),  # one digit
        (Fraction(7, 8), 0.875),
        (date(2026, 1, 18), date(2026, 1, 18)),
        (date(1899, 5, 1), "1899-05-01"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 7, 2, 0, 30)),  # Berlin's summer: 2 h ahead
    ],
)
def test_numbers_and_moments_are_exact(value, shown):
    assert one(value) == shown


def test_what_is_unknown_is_an_empty_cell():
    file = workbook([], "Table", [Heading("A"), Heading("B")], [[None, 0]], BERLIN, NOW)
    assert read(file)["Table"][1] == ["", 0]


def test_a_rate_stays_a_fraction_whatever_it_looks_like():
    assert one(Fraction(799, 10_000), Look.PERCENT) == 0.0799


def test_rows_beyond_a_sheet_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS", 3)  # a head and two rows
    found = read(workbook([], "Table", [Heading("N")], ([n] for n in range(5)), BERLIN, NOW))
    assert {name: [row[0] for row in table] for name, table in list(found.items())[1:]} == {
        "Table": ["N", 0, 1],
        "Table 2": ["N", 2, 3],
        "Table 3": ["N", 4],
    }
    assert found["About this file"][-1] == ["Number of rows", 5]


@pytest.mark.django_db
def test_rows_behind_a_figure_tell_whose_they_are_and_keep_their_order_numbers():
    account = make_account("acme", time_zone="Asia/Tokyo")
    make_answer(account, "2026-01-05 16:00", False, comment="=HYPERLINK(0)", external_id="0012")
    sweep(NOW)
    rowset = rows(account, METRICS["dissatisfaction_rate"], SUNDAY, Side.FOR)
    about, table = read(xlsx_table(rows_table(rowset, SUNDAY), NOW)).values()
    told = dict(about)
    assert told["Account"] == f"{account.name} (acme)"
    assert (told["Report day"], told["Time zone"], told["Number of rows"]) == (SUNDAY, "Asia/Tokyo", 1)
    line = dict(zip(*table, strict=True))
    assert (line["Answer"], line["Comment"]) == ("0012", "=HYPERLINK(0)")
    assert table[1][0] == datetime(2026, 1, 6, 1)  # 16:00 UTC in Tokyo


@pytest.mark.django_db
def test_a_page_and_the_api_give_the_same_spreadsheet(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    account = make_account("acme")
    make_conversation(account, ("buyer", "2026-01-10 10:00"))
    make_order(account, "2026-01-10 10:00")
    sweep(NOW)
    client.force_login(make_user("mia", account))
    page = client.get("/accounts/acme/late_response_rate/rows.xlsx?part=for&on=2026-01-18")
    assert page["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert 'filename="acme-late_response_rate-for-2026-01-18.xlsx"' in page["Content-Disposition"]
    address = "/api/v1/accounts/acme/rows/late_response_rate?on=2026-01-18&part=for"
    api = client.get(f"{address}&format=xlsx")
    by_type = client.get(address, headers={"accept": page["Content-Type"]})
    bodies = [b"".join(response.streaming_content) for response in (page, api, by_type)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(read(BytesIO(bodies[0]))["The rows behind it"]) == 2
    assert client.get("/accounts/acme/late_response_rate/rows.xlsx?part=all").status_code == 404
