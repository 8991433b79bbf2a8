"""What a delivery tells about completeness: which systems were heard about which record types, up to when."""

from collections.abc import Iterable
from datetime import date, datetime

from intake.statements import Statement
from sellers.arrivals import Heard, note_arrivals
from sellers.days import day_start
from sellers.models import SellerAccount

# The moments that a record type's day is cut from, the first that is stated.
CLOCKS: dict[str, tuple[str, ...]] = {
    "conversation": ("opened_at",),
    "message": ("sent_at",),
    "survey_answer": ("answered_at", "asked_at"),
    "order": ("placed_at",),
    "return": ("requested_at", "requested_on", "received_at", "received_on"),
    "feedback": ("rated_at", "rated_on"),
    "claim": ("opened_at", "opened_on"),
    "chargeback": ("initiated_at",),
    "policy_violation": ("opened_at", "opened_on"),
    "platform_metric": ("period_to",),
}


def note(account: SellerAccount, statements: Iterable[Statement], now: datetime) -> None:
    """Note these statements as heard, in the caller's transaction: one statement of SQL, however many there are.

    A delivery from the future was heard no later than now.
    """
    heard: dict[tuple[str, str], Heard] = {}
    for statement in statements:
        if statement.heard_at is None or statement.partial:  # facts about a record do not say that those are complete
            continue
        key = (statement.system, statement.record_type.name)
        heard_at = min(statement.heard_at, now)
        one = heard.setdefault(key, Heard(*key, heard_at))
        one.heard_at = max(one.heard_at, heard_at)
        fact_at = _moment(account, statement)
        if fact_at is not None and (one.last_fact_at is None or fact_at > one.last_fact_at):
            one.last_fact_at = fact_at
    note_arrivals(account.id, heard.values())


def _moment(account: SellerAccount, statement: Statement) -> datetime | None:
    stated = (statement.values.get(name) for name in CLOCKS[statement.record_type.name])
    moment = next((one for one in stated if one is not None), None)
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return day_start(moment, account.zone)
    return moment
