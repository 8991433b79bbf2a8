"""Freshdesk's interface: tickets, their conversations, and ratings.

Fields: https://developers.freshdesk.com/api/
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.context import Context
from intake.readers.freshdesk_csv import HIGHEST, LOWEST, OTHER_CHANNEL, SYSTEM
from intake.readers.nameless import without_names
from intake.readers.nodes import Node
from intake.readers.order_ids import amazon_order_ids
from intake.readers.pages import Pages
from intake.readers.records import item, record
from intake.readers.reports import Record
from intake.rows import Bad
from intake.sentences import Sentence

STATUSES = {"2": "open", "3": "pending", "4": "resolved", "5": "closed"}
PRIORITIES = {"1": "low", "2": "normal", "3": "high", "4": "urgent"}
CHANNELS = {
    "1": "email", "2": "web_form", "3": "phone", "6": "messenger", "7": "live_chat", "9": "web_form", "10": "email",
    "13": "whatsapp",
}  # fmt: skip
BY_AGENT = "10"  # a mail that an agent wrote first
GRADES = {"-103": 1, "-102": 2, "-101": 3, "100": 4, "101": 5, "102": 6, "103": 7}
MAIN_QUESTION = "default_question"
_ORDER_FIELDS = frozenset({"order", "order_id", "order_number", "order_no"})


def answers(node: Node, context: Context) -> Iterator[Record | Bad]:
    """One element of any of Freshdesk's lists, known by its fields: a rating, a conversation's entry, or a ticket."""
    if node.has("ratings"):
        yield _rating(node)
    elif node.has("incoming"):
        yield _entry(node, node.needed("ticket_id"))
    else:
        yield from _ticket(node, context)


def _ticket(node: Node, context: Context) -> Iterator[Record | Bad]:
    """A ticket; its first message where the ticket brings its text along, and its entries where it brings those.

    A list of tickets without texts makes no messages: it does not bring the replies, and a message whose replies
    nobody knows would look unanswered.
    """
    ticket, updated_at = node.needed("id"), node.moment("updated_at")
    source, status = node.ident("source") or "", node.ident("status") or ""
    requester, responder = node.ident("requester_id"), node.ident("responder_id")
    subject, text = node.text("subject"), node.text("description_text")
    requester_name = node.text("requester.name")
    yield record(
        "conversation",
        ticket,
        source_updated_at=updated_at,
        channel=CHANNELS.get(source, OTHER_CHANNEL),
        opened_at=node.moment("created_at"),
        status="spam" if node.flag("spam") else STATUSES.get(status),
        resolved_at=node.moment("stats.resolved_at"),
        closed_at=node.moment("stats.closed_at"),
        subject=without_names(subject, [requester_name]),
        order_external_ids=_orders(node) or amazon_order_ids(subject, text) or None,
        buyer_key=context.pseudonym(SYSTEM, requester) if requester else None,
        assignee_external_id=responder,
        priority=PRIORITIES.get(node.ident("priority") or ""),
        deleted_at=updated_at if node.flag("deleted") else None,
        extra={"status": status} if status and status not in STATUSES else None,
    )
    if text is not None:
        agent = source == BY_AGENT
        yield record(
            "message",
            f"t{ticket}",
            source_updated_at=updated_at,
            conversation_external_id=ticket,
            sent_at=node.moment("created_at"),
            author_kind="agent" if agent else "buyer",
            direction="outbound" if agent else "inbound",
            author_external_id=responder if agent else None,
            body_text=text,
        )
    for entry in node.all("conversations"):
        try:
            yield _entry(entry, ticket)
        except Problem as problem:
            yield Bad(problem.code, problem.message, f"conversations.{problem.field}")


def _orders(node: Node) -> list[str]:
    """What a field of the account's own about the order says."""
    fields = node.at("custom_fields")
    if fields is None:
        return []
    named = [name for name in fields.value if name.lower().removeprefix("cf_") in _ORDER_FIELDS]
    return list(dict.fromkeys(found for name in named if (found := fields.ident(name))))


def _entry(node: Node, ticket: str) -> Record:
    """A reply or a note. What comes in is a buyer's; what is private never reaches him."""
    incoming, private = node.flag("incoming") is True, node.flag("private") is True
    return record(
        "message",
        node.needed("id"),
        source_updated_at=node.moment("updated_at") or node.moment("created_at"),
        conversation_external_id=ticket,
        sent_at=node.moment("created_at"),
        author_kind="buyer" if incoming else "agent",
        direction="internal" if private else "inbound" if incoming else "outbound",
        visibility="internal" if private else "public",
        author_external_id=None if incoming else node.ident("user_id"),
        body_text=node.text("body_text"),
        attachments=[
            item(name=one.text("name"), media_type=one.text("content_type"), size=one.get("size"))
            for one in node.all("attachments")
        ]
        or None,
    )


def _rating(node: Node) -> Record:
    """A rating by its main question; the answers to others are kept beside it."""
    ratings = node.at("ratings")
    raw = ratings.ident(MAIN_QUESTION) if ratings is not None else None
    if ratings is None or raw is None:
        raise Problem(
            ErrorCode.MISSING_REQUIRED,
            Sentence("%(main_question)s is missing", main_question=MAIN_QUESTION),
            f"ratings.{MAIN_QUESTION}",
        )
    if raw not in GRADES:
        raise Problem(
            ErrorCode.BAD_ENUM, Sentence("%(raw)s is no grade that is known", raw=raw[:40]), f"ratings.{MAIN_QUESTION}"
        )
    return record(
        "survey_answer",
        node.needed("id"),
        source_updated_at=node.moment("updated_at"),
        kind="csat",
        conversation_external_id=node.ident("ticket_id"),
        answered_at=node.moment("created_at"),
        value_number=GRADES[raw],
        scale_min=LOWEST,
        scale_max=HIGHEST,
        value_raw=raw,
        comment=node.text("feedback"),
        question_id=MAIN_QUESTION,
        agent_external_id=node.ident("agent_id"),
        extra={name: value for name, value in ratings.value.items() if name != MAIN_QUESTION} or None,
    )


API = Pages(
    source="freshdesk.api",
    title=_("Freshdesk: answers of its interface"),
    needs=frozenset({"requester_id", "responder_id", "source", "status"}),
    either=(
        frozenset({"requester_id", "description_text", "source", "status"}),
        frozenset({"incoming", "private", "ticket_id"}),
        frozenset({"ratings", "survey_id", "ticket_id"}),
    ),
    lists={"results": answers},
    whole=answers,
    system=SYSTEM,
)
