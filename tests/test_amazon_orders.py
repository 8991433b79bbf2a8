"""Amazon's order files: what each says, and what it leaves open."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from intake.contexts import context_for
from intake.models import RejectedRow
from intake.readers import recognise
from intake.retry import retry
from orders.models import CancellationVerdict, Order, ShipmentVerdict, Standing
from sellers.models import SellerAccount
from tests.amazon import american, counts, one, problems, sample, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> SellerAccount:
    return american()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- All orders ------------------------------------------------------------------------------------------------------


def test_the_articles_of_an_order_are_one_order(account: SellerAccount) -> None:
    run = take_in(account, "all_orders_by_last_update.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.all_orders", (3, 3, 0, 0, 0, 0), {})
    shipped = Order.objects.get(external_id="111-1111111-1111111")
    assert (shipped.placed_at, shipped.status, shipped.fulfilled_by) == (
        at("2026-11-02 17:05:12"), "shipped", "merchant",
    )  # fmt: skip
    # 34.99 + 19.98; the taxes of 2.89 and 1.65 are not added.
    assert (shipped.currency, shipped.total_amount, shipped.sales_channel) == ("USD", Decimal("54.97"), "Amazon.com")
    assert (shipped.is_business, shipped.system) == (False, "amazon")
    assert shipped.items == [
        {"sku": "LAMP-BLK", "asin": "B0TEST0001", "title": "Desk lamp, black", "quantity": 1},
        {"sku": "BULB-2", "asin": "B0TEST0002", "title": "LED bulb E26, 2-pack", "quantity": 2},
    ]
    assert shipped.extra == {"ship-country": "US", "ship-service-level": "Standard"}


def test_what_the_file_does_not_say_stays_unknown(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    shipped = Order.objects.get(external_id="111-1111111-1111111")
    cancelled = Order.objects.get(external_id="112-2222222-2222222")
    pending = Order.objects.get(external_id="113-3333333-3333333")
    assert (shipped.ship_by_at, shipped.confirmed_at, shipped.shipment) == (None, None, ShipmentVerdict.UNKNOWN)
    assert (cancelled.cancelled_by, cancelled.cancellation) == ("", CancellationVerdict.UNKNOWN)
    assert (cancelled.total_amount, cancelled.currency) == (None, "USD")
    assert (pending.standing, pending.fulfilled_by, pending.total_amount) == (Standing.PENDING, "marketplace", None)


def test_the_newer_update_stands_whichever_file_comes_first(account: SellerAccount) -> None:
    newer = sample("all_orders_by_last_update.tsv")
    older = newer.replace(b"2026-11-04T09:11:40", b"2026-11-03T00:00:00").replace(b"Shipped", b"Unshipped")
    take_in(account, newer)
    # The lines of 112- and 113- are the same again; of 111- the file is older.
    assert counts(take_in(account, older)) == (3, 0, 0, 2, 1, 0)
    assert Order.objects.get(external_id="111-1111111-1111111").status == "shipped"


def rows(*values: dict[str, str], header: str = "", delimiter: str = "\t") -> bytes:
    """An all-orders file in which only a few columns matter."""
    usual = {
        "amazon-order-id": "111-0000000-0000001", "purchase-date": "2026-11-02T17:05:12+00:00",
        "last-updated-date": "2026-11-04T09:11:40+00:00", "order-status": "Shipped", "fulfillment-channel": "Merchant",
        "sales-channel": "Amazon.de", "sku": "A", "asin": "B0", "quantity": "1", "currency": "EUR", "item-price": "9",
    }  # fmt: skip
    names = list(dict.fromkeys([*usual, *(name for one in values for name in one)]))
    lines = [names, *([{**usual, **one}.get(name, "") for name in names] for one in values)]
    return "\r\n".join(delimiter.join(line) for line in lines).encode()


def test_the_rows_of_an_order_are_one_order_even_where_they_stand_apart(account: SellerAccount) -> None:
    other = {"amazon-order-id": "111-0000000-0000002"}
    run = take_in(account, rows({"sku": "A"}, other, {"sku": "B"}))
    assert counts(run) == (2, 2, 0, 0, 0, 0)
    assert [each["sku"] for each in one(Order, "111-0000000-0000001", "items")["items"]] == ["A", "B"]


@pytest.mark.parametrize(
    ("column", "written", "name", "stored"),
    [
        ("order-status", "Canceled", "status", "cancelled"),
        ("order-status", "Shipping", "status", "unshipped"),
        ("order-status", "Shipped - Delivered to Buyer", "status", "shipped"),
        ("order-status", "PartiallyShipped", "status", "partially_shipped"),
        ("item-price", "1.234,56", "total_amount", Decimal("1234.56")),
        ("item-price", "34,99", "total_amount", Decimal("34.99")),
        ("shipping-price", "4,99", "total_amount", Decimal("13.99")),  # 9 + 4.99
        ("item-promotion-discount", "2.50", "total_amount", Decimal("6.50")),  # 9 - 2.50
        ("is-business-order", "true", "is_business", True),
        ("is-replacement-order", "true", "is_replacement", True),
        ("is-buyer-requested-cancellation", "true", "buyer_asked_to_cancel", True),
        ("purchase-date", "2026-11-02T09:05:12-08:00", "placed_at", at("2026-11-02 17:05:12")),
    ],
)
def test_what_a_cell_says(account: SellerAccount, column: str, written: str, name: str, stored: Any) -> None:
    take_in(account, rows({column: written}))
    assert one(Order, "111-0000000-0000001", name) == {name: stored}


def test_orders_sold_elsewhere_are_kept_and_counted_nowhere(account: SellerAccount) -> None:
    take_in(account, rows({"sales-channel": "Non-Amazon"}))
    order = Order.objects.get()
    assert (order.sales_channel, order.standing) == ("Non-Amazon", Standing.OTHER_CHANNEL)


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("amazon-order-id", "", "missing_required"),
        ("amazon-order-id", "1.11E+16", "bad_number"),
        ("purchase-date", "yesterday", "bad_timestamp"),
        ("last-updated-date", "2026-13-01T00:00:00+00:00", "bad_timestamp"),
        ("order-status", "On the moon", "bad_enum"),
        ("order-status", "", "missing_required"),
        ("quantity", "two", "bad_number"),
        ("quantity", "1.5", "bad_number"),
        ("item-price", "9.9.9", "bad_number"),
        ("is-business-order", "perhaps", "bad_enum"),
    ],
)
def test_a_bad_row_is_named_by_line_field_and_reason_and_the_others_go_in(
    account: SellerAccount, column: str, written: str, code: str
) -> None:
    others = [{"amazon-order-id": f"111-0000000-000000{number}"} for number in (2, 3)]
    run = take_in(account, rows(others[0], {column: written}, others[1]))
    assert (counts(run)[1], problems(run)) == (2, [("line 3", column, code)])


def test_a_repaired_row_goes_in(account: SellerAccount) -> None:
    take_in(account, rows({"order-status": "Shiped", "sku": "A"}, {"order-status": "Shiped", "sku": "B"}))
    rejected = RejectedRow.objects.get()
    assert rejected.pointer == "lines 2-3"
    retry(rejected.pk, user=None, now=at("2026-11-22 00:00"), fixed_text=rejected.row_text.replace("Shiped", "Shipped"))
    order = Order.objects.get()
    assert (order.status, [each["sku"] for each in order.items]) == ("shipped", ["A", "B"])


def test_every_trap_of_a_file_at_once(account: SellerAccount) -> None:
    """Byte order mark, a quote that opens nothing, Windows' line ends, a column nobody knows, an empty line."""
    content = rows(
        {"product-name": '"Lamp, black', "a-new-column": "x", "order-status": "Canceled"},
        {"amazon-order-id": "111-0000000-0000002", "buyer-phone-2": "555 0100"},
    )
    run = take_in(account, b"\xef\xbb\xbf" + content + b"\r\n\r\n")
    # Both unknown columns are warned of, once in a file; what may be about a person is not kept.
    assert (counts(run), run.warnings) == ((2, 2, 0, 0, 0, 0), {"unknown_column": 2})
    first, second = Order.objects.order_by("external_id")
    assert (first.status, first.items[0]["title"], first.extra) == ("cancelled", '"Lamp, black', {"a-new-column": "x"})
    assert second.extra == {}


def test_a_quoted_file_and_one_with_commas_are_the_same_file(account: SellerAccount) -> None:
    take_in(account, rows({}))
    quoted = rows({}).decode().replace("\t", '"\t"').replace("\r\n", '"\r\n"')
    for content in (f'"{quoted}"'.encode(), rows({}, delimiter=",")):
        assert counts(take_in(account, content)) == (1, 0, 0, 1, 0, 0)


# --- Orders to be shipped --------------------------------------------------------------------------------------------


def test_the_order_report_brings_promises_and_requests_to_cancel(account: SellerAccount) -> None:
    run = take_in(account, "order_report.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.order_report", (3, 3, 0, 0, 0, 0), {})
    wanted = ("placed_at", "status", "fulfilled_by", "ship_by_at", "deliver_by_at", "buyer_asked_to_cancel")
    assert one(Order, "999-1000002-2000002", *wanted) == {
        "placed_at": at("2024-05-06 19:30:02"), "status": "unshipped", "fulfilled_by": "merchant",
        "ship_by_at": at("2024-05-09 06:59:59"), "deliver_by_at": at("2024-05-15 06:59:59"),
        "buyer_asked_to_cancel": True,
    }  # fmt: skip
    business = Order.objects.get(external_id="999-1000005-2000005")
    assert (business.is_business, business.buyer_asked_to_cancel) == (True, False)
    assert business.items == [{"external_id": "10000000000055", "sku": "LBX-2", "quantity": 2}]


def test_the_order_report_says_nothing_of_what_happened_later(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_order_date.tsv", at("2026-11-20 00:00"))
    assert counts(take_in(account, "order_report.tsv")) == (3, 1, 0, 0, 2, 0)
    order = Order.objects.get(external_id="999-1000001-2000001")
    assert (order.status, order.ship_by_at) == ("shipped", at("2024-05-09 06:59:59"))


def test_a_buyer_is_known_again_by_nothing_but_a_keyed_hash(account: SellerAccount) -> None:
    take_in(account, "order_report.tsv")
    order = Order.objects.get(external_id="999-1000001-2000001")
    context = context_for(account, at("2026-11-21 00:00"))
    assert order.buyer_key == context.pseudonym("K3X9sample01@marketplace.amazon.com")
    assert "sample01" not in repr(Order.objects.values())


def test_unshipped_orders_bring_the_day_they_were_promised_for(account: SellerAccount) -> None:
    run = take_in(account, "unshipped.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.unshipped", (3, 3, 0, 0, 0, 0), {})
    late = Order.objects.get(external_id="999-1000006-2000006")
    assert (late.status, late.ship_by_at, late.shipment) == (
        "unshipped", at("2024-05-08 06:59:59"), ShipmentVerdict.OVERDUE,
    )  # fmt: skip
    assert late.items == [
        {
            "external_id": "10000000000066", "sku": "BTL-750", "title": "Steel Bottle 750 ml", "quantity": 1,
            "quantity_shipped": 0,
        }
    ]  # fmt: skip
    assert Order.objects.get(external_id="999-1000007-2000007").buyer_asked_to_cancel is True
    assert not any(word in repr(Order.objects.values()) for word in ("Kim", "Robin", "Boise", "83702"))


def test_a_request_in_the_account_protects_the_seller_though_nobody_says_when_it_came(account: SellerAccount) -> None:
    take_in(account, rows({"order-status": "Cancelled", "is-buyer-requested-cancellation": "true"}))
    assert Order.objects.get().cancellation == CancellationVerdict.UNKNOWN
    said = {"type": "order", "system": "amazon", "external_id": "111-0000000-0000001", "cancelled_by": "seller",
            "placed_at": "2026-11-02T17:05:12Z", "status": "cancelled"}  # fmt: skip
    take_in(account, json.dumps(said).encode())
    assert Order.objects.get().cancellation == CancellationVerdict.BUYER


def test_each_file_is_recognised_by_its_header(account: SellerAccount) -> None:
    context = context_for(account, at("2026-11-21 00:00"))
    expected = {
        "all_orders_by_last_update.tsv": "amazon.all_orders", "all_orders_by_order_date.tsv": "amazon.all_orders",
        "order_report.tsv": "amazon.order_report", "unshipped.tsv": "amazon.unshipped",
        "returns_by_return_date.tsv": "amazon.returns_mfn", "returns_mfn.tsv": "amazon.returns_mfn",
        "fba_customer_returns.tsv": "amazon.returns_fba", "returns_fba.tsv": "amazon.returns_fba",
        "seller_feedback_us.tsv": "amazon.seller_feedback", "seller_feedback_de.tsv": "amazon.seller_feedback",
        "seller_feedback.tsv": "amazon.seller_feedback",
    }  # fmt: skip
    assert {name: recognise(io.BytesIO(sample(name)), context) for name in expected} == expected
