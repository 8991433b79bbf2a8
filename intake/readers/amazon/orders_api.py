"""Pages of orders from the Orders API of 2026-01-01, with promises, packages and who cancelled.

Model: https://github.com/amzn/selling-partner-api-models/blob/main/models/orders-api-model/orders_2026-01-01.json
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.pages import Node, Pages
from intake.readers.amazon.records import item, record
from intake.readers.context import Context
from intake.readers.reports import Record

STATUSES = {
    "PENDING_AVAILABILITY": "pending",
    "PENDING": "pending",
    "UNSHIPPED": "unshipped",
    "PARTIALLY_SHIPPED": "partially_shipped",
    "SHIPPED": "shipped",
    "CANCELLED": "cancelled",
    "UNFULFILLABLE": "unfulfillable",
}
FULFILLED_BY = {"MERCHANT": "merchant", "AMAZON": "marketplace"}
CANCELLED_BY = {"BUYER": "buyer", "MERCHANT": "seller", "AMAZON": "marketplace"}
DELIVERED = "DELIVERED"
EXECUTION = "cancellation.cancellationExecution"


def orders(order: Node, context: Context) -> Iterator[Record]:
    """An order with its packages. When one was delivered is not told: it was by the time its page was seen."""
    items, packages, programs = order.all("orderItems"), order.all("packages"), order.get("programs")
    mail = order.text("buyer.buyerEmail")
    done = [one for one in items if one.get(EXECUTION)]
    asked = any(one.text("cancellation.cancellationRequest.requester") == "BUYER" for one in items)
    yield record(
        "order",
        order.required("orderId"),
        source_updated_at=order.moment("lastUpdatedTime"),
        placed_at=order.moment("createdTime"),
        status=order.word("fulfillment.fulfillmentStatus", STATUSES),
        fulfilled_by=FULFILLED_BY.get(order.text("fulfillment.fulfilledBy") or ""),
        sales_channel=_sales_channel(order),
        marketplace_id=order.text("salesChannel.marketplaceId"),
        ship_by_at=order.moment("fulfillment.shipByWindow.latestDateTime"),
        deliver_by_at=order.moment("fulfillment.deliverByWindow.latestDateTime"),
        cancelled_by=_canceller(done),
        cancel_reason=next(filter(None, (one.text(f"{EXECUTION}.cancelReason") for one in done)), None),
        buyer_asked_to_cancel=asked or None,
        currency=order.text("proceeds.grandTotal.currencyCode"),
        total_amount=order.get("proceeds.grandTotal.amount"),
        is_replacement=_replaces(order),
        is_business="AMAZON_BUSINESS" in programs if isinstance(programs, list) else None,
        buyer_key=context.pseudonym(mail) if mail else None,
        items=[_article(one) for one in items] or None,
        shipments=[_package(one) for one in packages] or None,
        packages=[seen for one in packages if (seen := _seen_delivered(one, context))] or None,
        extra=_extra(order),
    )


def _canceller(done: list[Node]) -> str | None:
    """Who cancelled; where several did, the one whom the cancellation is held against."""
    found = {CANCELLED_BY.get(one.text(f"{EXECUTION}.cancelledBy") or "", "unknown") for one in done}
    return next((one for one in ("seller", "marketplace", "buyer", "unknown") if one in found), None)


def _sales_channel(order: Node) -> str | None:
    """As the reports name it: what was sold elsewhere is `Non-Amazon`."""
    if order.text("salesChannel.channelName") == "NON_AMAZON":
        return "Non-Amazon"
    return order.text("salesChannel.marketplaceName")


def _replaces(order: Node) -> bool | None:
    if order.get("associatedOrders") is None:
        return None
    kinds = [one.text("associationType") or "" for one in order.all("associatedOrders")]
    return any(kind.upper().startswith("REPLACEMENT") for kind in kinds)


def _article(one: Node) -> dict[str, Any]:
    return item(
        external_id=one.text("orderItemId"),
        sku=one.text("product.sellerSku"),
        asin=one.text("product.asin"),
        title=one.text("product.title"),
        quantity=one.get("quantityOrdered"),
        quantity_shipped=one.get("fulfillment.quantityFulfilled"),
        unit_price=one.get("product.price.unitPrice.amount"),
    )


def _package(one: Node) -> dict[str, Any]:
    return item(
        external_id=one.required("packageReferenceId"),
        confirmed_at=one.moment("createdTime"),
        shipped_at=one.moment("shipTime"),
        carrier=one.text("carrier"),
        service=one.text("shippingService"),
        tracking_number=one.text("trackingNumber"),
        status=one.text("packageStatus.status"),
        items=[item(external_id=part.text("orderItemId"), quantity=part.get("quantity"))
               for part in one.all("packageItems")] or None,
    )  # fmt: skip


def _seen_delivered(one: Node, context: Context) -> dict[str, Any] | None:
    if one.text("packageStatus.status") != DELIVERED:
        return None
    return item(
        external_id=one.required("packageReferenceId"),
        tracking_number=one.text("trackingNumber"),
        delivered_seen_at=context.arrived_at,
    )


def _extra(order: Node) -> dict[str, Any] | None:
    kept = {name: order.get(name) for name in ("programs", "associatedOrders")}
    kept["fulfillmentServiceLevel"] = order.get("fulfillment.fulfillmentServiceLevel")
    return {name: value for name, value in kept.items() if value} or None


ORDERS_API = Pages(
    source="amazon.orders_api",
    title=_("Amazon: orders of the Orders API"),
    needs=frozenset({"orders", "orderId", "fulfillmentStatus"}),
    lists={"orders": orders},
    through=frozenset({"payload"}),
)
