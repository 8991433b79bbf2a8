"""Intercom's conversations: the first message, the parts that follow, and the rating.

Fields: https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/conversation
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.chat_csv import SYSTEM
from intake.readers.context import Context
from intake.readers.html_text import html_text
from intake.readers.nodes import Node
from intake.readers.pages import Pages
from intake.readers.records import record
from intake.readers.reports import Record
from intake.rows import Bad
from intake.sentences import Sentence

TOOL = "intercom"
AUTHORS = {
    "user": "buyer", "lead": "buyer", "contact": "buyer", "visitor": "buyer", "admin": "agent", "team": "agent",
    "bot": "bot",
}  # fmt: skip
DIRECTIONS = {"buyer": "inbound", "agent": "outbound", "bot": "outbound"}
STATUSES = {"open": "open", "closed": "closed", "snoozed": "pending"}
CHANNELS = {
    "email": "email", "facebook": "messenger", "instagram": "instagram", "whatsapp": "whatsapp", "phone_call": "phone",
    "phone_switch": "phone", "conversation": "live_chat", "push": "live_chat",
}  # fmt: skip
NOTE = "note"
SPOKEN = frozenset({"comment", NOTE})  # other parts are messages only where they have a text
RATING = "rating"  # what is added to a conversation's ID for its only rating
LOWEST, HIGHEST = 1, 5


def conversations(node: Node, context: Context) -> Iterator[Record | Bad]:
    """A conversation with everything in it."""
    if node.text("type") not in (None, "conversation"):
        raise Problem(
            ErrorCode.UNKNOWN_FORMAT, Sentence("%(value)s is no conversation", value=repr(node.text("type"))), "type"
        )
    conversation, updated_at = node.needed("id"), node.instant("updated_at")
    state = node.text("state") or ("open" if node.flag("open") else None)
    buyer = _buyer(node)
    yield record(
        "conversation",
        conversation,
        source_updated_at=updated_at,
        channel=CHANNELS.get(node.text("source.type") or "conversation", "other"),
        opened_at=node.instant("created_at"),
        status=STATUSES.get(state or ""),
        closed_at=node.instant("statistics.last_close_at"),
        reopened_count=node.get("statistics.count_reopens"),
        buyer_key=context.pseudonym(SYSTEM, TOOL, buyer) if buyer else None,
        assignee_external_id=node.ident("admin_assignee_id"),
    )
    source = node.at("source")
    if source is not None:
        try:
            yield _message(source, conversation, node.instant("created_at"), updated_at)
        except Problem as problem:
            yield Bad(problem.code, problem.message, f"source.{problem.field}")
    for part in node.all("conversation_parts.conversation_parts"):
        if part.text("part_type") in SPOKEN or part.text("body"):
            try:
                yield _message(part, conversation, part.instant("created_at"), part.instant("updated_at"))
            except Problem as problem:
                yield Bad(problem.code, problem.message, f"conversation_parts.{problem.field}")
    if node.get("conversation_rating.rating") is not None:
        yield _rating(node, conversation)


def _message(part: Node, conversation: str, sent_at: str | None, updated_at: str | None) -> Record:
    author = part.required("author.type")
    kind = AUTHORS.get(author)
    if kind is None:
        raise Problem(
            ErrorCode.BAD_ENUM,
            Sentence("%(author)s is no kind of author that is known", author=repr(author[:40])),
            "author.type",
        )
    note = part.text("part_type") == NOTE
    campaign = part.text("delivered_as") in ("automated", "campaign_initiated")
    return record(
        "message",
        part.needed("id"),
        source_updated_at=updated_at or sent_at,
        conversation_external_id=conversation,
        sent_at=sent_at,
        author_kind=kind,
        direction="internal" if note else DIRECTIONS[kind],
        visibility="internal" if note else "public",
        automatic=True if kind == "bot" or campaign else None,
        automatic_reason="bot" if kind == "bot" else "template" if campaign else None,
        author_external_id=part.ident("author.id") if kind == "agent" else None,
        author_name=part.text("author.name") if kind == "agent" else None,
        body_text=html_text(part.text("body")),
    )


def _buyer(node: Node) -> str | None:
    contact = next((found for one in node.all("contacts.contacts") if (found := one.ident("id"))), None)
    if contact is None and AUTHORS.get(node.text("source.author.type") or "") == "buyer":
        return node.ident("source.author.id")
    return contact


def _rating(node: Node, conversation: str) -> Record:
    rating = node.at("conversation_rating")
    if rating is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("is missing"), "conversation_rating")
    return record(
        "survey_answer",
        f"{conversation}:{RATING}",
        source_updated_at=node.instant("updated_at"),
        kind="csat",
        conversation_external_id=conversation,
        answered_at=rating.instant("created_at"),
        value_number=rating.get("rating"),
        scale_min=LOWEST,
        scale_max=HIGHEST,
        value_raw=rating.ident("rating"),
        comment=rating.text("remark"),
        agent_external_id=rating.ident("teammate.id"),
    )


API = Pages(
    source="intercom.api",
    title=_("Intercom: conversations"),
    needs=frozenset({"conversation_parts", "source", "state"}),
    either=(frozenset({"conversations", "conversation_rating", "source"}),),
    lists={"conversations": conversations},
    whole=conversations,
    system=SYSTEM,
)
