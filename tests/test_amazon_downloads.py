"""Files about the packages and defects of orders that another file reports."""

from datetime import UTC, datetime

import pytest

from intake.models import DeleteNotice
from orders.models import CancellationVerdict, Claim, Delivery, Order, Shipment, ShipmentVerdict, Tracking
from sellers.models import SellerAccount
from tests.amazon import NOW, american, counts, problems, sample, take_in
from tests.test_reports import workbook

pytestmark = pytest.mark.django_db
PAGE = "orders_2026-01-01_page1.json"
ORDER = "111-1111111-1111111"


@pytest.fixture
def account() -> SellerAccount:
    return american()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows]).encode()


# --- Shipping confirmation -------------------------------------------------------------------------------------------


def confirmation(ship_date: str, number: str = "1Z999AA10123456784") -> bytes:
    header, *_rows = sample("shipping_confirmation.tsv").decode().splitlines()
    return table(header, f"{ORDER}\t10000000000001\t1\t{ship_date}\tUPS\t\t{number}\tGround")


def test_the_packages_of_an_order_stand_side_by_side(account: SellerAccount) -> None:
    take_in(account, "order_report.tsv")
    run = take_in(account, "shipping_confirmation.tsv")
    # Both rows of 999-1000005-2000005 are one order, whose packages they add.
    assert (run.source, counts(run), run.warnings) == ("amazon.shipping_confirmation", (2, 0, 2, 0, 0, 0), {})
    own, ups = Shipment.objects.filter(order__external_id="999-1000005-2000005").order_by("-external_id")
    assert (own.external_id, own.carrier, own.carrier_typed, own.service) == (
        "RP-77-0001",
        "River Parcel",
        True,
        "Standard",
    )
    assert (ups.external_id, ups.tracking_number, ups.carrier, ups.carrier_typed) == (
        "1Z0000000000000001", "1Z0000000000000001", "UPS", False,
    )  # fmt: skip
    assert own.items == [{"external_id": "10000000000055", "quantity": 1}]
    usps = Shipment.objects.get(order__external_id="999-1000001-2000001")
    assert (usps.carrier, usps.service, usps.tracking_number) == ("USPS", "Ground Advantage", "9400100000000000000001")


def test_the_moment_of_the_upload_is_the_confirmation(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    take_in(account, confirmation("2026-11-04"), at("2026-11-05 01:10"))
    # 5 November 01:10 UTC is 4 November in Los Angeles. The same in another file of the next day confirms nothing anew.
    take_in(account, confirmation("2026-11-04") + b"\n\n", at("2026-11-06 00:00"))
    assert (
        Shipment.objects.get().confirmed_at
        == Order.objects.get(external_id=ORDER).confirmed_at
        == at("2026-11-05 01:10")
    )


def test_an_old_file_does_not_make_an_order_late(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    take_in(account, confirmation("2026-11-04"), at("2026-11-20 00:00"))
    assert Shipment.objects.get().confirmed_at is None


@pytest.mark.parametrize("page_first", [True, False])
def test_what_the_order_itself_says_of_its_confirmation_stands(account: SellerAccount, page_first: bool) -> None:
    files = [(sample(PAGE), NOW), (confirmation("2026-11-04"), at("2026-11-05 08:00"))]
    for content, moment in files if page_first else reversed(files):
        take_in(account, content, moment)
    order = Order.objects.get(external_id=ORDER)
    package = order.shipments.get()
    # Confirmed 4 November 09:10 by the order's own page; the upload came one second after it was due.
    assert (package.external_id, package.confirmed_at, order.shipment) == (
        "1", at("2026-11-04 09:10"), ShipmentVerdict.ON_TIME,
    )  # fmt: skip
    assert package.service == "UPS Ground"


def test_a_package_without_a_number_is_known_by_its_ship_date(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    take_in(account, confirmation("2026-11-04", number=""))
    assert Shipment.objects.get().external_id == "2026-11-04"


@pytest.mark.parametrize(
    ("before", "after", "field", "code"),
    [
        ("2024-05-07", "07.05.24", "ship-date", "bad_timestamp"),
        ("2024-05-07", "", "ship-date", "missing_required"),
        ("999-1000001-2000001", "", "order-id", "missing_required"),
        ("\t1\t2024-05-07", "\tx\t2024-05-07", "quantity", "bad_number"),
        ("9400100000000000000001", "9.4001E+21", "tracking-number", "bad_number"),
    ],
)
def test_a_bad_confirmation_is_named_by_line_field_and_reason(
    account: SellerAccount, before: str, after: str, field: str, code: str
) -> None:
    run = take_in(account, sample("shipping_confirmation.tsv").decode().replace(before, after).encode())
    assert (counts(run)[1], problems(run)) == (1, [("line 2", field, code)])


# --- Downloads of Seller Central --------------------------------------------------------------------------------------

VTR = (
    "Order ID,Carrier Name,Tracking ID,Origin Country,Promised Delivery Date,Ship Method,Ship Option,"
    "Has valid tracking,Has tracking ID,Any physical scan from carrier,Delivery scan or attempt,Package value,"
    "Product Category"
)
VTR_ROW = f"{ORDER},UPS,1Z999AA10123456784,US,2026-11-11,UPS Ground,Standard,Yes,Yes,Yes,Yes,$54.97,Home"


def test_amazons_verdict_on_tracking_joins_the_package(account: SellerAccount) -> None:
    take_in(account, PAGE)
    run = take_in(account, table(VTR, VTR_ROW))
    assert (run.source, counts(run), run.warnings) == ("amazon.vtr", (1, 0, 1, 0, 0, 0), {})
    package = Shipment.objects.get()
    assert (package.external_id, package.tracking_valid, package.tracking) == ("1", True, Tracking.VALID)
    assert (package.origin_country, package.scan_count, str(package.value_usd), package.product_category) == (
        "US", 1, "54.970", "Home",
    )  # fmt: skip
    # The promised day ends at 23:59:59 in Los Angeles, which is eight hours behind in winter.
    assert package.deliver_by_at == at("2026-11-12 07:59:59")
    assert package.confirmed_at == at("2026-11-04 09:10")


def test_packages_that_failed_or_have_no_number(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    failed = VTR_ROW.replace(",Yes,Yes,Yes,Yes,", ",No,Yes,No,No,").replace(",US,", ",Atlantis,")
    run = take_in(account, table(VTR, failed, failed.replace("1Z999AA10123456784", "")))
    assert run.warnings == {"unknown_enum_kept_raw": 1}
    # The one without a number may be any package of the order, and the order's only known one is the other.
    package = Shipment.objects.get()
    assert (package.tracking, package.scan_count, package.origin_country) == (Tracking.SCANS, 0, "")


OTDR = (
    "Order ID,SKU,Units,Order Date,Promised Ship Date,Ship Confirmation Date,Carrier First Scan Date,"
    "Promised Delivery Date without Extension,Promised Delivery Date with Extension,Actual Delivery Date,"
    "Delivered After Promised Date Without Extension,Carrier,Ship Method"
)
OTDR_ROW = (
    f"{ORDER},LAMP-BLK,3,2026-11-02 17:05:12 GMT (2026-11-02 09:05:12 PST),2026-11-04,"
    "2026-11-04 09:10:00 GMT (2026-11-04 01:10:00 PST),2026-11-04 20:00:00 GMT (2026-11-04 12:00:00 PST),"
    "2026-11-09,2026-11-12,2026-11-10 01:00:00 GMT (2026-11-09 17:00:00 PST),No,UPS,UPS Ground"
)


def test_a_delivery_is_dated_in_gmt_whatever_stands_in_brackets(account: SellerAccount) -> None:
    take_in(account, PAGE)
    run = take_in(account, table(OTDR, OTDR_ROW))
    assert (run.source, counts(run), run.warnings) == ("amazon.otdr", (1, 0, 1, 0, 0, 0), {})
    package = Shipment.objects.get()
    # The file names no number: the order has one package. Promised for 9 November in Los Angeles, without extension.
    assert (package.tracking_number, package.deliver_by_at) == ("1Z999AA10123456784", at("2026-11-10 07:59:59"))
    assert (package.first_scan_at, package.delivered_at) == (at("2026-11-04 20:00"), at("2026-11-10 01:00"))
    assert (package.delivery, package.units) == (Delivery.ON_TIME, 3)


@pytest.mark.parametrize(("day", "verdict"), [("2026-11-09", Delivery.ON_TIME), ("11/10/2026", Delivery.LATE)])
def test_a_delivery_of_which_only_the_day_is_known(account: SellerAccount, day: str, verdict: Delivery) -> None:
    take_in(account, PAGE)
    take_in(account, table(OTDR, OTDR_ROW.replace("2026-11-10 01:00:00 GMT (2026-11-09 17:00:00 PST)", day)))
    assert Shipment.objects.get().delivery == verdict


def test_a_late_confirmation_is_known_from_the_download_alone(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    late = OTDR_ROW.replace("2026-11-04 09:10:00 GMT", "2026-11-05 08:00:00 GMT")
    take_in(account, table(OTDR, late))
    # Due 4 November 23:59:59 in Los Angeles, 5 November 07:59:59 UTC: a second before it was confirmed.
    assert Order.objects.get(external_id=ORDER).shipment == ShipmentVerdict.LATE


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("Yes", CancellationVerdict.SELLER), ("No", CancellationVerdict.MARKETPLACE), ("", CancellationVerdict.UNKNOWN)],
)
@pytest.mark.parametrize("order_first", [True, False])
def test_amazon_says_which_cancellations_count(
    account: SellerAccount, said: str, verdict: CancellationVerdict, order_first: bool
) -> None:
    rates = table("Order Date,Order ID,Impacts Account Health", f"11/02/2026,112-2222222-2222222,{said}")
    files: list[bytes | str] = ["all_orders_by_last_update.tsv", rates]
    for content in files if order_first else reversed(files):
        take_in(account, content)
    assert Order.objects.get(external_id="112-2222222-2222222").cancellation == verdict
    assert not DeleteNotice.objects.exists()


def test_a_claim_among_the_order_defects_counts(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    header = "Order Date,Order ID,Fulfillment,Negative Feedback,A-to-z Claims,Chargebacks"
    run = take_in(
        account, table(header, f"11/02/2026,{ORDER},Seller,No,Yes,No", "11/03/2026,112-2222222-2222222,,Yes,,")
    )
    assert (run.source, counts(run), run.warnings) == ("amazon.odr", (3, 1, 2, 0, 0, 0), {})
    assert (Claim.objects.get().external_id, Claim.objects.get().counts_in_odr) == (f"a2z:{ORDER}", True)
    order = Order.objects.get(external_id=ORDER)
    assert (order.claim_counts, order.extra["negative feedback"]) == (True, False)


def test_invoice_defects_tell_business_orders(account: SellerAccount) -> None:
    take_in(account, "all_orders_by_last_update.tsv")
    header = "Shipment ID\tOrder ID\tShip Date UTC\tDefect Type\tDefect Reason"
    rows = (f"S-1\t{ORDER}\t2026-11-04\tLate\tUploaded late", f"S-2\t{ORDER}\t2026-11-05\tMissing\t")
    run = take_in(account, table(header, *rows))
    assert (run.source, counts(run)) == ("amazon.idr", (1, 0, 1, 0, 0, 0))
    order = Order.objects.get(external_id=ORDER)
    assert (order.is_business, [one["defect type"] for one in order.extra["invoice defects"]]) == (
        True,
        ["Late", "Missing"],
    )


def test_a_download_may_be_a_spreadsheet(account: SellerAccount) -> None:
    take_in(account, PAGE)
    run = take_in(account, workbook([VTR.split(","), VTR_ROW.split(",")]))
    assert (run.source, counts(run)) == ("amazon.vtr", (1, 0, 1, 0, 0, 0))
    assert Shipment.objects.get().tracking_valid is True
