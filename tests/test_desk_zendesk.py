"""Zendesk's exports as JSON: tickets, what was said in them, by whom, and how it was rated."""

import io
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake import imports
from intake.models import ImportRun, RejectedRow
from intake.retry import retry
from messaging.models import Conversation, Message, Reply, SurveyAnswer
from sellers.models import SellerAccount
from tests.amazon import NOW
from tests.desk import contents, counts, one, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db

TICKETS, DELETED, EVENTS, USERS, RATINGS, VIEW = (
    "zendesk/incremental_tickets_cursor_page1.json", "zendesk/incremental_tickets_cursor_page2.json",
    "zendesk/incremental_ticket_events_comments.json", "zendesk/incremental_users_cursor.json",
    "zendesk/satisfaction_ratings.json", "zendesk/tickets_view_export.csv",
)  # fmt: skip
ASKED, RULE, NOTE, ANSWERED = "91048994401", "91048994411", "91048994421", "91048994431"


@pytest.fixture
def account() -> SellerAccount:
    return make_account("acme-us", time_zone="America/Los_Angeles")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_page_of_tickets(account: SellerAccount) -> None:
    run = take_in(account, sample(TICKETS))
    assert (run.source, counts(run), run.warnings) == ("zendesk.export", (1, 1, 0, 0, 0, 0), {})
    wanted = (
        "channel", "opened_at", "status", "subject", "order_external_ids", "assignee_external_id", "priority",
        "resolved_at",
    )  # fmt: skip
    # Handed on by Amazon's relay; when it was solved the page does not say.
    assert one(Conversation, "35436", *wanted) == {
        "channel": "amazon_message", "opened_at": at("2026-11-09 15:02:30"), "status": "resolved",
        "subject": "Order delivery inquiry from Amazon customer … (Order: 111-1111111-1111111)",
        "order_external_ids": ["111-1111111-1111111"], "assignee_external_id": "235323", "priority": "normal",
        "resolved_at": None,
    }  # fmt: skip


def test_a_deleted_ticket_leaves_the_figures_and_stays(account: SellerAccount) -> None:
    take_in(account, sample(DELETED))
    assert one(Conversation, "35437", "deleted_at") == {"deleted_at": at("2026-11-10 10:00")}


def test_events_bring_what_was_said_and_when_it_was_solved(account: SellerAccount) -> None:
    run = take_in(account, sample(EVENTS))
    # Four comments; the first and the last event say the ticket's status besides.
    assert (run.source, counts(run)[0], problems(run), run.warnings) == ("zendesk.export", 6, [], {})
    authors = dict(Message.objects.values_list("external_id", "author_kind"))
    assert authors == {ASKED: "buyer", RULE: "system", NOTE: "agent", ANSWERED: "agent"}
    asked, rule = Message.objects.get(external_id=ASKED), Message.objects.get(external_id=RULE)
    # From 15:02:30 to 18:40:00: 3 h 37 min 30 s. The rule's receipt answers nothing.
    assert (asked.reply, asked.reply_seconds) == (Reply.ON_TIME, 3 * 3600 + 37 * 60 + 30)
    assert (rule.automatic, rule.automatic_reason, rule.direction) == (True, "rule", "outbound")
    note = Message.objects.get(external_id=NOTE)
    assert (note.visibility, note.direction, note.agent.external_id) == ("internal", "internal", "235323")
    thread = Conversation.objects.get()
    assert (thread.status, thread.resolved_at) == ("resolved", at("2026-11-09 18:40"))


def test_ratings_are_thumbs_and_an_offer_is_not_answered(account: SellerAccount) -> None:
    run = take_in(account, sample(RATINGS))
    assert (run.source, counts(run), run.warnings) == ("zendesk.export", (2, 2, 0, 0, 0, 0), {})
    wanted = ("kind", "solved", "asked_at", "answered_at", "comment", "value_raw", "agent_external_id")
    assert one(SurveyAnswer, "35121", *wanted) == {
        "kind": "thumbs", "solved": True, "asked_at": at("2026-11-10 08:00"), "answered_at": at("2026-11-10 08:30"),
        "comment": "Great support!", "value_raw": "good", "agent_external_id": "235323",
    }  # fmt: skip
    assert one(SurveyAnswer, "35122", "solved", "answered_at") == {"solved": None, "answered_at": None}


def test_users_alone_make_nothing(account: SellerAccount) -> None:
    run = take_in(account, sample(USERS))
    assert (run.source, counts(run)) == ("zendesk.export", (0, 0, 0, 0, 0, 0))


# --- Who wrote it ----------------------------------------------------------------------------------------------------


def comment(number: int, writer: int, /, **more: Any) -> dict[str, Any]:
    said = {"id": number, "event_type": "Comment", "author_id": writer, "body": "x", "public": True, "via": "web",
            "created_at": "2026-11-09T16:00:00Z"}  # fmt: skip
    return {**said, **more}


def update(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {"id": 7, "ticket_id": 5, "created_at": "2026-11-09T16:00:00Z", "via": "Web form"}
    return {**said, "child_events": list(children), **more}


def events(*updates: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"ticket_events": list(updates), "end_of_stream": True, **more}).encode()


@pytest.mark.parametrize(
    ("content", "author"),
    [
        (events(update(comment(1, 9, public=False))), "agent"),
        (events(update(comment(1, -1))), "system"),
        (events(update(comment(1, 9, via={"channel": "rule"}))), "system"),
        (events(update(comment(1, 9, author={"role": "agent"}))), "agent"),
        (events(update(comment(1, 9, author={"is_staff": False}))), "buyer"),
        (events(update(comment(1, 9), {"event_type": "Create", "requester_id": 9})), "buyer"),
        (events(update(comment(1, 9), {"event_type": "Create"}, via="Mail")), "buyer"),
        (events(update(comment(1, 9)), users=[{"id": 9, "role": "end-user"}]), "buyer"),
        (events(update(comment(1, 9)), users=[{"id": 9, "role": "admin"}]), "agent"),
        (events(update(comment(1, 9)), tickets=[{"id": 5, "requester_id": 9, "status": "open"}]), "buyer"),
        (events(update(comment(1, 9)), update(comment(2, 9, public=False))), "agent"),
        (events(update(comment(1, 9)), update(comment(2, 9), {"event_type": "Create"}, via="Mail")), "buyer"),
    ],
)
def test_what_proves_who_wrote_a_comment(account: SellerAccount, content: bytes, author: str) -> None:
    run = take_in(account, content)
    assert (problems(run), Message.objects.get(external_id="1").author_kind) == ([], author)


@pytest.mark.parametrize(
    "content",
    [
        events(update(comment(1, 9))),
        events(update(comment(1, 9), {"event_type": "Create"})),  # by web: the buyer's form, or an agent's desk
        events(update(comment(1, 9), {"event_type": "Change", "status": "open"})),
        events(update(comment(1, 9)), update(comment(2, 9), {"event_type": "Create"}, via="Mail", ticket_id=6)),
    ],
)
def test_where_nothing_proves_who_wrote_a_comment_it_waits_for_somebody_who_knows(
    account: SellerAccount, content: bytes
) -> None:
    run = take_in(account, content)
    assert problems(run) == [("/ticket_events/0", "child_events.author", "missing_required")]
    rejected = RejectedRow.objects.get()
    told = json.loads(rejected.row_text)
    told["child_events"][0]["author"] = {"role": "agent"}
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=json.dumps(told))
    assert Message.objects.get(external_id="1").author_kind == "agent"


def test_a_repaired_event_still_knows_what_its_file_proved(account: SellerAccount) -> None:
    broken = comment(1, 9, created_at="yesterday")
    take_in(account, events(update(broken), users=[{"id": 9, "role": "end-user", "name": "Ana"}]))
    rejected = RejectedRow.objects.get()
    assert (rejected.pointer, rejected.field) == ("/ticket_events/0", "child_events.created_at")
    fixed = rejected.row_text.replace("yesterday", "2026-11-09T16:00:00Z")
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=fixed)
    assert Message.objects.get().author_kind == "buyer"
    assert "Ana" not in repr(list(RejectedRow.objects.values()))


# --- The full export -------------------------------------------------------------------------------------------------


def full(number: int, *comments: dict[str, Any], **more: Any) -> dict[str, Any]:
    ticket = {
        "id": number, "status": "closed", "via": {"channel": "email"}, "created_at": "2026-11-09T15:00:00Z",
        "updated_at": "2026-11-12T15:00:00Z", "subject": "Lamp of Ana Lima", "submitter": {"id": 3, "role": "end-user"},
        "requester": {"id": 3, "name": "Ana Lima", "role": "end-user"}, "assignee": {"id": 4, "role": "agent"},
        "metric_set": {"solved_at": "2026-11-10T15:00:00Z", "reopens": 1}, "comments": list(comments),
    }  # fmt: skip
    return {**ticket, **more}


def test_the_full_export_has_a_ticket_with_its_comments_on_each_line(account: SellerAccount) -> None:
    lines = [
        full(1, comment(11, 3), comment(12, 4), comment(13, -1)),
        full(2, comment(21, 3), comment(22, 8), collaborator_ids=[8]),
    ]
    content = "\n".join([json.dumps(lines[0]), '{"id": 3, "status":', json.dumps(lines[1])])
    run = take_in(account, content.encode())
    assert (run.source, problems(run)) == (
        "zendesk.export",
        [("line 2", "", "unknown_format"), ("line 3 row 2", "comments.author", "missing_required")],
    )
    assert dict(Message.objects.values_list("external_id", "author_kind")) == {
        "11": "buyer", "12": "agent", "13": "system", "21": "buyer",
    }  # fmt: skip
    wanted = ("status", "resolved_at", "reopened_count", "subject")
    assert one(Conversation, "1", *wanted) == {
        "status": "closed", "resolved_at": at("2026-11-10 15:00"), "reopened_count": 1, "subject": "Lamp of …",
    }  # fmt: skip


def test_a_file_that_breaks_off_keeps_what_came_before(account: SellerAccount) -> None:
    whole = sample(EVENTS)
    run = imports.store(account, "file", io.BytesIO(whole[: whole.index(b'"id": 91048994431')]), now=NOW)
    run = imports.run(run.pk, now=NOW)
    assert (run.state, Message.objects.count()) == (ImportRun.State.FAILED, 3)


# --- Any order -------------------------------------------------------------------------------------------------------


def test_pages_and_tables_make_the_same_in_every_order(account: SellerAccount) -> None:
    orders = ([*names, USERS, DELETED] for names in itertools.permutations((TICKETS, EVENTS, RATINGS, VIEW)))
    found = contents(account, orders, apart=timedelta(hours=1))
    assert len(found) == 24
    assert all(each == found[0] for each in found)
    assert len(found[0]["Message"]) == 4


@pytest.mark.parametrize("name", [TICKETS, DELETED, EVENTS, RATINGS, USERS])
def test_the_same_page_twice_creates_nothing(account: SellerAccount, name: str) -> None:
    first, again = take_in(account, sample(name)), take_in(account, sample(name) + b"\n")
    rows = counts(first)[0]
    stale = int(name == EVENTS)  # that a solved ticket was new once is older than what is known of it
    assert counts(again) == (rows, 0, 0, rows - stale, stale, 0)


@pytest.mark.parametrize(
    ("name", "old", "new", "pointer", "field", "code"),
    [
        (TICKETS, b'"solved"', b'"asleep"', "/tickets/0", "status", "bad_enum"),
        (TICKETS, b'"id": 35436,', b'"id": null,', "/tickets/0", "id", "missing_required"),
        (RATINGS, b'"offered"', b'"splendid"', "/satisfaction_ratings/1", "score", "bad_enum"),
        (RATINGS, b'"2026-11-11T08:00:00Z"', b'"11/11"', "/satisfaction_ratings/1", "updated_at", "bad_timestamp"),
        (EVENTS, b'"ticket_id": 35436', b'"ticket_id": []', "/ticket_events/0", "ticket_id", "unknown_format"),
        (USERS, b'"id": 20978392,', b"", "/users/0", "id", "missing_required"),
    ],
)
def test_a_bad_element_is_named_by_its_place(
    account: SellerAccount, name: str, old: bytes, new: bytes, pointer: str, field: str, code: str
) -> None:
    run = take_in(account, sample(name).replace(old, new))
    assert problems(run)[0] == (pointer, field, code)
