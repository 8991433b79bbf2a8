"""Shopify's pages of orders and its notices, and what they make of the same order together."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from intake.contexts import context_for
from intake.models import RejectedRow
from intake.retry import retry
from orders.models import Chargeback, Order
from sellers.models import SellerAccount
from tests.desk import contents, counts, one, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db

LAMP = "820982911946154500"  # order #1001
PAGE, ORDER, PARCEL, REFUND, DISPUTE, EXPORT = (
    "shopify/graphql_orders_page1.json", "shopify/webhook_orders_updated.json",
    "shopify/webhook_fulfillment_events_create.json", "shopify/webhook_refunds_create.json",
    "shopify/webhook_disputes_create.json", "shopify/orders_export.csv",
)  # fmt: skip


@pytest.fixture
def account() -> SellerAccount:
    return make_account("acme-shop", time_zone="America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_page_of_orders(account: SellerAccount) -> None:
    run = take_in(account, sample(PAGE))
    assert (run.source, counts(run), run.warnings) == ("shopify.graphql", (1, 1, 0, 0, 0, 0), {})
    wanted = ("placed_at", "status", "currency", "total_amount", "refunded_amount", "name", "is_test", "cancelled_by")
    assert one(Order, LAMP, *wanted) == {
        "placed_at": at("2026-11-01 05:30"), "status": "shipped", "currency": "USD", "total_amount": Decimal("109.98"),
        "refunded_amount": 0, "name": "#1001", "is_test": False, "cancelled_by": "",
    }  # fmt: skip
    order = Order.objects.get()
    assert order.items == [
        {"external_id": "866550311766439000", "sku": "LAMP-BLK", "title": "Desk lamp - black", "quantity": 2}
    ]
    package = order.shipments.get()
    assert (package.external_id, package.confirmed_at, package.first_scan_at, package.delivered_at) == (
        "255858046", at("2026-11-02 14:15"), at("2026-11-03 08:00"), None,
    )  # fmt: skip
    assert (package.carrier, package.tracking_number, package.status) == ("UPS", "1Z999AA10123456784", "IN_TRANSIT")


def test_a_notice_of_an_order_says_the_same_as_the_page(account: SellerAccount) -> None:
    take_in(account, sample(PAGE))
    context = context_for(account, at("2026-11-21 00:00"))
    run = take_in(account, sample(ORDER))
    # Both of 3 November 15:00 UTC: the notice adds who bought and the price of the article.
    assert (run.source, counts(run)) == ("shopify.webhook", (1, 0, 1, 0, 0, 0))
    order = Order.objects.get()
    assert (order.buyer_key, order.status) == (context.pseudonym("shopify", "115310627314723950"), "shipped")
    assert order.shipments.get().tracking_number == "1Z999AA10123456784"


def test_news_of_a_parcel_waits_for_its_order(account: SellerAccount) -> None:
    run = take_in(account, sample(PARCEL))
    assert (run.source, counts(run)[0], Order.objects.count()) == ("shopify.webhook", 1, 0)
    take_in(account, sample(PAGE))
    package = Order.objects.get().shipments.get()
    # 14:02 in New York's winter.
    assert (package.delivered_at, package.confirmed_at) == (at("2026-11-05 19:02"), at("2026-11-02 14:15"))


def test_a_refund_says_when_and_leaves_the_total_to_the_order(account: SellerAccount) -> None:
    take_in(account, sample(PAGE))
    take_in(account, sample(REFUND))
    order = Order.objects.get()
    assert (order.refunded_at, order.refunded_amount) == (at("2026-11-10 16:00"), 0)
    refunded = {**json.loads(sample(ORDER)), "refunds": [json.loads(sample(REFUND))], "updated_at": "2026-11-10T16:01Z"}
    take_in(account, json.dumps(refunded).encode())
    assert one(Order, LAMP, "refunded_amount") == {"refunded_amount": Decimal("49.99")}


def test_a_dispute_is_a_chargeback(account: SellerAccount) -> None:
    run = take_in(account, sample(DISPUTE))
    assert (run.source, counts(run), run.warnings) == ("shopify.webhook", (1, 1, 0, 0, 0, 0), {})
    wanted = (
        "order_external_id", "kind", "reason", "network_reason_code", "initiated_at", "status", "amount", "currency",
        "evidence_due_at", "finalized_at",
    )  # fmt: skip
    assert one(Chargeback, "285332461850802050", *wanted) == {
        "order_external_id": LAMP, "kind": "chargeback", "reason": "product_not_received",
        "network_reason_code": "4855", "initiated_at": at("2026-11-18 14:00"), "status": "needs_response",
        "amount": Decimal("109.98"), "currency": "USD", "evidence_due_at": at("2026-12-02 00:00"),
        "finalized_at": None,
    }  # fmt: skip


def test_a_refusal_is_no_page_of_orders(account: SellerAccount) -> None:
    run = take_in(account, sample("shopify/graphql_throttled.json"))
    assert (run.source, problems(run)) == ("shopify.graphql", [("/", "errors", "unknown_format")])
    assert RejectedRow.objects.get().message == "Shopify answered: Throttled"


def test_whatever_comes_first_the_order_is_the_same(account: SellerAccount) -> None:
    """Export, page and notices, every fourth of their 120 orders."""
    orders = itertools.islice(itertools.permutations((EXPORT, PAGE, ORDER, PARCEL, REFUND)), 0, None, 4)
    found = contents(account, orders, apart=timedelta(hours=1))
    assert len(found) == 30
    assert all(each == found[0] for each in found)
    (package,) = (row for row in found[0]["Shipment"] if row["order"] == LAMP)
    assert (package["tracking_number"], package["delivered_at"]) == ("1Z999AA10123456784", at("2026-11-05 19:02"))


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ("id", None, "id", "missing_required"),
        ("displayFulfillmentStatus", "TELEPORTED", "displayFulfillmentStatus", "bad_enum"),
        ("createdAt", "yesterday", "createdAt", "bad_timestamp"),
        ("currentTotalPriceSet", {"shopMoney": {"amount": "much"}}, "currentTotalPriceSet.shopMoney.amount",
         "bad_number"),
        ("fulfillments", [1], "fulfillments", "unknown_format"),
        ("lineItems", "none", "lineItems.edges", "unknown_format"),
    ],
)  # fmt: skip
def test_a_bad_order_is_named_by_its_place(
    account: SellerAccount, path: str, value: Any, field: str, code: str
) -> None:
    page = json.loads(sample(PAGE))
    good = page["data"]["orders"]["nodes"][0]
    page["data"]["orders"]["nodes"] = [{**good, "id": "gid://shopify/Order/1"}, {**good, path: value}]
    run = take_in(account, json.dumps(page).encode())
    assert (counts(run)[1], problems(run)) == (1, [("/data/orders/nodes/1", field, code)])


def test_a_repaired_order_goes_in(account: SellerAccount) -> None:
    take_in(account, sample(PAGE).replace(b'"FULFILLED"', b'"FULFILED"'))
    rejected = RejectedRow.objects.get()
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=rejected.row_text.replace("FULFILED", "OPEN"))
    assert Order.objects.get().status == "unshipped"


def test_orders_at_the_ends_of_edges_are_read_too(account: SellerAccount) -> None:
    page = json.loads(sample(PAGE))
    orders = page["data"]["orders"]
    orders["edges"] = [{"cursor": "a", "node": node} for node in orders.pop("nodes")]
    assert counts(take_in(account, json.dumps(page).encode())) == (1, 1, 0, 0, 0, 0)


def test_a_bulk_file_of_orders_has_one_on_each_line(account: SellerAccount) -> None:
    order = json.loads(sample(PAGE))["data"]["orders"]["nodes"][0]
    lines = [json.dumps({**order, "id": f"gid://shopify/Order/{number}"}) for number in range(3)]
    run = take_in(account, "\n".join([*lines, '{"id": "gid']).encode())
    assert (run.source, counts(run)[1], problems(run)) == ("shopify.graphql", 3, [("line 4", "", "unknown_format")])
