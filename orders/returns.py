"""Verdicts on one return: was it a request to answer, was it answered in 48 hours, was it turned down fairly. Pure.

Sources: https://sellercentral.amazon.com/gp/help/external/help.html?itemID=201887610&language=en_US and the same page
of the United Kingdom; docs/decisions/0016-packages-returns-and-ratings.md says what we decided where they are silent.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orders.models import (
    FulfilledBy,
    Order,
    Rejection,
    Return,
    ReturnAnswer,
    ReturnStanding,
    ReturnStatus,
    Standing,
)
from orders.verdicts import standing
from sellers.days import day_start

TARGET = timedelta(hours=48)  # exactly 48:00:00 is in time
DAY = timedelta(days=1)

# Nobody reaches these without an answer of the seller.
ANSWERED = (
    ReturnStatus.APPROVED,
    ReturnStatus.REJECTED,
    ReturnStatus.RECEIVED,
    ReturnStatus.REFUNDED,
    ReturnStatus.CLOSED,
)


def return_verdicts(row: Return, order: Order | None, now: datetime) -> dict[str, Any]:
    """Everything derived of a return, as of `now`; its order may not have arrived yet."""
    answer, rejection = return_answer(row, row.account.zone, now), rejection_of(row)
    negative = row.buyer_solved is False
    asked = asked_between(row, row.account.zone)
    return {
        "answer_due_at": None if asked is None else asked[1] + TARGET,
        "standing": return_standing(row, order),
        "answer": answer,
        "rejection": rejection,
        "negative_feedback": negative,
        "dissatisfied": negative or answer in (ReturnAnswer.LATE, ReturnAnswer.NONE) or rejection == Rejection.INVALID,
    }


def return_standing(row: Return, order: Order | None) -> ReturnStanding:
    """Whether it is a valid request of a buyer whom the seller serves."""
    if row.deleted_at is not None:
        return ReturnStanding.DELETED
    if row.excluded:
        return ReturnStanding.EXCLUDED
    sold = None if order is None else standing(order)
    if sold == Standing.TEST:
        return ReturnStanding.TEST
    if sold == Standing.OTHER_CHANNEL:
        return ReturnStanding.OTHER_CHANNEL
    if row.requested_at is None and row.requested_on is None:
        return ReturnStanding.NO_REQUEST
    shipped_by = row.fulfilled_by or (order.fulfilled_by if order is not None else "")
    if not shipped_by:
        return ReturnStanding.UNKNOWN_SHIPPER
    return ReturnStanding.COUNTS if shipped_by == FulfilledBy.MERCHANT else ReturnStanding.MARKETPLACE


def asked_between(row: Return, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The first and the last moment at which the request can have come; a report of days leaves a day open."""
    if row.requested_at is not None:
        return row.requested_at, row.requested_at
    if row.requested_on is not None:
        return day_start(row.requested_on, zone), day_start(row.requested_on + DAY, zone)
    return None


def return_answer(row: Return, zone: ZoneInfo, now: datetime) -> ReturnAnswer:
    """Whether the seller authorised, refunded or closed it in time: elapsed time, weekends and holidays included.

    Where only the day of the request is known, the verdict is given when every moment of that day leads to it.
    """
    asked = asked_between(row, zone)
    if asked is None:
        return ReturnAnswer.UNKNOWN
    if row.auto_authorized:
        return ReturnAnswer.ON_TIME
    first, last = asked
    answers = [moment for moment in (row.responded_at, row.refunded_at, row.closed_at) if moment is not None]
    if answers:
        answered = min(answers)
        if answered - first <= TARGET:
            return ReturnAnswer.ON_TIME
        return ReturnAnswer.LATE if answered - last >= TARGET else ReturnAnswer.UNKNOWN
    if row.status in ANSWERED:
        return ReturnAnswer.UNKNOWN
    return ReturnAnswer.WAITING if now <= last + TARGET else ReturnAnswer.NONE


def rejection_of(row: Return) -> Rejection:
    """Whether a request within the policy was turned down without a refund or a solution that the buyer accepted."""
    if row.status != ReturnStatus.REJECTED:
        return Rejection.NONE
    settled = row.refunded_at is not None or bool(row.refunded_amount) or row.buyer_solved is True
    if settled or row.in_policy is False:
        return Rejection.FAIR
    return Rejection.UNKNOWN if row.in_policy is None else Rejection.INVALID
