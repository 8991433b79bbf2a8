"""Verdicts on one order, worked out from what was reported about it. Pure: values in, values out.

Sources: cancellations https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=200285210&language=en_GB,
late shipment https://sellercentral.amazon.it/gp/help/external/200285190?language=it_IT, order defects
https://sellercentral.amazon.sa/gp/help/external/help.html?itemID=200285170&language=en_AE, chargebacks
https://sellercentral.amazon.com/gp/help/external/help.html?itemID=48781&language=en_US
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from orders.models import (
    CancellationVerdict,
    CancelledBy,
    Chargeback,
    ChargebackKind,
    Claim,
    ClaimKind,
    ClaimStatus,
    Feedback,
    InvoiceVerdict,
    Order,
    OrderStatus,
    RatingStanding,
    Return,
    ReturnStatus,
    Shipment,
    ShipmentVerdict,
    Standing,
)
from orders.ratings import rating_standings
from sellers.facts import SourceRow

OTHER_CHANNEL = "non-amazon"  # how Amazon's files name multi-channel orders

# Reasons by which the marketplace cancels through the seller's fault: not confirmed within 7 days after ship-by.
SELLER_FAULT_REASONS = ("not_shipped", "not shipped", "notshipped", "ship_confirm", "not confirmed", "not_confirmed")

# Fraud is the marketplace's risk; every other chargeback is about the service.
FRAUD_REASONS = ("fraud", "unauthorized", "unauthorised", "unrecognized", "unrecognised", "stolen")

CLAIM_STATUSES_THAT_COUNT = (ClaimStatus.OPEN, ClaimStatus.GRANTED, ClaimStatus.APPEALED)


@dataclass(frozen=True, slots=True)
class Defects:
    """The three parts of an order defect; an order is defective once, however many it has."""

    negative_feedback: bool = False
    claimed: bool = False  # a claim of any outcome
    claim_counts: bool = False  # a claim that counts under the account's rule
    chargeback_counts: bool = False

    @property
    def defective(self) -> bool:
        return self.negative_feedback or self.claim_counts or self.chargeback_counts


def confirmed_at(shipments: Collection[Shipment]) -> datetime | None:
    """When the last package was confirmed; None while any package is unconfirmed or none is known (D12)."""
    moments = [shipment.confirmed_at for shipment in shipments]
    return max(moment for moment in moments if moment) if moments and all(moments) else None


def standing(order: Order) -> Standing:
    """Whether the order is in the rates at all: pending, test and other-channel orders are left out everywhere."""
    if order.deleted_at is not None:
        return Standing.DELETED
    if order.excluded:
        return Standing.EXCLUDED
    if order.is_test:
        return Standing.TEST
    if order.sales_channel.strip().lower() == OTHER_CHANNEL:
        return Standing.OTHER_CHANNEL
    return Standing.PENDING if order.status == OrderStatus.PENDING else Standing.COUNTS


def shipment_verdict(order: Order, due: datetime | None, confirmed: datetime | None, now: datetime) -> ShipmentVerdict:
    """Late means confirmed in the platform after it was due; the typed ship date is irrelevant.

    With nothing due, or shipped with no time of confirmation, lateness is unknown and never "on time".
    """
    if due is None:
        return ShipmentVerdict.UNKNOWN
    if confirmed is not None and order.status != OrderStatus.PARTIALLY_SHIPPED:
        return ShipmentVerdict.ON_TIME if confirmed <= due else ShipmentVerdict.LATE
    if order.status == OrderStatus.CANCELLED:
        return ShipmentVerdict.CANCELLED
    if order.status == OrderStatus.SHIPPED:
        return ShipmentVerdict.UNKNOWN
    return ShipmentVerdict.OVERDUE if now > due else ShipmentVerdict.WAITING


def invoice_verdict(order: Order, due: datetime | None, now: datetime, *, told: Callable[[], bool]) -> InvoiceVerdict:
    """Late means uploaded after it was due, missing not uploaded by then.

    `told` is asked for an order without an upload: where no invoice of the account was ever reported, it is not known
    to be missing.
    Source: https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=44QSYRCU27EW4UK&language=en_GB
    """
    if not order.is_business:
        return InvoiceVerdict.NONE
    if due is None:
        return InvoiceVerdict.UNKNOWN
    if order.invoice_uploaded_at is not None:
        return InvoiceVerdict.ON_TIME if order.invoice_uploaded_at <= due else InvoiceVerdict.LATE
    if now <= due:
        return InvoiceVerdict.WAITING
    return InvoiceVerdict.MISSING if told() else InvoiceVerdict.UNTOLD


def cancellation_verdict(order: Order, confirmed: datetime | None) -> CancellationVerdict:
    """Whose cancellation it was. Only the buyer's own request in the platform protects the seller.

    After a confirmed shipment a non-delivery is a refund, not a cancellation. Where the platform itself says whether
    it counts, that decides.
    """
    if order.status != OrderStatus.CANCELLED or confirmed is not None:
        return CancellationVerdict.NONE
    if order.cancellation_counts:
        return CancellationVerdict.SELLER
    asked = order.buyer_cancel_requested_at is not None or bool(order.buyer_asked_to_cancel)
    if order.cancellation_counts is False:
        by_buyer = asked or order.cancelled_by == CancelledBy.BUYER
        return CancellationVerdict.BUYER if by_buyer else CancellationVerdict.MARKETPLACE
    if order.cancelled_by == CancelledBy.BUYER:
        return CancellationVerdict.BUYER
    if order.cancelled_by == CancelledBy.SELLER:
        return CancellationVerdict.BUYER if asked else CancellationVerdict.SELLER
    if order.cancelled_by == CancelledBy.MARKETPLACE:
        reason = order.cancel_reason.lower()
        at_fault = any(word in reason for word in SELLER_FAULT_REASONS)
        return CancellationVerdict.SELLER if at_fault else CancellationVerdict.MARKETPLACE
    return CancellationVerdict.UNKNOWN


def defects(
    feedback: Sequence[Feedback], claims: Sequence[Claim], chargebacks: Sequence[Chargeback], *, every_claim: bool
) -> Defects:
    """Which order defects the order has: one or two stars, an A-to-z claim that counts, a service chargeback.

    `every_claim` is the older rule by which a claim counts whatever its outcome (D10). Where the platform itself says
    whether a claim or chargeback counts, that decides. Of several ratings only the latest counts, and none once that
    was removed; deleted records and those that a person has excluded count nowhere.
    """
    a_to_z = [claim for claim in claims if claim.kind == ClaimKind.A_TO_Z and _stands(claim)]
    return Defects(
        negative_feedback=any(
            row.rating <= 2 and verdict == RatingStanding.COUNTS
            for row, verdict in zip(feedback, rating_standings(feedback), strict=True)
        ),
        claimed=bool(a_to_z),
        claim_counts=any(claim_counts(claim, every_claim=every_claim) for claim in a_to_z),
        chargeback_counts=any(chargeback_counts(row) for row in chargebacks if _stands(row)),
    )


def refunded(order: Order, returns: Collection[Return]) -> bool:
    """Whether any money went back, with the order itself or with a return of it; several refunds are still one order.

    Source: https://sellercentral-europe.amazon.com/gp/help/external/help.html?itemID=202131610&language=en_GB
    """
    return (
        order.refunded_at is not None
        or bool(order.refunded_amount)
        or any(
            row.refunded_at is not None or bool(row.refunded_amount) or row.status == ReturnStatus.REFUNDED
            for row in returns
            if _stands(row)
        )
    )


def perfect(
    bad: Defects,
    shipment: ShipmentVerdict,
    cancellation: CancellationVerdict,
    *,
    by_merchant: bool,
    refunded: bool,
    buyer_wrote: bool,
) -> bool:
    """Whether nothing went wrong with the order. Late and cancelled ones are the seller's fault where the seller ships.

    Source: https://www.channeladvisor.com/blog/marketplaces/what-is-amazons-perfect-order-percentage-metric/
    """
    failed = shipment == ShipmentVerdict.LATE or cancellation == CancellationVerdict.SELLER
    return not (bad.defective or (by_merchant and failed) or refunded or buyer_wrote)


def _stands(row: SourceRow) -> bool:
    """Whether a record is still true: not deleted at its source, and not excluded by a person."""
    return row.deleted_at is None and not row.excluded


def claim_counts(claim: Claim, *, every_claim: bool) -> bool:
    """Whether an A-to-z claim counts by itself: as the platform says, else by the account's rule and its outcome."""
    if claim.counts_in_odr is not None:
        return claim.counts_in_odr
    return every_claim or claim.status in CLAIM_STATUSES_THAT_COUNT


def chargeback_counts(chargeback: Chargeback) -> bool:
    """Whether a chargeback counts by itself: as the platform says, else unless it is an inquiry or about fraud."""
    if chargeback.counts_in_odr is not None:
        return chargeback.counts_in_odr
    reason = chargeback.reason.lower()
    return chargeback.kind == ChargebackKind.CHARGEBACK and not any(word in reason for word in FRAUD_REASONS)
