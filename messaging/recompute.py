"""Writes what follows from a conversation's messages: replies, turns, which survey answers may count.

Called in the transaction of every write that touches a conversation. Only rows whose verdict really changed are
written, so repeating an import rewrites nothing and marks nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from messaging.models import (
    Author,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    Reply,
    Standing,
    SurveyAnswer,
    SurveyKind,
    Turn,
    Visibility,
)
from messaging.turns import Event, Kind, Thread, read_thread, reply_state, seconds_between
from sellers.dated_switches import switches_of
from sellers.days import local_day
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

CHUNK = 500  # conversations read at once: a few thousand rows in memory


def recompute_conversations(account: SellerAccount, conversation_ids: Collection[int], now: datetime) -> None:
    """Bring everything derived in these conversations of one account in line with their messages, as of `now`."""
    lock_for_writing(account.id)
    ids = sorted(set(conversation_ids))
    if not ids:
        return
    switches = switches_of(account)

    def bots_count(opened_at: datetime) -> bool:
        return bool(switches.on("bots_count", local_day(opened_at, account.zone)))

    for start in range(0, len(ids), CHUNK):
        _recompute(account, ids[start : start + CHUNK], now, bots_count)


def _recompute(account: SellerAccount, ids: list[int], now: datetime, bots_count: Callable[[datetime], bool]) -> None:
    messages: dict[int, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(account=account, conversation_id__in=ids).order_by("id"):
        message.account = account
        messages[message.conversation_id].append(message)
    turns: dict[int, dict[int, Turn]] = defaultdict(dict)
    for turn in Turn.objects.filter(account=account, conversation_id__in=ids):
        turn.account = account
        turns[turn.conversation_id][turn.opening_id] = turn
    threads: dict[int, Thread] = {}
    writes = _Writes()
    for conversation in Conversation.objects.filter(account=account, id__in=ids):
        conversation.account = account
        thread = read_thread(_events(conversation, messages[conversation.id]), bots_count=bots_count)
        threads[conversation.id] = thread
        writes.conversation(conversation, thread)
        writes.messages(conversation, messages[conversation.id], thread, now)
        writes.turns(conversation, turns[conversation.id], thread, now)
    writes.flush()
    _link_answers(account, [message for group in messages.values() for message in group])
    answers = SurveyAnswer.objects.filter(account=account, conversation_id__in=ids)
    _judge_answers(account, answers, threads, messages)


def recompute_answers(account: SellerAccount, answer_ids: Collection[int], now: datetime) -> None:
    """Link and judge answers that name no conversation, or whose conversation did not change."""
    lock_for_writing(account.id)
    ids = sorted(set(answer_ids))
    for start in range(0, len(ids), CHUNK):
        _recompute_answers(account, ids[start : start + CHUNK], now)


def _recompute_answers(account: SellerAccount, ids: list[int], now: datetime) -> None:
    named = SurveyAnswer.objects.filter(account=account, id__in=ids).exclude(message_external_id="")
    wanted = set(named.values_list("message_external_id", flat=True))
    _link_answers(account, Message.objects.filter(account=account, external_id__in=wanted).only(*LINK_FIELDS))
    linked = SurveyAnswer.objects.filter(account=account, id__in=ids).exclude(conversation=None)
    recompute_conversations(account, set(linked.values_list("conversation_id", flat=True)), now)
    _judge_answers(account, SurveyAnswer.objects.filter(account=account, id__in=ids, conversation=None), {}, {})


LINK_FIELDS = ("account_id", "system", "external_id", "conversation_id")


def _events(conversation: Conversation, messages: Iterable[Message]) -> Iterable[Event]:
    """What happened in a conversation; nothing, where it was deleted or merged into another one at the source."""
    if conversation.deleted_at is not None:
        return
    for message in messages:
        if message.deleted_at is None:
            yield Event(message.sent_at, _kind(message), message.id, message.agent_id, message.external_id)
    for moment in _resolutions(conversation):
        yield Event(moment, Kind.RESOLVED)


def _kind(message: Message) -> Kind:
    if message.author_kind == Author.BUYER:
        if message.waits:
            return Kind.BUYER
        return Kind.OTHER if message.automatic else Kind.BUYER_MARKED
    spoken = message.direction == Direction.OUTBOUND and message.visibility == Visibility.PUBLIC
    if message.author_kind == Author.AGENT and spoken and not message.automatic:
        return Kind.HUMAN
    if message.author_kind == Author.BOT and spoken and (not message.automatic or message.automatic_reason == "bot"):
        return Kind.BOT
    return Kind.OTHER


def _resolutions(conversation: Conversation) -> set[datetime]:
    history = {
        datetime.fromisoformat(event["at"])
        for event in conversation.status_events
        if event.get("status") in (ConversationStatus.RESOLVED, ConversationStatus.CLOSED)
    }
    return history | {moment for moment in (conversation.resolved_at, conversation.closed_at) if moment}


def _link_answers(account: SellerAccount, messages: Iterable[Message]) -> None:
    """An answer belongs to the conversation of the message it hangs on, whichever arrived first, even if that moves."""
    conversations = {(message.system, message.external_id): message.conversation_id for message in messages}
    if not conversations:
        return
    names = sorted({external_id for _system, external_id in conversations})
    linked = []
    for start in range(0, len(names), CHUNK):
        for answer in SurveyAnswer.objects.filter(
            account=account, message_external_id__in=names[start : start + CHUNK]
        ):
            conversation_id = conversations.get((answer.system, answer.message_external_id), answer.conversation_id)
            if conversation_id != answer.conversation_id:
                answer.account, answer.conversation_id = account, conversation_id
                linked.append(answer)
    SurveyAnswer.objects.bulk_update(linked, ["conversation"])


def _judge_answers(
    account: SellerAccount,
    answers: Iterable[SurveyAnswer],
    threads: dict[int, Thread],
    messages: dict[int, list[Message]],
) -> None:
    own = Conversation.objects.filter(account=account, id__in=threads)
    orders = dict(own.values_list("id", "order_external_ids"))
    deleted = set(own.exclude(deleted_at=None).values_list("id", flat=True))
    changed = []
    for answer in answers:
        answer.account = account
        thread = threads.get(answer.conversation_id) if answer.conversation_id else None
        asked_by = {message.external_id: message.sent_at for message in messages.get(answer.conversation_id or 0, ())}
        thread_orders = orders.get(answer.conversation_id or 0) or []
        thread_key = f"c:{answer.conversation_id}" if answer.conversation_id else ""
        order_id = answer.order_external_id or (thread_orders[0] if thread_orders else "")
        order_key = f"o:{order_id}" if order_id else ""
        verdict = {
            "standing": Standing.DELETED
            if answer.deleted_at is not None or answer.conversation_id in deleted
            else _standing(answer, thread, asked_by.get(answer.message_external_id)),
            "thread_key": thread_key or order_key or f"a:{answer.id}",
            "order_key": order_key or thread_key or f"a:{answer.id}",
        }
        if _assign(answer, verdict):
            changed.append(answer)
    SurveyAnswer.objects.bulk_update(changed, ["standing", "thread_key", "order_key"])


def _standing(answer: SurveyAnswer, thread: Thread | None, asked_at: datetime | None) -> Standing:
    """An answer counts only if a buyer wrote before the message it hangs on; unknown messages are no evidence against.

    Source: https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=LE8H7ZDEAUB3BMK&language=en_GB
    """
    if answer.answered_at is None:
        return Standing.UNANSWERED
    if answer.kind != SurveyKind.SOLVED or thread is None or thread.first_message_at is None:
        return Standing.COUNTS
    asked_at = asked_at or answer.asked_at or answer.answered_at
    wrote_before = thread.first_buyer_at is not None and thread.first_buyer_at <= asked_at
    return Standing.COUNTS if wrote_before else Standing.SELLER_STARTED


def _assign(row: Any, values: dict[str, Any]) -> bool:
    """Set the values on the row; True if any of them is new."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


class _Writes:
    """Collects the rows that changed over many conversations, so that each table is written once."""

    def __init__(self) -> None:
        self.changed_conversations: list[Conversation] = []
        self.changed_messages: list[Message] = []
        self.new_turns: list[Turn] = []
        self.changed_turns: list[Turn] = []
        self.dead_turns: list[int] = []

    def conversation(self, row: Conversation, thread: Thread) -> None:
        if _assign(row, {"first_message_at": thread.first_message_at, "buyer_started": thread.buyer_started}):
            self.changed_conversations.append(row)

    def messages(self, conversation: Conversation, rows: list[Message], thread: Thread, now: datetime) -> None:
        contacts = {contact.id: contact for contact in thread.contacts}
        for row in rows:
            contact = contacts.get(row.id)
            deleted = row.deleted_at is not None or conversation.deleted_at is not None
            reply = Reply.DELETED if deleted else Reply.NOT_NEEDED
            values: dict[str, Any] = {"reply": reply, "reply_seconds": None, "replied_by_id": None}
            if contact is not None:
                values = {
                    "reply": reply_state(contact.at, contact.replied_at, now),
                    "reply_seconds": seconds_between(contact.at, contact.replied_at),
                    "replied_by_id": contact.agent_id,
                }
            if _assign(row, values):
                self.changed_messages.append(row)

    def turns(self, conversation: Conversation, stored: dict[int, Turn], thread: Thread, now: datetime) -> None:
        for position, times in enumerate(thread.turns):
            values = {
                "opened_at": times.opened_at,
                "replied_at": times.replied_at,
                "reply": reply_state(times.opened_at, times.replied_at, now),
                "reply_seconds": seconds_between(times.opened_at, times.replied_at),
                "first": position == 0 and bool(thread.buyer_started),
                "channel": conversation.channel,
                "topic": conversation.topic,
                "agent_id": times.agent_id,
            }
            row = stored.pop(times.opening_id, None)
            if row is None:
                self.new_turns.append(
                    Turn(account=conversation.account, conversation=conversation, opening_id=times.opening_id, **values)
                )
            elif _assign(row, values):
                self.changed_turns.append(row)
        self.dead_turns.extend(turn.id for turn in stored.values())

    def flush(self) -> None:
        Conversation.objects.bulk_update(self.changed_conversations, ["first_message_at", "buyer_started", "day"])
        Message.objects.bulk_update(self.changed_messages, ["reply", "reply_seconds", "replied_by"])
        if self.dead_turns:
            Turn.objects.filter(id__in=self.dead_turns).delete()
        Turn.objects.bulk_create(self.new_turns)
        Turn.objects.bulk_update(
            self.changed_turns,
            ["opened_at", "replied_at", "reply", "reply_seconds", "first", "channel", "topic", "agent"],
        )


def recompute_account(account: SellerAccount, now: datetime) -> None:
    """Everything derived from all conversations of an account, after a switch such as `bots_count` changed."""
    recompute_conversations(account, Conversation.objects.filter(account=account).values_list("id", flat=True), now)
    loose = SurveyAnswer.objects.filter(Q(conversation=None), account=account)
    recompute_answers(account, loose.values_list("id", flat=True), now)
