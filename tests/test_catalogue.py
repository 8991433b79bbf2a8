"""What holds for every metric: one world with figures worked out by hand, seen through every door; and declarations
that would be wrong, refused."""

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.catalogue import DECLARED, METRICS
from kpis.catalogue.facts import contacts
from kpis.checks import check_facts, check_metrics, declarations_are_sound
from kpis.exports import rows_table
from kpis.files import csv_table
from kpis.management.commands import metrics_page
from kpis.metrics import Column, Imported, Rule, Score, Share, Side
from kpis.metrics_page import colours
from kpis.readings import readings
from kpis.rows import rows
from kpis.sweep import sweep
from kpis.targets import AtLeast, Below
from messaging.models import Message, Turn
from orders.models import Claim, ClaimStatus, Feedback, Shipment
from orders.recompute import recompute_orders
from sellers.calendars import BusinessCalendar
from tests.examples.account_health import figure, violation
from tests.examples.returns import sent_back
from tests.makers import NOW, at, make_account, make_answer, make_answers, make_conversation, make_order, make_user

SUNDAY = date(2026, 1, 18)

# For each metric: rows for, rows against, rows left out.
WORKED_OUT = {
    "customer_service_score": (37, 9, 2),
    "dissatisfaction_rate": (9, 37, 2),
    "dissatisfaction_rate_7d": (9, 36, 1),
    "dissatisfaction_rate_90d": (9, 37, 2),
    "csat": (1, 1, 1),
    "survey_answer_rate": (1, 1, 1),
    "late_response_rate": (3, 5, 1),
    "late_response_rate_7d": (0, 2, 0),
    "late_response_rate_90d": (3, 5, 1),
    "over_24h_rate": (2, 6, 1),
    "no_response_rate": (1, 7, 1),
    "contact_response_time": (7, 0, 2),
    "contact_response_time_7d": (2, 0, 0),
    "contact_response_time_90d": (7, 0, 2),
    "within_24h_rate": (4, 3, 0),
    "within_target_rate": (4, 3, 0),
    "missed_message_rate": (1, 6, 0),
    "first_response_time": (4, 0, 1),
    "first_response_business_time": (3, 0, 2),
    "first_response_any_time": (4, 0, 1),
    "average_response_time": (6, 0, 1),
    "average_response_business_time": (5, 0, 2),
    "buyer_waiting_time": (6, 0, 1),
    "first_resolution_time": (4, 0, 2),
    "full_resolution_time": (3, 0, 3),
    "resolution_rate": (4, 1, 2),
    "one_touch_rate": (1, 3, 2),
    "reopen_rate": (1, 4, 1),
    "conversations_resolved": (5, 0, 1),
    "resolution_events": (5, 0, 1),
    "handovers_per_conversation": (5, 0, 3),
    "handover_time": (1, 0, 7),
    "conversations_by_channel": (7, 0, 1),
    "channel_diversity": (7, 0, 1),
    "order_defect_rate": (2, 1, 1),
    "order_defect_rate_mfn": (1, 1, 2),
    "order_defect_rate_afn": (1, 0, 3),
    "order_defect_rate_every_claim": (2, 1, 1),
    "negative_feedback_rate": (1, 2, 1),
    "atoz_claim_rate": (2, 1, 1),
    "atoz_claim_rate_every": (2, 1, 1),
    "chargeback_rate": (0, 3, 1),
    "cancellation_rate": (1, 1, 0),
    "late_shipment_rate": (1, 3, 2),
    "late_shipment_rate_10d": (0, 2, 0),
    "overdue_orders": (0, 0, 0),
    "perfect_order_percentage": (2, 3, 1),
    "invoice_defect_rate": (0, 0, 0),
    "refund_rate": (1, 4, 1),
    "refund_rate_7d": (0, 2, 0),
    "refund_rate_90d": (1, 4, 1),
    "repeat_purchase_rate": (1, 0, 5),
    "on_time_delivery_rate": (1, 0, 1),
    "valid_tracking_rate": (1, 1, 0),
    "tracking_number_fault_rate": (1, 1, 0),
    "tracking_carrier_fault_rate": (0, 2, 0),
    "tracking_scan_fault_rate": (0, 2, 0),
    "return_dissatisfaction_rate": (1, 1, 1),
    "return_dissatisfaction_rate_7d": (0, 0, 0),
    "return_dissatisfaction_rate_90d": (1, 1, 1),
    "return_negative_feedback_rate": (0, 2, 1),
    "return_late_response_rate": (1, 1, 1),
    "return_invalid_rejection_rate": (0, 2, 1),
    "feedback_rating": (0, 1, 0),
    "feedback_rating_90d": (0, 1, 0),
    "feedback_rating_365d": (0, 1, 0),
    "feedback_rating_lifetime": (0, 1, 0),
    "negative_feedback_received": (1, 0, 0),
    "policy_violations": (1, 0, 1),
    "customer_complaints": (1, 0, 0),
    "account_health_rating": (1, 0, 0),
    "listing_bounce_rate": (1, 0, 1),
    "sales_amount": (0, 0, 0),
}


@pytest.fixture
def account(db):
    """A shop in which every metric has something to count and, where it can, something to leave out."""
    account = make_account("acme-us")
    # Open on working days since the 6th.
    hours = {str(day): [["08:00", "18:00"]] for day in range(5)}
    BusinessCalendar.objects.create(account=account, valid_from=date(2026, 1, 6), windows=hours)
    # Answered after 2 h and resolved; after 48 h and resolved a day ago; never, and given up; two messages answered
    # after 26 h and 6 h, when the conversation had been resolved.
    quick = make_conversation(
        account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"), resolved="2026-01-05 13:00"
    )
    make_conversation(
        account, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-08 10:00"), resolved="2026-01-17 10:00"
    )
    make_conversation(account, ("buyer", "2026-01-07 10:00"), status="closed", closed_at=at("2026-01-12 10:00"))
    make_conversation(
        account, ("buyer", "2026-01-07 10:00"), ("buyer", "2026-01-08 06:00"), ("agent", "2026-01-08 12:00"),
        resolved="2026-01-08 11:00",
    )  # fmt: skip
    make_conversation(account, ("marked", "2026-01-09 10:00"), resolved="2026-01-09 11:00", status="spam")
    make_conversation(  # the seller began; the buyer waited half an hour, but not for a first reply
        account, ("agent", "2026-01-10 09:00"), ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 10:30")
    )
    make_conversation(  # answered after 1 h and resolved, came back the next day, was answered by Kim after 30 min
        account, ("buyer", "2026-01-13 10:00"), ("agent", "2026-01-13 11:00"),
        ("buyer", "2026-01-14 10:00"), ("agent:kim", "2026-01-14 10:30"), resolved="2026-01-13 12:00",
    )  # fmt: skip
    # 36 yes and 9 no; one who said no and then yes, which counts; one whom the seller had asked out of the blue.
    make_answers(account, 36, 9, last="2026-01-18 20:00")
    make_answer(account, "2026-01-06 10:00", False, conversation=quick)
    make_answer(account, "2026-01-07 10:00", True, conversation=quick)
    unasked = make_conversation(account, ("agent", "2026-01-11 09:00"), resolved="2026-01-11 10:00")
    make_answer(account, "2026-01-12 09:00", False, conversation=unasked, asked_at=at("2026-01-12 08:00"))
    # Two ratings, one of them asked for on a known day, one without a scale; and a survey that nobody answered.
    scale = {"kind": "csat", "scale_min": 1, "scale_max": 5}
    make_answer(account, "2026-01-12 09:00", None, value_number=4, asked_at=at("2026-01-12 08:00"), **scale)
    make_answer(account, "2026-01-12 09:00", None, value_number=2, **scale)
    make_answer(account, "2026-01-12 09:00", None, value_number=2, kind="csat")
    make_answer(account, None, None, asked_at=at("2026-01-13 08:00"), **scale)
    # Old enough to be ripe: late with feedback and a claim; in time; shipped by the marketplace with a claim; a test.
    late = make_order(
        account, "2026-01-02 10:00", ship_by="2026-01-04 10:00", confirmed="2026-01-05 10:00", refunded_amount=5
    )
    make_order(account, "2025-12-25 10:00", ship_by="2025-12-27 10:00", confirmed="2025-12-26 10:00", buyer_key="b-1")
    afn = make_order(account, "2026-01-02 11:00", fulfilled_by="marketplace")
    make_order(account, "2026-01-02 12:00", is_test=True)
    # New ones: cancelled by the seller; in time.
    make_order(
        account,
        "2026-01-13 10:00",
        ship_by="2026-01-15 10:00",
        status="cancelled",
        cancelled_by="seller",
        cancelled_at=at("2026-01-14 10:00"),
    )
    make_order(account, "2026-01-12 10:00", ship_by="2026-01-14 10:00", confirmed="2026-01-13 10:00", buyer_key="b-1")
    Feedback.objects.create(
        account=account,
        system="test",
        external_id="f-1",
        order_external_id=late.external_id,
        rating=1,
        rated_at=at("2026-01-06 10:00"),
    )
    for number, order in enumerate((late, afn)):
        Claim.objects.create(
            account=account,
            system="test",
            external_id=f"cl-{number}",
            order_external_id=order.external_id,
            status=ClaimStatus.OPEN,
            opened_at=at("2026-01-07 10:00"),
        )
    recompute_orders(account, [late.external_id, afn.external_id], NOW)
    # Two packages promised for 6 January: delivered on the 5th; without a tracking number.
    package(account, placed="2025-10-01 10:00", promised="2026-01-06 10:00", delivered="2026-01-05 10:00")
    package(account, placed="2025-10-01 10:00", promised="2026-01-06 10:00", tracking_number="")
    # Answered after an hour; never answered; handled by the marketplace.
    sent_back(account, "2026-01-08 10:00", responded_at="2026-01-08 11:00")
    sent_back(account, "2026-01-09 10:00")
    sent_back(account, "2026-01-10 10:00", fulfilled_by="marketplace")
    violation(account, "condition", 6)
    violation(account, "other", 6, status="resolved")
    figure(account, "account_health_rating", "2026-01-15", "212")
    figure(account, "listing_bounce_rate", "2026-01-15", "0.25")
    figure(account, "listing_bounce_rate", "2026-01-18", "0.5")
    sweep(NOW)
    return account


def package(account, placed, promised, delivered="", **values):
    """A package of an order that is too old for the rates by day of order."""
    order = make_order(account, placed, deliver_by_at=at(promised))
    Shipment.objects.create(
        account=account,
        order=order,
        external_id="1",
        confirmed_at=at("2026-01-02 10:00"),
        delivered_at=at(delivered) if delivered else None,
        **{"carrier": "UPS", "tracking_number": "1Z9999999999999999", **values},
    )
    recompute_orders(account, [order.external_id], NOW)


@pytest.fixture
def client(account):
    client = APIClient()
    client.force_login(make_user("mia", account))
    return client


def read(account):
    return {reading.metric.slug: reading for reading in readings(account, SUNDAY)}


def test_every_metric_is_worked_out_by_hand():
    assert list(WORKED_OUT) == [metric.slug for metric in DECLARED]


def test_every_figure_is_what_was_worked_out(account):
    for slug, reading in read(account).items():
        counted, against, _left_out = WORKED_OUT[slug]
        assert reading.n == (5 if slug == "buyer_waiting_time" else counted + against), slug
        if isinstance(reading.metric, Share):
            assert (reading.numerator, reading.denominator) == (counted, counted + against), slug
            assert reading.value == reading.metric.value(counted, counted + against), slug


def test_times_are_exact(account):
    # First replies after 3,600, 7,200, 93,600 and 172,800 s; over all turns also twice after 1,800 s.
    first, average = (read(account)[slug] for slug in ("first_response_time", "average_response_time"))
    assert first.stats == {"mean": 69_300, "median": 50_400, "p90": 149_040}
    assert average.stats == {"mean": 46_800, "median": 5_400, "p90": 133_200}
    assert (first.value, average.value) == (69_300, 46_800)


def test_the_waiting_of_a_conversation_is_added_up_before_it_is_compared(account):
    # The conversations waited 1,800 s, 3,600 + 1,800 s, 7,200 s, 93,600 s and 172,800 s: 280,800 s over five.
    waiting = read(account)["buyer_waiting_time"]
    assert waiting.stats == {"mean": 56_160, "median": 7_200, "p90": 141_120}


def test_the_rows_behind_are_as_many_as_the_figure_says(account):
    for metric in DECLARED:
        keys = []
        for side, expected in zip(Side, WORKED_OUT[metric.slug], strict=True):
            rowset = rows(account, metric, SUNDAY, side)
            listed = list(rowset)
            assert len(listed) == rowset.count == expected, (metric.slug, side)
            assert [*rowset.page(0, 1), *rowset.page(1, 99), *rowset.page(99, 199)] == listed, (metric.slug, side)
            assert all(bool(row["reason"]) == (side is Side.LEFT_OUT) for row in listed), (metric.slug, side)
            keys += [row["pk"] for row in listed]
        assert len(keys) == len(set(keys)), f"a row stands on two sides of {metric.slug}"


def test_the_rows_behind_are_found_without_working_out_the_figure(account):
    # A list needs the window, and so the rules. What the platform states adds the newest row; a carried score its week.
    asked = {}
    for metric in DECLARED:
        with CaptureQueriesContext(connection) as queries:
            rows(account, metric, SUNDAY, Side.FOR)
        asked[metric] = len(queries)
    assert {count for metric, count in asked.items() if not isinstance(metric, Score)} == {1, 2}
    assert all(count == 1 or isinstance(metric, Imported | Score) for metric, count in asked.items())


def test_api_command_and_readings_say_the_same(account, client, capsys):
    answer = client.get(f"/api/v1/accounts/acme-us/readings?on={SUNDAY}").json()
    call_command("readings", account="acme-us", on=str(SUNDAY), json=True)
    assert json.loads(capsys.readouterr().out) == answer
    for said, reading in zip(answer, read(account).values(), strict=True):
        assert said["metric"] == reading.metric.slug
        assert said["value"] == (None if reading.value is None else float(reading.value))
        assert said["value_exact"] == (None if reading.value is None else str(reading.value))
        for name in ("numerator", "denominator", "n", "band", "state", "display", "headroom", "to_goal", "counted_now"):
            assert said[name] == getattr(reading, name), (reading.metric.slug, name)
        assert said["window"] == {"from": str(reading.window.first), "to": str(reading.window.last)}


def test_pages_csv_and_command_hold_the_same_rows(account, client, capsys):
    for metric in DECLARED:
        caches["rates"].clear()  # all metrics are more requests than a caller may make in a minute
        moment = metric.fact.columns[0]
        for side, expected in zip(Side, WORKED_OUT[metric.slug], strict=True):
            address = f"/api/v1/accounts/acme-us/rows/{metric.slug}?on={SUNDAY}&part={side}"
            page = client.get(f"{address}&limit=1000").json()
            assert page["count"] == len(page["results"]) == expected, (metric.slug, side)
            options = {"account": "acme-us", "on": str(SUNDAY), "part": side.value}
            call_command("rows", metric.slug, **options, json=True)
            assert json.loads(capsys.readouterr().out) == page["results"]
            file = b"".join(client.get(f"{address}&format=csv").streaming_content).decode()
            call_command("rows", metric.slug, **options)
            assert capsys.readouterr().out == file
            head, *lines = csv.reader(StringIO(file.removeprefix("\ufeff"), newline=""))
            assert head[: len(page["columns"])] == [
                f"{column['title']} (seconds)" if column["kind"] == "duration" else column["title"]
                for column in page["columns"]
            ]
            assert (head[-1] == "Reason") is (side is Side.LEFT_OUT)
            assert [line[0] for line in lines] == [row[moment.path].replace("Z", "+00:00") for row in page["results"]]


def test_a_day_is_read_in_a_constant_number_of_queries(account, client, django_assert_num_queries):
    address = f"/api/v1/accounts/acme-us/readings?on={SUNDAY}"
    client.get(address)  # the throttle's first note of a caller is an insert
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for day in range(1, 18):
        make_conversation(account, ("buyer", f"2026-01-{day:02} 10:00"), ("agent", f"2026-01-{day:02} 11:00"))
        make_order(account, f"2026-01-{day:02} 10:00")
    sweep(NOW)
    with django_assert_num_queries(len(few)):
        client.get(address)


# --- CSV -------------------------------------------------------------------------------------------------------------


def csv_of(account, slug, side=Side.FOR):
    text = "".join(csv_table(rows_table(rows(account, METRICS[slug], SUNDAY, side), SUNDAY)))
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.django_db
def test_a_csv_begins_with_a_byte_order_mark_and_tells_time_on_the_accounts_clock():
    account = make_account(time_zone="Asia/Tokyo")
    make_conversation(account, ("buyer", "2026-01-05 16:00"), ("agent", "2026-01-05 18:00"), external_id="c")
    sweep(NOW)
    text = "".join(csv_table(rows_table(rows(account, METRICS["within_24h_rate"], SUNDAY, Side.FOR), SUNDAY)))
    assert text == (
        '\ufeff"Opened","Conversation","Channel","Topic","First","Reply","Waited (seconds)","Answered by",'
        '"Due by its target","Against its target","Waited in business hours (seconds)",'
        '"First response of any kind after (seconds)"\r\n'
        '"2026-01-06T01:00:00+09:00","c","E-mail","","Yes","Answered within 24 hours",7200,"Sam",'
        '"2026-01-07T01:00:00+09:00","Answered within the target","",7200\r\n'
    )


@pytest.mark.django_db
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_is_a_formula(start):
    account = make_account()
    make_answer(account, "2026-01-05 10:00", False, comment=f"{start}cmd|' /C calc'!A0", external_id=f"{start}1")
    sweep(NOW)
    (row,) = csv_of(account, "dissatisfaction_rate")
    assert row["Comment"] == f"'{start}cmd|' /C calc'!A0"
    assert row["Answer"] == f"'{start}1"


@pytest.mark.django_db
def test_a_long_csv_is_written_in_pieces_and_complete():
    account = make_account()
    first = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    turn = first.turns.get()
    messages = Message.objects.bulk_create(
        Message(
            account=account,
            conversation=first,
            system="test",
            external_id=f"bulk-{number}",
            sent_at=at("2026-01-05 10:00"),
            author_kind="buyer",
            direction="inbound",
        )
        for number in range(1200)
    )
    Turn.objects.bulk_create(
        Turn(
            account=account,
            conversation=first,
            opening=message,
            opened_at=turn.opened_at,
            replied_at=turn.replied_at,
            reply=turn.reply,
            reply_seconds=turn.reply_seconds,
            target_seconds=turn.target_seconds,
            due_at=turn.due_at,
            target_reply=turn.target_reply,
            channel="email",
        )
        for message in messages
    )
    sweep(NOW)
    pieces = list(csv_table(rows_table(rows(account, METRICS["within_24h_rate"], SUNDAY, Side.FOR), SUNDAY)))
    assert [piece.count("\r\n") for piece in pieces] == [1, 500, 500, 201]


# --- Words -----------------------------------------------------------------------------------------------------------


def test_the_page_of_metrics_is_up_to_date():
    call_command("metrics_page", check=True)


def test_the_page_of_metrics_fails_when_a_declaration_changed(monkeypatch, tmp_path):
    page = tmp_path / "metrics.md"
    page.write_text("old")
    monkeypatch.setattr(metrics_page, "PAGE", page)
    with pytest.raises(CommandError, match="out of date"):
        call_command("metrics_page", check=True)
    call_command("metrics_page")
    assert "`late_response_rate`" in page.read_text()


# --- Declarations that are refused -----------------------------------------------------------------------------------

GOOD = METRICS["late_response_rate"]


def refused(*metrics):
    return sorted({error.id for error in check_metrics(metrics)})


def test_the_catalogue_itself_is_sound():
    assert declarations_are_sound(None) == []


def test_two_metrics_cannot_have_one_slug():
    assert refused(GOOD, replace(GOOD)) == ["kpis.E001"]


@pytest.mark.parametrize("word", ["title", "help", "source", "group"])
def test_a_metric_without_words_is_refused(word):
    assert refused(replace(GOOD, **{word: ""})) == ["kpis.E002"]


@pytest.mark.parametrize(
    "target",
    [Below(limit="10", goal="12"), Below(limit="10", goal="10"), AtLeast(limit="90", goal="85")],
)
def test_a_goal_on_the_wrong_side_of_its_limit_is_refused(target):
    assert refused(replace(GOOD, rule=Rule(days=30, target=target))) == ["kpis.E003"]


@pytest.mark.parametrize("name", ["among", "of", "hit", "open"])
def test_a_condition_that_crosses_to_another_table_is_refused(name):
    assert refused(replace(GOOD, **{name: Q(conversation__topic="returns")})) == ["kpis.E004"]


def test_comparing_with_another_tables_column_is_refused_too():
    assert refused(replace(GOOD, hit=Q(sent_at__gt=F("conversation__opened_at")))) == ["kpis.E004"]


def test_asking_whether_a_foreign_key_is_set_is_no_join():
    assert refused(replace(GOOD, hit=Q(replied_by__isnull=True))) == []


@pytest.mark.parametrize("condition", [Q(sent_at__lt=Now()), ~Q(reply=1) & Q(sent_at__lt=Now() - timedelta(hours=24))])
def test_a_condition_that_reads_the_clock_is_refused(condition):
    assert refused(replace(GOOD, of=condition)) == ["kpis.E005"]


def test_a_moment_taken_from_the_clock_when_the_program_started_is_refused():
    assert refused(replace(GOOD, of=Q(sent_at__lt=NOW))) == ["kpis.E005"]


def test_leaving_rows_out_needs_a_reason():
    assert refused(replace(GOOD, left_out=())) == ["kpis.E006"]
    assert refused(replace(GOOD, left_out=((Q(automatic=True), ""),))) == ["kpis.E006"]


def test_a_fact_that_no_write_marks_is_refused():
    assert {error.id for error in check_facts([replace(contacts, slug="letters")])} == {"kpis.E007"}


def test_a_name_that_the_table_does_not_have_is_refused():
    assert refused(replace(GOOD, hit=Q(repyl=1))) == ["kpis.E008"]
    column = Column(path="conversation__nothing", title="Nothing")
    assert {error.id for error in check_facts([replace(contacts, columns=(column,))])} == {"kpis.E008"}


def test_raw_sql_in_a_condition_is_refused():
    assert refused(replace(GOOD, hit=Q(sent_at__lt=RawSQL("now()", ())))) == ["kpis.E009"]


def test_a_condition_that_the_nightly_proof_cannot_work_out_is_refused():
    assert refused(replace(GOOD, hit=Q(external_id__startswith="x"))) == ["kpis.E020"]


def test_limits_of_whole_numbers_keep_their_zeros_on_the_page_of_metrics():
    health = METRICS["account_health_rating"]
    assert colours(health.unit, health.rule.target) == "red below 100, green at 200 or more, yellow between"
