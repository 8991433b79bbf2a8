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

from messaging.choices import Reply

TARGET = timedelta(hours=24)


class Kind(IntEnum):
    """What a message or status change does to the clock; at the same instant, in this order."""

    BUYER = 0  # asks for an answer
    BUYER_MARKED = 1  # a buyer's message that needs no reply
    HUMAN = 2  # a person's public reply
    BOT = 3  # a machine's reply, which answers only where the account says so
    AUTOMATIC = 4  # a public message sent with nobody deciding: it answers nothing, but the buyer hears something
    OTHER = 5  # internal notes, platform notices
    RESOLVED = 6  # the conversation was set to resolved
    CLOSED = 7  # it was set to closed
    OPENED = 8  # it was set back to open or pending


STATUS = (Kind.RESOLVED, Kind.CLOSED, Kind.OPENED)
ANY_RESPONSE = (Kind.HUMAN, Kind.BOT, Kind.AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    kind: Kind
    id: int = 0  # the message's id; 0 for a status change
    agent_id: int | None = None
    external_id: str = ""  # decides between equals, so that the order of arrival never does

    def sort_key(self) -> tuple[datetime, int, str]:
        """Status changes of one instant keep the order of their source, whatever they change to."""
        return (self.at, min(self.kind, Kind.RESOLVED), self.external_id)


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
    acknowledged_at: datetime | None = None  # of a first turn: the first response of any kind
    handed_over: bool = False  # answered by another person than the answered turn before


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


def reply_state(asked_at: datetime, replied_at: datetime | None, now: datetime, allowed: timedelta = TARGET) -> Reply:
    """How a wait stands: exactly 24:00:00 is still in time, for the answer and for the deadline alike."""
    due_at = asked_at + allowed
    if replied_at is not None:
        return Reply.ON_TIME if replied_at <= due_at else Reply.LATE
    return Reply.PENDING if now <= due_at else Reply.NONE


def read_thread(events: Iterable[Event], *, bots_count: Callable[[datetime], bool] = lambda opened_at: False) -> Thread:
    """Walk a conversation in the order of time and pair every wait with the reply that ended it.

    `bots_count` says whether a bot's reply ends a turn that opened at this moment.
    """
    ordered = sorted(events, key=Event.sort_key)
    messages = [event for event in ordered if event.kind not in STATUS]
    opener = next((event for event in messages if event.kind in (Kind.BUYER, Kind.BUYER_MARKED, Kind.HUMAN)), None)
    buyer_started = None if opener is None else opener.kind != Kind.HUMAN
    turns = _turns(ordered, bots_count)
    _note_handovers(turns)
    if buyer_started and turns:
        _note_acknowledgement(ordered, turns[0])
    return Thread(
        first_message_at=messages[0].at if messages else None,
        first_buyer_at=next((event.at for event in messages if event.kind in (Kind.BUYER, Kind.BUYER_MARKED)), None),
        buyer_started=buyer_started,
        contacts=_contacts(ordered),
        turns=turns,
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
                # 24 hours; later it stays unanswered, so that an old case does not gain a reply of many days.
                if turn is current or event.at - turn.opened_at <= TARGET:
                    turn.replied_at, turn.agent_id = event.at, event.agent_id
            waiting = []
        elif event.kind in (Kind.RESOLVED, Kind.CLOSED) and waiting:
            waiting[-1].closed = True
    return turns


def _note_handovers(turns: Iterable[TurnTimes]) -> None:
    """A turn is handed over when its answer comes from another person than the last one known before it."""
    last: int | None = None
    for turn in turns:
        if turn.agent_id is not None:
            turn.handed_over = last is not None and turn.agent_id != last
            last = turn.agent_id


def _note_acknowledgement(ordered: Sequence[Event], first: TurnTimes) -> None:
    """What the buyer heard first after the message that opened the first turn, whoever or whatever sent it, and when.

    Also where the conversation was resolved meanwhile and the buyer had to write again: something was sent to him.
    """
    asked = False
    for event in ordered:
        if asked and event.kind in ANY_RESPONSE:
            first.acknowledged_at = event.at
            return
        asked = asked or event.kind == Kind.BUYER
