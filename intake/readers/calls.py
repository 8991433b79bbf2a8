"""Lists of phone calls in our own columns: a call is a conversation.

An incoming call is a message of the buyer that wants an answer, picking it up is the answer; a missed one waits. A call
to a buyer is a message to him, in a conversation of its own: which missed call it returns, no list says.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.records import item, record
from intake.readers.reports import Record, Report, columns
from intake.sentences import Sentence

SYSTEM = "phone"
ANSWER, RATING = "answer", "csat"  # what is added to a call's ID for the records that follow from it
DIRECTIONS = {"inbound": "inbound", "incoming": "inbound", "in": "inbound", "outbound": "outbound",
              "outgoing": "outbound", "out": "outbound"}  # fmt: skip
RESULTS = {
    "answered": "answered", "completed": "answered", "missed": "missed", "no answer": "missed", "no-answer": "missed",
    "busy": "missed", "voicemail": "voicemail", "abandoned": "abandoned", "canceled": "abandoned",
    "cancelled": "abandoned",
}  # fmt: skip
LOWEST, HIGHEST = 1, 5
_LEAST_DIGITS = 3  # fewer are no number: "anonymous", "0"


def calls(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """One call: its conversation, the ringing, the answer if somebody answered, and the rating if there is one."""
    row = rows[0]
    call = row.required("call_id")
    started_at, answered_at, ended_at = (_moment(row, name) for name in ("started_at", "answered_at", "ended_at"))
    if started_at is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("started_at is empty"), "started_at")
    inbound = row.word("direction", DIRECTIONS) == "inbound"
    _in_order(("started_at", started_at), ("answered_at", answered_at), ("ended_at", ended_at))
    result = row.word("result", RESULTS) if row.text("result") else ("answered" if answered_at else "missed")
    if result == "answered" and answered_at is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("an answered call needs answered_at"), "answered_at")
    order = row.ident("order_id")
    yield record(
        "conversation",
        call,
        channel="phone",
        opened_at=started_at,
        order_external_ids=[order] if order else None,
        buyer_key=caller_key(row.text("caller_id"), context),
    )
    about = item(
        answered_at=answered_at,
        ended_at=ended_at,
        wait_seconds=row.whole("queue_seconds"),
        talk_seconds=_between(answered_at, ended_at),
        result=result,
    )
    agent = row.text("agent")
    yield ringing(call, call, started_at, inbound=inbound, agent=None if inbound else agent, call=about)
    if inbound and result == "answered" and answered_at is not None:
        yield answer(f"{call}:{ANSWER}", call, answered_at, agent=agent)
    score = row.number("csat")
    if score is not None:
        if not LOWEST <= float(score) <= HIGHEST:
            raise Problem(
                ErrorCode.OUT_OF_RANGE,
                Sentence("%(score)s is outside %(lowest)s..%(highest)s", score=score, lowest=LOWEST, highest=HIGHEST),
                "csat",
            )
        yield record(
            "survey_answer",
            f"{call}:{RATING}",
            kind="csat",
            conversation_external_id=call,
            order_external_id=order,
            answered_at=ended_at or answered_at or started_at,
            value_number=score,
            scale_min=LOWEST,
            scale_max=HIGHEST,
            value_raw=row.text("csat"),
        )


def ringing(
    external_id: str,
    conversation: str,
    started_at: str,
    /,
    *,
    inbound: bool,
    agent: str | None = None,
    **values: Any,
) -> Record:
    """The message that a call is: of the buyer who rings, or of an agent who rings a buyer."""
    return record(
        "message",
        external_id,
        conversation_external_id=conversation,
        sent_at=started_at,
        author_kind="buyer" if inbound else "agent",
        direction="inbound" if inbound else "outbound",
        author_name=agent,
        channel="phone",
        needs_reply=True if inbound else None,
        needs_reply_source="rule" if inbound else None,
        **values,
    )


def answer(
    external_id: str, conversation: str, answered_at: str, /, *, agent: str | None = None, **values: Any
) -> Record:
    """The message that picking up is."""
    return record(
        "message",
        external_id,
        conversation_external_id=conversation,
        sent_at=answered_at,
        author_kind="agent",
        direction="outbound",
        author_name=agent,
        channel="phone",
        **values,
    )


def caller_key(number: str | None, context: Context) -> str | None:
    """A pseudonym for a phone number, however it is written; None for callers who withheld theirs."""
    digits = re.sub(r"\D", "", number or "", flags=re.ASCII).removeprefix("00")
    return context.pseudonym(SYSTEM, digits) if len(digits) >= _LEAST_DIGITS else None


def _moment(row: Cells, name: str) -> str | None:
    """Our own columns say the offset: a list of calls is no report of a system whose habits are known."""
    return row.moment(name, zone="")


def _in_order(*moments: tuple[str, str | None]) -> None:
    known = [(name, datetime.fromisoformat(moment)) for name, moment in moments if moment is not None]
    for (before, first), (name, second) in pairwise(known):
        if second < first:
            raise Problem(
                ErrorCode.OUT_OF_RANGE, Sentence("%(name)s is before %(before)s", name=name, before=before), name
            )


def _between(start: str | None, end: str | None) -> int | None:
    """Whole seconds."""
    if start is None or end is None:
        return None
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


CALLS = Report(
    source="file.calls",
    title=_("List of phone calls"),
    system=SYSTEM,
    needs=columns("call_id, started_at, direction"),
    build=calls,
    uses=columns(
        "call_id, started_at, direction, caller_id, answered_at, ended_at, agent, result, queue_seconds, order_id, csat"
    ),
)
