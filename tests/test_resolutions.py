"""Resolving, closing and opening again: what becomes of a conversation, each case worked out by hand."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import corrections
from intake.contract import RECORD_TYPES
from intake.corrections import Change
from intake.gate import ingest
from intake.models import Correction
from kpis.metrics import Lapse
from messaging.events import STATUS_BIT
from messaging.lapse import due, lapse
from messaging.models import Conversation, Message, OneTouch, Outcome, Reply, Turn
from messaging.recompute import recompute_conversations
from messaging.resolutions import one_touch, read_course, resolution_seconds
from messaging.turns import Event, Kind, read_thread
from sellers.marks import Mark
from tests.makers import at, changes, make_account, make_conversation, make_message

KINDS = {
    "buyer": Kind.BUYER,
    "marked": Kind.BUYER_MARKED,
    "agent": Kind.HUMAN,
    "bot": Kind.BOT,
    "auto": Kind.AUTOMATIC,
    "note": Kind.OTHER,
    "resolved": Kind.RESOLVED,
    "closed": Kind.CLOSED,
    "open": Kind.OPENED,
}
LATER = at("2026-03-01 00:00")


def moment(when):
    day, _, clock = when.rpartition(" ")
    return at(f"2026-01-{day or '10'} {clock}")


def events(*pairs):
    return [
        Event(moment(when), KINDS[who], number, external_id=str(number)) for number, (who, when) in enumerate(pairs)
    ]


def course(*pairs):
    return read_course(events(*pairs))


def seconds(*pairs):
    found = events(*pairs)
    return resolution_seconds(read_course(found), read_thread(found).first_buyer_at)


REOPENED = (("buyer", "10:00"), ("agent", "10:30"), ("resolved", "11:00"), ("buyer", "13 10:00"), ("agent", "13 10:20"))


def test_a_case_that_came_back_has_a_first_resolution_but_no_full_one_until_it_is_resolved_again():
    # 10:00 to 11:00 is 3,600 s.
    assert seconds(*REOPENED) == (3600, None)
    assert course(*REOPENED).reopens == 1
    # 10 January 10:00 to 13 January 11:00 is 3 days and an hour: 3 x 86,400 + 3,600 = 262,800 s.
    again = (*REOPENED, ("resolved", "13 11:00"))
    assert seconds(*again) == (3600, 262_800)
    assert (course(*again).resolutions, course(*again).reopens) == (2, 1)


def test_thanks_that_needs_no_reply_opens_nothing_again():
    found = course(("buyer", "10:00"), ("agent", "10:30"), ("resolved", "11:00"), ("marked", "11:05"))
    assert (found.outcome, found.reopens) == (Outcome.RESOLVED, 0)


def test_the_clock_of_a_resolution_starts_at_a_marked_message_too():
    assert seconds(("marked", "10:00"), ("buyer", "10:10"), ("resolved", "11:00")) == (3600, 3600)


def test_a_later_message_of_the_seller_opens_nothing_again():
    found = course(("buyer", "10:00"), ("agent", "10:30"), ("resolved", "11:00"), ("agent", "12:00"))
    assert (found.outcome, found.reopens) == (Outcome.RESOLVED, 0)


def test_a_second_resolved_in_a_row_is_ignored():
    found = course(("buyer", "10:00"), ("resolved", "11:00"), ("resolved", "12:00"))
    assert (found.resolutions, found.first_resolved_at, found.last_resolved_at) == (1, moment("11:00"), moment("11:00"))


def test_a_status_set_back_to_open_is_one_reopen_even_if_the_buyer_had_written_just_before():
    found = course(("buyer", "10:00"), ("resolved", "11:00"), ("buyer", "12:00"), ("open", "12:00:01"))
    assert (found.outcome, found.reopens, found.reopened_at) == (Outcome.OPEN, 1, moment("12:00"))
    by_hand = course(("buyer", "10:00"), ("resolved", "11:00"), ("open", "12:00"))
    assert (by_hand.outcome, by_hand.reopens) == (Outcome.OPEN, 1)


def test_closing_what_is_resolved_only_files_it_and_closing_anything_else_ends_it_unsolved():
    filed = course(("buyer", "10:00"), ("resolved", "11:00"), ("closed", "14 11:00"))
    assert (filed.outcome, filed.ended_at) == (Outcome.RESOLVED, moment("11:00"))
    given_up = course(("buyer", "10:00"), ("closed", "14 11:00"))
    assert (given_up.outcome, given_up.ended_at, given_up.resolutions) == (Outcome.CLOSED, moment("14 11:00"), 0)


def test_a_conversation_that_was_resolved_and_later_given_up_has_no_full_resolution():
    pairs = (("buyer", "10:00"), ("resolved", "11:00"), ("buyer", "12:00"), ("closed", "13:00"))
    assert seconds(*pairs) == (3600, None)
    assert course(*pairs).outcome == Outcome.CLOSED


def test_without_a_message_of_the_buyer_there_is_nothing_to_resolve():
    assert seconds(("agent", "10:00"), ("resolved", "11:00")) == (None, None)
    # The buyer wrote only after the first resolve: the first time is unknown, the last one is 11:00 to 12:00.
    late = (("agent", "09:00"), ("resolved", "10:00"), ("buyer", "11:00"), ("resolved", "12:00"))
    assert seconds(*late) == (None, 3600)


def test_an_instant_that_both_writes_and_resolves_ends_resolved():
    assert course(("resolved", "10:00"), ("buyer", "10:00")).outcome == Outcome.RESOLVED


ONE_REPLY = (("buyer", "10:00"), ("agent", "10:30"), ("resolved", "11:00"))
TOUCHES = {
    "one reply that held": (ONE_REPLY, LATER, OneTouch.YES),
    "one reply, exactly seven days later": (ONE_REPLY, moment("17 11:00:00"), OneTouch.WAITING),
    "one reply, a second after that": (ONE_REPLY, moment("17 11:00:01"), OneTouch.YES),
    "no reply at all": ((("buyer", "10:00"), ("resolved", "11:00")), LATER, OneTouch.NO),
    "two replies": ((*ONE_REPLY[:2], ("agent", "10:40"), ("resolved", "11:00")), LATER, OneTouch.NO),
    "an automatic reply beside the one": ((("auto", "10:00:05"), *ONE_REPLY), LATER, OneTouch.YES),
    "a follow-up after the resolve": ((*ONE_REPLY, ("agent", "12 10:00")), LATER, OneTouch.YES),
    "opened again on the seventh day": ((*ONE_REPLY, ("buyer", "17 11:00:00")), LATER, OneTouch.NO),
    "opened again after the seventh day": ((*ONE_REPLY, ("buyer", "17 11:00:01")), LATER, OneTouch.YES),
    "resolved again after it came back": ((*REOPENED, ("resolved", "13 11:00")), LATER, OneTouch.NO),
    "never resolved": (ONE_REPLY[:2], LATER, None),
    "the seller began, and one reply to the buyer": ((("agent", "09:00"), *ONE_REPLY), LATER, OneTouch.YES),
    "one reply to thanks that needed none": ((("marked", "10:00"), *ONE_REPLY[1:]), LATER, OneTouch.YES),
    "nothing but a message of the seller": ((("agent", "09:00"), ("resolved", "11:00")), LATER, OneTouch.NO),
}  # fmt: skip


@pytest.mark.parametrize(("pairs", "now", "expected"), TOUCHES.values(), ids=TOUCHES.keys())
def test_solved_with_one_reply(pairs, now, expected):
    assert one_touch(course(*pairs), now) == expected


pairs_at_any_time = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(["10:00", "10:30", "11:00", "12 10:00", "19 10:00"])),
    max_size=5,
)


@given(pairs_at_any_time)
def test_the_order_in_which_events_arrive_decides_nothing(pairs):
    found = events(*pairs)
    for arrived in permutations(found):
        assert read_course(arrived) == read_course(found)
        assert read_thread(arrived) == read_thread(found)


def test_what_a_person_sent_before_the_buyer_wrote_is_no_reply():
    assert course(("agent", "09:00"), ("agent", "09:30")).human_replies == 0
    # Two messages before the buyer wrote, two after; at the same instant, the buyer wrote first.
    talk = (("agent", "09:00"), ("agent", "09:30"), ("buyer", "10:00"), ("agent", "10:00"), ("agent", "11:00"))
    assert course(*talk).human_replies == 2


DESK = ("2026-01-12", "2026-01-13", "2026-01-14")  # days on which the desk tells how the conversation stands
ASKED = {"type": "message", "external_id": "m-1", "conversation_external_id": "c-1", "author_kind": "buyer",
         "sent_at": "2026-01-05T10:00:00Z", "direction": "inbound"}  # fmt: skip
ANSWERED = {**ASKED, "external_id": "m-2", "author_kind": "agent", "direction": "outbound",
            "sent_at": "2026-01-05T10:30:00Z"}  # fmt: skip


def told(account, *said, days=DESK):
    """The conversation after the desk said these things of it, one a day; it was asked at 10:00 and answered 10:30."""
    for day, values in zip(days, said, strict=False):
        record = {"type": "conversation", "external_id": "c-1", "channel": "email", **values}
        envelope = {"schema": "1", "batch_id": f"b-{day}", "account": account.key, "system": "x-desk"}
        envelope |= {"observed_at": f"{day}T08:00:00Z", "records": [record, ASKED, ANSWERED]}
        answer = ingest(account, envelope, owner="test", now=LATER)
        assert answer["quarantined"] == 0, answer
    return Conversation.objects.get()


SOLVED = {"resolved_at": "2026-01-05T11:00:00Z"}


@pytest.mark.django_db
class TestWithoutAHistory:
    """Resolved an hour after the buyer wrote: 3,600 s, while it holds."""

    HOLDS = (Outcome.RESOLVED, 0, 3600, OneTouch.YES)
    CAME_BACK = (Outcome.OPEN, 1, None, OneTouch.NO)

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ([{"status": "resolved", **SOLVED}], HOLDS),
            ([{"status": "open", **SOLVED}], CAME_BACK),
            ([{"status": "pending", **SOLVED}], CAME_BACK),
            ([{"status": "resolved", **SOLVED}, {"status": "open", **SOLVED}], CAME_BACK),
            ([{"status": "resolved", **SOLVED}, {"status": "open"}], CAME_BACK),
            ([{"status": "open", "reopened_count": 3, **SOLVED}], (Outcome.OPEN, 3, None, OneTouch.NO)),
            # Resolved once more, which the desk tells by another moment: 26 hours after the buyer wrote.
            (
                [{"status": "open", **SOLVED}, {"status": "resolved", "resolved_at": "2026-01-06T12:00:00Z"}],
                (Outcome.RESOLVED, 0, 26 * 3600, OneTouch.YES),
            ),
            # Nobody said how it stands: "open" is only what every conversation begins with.
            ([SOLVED], HOLDS),
            ([{"status": None, **SOLVED}], HOLDS),
            ([SOLVED, {"status": "open"}], CAME_BACK),
            ([{"status": "open", **SOLVED}, {"status": None}], HOLDS),
            # Closed an hour later and open again all the same: it has not ended.
            ([{"status": "open", "closed_at": "2026-01-05T12:00:00Z"}], (Outcome.OPEN, 0, None, None)),
            ([{"closed_at": "2026-01-05T12:00:00Z"}], (Outcome.CLOSED, 0, None, None)),
            ([{"closed_at": "2026-01-05T12:00:00Z"}, {"status": "open"}], (Outcome.OPEN, 0, None, None)),
        ],
    )
    def test_a_resolved_conversation_that_a_source_calls_open_has_come_back(self, said, expected):
        row = told(make_account(), *said)
        assert (row.outcome, row.reopens, row.full_resolution_seconds, row.one_touch) == expected

    def test_saying_once_more_that_it_is_open_marks_no_day(self):
        account = make_account()
        told(account, {"status": "open", **SOLVED})
        Mark.objects.all().delete()
        told(account, {"status": "open", **SOLVED}, days=DESK[1:])
        assert not Mark.objects.exists()

    def test_a_person_who_sets_it_back_to_open_is_believed_and_can_take_that_back(self):
        account = make_account()
        row = told(account, {"status": "resolved", **SOLVED})
        change = Change(Correction.Kind.VALUES, {"status": "open"})
        correction = corrections.propose(account, row, change, by=None, now=LATER, reason="The buyer called again")
        corrections.apply(correction, LATER)
        row.refresh_from_db()
        assert (row.outcome, row.reopens) == (Outcome.OPEN, 1)
        corrections.undo(correction, LATER)
        row.refresh_from_db()
        assert (row.outcome, row.reopens) == (Outcome.RESOLVED, 0)


def test_the_bit_by_which_a_stated_status_is_known_is_that_of_the_contract():
    assert RECORD_TYPES["conversation"].bits["status"].bit == STATUS_BIT


@pytest.mark.django_db
class TestStored:
    def test_every_column_of_a_case_that_came_back(self):
        account = make_account(time_zone="America/Los_Angeles")
        # Resolved on 10 January at 07:30 UTC, which is still the 9th in Los Angeles, and again on the 13th at 11:00.
        conversation = make_conversation(
            account,
            ("buyer", "2026-01-10 06:30"), ("agent", "2026-01-10 07:00"),
            ("buyer", "2026-01-13 10:00"), ("agent:kim", "2026-01-13 10:20"),
            status="resolved",
            status_events=changes(
                ("resolved", "2026-01-10 07:30"), ("open", "2026-01-13 10:00"), ("resolved", "2026-01-13 11:00")
            ),
            now=LATER,
        )  # fmt: skip
        row = Conversation.objects.get(pk=conversation.pk)
        assert (row.outcome, row.resolutions, row.reopens, row.one_touch) == (Outcome.RESOLVED, 2, 1, OneTouch.NO)
        assert [str(day) for day in (row.first_resolved_day, row.resolved_day, row.ended_day)] == [
            "2026-01-09", "2026-01-13", "2026-01-13",
        ]  # fmt: skip
        # 06:30 to 07:30; 10 January 06:30 to 13 January 11:00 is 3 days and 4.5 hours.
        assert (row.first_resolution_seconds, row.full_resolution_seconds) == (3600, 3 * 86_400 + 16_200)
        # Kim answered after Sam: one hand-over, in which the buyer waited 20 minutes.
        assert (row.human_replies, row.handovers, row.handover_seconds) == (2, 1, 1200)

    def test_a_stated_moment_that_the_history_names_as_well_is_one_event(self):
        account = make_account()
        conversation = make_conversation(
            account, ("buyer", "2026-01-05 10:00"), resolved="2026-01-05 11:00",
            status_events=changes(("resolved", "2026-01-05 11:00")),
        )  # fmt: skip
        conversation.refresh_from_db()
        assert conversation.resolutions == 1

    def test_without_a_history_the_stated_count_of_reopens_is_believed(self):
        account = make_account()
        conversation = make_conversation(
            account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"), resolved="2026-01-05 11:00",
            reopened_count=2,
        )  # fmt: skip
        conversation.refresh_from_db()
        assert (conversation.reopens, conversation.one_touch) == (2, OneTouch.NO)
        assert conversation.outcome == Outcome.RESOLVED

    def test_seven_quiet_days_become_a_row_and_mark_the_day_of_the_resolve(self):
        account = make_account()
        conversation = make_conversation(
            account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"), resolved="2026-01-05 11:00",
            now=at("2026-01-06 00:00"),
        )  # fmt: skip
        Mark.objects.all().delete()
        assert Lapse("", due, lapse).due_accounts(at("2026-01-12 11:00:00")) == set()
        assert Lapse("", due, lapse).due_accounts(at("2026-01-12 11:00:01")) == {account.id}
        assert lapse(account, at("2026-01-12 11:00:01")) == 1
        conversation.refresh_from_db()
        assert conversation.one_touch == OneTouch.YES
        assert ("resolutions", at("2026-01-05 00:00").date()) in set(Mark.objects.values_list("fact", "day"))
        assert lapse(account, at("2026-01-12 11:00:01")) == 0

    @pytest.mark.parametrize(
        ("values", "outcome", "reply"),
        [
            ({"excluded": True}, Outcome.EXCLUDED, Reply.EXCLUDED),
            ({"deleted_at": at("2026-01-06 10:00")}, Outcome.DELETED, Reply.DELETED),
            ({"status": "spam"}, Outcome.SPAM, Reply.SPAM),
        ],
        ids=["excluded", "deleted", "spam"],
    )
    def test_what_counts_nowhere_keeps_its_days_and_says_why(self, values, outcome, reply):
        account = make_account()
        conversation = make_conversation(
            account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"), resolved="2026-01-05 11:00"
        )
        Conversation.objects.filter(pk=conversation.pk).update(**values)
        recompute_conversations(account, [conversation.id], LATER)
        conversation.refresh_from_db()
        assert (conversation.outcome, str(conversation.day), str(conversation.resolved_day)) == (
            outcome, "2026-01-05", "2026-01-05",
        )  # fmt: skip
        assert not Turn.objects.filter(conversation=conversation).exists()
        assert set(Message.objects.filter(conversation=conversation).values_list("reply", flat=True)) == {reply}

    def test_an_excluded_message_does_not_wait_and_an_excluded_reply_answers_nothing(self):
        account = make_account()
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"))
        rude = make_message(conversation, "buyer", "2026-01-06 10:00", excluded=True)
        rude.refresh_from_db()
        assert (rude.reply, Turn.objects.filter(conversation=conversation).count()) == (Reply.EXCLUDED, 1)
        Message.objects.filter(conversation=conversation, author_kind="agent").update(excluded=True)
        recompute_conversations(account, [conversation.id], LATER)
        assert Turn.objects.get(conversation=conversation).reply == Reply.NONE
