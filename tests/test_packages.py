"""Packages: by the promised day, which can be followed, and as how much they count, each worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from kpis.breakdowns import breakdown
from kpis.catalogue import METRICS
from kpis.figures import State
from kpis.metrics import Lapse
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.targets import Band
from orders.lapse import due as overdue
from orders.lapse import lapse
from orders.models import Delivery, Order, Shipment, Standing, Tracking
from orders.recompute import recompute_orders
from sellers.marks import Mark
from sellers.switches import follow
from tests.examples.delivery import UPS, package
from tests.makers import NOW, at, make_account, make_order

pytestmark = pytest.mark.django_db

PROMISED = "2026-01-08"
ON_TIME, LATE = "2026-01-08 10:00", "2026-01-09 00:00:00"
MONDAY = date(2026, 1, 19)


def reading(account, slug, on=MONDAY):
    sweep(NOW)
    return readings(account, on, [METRICS[slug]])[0]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"delivered_at": "2026-01-08 23:59:59"}, Delivery.ON_TIME),
        ({"delivered_at": "2026-01-09 00:00:00"}, Delivery.LATE),
        ({"delivered_at": LATE, "attempted_at": ON_TIME}, Delivery.ON_TIME),
        ({"attempted_at": LATE}, Delivery.LATE),
        ({"delivered_at": LATE, "delivery_protected": True}, Delivery.PROTECTED),
        ({"first_scan_at": "2026-01-03 10:00", "delivery_protected": True}, Delivery.PROTECTED),
        ({"first_scan_at": "2026-01-03 10:00"}, Delivery.OVERDUE),
        ({"scan_count": 0}, Delivery.OVERDUE),
        ({}, Delivery.UNKNOWN),
        ({"status": "Delivered", "first_scan_at": "2026-01-03 10:00"}, Delivery.UNKNOWN),
        ({"status": "Delivered", "delivered_seen_at": ON_TIME}, Delivery.ON_TIME),
        ({"status": "Delivered", "delivered_seen_at": LATE}, Delivery.UNKNOWN),
        ({"delivered_at": ON_TIME, "confirmed": "2026-01-08 10:00:01"}, Delivery.LATE),
        ({"delivered_at": ON_TIME, "tracking_changed_at": "2026-01-08 10:00:01"}, Delivery.LATE),
        ({"delivered_at": ON_TIME, "tracking_number": " "}, Delivery.UNTRACKED),
        ({"confirmed": ""}, Delivery.UNCONFIRMED),
    ],
)
def test_a_package_is_on_time_when_it_arrives_or_is_attempted_by_the_end_of_its_promised_day(values, verdict):
    assert package(make_account(), PROMISED, **{**UPS, **values}).delivery == verdict


@pytest.mark.parametrize(
    ("values", "us", "elsewhere"),
    [
        ({"scan_count": 0}, Delivery.OVERDUE, Delivery.NOT_VALID),
        ({"delivered_at": ON_TIME, "tracking_valid": False}, Delivery.ON_TIME, Delivery.NOT_VALID),
        ({"delivered_at": ON_TIME, "carrier": "USPS"}, Delivery.ON_TIME, Delivery.NOT_VALID),
        ({"delivered_at": ON_TIME, "confirmed": "2026-01-08 11:00"}, Delivery.LATE, Delivery.LATE),
    ],
)
def test_outside_the_us_only_packages_with_valid_tracking_are_in_the_rate(values, us, elsewhere):
    assert package(make_account(marketplace="US"), PROMISED, **{**UPS, **values}).delivery == us
    assert package(make_account(marketplace="DE"), PROMISED, **{**UPS, **values}).delivery == elsewhere


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"first_scan_at": "2026-01-03 10:00"}, Tracking.VALID),
        ({}, Tracking.UNKNOWN),
        ({"scan_count": 0}, Tracking.SCANS),
        ({"scan_count": 1}, Tracking.VALID),
        ({"tracking_valid": True, "tracking_number": ""}, Tracking.VALID),
        ({"tracking_valid": False, "scan_count": 2}, Tracking.SCANS),
        ({"tracking_valid": False, "tracking_number": ""}, Tracking.NUMBER),
        ({"tracking_number": "快递123"}, Tracking.NUMBER),
        ({"tracking_number": "1Z9999999999999999*"}, Tracking.NUMBER),
        ({"delivered_at": ON_TIME, "tracking_changed_at": "2026-01-08 10:00:01"}, Tracking.NUMBER),
        ({"delivered_at": ON_TIME, "tracking_changed_at": ON_TIME}, Tracking.VALID),
        ({"carrier": "USPS", "scan_count": 1}, Tracking.CARRIER),
        ({"carrier": "United Parcel Service", "tracking_number": "1z 9999 9999 9999 9999", "scan_count": 1},
         Tracking.VALID),
        ({"carrier_typed": True, "scan_count": 1}, Tracking.CARRIER),
        ({"carrier": "River Parcel", "carrier_typed": True, "tracking_number": "RP-77-0001", "scan_count": 1},
         Tracking.VALID),
        ({"tracking_exempt": True, "tracking_number": ""}, Tracking.EXEMPT),
        ({"origin_country": "JP", "tracking_number": ""}, Tracking.EXEMPT),
        ({"origin_country": "US", "scan_count": 1}, Tracking.VALID),
        ({"confirmed": ""}, Tracking.UNCONFIRMED),
        # From China: only carriers the platform follows; from five dollars on two scans, one of them at the door.
        ({"origin_country": "CN", "carrier": "River Parcel", "scan_count": 2}, Tracking.CARRIER),
        ({"origin_country": "CN", "value_usd": "4.99", "scan_count": 1}, Tracking.VALID),
        ({"origin_country": "CN", "value_usd": "5.00", "scan_count": 1}, Tracking.SCANS),
        ({"origin_country": "CN", "value_usd": "5.00", "scan_count": 2}, Tracking.SCANS),
        ({"origin_country": "CN", "value_usd": "5.00", "first_scan_at": "2026-01-03 10:00", "delivered_at": ON_TIME},
         Tracking.VALID),
        ({"origin_country": "CN", "value_usd": "5.00", "first_scan_at": "2026-01-03 10:00"}, Tracking.UNKNOWN),
        ({"origin_country": "CN", "scan_count": 1}, Tracking.UNKNOWN),
        ({"origin_country": "CN", "scan_count": 0}, Tracking.SCANS),
        # 17 days after 8 January is the 25th.
        ({"origin_country": "CN", "value_usd": "4", "delivered_at": "2026-01-24 23:00"}, Tracking.VALID),
        ({"origin_country": "CN", "value_usd": "4", "delivered_at": "2026-01-25 00:00"}, Tracking.SCANS),
        ({"origin_country": "US", "delivered_at": "2026-01-25 00:00"}, Tracking.VALID),
    ],
)  # fmt: skip
def test_tracking_is_valid_when_number_carrier_and_scans_are_in_order(values, verdict):
    assert package(make_account(), PROMISED, **{**UPS, **values}).tracking == verdict


def test_what_comes_from_abroad_is_exempt_in_the_us_alone():
    values = {**UPS, "origin_country": "JP", "scan_count": 1}
    assert package(make_account(marketplace="DE"), PROMISED, **values).tracking == Tracking.VALID


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("9400100000000000000001", "USPS Ground Advantage"),
        ("1Z0000000000000001", "UPS"),
        ("123456789012", "FedEx Ground"),
        ("JJD0123456789012345678", "DHL Paket"),
        ("LX123456789US", "U.S. Postal Service"),
    ],
)
def test_the_usual_forms_of_numbers_match_their_carriers(number, carrier):
    found = package(make_account(), PROMISED, carrier=carrier, tracking_number=number, scan_count=1)
    assert found.tracking == Tracking.VALID


def test_units_are_the_articles_in_the_package_and_at_least_one():
    account, three = make_account(), [{"quantity": 2}, {"sku": "no quantity"}]
    assert package(account, PROMISED, items=three, **UPS).units == 3  # alone, it holds what the order does
    assert package(account, PROMISED, **UPS).units == 1
    order = make_order(account, "2026-01-01 10:00", items=three, deliver_by_at=at(LATE))
    Shipment.objects.create(account=account, order=order, external_id="1", items=[{"quantity": 2}])
    Shipment.objects.create(account=account, order=order, external_id="2")
    recompute_orders(account, [order.external_id], NOW)
    assert list(order.shipments.order_by("external_id").values_list("units", "weight")) == [(2, 2), (1, 1)]


def test_five_articles_in_one_late_box_are_five_in_the_us_and_one_package_elsewhere():
    for marketplace, late, window in (
        ("US", 5, (date(2025, 12, 30), date(2026, 1, 12))),
        ("DE", 1, (date(2025, 12, 11), date(2026, 1, 9))),
    ):
        account = make_account(marketplace=marketplace)
        package(account, PROMISED, delivered_at=LATE, items=[{"quantity": 5}], **UPS)
        package(account, PROMISED, delivered_at=ON_TIME, **UPS)
        found = reading(account, "on_time_delivery_rate")
        assert (found.numerator, found.denominator) == (1, 1 + late)
        assert (found.window.first, found.window.last) == window


def test_another_marketplace_judges_the_same_packages_anew():
    account = make_account(marketplace="DE")
    found = package(account, PROMISED, items=[{"quantity": 5}], scan_count=0, **UPS)
    assert (found.weight, found.delivery) == (1, Delivery.NOT_VALID)
    account.marketplace = "US"
    account.save()
    follow(account, {"marketplace"}, NOW)
    found.refresh_from_db()
    assert (found.weight, found.delivery) == (5, Delivery.OVERDUE)


@pytest.mark.parametrize(
    ("marketplace", "on_time", "band"),
    [
        ("US", 89, Band.RED), ("US", 90, Band.YELLOW), ("US", 95, Band.GREEN),
        ("DE", 96, Band.RED), ("DE", 97, Band.YELLOW), ("DE", 98, Band.GREEN),
    ],
)  # fmt: skip
def test_colours_of_on_time_delivery_differ_by_marketplace(marketplace, on_time, band):
    metric = METRICS["on_time_delivery_rate"]
    rule = metric.marketplace_rules.get(marketplace, metric.rule)
    assert metric.judge(Fraction(on_time, 100), rule) == band


def test_only_orders_that_count_and_that_the_seller_ships_are_in_the_rates():
    account = make_account()
    values = {"delivered_at": ON_TIME, **UPS}
    assert package(account, PROMISED, is_test=True, **values).standing == Standing.TEST
    package(account, PROMISED, fulfilled_by="marketplace", **values)
    package(account, PROMISED, fulfilled_by="", **values)
    assert package(account, PROMISED, excluded=True, **values).standing == Standing.EXCLUDED
    package(account, PROMISED, **values)
    for slug in ("on_time_delivery_rate", "valid_tracking_rate"):
        assert reading(account, slug).n == 1


def test_valid_tracking_is_broken_down_by_product_category():
    account = make_account()
    for category, valid in (("Kitchen", True), ("Kitchen", True), ("Toys", True), ("Toys", False)):
        package(account, PROMISED, product_category=category, tracking_valid=valid, **UPS)
    found = reading(account, "valid_tracking_rate")
    assert (found.numerator, found.n, found.band) == (3, 4, Band.RED)
    assert [(one.value, one.hits, one.n) for one in breakdown(found)] == [("Kitchen", 2, 2), ("Toys", 1, 2)]


def test_a_package_counts_on_the_promised_day_of_the_accounts_zone_and_moves_with_the_promise():
    account = make_account(time_zone="America/Los_Angeles")
    order = make_order(account, "2026-01-01 10:00", deliver_by_at=at("2026-01-09 07:59:59"))
    found = Shipment.objects.create(account=account, order=order, external_id="1", **UPS)
    recompute_orders(account, [order.external_id], NOW)
    found.refresh_from_db()
    assert found.day == date(2026, 1, 8)
    Mark.objects.all().delete()
    order.deliver_by_at = at("2026-01-10 07:59:59")
    order.save()
    recompute_orders(account, [order.external_id], NOW)
    days = set(Mark.objects.filter(fact="packages").values_list("day", flat=True))
    assert days == {date(2026, 1, 8), date(2026, 1, 9)}


def test_without_a_promised_day_a_package_is_in_no_figure():
    account = make_account()
    order = make_order(account, "2026-01-01 10:00", confirmed="2026-01-02 10:00")
    assert order.shipments.get().day is None
    assert reading(account, "on_time_delivery_rate").state == State.NO_DATA


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"first_scan_at": "2026-01-19 10:00"}, Delivery.OVERDUE),
        ({"delivery_protected": True}, Delivery.PROTECTED),
        ({}, Delivery.UNKNOWN),
    ],
)
def test_a_passed_promise_becomes_a_row(values, after):
    account = make_account()
    due = "2026-01-20 23:59:59"
    waits = package(account, "2026-01-20", **UPS, **values)
    assert waits.delivery == Delivery.WAITING
    assert Lapse("", overdue, lapse).due_accounts(at(due)) == set()
    assert Lapse("", overdue, lapse).due_accounts(at("2026-01-21 00:00:00")) == {account.id}
    Mark.objects.all().delete()
    assert lapse(account, at("2026-01-21 00:00:00")) == 1
    assert Shipment.objects.get(pk=waits.pk).delivery == after
    assert list(Mark.objects.values_list("fact", "day")) == [("packages", date(2026, 1, 20))]
    assert lapse(account, at("2026-01-21 00:00:00")) == 0


def test_an_order_deleted_at_its_source_takes_its_packages_out():
    account = make_account()
    found = package(account, PROMISED, delivered_at=ON_TIME, **UPS)
    assert reading(account, "on_time_delivery_rate").n == 1
    order = Order.objects.get(pk=found.order_id)
    order.deleted_at = NOW
    order.save()
    recompute_orders(account, [order.external_id], NOW)
    assert reading(account, "on_time_delivery_rate").n == 0
