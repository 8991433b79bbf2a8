"""Zendesk's incremental exports (tickets, their events, users, ratings) and its full export, a ticket on each line.

Fields: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ and
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/

Whether a comment is a buyer's or an agent's must be known, never guessed, and must not depend on what else arrived:
docs/decisions/0031-authors-of-tickets.md.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.context import Context
from intake.readers.nameless import without_names
from intake.readers.nodes import Node
from intake.readers.order_ids import amazon_order_ids
from intake.readers.pages import Pages
from intake.readers.records import item, record
from intake.readers.reports import Record
from intake.readers.zendesk_authors import AGENT, BUYER, SYSTEM_AUTHOR, author_of, learn, spoken_by_rule
from intake.readers.zendesk_csv import CHANNELS, OTHER_CHANNEL, PRIORITIES, STATUSES, SYSTEM
from intake.rows import Bad
from intake.sentences import Sentence

RELAY = "@marketplace.amazon."
SCORES = {"good": True, "good_with_comment": True, "bad": False, "bad_with_comment": False}
DIRECTIONS = {BUYER: "inbound", AGENT: "outbound", SYSTEM_AUTHOR: "outbound"}
ENDED = {"solved": "resolved_at", "closed": "closed_at"}


def tickets(node: Node, context: Context) -> Iterator[Record | Bad]:
    """A ticket, and its comments where it brings them along. Its rating is read from the list of ratings, which alone
    says when it was given."""
    ticket, updated_at, status = node.needed("id"), node.moment("updated_at"), node.word("status", _STATUSES)
    requester = node.ident("requester_id") or node.ident("requester.id")
    names = [node.text("via.source.from.name"), _requester_name(node)]
    subject = node.text("subject")
    deleted = status == "deleted"
    yield record(
        "conversation",
        ticket,
        source_updated_at=updated_at,
        channel=_channel(node),
        opened_at=node.moment("created_at"),
        status=None if deleted else status,
        resolved_at=node.moment("metric_set.solved_at"),
        reopened_count=node.get("metric_set.reopens"),
        subject=None if deleted else without_names(subject, names),
        order_external_ids=amazon_order_ids(subject, node.text("description")) or None,
        buyer_key=context.pseudonym(SYSTEM, requester) if requester else None,
        assignee_external_id=node.ident("assignee_id"),
        priority=PRIORITIES.get(node.text("priority") or "") or None,
        deleted_at=updated_at if deleted else None,
    )
    for comment in node.all("comments"):
        try:
            yield _message(comment, ticket, author_of(comment, ticket=node), updated_at)
        except Problem as problem:
            yield Bad(problem.code, problem.message, f"comments.{problem.field}")


_STATUSES = {word.upper(): meaning for word, meaning in {**STATUSES, "deleted": "deleted"}.items()}


def _requester_name(node: Node) -> str | None:
    found = node.get("requester")
    return Node(found).text("name") if isinstance(found, dict) else None


def _channel(node: Node) -> str:
    """Amazon hands its buyers' messages on by mail, from a relay."""
    if RELAY in (node.text("via.source.from.address") or ""):
        return "amazon_message"
    return CHANNELS.get((node.text("via.channel") or "").casefold(), OTHER_CHANNEL)


def events(node: Node, context: Context) -> Iterator[Record | Bad]:
    """What one update of a ticket said and changed."""
    ticket, at = node.needed("ticket_id"), node.moment("created_at")
    changes: dict[str, Any] = {}
    for event in node.all("child_events"):
        kind = event.text("event_type") or event.text("type")
        if kind == "Comment":
            try:
                yield _message(event, ticket, author_of(event, update=node), at)
            except Problem as problem:
                yield Bad(problem.code, problem.message, f"child_events.{problem.field}")
        status = event.text("status") if kind in ("Create", "Change") else None
        if status in STATUSES:
            changes["status"] = STATUSES[status]
            if status in ENDED:
                changes[ENDED[status]] = at
    if changes:
        yield record("conversation", ticket, source_updated_at=at, partial=True, **changes)


def _message(comment: Node, ticket: str, author: str, said_at: str | None) -> Record:
    """A comment as of `said_at`: an event tells it as it was then, an export as it is now, perhaps made private."""
    public = comment.flag("public") is not False
    sent_at = comment.moment("created_at") or said_at
    by_rule = spoken_by_rule(comment)
    return record(
        "message",
        comment.needed("id"),
        source_updated_at=said_at,
        conversation_external_id=ticket,
        sent_at=sent_at,
        author_kind=author,
        direction=DIRECTIONS[author] if public else "internal",
        visibility="public" if public else "internal",
        automatic=True if by_rule else None,
        automatic_reason="rule" if by_rule else None,
        author_external_id=comment.ident("author_id") or comment.ident("author.id") if author == AGENT else None,
        author_name=_author_name(comment) if author == AGENT else None,
        body_text=comment.text("plain_body") or comment.text("body"),
        attachments=[
            item(name=one.text("file_name"), media_type=one.text("content_type"), size=one.get("size"))
            for one in comment.all("attachments")
        ]
        or None,
    )


def _author_name(comment: Node) -> str | None:
    found = comment.get("author")
    return Node(found).text("name") if isinstance(found, dict) else None


def ratings(node: Node, context: Context) -> Iterator[Record]:
    """A rating that was given, or offered; where none was offered, nobody was asked."""
    score = (node.text("score") or "").lower()
    if score == "unoffered":
        return
    if score != "offered" and score not in SCORES:
        raise Problem(
            ErrorCode.BAD_ENUM, Sentence("%(score)s is no score that is known", score=repr(score[:80])), "score"
        )
    updated_at = node.moment("updated_at")
    given = score in SCORES
    yield record(
        "survey_answer",
        node.needed("id"),
        source_updated_at=updated_at,
        kind="thumbs",
        conversation_external_id=node.ident("ticket_id"),
        asked_at=node.moment("created_at"),
        answered_at=(updated_at or node.moment("created_at")) if given else None,
        solved=SCORES.get(score),
        value_raw=score,
        comment=node.text("comment") if given else None,
        agent_external_id=node.ident("assignee_id"),
    )


def users(node: Node, context: Context) -> Iterator[Record]:
    """Nobody is counted. What a user is, is learned for the comments of the same file."""
    node.needed("id")
    yield from ()


EXPORT = Pages(
    source="zendesk.export",
    title=_("Zendesk: exports as JSON"),
    needs=frozenset({"ticket_events", "child_events"}),
    either=(
        frozenset({"tickets", "after_cursor", "end_of_stream"}),
        frozenset({"users", "after_cursor", "end_of_stream"}),
        frozenset({"tickets", "requester_id", "submitter_id"}),
        frozenset({"ticket_events", "end_of_stream"}),
        frozenset({"satisfaction_ratings"}),
        frozenset({"requester_id", "submitter_id", "via", "status"}),
        frozenset({"requester", "submitter", "comments", "status"}),
    ),
    lists={"tickets": tickets, "ticket_events": events, "users": users, "satisfaction_ratings": ratings},
    whole=tickets,
    system=SYSTEM,
    learn=learn,
)
