"""Answers and notices of Freshdesk, Twilio, Chatwoot and Intercom."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.contexts import context_for
from intake.models import RejectedRow
from intake.readers.html_text import html_text
from intake.retry import retry
from messaging.models import Agent, Conversation, Message, Reply, SurveyAnswer
from sellers.models import SellerAccount
from tests.desk import contents, counts, one, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db

PAGE, TICKET, ENTRIES, RATINGS = (
    "freshdesk/tickets_page.json", "freshdesk/ticket_432.json", "freshdesk/conversations_432.json",
    "freshdesk/satisfaction_ratings.json",
)  # fmt: skip
CALLS, TRANSCRIPT, INTERCOM = (
    "phone/twilio_calls_page.json",
    "chat/generic_transcript.csv",
    "chat/intercom_conversation.json",
)
CHATWOOT = [f"chat/chatwoot_message_{kind}.json" for kind in ("incoming", "bot_template", "private_note", "outgoing")]


@pytest.fixture
def account() -> SellerAccount:
    return make_account("acme", time_zone="Etc/UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


# --- Freshdesk -------------------------------------------------------------------------------------------------------


def test_a_list_of_tickets_makes_conversations_and_no_messages(account: SellerAccount) -> None:
    run = take_in(account, sample(PAGE))
    assert (run.source, counts(run), run.warnings) == ("freshdesk.api", (1, 1, 0, 0, 0, 0), {})
    wanted = (
        "channel", "opened_at", "status", "resolved_at", "closed_at", "subject", "order_external_ids", "priority",
        "assignee_external_id",
    )  # fmt: skip
    assert one(Conversation, "432", *wanted) == {
        "channel": "email", "opened_at": at("2026-11-09 15:00"), "status": "resolved",
        "resolved_at": at("2026-11-10 18:00"), "closed_at": None, "subject": "Where is my parcel?",
        "order_external_ids": ["#1001"], "priority": "low", "assignee_external_id": "6010396333",
    }  # fmt: skip
    assert not Message.objects.exists()


def test_a_ticket_s_text_is_its_first_message_and_its_entries_are_the_others(account: SellerAccount) -> None:
    assert counts(take_in(account, sample(TICKET))) == (2, 2, 0, 0, 0, 0)
    run = take_in(account, sample(ENTRIES))
    assert (run.source, counts(run), run.warnings) == ("freshdesk.api", (5, 5, 0, 0, 0, 0), {})
    said = Message.objects.order_by("sent_at").values_list("external_id", "author_kind", "direction", "reply")
    assert list(said) == [
        ("t432", "buyer", "inbound", Reply.ON_TIME),
        ("1", "agent", "internal", Reply.NOT_NEEDED),  # a note to colleagues
        ("2", "agent", "outbound", Reply.NOT_NEEDED),
        ("3", "buyer", "inbound", Reply.ON_TIME),
        ("4", "agent", "outbound", Reply.NOT_NEEDED),
        ("5", "buyer", "inbound", Reply.NONE),  # a day has passed since
    ]
    # From 15:00 to 16:30; the note of 16:00 answers nothing. From 8:00 to 9:00 the next day.
    assert [Message.objects.get(external_id=key).reply_seconds for key in ("t432", "3")] == [5400, 3600]
    assert Message.objects.get(external_id="t432").body.text == "Order #1001 has not come."
    assert Message.objects.get(external_id="2").agent.external_id == "6010396333"


def test_a_mail_that_an_agent_wrote_first_is_the_agent_s(account: SellerAccount) -> None:
    take_in(account, as_json({**json.loads(sample(TICKET)), "source": 10, "responder_id": 7}))
    first = Message.objects.get()
    assert (first.author_kind, first.direction, first.agent.external_id) == ("agent", "outbound", "7")


def test_a_rating_of_freshdesk_is_on_a_scale_of_seven(account: SellerAccount) -> None:
    run = take_in(account, sample(RATINGS))
    assert (run.source, counts(run), run.warnings) == ("freshdesk.api", (1, 1, 0, 0, 0, 0), {})
    wanted = ("kind", "value_number", "scale_min", "scale_max", "value_raw", "answered_at", "comment", "extra")
    assert one(SurveyAnswer, "102", *wanted) == {
        "kind": "csat", "value_number": 7, "scale_min": 1, "scale_max": 7, "value_raw": "103",
        "answered_at": at("2026-11-10 19:08:16"), "comment": "Thank you for the quick action",
        "extra": {"question_2": -102},
    }  # fmt: skip


@pytest.mark.parametrize(("said", "stored"), [({"spam": True}, ("spam", None)), ({"status": 5}, ("closed", None)),
                                              ({"deleted": True}, ("resolved", at("2026-11-10 18:00")))])  # fmt: skip
def test_what_a_ticket_of_freshdesk_has_come_to(
    account: SellerAccount, said: dict[str, Any], stored: tuple[str, datetime | None]
) -> None:
    take_in(account, as_json([{**json.loads(sample(PAGE))[0], **said}]))
    found = Conversation.objects.get()
    assert (found.status, found.deleted_at) == stored


def test_a_status_of_the_account_s_own_is_kept_aside(account: SellerAccount) -> None:
    take_in(account, as_json([{**json.loads(sample(PAGE))[0], "status": 7}]))
    assert one(Conversation, "432", "extra") == {"extra": {"status": "7"}}


@pytest.mark.parametrize(
    ("name", "change", "pointer", "field", "code"),
    [
        (PAGE, {"id": None}, "/1", "id", "missing_required"),
        (PAGE, {"created_at": "soon"}, "/1", "created_at", "bad_timestamp"),
        (PAGE, {"custom_fields": 3}, "/1", "custom_fields", "unknown_format"),
        (ENTRIES, {"ticket_id": None}, "/1", "ticket_id", "missing_required"),
        (ENTRIES, {"private": "no"}, "/1", "private", "bad_enum"),
        (RATINGS, {"ratings": {"default_question": 104}}, "/1", "ratings.default_question", "bad_enum"),
        (RATINGS, {"ratings": {}}, "/1", "ratings.default_question", "missing_required"),
    ],
)
def test_a_bad_answer_of_freshdesk_is_named(
    account: SellerAccount, name: str, change: dict[str, Any], pointer: str, field: str, code: str
) -> None:
    good = json.loads(sample(name))[0]
    run = take_in(account, as_json([good, {**good, "id": 9, **change}]))
    assert (counts(run)[1], problems(run)) == (1, [(pointer, field, code)])
    rejected = RejectedRow.objects.get()
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=json.dumps({**good, "id": 9}))
    assert RejectedRow.objects.get().state == RejectedRow.State.RESOLVED


def test_freshdesk_s_answers_make_the_same_in_every_order(account: SellerAccount) -> None:
    found = contents(account, itertools.permutations((PAGE, TICKET, ENTRIES, RATINGS)), apart=timedelta(hours=1))
    assert (len(found), len(found[0]["Message"])) == (24, 6)
    assert all(each == found[0] for each in found)


# --- Twilio ----------------------------------------------------------------------------------------------------------


def test_the_leg_to_an_agent_is_the_answer_to_a_call(account: SellerAccount) -> None:
    run = take_in(account, sample(CALLS))
    # Two calls with their ringing, and the answered leg of the first.
    assert (run.source, counts(run), run.warnings) == ("twilio.api", (5, 5, 0, 0, 0, 0), {})
    first, second = (f"CA{number:032}" for number in (1, 3))
    rang, missed = Message.objects.get(external_id=first), Message.objects.get(external_id=second)
    # From 15:02:30 to 15:03:10.
    assert (rang.reply, rang.reply_seconds, missed.reply) == (Reply.ON_TIME, 40, Reply.NONE)
    assert missed.extra["call"]["result"] == "missed"
    context = context_for(account, at("2026-11-21 00:00"))
    assert one(Conversation, first, "buyer_key", "channel") == {
        "buyer_key": context.pseudonym("phone", "16505551234"), "channel": "phone",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("start_time", "9 o'clock", "bad_timestamp"),
        ("status", "sung", "bad_enum"),
        ("sid", None, "missing_required"),
        ("direction", 1, "unknown_format"),
    ],
)
def test_a_bad_call_of_twilio_is_named(account: SellerAccount, field: str, value: Any, code: str) -> None:
    page = json.loads(sample(CALLS))
    page["calls"][2][field] = value
    assert problems(take_in(account, as_json(page))) == [("/calls/2", field, code)]


# --- Chatwoot --------------------------------------------------------------------------------------------------------


def test_notices_of_chatwoot_are_the_messages_of_a_chat(account: SellerAccount) -> None:
    for name in CHATWOOT:
        run = take_in(account, sample(name))
        assert (run.source, counts(run), run.warnings) == ("chatwoot.webhook", (1, 1, 0, 0, 0, 0), {})
    said = Message.objects.order_by("sent_at").values_list(
        "external_id", "author_kind", "direction", "automatic_reason"
    )
    assert [(key, kind, way, str(reason or "")) for key, kind, way, reason in said] == [
        ("1001", "buyer", "inbound", ""), ("1002", "bot", "outbound", "template"), ("1003", "agent", "internal", ""),
        ("1004", "agent", "outbound", ""),
    ]  # fmt: skip
    asked = Message.objects.get(external_id="1001")
    # From 15:02:30 to 15:04:00: neither the prompt nor the note is an answer.
    assert (asked.reply, asked.reply_seconds, Agent.objects.get().name) == (Reply.ON_TIME, 90, "Sam")
    assert one(Conversation, "567", "channel") == {"channel": "live_chat"}


def test_a_chat_that_is_resolved(account: SellerAccount) -> None:
    said = {"event": "conversation_status_changed", "id": 567, "status": "resolved", "channel": "Channel::WebWidget",
            "created_at": 1794236550, "updated_at": 1794240150, "inbox_id": 7, "contact_inbox": {}}  # fmt: skip
    run = take_in(account, as_json(said))
    # 1794240150 - 1794236550 = 3,600 s.
    found = Conversation.objects.get()
    assert (run.source, found.status) == ("chatwoot.webhook", "resolved")
    assert found.resolved_at is not None and found.opened_at is not None
    assert (found.resolved_at - found.opened_at).total_seconds() == 3600


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [("message_type", "sung", "bad_enum"), ("created_at", "now", "bad_timestamp"), ("id", None, "missing_required")],
)
def test_a_bad_notice_of_chatwoot_is_named(account: SellerAccount, field: str, value: Any, code: str) -> None:
    run = take_in(account, as_json({**json.loads(sample(CHATWOOT[0])), field: value}))
    assert problems(run) == [("/", field, code)]


# --- Intercom --------------------------------------------------------------------------------------------------------


def test_a_conversation_of_intercom(account: SellerAccount) -> None:
    run = take_in(account, sample(INTERCOM))
    # The conversation, its first message, three parts, the rating.
    assert (run.source, counts(run), run.warnings) == ("intercom.api", (6, 6, 0, 0, 0, 0), {})
    said = Message.objects.order_by("sent_at").values_list("external_id", "author_kind", "direction", "body__text")
    assert list(said) == [
        ("403918", "buyer", "inbound", "Where is order #1001?"), ("1", "bot", "outbound", "Our bot is looking…"),
        ("2", "agent", "internal", "check"), ("3", "agent", "outbound", "It arrives tomorrow."),
    ]  # fmt: skip
    # 1794240150 - 1794236550 = 3,600 s; the bot and the note answer nothing.
    assert Message.objects.get(external_id="403918").reply_seconds == 3600
    rated = SurveyAnswer.objects.get()
    assert (rated.external_id, rated.value_number, rated.scale_max, rated.comment, rated.conversation.status) == (
        "515:rating", 5, 5, "Fast", "closed",
    )  # fmt: skip


def test_a_part_that_cannot_be_read_does_not_take_the_others_along(account: SellerAccount) -> None:
    conversation = json.loads(sample(INTERCOM))
    conversation["conversation_parts"]["conversation_parts"][1]["author"]["type"] = "ghost"
    run = take_in(account, as_json(conversation))
    assert (counts(run)[1], problems(run)) == (5, [("/ row 3", "conversation_parts.author.type", "bad_enum")])


def test_text_of_html_is_what_a_person_sees() -> None:
    html = "<style>p {}</style><p>Fish &amp; chips</p><p>now<br>or later</p><script>x()</script><div></div>"
    assert html_text(html) == "Fish & chips\n\nnow\nor later"
    assert html_text("<p> </p>") is None


@pytest.mark.parametrize("name", [PAGE, TICKET, ENTRIES, RATINGS, CALLS, *CHATWOOT, INTERCOM])
def test_the_same_answer_twice_creates_nothing(account: SellerAccount, name: str) -> None:
    first, again = take_in(account, sample(name)), take_in(account, sample(name) + b"\n")
    assert counts(again) == (counts(first)[0], 0, 0, counts(first)[0], 0, 0)
