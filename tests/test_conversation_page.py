"""The page of one conversation: its messages, the waits between them, and why each has its verdict."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from intake import corrections
from intake.corrections import Change
from intake.models import Correction
from messaging.models import MessageBody
from messaging.recompute import recompute_conversations
from orders.models import Mention
from sellers.models import Membership
from tests.makers import (
    NOW,
    changes,
    client_of,
    make_account,
    make_answer,
    make_conversation,
    make_message,
    make_order,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def page_of(conversation, query="", client=None):
    client = client or client_of(conversation.account)
    response = client.get(reverse("conversation", args=[conversation.account.key, conversation.pk]) + query)
    assert response.status_code == 200
    return response


def text_of(response):
    """What stands on the page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_stranger_and_another_account_find_nothing():
    account, other = make_account(), make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"))
    client = client_of(other)
    assert client.get(f"/accounts/{account.key}/conversations/{conversation.pk}/").status_code == 404
    assert client.get(f"/accounts/{other.key}/conversations/{conversation.pk}/").status_code == 404
    assert Client().get(f"/accounts/{account.key}/conversations/{conversation.pk}/").status_code == 302


def test_each_question_says_how_it_was_answered_and_why():
    account = make_account(time_zone="Europe/Berlin")
    # Asked at 11:00 in Berlin; 24 hours later is the next day, 11:00. The answer came 25 hours after the question.
    conversation = make_conversation(
        account,
        ("buyer", "2026-01-10 10:00"),
        ("agent:kim", "2026-01-11 11:00"),
        ("buyer", "2026-01-11 12:00"),
        ("agent:lee", "2026-01-11 14:30"),
        ("marked", "2026-01-11 15:00"),
        ("buyer", "2026-01-20 09:00"),
    )
    text = text_of(page_of(conversation))
    assert (
        "Answered by Kim on 11 Jan 2026, 12:00, after 1 d 1 h: 1 h after the 24 hours had ended (11 Jan 2026, 11:00)."
        in text
    )
    assert (
        "Answered by Lee on 11 Jan 2026, 15:30, after 2 h 30 min; 24 hours would have ended 12 Jan 2026, 13:00." in text
    )
    assert "It was stated that it needs no reply." in text
    assert "No person has answered yet. An answer is in time until 21 Jan 2026, 10:00." in text


def test_a_wait_stands_before_the_answer_that_ended_it_with_all_its_clocks():
    account = make_account()
    conversation = make_conversation(
        account,
        ("buyer", "2026-01-12 10:00"),
        ("auto", "2026-01-12 10:05"),
        ("agent:kim", "2026-01-12 16:00"),
        ("buyer", "2026-01-13 10:00"),
        ("agent:lee", "2026-01-13 11:00"),
        channel="whatsapp",
    )
    page = page_of(conversation).context["page"]
    kinds = [entry.kind for entry, _body in page.shown]
    assert kinds == ["message", "message", "turn", "message", "message", "turn", "message"]
    first, second = page.waits
    # Five minutes until the automatic reply, six hours until a person's; WhatsApp allows one hour.
    assert ("First response of any kind after", "5 min") in first.facts
    assert first.waited == "6 h"
    assert first.target.word == "Answered after the target"
    assert first.target.why == "The target was 1 h, until 12 Jan 2026, 11:00; the answer came 5 h later."
    assert ("Answered by", "Lee") in second.facts
    assert ("Handed over", "another person had answered before") in second.facts
    assert second.target.word == "Answered within the target"


def test_of_several_answers_the_latest_counts_and_the_others_say_why_not():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    make_answer(account, "2026-01-11 10:00", solved=False, conversation=conversation)
    make_answer(account, "2026-01-12 10:00", solved=True, conversation=conversation)
    rated = {"kind": "csat", "solved": None, "value_number": 4, "scale_min": 1, "scale_max": 5}
    make_answer(account, "2026-01-11 11:00", conversation=conversation, **rated)
    page = page_of(conversation).context["page"]
    said = [(one.said, one.verdict.word, one.verdict.band) for one in page.answers]
    assert said == [
        ("Not solved", "A later answer counts", "none"),
        ("4 of 5", "Counts", "green"),
        ("Solved", "Counts", "green"),
    ]
    assert page.answers[0].verdict.why == (
        "The answer of 12 Jan 2026, 10:00 came later and counts, wherever both are in the window."
    )


def test_status_changes_stand_in_their_place_with_who_made_them():
    account = make_account()
    conversation = make_conversation(
        account,
        ("buyer", "2026-01-10 10:00"),
        ("agent", "2026-01-10 12:00"),
        status_events=[{**changes(("resolved", "2026-01-10 12:30"))[0], "actor_kind": "agent"}],
        status="resolved",
    )
    page = page_of(conversation).context["page"]
    assert [one.what for one, _body in page.shown if one.kind == "status"] == ["Set to resolved by: Agent"]
    assert page.outcome.word == "Resolved"
    # From 10:00 to 12:30, with one reply, more than seven days ago.
    assert page.outcome.why == (
        "Resolved on 10 Jan 2026, 12:30, 2 h 30 min after the buyer's first message. "
        "One reply was enough, and it held for 7 days."
    )


def test_texts_are_escaped_and_carry_their_language():
    account = make_account()
    conversation = make_conversation(account, language="de_DE", subject="Wo <b>ist</b> es?")
    message = make_message(conversation, "buyer", "2026-01-10 10:00")
    MessageBody.objects.create(message=message, text="<script>alert(1)</script> Hallo", attachments=[{"name": "a.png"}])
    html = page_of(conversation).content.decode()
    assert "<script>alert(1)" not in html
    assert '<div class="words" dir="auto" lang="de-de">' in html
    assert "Wo &lt;b&gt;ist&lt;/b&gt; es?" in html
    assert "a.png" in html


def test_a_language_that_no_browser_knows_is_left_away():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"), language="klingon")
    assert 'lang="klingon"' not in page_of(conversation).content.decode()


def test_a_text_that_is_not_kept_any_more_says_so():
    account = make_account()
    conversation = make_conversation(account)
    message = make_message(conversation, "buyer", "2026-01-10 10:00")
    MessageBody.objects.create(message=message, text="", chars=812)
    assert "The text of 812 characters is not kept any more." in text_of(page_of(conversation))


def test_a_merged_conversation_and_its_target_lead_to_each_other():
    account = make_account()
    target = make_conversation(account, ("buyer", "2026-01-10 10:00"), order_external_ids=["o-77"])
    merged = make_conversation(account, merged_into=target, order_external_ids=["o-78"])
    order = make_order(account, "2026-01-05 10:00", external_id="o-78")
    recompute_conversations(account, [merged.id, target.id], NOW)
    html = page_of(merged).content.decode()
    assert reverse("conversation", args=[account.key, target.pk]) in html
    html = page_of(target).content.decode()
    assert reverse("conversation", args=[account.key, merged.pk]) in html
    # The orders of both, the one that has come in as a link.
    assert reverse("order", args=[account.key, order.pk]) in html
    assert "o-77" in html


def test_only_who_may_correct_is_offered_it_and_corrections_show_with_their_undo():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"))
    message = conversation.messages.get()
    manager = make_user("mei", account, role=Membership.Role.MANAGER)
    change = Change(Correction.Kind.NO_REPLY_NEEDED)
    proposal = corrections.propose(
        account, message, change, by=manager, now=NOW, reason="Only a thank-you", case_number=""
    )
    corrections.apply(proposal, NOW, manager)
    client = Client()
    client.force_login(manager)
    html = page_of(conversation, client=client).content.decode()
    assert "Only a thank-you" in html
    assert reverse("correct", args=[account.key, "message", message.pk]) in html
    assert reverse("correct", args=[account.key, "conversation", conversation.pk]) in html
    assert reverse("correction_step", args=[account.key, proposal.pk, "undo"]) in html
    html = page_of(conversation).content.decode()
    assert "Only a thank-you" in html
    assert "/correct/" not in html
    assert "/undo/" not in html


def long_conversation(account, messages):
    conversation = make_conversation(account, order_external_ids=["o-1"])
    for number in range(messages):
        author = "buyer" if number % 2 == 0 else "agent"
        moment = f"2026-01-{1 + number // 48:02} {number // 2 % 24:02}:{number % 2 * 30:02}"
        made = make_message(conversation, author, moment, recompute=False, external_id=f"long-{number:03}")
        MessageBody.objects.create(message=made, text=f"Text {number}")
    recompute_conversations(account, [conversation.id], NOW)
    return conversation


@pytest.mark.parametrize("length", [2, 500])
def test_a_long_conversation_takes_as_many_queries_as_a_short_one(length, django_assert_num_queries):
    account = make_account()
    make_order(account, "2026-01-01 10:00", external_id="o-1")
    conversation = long_conversation(account, length)
    client = client_of(account)
    page_of(conversation, client=client)
    # Session, user, account; the conversation, its messages, turns, answers, merged ones, corrections, orders, texts;
    # around the page the accounts, freshness (2), arrivals, and whether the person may correct.
    with django_assert_num_queries(17):
        page = page_of(conversation, client=client).context["page"]
    # Each pair of messages has a wait between them: 500 messages are 750 entries, 50 of them on the last page.
    assert page.page.paginator.count == length * 3 // 2
    assert len(page.shown) == (3 if length == 2 else 50)


def test_a_message_is_found_on_the_page_where_it_stands():
    account = make_account()
    conversation = long_conversation(account, 300)
    first = conversation.messages.order_by("sent_at").first()
    page = page_of(conversation, f"?message={first.pk}").context["page"]
    assert page.page.number == 1
    assert f'id="m-{first.pk}"' in page_of(conversation, f"?message={first.pk}").content.decode()
    assert page_of(conversation).context["page"].page.number == 5  # 450 entries, 100 on a page
    assert page_of(conversation, "?page=2").context["page"].page.number == 2
    assert page_of(conversation, "?message=x").context["page"].page.number == 5


# --- Find ------------------------------------------------------------------------------------------------------------


def found(client, account, query):
    return client.get(reverse("find", args=[account.key]) + query)


def test_a_whole_id_opens_its_page():
    account = make_account()
    conversation = make_conversation(account, external_id="c-500")
    order = make_order(account, "2026-01-05 10:00", external_id="113-77", name="#1001")
    order.shipments.create(account=account, external_id="1", tracking_number="1Z999")
    client = client_of(account)
    assert found(client, account, "?q=c-500").url == reverse("conversation", args=[account.key, conversation.pk])
    assert found(client, account, "?q=+113-77+").url == reverse("order", args=[account.key, order.pk])
    for beginning in ("113", "%231001", "1Z9"):
        page = found(client, account, f"?q={beginning}").context["page"]
        assert [row.pk for row, _at in page.orders] == [order.pk], beginning


def test_the_beginning_of_an_id_finds_all_that_begin_so_and_nothing_else():
    account, other = make_account(), make_account()
    for name in ("c-50", "c-51", "c-6", "C-50", "xc-50", "c%"):
        make_conversation(account, external_id=name)
    make_conversation(other, external_id="c-59")
    page = found(client_of(account), account, "?q=c-5").context["page"]
    assert [row.external_id for row, _at in page.conversations] == ["c-50", "c-51"]
    page = found(client_of(account), account, "?q=c%25&show=conversations").context["page"]
    assert [row.external_id for row, _at in page.conversations] == ["c%"]


def test_an_order_id_also_finds_the_conversations_about_it():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"))
    Mention.objects.create(account=account, order_external_id="o-900", conversation_id=conversation.pk, by_buyer=True)
    page = found(client_of(account), account, "?q=o-900").context["page"]
    assert [row.pk for row, _at in page.conversations] == [conversation.pk]


def test_without_a_question_the_newest_are_shown_in_a_constant_number_of_queries(django_assert_num_queries):
    account = make_account()
    client = client_of(account)
    for day in ("2026-01-10", "2026-01-12", "2026-01-11"):
        make_conversation(account, ("buyer", f"{day} 10:00"), external_id=f"c-{day}")
    found(client, account, "")
    # Session, user, account; two counts and one list; around the page five, as on every page of an account.
    with django_assert_num_queries(12):
        page = found(client, account, "").context["page"]
    assert [row.external_id for row, _at in page.conversations] == ["c-2026-01-12", "c-2026-01-11", "c-2026-01-10"]
    assert "Nothing begins with “zzz”" in text_of(found(client, account, "?q=zzz"))
