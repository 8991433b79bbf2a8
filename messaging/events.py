"""What happened in a conversation, read from its messages and its status as the sources state them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from messaging.choices import Author, ConversationStatus, Direction, Outcome, Visibility
from messaging.models import Conversation, Message
from messaging.turns import Event, Kind

CHANGES = {
    ConversationStatus.RESOLVED: Kind.RESOLVED,
    ConversationStatus.CLOSED: Kind.CLOSED,
    ConversationStatus.OPEN: Kind.OPENED,
    ConversationStatus.PENDING: Kind.OPENED,
}

OPEN = (ConversationStatus.OPEN, ConversationStatus.PENDING)
# A version that stated the status has this bit in `SourceRow.stated`: its place among the fields of a conversation.
STATUS_BIT = 1 << 5


def says_open(conversation: Conversation) -> bool:
    """Whether a source or a person says that it is open now; where nobody named a status it is only open by default."""
    if conversation.status not in OPEN:
        return False
    stated = conversation.stated
    if "status" in stated.get("pinned", ()):
        return True
    known = "status" not in stated.get("held", ())  # else its source said that it knows none
    return known and any(bits & STATUS_BIT for version, bits in stated.items() if version.isdigit())


def left_out(conversation: Conversation) -> Outcome | None:
    """Why nothing in this conversation counts, or None."""
    if conversation.deleted_at is not None:
        return Outcome.DELETED
    if conversation.merged_into_id is not None:
        return Outcome.MERGED
    if conversation.excluded:
        return Outcome.EXCLUDED
    return Outcome.SPAM if conversation.status == ConversationStatus.SPAM else None


def events_of(conversation: Conversation, messages: Iterable[Message]) -> Iterator[Event]:
    """The messages that are not deleted, and every change of the status, each once.

    A message that came a second time by another way says nothing as long as the other one is there.
    """
    present = {(message.system, message.external_id): message for message in messages if message.deleted_at is None}
    for message in present.values():
        original = present.get((message.system, message.extra.get("duplicate_of_external_id", "")))
        repeats = original is not None and original is not message and not _repeats(original)
        kind = Kind.OTHER if repeats else _kind(message)
        yield Event(message.sent_at, kind, message.id, message.agent_id, message.external_id)
    yield from _changes(conversation)


def _repeats(message: Message) -> bool:
    return bool(message.extra.get("duplicate_of_external_id"))


def _kind(message: Message) -> Kind:
    if message.author_kind == Author.BUYER:
        if message.waits:
            return Kind.BUYER
        return Kind.OTHER if message.automatic else Kind.BUYER_MARKED
    spoken = message.direction == Direction.OUTBOUND and message.visibility == Visibility.PUBLIC
    if message.excluded or not spoken:
        return Kind.OTHER
    if message.author_kind == Author.BOT and (not message.automatic or message.automatic_reason == "bot"):
        return Kind.BOT
    if message.author_kind in (Author.AGENT, Author.BOT):
        return Kind.AUTOMATIC if message.automatic else Kind.HUMAN
    return Kind.OTHER


def _changes(conversation: Conversation) -> Iterator[Event]:
    """The history in its own order, and the stated moments that it does not name."""
    known = set()
    for number, change in enumerate(conversation.status_events):
        kind = CHANGES.get(change.get("status"))
        if kind is not None:
            event = Event(datetime.fromisoformat(change["at"]), kind, external_id=f"{number:04}")
            known.add((event.at, event.kind))
            yield event
    for moment, kind in ((conversation.resolved_at, Kind.RESOLVED), (conversation.closed_at, Kind.CLOSED)):
        if moment is not None and (moment, kind) not in known:
            yield Event(moment, kind)
