"""Turns and reply times of one conversation, worked out from its messages. Pure: values in, values out.

A turn opens at the first buyer message that waits while none is open, is joined by further buyer messages, and ends at
the first human public reply. Amazon's contact response is a different figure and counts messages: one reply answers
every earlier unanswered one, each with its own elapsed time. Elapsed time runs through nights, weekends and holidays.

Sources: https://sellercentral.amazon.com/gp/help/external/200549770 (24 hours, "no response needed"),
https://channelx.world/2012/07/amazon-change-communication-metrics/ (unanswered counts once older than 24 hours).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from messaging.models import Reply

TARGET = timedelta(hours=24)


class Kind(IntEnum):
    """What a message or status change does to the clock; at the same instant, in this order."""

    BUYER = 0  # asks for an answer
    BUYER_MARKED = 1  # a buyer's message that needs no reply
    HUMAN = 2  # a person's public reply
    BOT = 3  # a machine's reply, which answers only where the account says so
    OTHER = 4  # automatic messages, internal notes, platform notices
    RESOLVED = 5  # the conversation was set to resolved


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    kind: Kind
    id: int = 0  # the message's id; 0 for a status change
    agent_id: int | None = None
    external_id: str = ""  # decides between equals, so that the order of arrival never does

    def sort_key(self) -> tuple[datetime, int, str]:
        return (self.at, self.kind, self.external_id)


@dataclass(slots=True)
class Contact:
    """A buyer's message and the first human reply after it."""

    id: int
    at: datetime
    replied_at: datetime | None = None
    agent_id: int | None = None


@dataclass(slots=True)
class TurnTimes:
    """From the opening message to the reply that ended the turn; no reply: still open, or never answered."""

    opening_id: int
    opened_at: datetime
    replied_at: datetime | None = None
    agent_id: int | None = None
    closed: bool = False  # the conversation was resolved while this turn was open


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything a conversation's messages say about waiting and answering."""

    first_message_at: datetime | None
    first_buyer_at: datetime | None
    buyer_started: bool | None  # None: no message of a buyer or person yet
    contacts: list[Contact]
    turns: list[TurnTimes]


def seconds_between(start: datetime, end: datetime | None) -> int | None:
    """Whole seconds of elapsed time, None where there is no end."""
    return None if end is None else int((end - start).total_seconds())


def reply_state(asked_at: datetime, replied_at: datetime | None, now: datetime) -> Reply:
    """How a wait stands: exactly 24:00:00 is still in time, for the answer and for the deadline alike."""
    due_at = asked_at + TARGET
    if replied_at is not None:
        return Reply.ON_TIME if replied_at <= due_at else Reply.LATE
    return Reply.PENDING if now <= due_at else Reply.NONE


def read_thread(events: Iterable[Event], *, bots_count: Callable[[datetime], bool] = lambda opened_at: False) -> Thread:
    """Walk a conversation in the order of time and pair every wait with the reply that ended it.

    `bots_count` says whether a bot's reply ends a turn that opened at this moment.
    """
    ordered = sorted(events, key=Event.sort_key)
    messages = [event for event in ordered if event.kind != Kind.RESOLVED]
    opener = next((event for event in messages if event.kind in (Kind.BUYER, Kind.BUYER_MARKED, Kind.HUMAN)), None)
    return Thread(
        first_message_at=messages[0].at if messages else None,
        first_buyer_at=next((event.at for event in messages if event.kind in (Kind.BUYER, Kind.BUYER_MARKED)), None),
        buyer_started=None if opener is None else opener.kind != Kind.HUMAN,
        contacts=_contacts(ordered),
        turns=_turns(ordered, bots_count),
    )


def _contacts(ordered: Sequence[Event]) -> list[Contact]:
    contacts: list[Contact] = []
    waiting: list[Contact] = []
    for event in ordered:
        if event.kind == Kind.BUYER:
            waiting.append(Contact(event.id, event.at))
            contacts.append(waiting[-1])
        elif event.kind == Kind.HUMAN:
            for contact in waiting:
                contact.replied_at, contact.agent_id = event.at, event.agent_id
            waiting = []
    return contacts


def _turns(ordered: Sequence[Event], bots_count: Callable[[datetime], bool]) -> list[TurnTimes]:
    turns: list[TurnTimes] = []
    waiting: list[TurnTimes] = []
    for event in ordered:
        if event.kind == Kind.BUYER and (not waiting or waiting[-1].closed):
            waiting.append(TurnTimes(event.id, event.at))
            turns.append(waiting[-1])
        elif waiting and (event.kind == Kind.HUMAN or (event.kind == Kind.BOT and bots_count(waiting[-1].opened_at))):
            current = waiting[-1]
            for turn in waiting:
                # A turn left open by resolving is answered by a reply to the buyer's next message only within its own
                # target; later it stays unanswered, so that an old case does not gain a reply of many days.
                if turn is current or event.at - turn.opened_at <= TARGET:
                    turn.replied_at, turn.agent_id = event.at, event.agent_id
            waiting = []
        elif event.kind == Kind.RESOLVED and waiting:
            waiting[-1].closed = True
    return turns
