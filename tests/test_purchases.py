"""Whose first purchase an order is, what it knows of conversations about it, and what a person has excluded."""

import itertools
import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from intake import corrections
from intake.corrections import Change
from intake.gate import ingest
from intake.models import Correction
from kpis.catalogue import METRICS
from kpis.metrics import Side
from kpis.readings import readings
from kpis.rows import rows
from kpis.sweep import sweep
from messaging.models import Conversation
from orders.models import Claim, Feedback, Mention, Order, Purchase, Return, Standing
from orders.purchases import recompute_purchases
from orders.recompute import recompute_account, recompute_orders
from sellers.dated_switches import SwitchChange
from sellers.marks import Mark
from sellers.switches import follow
from tests.examples.orders import MONDAY
from tests.makers import NOW, at, make_account, make_order

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
numbers = itertools.count(1)


@pytest.fixture
def account():
    return make_account("acme")


def send(account, *records):
    envelope = {"schema": "1", "batch_id": f"b-{next(numbers)}", "account": "acme", "system": "x-demo"}
    envelope |= {"observed_at": "2026-01-20T08:00:00Z", "records": list(records)}
    answer = ingest(account, envelope, owner="test", now=SENT)
    assert answer["quarantined"] == 0, answer


def order(external_id, placed, **values):
    return {
        "type": "order", "external_id": external_id, "placed_at": f"2026-01-{placed}:00Z", "status": "shipped",
        "fulfilled_by": "merchant", "source_updated_at": "2026-01-19T00:00:00Z", **values,
    }  # fmt: skip


def conversation(external_id, *order_ids, **values):
    return {
        "type": "conversation", "external_id": external_id, "channel": "email", "order_external_ids": list(order_ids),
        **values,
    }  # fmt: skip


def message(conversation_id, author, sent):
    return {
        "type": "message", "external_id": f"{conversation_id}-{sent}", "conversation_external_id": conversation_id,
        "sent_at": f"2026-01-{sent}:00Z", "author_kind": author,
        "direction": "inbound" if author == "buyer" else "outbound",
    }  # fmt: skip


def purchases(account):
    return {row.external_id: Purchase(row.purchase).name for row in Order.objects.filter(account=account)}


# --- Purchases -------------------------------------------------------------------------------------------------------

ANN = (
    order("o-1", "04T10:00", buyer_key="ann", status="cancelled", cancelled_by="buyer"),
    order("o-2", "05T10:00", buyer_key="ann"),
    order("o-3", "05T10:00", buyer_key="ann"),  # at the same instant: the smaller ID is the first
    order("o-4", "03T10:00", buyer_key="ann", status="pending"),
)
ANNS = {"o-1": "NONE", "o-2": "FIRST", "o-3": "REPEAT", "o-4": "NONE"}


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4))))
def test_the_first_purchase_is_the_first_in_time_whatever_arrives_first(account, sequence):
    for position in sequence:
        send(account, ANN[position])
    assert purchases(account) == ANNS


def test_orders_that_come_in_one_batch_are_the_same(account):
    send(account, *reversed(ANN), order("o-5", "06T10:00"))
    assert purchases(account) == {**ANNS, "o-5": "UNKNOWN"}


def test_an_earlier_order_that_arrives_late_moves_the_other_and_marks_its_day(account):
    send(account, order("o-2", "05T10:00", buyer_key="ann"))
    assert purchases(account) == {"o-2": "FIRST"}
    Mark.objects.all().delete()
    send(account, order("o-1", "02T10:00", buyer_key="ann"))
    assert purchases(account) == {"o-1": "FIRST", "o-2": "REPEAT"}
    assert {str(day) for day in Mark.objects.values_list("day", flat=True)} == {"2026-01-02", "2026-01-05"}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled", "cancelled_by": "buyer"},
        {"buyer_key": "ben"},
        {"buyer_key": None},
        {"is_test": True},
        {"placed_at": "2026-01-09T10:00:00Z"},
    ],
)
def test_when_the_first_is_none_any_more_the_next_one_is(account, change):
    send(account, order("o-1", "02T10:00", buyer_key="ann"), order("o-2", "05T10:00", buyer_key="ann"))
    send(account, {**order("o-1", "02T10:00", buyer_key="ann"), "source_updated_at": "2026-01-20T00:00:00Z", **change})
    assert purchases(account)["o-2"] == "FIRST"


def test_buyers_of_another_account_are_others():
    for key in ("a", "b"):
        make_order(make_account(key), "2026-01-05 10:00", buyer_key="ann")
    assert set(Order.objects.values_list("purchase", flat=True)) == {Purchase.FIRST}


# --- What buyers wrote -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(3))))
def test_an_order_is_imperfect_once_its_buyer_starts_a_conversation_whatever_arrives_first(account, sequence):
    records = (
        order("o-1", "05T10:00", ship_by_at="2026-01-07T10:00:00Z", shipments=[{"external_id": "1"}]),
        conversation("c-1", "o-1"),
        message("c-1", "buyer", "06T10:00"),
    )
    for position in sequence:
        send(account, records[position])
    row = Order.objects.get()
    assert (row.buyer_wrote, row.perfect) == (True, False)


def test_a_conversation_that_the_seller_started_leaves_the_order_perfect(account):
    send(account, order("o-1", "05T10:00"), conversation("c-1", "o-1"))
    send(account, message("c-1", "agent", "06T10:00"), message("c-1", "buyer", "06T11:00"))
    row = Order.objects.get()
    assert (row.buyer_wrote, row.perfect) == (False, True)


def test_an_order_that_a_conversation_is_no_longer_about_is_perfect_again(account):
    send(account, order("o-1", "05T10:00"), order("o-2", "05T10:00"), message("c-1", "buyer", "06T10:00"))
    send(account, {**conversation("c-1", "o-1"), "source_updated_at": "2026-01-07T00:00:00Z"})
    assert dict(Order.objects.values_list("external_id", "perfect")) == {"o-1": False, "o-2": True}
    send(account, {**conversation("c-1", "o-2"), "source_updated_at": "2026-01-08T00:00:00Z"})
    assert dict(Order.objects.values_list("external_id", "perfect")) == {"o-1": True, "o-2": False}
    assert list(Mention.objects.values_list("order_external_id", "by_buyer")) == [("o-2", True)]


@pytest.mark.parametrize(("fulfilled_by", "perfect"), [("merchant", False), ("marketplace", True)])
def test_what_the_marketplace_ships_is_neither_late_nor_cancelled_by_the_seller(account, fulfilled_by, perfect):
    late = make_order(
        account, "2026-01-05 10:00", ship_by="2026-01-06 10:00", confirmed="2026-01-07 10:00", fulfilled_by=fulfilled_by
    )
    cancelled = make_order(
        account, "2026-01-05 10:00", fulfilled_by=fulfilled_by, status="cancelled", cancelled_by="seller"
    )
    assert (late.perfect, cancelled.perfect) == (perfect, perfect)


def test_whether_what_buyers_write_counts_is_a_dated_switch(account):
    for external_id, placed in (("o-1", "05T10:00"), ("o-2", "06T10:00")):
        send(account, order(external_id, placed), conversation(f"c-{external_id}", external_id))
        send(account, message(f"c-{external_id}", "buyer", "07T10:00"))
    SwitchChange.objects.create(account=account, name="pop_counts_messages", value=False, valid_from=date(2026, 1, 6))
    follow(account, {"pop_counts_messages"}, NOW)
    assert dict(Order.objects.values_list("external_id", "perfect")) == {"o-1": False, "o-2": True}


def test_a_deleted_conversation_is_about_nothing(account):
    send(account, order("o-1", "05T10:00"), conversation("c-1", "o-1"), message("c-1", "buyer", "06T10:00"))
    send(account, {**conversation("c-1"), "deleted_at": "2026-01-08T00:00:00Z"})
    assert (Mention.objects.count(), Order.objects.get().perfect) == (0, True)


def test_what_is_left_out_of_every_figure_makes_no_order_imperfect(account):
    send(account, order("o-1", "05T10:00"), conversation("c-1", "o-1"), message("c-1", "buyer", "06T10:00"))
    assert (Order.objects.get().buyer_wrote, Order.objects.get().perfect) == (True, False)
    for day, status, wrote in ((8, "spam", False), (9, "open", True)):
        send(account, {**conversation("c-1"), "status": status, "source_updated_at": f"2026-01-{day:02}T00:00:00Z"})
        assert (Order.objects.get().buyer_wrote, Order.objects.get().perfect) == (wrote, not wrote)
    row = Conversation.objects.get()
    change = Change(Correction.Kind.EXCLUDE)
    correction = corrections.propose(account, row, change, by=None, now=SENT, reason="Written by a competitor")
    corrections.apply(correction, SENT)
    assert (Order.objects.get().buyer_wrote, Mention.objects.count()) == (False, 0)
    corrections.undo(correction, SENT)
    assert Order.objects.get().buyer_wrote is True


# --- Whatever comes in ------------------------------------------------------------------------------------------------

statements = st.lists(
    st.tuples(
        st.integers(0, 3),  # number of the order
        st.integers(2, 6),  # placed on this day of January
        st.sampled_from([None, "ann", "ben"]),
        st.sampled_from(["shipped", "cancelled", "pending"]),
        st.sampled_from([None, True, False]),  # of a business customer
        st.none() | st.integers(0, 3),  # days from placing to the confirmation
        st.none() | st.integers(0, 5),  # days from placing to the upload of the invoice
    ),
    max_size=12,
)


class TestAnyStatements(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(statements=statements)
    def test_every_write_leaves_all_orders_as_a_recount_of_everything_would(self, statements):
        account = make_account("acme", handling_days=1)
        for hour, (number, day, buyer, status, business, confirmed, uploaded) in enumerate(statements):
            record = order(f"o-{number}", f"{day:02}T10:00", buyer_key=buyer, status=status, is_business=business)
            if confirmed is not None:
                moment = f"2026-01-{day + confirmed:02}T12:00:00Z"
                record["shipments"] = [{"external_id": "1", "confirmed_at": moment}]
            if uploaded is not None:
                record["invoice_uploaded_at"] = f"2026-01-{day + uploaded:02}T13:00:00Z"
            send(account, {**record, "source_updated_at": f"2026-01-19T{hour:02}:00:00Z"})
        Mark.objects.all().delete()
        recompute_account(account, SENT)
        assert not Mark.objects.exists()


# --- What a person has excluded --------------------------------------------------------------------------------------


def test_an_excluded_order_is_counted_nowhere_and_says_so():
    account = make_account()
    order = make_order(account, "2025-12-20 10:00", excluded=True, refunded_amount=5)
    make_order(account, "2025-12-20 11:00")
    assert order.standing == Standing.EXCLUDED
    sweep(NOW)
    found = readings(account, MONDAY, [METRICS["order_defect_rate"], METRICS["refund_rate_90d"]])
    assert [(one.numerator, one.n) for one in found] == [(0, 1), (0, 1)]


@pytest.mark.parametrize("excluded", [False, True])
def test_what_was_said_about_an_order_and_excluded_is_as_if_it_had_not_been_said(excluded):
    account = make_account()
    name = make_order(account, "2025-12-20 10:00").external_id
    about = {"account": account, "system": "test", "order_external_id": name, "excluded": excluded}
    Feedback.objects.create(external_id="f-1", rating=1, rated_at=at("2026-01-02 10:00"), **about)
    Claim.objects.create(external_id="a-1", opened_at=at("2026-01-02 10:00"), **about)
    Return.objects.create(external_id="r-1", requested_at=at("2026-01-02 10:00"), refunded_amount=5, **about)
    recompute_orders(account, [name], NOW)
    row = Order.objects.get()
    assert (row.negative_feedback, row.claim_counts, row.refunded, row.perfect) == (
        not excluded, not excluded, not excluded, excluded,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "refunded"),
    [
        ({"refunded_amount": 5}, True),
        ({"refunded_amount": 0}, False),
        ({"refunded_at": at("2026-01-05 10:00")}, True),
        ({"status": "refunded"}, True),
        ({"status": "approved"}, False),
        ({"refunded_amount": 5, "deleted_at": at("2026-01-05 10:00")}, False),
    ],
)
def test_money_that_went_back_with_a_return_is_a_refund_of_the_order(values, refunded):
    account = make_account()
    name = make_order(account, "2025-12-20 10:00").external_id
    Return.objects.create(
        account=account, system="test", external_id="r-1", order_external_id=name, requested_on=MONDAY, **values
    )
    recompute_orders(account, [name], NOW)
    assert Order.objects.get().refunded is refunded


def test_the_rows_behind_a_share_of_buyers_are_found_however_many_buyers_there_are(account):
    """No statement names them one by one: databases limit how many values a statement may carry."""
    orders = [
        make_order(account, f"2026-01-{day:02} 10:00", buyer_key=f"b-{buyer}") for buyer in range(3) for day in (5, 6)
    ]
    recompute_account(account, NOW)
    sweep(NOW)
    metric = METRICS["repeat_purchase_rate"]
    with CaptureQueriesContext(connection) as queries:
        lists = {side: rows(account, metric, date(2026, 1, 10), side) for side in Side}
        found = {side: [row["pk"] for row in listed] for side, listed in lists.items()}
    # Each buyer's second order is his latest, and it is a repeated one.
    assert sorted(found[Side.FOR]) == [order.pk for order in orders[1::2]]
    assert sorted(found[Side.LEFT_OUT]) == [order.pk for order in orders[::2]]
    assert not any(re.search(r"IN \(\d+, \d+, \d+", query["sql"]) for query in queries.captured_queries)
    with CaptureQueriesContext(connection) as queries:
        assert lists[Side.FOR].count == len(lists[Side.FOR].page(0, 2)) + 1
    ranked = [query for query in queries.captured_queries if "ROW_NUMBER" in query["sql"]]
    assert (len(queries), len(ranked)) == (2, 1), "the latest orders are looked up once for the count and for a page"


def test_a_buyers_orders_are_read_once_of_each_column_that_matters(account, django_assert_num_queries):
    first, second = (make_order(account, f"2026-01-{day} 10:00", buyer_key="anna") for day in ("05", "06"))
    recompute_account(account, NOW)
    with django_assert_num_queries(1):  # what was bought when the buyer first bought, and what was thought to be that
        recompute_purchases(account, ["anna"])
    Order.objects.filter(pk=first.pk).update(status="cancelled")
    with CaptureQueriesContext(connection) as queries:
        recompute_purchases(account, ["anna"])
    assert dict(Order.objects.values_list("pk", "purchase")) == {first.pk: Purchase.NONE, second.pk: Purchase.FIRST}
    assert not [query for query in queries.captured_queries if "LIMIT" in query["sql"]]  # nothing is read afterwards
