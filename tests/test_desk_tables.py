"""Tables of shops, help desks, phones and chats: what each says, and what it leaves open."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from intake.contexts import context_for
from intake.models import RejectedRow
from intake.retry import retry
from messaging.models import Agent, Conversation, Message, Reply, SurveyAnswer
from orders.models import Order
from sellers.models import SellerAccount
from tests.desk import counts, one, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> SellerAccount:
    return make_account("acme", time_zone="America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(name: str, *changes: dict[str, str]) -> bytes:
    """The sample's header with its first row, once for each of the changes."""
    header, first = sample(name).decode().splitlines()[:2]
    names, cells = header.split(","), first.split(",")
    lines = [[{**dict(zip(names, cells, strict=True)), **change}[name] for name in names] for change in changes]
    return "\n".join([header, *(",".join(line) for line in lines)]).encode()


# --- Shopify's order export ------------------------------------------------------------------------------------------


def test_the_rows_of_a_shopify_order_are_one_order(account: SellerAccount) -> None:
    run = take_in(account, sample("shopify/orders_export.csv"))
    assert (run.source, counts(run), run.warnings) == ("shopify.orders_csv", (2, 2, 0, 0, 0, 0), {})
    context = context_for(account, at("2026-11-21 00:00"))
    wanted = ("name", "placed_at", "status", "fulfilled_by", "currency", "total_amount", "refunded_amount", "buyer_key")
    # 01:30 in New York's summer is 05:30 UTC.
    assert one(Order, "820982911946154500", *wanted) == {
        "name": "#1001", "placed_at": at("2026-11-01 05:30"), "status": "shipped", "fulfilled_by": "merchant",
        "currency": "USD", "total_amount": Decimal("109.98"), "refunded_amount": Decimal("0"),
        "buyer_key": context.pseudonym("buyer1@example.com"),
    }  # fmt: skip
    shipped, cancelled = Order.objects.order_by("external_id")
    assert shipped.items == [
        {"sku": "LAMP-BLK", "title": "Desk lamp - black", "quantity": 2, "unit_price": "49.990"}
    ]  # fmt: skip
    package = shipped.shipments.get()
    assert (package.confirmed_at, package.tracking_number) == (at("2026-11-02 14:15"), "")
    assert shipped.extra == {
        "financial status": "paid", "source": "web", "risk level": "Low", "shipping method": "Standard",
    }  # fmt: skip
    # Cancelled at 13:30 in New York's winter; by whom the table does not say.
    assert (cancelled.status, cancelled.cancelled_at, cancelled.cancelled_by) == (
        "cancelled", at("2026-11-04 18:30"), "",
    )  # fmt: skip
    assert [each["sku"] for each in cancelled.items] == ["LAMP-WHT", "BULB-2"]
    assert (cancelled.refunded_amount, cancelled.shipments.count()) == (Decimal("59.98"), 0)


def test_a_shopify_order_without_an_id_is_known_by_its_name(account: SellerAccount) -> None:
    take_in(account, table("shopify/orders_export.csv", {"Id": ""}))
    assert Order.objects.get().external_id == "#1001"


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("Created at", "1 November", "bad_timestamp"),
        ("Created at", "", "missing_required"),
        ("Fulfillment Status", "lost", "bad_enum"),
        ("Total", "a lot", "bad_number"),
        ("Lineitem quantity", "1.5", "bad_number"),
        ("Id", "8.2E+17", "bad_number"),
        ("Name", "", "missing_required"),
    ],
)
def test_a_bad_shopify_row_is_named(account: SellerAccount, column: str, written: str, code: str) -> None:
    run = take_in(account, table("shopify/orders_export.csv", {"Name": "#1", "Id": "1"}, {column: written}))
    place = column.lower() if code != "missing_required" or column == "Name" else "placed_at"
    assert (counts(run)[1], problems(run)) == (1, [("line 3", place, code)])


# --- Zendesk's view --------------------------------------------------------------------------------------------------


@pytest.fixture
def western() -> SellerAccount:
    return make_account("acme-us", time_zone="America/Los_Angeles")


def test_a_ticket_of_a_view_is_a_conversation_with_local_times(western: SellerAccount) -> None:
    run = take_in(western, sample("zendesk/tickets_view_export.csv"))
    assert (run.source, counts(run), run.warnings) == ("zendesk.csv", (2, 2, 0, 0, 0, 0), {})
    wanted = (
        "channel", "opened_at", "status", "resolved_at", "reopened_count", "subject", "assignee_name", "priority",
    )  # fmt: skip
    # 07:02 in Los Angeles is 15:02 UTC.
    assert one(Conversation, "35436", *wanted) == {
        "channel": "email", "opened_at": at("2026-11-09 15:02"), "status": "resolved",
        "resolved_at": at("2026-11-09 18:40"), "reopened_count": 0, "subject": "Order delivery inquiry",
        "assignee_name": "Sam Agent", "priority": "normal",
    }  # fmt: skip
    answer = SurveyAnswer.objects.get()
    assert (answer.kind, answer.solved, answer.answered_at, answer.conversation.external_id) == (
        "thumbs", True, at("2026-11-09 18:40"), "35436",
    )  # fmt: skip
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("column", "written", "found", "code"),
    [
        ("Status", "Asleep", "status", "bad_enum"),
        ("Created at", "2026-11-31 07:02", "created at", "bad_timestamp"),
        ("Reopens", "often", "reopens", "bad_number"),
        ("Id", "", "id", "missing_required"),
    ],
)
def test_a_bad_ticket_of_a_view_is_named(
    western: SellerAccount, column: str, written: str, found: str, code: str
) -> None:
    run = take_in(western, table("zendesk/tickets_view_export.csv", {column: written}))
    assert problems(run) == [("line 2", found, code)]


@pytest.mark.parametrize(
    ("written", "stored"),
    [("Bad with comment", (False, True)), ("Offered", (None, False)), ("Unoffered", None), ("-", None), ("", None)],
)
def test_what_a_score_of_zendesk_says(
    western: SellerAccount, written: str, stored: tuple[bool | None, bool] | None
) -> None:
    take_in(western, table("zendesk/tickets_view_export.csv", {"Satisfaction Score": written}))
    answer = SurveyAnswer.objects.first()
    assert (None if answer is None else (answer.solved, answer.answered_at is not None)) == stored


def test_the_buyers_name_is_taken_out_of_a_subject(western: SellerAccount) -> None:
    subject = "Return policy inquiry from Amazon customer Ana Lima (Order: 111-1111111-1111111)"
    take_in(
        western, table("zendesk/tickets_view_export.csv", {"Subject": subject}, {"Id": "2", "Subject": "ALEX asks"})
    )
    first, second = Conversation.objects.order_by("-external_id")
    assert (first.subject, first.order_external_ids) == (
        "Return policy inquiry from Amazon customer … (Order: 111-1111111-1111111)", ["111-1111111-1111111"],
    )  # fmt: skip
    assert second.subject == "… asks"


# --- Freshdesk's export ----------------------------------------------------------------------------------------------


@pytest.fixture
def universal() -> SellerAccount:
    return make_account("acme-shop", time_zone="Etc/UTC")


def test_a_ticket_of_freshdesk_s_export(universal: SellerAccount) -> None:
    run = take_in(universal, sample("freshdesk/tickets_export.csv"))
    assert (run.source, counts(run), run.warnings) == ("freshdesk.csv", (2, 2, 0, 0, 0, 0), {})
    wanted = ("channel", "opened_at", "status", "resolved_at", "closed_at", "subject", "assignee_name", "priority")
    assert one(Conversation, "432", *wanted) == {
        "channel": "email", "opened_at": at("2026-11-09 15:00"), "status": "resolved",
        "resolved_at": at("2026-11-10 18:00"), "closed_at": None, "subject": "Where is my parcel?",
        "assignee_name": "Sam Agent", "priority": "low",
    }  # fmt: skip
    # Twenty-seven hours are 97,200 s, an hour and a half 5,400 s.
    extra = Conversation.objects.get().extra
    assert (extra["resolution_seconds"], extra["first_response_seconds"], extra["tracked_seconds"]) == (97200, 5400, 0)
    rated = SurveyAnswer.objects.get()
    assert (rated.kind, rated.value_number, rated.scale_min, rated.scale_max, rated.value_raw) == (
        "csat", 7, 1, 7, "Extremely Happy",
    )  # fmt: skip


def test_the_case_of_freshdesk_s_words_varies_and_columns_occur_twice(universal: SellerAccount) -> None:
    content = sample("freshdesk/tickets_export.csv").decode()
    header, row = content.splitlines()
    changed = f"{header.upper()},Product\n{row.replace('Extremely Happy', 'very unhappy')},Lamp\n"
    run = take_in(universal, changed.encode())
    assert (counts(run)[1], run.warnings, SurveyAnswer.objects.get().value_number) == (2, {"unknown_column": 1}, 2)


@pytest.mark.parametrize(
    ("column", "written", "found", "code"),
    [
        ("Resolution time (in hrs)", "27.5", "resolution time (in hrs)", "bad_number"),
        ("Created time", "soon", "created time", "bad_timestamp"),
        ("Ticket ID", "", "ticket id", "missing_required"),
    ],
)
def test_a_bad_ticket_of_freshdesk_is_named(
    universal: SellerAccount, column: str, written: str, found: str, code: str
) -> None:
    run = take_in(universal, table("freshdesk/tickets_export.csv", {column: written}))
    assert problems(run) == [("line 2", found, code)]


# --- Calls -----------------------------------------------------------------------------------------------------------


def test_a_call_is_a_conversation_and_picking_up_is_the_answer(western: SellerAccount) -> None:
    run = take_in(western, sample("phone/calls.csv"))
    # Answered: conversation, ringing, answer, rating. Missed: conversation and ringing.
    assert (run.source, counts(run), run.warnings) == ("file.calls", (6, 6, 0, 0, 0, 0), {})
    answered, missed = Conversation.objects.order_by("external_id")
    context = context_for(western, at("2026-11-21 00:00"))
    assert (answered.channel, answered.order_external_ids, answered.buyer_key) == (
        "phone", ["111-1111111-1111111"], context.pseudonym("phone", "16505551234"),
    )  # fmt: skip
    rang = Message.objects.get(external_id="c-1")
    # It rang for 40 s and was spoken for 2 min 25 s.
    assert (rang.reply, rang.reply_seconds, rang.extra["call"]["talk_seconds"]) == (Reply.ON_TIME, 40, 145)
    assert (rang.extra["call"]["result"], rang.needs_reply, Agent.objects.get().name) == ("answered", True, "Sam Agent")
    assert Message.objects.get(external_id="c-2").reply == Reply.NONE
    assert missed.buyer_key != answered.buyer_key
    rated = SurveyAnswer.objects.get()
    assert (rated.value_number, rated.scale_max, rated.answered_at) == (5, 5, at("2026-11-09 15:05:35"))


@pytest.mark.parametrize(
    ("column", "written", "found", "code"),
    [
        ("started_at", "2026-11-09 15:02:30", "started_at", "missing_timezone"),
        ("started_at", "", "started_at", "missing_required"),
        ("ended_at", "2026-11-09T15:00:00Z", "ended_at", "out_of_range"),
        ("direction", "sideways", "direction", "bad_enum"),
        ("result", "sung", "result", "bad_enum"),
        ("answered_at", "", "answered_at", "missing_required"),
        ("csat", "6", "csat", "out_of_range"),
        ("queue_seconds", "-4", "call.wait_seconds", "out_of_range"),
    ],
)
def test_a_bad_call_is_named(western: SellerAccount, column: str, written: str, found: str, code: str) -> None:
    run = take_in(western, table("phone/calls.csv", {column: written}))
    assert ("line 2", found, code) in [(pointer.split(" message")[0], *rest) for pointer, *rest in problems(run)]


def test_an_outgoing_call_is_a_message_to_the_buyer(western: SellerAccount) -> None:
    take_in(western, table("phone/calls.csv", {"direction": "outbound", "csat": ""}))
    spoken = Message.objects.get()
    assert (spoken.external_id, spoken.author_kind, spoken.direction, spoken.reply) == (
        "c-1", "agent", "outbound", Reply.NOT_NEEDED,
    )  # fmt: skip


# --- Chats -----------------------------------------------------------------------------------------------------------


def test_a_line_of_a_transcript_is_a_message(western: SellerAccount) -> None:
    run = take_in(western, sample("chat/generic_transcript.csv"))
    assert (run.source, counts(run), run.warnings) == ("file.chat", (3, 3, 0, 0, 0, 0), {})
    asked, bot, agent = Message.objects.order_by("sent_at")
    # From 15:02:30 to 15:04:00; the bot answers nothing.
    assert (asked.reply, asked.reply_seconds, asked.conversation.channel) == (Reply.ON_TIME, 90, "live_chat")
    assert (asked.author_kind, asked.direction, asked.body.text) == ("buyer", "inbound", "Is the lamp in stock?")
    assert (bot.author_kind, bot.automatic, bot.automatic_reason) == ("bot", True, "bot")
    assert (agent.agent.name, agent.body.text) == ("Sam", "Yes, 12 left.")


def test_a_message_without_an_id_is_the_same_in_every_export(western: SellerAccount) -> None:
    take_in(western, sample("chat/generic_transcript.csv"))
    header, *lines = sample("chat/generic_transcript.csv").decode().splitlines()
    other = "chat-1,2026-11-09T15:05:00Z,buyer,,Thanks,111-1111111-1111111"
    run = take_in(western, "\n".join([header, other, *reversed(lines)]).encode())
    assert counts(run) == (4, 1, 0, 3, 0, 0)
    assert Conversation.objects.get().order_external_ids == ["111-1111111-1111111"]


def test_a_name_of_a_buyer_in_a_transcript_is_not_kept(western: SellerAccount) -> None:
    content = sample("chat/generic_transcript.csv").decode().replace("buyer,,", "customer,Jane Doe,")
    take_in(western, content.encode())
    assert "Jane" not in repr([*Message.objects.values(), *Agent.objects.values(), *Conversation.objects.values()])


def test_a_bad_line_of_a_transcript_is_named_and_can_be_mended(western: SellerAccount) -> None:
    content = sample("chat/generic_transcript.csv").decode().replace("15:04:00Z,agent", "15:04:00Z,boss")
    run = take_in(western, content.encode())
    assert problems(run) == [("line 4", "sender_kind", "bad_enum")]
    rejected = RejectedRow.objects.get()
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=rejected.row_text.replace("boss", "agent"))
    assert counts(take_in(western, sample("chat/generic_transcript.csv"))) == (3, 0, 0, 3, 0, 0)


SAMPLES: dict[str, Any] = {
    "shopify/orders_export.csv": (2, 2), "zendesk/tickets_view_export.csv": (2, 2),
    "freshdesk/tickets_export.csv": (2, 2), "phone/calls.csv": (6, 6), "chat/generic_transcript.csv": (3, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_table_twice_creates_nothing(account: SellerAccount, name: str) -> None:
    first = take_in(account, sample(name))
    again = take_in(account, sample(name) + b"\n")  # other bytes, so that it is read anew
    assert counts(first)[:2] == SAMPLES[name]
    assert counts(again) == (counts(first)[0], 0, 0, counts(first)[0], 0, 0)
