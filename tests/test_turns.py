"""Turns, reply times and contact response: the edge cases, each with its figures worked out by hand."""

from datetime import date, timedelta

import pytest

from kpis.metrics import Lapse
from messaging.lapse import due, lapse
from messaging.models import Agent, Message, Outcome, Reply, Standing, SurveyAnswer, Turn
from messaging.recompute import recompute_conversations
from messaging.turns import Event, Kind, read_thread, reply_state, seconds_between
from sellers.calendars import BusinessCalendar, Holiday
from sellers.marks import Mark
from sellers.switches import CALENDARS, HOLIDAYS, follow
from tests.makers import NOW, at, make_account, make_answer, make_conversation, make_message

LATER = at("2026-03-01 00:00")  # long after everything here is due
KINDS = {
    "buyer": Kind.BUYER,
    "marked": Kind.BUYER_MARKED,
    "agent": Kind.HUMAN,
    "bot": Kind.BOT,
    "auto": Kind.AUTOMATIC,
    "note": Kind.OTHER,
    "resolved": Kind.RESOLVED,
}


def thread(*events, **switches):
    """A thread from ("buyer", "10:00") or ("agent", "12 10:00") pairs; the day is 10 January unless named."""
    return read_thread(
        [Event(moment(when), KINDS[who], number) for number, (who, when) in enumerate(events, 1)], **switches
    )


def moment(when):
    day, _, clock = when.rpartition(" ")
    return at(f"2026-01-{day or '10'} {clock}")


def seconds(found):
    return [seconds_between(turn.opened_at, turn.replied_at) for turn in found.turns]


def states(found, now=LATER):
    return [reply_state(turn.opened_at, turn.replied_at, now) for turn in found.turns]


TURNS = {
    "a reply after forty minutes": ([("buyer", "10:00"), ("agent", "10:40")], [2400]),
    "several messages in a row are one turn from the first": (
        [("buyer", "10:00"), ("buyer", "10:30"), ("agent", "11:00")],
        [3600],
    ),
    "an automatic reply ends nothing": ([("buyer", "10:00"), ("auto", "10:00:05"), ("agent", "12:00")], [7200]),
    "only an automatic reply is no answer": ([("buyer", "10:00"), ("auto", "10:00:05")], [None]),
    "an internal note ends nothing": ([("buyer", "10:00"), ("note", "10:05"), ("agent", "10:20")], [1200]),
    "a turn in a thread the seller started": ([("agent", "09:00"), ("buyer", "10:00"), ("agent", "10:15")], [900]),
    "a second reply answers nothing": ([("buyer", "10:00"), ("agent", "11:00"), ("agent", "11:30")], [3600]),
    "thanks marked as needing no reply opens nothing": (
        [("buyer", "10:00"), ("agent", "10:10"), ("marked", "10:12")],
        [600],
    ),
    "thanks without the mark stays open": ([("buyer", "10:00"), ("agent", "10:10"), ("buyer", "10:12")], [600, None]),
    "a marked message is not where the wait begins": (
        [("marked", "10:00"), ("buyer", "11:00"), ("agent", "11:30")],
        [1800],
    ),
    "over the weekend the clock runs": ([("buyer", "16 18:00"), ("agent", "19 08:00")], [223_200]),
    "a case reopened after three days": (
        [("buyer", "10:00"), ("agent", "10:30"), ("resolved", "11:00"), ("buyer", "13 10:00"), ("agent", "13 10:20")],
        [1800, 1200],
    ),
    "resolved without a reply, answered later": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("agent", "14:00")],
        [14_400],
    ),
    "resolved without a reply, then the buyer writes again two days later": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12 10:00"), ("agent", "12 10:05")],
        [None, 300],
    ),
    "resolved without a reply, then the buyer writes again within the day": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12:00"), ("agent", "12:05")],
        [7500, 300],
    ),
    "at the same instant the buyer comes first": ([("agent", "10:00"), ("buyer", "10:00")], [0]),
    "a bot ends nothing unless the account says so": (
        [("buyer", "10:00"), ("bot", "10:01"), ("agent", "11:00")],
        [3600],
    ),
}


@pytest.mark.parametrize(("events", "expected"), TURNS.values(), ids=TURNS.keys())
def test_turns(events, expected):
    assert seconds(thread(*events)) == expected


def test_a_bot_ends_a_turn_where_the_account_says_so_but_never_answers_a_contact():
    found = thread(("buyer", "10:00"), ("bot", "10:01"), ("agent", "11:00"), bots_count=lambda opened_at: True)
    assert seconds(found) == [60]
    assert [seconds_between(contact.at, contact.replied_at) for contact in found.contacts] == [3600]


def test_one_reply_answers_every_earlier_message_each_with_its_own_time():
    found = thread(("buyer", "10:00"), ("buyer", "10:30"), ("agent", "11:00"))
    assert [seconds_between(contact.at, contact.replied_at) for contact in found.contacts] == [3600, 1800]


def test_two_messages_20_hours_apart_and_a_reply_at_26_hours_are_one_late_turn_and_one_late_of_two_messages():
    found = thread(("buyer", "10 00:00"), ("buyer", "10 20:00"), ("agent", "11 02:00"))
    assert states(found) == [Reply.LATE]
    replies = [reply_state(contact.at, contact.replied_at, LATER) for contact in found.contacts]
    assert replies == [Reply.LATE, Reply.ON_TIME]


def test_resolving_plays_no_part_in_contact_response():
    found = thread(("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12 10:00"), ("agent", "12 10:05"))
    assert [seconds_between(contact.at, contact.replied_at) for contact in found.contacts] == [173_100, 300]


@pytest.mark.parametrize(
    ("replied", "state"), [("11 10:00:00", Reply.ON_TIME), ("11 10:00:01", Reply.LATE)], ids=["24:00:00", "24:00:01"]
)
def test_exactly_24_hours_is_on_time(replied, state):
    assert states(thread(("buyer", "10:00"), ("agent", replied))) == [state]


@pytest.mark.parametrize(
    ("now", "state"), [("11 10:00:00", Reply.PENDING), ("11 10:00:01", Reply.NONE)], ids=["24:00:00", "24:00:01"]
)
def test_unanswered_counts_as_missed_only_when_older_than_24_hours(now, state):
    assert states(thread(("buyer", "10:00")), moment(now)) == [state]


def test_an_order_notice_does_not_make_a_conversation_the_sellers():
    assert thread(("auto", "09:00"), ("buyer", "10:00"), ("agent", "10:15")).buyer_started is True
    assert thread(("agent", "09:00"), ("buyer", "10:00")).buyer_started is False
    assert thread(("auto", "09:00")).buyer_started is None


def acknowledged(found):
    first = found.turns[0]
    return seconds_between(first.opened_at, first.acknowledged_at)


ACKNOWLEDGEMENTS = {
    "an automatic reply first": ([("buyer", "10:00"), ("auto", "10:00:05"), ("agent", "12:00")], 5),
    "an automatic reply and nothing else": ([("buyer", "10:00"), ("auto", "10:00:05")], 5),
    "a bot first": ([("buyer", "10:00"), ("bot", "10:01"), ("agent", "12:00")], 60),
    "a person first": ([("buyer", "10:00"), ("agent", "10:40"), ("auto", "10:50")], 2400),
    "a note is for nobody outside": ([("buyer", "10:00"), ("note", "10:05"), ("agent", "10:20")], 1200),
    "an order notice before the buyer wrote": ([("auto", "09:00"), ("buyer", "10:00"), ("agent", "10:15")], 900),
    "nothing at all": ([("buyer", "10:00")], None),
    "from the message that opened the turn": ([("marked", "10:00"), ("auto", "10:01"), ("buyer", "11:00")], None),
    "at the same instant": ([("buyer", "10:00"), ("auto", "10:00")], 0),
    # Two days and five minutes: the buyer had to write again, and only then heard something.
    "a reply that came too late for the first turn": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12 10:00"), ("agent", "12 10:05")],
        2 * 86_400 + 300,
    ),
    "an automatic reply after the conversation was resolved and written to again": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12:00"), ("auto", "12:00:05"), ("agent", "13:00")],
        7205,
    ),
    "resolved and written to again without any response": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12 10:00")],
        None,
    ),
    "a reply that answers two turns at once": (
        [("buyer", "10:00"), ("resolved", "10:30"), ("buyer", "12:00"), ("agent", "12:05")],
        7500,
    ),
    "a conversation that the seller began": ([("agent", "09:00"), ("buyer", "10:00"), ("agent", "10:15")], None),
}


@pytest.mark.parametrize(("events", "expected"), ACKNOWLEDGEMENTS.values(), ids=ACKNOWLEDGEMENTS.keys())
def test_first_response_of_any_kind(events, expected):
    assert acknowledged(thread(*events)) == expected


def test_a_turn_is_handed_over_when_another_person_answers_than_the_last_known_one():
    events = [
        Event(moment("10:00"), Kind.BUYER, 1),
        Event(moment("10:10"), Kind.HUMAN, 2, agent_id=7),
        Event(moment("11:00"), Kind.BUYER, 3),
        Event(moment("11:10"), Kind.HUMAN, 4),  # nobody knows who: no evidence of a hand-over
        Event(moment("12:00"), Kind.BUYER, 5),
        Event(moment("12:10"), Kind.HUMAN, 6, agent_id=8),
        Event(moment("13:00"), Kind.BUYER, 7),
        Event(moment("13:10"), Kind.HUMAN, 8, agent_id=8),
        Event(moment("14:00"), Kind.BUYER, 9),
    ]
    assert [turn.handed_over for turn in read_thread(events).turns] == [False, False, True, False, False]


@pytest.mark.django_db
class TestStored:
    def test_only_the_first_turn_of_a_conversation_the_buyer_started_is_a_first_response(self):
        account = make_account()
        make_conversation(
            account,
            ("buyer", "2026-01-05 10:00"),
            ("agent", "2026-01-05 10:30"),
            ("buyer", "2026-01-06 10:00"),
            ("agent", "2026-01-06 10:10"),
        )
        make_conversation(
            account, ("agent", "2026-01-07 09:00"), ("buyer", "2026-01-07 10:00"), ("agent", "2026-01-07 10:15")
        )
        turns = Turn.objects.filter(account=account).order_by("opened_at")
        assert list(turns.values_list("reply_seconds", "first")) == [(1800, True), (600, False), (900, False)]

    def test_a_turn_belongs_to_the_local_day_of_the_message_that_opened_it(self):
        account = make_account(time_zone="America/Los_Angeles")
        # Sunday 23:50 in Los Angeles is Monday 07:50 UTC; the reply comes on Monday at 00:30 local time.
        make_conversation(account, ("buyer", "2026-01-12 07:50"), ("agent", "2026-01-12 08:30"))
        assert str(Turn.objects.get(account=account).day) == "2026-01-11"

    def test_a_message_that_moves_to_another_conversation_takes_its_turn_along(self, monkeypatch):
        monkeypatch.setattr("messaging.recompute.CHUNK", 1)  # the two conversations are worked on one after the other
        account = make_account()
        target = make_conversation(account, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 11:00"))
        source = make_conversation(account, ("buyer", "2026-01-05 10:00"))
        moved = Message.objects.get(conversation=source)
        moved.conversation = target
        moved.save()
        recompute_conversations(account, [target.id, source.id], NOW)
        # Both messages wait in one conversation now: one turn from the 5th, answered after 25 hours.
        turn = Turn.objects.get()
        assert (turn.conversation_id, turn.opening_id, turn.reply_seconds) == (target.id, moved.id, 25 * 3600)

    def test_a_message_that_moves_past_midnight_moves_its_turn_and_marks_both_days(self):
        account = make_account(time_zone="America/Los_Angeles")
        # Sunday 23:50 in Los Angeles is 07:50 UTC on Monday, Monday 00:10 is 08:10 UTC.
        conversation = make_conversation(account, ("buyer", "2026-01-12 07:50"), ("agent", "2026-01-12 09:00"))
        Mark.objects.all().delete()
        message = Message.objects.get(conversation=conversation, author_kind="buyer")
        message.sent_at = at("2026-01-12 08:10")
        message.save()
        recompute_conversations(account, [conversation.id], LATER)
        turn = Turn.objects.get(conversation=conversation)
        assert (str(turn.day), turn.reply_seconds) == ("2026-01-12", 3000)
        marked = {(fact, str(day)) for fact, day in Mark.objects.values_list("fact", "day")}
        assert {("turns", "2026-01-11"), ("turns", "2026-01-12")} <= marked
        assert {("contacts", "2026-01-11"), ("contacts", "2026-01-12")} <= marked

    def test_a_message_imported_late_marks_its_own_day_and_no_other(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        make_conversation(account, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 10:30"))
        Mark.objects.all().delete()
        make_message(conversation, "buyer", "2025-12-05 10:00", now=LATER)
        marked = {(fact, str(day)) for fact, day in Mark.objects.values_list("fact", "day") if fact == "turns"}
        # The turn of December is new and takes the message of 5 January in, whose own turn is gone.
        assert marked == {("turns", "2025-12-05"), ("turns", "2026-01-05")}

    def test_an_agent_who_is_renamed_or_unassigned_changes_no_figure(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        Agent.objects.update(name="Gone")
        conversation.refresh_from_db()
        conversation.assignee_external_id = "kim"
        conversation.save()
        Mark.objects.all().delete()
        recompute_conversations(account, [conversation.id], LATER)
        assert not Mark.objects.exists()
        assert Turn.objects.get(conversation=conversation).agent.external_id == "sam"

    def test_a_merged_conversation_counts_nowhere_and_its_messages_count_in_the_other_one(self):
        account = make_account()
        one = make_conversation(account, ("buyer", "2026-01-05 10:00"), resolved="2026-01-05 12:00")
        other = make_conversation(account, ("agent", "2026-01-05 10:30"))
        one.messages.update(conversation=other)
        one.merged_into = other
        one.save()
        recompute_conversations(account, [one.id, other.id], LATER)
        assert [(turn.conversation, turn.reply_seconds) for turn in Turn.objects.all()] == [(other, 1800)]
        one.refresh_from_db()
        assert (one.outcome, str(one.resolved_day)) == (Outcome.MERGED, "2026-01-05")

    def test_business_hours_of_a_weekend_are_zero_and_unknown_without_a_calendar(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-10 20:00"), ("agent", "2026-01-10 21:00"))
        assert Turn.objects.get().business_seconds is None
        windows = {str(day): [["08:00", "18:00"]] for day in range(5)}
        BusinessCalendar.objects.create(account=account, valid_from=date(2026, 1, 1), windows=windows)
        follow(account, {CALENDARS}, LATER)
        assert Turn.objects.get().business_seconds == 0
        # Friday 16:00 to Monday 09:00: two hours and one; closed on Friday, only the one.
        make_message(conversation, "buyer", "2026-01-16 16:00", now=LATER)
        make_message(conversation, "agent", "2026-01-19 09:00", now=LATER)
        turns = Turn.objects.order_by("opened_at")
        assert [turn.business_seconds for turn in turns] == [0, 3 * 3600]
        Holiday.objects.create(account=account, day=date(2026, 1, 16))
        follow(account, {HOLIDAYS}, LATER)
        assert [turn.business_seconds for turn in turns.all()] == [0, 3600]

    def test_a_reply_retyped_as_automatic_opens_the_turn_again(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        reply = Message.objects.get(conversation=conversation, author_kind="agent")
        reply.automatic = True
        reply.save()
        recompute_conversations(account, [conversation.id], LATER)
        turn = Turn.objects.get(conversation=conversation)
        assert (turn.reply, turn.reply_seconds, turn.replied_at) == (Reply.NONE, None, None)

    def test_a_passed_deadline_becomes_a_row_and_marks_its_day_once(self):
        account = make_account()
        make_conversation(account, ("buyer", "2026-01-19 12:00"), now=at("2026-01-20 11:00"))
        Mark.objects.all().delete()
        assert Lapse("", due, lapse).due_accounts(at("2026-01-20 12:00:00")) == set()
        assert lapse(account, at("2026-01-20 12:00:00")) == 0
        assert Lapse("", due, lapse).due_accounts(at("2026-01-20 12:00:01")) == {account.id}
        assert lapse(account, at("2026-01-20 12:00:01")) == 2
        assert sorted(Mark.objects.values_list("fact", "day")) == [
            ("contacts", at("2026-01-19 00:00").date()),
            ("turns", at("2026-01-19 00:00").date()),
        ]
        assert lapse(account, at("2026-01-20 12:00:01")) == 0

    def test_a_late_reply_turns_a_missed_wait_into_a_late_one(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"))
        assert Turn.objects.get(account=account).reply == Reply.NONE
        make_message(conversation, "agent", "2026-01-07 10:00")
        turn = Turn.objects.get(account=account)
        assert (turn.reply, turn.reply_seconds) == (Reply.LATE, 2 * 86_400)

    def test_recomputing_what_did_not_change_writes_and_marks_nothing(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        Mark.objects.all().delete()
        recompute_conversations(account, [conversation.id], LATER)
        assert not Mark.objects.exists()

    def test_an_answer_joins_its_message_whichever_of_them_arrives_first(self):
        account = make_account()
        early = make_answer(account, "2026-01-05 12:00", message_external_id="reply-1")
        assert early.conversation is None
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"))
        make_message(conversation, "agent", "2026-01-05 11:00", external_id="reply-1")
        assert SurveyAnswer.objects.get(pk=early.pk).conversation == conversation
        late = make_answer(account, "2026-01-06 12:00", message_external_id="reply-1")
        assert late.conversation == conversation
        assert late.thread_key == SurveyAnswer.objects.get(pk=early.pk).thread_key

    def test_an_answer_follows_its_message_into_another_conversation(self):
        account = make_account()
        one = make_conversation(account, ("buyer", "2026-01-05 10:00"))
        other = make_conversation(account, ("buyer", "2026-01-05 10:00"))
        message = make_message(one, "agent", "2026-01-05 11:00", external_id="reply-1")
        answer = make_answer(account, "2026-01-05 12:00", message_external_id="reply-1")
        message.conversation = other
        message.save()
        recompute_conversations(account, [one.id, other.id], LATER)
        answer.refresh_from_db()
        assert (answer.conversation, answer.thread_key) == (other, f"c:{other.id}")

    def test_a_deleted_conversation_leaves_the_figures_and_comes_back_when_it_was_a_mistake(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        answer = make_answer(account, "2026-01-05 12:00", conversation=conversation)

        def verdicts():
            recompute_conversations(account, [conversation.id], LATER)
            answer.refresh_from_db()
            message = Message.objects.get(conversation=conversation, author_kind="buyer")
            return Turn.objects.filter(account=account).count(), message.reply, answer.standing

        before = verdicts()
        conversation.deleted_at = at("2026-01-06 10:00")
        conversation.save()
        assert verdicts() == (0, Reply.DELETED, Standing.DELETED)
        conversation.deleted_at = None
        conversation.save()
        assert verdicts() == before == (1, Reply.ON_TIME, Standing.COUNTS)

    def test_the_clock_counts_elapsed_time_across_a_clock_change(self):
        account = make_account(time_zone="Europe/Berlin")
        # 28 March 2026 12:00 UTC to 29 March 12:00 UTC: Berlin's clocks skip an hour, elapsed time does not.
        conversation = make_conversation(
            account, ("buyer", "2026-03-28 12:00"), ("agent", "2026-03-29 12:00"), now=LATER
        )
        assert Turn.objects.get(conversation=conversation).reply_seconds == timedelta(hours=24).total_seconds()
