"""Why an order has the verdicts it has, in sentences: which deadline, what happened, which rule."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.joining import names
from dashboard.verdict import Verdict, apart, at
from kpis.metrics import Text
from kpis.targets import Band
from orders.models import (
    CancellationVerdict,
    CancelledBy,
    FulfilledBy,
    InvoiceVerdict,
    Order,
    OrderStatus,
    Return,
    ShipmentVerdict,
    Standing,
)

SHIPMENTS = {
    ShipmentVerdict.ON_TIME: Band.GREEN,
    ShipmentVerdict.LATE: Band.RED,
    ShipmentVerdict.OVERDUE: Band.RED,
    ShipmentVerdict.WAITING: Band.YELLOW,
}
INVOICES = {
    InvoiceVerdict.ON_TIME: Band.GREEN,
    InvoiceVerdict.LATE: Band.RED,
    InvoiceVerdict.MISSING: Band.RED,
    InvoiceVerdict.WAITING: Band.YELLOW,
}
OUTSIDE: dict[int, Text] = {
    Standing.PENDING: gettext_lazy("It is still pending at the platform, so no rate counts it."),
    Standing.OTHER_CHANNEL: gettext_lazy("It was sold outside the marketplace, so no rate counts it."),
    Standing.TEST: gettext_lazy("It is a test order, so no rate counts it."),
    Standing.DELETED: gettext_lazy("It was deleted at the source, so no rate counts it."),
    Standing.EXCLUDED: gettext_lazy("A person excluded it, so no rate counts it."),
}
PERFECT, WRONG = gettext_lazy("Perfect"), gettext_lazy("Something went wrong")


def of_order(order: Order, returns: Sequence[Return], *, messages_count: bool, zone: ZoneInfo) -> list[Verdict]:
    """Every verdict on the order itself; those that the order cannot have are left away."""
    found = [
        of_standing(order),
        of_shipment(order, zone),
        of_cancellation(order, zone),
        of_defect(order),
        of_refund(order, returns, zone),
        of_perfect(order, messages_count=messages_count),
        of_invoice(order, zone),
    ]
    return [one for one in found if one is not None]


def of_standing(order: Order) -> Verdict | None:
    """Why no rate counts it; nothing where the rates do."""
    if order.standing == Standing.COUNTS:
        return None
    standing = Standing(order.standing)
    return Verdict(standing.label, Band.NONE, str(OUTSIDE[standing]), _("In the figures"))


def of_shipment(order: Order, zone: ZoneInfo) -> Verdict:
    """Confirmed in time or late, against the moment that was due."""
    verdict = ShipmentVerdict(order.shipment)
    return Verdict(
        verdict.label,
        _if_merchant(order, SHIPMENTS.get(verdict, Band.NONE)),
        f"{_why_shipment(verdict, order, zone)} {_by_merchant_only(order)}".strip(),
        _("Shipment"),
        "late_shipment_rate",
    )


def _why_shipment(verdict: ShipmentVerdict, order: Order, zone: ZoneInfo) -> str:
    due, confirmed = order.due_at, order.confirmed_at
    words = {"due": at(due, zone), "confirmed": at(confirmed, zone), "rule": _due_rule(order)}
    if verdict is ShipmentVerdict.CANCELLED:
        return _("It was cancelled before a shipment was confirmed, so it is neither on time nor late.")
    if due is None:
        return _("No source says by when it is to ship, and no handling time is known.")
    if verdict is ShipmentVerdict.UNKNOWN:
        return _("It was due %(due)s (%(rule)s). It was shipped, but no source says when that was confirmed.") % words
    if verdict is ShipmentVerdict.WAITING:
        return _("Not confirmed yet. It is due %(due)s (%(rule)s).") % words
    if confirmed is None or verdict is ShipmentVerdict.OVERDUE:
        return _("Not confirmed. It was due %(due)s (%(rule)s). It counts as late once it is confirmed.") % words
    words["apart"] = apart(confirmed, due)
    if verdict is ShipmentVerdict.LATE:
        return _("Confirmed on %(confirmed)s, %(apart)s after it was due: %(due)s (%(rule)s).") % words
    return _("Confirmed on %(confirmed)s, %(apart)s before it was due: %(due)s (%(rule)s).") % words


def _due_rule(order: Order) -> str:
    if order.ship_by_at is not None:
        return _("the ship-by date of the source")
    return _("worked out from the handling time in working days")


def of_cancellation(order: Order, zone: ZoneInfo) -> Verdict:
    """Whose cancellation it was."""
    verdict = CancellationVerdict(order.cancellation)
    band = {CancellationVerdict.SELLER: Band.RED, CancellationVerdict.NONE: Band.GREEN}.get(verdict, Band.NONE)
    why = _why_cancellation(verdict, order, zone)
    if verdict is CancellationVerdict.SELLER:
        why = f"{why} {_by_merchant_only(order)}".strip()
    return Verdict(verdict.label, _if_merchant(order, band), why, _("Cancellation"), "cancellation_rate")


def _why_cancellation(verdict: CancellationVerdict, order: Order, zone: ZoneInfo) -> str:
    words = {"moment": at(order.cancelled_at, zone), "reason": order.cancel_reason}
    if verdict is CancellationVerdict.NONE:
        if order.status == OrderStatus.CANCELLED:
            return _("It was cancelled after its shipment had been confirmed: that is a refund, not a cancellation.")
        return _("It was not cancelled.")
    if verdict is CancellationVerdict.UNKNOWN:
        return _("Cancelled on %(moment)s. No source says who did it, so no rate counts it.") % words
    if order.cancellation_counts is not None:
        if order.cancellation_counts:
            return _("The platform says that this cancellation counts.")
        return _("The platform says that this cancellation does not count.")
    if verdict is CancellationVerdict.BUYER:
        if order.cancelled_by == CancelledBy.BUYER:
            return _("The buyer cancelled it on %(moment)s.") % words
        if order.buyer_cancel_requested_at is not None:
            asked = {"asked": at(order.buyer_cancel_requested_at, zone)}
            return _("The buyer asked for it on the platform on %(asked)s, which protects the seller.") % asked
        return _("The buyer asked for it on the platform, which protects the seller.")
    if order.cancelled_by == CancelledBy.SELLER:
        return _("The seller cancelled it on %(moment)s, and the buyer had not asked for it on the platform.") % words
    if verdict is CancellationVerdict.SELLER:
        return _("The marketplace cancelled it through the seller's fault: “%(reason)s”.") % words
    if order.cancel_reason:
        return _("The marketplace cancelled it for a reason that is not the seller's: “%(reason)s”.") % words
    return _("The marketplace cancelled it, and no source names a fault of the seller.")


def of_defect(order: Order) -> Verdict:
    """Whether the order has a defect, and which."""
    parts = [
        (order.negative_feedback, _("feedback of one or two stars")),
        (order.claim_counts, _("an A-to-z claim that counts")),
        (order.chargeback_counts, _("a chargeback about the service")),
    ]
    named = [name for has, name in parts if has]
    if named:
        why = _("It has %(parts)s; an order counts once, on the day it was placed.") % {"parts": names(named)}
    else:
        why = _("No negative feedback, no claim and no chargeback that counts.")
        if order.claimed:
            why = _("Its A-to-z claim does not count by the rule in force; nothing else counts against it.")
    word = _("With a defect") if order.defective else _("Without a defect")
    return Verdict(word, Band.RED if order.defective else Band.GREEN, why, gettext_lazy("Defect"), "order_defect_rate")


def of_refund(order: Order, returns: Sequence[Return], zone: ZoneInfo) -> Verdict:
    """Whether any money went back."""
    if not order.refunded:
        return Verdict(
            _("Not refunded"), Band.NONE, _("No source says that money went back."), _("Refund"), "refund_rate"
        )
    told = [order.refunded_at, *(row.refunded_at for row in returns)]
    moments = [moment for moment in told if moment is not None]
    why = _("Money went back, nobody says when.")
    if moments:
        why = _("Money went back on %(moment)s; several refunds are still one order.") % {
            "moment": at(min(moments), zone)
        }
    return Verdict(_("Refunded"), Band.NONE, why, _("Refund"), "refund_rate")


def of_perfect(order: Order, *, messages_count: bool) -> Verdict:
    """Whether nothing went wrong, or everything that did."""
    by_merchant = order.fulfilled_by == FulfilledBy.MERCHANT
    faults = [
        (order.defective, _("it has a defect")),
        (by_merchant and order.shipment == ShipmentVerdict.LATE, _("its shipment was confirmed late")),
        (by_merchant and order.cancellation == CancellationVerdict.SELLER, _("the seller cancelled it")),
        (order.refunded, _("money went back")),
        (order.buyer_wrote and messages_count, _("the buyer had to write about it")),
    ]
    named = [name for is_so, name in faults if is_so]
    why = _("Because %(faults)s.") % {"faults": "; ".join(named)}
    if order.perfect:
        why = _("No defect, no late shipment, no cancellation by the seller, no refund, no question of the buyer.")
        if order.buyer_wrote:
            why = _("The buyer wrote about it, which does not count here; nothing else went wrong.")
    word = PERFECT if order.perfect else WRONG
    band = Band.GREEN if order.perfect else Band.RED
    return Verdict(word, band, why, _("Perfect order"), "perfect_order_percentage")


def of_invoice(order: Order, zone: ZoneInfo) -> Verdict | None:
    """Whether the invoice came in time; only business orders need one."""
    verdict = InvoiceVerdict(order.invoice)
    if verdict is InvoiceVerdict.NONE:
        return None
    due, uploaded = order.invoice_due_at, order.invoice_uploaded_at
    words = {"due": at(due, zone), "uploaded": at(uploaded, zone), "confirmed": at(order.confirmed_at, zone)}
    if due is None:
        why = _("It is due one business day after the shipment is confirmed, and no confirmation is known.")
    elif uploaded is not None:
        words["apart"] = apart(uploaded, due)
        if verdict is InvoiceVerdict.ON_TIME:
            why = (
                _("Uploaded on %(uploaded)s. Due %(due)s, one business day after the shipment (%(confirmed)s).") % words
            )
        else:
            why = (
                _("Uploaded on %(uploaded)s, %(apart)s late. Due %(due)s, one business day after the shipment.") % words
            )
    elif verdict is InvoiceVerdict.WAITING:
        why = _("Not uploaded yet. Due %(due)s, one business day after the shipment (%(confirmed)s).") % words
    elif verdict is InvoiceVerdict.UNTOLD:
        why = _("It was due %(due)s, but no source has ever reported an invoice of this account.") % words
    else:
        why = _("Not uploaded. It was due %(due)s, one business day after the shipment (%(confirmed)s).") % words
    return Verdict(verdict.label, INVOICES.get(verdict, Band.NONE), why, _("Invoice"), "invoice_defect_rate")


def _if_merchant(order: Order, band: Band) -> Band:
    """What the marketplace ships is not the seller's promise, so it has no colour."""
    return band if order.fulfilled_by == FulfilledBy.MERCHANT else Band.NONE


def _by_merchant_only(order: Order) -> str:
    if order.fulfilled_by == FulfilledBy.MARKETPLACE:
        return _("The marketplace ships it, so the seller's rate leaves it out.")
    return "" if order.fulfilled_by else _("No source says who ships it, so the rate leaves it out.")
