"""Pages of financial events (Finances v0): refunds, A-to-z claims and chargebacks, when money moves.

Denied and withdrawn claims never appear. Model:
https://github.com/amzn/selling-partner-api-models/blob/main/models/finances-api-model/financesV0.json
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.amazon.pages import Node, Pages
from intake.readers.amazon.records import record
from intake.readers.context import Context
from intake.readers.reports import Record
from intake.sentences import Sentence

CHARGES = ("ItemChargeAdjustmentList", "ItemChargeList")


def claims(event: Node, context: Context) -> Iterator[Record]:
    """Money taken for an A-to-z claim, which was granted then. When the claim was opened is not told."""
    order_id, posted_at = event.required("AmazonOrderId"), event.moment("PostedDate")
    amount, currency = charged(event)
    granted = {"status": "granted", "decided_at": posted_at} if amount is None or amount <= 0 else {}
    yield record(
        "claim",
        f"a2z:{order_id}",
        source_updated_at=posted_at,
        order_external_id=order_id,
        kind="a_to_z",
        amount=without_sign(amount),
        currency=currency,
        **granted,
    )


def chargebacks(event: Node, context: Context) -> Iterator[Record]:
    """Money taken for a chargeback; why is not told."""
    order_id, posted_at = event.required("AmazonOrderId"), event.moment("PostedDate")
    amount, currency = charged(event)
    yield record(
        "chargeback",
        f"cb:{order_id}:{event.required('PostedDate')}",
        source_updated_at=posted_at,
        order_external_id=order_id,
        initiated_at=posted_at,
        amount=without_sign(amount),
        currency=currency,
    )


def refunds(event: Node, context: Context) -> Iterator[Record]:
    """Money given back, once or in parts, for an order that another source reports."""
    posted_at = event.moment("PostedDate")
    yield record(
        "order", event.required("AmazonOrderId"), partial=True, source_updated_at=posted_at, refunded_at=posted_at
    )


def charged(event: Node) -> tuple[Decimal | None, str | None]:
    """The sum of what was charged for the articles (below zero: the seller paid), and its currency."""
    amounts: list[Any] = []
    currency = None
    for name in ("ShipmentItemAdjustmentList", "ShipmentItemList"):
        for article in event.all(name):
            for charge in (one for kind in CHARGES for one in article.all(kind)):
                amounts.append(charge.get("ChargeAmount.CurrencyAmount"))
                currency = charge.text("ChargeAmount.CurrencyCode") or currency
    try:
        total = sum((Decimal(str(amount)) for amount in amounts), Decimal(0)) if amounts else None
    except InvalidOperation:
        raise Problem(
            ErrorCode.BAD_NUMBER, Sentence("an amount is not a number"), "ChargeAmount.CurrencyAmount"
        ) from None
    return total, currency


def without_sign(amount: Decimal | None) -> str | None:
    return None if amount is None else format(abs(amount), "f")


FINANCES = Pages(
    source="amazon.finances",
    title=_("Amazon: financial events"),
    needs=frozenset({"FinancialEvents"}),
    lists={"GuaranteeClaimEventList": claims, "ChargebackEventList": chargebacks, "RefundEventList": refunds},
    through=frozenset({"payload", "FinancialEvents"}),
)
