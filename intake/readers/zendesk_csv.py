"""Zendesk's export of a view: one row for each ticket, with times in the account's zone and no messages.

What needs messages (who waited how long) stays unknown. Columns:
https://support.zendesk.com/hc/en-us/articles/4408882174362
"""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.nameless import without_names
from intake.readers.order_ids import amazon_order_ids
from intake.readers.records import record
from intake.readers.reports import Record, Report, columns

SYSTEM = "zendesk"
STATUSES = {
    "new": "open",
    "open": "open",
    "pending": "pending",
    "hold": "pending",
    "on-hold": "pending",
    "solved": "resolved",
    "closed": "closed",
}
PRIORITIES = {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent", "-": "", "": ""}
# As the tickets' history words them, and as the interface does.
CHANNELS = {
    "mail": "email",
    "email": "email",
    "web form": "web_form",
    "web": "web_form",
    "web widget": "web_form",
    "web_widget": "web_form",
    "mobile": "web_form",
    "mobile sdk": "web_form",
    "mobile_sdk": "web_form",
    "help center post": "web_form",
    "help_center": "web_form",
    "chat": "live_chat",
    "messaging": "live_chat",
    "native_messaging": "live_chat",
    "phone call (incoming)": "phone",
    "phone call (outgoing)": "phone",
    "voicemail": "phone",
    "voice": "phone",
    "facebook": "messenger",
    "facebook messenger": "messenger",
    "facebook_messenger": "messenger",
    "instagram direct": "instagram",
    "instagram_dm": "instagram",
    "line": "line",
    "whatsapp": "whatsapp",
}
OTHER_CHANNEL = "other"
SCORES = {
    "good": "good", "good with comment": "good", "bad": "bad", "bad with comment": "bad", "offered": "offered",
    "unoffered": "", "not offered": "", "-": "",
}  # fmt: skip


def tickets(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """A ticket, and its rating. The table neither names nor dates the rating: it is the ticket's only one, given when
    the ticket was solved."""
    row = rows[0]
    ticket = row.required("id")
    requester, subject = row.ident("requester id"), row.text("subject")
    opened_at, updated_at = row.moment("created at"), row.moment("updated at")
    solved_at = row.moment("solved at")
    yield record(
        "conversation",
        ticket,
        source_updated_at=updated_at,
        channel=CHANNELS.get((row.text("via") or "").casefold(), OTHER_CHANNEL),
        opened_at=opened_at,
        status=row.word("status", STATUSES),
        resolved_at=solved_at,
        reopened_count=row.whole("reopens"),
        subject=without_names(subject, [row.text("requester")]),
        order_external_ids=amazon_order_ids(subject) or None,
        buyer_key=context.pseudonym(SYSTEM, requester) if requester else None,
        assignee_name=row.text("assignee"),
        priority=row.choice("priority", PRIORITIES) or None,
    )
    score = row.choice("satisfaction score", SCORES)
    if score:
        rated_at = solved_at or updated_at or opened_at
        yield record(
            "survey_answer",
            f"ticket:{ticket}",
            source_updated_at=updated_at,
            kind="thumbs",
            conversation_external_id=ticket,
            asked_at=rated_at,
            answered_at=None if score == "offered" else rated_at,
            solved=None if score == "offered" else score == "good",
            value_raw=row.text("satisfaction score"),
        )


VIEW_EXPORT = Report(
    source="zendesk.csv",
    title=_("Zendesk: export of a view"),
    system=SYSTEM,
    needs=columns("id, requester, status, created at, updated at"),
    build=tickets,
    uses=columns(
        "id, requester, requester id, assignee, subject, status, priority, via, created at, updated at, solved at, "
        "satisfaction score, reopens"
    ),
    keeps=columns(
        "group, ticket type, replies, group stations, assignee stations, first reply time in minutes, "
        "first reply time in minutes within business hours, first resolution time in minutes, "
        "first resolution time in minutes within business hours, full resolution time in minutes, "
        "full resolution time in minutes within business hours, agent wait time in minutes, "
        "agent wait time in minutes within business hours, requester wait time in minutes, "
        "requester wait time in minutes within business hours, on hold time in minutes, "
        "on hold time in minutes within business hours"
    ),
    drops=columns(
        "requester external id, requester email, requester domain, submitter, tags, assigned at, organization, "
        "due date, initially assigned at, resolution time"
    ),
)
