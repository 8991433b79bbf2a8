"""Twilio's list of calls: a buyer's call is a conversation, the leg to an agent that was picked up is the answer.

Fields: https://www.twilio.com/docs/voice/api/call-resource
"""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.calls import SYSTEM, answer, caller_key, ringing
from intake.readers.context import Context
from intake.readers.nodes import Node
from intake.readers.pages import Pages
from intake.readers.records import item, record
from intake.readers.reports import Record
from intake.sentences import Sentence

# That a call was completed says that somebody or something picked up: whether an agent did, the leg to him says.
RESULTS = {"NO-ANSWER": "missed", "BUSY": "missed", "FAILED": "missed", "CANCELED": "abandoned"}
UNDER_WAY = frozenset({"QUEUED", "INITIATED", "RINGING", "IN-PROGRESS"})
COMPLETED = "COMPLETED"


def calls(node: Node, context: Context) -> Iterator[Record]:
    """A call of a buyer or to one, or the leg of such a call that rings at an agent."""
    sid, parent, status = node.needed("sid"), node.ident("parent_call_sid"), node.required("status").upper()
    started_at, ended_at = _moment(node, "start_time"), _moment(node, "end_time")
    if status not in RESULTS and status not in UNDER_WAY and status != COMPLETED:
        raise Problem(
            ErrorCode.BAD_ENUM, Sentence("%(status)s is no status that is known", status=status[:40]), "status"
        )
    if status in UNDER_WAY:
        return  # it is told once it is over
    updated_at = _moment(node, "date_updated") or ended_at
    if parent is not None:
        if status == COMPLETED and (node.ident("duration") or "0") != "0" and started_at is not None:
            yield answer(sid, parent, started_at, source_updated_at=updated_at)
        return
    inbound = node.required("direction") == "inbound"
    rang_at = started_at or _moment(node, "date_created")
    if rang_at is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("start_time is missing"), "start_time")
    yield record(
        "conversation",
        sid,
        source_updated_at=updated_at,
        channel="phone",
        opened_at=rang_at,
        buyer_key=caller_key(node.text("from" if inbound else "to"), context),
    )
    about = item(ended_at=ended_at, result=RESULTS.get(status))
    yield ringing(sid, sid, rang_at, inbound=inbound, source_updated_at=updated_at, call=about or None)


def _moment(node: Node, path: str) -> str | None:
    """A time as mails write it."""
    found = node.text(path)
    if found is None:
        return None
    try:
        moment = parsedate_to_datetime(found)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise Problem(
            ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a time", text=repr(found[:40])), path
        ) from None
    if moment.tzinfo is None:
        raise Problem(ErrorCode.MISSING_TIMEZONE, Sentence("%(text)s says no zone", text=found[:40]), path)
    return moment.isoformat()


API = Pages(
    source="twilio.api",
    title=_("Twilio: list of calls"),
    needs=frozenset({"calls", "sid", "parent_call_sid"}),
    either=(frozenset({"calls", "first_page_uri"}), frozenset({"sid", "account_sid", "parent_call_sid", "direction"})),
    lists={"calls": calls},
    whole=calls,
    system=SYSTEM,
)
