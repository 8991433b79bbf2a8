"""Chatwoot's notices of messages and of conversations' states.

Fields: https://www.chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.chat_csv import SYSTEM
from intake.readers.context import Context
from intake.readers.nodes import Node
from intake.readers.pages import Pages
from intake.readers.records import record
from intake.readers.reports import Record
from intake.sentences import Sentence

TOOL = "chatwoot"
KINDS = {
    "incoming": "incoming", "outgoing": "outgoing", "activity": "activity", "template": "template",
    "0": "incoming", "1": "outgoing", "2": "activity", "3": "template",
}  # fmt: skip
CHANNELS = {
    "channel::webwidget": "live_chat", "channel::email": "email", "channel::facebookpage": "messenger",
    "channel::instagram": "instagram", "channel::whatsapp": "whatsapp", "channel::line": "line",
}  # fmt: skip
STATUSES = {"open": "open", "pending": "pending", "snoozed": "pending", "resolved": "resolved"}
BOTS = frozenset({"agent_bot", "captain_assistant"})


def notices(node: Node, context: Context) -> Iterator[Record]:
    """What one notice tells; those of contacts and of typing tell nothing that counts."""
    event = node.text("event") or ""
    if event.startswith("message_") or (not event and node.has("message_type")):
        yield _message(node, context)
    elif event.startswith("conversation_") and node.has("status"):
        yield _conversation(node, context)


def _message(node: Node, context: Context) -> Record:
    kind = KINDS.get(node.ident("message_type") or "")
    if kind is None:
        raise Problem(
            ErrorCode.BAD_ENUM,
            Sentence("%(value)s is no kind of message", value=repr(node.ident("message_type"))),
            "message_type",
        )
    private = node.flag("private") is True
    author = _author(node, kind)
    conversation = node.at("conversation")
    agent = author == "agent"
    sent_at = node.instant("created_at")
    return record(
        "message",
        node.needed("id"),
        source_updated_at=node.instant("updated_at") or sent_at,
        conversation_external_id=node.ident("conversation.id") or node.needed("conversation_id"),
        sent_at=sent_at,
        author_kind=author,
        direction="internal" if private or author == "system" else "inbound" if author == "buyer" else "outbound",
        visibility="internal" if private else "public",
        automatic=True if author in ("bot", "system") else None,
        automatic_reason=None if author in ("buyer", "agent") else "template" if kind == "template" else
        "bot" if author == "bot" else "platform",
        author_external_id=node.ident("sender.id") if agent else None,
        author_name=node.text("sender.name") if agent else None,
        body_text=node.text("content"),
        channel=_channel(conversation) if conversation is not None else None,
        buyer_key=_buyer(conversation, context) if conversation is not None else None,
    )  # fmt: skip


def _author(node: Node, kind: str) -> str:
    if kind == "activity":
        return "system"
    if kind == "incoming":
        return "buyer"
    return "bot" if kind == "template" or (node.text("sender.type") or "") in BOTS else "agent"


def _conversation(node: Node, context: Context) -> Record:
    status = STATUSES.get(node.required("status"))
    if status is None:
        raise Problem(
            ErrorCode.BAD_ENUM,
            Sentence("%(value)s is no state that is known", value=repr(node.text("status"))),
            "status",
        )
    changed_at = node.instant("updated_at") or node.instant("timestamp")
    return record(
        "conversation",
        node.needed("id"),
        source_updated_at=changed_at,
        channel=_channel(node),
        opened_at=node.instant("created_at"),
        status=status,
        resolved_at=changed_at if status == "resolved" else None,
        buyer_key=_buyer(node, context),
        assignee_external_id=node.ident("meta.assignee.id"),
        assignee_name=node.text("meta.assignee.name"),
    )


def _channel(conversation: Node) -> str:
    return CHANNELS.get((conversation.text("channel") or "").lower(), "other")


def _buyer(conversation: Node, context: Context) -> str | None:
    contact = conversation.ident("meta.sender.id")
    return context.pseudonym(SYSTEM, TOOL, contact) if contact else None


WEBHOOK = Pages(
    source="chatwoot.webhook",
    title=_("Chatwoot: notices"),
    needs=frozenset({"event", "message_type", "conversation"}),
    either=(frozenset({"event", "inbox_id", "contact_inbox", "status"}),),
    lists={},
    whole=notices,
    system=SYSTEM,
)
