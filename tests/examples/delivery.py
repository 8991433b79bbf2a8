"""Worked examples of packages. The report day is Monday, 19 January 2026; the accounts are US shops in UTC."""

from datetime import date
from fractions import Fraction
from typing import Any

from orders.models import Shipment
from orders.recompute import recompute_orders
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import NOW, at, make_order

MONDAY = date(2026, 1, 19)
UPS = {"carrier": "UPS", "tracking_number": "1Z9999999999999999"}


def package(account: SellerAccount, promised: str, **values: Any) -> Shipment:
    """The one package of an order of the seller, confirmed on 2 January and promised for the end of the day named."""
    order = {name: values.pop(name) for name in ("fulfilled_by", "is_test", "items", "excluded") if name in values}
    confirmed = values.pop("confirmed", "2026-01-02 10:00")
    placed = make_order(account, "2026-01-01 10:00", deliver_by_at=at(f"{promised} 23:59:59"), **order)
    for name in values:
        if name.endswith("_at"):
            values[name] = at(values[name])
    found = Shipment.objects.create(
        account=account, order=placed, external_id="1", confirmed_at=at(confirmed) if confirmed else None, **values
    )
    recompute_orders(account, [placed.external_id], NOW)
    found.refresh_from_db()
    return found


def three_units(quantity: int) -> list[dict[str, Any]]:
    return [{"sku": "A", "quantity": quantity - 1}, {"sku": "B", "quantity": 1}]


def delivered(account: SellerAccount) -> None:
    package(account, "2026-01-05", delivered_at="2026-01-05 23:59:59", items=three_units(3), **UPS)
    package(account, "2026-01-06", delivered_at="2026-01-07 00:00:00", items=three_units(5), **UPS)
    package(account, "2026-01-06", attempted_at="2026-01-06 10:00", delivered_at="2026-01-08 10:00", **UPS)
    package(account, "2026-01-07", delivered_at="2026-01-09 10:00", delivery_protected=True, **UPS)
    package(account, "2026-01-08", first_scan_at="2026-01-03 10:00", **UPS)
    package(account, "2026-01-08", delivered_at="2026-01-07 10:00")
    package(account, "2026-01-08", delivered_at="2026-01-07 10:00", fulfilled_by="marketplace", **UPS)
    package(account, "2026-01-13", delivered_at="2026-01-13 10:00", **UPS)


def tracked(account: SellerAccount) -> None:
    package(account, "2026-01-05", first_scan_at="2026-01-03 10:00", **UPS)
    package(account, "2026-01-05", delivered_at="2026-01-04 10:00", carrier="River Parcel", tracking_number="RP-77-1")
    package(account, "2026-01-05", tracking_valid=True)
    package(account, "2026-01-05")
    package(account, "2026-01-05", delivered_at="2026-01-04 10:00", tracking_changed_at="2026-01-04 11:00", **UPS)
    package(account, "2026-01-05", carrier="USPS", tracking_number="1Z9999999999999999", scan_count=3)
    package(account, "2026-01-05", scan_count=0, **UPS)
    package(account, "2026-01-05", tracking_exempt=True)
    package(account, "2026-01-05", **UPS)
    package(account, "2026-01-05", confirmed="")


TRACKED = (
    "10 packages promised for 5 January, inside 11 December to 9 January. Valid 3: scanned once by UPS; delivered by a "
    "small carrier; the platform says so. Number at fault 2: blank; changed an hour after delivery. Carrier at fault "
    "1: a number of UPS under USPS. Scans missing 1: known to have none. Left out 3: exempt; nothing heard; "
    "not confirmed."
)

EXAMPLES = {
    example.slug: example
    for example in (
        Example(
            "on_time_delivery_rate", delivered, MONDAY, Fraction(5, 11), 5, 11, 11, 3, 2, 2,
            "30 December to 12 January. On time: 3 articles in the last second of the day, 1 by its first attempt, 1 "
            "protected = 5. Late: 5 articles one second late, 1 scanned but never delivered = 6. Left out: no tracking "
            "number; shipped by the marketplace. The package promised for the 13th is too new.",
        ),
        Example("valid_tracking_rate", tracked, MONDAY, Fraction(3, 7), 3, 7, 7, 3, 4, 3, TRACKED),
        Example("tracking_number_fault_rate", tracked, MONDAY, Fraction(2, 7), 2, 7, 7, 2, 5, 3, TRACKED),
        Example("tracking_carrier_fault_rate", tracked, MONDAY, Fraction(1, 7), 1, 7, 7, 1, 6, 3, TRACKED),
        Example("tracking_scan_fault_rate", tracked, MONDAY, Fraction(1, 7), 1, 7, 7, 1, 6, 3, TRACKED),
    )
}  # fmt: skip
