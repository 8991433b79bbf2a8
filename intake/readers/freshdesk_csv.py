"""Freshdesk's ticket export: one row for each ticket; which columns there are, each account chooses.

Times are the account's local ones. There are no messages in it, so what needs messages stays unknown. Columns:
https://support.freshdesk.com/support/solutions/articles/50000004125
"""

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.nameless import without_names
from intake.readers.order_ids import amazon_order_ids
from intake.readers.records import record
from intake.readers.reports import Record, Report, columns
from intake.sentences import Sentence

SYSTEM = "freshdesk"
STATUSES = {"open": "open", "pending": "pending", "resolved": "resolved", "closed": "closed"}
PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
CHANNELS = {
    "email": "email", "outbound email": "email", "portal": "web_form", "feedback widget": "web_form", "phone": "phone",
    "chat": "live_chat", "facebook": "messenger", "whatsapp": "whatsapp", "instagram": "instagram", "line": "line",
}  # fmt: skip
OTHER_CHANNEL = "other"
# Freshdesk's seven grades, from 1 (extremely unhappy) to 7 (extremely happy).
GRADES = {
    "extremely unhappy": "1", "very unhappy": "2", "unhappy": "3", "neutral": "4", "happy": "5", "very happy": "6",
    "extremely happy": "7",
}  # fmt: skip
LOWEST, HIGHEST = 1, 7
_DURATION = re.compile(r"(\d{1,7}):([0-5]\d):([0-5]\d)", re.ASCII)
DURATIONS = {
    "first response time (in hrs)": "first_response_seconds",
    "resolution time (in hrs)": "resolution_seconds",
    "time tracked": "tracked_seconds",
}


def tickets(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """A ticket, and its rating. The table neither names nor dates the rating: it is the ticket's only one, given when
    the ticket was resolved."""
    row = rows[0]
    ticket = row.required("ticket id")
    contact, mail, subject = row.ident("contact id"), row.text("email"), row.text("subject")
    opened_at, updated_at = row.moment("created time"), row.moment("last update time")
    resolved_at, closed_at = row.moment("resolved time"), row.moment("closed time")
    durations = {word: seconds for name, word in DURATIONS.items() if (seconds := _seconds(row, name)) is not None}
    yield record(
        "conversation",
        ticket,
        source_updated_at=updated_at,
        channel=CHANNELS.get((row.text("source") or "").casefold(), OTHER_CHANNEL),
        opened_at=opened_at,
        status=row.choice("status", STATUSES),
        resolved_at=resolved_at,
        closed_at=closed_at,
        subject=without_names(subject, [row.text("full name")]),
        order_external_ids=amazon_order_ids(subject) or None,
        # As the interface knows him, where the export has that column.
        buyer_key=context.pseudonym(SYSTEM, contact) if contact else context.pseudonym(mail) if mail else None,
        assignee_name=row.text("agent"),
        priority=row.choice("priority", PRIORITIES),
        extra=durations or None,
    )
    grade = row.choice("survey results", GRADES)
    if grade:
        yield record(
            "survey_answer",
            f"ticket:{ticket}",
            source_updated_at=updated_at,
            kind="csat",
            conversation_external_id=ticket,
            answered_at=resolved_at or closed_at or updated_at or opened_at,
            value_number=grade,
            scale_min=LOWEST,
            scale_max=HIGHEST,
            value_raw=row.text("survey results"),
        )


def _seconds(row: Cells, name: str) -> int | None:
    """A duration as HH:MM:SS, whose hours go on beyond a day."""
    text = row.text(name)
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Problem(
            ErrorCode.BAD_NUMBER, Sentence("%(text)s is not a duration such as 27:00:00", text=repr(text[:40])), name
        )
    hours, minutes, seconds = (int(number) for number in found.groups())
    return 3600 * hours + 60 * minutes + seconds


TICKET_EXPORT = Report(
    source="freshdesk.csv",
    title=_("Freshdesk: ticket export"),
    system=SYSTEM,
    needs=columns("ticket id, status, created time"),
    build=tickets,
    uses=columns(
        "ticket id, subject, status, priority, source, agent, created time, resolved time, closed time, "
        "last update time, first response time (in hrs), resolution time (in hrs), time tracked, survey results, "
        "full name, email, contact id"
    ),
    keeps=columns(
        "type, group, agent interactions, customer interactions, resolution status, first response status, "
        "initial response time, due by time, product"
    ),
    drops=columns(
        "tags, work phone, mobile phone, title, address, time zone, language, unique external id, "
        "company name, company domains, association type, internal agent, internal group, every response status"
    ),
)
