"""Pages of Amazon's interfaces: orders with their packages, and money that moved."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from intake.models import RejectedRow
from intake.retry import retry
from orders.models import CancellationVerdict, Chargeback, Claim, Order, ShipmentVerdict
from sellers.models import SellerAccount
from tests.amazon import american, counts, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db
PAGES = ("orders_2026-01-01_page1.json", "orders_2026-01-01_page2.json")


@pytest.fixture
def account() -> SellerAccount:
    return american()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def order(external_id: str) -> Order:
    return Order.objects.get(external_id=external_id)


def test_an_order_brings_its_promises_and_its_packages(account: SellerAccount) -> None:
    for page in PAGES:
        run = take_in(account, page)
        assert (run.source, counts(run), run.warnings) == ("amazon.orders_api", (2, 2, 0, 0, 0, 0), {})
    shipped = order("111-1111111-1111111")
    assert (shipped.placed_at, shipped.status, shipped.fulfilled_by) == (
        at("2026-11-02 17:05:12"),
        "shipped",
        "merchant",
    )
    assert (shipped.ship_by_at, shipped.deliver_by_at) == (at("2026-11-05 07:59:59"), at("2026-11-12 07:59:59"))
    assert (shipped.currency, shipped.total_amount) == ("USD", Decimal("54.97"))
    assert (shipped.marketplace_id, shipped.sales_channel) == ("ATVPDKIKX0DER", "Amazon.com")
    assert (shipped.is_business, shipped.is_replacement, shipped.buyer_key) == (False, False, "")
    assert shipped.items[0] == {
        "external_id": "10000000000001", "sku": "LAMP-BLK", "asin": "B0TEST0001", "title": "Desk lamp, black",
        "quantity": 1, "quantity_shipped": 1, "unit_price": "34.990",
    }  # fmt: skip
    package = shipped.shipments.get()
    assert (package.external_id, package.confirmed_at, package.shipped_at) == (
        "1", at("2026-11-04 09:10"), at("2026-11-04 09:10"),
    )  # fmt: skip
    assert (package.carrier, package.service, package.tracking_number, package.status) == (
        "UPS", "UPS Ground", "1Z999AA10123456784", "DELIVERED",
    )  # fmt: skip
    assert [(one["external_id"], one["quantity"]) for one in package.items] == [
        ("10000000000001", 1), ("10000000000002", 2),
    ]  # fmt: skip
    # Confirmed 4 November 09:10, due 5 November 07:59:59.
    assert (shipped.shipment, package.delivered_at) == (ShipmentVerdict.ON_TIME, None)


def test_who_cancelled_decides(account: SellerAccount) -> None:
    for page in PAGES:
        take_in(account, page)
    by_buyer, by_seller = order("112-2222222-2222222"), order("118-8888888-8888888")
    assert (by_buyer.cancelled_by, by_buyer.cancel_reason, by_buyer.buyer_asked_to_cancel) == (
        "buyer", "CUSTOMER_REQUESTED", True,
    )  # fmt: skip
    assert by_buyer.cancellation == CancellationVerdict.BUYER
    assert (by_seller.cancelled_by, by_seller.cancel_reason, by_seller.buyer_asked_to_cancel) == (
        "seller", "NO_INVENTORY", None,
    )  # fmt: skip
    assert by_seller.cancellation == CancellationVerdict.SELLER
    partly = order("119-9999999-9999999")
    assert (partly.status, partly.shipments.get().tracking_number) == ("partially_shipped", "")


def test_a_delivery_is_known_from_the_first_time_it_was_seen(account: SellerAccount) -> None:
    """Delivered by 12 November 07:59:59; the page was read on the 10th, and again, with another change, on the 20th."""
    first = sample(PAGES[0])
    later = first.replace(b"2026-11-09T15:20:00Z", b"2026-11-19T08:00:00Z")
    take_in(account, later, at("2026-11-20 00:00"))
    take_in(account, first, at("2026-11-10 00:00"))
    assert order("111-1111111-1111111").shipments.get().delivered_seen_at == at("2026-11-10 00:00")


def test_buyers_and_addresses_leave_no_trace() -> None:
    account = make_account("acme-uk", marketplace="UK", time_zone="Europe/London")
    run = take_in(account, "official/orders_2026-01-01_sandbox_uk.json")
    assert counts(run) == (1, 1, 0, 0, 0, 0)
    row = order("202-7654321-1098765")
    assert (row.status, len(row.buyer_key)) == ("shipped", 32)
    kept = repr([Order.objects.values(), list(row.shipments.values())])
    assert not any(word in kept for word in ("Sarah", "Thompson", "Oak Avenue", "SW1A", "7946", "buyer-email"))


def page(**values: Any) -> bytes:
    usual: dict[str, Any] = {
        "orderId": "111-0000000-0000001", "createdTime": "2026-11-02T10:00:00Z",
        "lastUpdatedTime": "2026-11-03T10:00:00Z",
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
    }  # fmt: skip
    return json.dumps({"orders": [{**usual, **values}]}).encode()


def test_what_else_an_order_says(account: SellerAccount) -> None:
    take_in(
        account,
        page(
            programs=["AMAZON_BUSINESS"],
            salesChannel={"channelName": "NON_AMAZON"},
            associatedOrders=[{"orderId": "111-0000000-0000009", "associationType": "REPLACEMENT_ORIGINAL_ID"}],
        ),
    )
    row = order("111-0000000-0000001")
    assert (row.is_business, row.sales_channel, row.is_replacement) == (True, "Non-Amazon", True)


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"orderId": None}, "orderId", "missing_required"),
        ({"orderId": 7}, "orderId", "unknown_format"),
        ({"createdTime": "yesterday"}, "createdTime", "bad_timestamp"),
        ({"createdTime": None}, "placed_at", "missing_required"),
        ({"fulfillment": {"fulfillmentStatus": "LOST"}}, "fulfillment.fulfillmentStatus", "bad_enum"),
        ({"fulfillment": []}, "fulfillment.fulfillmentStatus", "unknown_format"),
        ({"orderItems": {"a": 1}}, "orderItems", "unknown_format"),
        ({"orderItems": [{"quantityOrdered": "two"}]}, "items.quantity", "bad_number"),
        ({"packages": [{"packageStatus": {}}]}, "packageReferenceId", "missing_required"),
    ],
)
def test_a_bad_order_is_named_by_place_field_and_reason(
    account: SellerAccount, values: dict[str, Any], field: str, code: str
) -> None:
    run = take_in(account, page(**values), format="amazon.orders_api")
    assert (counts(run), problems(run)) == ((1, 0, 0, 0, 0, 1), [("/orders/0", field, code)])


def test_a_bad_order_costs_no_other_one_and_can_be_repaired(account: SellerAccount) -> None:
    run = take_in(account, sample(PAGES[0]).replace(b'"SHIPPED"', b'"SHIPED"'))
    assert counts(run) == (2, 1, 0, 0, 0, 1)
    rejected = RejectedRow.objects.get()
    fixed = rejected.row_text.replace("SHIPED", "SHIPPED")
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=fixed)
    assert order("111-1111111-1111111").shipments.count() == 1


def test_several_pages_may_stand_in_one_file(account: SellerAccount) -> None:
    run = take_in(account, b"\n".join(sample(page) for page in PAGES))
    assert (run.source, counts(run)) == ("amazon.orders_api", (4, 4, 0, 0, 0, 0))


# --- Financial events ------------------------------------------------------------------------------------------------


def test_money_taken_for_a_claim_means_that_it_was_granted(account: SellerAccount) -> None:
    take_in(account, "returns_by_return_date.tsv")  # which opens the claim
    run = take_in(account, "financial_events_v0.json")
    assert (run.source, counts(run), run.warnings) == ("amazon.finances", (2, 1, 0, 0, 1, 0), {})
    claim = Claim.objects.get()
    assert (claim.external_id, claim.status, claim.decided_at) == (
        "a2z:114-4444444-4444444", "granted", at("2026-11-14 21:03:11"),
    )  # fmt: skip
    assert (claim.amount, claim.currency) == (Decimal("39.99"), "USD")


def test_a_chargeback_is_known_by_its_order_and_the_time_it_was_posted(account: SellerAccount) -> None:
    take_in(account, "financial_events_v0.json")
    row = Chargeback.objects.get()
    assert (row.external_id, row.order_external_id) == (
        "cb:120-1010101-1010101:2026-11-15T03:30:00Z", "120-1010101-1010101",
    )  # fmt: skip
    assert (row.initiated_at, row.amount, row.currency) == (at("2026-11-15 03:30"), Decimal("34.99"), "USD")


def refund(*moments: str) -> bytes:
    events = [
        {"AmazonOrderId": "111-1111111-1111111", "PostedDate": moment, "ShipmentItemAdjustmentList": [
            {"ItemChargeAdjustmentList": [{"ChargeAmount": {"CurrencyCode": "USD", "CurrencyAmount": -5}}]}]}
        for moment in moments
    ]  # fmt: skip
    return json.dumps({"payload": {"FinancialEvents": {"RefundEventList": events}}}).encode()


@pytest.mark.parametrize("order_first", [True, False])
def test_refunds_make_an_order_a_refunded_one_whichever_comes_first(account: SellerAccount, order_first: bool) -> None:
    files: list[bytes | str] = [PAGES[0], refund("2026-11-10T10:00:00Z", "2026-11-12T10:00:00Z")]
    for content in files if order_first else reversed(files):
        take_in(account, content)
    row = order("111-1111111-1111111")
    assert (row.refunded, row.refunded_at, row.refunded_amount) == (True, at("2026-11-12 10:00"), None)
    assert order("112-2222222-2222222").refunded is False


def test_a_refund_of_an_order_that_nobody_reports_waits_for_it(account: SellerAccount) -> None:
    assert counts(take_in(account, refund("2026-11-10T10:00:00Z"))) == (1, 1, 0, 0, 0, 0)
    assert not Order.objects.exists()
