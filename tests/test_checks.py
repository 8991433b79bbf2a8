"""Looking at a file before it is taken in, and tables of somebody's own: guessed, said, remembered."""

import csv
import io
import json
import time
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from intake import checks, imports
from intake.codes import ErrorCode, Problem
from intake.contexts import context_for
from intake.contract import RECORD_TYPES
from intake.fields import Cleaning
from intake.models import ImportCheck, ImportProfile, ImportRun, RejectedRow
from intake.profiles import keep_profile
from intake.readers import mapped
from intake.readers.column_map import ColumnMap
from intake.readers.context import Context
from intake.readers.guessing import guess
from intake.readers.mapped import mappable
from intake.readers.sheet import Sheet
from intake.retry import ask, dismiss, restore, retry, retry_asked
from messaging.models import Message, SurveyAnswer
from orders.models import Feedback, Order
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.django_db

State = ImportRun.State


def uploaded(account, text: str | bytes, **more: Any) -> ImportRun:
    content = text.encode() if isinstance(text, str) else text
    return imports.store(account, "a file", io.BytesIO(content), check_first=True, now=NOW, **more)


def looked(account, text: str | bytes, **more: Any) -> tuple[ImportRun, checks.Found]:
    run = uploaded(account, text, **more)
    assert checks.check(run.pk, now=NOW)
    run.refresh_from_db()
    found = checks.found_of(run)
    assert found is not None
    return run, found


ORDERS = """external_id,placed_at,status,total_amount
o-1,2026-01-05T10:00:00Z,shipped,12.50
o-2,soon,shipped,3
o-3,2026-01-06T10:00:00Z,lost,3
o-4,2026-01-06T10:00:00Z,shipped,
"""


def test_a_look_finds_the_format_the_rows_as_they_will_be_stored_and_the_errors_by_line():
    run, found = looked(make_account(), ORDERS)
    assert (run.state, run.source, run.rows_total) == (State.READY, "file.orders", 4)
    assert (found.rows, found.bad, found.records, found.whole) == (4, 2, {"order": 2}, True)
    assert found.preview[0] == {
        "place": "line 2", "account": "", "type": "order", "external_id": "o-1",
        "values": {"placed_at": "2026-01-05T10:00:00+00:00", "status": "shipped", "total_amount": "12.500"},
    }  # fmt: skip
    assert [(one["place"], one["field"], one["code"]) for one in found.errors] == [
        ("line 3", "placed_at", ErrorCode.BAD_TIMESTAMP),
        ("line 4", "status", ErrorCode.BAD_ENUM),
    ]
    assert found.errors[0]["text"] == "o-2,soon,shipped,3"


def test_a_look_writes_nothing_and_the_import_after_it_does():
    run, _found = looked(make_account(), ORDERS)
    assert not Order.objects.exists()
    assert not RejectedRow.objects.exists()
    assert imports.run_open(now=NOW, seconds=30) == 0
    assert checks.take_in(run)
    assert imports.run_open(now=NOW, seconds=30) == 1
    run.refresh_from_db()
    assert (run.state, run.created, run.quarantined) == (State.DONE, 2, 2)
    assert not checks.take_in(run)
    assert not checks.discard(run)


def test_a_command_does_what_the_worker_does_with_files(capsys):
    run, other = uploaded(make_account(), ORDERS), uploaded(make_account(), ORDERS)
    checks.check(other.pk, now=NOW)
    checks.take_in(other)
    call_command("run_imports", now=NOW.isoformat(), json=True)
    assert json.loads(capsys.readouterr().out) == {"looked": 1, "turns": 1, "retried": 0}
    states = dict(ImportRun.objects.values_list("pk", "state"))
    assert states == {run.pk: State.READY, other.pk: State.DONE}
    call_command("run_imports", now=NOW.isoformat())
    assert capsys.readouterr().out == "0 files looked at, 0 turns of imports, 0 rows tried again.\n"


def test_what_was_found_is_sealed():
    looked(make_account(), ORDERS)
    assert b"o-1" not in bytes(ImportCheck.objects.get().sealed)


def test_a_discarded_file_is_never_taken_in():
    run, _found = looked(make_account(), ORDERS)
    assert checks.discard(run)
    assert not checks.take_in(run)
    assert imports.run_open(now=NOW, seconds=30) == 0
    assert not Order.objects.exists()


def test_a_file_that_nothing_can_read_waits_with_the_reason():
    run, found = looked(make_account(), b"\x00\x01\x02\x03")
    assert (run.state, found.problem) == (State.READY, "The file is not text.")
    assert not checks.take_in(run)


def test_a_look_that_was_cut_off_is_taken_over_and_given_up_after_some_attempts():
    run = uploaded(make_account(), ORDERS)
    held = {"worker": "dead", "heartbeat_at": NOW}  # long before the database's own clock
    ImportRun.objects.filter(pk=run.pk).update(attempts=1, **held)
    assert checks.check_open(now=NOW) == 1
    run.refresh_from_db()
    assert run.state == State.READY
    other = uploaded(make_account(), ORDERS)
    ImportRun.objects.filter(pk=other.pk).update(attempts=imports.ATTEMPTS, **held)
    assert checks.check_open(now=NOW) == 1
    other.refresh_from_db()
    assert other.state == State.FAILED


def test_no_look_is_begun_when_the_time_is_over():
    uploaded(make_account(), ORDERS)
    assert checks.check_open(now=NOW, seconds=0) == 0
    assert checks.check_open(now=NOW, seconds=60) == 1


def test_a_look_at_a_file_that_was_discarded_meanwhile_leaves_no_trace():
    run = uploaded(make_account(), ORDERS)
    assert checks.discard(run)
    assert not checks.check(run.pk, now=NOW)
    assert checks.check_open(now=NOW) == 0
    assert not ImportCheck.objects.exists()


def test_a_header_that_is_no_text_in_any_character_set_can_still_be_said_to_mean_something():
    account = make_account(marketplace="")
    # Two bytes beyond ASCII are too little evidence for a character set.
    text = "Gr\xf6\xdfe,no\x00\n1,x\x00\n".encode("latin-1")
    run, found = looked(account, text)
    assert [one["name"] for one in found.columns] == ["Gr\\xdcf6\\xdcdfe", "no\\x00"]
    assert found.columns[1]["samples"] == ["x\\x00"]
    columns = tuple(one["name"] for one in found.columns)
    said = ColumnMap("feedback", {columns[0]: "rating", columns[1]: "order_external_id"}, "UTC")
    profile = keep_profile(account, columns, said, name="odd", by=None, now=NOW)
    assert checks.check_again(run, source="file.mapped", profile=profile)
    checks.check_open(now=NOW)
    run.refresh_from_db()
    assert (run.state, checks.found_of(run).rows) == (State.READY, 1)


def test_a_file_can_be_looked_at_in_another_format():
    account = make_account()
    run, found = looked(account, "external_id,order_external_id,rating,rated_on\nf-1,o-1,2,2026-01-05\n")
    assert found.records == {"feedback": 1}
    assert checks.check_again(run, source="file.orders")
    checks.check_open(now=NOW)
    run.refresh_from_db()
    assert (run.state, checks.found_of(run).bad) == (State.READY, 1)


# --- Tables of somebody's own --------------------------------------------------------------------------------------

CHINESE = """订单号;下单时间;订单状态;订单金额;最晚发货时间;发货时间
A-1;05.01.2026 10:00;已发货;"1.234,50";07.01.2026 18:00;06.01.2026 09:30
A-2;15.01.2026 11:00;已取消;"12,00";;
"""


def test_a_table_that_no_format_knows_is_guessed_at():
    run, found = looked(make_account(time_zone="Asia/Shanghai"), CHINESE)
    assert (run.state, run.source) == (State.READY, "")
    assert found.problem
    assert [one["name"] for one in found.columns] == [
        "订单号",
        "下单时间",
        "订单状态",
        "订单金额",
        "最晚发货时间",
        "发货时间",
    ]
    assert found.columns[2]["samples"] == ["已发货", "已取消"]
    said = ColumnMap.from_json(found.mapping)
    assert said == ColumnMap(
        record_type="order",
        columns={
            "订单号": "external_id", "下单时间": "placed_at", "订单状态": "status", "订单金额": "total_amount",
            "最晚发货时间": "ship_by_at", "发货时间": "confirmed_at",
        },
        zone="Asia/Shanghai",
        day_first=True,
        decimal_comma=True,
        words={"status": {"已发货": "shipped", "已取消": "cancelled"}},
    )  # fmt: skip
    # Its rows are shown as the guess would store them (10:00 in Shanghai is 02:00 in UTC); only a person takes them in.
    assert (found.rows, found.bad, found.records) == (2, 0, {"order": 2})
    assert found.preview[0]["external_id"] == "A-1"
    assert found.preview[0]["values"]["placed_at"] == "2026-01-05T02:00:00+00:00"
    assert found.preview[0]["values"]["total_amount"] == "1234.500"
    assert not checks.take_in(run)


THREAD = ["conversation_external_id", "sent_at", "author_kind", "body_text"]


@pytest.mark.parametrize(
    ("columns", "record_type", "fields"),
    [
        (["Order ID", "Order date", "Status"], "order", ["external_id", "placed_at", "status"]),
        (["会话编号", "发送时间", "发送方", "内容"], "message", THREAD),
        (["對話編號", "傳送時間", "傳送者", "內容"], "message", THREAD),
        (["工单号", "回答时间", "是否解决"], "survey_answer", ["conversation_external_id", "answered_at", "solved"]),
        (["訂單編號", "評價日期", "評分", "評論"], "feedback", ["order_external_id", "rated_on", "rating", "comment"]),
        (["Bestellnummer", "Bestelldatum", "Zustand"], "order", ["external_id", "placed_at", "status"]),
    ],
)  # fmt: skip
def test_headers_are_understood_in_several_languages(columns, record_type, fields):
    said = guess(columns, {}, "UTC")
    assert said is not None
    assert (said.record_type, list(said.columns.values())) == (record_type, fields)


def test_what_every_record_needs_and_no_word_names_is_known_by_its_cells():
    samples = {"order id": ["A-1", "A-2"], "wann": ["05.01.2026 10:00", "6.1.2026 9:05"], "was": ["已发货", "已取消"],
               "wieviel": ["12,50", "3"]}  # fmt: skip
    said = guess(list(samples), samples, "UTC")
    assert said is not None
    assert said.columns == {"order id": "external_id", "wann": "placed_at", "was": "status"}
    # Two columns look alike: nobody knows which of them is meant.
    said = guess([*samples, "und"], {**samples, "und": samples["wann"]}, "UTC")
    assert said is not None
    assert "placed_at" not in said.columns.values()


def test_what_a_survey_asked_follows_from_its_answers():
    assert guess(["工单号", "回答时间", "是否解决"], {}, "UTC").constants == {"kind": "solved"}
    assert guess(["Ticket", "Answered at", "CSAT"], {}, "UTC").constants == {"kind": "csat"}


def test_a_table_that_says_nothing_is_not_guessed_at():
    assert guess(["foo", "bar"], {}, "UTC") is None


def remember(account, text: str, said: ColumnMap) -> ImportProfile:
    columns = Sheet(io.BytesIO(text.encode()), context_for(account, NOW), {}).columns
    return keep_profile(account, columns, said, name="ERP", by=None, now=NOW)


def test_what_a_person_said_is_remembered_for_the_next_table_with_the_header():
    account = make_account(time_zone="Europe/Berlin")
    _run, found = looked(account, CHINESE)
    remember(account, CHINESE, ColumnMap.from_json({**found.mapping, "zone": "Europe/Berlin"}))
    later = CHINESE.replace("A-1", "A-3").replace("A-2", "A-4")
    run, again = looked(account, later)
    assert (run.source, again.problem, again.records) == ("file.mapped", "", {"order": 2})
    checks.take_in(run)
    imports.run_open(now=NOW, seconds=30)
    order = Order.objects.get(external_id="A-3")
    # 10:00 and 09:30 in Berlin in January are 09:00 and 08:30 in UTC.
    assert order.placed_at == datetime.fromisoformat("2026-01-05T09:00:00Z")
    assert order.shipments.get().confirmed_at == datetime.fromisoformat("2026-01-06T08:30:00Z")
    assert (str(order.total_amount), order.status) == ("1234.500", "shipped")
    assert Order.objects.get(external_id="A-4").status == "cancelled"
    # Another account's table with the same header is not read by it.
    assert looked(make_account(), CHINESE)[0].source == ""


def test_a_file_sent_without_a_look_is_read_by_a_mapping_that_is_known():
    account = make_account()
    _run, found = looked(account, CHINESE)
    remember(account, CHINESE, ColumnMap.from_json(found.mapping))
    run = imports.store(account, "sent", io.BytesIO(CHINESE.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)
    run.refresh_from_db()
    assert (run.state, run.source, run.created) == (State.DONE, "file.mapped", 2)


MESSAGES = """会话,时间,身份,内容
c-1,2026-01-05 10:00,买家,灯坏了
c-1,2026-01-05 12:00,客服,我们再寄一个
c-1,2026-01-05 13:00,机器人小助手,已收到
"""


def taken_in(account, text: str, said: ColumnMap) -> ImportRun:
    remember(account, text, said)
    run = imports.store(account, "sent", io.BytesIO(text.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)
    run.refresh_from_db()
    return run


def test_times_without_a_zone_are_read_in_the_one_that_was_said_also_where_the_clock_is_changed():
    text = "order id;when;state\nA;26.10.2025 02:30;Shipped\nB;30.03.2025 02:30;SHIPPED\nC;05.01.2026 02:30;shipped\n"
    columns = {"order id": "external_id", "when": "placed_at", "state": "status"}
    said = ColumnMap("order", columns, "Europe/Berlin", day_first=True, words={"status": {"Shipped": "shipped"}})
    run = taken_in(make_account(time_zone="Asia/Shanghai"), text, said)
    moments = {one.external_id: one.placed_at.isoformat() for one in Order.objects.all()}
    assert moments == {
        "A": "2025-10-26T00:30:00+00:00",  # the hour comes twice; the first time it is 02:30 at two hours from UTC
        "B": "2025-03-30T01:30:00+00:00",  # the hour is left out; the clock goes on to 03:30 at two hours from UTC
        "C": "2026-01-05T01:30:00+00:00",
    }
    assert run.warnings == {"ambiguous_local_time": 1, "nonexistent_local_time": 1}


@pytest.mark.parametrize(("day_first", "written", "hour"), [
    (None, "2026-01-05 10:00 PM", 22), (None, "2026/1/5 下午 10:00", 22), (None, "2026年1月5日 上午10:00:30", 10),
    (None, "Jan 5, 2026, 10:00 PM", 22), (None, "5 Jan 2026 22:00", 22), (None, "2026-01-05 12:15 am", 0),
    (False, "1/5/2026 10:00 p.m.", 22), (False, "1/5/26 22:00", 22), (True, "05.01.2026 23:00 CET", 22),
])  # fmt: skip
def test_times_are_read_as_spreadsheets_of_many_countries_write_them(day_first, written, hour):
    text = f"order id\twhen\tstate\nA\t{written}\tshipped\n"
    columns = {"order id": "external_id", "when": "placed_at", "state": "status"}
    taken_in(make_account(), text, ColumnMap("order", columns, "UTC", day_first=day_first))
    placed = Order.objects.get().placed_at
    assert (placed.date(), placed.hour) == (date(2026, 1, 5), hour)


def test_a_number_of_thousands_of_digits_sets_its_row_aside():
    columns = {"order": "order_external_id", "day": "rated_on", "stars": "rating"}
    text = f"order,day,stars\no-1,2026-01-05,{'9' * 5000}\n"
    said = ColumnMap("feedback", columns, "UTC", id_from=("order",))
    assert taken_in(make_account(), text, said).quarantined == 1
    assert RejectedRow.objects.get().code == ErrorCode.BAD_NUMBER


def test_a_cell_of_blanks_is_no_time_and_takes_no_time():
    columns = {"order id": "external_id", "when": "placed_at"}
    text = f"order id\twhen\nA\t1{' ' * 900_000}x\n"
    began = time.monotonic()
    assert taken_in(make_account(), text, ColumnMap("order", columns, "UTC")).quarantined == 1
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("comma", "written", "amount"), [
    (True, "1.234", "1234.000"), (False, "1.234", "1.234"), (True, "1.234,56", "1234.560"), (None, "12,5", "12.500"),
])  # fmt: skip
def test_numbers_are_read_with_the_decimal_sign_that_was_said(comma, written, amount):
    text = f"order id\twhen\tstate\tsum\nA\t2026-01-05 10:00\tshipped\t{written}\n"
    columns = {"order id": "external_id", "when": "placed_at", "state": "status", "sum": "total_amount"}
    taken_in(make_account(), text, ColumnMap("order", columns, "UTC", decimal_comma=comma))
    assert str(Order.objects.get().total_amount) == amount


def test_rows_without_an_id_are_told_apart_by_the_columns_that_were_said():
    account = make_account()
    said = ColumnMap("feedback", {"order": "order_external_id", "day": "rated_on", "stars": "rating"}, "UTC",
                     id_from=("order", "day"))  # fmt: skip
    text = "order,day,stars\no-1,2026-01-05,2\n"
    assert taken_in(account, text, said).created == 1
    assert taken_in(account, text.replace(",2\n", ",5\n"), said).created == 0
    assert Feedback.objects.get().order_external_id == "o-1"


def test_rows_without_an_id_get_one_that_the_same_row_gets_again():
    account = make_account(time_zone="Asia/Shanghai")
    _run, found = looked(account, MESSAGES)
    said = ColumnMap.from_json(found.mapping)
    assert said.id_from == ("会话", "时间", "身份", "内容")
    remember(account, MESSAGES, said)
    for _time in range(2):
        run = imports.store(account, "sent", io.BytesIO(MESSAGES.encode()), now=NOW)
        imports.run_open(now=NOW, seconds=30)
        run.refresh_from_db()
    assert (run.created, run.unchanged, run.quarantined) == (0, 2, 1)
    assert [(one.author_kind, one.direction) for one in Message.objects.order_by("sent_at")] == [
        ("buyer", "inbound"), ("agent", "outbound"),
    ]  # fmt: skip


def test_a_row_that_is_set_aside_is_read_again_as_it_was_mapped():
    account, user = make_account(time_zone="Asia/Shanghai"), make_user()
    remember(account, MESSAGES, ColumnMap.from_json(looked(account, MESSAGES)[1].mapping))
    imports.store(account, "sent", io.BytesIO(MESSAGES.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)
    row = RejectedRow.objects.get()
    assert (row.pointer, row.field, row.code) == ("line 4", "author_kind", ErrorCode.BAD_ENUM)
    retry(row.pk, user=user, now=NOW, fixed_text="c-1,2026-01-05 13:00,客服,已收到")
    # 13:00 in Shanghai is 05:00 in UTC.
    assert Message.objects.filter(sent_at="2026-01-05T05:00:00Z", author_kind="agent").exists()


def test_ratings_take_the_scale_that_was_said():
    text = "Ticket,Answered at,CSAT\nt-1,2026-01-05 10:00,4\nt-2,2026-01-05 11:00,9\n"
    account = make_account()
    said = ColumnMap.from_json(looked(account, text)[1].mapping)
    assert (said.record_type, said.scale) == ("survey_answer", ("1", "10"))
    remember(account, text, ColumnMap.from_json({**said.as_json(), "constants": {"kind": "csat"}}))
    imports.store(account, "sent", io.BytesIO(text.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)
    answers = SurveyAnswer.objects.values_list("value_number", "scale_max").order_by("value_number")
    assert list(answers) == [(4, 10), (9, 10)]


def test_days_are_read_in_the_order_that_was_said():
    text = "order id,rating,feedback date\no-1,2,02/03/2026\n"
    account = make_account()
    said = ColumnMap.from_json(looked(account, text)[1].mapping)
    assert said.day_first is None  # nothing tells
    april = datetime.fromisoformat("2026-04-01T00:00:00Z")
    for day_first, day in [(True, date(2026, 3, 2)), (False, date(2026, 2, 3))]:
        remember(account, text, ColumnMap.from_json({**said.as_json(), "day_first": day_first}))
        content = text + "\n" * day_first  # another file, or it would be the one that is known already
        imports.run(imports.store(account, "sent", io.BytesIO(content.encode()), now=april).pk, now=april)
        assert Feedback.objects.get().rated_on == day
        Feedback.objects.all().delete()


CELLS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["9" * 5000, "1e400", "nan", "１２", "-", ",", "1.234,5", "31.02.2026 25:61", "2026-02-30 10:00", "下午 99:99",
         "0001-01-01 00:00", "9999-12-31 23:59 -1400", "1/1/0001 0:00 AM", " ", "(", "٣", "\x00", "true", "客服"]
    ),
    st.datetimes().map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
)  # fmt: skip


@given(
    kind=st.sampled_from(sorted(RECORD_TYPES)), data=st.data(), day_first=st.sampled_from([True, False, None]),
    comma=st.sampled_from([True, False, None]), zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_table_every_row_is_a_record_or_is_set_aside_with_a_reason(
    kind, data, day_first, comma, zone
):
    names = list(mappable(RECORD_TYPES[kind]))
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=3))
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerows([[f"my {name}" for name in names], *rows])
    said = ColumnMap(kind, {f"my {name}": name for name in names}, zone, day_first=day_first, decimal_comma=comma,
                     id_from=("my external_id",), scale=("1", "5"))  # fmt: skip
    context = Context("2026-01-20T12:00:00+00:00", system="manual", columns=said)
    content = table.getvalue().encode("utf-8", "surrogatepass")
    for row in mapped.read(io.BytesIO(content), context):
        try:
            checks._statement(row, Cleaning(NOW))
        except Problem as problem:
            assert problem.code in ErrorCode.values
    columns = [f"my {name}" if number % 2 else name for number, name in enumerate(names)]
    guess(columns, dict(zip(columns, zip(*rows, strict=True), strict=True)), zone)


# --- Rows that were set aside --------------------------------------------------------------------------------------


def rejected(account) -> None:
    imports.store(account, "sent", io.BytesIO(ORDERS.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)


def test_a_row_that_nothing_can_work_out_stops_neither_other_rows_nor_imports():
    account = make_account()
    user = make_user("", account)
    rejected(account)
    broken = ImportProfile.objects.create(account=account, name="Mine", mapping={"nonsense": True}, changed_at=NOW)
    row = RejectedRow.objects.get(pointer="line 3")
    RejectedRow.objects.filter(pk=row.pk).update(context={**row.context, "profile": str(broken.pk)})
    RejectedRow.objects.filter(pointer="line 4").update(fixed_text="o-2,2026-01-05T10:00:00Z,shipped,3")
    ask(RejectedRow.objects.all(), user, NOW)

    assert retry_asked(now=NOW, seconds=30) == 2

    states = {one.pointer: (one.state, one.code, one.retry_asked_at) for one in RejectedRow.objects.all()}
    assert states["line 3"] == ("open", "internal_error", None)
    assert states["line 4"][0] == "resolved"


def test_all_rows_are_tried_again_by_the_worker():
    account = make_account()
    user = make_user("", account)
    rejected(account)
    RejectedRow.objects.filter(pointer="line 3").update(fixed_text="o-2,2026-01-05T10:00:00Z,shipped,3")
    assert ask(RejectedRow.objects.all(), user, NOW) == 2
    assert retry_asked(now=NOW, seconds=30) == 2
    assert retry_asked(now=NOW, seconds=30) == 0
    states = {row.pointer: (row.state, row.attempts) for row in RejectedRow.objects.all()}
    assert states == {"line 3": ("resolved", 2), "line 4": ("open", 2)}
    assert RejectedRow.objects.get(pointer="line 3").resolved_by == user
    assert Order.objects.filter(external_id="o-2").exists()


def test_rows_that_nobody_needs_are_dismissed_and_come_back():
    account = make_account()
    user = make_user("", account)
    rejected(account)
    assert dismiss(RejectedRow.objects.filter(pointer="line 3"), user, NOW) == 1
    assert ask(RejectedRow.objects.all(), user, NOW) == 1
    assert restore(RejectedRow.objects.all()) == 1
    assert RejectedRow.objects.filter(state="open").count() == 2
