"""Writes what follows from a conversation's messages: replies, turns, resolutions, which survey answers may count.

Called in the transaction of every write that touches a conversation. Only rows whose verdict really changed are
written, so repeating an import rewrites nothing and marks nothing.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Self

from django.db.models import Q

from messaging import answers
from messaging.choices import Outcome, Reply
from messaging.events import events_of, left_out, says_open
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from messaging.resolutions import one_touch, read_course, resolution_seconds
from messaging.targets import Targets, targets_of
from messaging.turns import Event, Thread, TurnTimes, read_thread, reply_state, seconds_between
from sellers.blank import blank, lead
from sellers.calendars import Calendar, business_seconds, calendars_of
from sellers.dated_switches import Switches, switches_of
from sellers.days import local_day
from sellers.facts import assign
from sellers.fresh import Fresh
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

CHUNK = 1000  # conversations read at once: a few thousand rows in memory
# What a message's reply says where nothing in its conversation counts.
GONE = {
    Outcome.DELETED: Reply.DELETED,
    Outcome.MERGED: Reply.DELETED,
    Outcome.EXCLUDED: Reply.EXCLUDED,
    Outcome.SPAM: Reply.SPAM,
}
COURSE = tuple(name for name in Conversation.derived if not name.endswith("day"))
REPLY = tuple(name for name in Message.derived if name != "day")
TIMES = tuple(name for name in Turn.derived if name not in ("day", "conversation", "opening"))


@dataclass(frozen=True)
class Rules:
    """What an account's conversations are judged by, read once for all of them."""

    account: SellerAccount
    now: datetime
    targets: Targets
    switches: Switches
    calendars: tuple[Calendar, ...]

    @classmethod
    def of(cls, account: SellerAccount, now: datetime) -> Self:
        return cls(account, now, targets_of(account), switches_of(account), calendars_of(account))

    def bots_count(self, opened_at: datetime) -> bool:
        return bool(self.switches.on("bots_count", local_day(opened_at, self.account.zone)))

    def of_wait(self, turn: Turn) -> dict[str, Any]:
        """The verdict on a wait against the target in force on the day it began, and its share of business hours."""
        day = local_day(turn.opened_at, self.account.zone)
        seconds = self.targets.seconds(turn.channel, turn.priority, day)
        allowed = timedelta(seconds=seconds)
        return {
            "target_seconds": seconds,
            "due_at": turn.opened_at + allowed,
            "target_reply": reply_state(turn.opened_at, turn.replied_at, self.now, allowed),
            "business_seconds": None
            if turn.replied_at is None
            else business_seconds(turn.opened_at, turn.replied_at, self.calendars),
        }


def recompute_conversations(
    account: SellerAccount, conversation_ids: Collection[int], now: datetime, fresh: Fresh | None = None
) -> None:
    """Bring everything derived in these conversations of one account in line with their messages, as of `now`.

    `fresh` are conversations, messages and answers that are new in this transaction; those of these conversations are
    stored.
    """
    lock_for_writing(account.id)
    ids = sorted(set(conversation_ids))
    if not ids:
        return
    rules = Rules.of(account, now)
    for start in range(0, len(ids), CHUNK):
        _recompute(rules, ids[start : start + CHUNK], fresh or Fresh())


def _recompute(rules: Rules, ids: list[int], fresh: Fresh) -> None:
    account = rules.account
    wanted = set(ids)
    new = [conversation for conversation in fresh.of(Conversation) if conversation.id in wanted]
    new_messages = [message for message in fresh.of(Message) if message.conversation_id in wanted]
    stored = sorted(wanted - {conversation.id for conversation in new})
    messages: dict[int, list[Message]] = defaultdict(list)
    stored_messages = Message.objects.filter(account=account, conversation_id__among=stored).order_by("id")
    for message in chain(stored_messages, new_messages):
        lead(message, "account", account)
        messages[message.conversation_id].append(message)
    turns: dict[int, dict[int, Turn]] = defaultdict(dict)
    for turn in Turn.objects.filter(account=account, conversation_id__among=stored):
        lead(turn, "account", account)
        turns[turn.conversation_id][turn.opening_id] = turn
    conversations: dict[int, Conversation] = {}
    threads: dict[int, Thread] = {}
    writes = _Writes(rules, fresh)
    for conversation in chain(Conversation.objects.filter(account=account, id__among=stored), new):
        lead(conversation, "account", account)
        conversations[conversation.id] = conversation
        events = list(events_of(conversation, messages[conversation.id]))
        thread = threads[conversation.id] = read_thread(events, bots_count=rules.bots_count)
        writes.conversation(conversation, thread, events)
        writes.messages(messages[conversation.id], thread, left_out(conversation))
        writes.turns(conversation, turns[conversation.id], thread)
    fresh.store(Conversation, new)
    fresh.store(Message, new_messages)
    writes.flush({message.id for message in new_messages})
    answers.link(account, [message for group in messages.values() for message in group], fresh)
    own = SurveyAnswer.objects.filter(account=account, conversation_id__among=ids)
    new_answers = [answer for answer in fresh.of(SurveyAnswer) if answer.conversation_id in wanted]
    answers.judge(account, [*own, *new_answers], conversations, threads, messages, fresh)


def recompute_answers(account: SellerAccount, answer_ids: Collection[int], now: datetime) -> None:
    """Link and judge answers that name no conversation, or whose conversation did not change."""
    lock_for_writing(account.id)
    ids = sorted(set(answer_ids))
    for start in range(0, len(ids), CHUNK):
        _recompute_answers(account, ids[start : start + CHUNK], now)


def _recompute_answers(account: SellerAccount, ids: list[int], now: datetime) -> None:
    named = SurveyAnswer.objects.filter(account=account, id__among=ids).exclude(message_external_id="")
    wanted = set(named.values_list("message_external_id", flat=True))
    messages = Message.objects.filter(account=account, external_id__among=wanted).only(*LINK_FIELDS)
    answers.link(account, messages, Fresh())
    linked = SurveyAnswer.objects.filter(account=account, id__among=ids).exclude(conversation=None)
    recompute_conversations(account, set(linked.values_list("conversation_id", flat=True)), now)
    loose = SurveyAnswer.objects.filter(account=account, id__among=ids, conversation=None)
    answers.judge(account, loose, {}, {}, {}, Fresh())


LINK_FIELDS = ("account_id", "system", "external_id", "conversation_id")


class _Writes:
    """Collects the stored rows that changed over many conversations, so that each table is written once."""

    def __init__(self, rules: Rules, fresh: Fresh) -> None:
        self.rules = rules
        self.fresh = fresh
        self.changed_conversations: list[Conversation] = []
        self.changed_messages: list[Message] = []
        self.new_turns: list[Turn] = []
        self.changed_turns: list[Turn] = []
        self.dead_turns: list[int] = []

    def conversation(self, row: Conversation, thread: Thread, events: list[Event]) -> None:
        course = read_course(events)
        if not row.status_events:
            course.believe(row.reopened_count or 0, says_open(row))
        first_seconds, full_seconds = resolution_seconds(course, thread.first_buyer_at)
        handed_over = [turn for turn in thread.turns if turn.handed_over]
        gone = left_out(row)
        values = {
            "first_message_at": thread.first_message_at,
            "buyer_started": thread.buyer_started,
            "outcome": course.outcome if gone is None else gone,
            "first_resolved_at": course.first_resolved_at,
            "last_resolved_at": course.last_resolved_at,
            "ended_at": course.ended_at,
            "first_resolution_seconds": first_seconds,
            "full_resolution_seconds": full_seconds,
            "resolutions": course.resolutions,
            "reopens": course.reopens,
            "human_replies": course.human_replies,
            "handovers": len(handed_over),
            "handover_seconds": sum(seconds_between(turn.opened_at, turn.replied_at) or 0 for turn in handed_over),
            "one_touch": one_touch(course, self.rules.now),
        }
        if assign(row, values) and not self.fresh.has(row):
            self.changed_conversations.append(row)

    def messages(self, rows: list[Message], thread: Thread, gone: Outcome | None) -> None:
        contacts = {contact.id: contact for contact in thread.contacts}
        for row in rows:
            values: dict[str, Any] = {"reply": Reply.NOT_NEEDED, "reply_seconds": None, "replied_by_id": None}
            contact = contacts.get(row.id)
            if row.deleted_at is not None:
                values["reply"] = Reply.DELETED
            elif gone is not None:
                values["reply"] = GONE[gone]
            elif row.excluded:
                values["reply"] = Reply.EXCLUDED
            elif contact is not None:
                values = {
                    "reply": reply_state(contact.at, contact.replied_at, self.rules.now),
                    "reply_seconds": seconds_between(contact.at, contact.replied_at),
                    "replied_by_id": contact.agent_id,
                }
            if assign(row, values) and not self.fresh.has(row):
                self.changed_messages.append(row)

    def turns(self, conversation: Conversation, stored: dict[int, Turn], thread: Thread) -> None:
        waits = thread.turns if left_out(conversation) is None else ()
        for position, times in enumerate(waits):
            values = self._turn_values(conversation, times)
            values["first"] = position == 0 and bool(thread.buyer_started)
            row = stored.pop(times.opening_id, None)
            if row is None:
                row = blank(Turn, conversation.account)
                lead(row, "conversation", conversation)
                row.opening_id = times.opening_id
                self.new_turns.append(row)
                assign(row, values)
                assign(row, self.rules.of_wait(row))
                continue
            changed = assign(row, values)
            if assign(row, self.rules.of_wait(row)) or changed:
                self.changed_turns.append(row)
        self.dead_turns.extend(turn.id for turn in stored.values())

    def _turn_values(self, conversation: Conversation, times: TurnTimes) -> dict[str, Any]:
        return {
            "opened_at": times.opened_at,
            "replied_at": times.replied_at,
            "reply": reply_state(times.opened_at, times.replied_at, self.rules.now),
            "reply_seconds": seconds_between(times.opened_at, times.replied_at),
            "channel": conversation.channel,
            "topic": conversation.topic,
            "agent_id": times.agent_id,
            "priority": conversation.priority,
            "acknowledged_seconds": seconds_between(times.opened_at, times.acknowledged_at),
            "handed_over": times.handed_over,
        }

    def flush(self, new_messages: Collection[int]) -> None:
        """Write the changes; the turns that `new_messages` open are their first."""
        Conversation.objects.bulk_update(self.changed_conversations, COURSE)
        Message.objects.bulk_update(self.changed_messages, REPLY)
        if self.dead_turns:
            Turn.objects.filter(id__among=self.dead_turns).delete()
        moved = [turn.opening_id for turn in self.new_turns if turn.opening_id not in new_messages]
        if moved:
            # A message that moved here may still open a turn of a conversation that comes in a later chunk.
            Turn.objects.filter(opening_id__among=moved).delete()
        Turn.objects.bulk_create(self.new_turns)
        Turn.objects.bulk_update(self.changed_turns, TIMES)


def recompute_account(account: SellerAccount, now: datetime) -> None:
    """Everything derived from all conversations of an account, after a switch such as `bots_count` changed."""
    recompute_conversations(account, Conversation.objects.filter(account=account).values_list("id", flat=True), now)
    loose = SurveyAnswer.objects.filter(Q(conversation=None), account=account)
    recompute_answers(account, loose.values_list("id", flat=True), now)


def recompute_turns(account: SellerAccount, since: date, now: datetime) -> None:
    """What targets and calendars say of the turns that opened on this day or later; earlier ones keep what they had."""
    lock_for_writing(account.id)
    rules = Rules.of(account, now)
    last = 0
    turns = Turn.objects.filter(account=account, day__gte=since).order_by("pk")
    while rows := list(turns.filter(pk__gt=last)[:CHUNK]):
        changed = []
        for row in rows:
            row.account = account
            if assign(row, rules.of_wait(row)):
                changed.append(row)
        Turn.objects.bulk_update(changed, ["target_seconds", "due_at", "target_reply", "business_seconds"])
        last = rows[-1].pk
