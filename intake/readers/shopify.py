"""Shopify's orders as its interface answers and as its notices tell them, and its payment disputes.

Fields: https://shopify.dev/docs/api/admin-graphql/latest/objects/Order and https://shopify.dev/docs/api/webhooks
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem
from intake.readers.cells import plain_number
from intake.readers.context import Context
from intake.readers.nodes import Node
from intake.readers.pages import Pages
from intake.readers.records import item, record
from intake.readers.reports import Record
from intake.readers.shopify_csv import SYSTEM, instant
from intake.sentences import Sentence

SHIPPED = {"FULFILLED": "shipped", "PARTIALLY_FULFILLED": "partially_shipped", "PARTIAL": "partially_shipped"}
# What is on its way to be packed, waits, or was put back: nothing of it has left yet.
NOT_SHIPPED = frozenset({
    "UNFULFILLED", "OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "PENDING_FULFILLMENT", "REQUEST_DECLINED",
    "RESTOCKED", "NOT_ELIGIBLE",
})  # fmt: skip
CANCELLED_BY = {
    "CUSTOMER": "buyer", "INVENTORY": "seller", "STAFF": "seller", "FRAUD": "unknown", "DECLINED": "unknown",
    "OTHER": "unknown",
}  # fmt: skip
VOID = frozenset({"CANCELED", "CANCELLED", "ERROR", "FAILURE"})  # packages that never were
DISPUTES = {
    "NEEDS_RESPONSE": "needs_response", "UNDER_REVIEW": "under_review", "WON": "won", "LOST": "lost",
    "ACCEPTED": "accepted", "CHARGE_REFUNDED": "refunded",
}  # fmt: skip


def number(found: str | None) -> str | None:
    """The number at the end of a global ID: `gid://shopify/Order/450789469` is 450789469."""
    return None if found is None else found.rpartition("/")[2].partition("?")[0] or None


def _id(node: Node, path: str = "id") -> str:
    found = number(node.needed(path))
    if found is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("%(path)s names no number", path=path), path)
    return found


def _status(node: Node, path: str, cancelled_at: str | None) -> str:
    said = (node.text(path) or "UNFULFILLED").upper()
    if cancelled_at is not None:
        return "cancelled"
    if said not in SHIPPED and said not in NOT_SHIPPED:
        raise Problem(
            ErrorCode.BAD_ENUM,
            Sentence("%(said)s is not a status of shipping that is known", said=repr(said[:80])),
            path,
        )
    return SHIPPED.get(said, "unshipped")


def _buyer(mail: str | None, customer: str | None, context: Context) -> str | None:
    """By the mail address, which every export has, or else by the customer's number."""
    if mail:
        return context.pseudonym(mail)
    return context.pseudonym(SYSTEM, customer) if customer else None


# --- Answers of the interface ----------------------------------------------------------------------------------------


def listed_orders(node: Node, context: Context) -> Iterator[Record]:
    """An order as a page of orders has it, itself or as the end of an edge."""
    order = node.at("node") or node
    cancelled_at, reason = order.moment("cancelledAt"), order.text("cancelReason")
    total = "currentTotalPriceSet" if order.has("currentTotalPriceSet") else "totalPriceSet"
    yield record(
        "order",
        _id(order),
        source_updated_at=order.moment("updatedAt"),
        placed_at=order.moment("createdAt"),
        status=_status(order, "displayFulfillmentStatus", cancelled_at),
        fulfilled_by="merchant",
        cancelled_at=cancelled_at,
        cancelled_by=CANCELLED_BY.get(reason.upper(), "unknown") if reason else None,
        cancel_reason=reason,
        currency=order.text(f"{total}.shopMoney.currencyCode"),
        total_amount=_money(order, f"{total}.shopMoney.amount"),
        refunded_amount=_money(order, "totalRefundedSet.shopMoney.amount"),
        name=order.text("name"),
        is_test=order.flag("test"),
        buyer_key=_buyer(
            order.text("email") or order.text("customer.email"), number(order.ident("customer.id")), context
        ),
        items=[_article(one) for one in _nodes(order, "lineItems")] or None,
        shipments=[_package(one) for one in order.all("fulfillments") if not _void(one, "status", "displayStatus")]
        if isinstance(order.get("fulfillments"), list)
        else None,
    )


def _nodes(node: Node, path: str) -> list[Node]:
    """The entries of a connection, whichever of its two shapes was asked for."""
    edges = [edge.at("node") for edge in node.all(f"{path}.edges")]
    return [*node.all(f"{path}.nodes"), *(one for one in edges if one is not None)]


def _article(one: Node) -> dict[str, Any]:
    return item(
        external_id=number(one.ident("id")),
        sku=one.text("sku"),
        title=one.text("name") or one.text("title"),
        quantity=one.get("quantity"),
        unit_price=_money(one, "originalUnitPriceSet.shopMoney.amount"),
    )


def _package(one: Node) -> dict[str, Any]:
    tracking = next(iter(one.all("trackingInfo")), None)
    return item(
        external_id=_id(one),
        confirmed_at=one.moment("createdAt"),
        first_scan_at=one.moment("inTransitAt"),
        delivered_at=one.moment("deliveredAt"),
        status=one.text("displayStatus"),
        carrier=tracking.text("company") if tracking else None,
        tracking_number=tracking.text("number") if tracking else None,
    )


def _void(one: Node, *paths: str) -> bool:
    return any((one.text(path) or "").upper() in VOID for path in paths)


def _money(node: Node, path: str) -> str | None:
    found = node.get(path)
    if found is None or found == "":
        return None
    return plain_number(str(found), path, decimal_comma=False)


def refused(node: Node, context: Context) -> Iterator[Record]:
    """What an answer without a list of orders is: a refusal, which comes like any other answer."""
    for error in node.all("errors"):
        raise Problem(
            ErrorCode.UNKNOWN_FORMAT,
            Sentence("Shopify answered: %(answer)s", answer=str(error.text("message"))[:180]),
            "errors",
        )
    if node.get("id") is None:
        raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("holds no orders"))
    yield from listed_orders(node, context)


# --- Notices ---------------------------------------------------------------------------------------------------------


def notices(node: Node, context: Context) -> Iterator[Record]:
    """What one notice tells, known by its fields: of a dispute, a parcel's way, a refund, or an order."""
    if node.has("initiated_at"):
        yield _dispute(node)
    elif node.has("happened_at"):
        yield from _parcel_news(node)
    elif node.has("refund_line_items") or node.has("transactions"):
        yield _refund(node)
    else:
        yield _order(node, context)


def _order(order: Node, context: Context) -> Record:
    cancelled_at, reason = order.moment("cancelled_at"), order.text("cancel_reason")
    mail = order.text("email") or order.text("contact_email") or order.text("customer.email")
    return record(
        "order",
        _id(order),
        source_updated_at=order.moment("updated_at"),
        placed_at=order.moment("created_at"),
        status=_status(order, "fulfillment_status", cancelled_at),
        fulfilled_by="merchant",
        cancelled_at=cancelled_at,
        cancelled_by=CANCELLED_BY.get(reason.upper(), "unknown") if reason else None,
        cancel_reason=reason,
        currency=order.text("currency"),
        total_amount=_money(order, "current_total_price" if order.has("current_total_price") else "total_price"),
        refunded_amount=str(sum((_refunded(one) for one in order.all("refunds")), Decimal(0)))
        if order.has("refunds")
        else None,
        refunded_at=max(filter(None, (_refunded_at(one) for one in order.all("refunds"))), key=instant, default=None),
        name=order.text("name"),
        is_test=order.flag("test"),
        buyer_key=_buyer(mail, order.ident("customer.id"), context),
        items=[
            item(
                external_id=one.ident("id"),
                sku=one.text("sku"),
                title=one.text("name") or one.text("title"),
                quantity=one.get("quantity"),
                unit_price=_money(one, "price"),
            )
            for one in order.all("line_items")
        ]
        or None,
        shipments=[
            item(
                external_id=_id(one),
                confirmed_at=one.moment("created_at"),
                status=(one.text("shipment_status") or "").upper() or None,
                delivered_seen_at=one.moment("updated_at") if one.text("shipment_status") == "delivered" else None,
                carrier=one.text("tracking_company"),
                tracking_number=one.text("tracking_number"),
            )
            for one in order.all("fulfillments")
            if not _void(one, "status")
        ]
        if order.has("fulfillments")
        else None,
    )


def _refunded(refund: Node) -> Decimal:
    """What a refund gave back: its transactions that succeeded."""
    return sum(
        (
            Decimal(_money(one, "amount") or 0)
            for one in refund.all("transactions")
            if one.text("kind") == "refund" and one.text("status") == "success"
        ),
        Decimal(0),
    )


def _refund(refund: Node) -> Record:
    """Money went back; how much of the order in all, the order's own notice says."""
    return record(
        "order",
        refund.needed("order_id"),
        source_updated_at=refund.moment("created_at"),
        partial=True,
        refunded_at=_refunded_at(refund),
    )


def _refunded_at(refund: Node) -> str | None:
    return refund.moment("processed_at") or refund.moment("created_at")


def _parcel_news(event: Node) -> Iterator[Record]:
    """Where a parcel was and when; other news of it is no fact that counts."""
    happened_at, status = event.moment("happened_at"), (event.text("status") or "").lower()
    seen = {"delivered": "delivered_at", "in_transit": "first_scan_at", "attempted_delivery": "attempted_at"}.get(
        status
    )
    if seen is not None:
        yield record(
            "order",
            event.needed("order_id"),
            source_updated_at=event.moment("updated_at"),
            partial=True,
            packages=[item(external_id=event.needed("fulfillment_id"), **{seen: happened_at})],
        )


def _dispute(dispute: Node) -> Record:
    initiated_at, finalized_at = dispute.moment("initiated_at"), _moment(dispute, "finalized_on")
    return record(
        "chargeback",
        _id(dispute),
        source_updated_at=finalized_at or _moment(dispute, "evidence_sent_on") or initiated_at,
        order_external_id=dispute.ident("order_id"),
        kind=(dispute.text("type") or "chargeback").lower(),
        reason=dispute.text("reason"),
        network_reason_code=dispute.ident("network_reason_code"),
        initiated_at=initiated_at,
        status=dispute.word("status", DISPUTES),
        amount=_money(dispute, "amount"),
        currency=dispute.text("currency"),
        evidence_due_at=dispute.moment("evidence_due_by"),
        finalized_at=finalized_at,
    )


def _moment(node: Node, path: str) -> str | None:
    """A time where the field may hold a mere date, of which no time is made."""
    return node.moment(path) if "T" in (node.text(path) or "") else None


GRAPHQL = Pages(
    source="shopify.graphql",
    title=_("Shopify: answers of its interface"),
    needs=frozenset({"data", "orders", "pageInfo"}),
    either=(
        frozenset({"createdAt", "displayFulfillmentStatus", "displayFinancialStatus"}),
        frozenset({"errors", "extensions", "throttleStatus"}),
    ),
    lists={"nodes": listed_orders, "edges": listed_orders},
    through=frozenset({"data", "orders"}),
    whole=refused,
    system=SYSTEM,
)
WEBHOOK = Pages(
    source="shopify.webhook",
    title=_("Shopify: notices"),
    needs=frozenset({"line_items", "fulfillment_status", "financial_status"}),
    either=(
        frozenset({"initiated_at", "evidence_due_by", "network_reason_code"}),
        frozenset({"fulfillment_id", "happened_at", "order_id"}),
        frozenset({"refund_line_items", "transactions", "order_id"}),
    ),
    lists={},
    whole=notices,
    system=SYSTEM,
)
