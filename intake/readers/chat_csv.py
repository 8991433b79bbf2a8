"""Transcripts of chats in our own columns, one message on each line: what any chat tool can be exported to."""

import hashlib
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.records import record
from intake.readers.reports import Record, Report, columns

SYSTEM = "chat"
AUTHORS = {
    "buyer": "buyer", "customer": "buyer", "visitor": "buyer", "contact": "buyer", "client": "buyer", "user": "buyer",
    "agent": "agent", "operator": "agent", "staff": "agent", "admin": "agent",
    "bot": "bot", "system": "system",
}  # fmt: skip
DIRECTIONS = {"buyer": "inbound", "agent": "outbound", "bot": "outbound", "system": "internal"}


def messages(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """One message. Tables rarely number them, so a message is known by its conversation, its moment and a digest of
    what was said by whom: the same line in two exports is one message, wherever it stands in them."""
    row = rows[0]
    conversation = row.required("conversation_id")
    author = row.word("sender_kind", AUTHORS)
    sent_at = row.moment("sent_at", zone="")
    text = row.text("text")
    yield record(
        "message",
        row.ident("message_id") or f"{conversation[:150]}:{sent_at}:{_digest(conversation, author, text or '')}",
        source_updated_at=sent_at,  # what was said does not change
        conversation_external_id=conversation,
        sent_at=sent_at,
        author_kind=author,
        direction=DIRECTIONS[author],
        automatic=True if author in ("bot", "system") else None,
        automatic_reason={"bot": "bot", "system": "platform"}.get(author),
        author_name=row.text("sender") if author in ("agent", "bot") else None,
        body_text=text,
        channel="live_chat",
        order_external_id=row.ident("order_id"),
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


TRANSCRIPT = Report(
    source="file.chat",
    title=_("Transcript of chats"),
    system=SYSTEM,
    needs=columns("conversation_id, sent_at, sender_kind"),
    build=messages,
    uses=columns("conversation_id, sent_at, sender_kind, sender, text, order_id, message_id"),
)
