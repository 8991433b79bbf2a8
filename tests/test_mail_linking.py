"""Copies of answers find the thread they belong to, whatever order the mails come in, and are never guessed at."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from intake.gate import take
from intake.models import DeleteNotice, ImportRun, MailClue, RejectedRow
from intake.retry import retry
from intake.rows import Row
from messaging.models import Conversation, Message, Reply, Turn
from orders.models import Claim, Order, Return
from sellers.models import SellerAccount
from tests.amazon import take_in
from tests.mails import RELAY, copy_of, from_buyer, mail, sample

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OTHER = "z9y8x7w6@marketplace.amazon.com"
pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> SellerAccount:
    return SellerAccount.objects.create(
        key="acme-us", name="Acme", platform="amazon", marketplace="US", time_zone="America/Los_Angeles",
        mailbox_tags=["service@shop.example"],
    )  # fmt: skip


def bring(account: SellerAccount, mails: Sequence[bytes]) -> None:
    for one in mails:
        take_in(account, one, now=NOW)


def facts(account: SellerAccount) -> dict[str, Any]:
    """What the account's figures can see, and what waits for a person."""
    messages = Message.objects.filter(account=account).order_by("external_id")
    names = (
        "external_id", "conversation__external_id", "sent_at", "author_kind", "reply", "reply_seconds", "extra",
        "stated",
    )  # fmt: skip
    turns = Turn.objects.filter(account=account).order_by("opening__external_id")
    clues = MailClue.objects.filter(account=account).order_by("message_external_id")
    conversations = Conversation.objects.filter(account=account).order_by("external_id")
    left = {"id", "account_id", "raw_item_id", "merged_into_id"}
    return {
        "messages": list(messages.values_list(*names)),
        "texts": list(messages.values_list("external_id", "body__text")),
        "conversations": [{k: v for k, v in row.items() if k not in left} for row in conversations.values()],
        "turns": list(turns.values_list("opening__external_id", "opened_at", "replied_at", "reply")),
        "clues": list(clues.values_list("message_external_id", "conversation_external_id")),
        "waiting": sorted(
            RejectedRow.objects.filter(account=account, state="open").values_list("external_id", "code", "row_text")
        ),
    }  # fmt: skip


def every_order(mails: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    return list(itertools.permutations(mails))


def same_whatever_order(mails: Sequence[bytes]) -> dict[str, Any]:
    """Brings the mails in in every order, one file each, each order to an account of its own; what all of them have."""
    seen = []
    for number, order in enumerate(every_order(mails)):
        account = SellerAccount.objects.create(
            key=f"shop-{number}", name="Shop", platform="amazon", marketplace="US", time_zone="America/Los_Angeles",
            mailbox_tags=["service@shop.example"],
        )  # fmt: skip
        bring(account, order)
        found = facts(account)
        for row in found["conversations"]:
            row.pop("buyer_key")  # another one in every account
        seen.append(found)
    assert all(one == seen[0] for one in seen)
    return seen[0]


def thread_of(found: dict[str, Any], message: str) -> str | None:
    return next((row[1] for row in found["messages"] if row[0] == message), None)


ASKED = from_buyer("It broke. [commMgrTok:T1]", Message_ID="<q1@x>")
ELSE = from_buyer(
    "Which bulb?", Message_ID="<q2@x>", From=f'"Alex - Amazon Marketplace" <{OTHER}>',
    Subject="Product details inquiry from Amazon customer Alex (Order: 222-2222222-2222222)",
    Date="Sun, 08 Nov 2026 10:00:00 +0000",
)  # fmt: skip
LATER = {"Date": "Mon, 09 Nov 2026 18:00:00 +0000", "Message_ID": "<copy@x>"}
FIRST, SECOND = "a1b2c3d4|111-1111111-1111111", "z9y8x7w6|222-2222222-2222222"


def test_the_samples_are_a_question_and_its_answer(account: SellerAccount) -> None:
    bring(account, [sample("seller_reply_confirmation_copy"), sample("buyer_message_us")])
    question = Message.objects.get(author_kind="buyer")
    # Asked at 15:02:11, answered at 18:40:00: 3 h 37 min 49 s are 13,069 seconds.
    assert (question.reply, question.reply_seconds) == (Reply.ON_TIME, 13_069)
    answer = Message.objects.get(author_kind="agent")
    assert answer.conversation == question.conversation
    (row,) = RejectedRow.objects.all()
    assert (row.code, row.state) == ("ambiguous_conversation", RejectedRow.State.RESOLVED)


def test_by_token_before_order_before_name() -> None:
    copy = copy_of("New one comes.", token="T1", **LATER)
    assert thread_of(same_whatever_order([ASKED, ELSE, copy]), "copy@x") == FIRST


def test_by_order_where_there_is_no_token() -> None:
    copy = copy_of("E27.", **{**LATER, "Subject": "Your e-mail to Alex (Order: 222-2222222-2222222)"})
    assert thread_of(same_whatever_order([ASKED, ELSE, copy]), "copy@x") == SECOND


def test_by_name_where_nothing_else_is_known() -> None:
    found = same_whatever_order([ASKED, copy_of("New one comes.", **LATER)])
    assert thread_of(found, "copy@x") == FIRST
    assert found["waiting"] == []


def test_two_of_a_name_are_never_chosen_between() -> None:
    """Also where the copy already lay in a thread when the second one turned up."""
    found = same_whatever_order([ASKED, ELSE, copy_of("New one comes.", **LATER)])
    assert thread_of(found, "copy@x") is None
    ((name, code, text),) = found["waiting"]
    assert (name, code) == ("copy@x", "ambiguous_conversation")
    assert text.startswith("From: Amazon.com <donotreply@amazon.com>\n")
    assert [row[3] for row in found["turns"]] == [Reply.NONE, Reply.NONE]


def test_a_question_of_eight_days_ago_or_after_the_answer_is_not_meant() -> None:
    for date in ("Mon, 02 Nov 2026 17:59:59 +0000", "Mon, 09 Nov 2026 18:00:01 +0000"):
        question = from_buyer("Hi", Message_ID="<q@x>", Date=date)
        found = same_whatever_order([question, copy_of("Yes.", **LATER)])
        assert thread_of(found, "copy@x") is None
        _forget()
    exactly = from_buyer("Hi", Message_ID="<q@x>", Date="Mon, 02 Nov 2026 18:00:00 +0000")
    assert thread_of(same_whatever_order([exactly, copy_of("Yes.", **LATER)]), "copy@x") == FIRST


def _forget() -> None:
    for model in (Turn, Message, Conversation, MailClue, RejectedRow, ImportRun, SellerAccount):
        model.objects.all().delete()


def test_a_better_clue_that_comes_later_moves_a_copy() -> None:
    """By name it fits the first question alone; the second one has its token and lies elsewhere."""
    tokened = from_buyer(
        "Which bulb? [commMgrTok:T9]", Message_ID="<q3@x>", From=f'"Bo - Amazon Marketplace" <{OTHER}>',
        Subject="Product details (Order: 222-2222222-2222222)",
    )  # fmt: skip
    found = same_whatever_order([ASKED, tokened, copy_of("E27.", token="T9", **LATER)])
    assert thread_of(found, "copy@x") == SECOND


def test_the_copy_of_an_answer_by_mail_counts_once() -> None:
    sent = mail(
        "Hello Alex,\nnew one comes.", From="Sam <service@shop.example>", To=RELAY, Message_ID="<sent@x>",
        Subject="Re: Order delivery (Order: 111-1111111-1111111)", Date="Mon, 09 Nov 2026 17:59:00 +0000",
    )  # fmt: skip
    found = same_whatever_order([ASKED, sent, copy_of("Hello Alex, new one comes.", token="T1", **LATER)])
    assert {row[0]: row[6] for row in found["messages"]}["copy@x"] == {"duplicate_of_external_id": "sent@x"}
    (conversation,) = found["conversations"]
    assert conversation["human_replies"] == 1
    # Asked at 10:00, answered at 17:59: 28,740 seconds.
    assert {row[0]: row[5] for row in found["messages"]}["q1@x"] == 28_740


@pytest.mark.parametrize(
    ("text", "date"), [("Something else.", LATER["Date"]), ("Hello", "Mon, 09 Nov 2026 20:00:01 +0000")]
)
def test_another_text_or_two_hours_later_is_another_answer(account: SellerAccount, text: str, date: str) -> None:
    sent = mail(
        "Hello", From="service@shop.example", To=RELAY, Message_ID="<sent@x>", Date=LATER["Date"],
        Subject="Re: (Order: 111-1111111-1111111)",
    )  # fmt: skip
    bring(account, [ASKED, sent, copy_of(text, token="T1", **{**LATER, "Date": date})])
    assert Message.objects.get(external_id="copy@x").extra == {}
    assert Conversation.objects.get().human_replies == 2


def test_a_person_who_adds_the_order_decides(account: SellerAccount) -> None:
    bring(account, [ASKED, ELSE, copy_of("New one comes.", **LATER)])
    waiting = RejectedRow.objects.get(state="open")
    text = waiting.row_text.replace("Your e-mail to Alex", "Your e-mail to Alex (Order: 222-2222222-2222222)")
    row, outcome = retry(waiting.pk, user=None, now=NOW, fixed_text=text)
    assert (row.state, outcome.problem) == (RejectedRow.State.RESOLVED, None)
    assert Message.objects.get(external_id="copy@x").conversation.external_id == SECOND
    bring(account, [from_buyer("Hello?", Message_ID="<q4@x>")])
    assert Message.objects.get(external_id="copy@x").conversation.external_id == SECOND


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From x@y Mon Nov  9 18:00:00 2026\n" + one + b"\n\n" for one in mails)


def test_the_same_mails_again_change_nothing(account: SellerAccount) -> None:
    copy = copy_of("New one comes.", token="T1", **LATER)
    take_in(account, mbox(ASKED, copy), now=NOW)
    before = facts(account)
    run = take_in(account, mbox(copy, ASKED), now=NOW)
    assert (run.received, run.unchanged) == (2, 2)
    assert facts(account) == before


def test_all_in_one_file_is_as_one_by_one(account: SellerAccount) -> None:
    mails = [copy_of("New one comes.", token="T1", **LATER), ASKED]
    run = take_in(account, mbox(*mails), now=NOW)
    assert (run.received, run.created, run.quarantined) == (2, 2, 0)


def test_a_wish_to_cancel_waits_for_its_order(account: SellerAccount) -> None:
    order = {
        "type": "order", "external_id": "119-9999999-9999999", "placed_at": "2026-11-11T00:00:00Z",
        "status": "unshipped",
    }  # fmt: skip
    bring(account, [sample("cancel_request")])
    assert (Order.objects.count(), DeleteNotice.objects.count()) == (0, 1)
    take(
        [Row("/", order, None, {"observed_at": "2026-11-13T00:00:00Z", "system": "amazon"})],
        account=account, now=NOW, raw_item_id=None,
    )  # fmt: skip
    assert DeleteNotice.objects.count() == 0
    assert Order.objects.get().buyer_cancel_requested_at == datetime(2026, 11, 12, 5, 11, tzinfo=UTC)


def test_a_return_asked_for_by_mail_is_the_one_of_the_report(account: SellerAccount) -> None:
    report = (
        b"Order ID\tReturn request date\tReturn request status\tAmazon RMA ID\tASIN\tReturn quantity\n"
        b"111-1111111-1111111\t09-Nov-2026\tPending Approval\t\tB0TEST0001\t1\n"
    )
    bring(account, [sample("return_request")])
    assert Return.objects.count() == 0, "until the report names it, nothing counts"
    bring(account, [report])
    found = Return.objects.get()
    assert found.requested_at == datetime(2026, 11, 9, 20, 38, tzinfo=UTC)
    assert found.comment == "Broken glass"


def test_a_claim_is_no_message(account: SellerAccount) -> None:
    bring(account, [sample("a_to_z_claim")])
    assert (Claim.objects.get().external_id, Message.objects.count()) == ("a2z:114-4444444-4444444", 0)
