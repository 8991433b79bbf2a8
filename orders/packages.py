"""Verdicts on one package: can it be followed, did it arrive in time, and as how much does it count. Pure.

Sources: on-time delivery https://sellercentral.amazon.com/help/hub/reference/G200847280 (US, by units) and
https://sellercentral.amazon.fr/gp/help/external/200633610?language=en_FR (elsewhere, by packages); valid tracking
https://sellercentral.amazon.com/help/hub/reference/G201817070. What we decided where they are silent is in
docs/decisions/0016-packages-returns-and-ratings.md.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from orders.models import Delivery, Order, OrderStatus, Shipment, Tracking
from orders.verdicts import standing
from sellers.days import local_day
from sellers.facts import assign

BY_UNITS = ("US",)  # marketplaces in which on-time delivery counts units and does not ask for valid tracking
UNITED_STATES, CHINA = "US", "CN"
CHEAP = Decimal(5)  # US dollars, with shipping: packages from China below this need one scan only
TOO_LATE = timedelta(days=17)  # after the promised day, a delivery from China is no valid tracking any more

USABLE_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]*", re.ASCII)

# Carriers that the platform follows by itself: how people write them, and what their numbers look like. The forms are
# wide on purpose: only a number that cannot be the carrier's is called a mismatch.
INTEGRATED = (
    (re.compile(r"\b(ups|united parcel service)\b"), re.compile(r"1Z[0-9A-Z]{16}|[0-9T]\d{8,11}|MI\w{6,34}|\d{18,34}")),
    (
        re.compile(r"\b(usps|u\.?s\.? ?postal service|united states postal service)\b"),
        re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}|\d{10}|\d{20,34}|M\d{9}"),
    ),
    (re.compile(r"\b(fedex|fed ex|federal express)\b"), re.compile(r"\d{12}|\d{15}|\d{18}|\d{20}|\d{22}|\d{34}")),
    (re.compile(r"\bdhl\b"), re.compile(r"(?!1Z)[A-Z]{0,4}\d{7,39}[A-Z]{0,2}")),
)


def package_verdicts(package: Shipment, order: Order, siblings: int, now: datetime) -> dict[str, Any]:
    """Everything derived of one of the order's `siblings` packages (itself included), as of `now`."""
    by_units = order.account.marketplace in BY_UNITS
    units = package_units(package, order, siblings)
    tracking = tracking_verdict(package, order)
    return {
        "deliver_by_at": order.deliver_by_at,
        "standing": standing(order),
        "fulfilled_by": order.fulfilled_by,
        "units": units,
        "weight": units if by_units else 1,
        "tracking": tracking,
        "delivery": delivery_verdict(package, order, tracking, now, by_units=by_units),
    }


def package_units(package: Shipment, order: Order, siblings: int) -> int:
    """How many articles are in the package: at least one. A package alone holds everything its order does."""
    items = package.items or (order.items if siblings == 1 else [])
    return max(1, sum(_quantity(item) for item in items))


def _quantity(item: dict[str, Any]) -> int:
    quantity = item.get("quantity", 1)
    return quantity if isinstance(quantity, int) else 1


def is_confirmed(package: Shipment, order: Order) -> bool:
    """Whether the package was confirmed as shipped, if need be by the carrier having had it."""
    return order.status == OrderStatus.SHIPPED or package.confirmed_at is not None or bool(_scans(package))


def tracking_verdict(package: Shipment, order: Order) -> Tracking:
    """The first of the three checks that the package fails: its number, its carrier, the carrier's scans.

    Where the platform itself says whether tracking is valid, that decides; what it calls invalid without a visible
    fault lacks scans that only the platform knows about.
    """
    if package.tracking_exempt:
        return Tracking.EXEMPT
    if not is_confirmed(package, order):
        return Tracking.UNCONFIRMED
    if package.tracking_valid:
        return Tracking.VALID
    found = _checked(package, order)
    if package.tracking_valid is False and found not in (Tracking.NUMBER, Tracking.CARRIER):
        return Tracking.SCANS
    return found


def _checked(package: Shipment, order: Order) -> Tracking:
    imported = package.origin_country not in ("", UNITED_STATES, CHINA)
    if imported and order.account.marketplace == UNITED_STATES:
        return Tracking.EXEMPT
    if not USABLE_NUMBER.fullmatch(package.tracking_number) or entered_after_delivery(package):
        return Tracking.NUMBER
    integrated = carrier_forms(package.carrier)
    if integrated and (package.carrier_typed or not _fits(package.tracking_number, integrated)):
        return Tracking.CARRIER
    if package.origin_country != CHINA:
        return _scanned(package, 1)
    return _from_china(package, order, integrated is not None)


def _from_china(package: Shipment, order: Order, integrated: bool) -> Tracking:
    """From China only integrated carriers do, and what is worth something must be seen on its way and arriving."""
    if not integrated:
        return Tracking.CARRIER
    if package.delivered_at is not None and order.deliver_by_at is not None:
        zone = order.account.zone
        if local_day(package.delivered_at, zone) - local_day(order.deliver_by_at, zone) >= TOO_LATE:
            return Tracking.SCANS
    cheap, dear = _scanned(package, 1), _seen_arriving(package)
    if package.value_usd is None:
        return cheap if cheap == dear else Tracking.UNKNOWN
    return cheap if package.value_usd < CHEAP else dear


def _seen_arriving(package: Shipment) -> Tracking:
    arrived = package.delivered_at is not None or package.attempted_at is not None
    scanned = _scanned(package, 2)
    return Tracking.SCANS if scanned == Tracking.VALID and not arrived else scanned


def _scanned(package: Shipment, needed: int) -> Tracking:
    """Whether the carrier scanned it so often. Nothing heard from the carrier is no proof that there was no scan."""
    if max(package.scan_count or 0, len(_scans(package))) >= needed:
        return Tracking.VALID
    return Tracking.UNKNOWN if package.scan_count is None else Tracking.SCANS


def _scans(package: Shipment) -> set[datetime]:
    moments = (package.first_scan_at, package.attempted_at, package.delivered_at)
    return {moment for moment in moments if moment is not None}


def carrier_forms(name: str) -> re.Pattern[str] | None:
    """What the numbers of an integrated carrier look like; None for a carrier that the platform does not follow."""
    name = name.lower()
    return next((numbers for names, numbers in INTEGRATED if names.search(name)), None)


def _fits(number: str, numbers: re.Pattern[str]) -> bool:
    return numbers.fullmatch(re.sub(r"[ ._/-]", "", number).upper()) is not None


def entered_after_delivery(package: Shipment) -> bool:
    """Whether it was confirmed, or its number entered or changed, only after it had been delivered."""
    delivered = package.delivered_at
    entered = (package.confirmed_at, package.tracking_changed_at)
    return delivered is not None and any(moment is not None and moment > delivered for moment in entered)


def delivery_verdict(package: Shipment, order: Order, tracking: Tracking, now: datetime, *, by_units: bool) -> Delivery:
    """Whether it reached the buyer by the end of the promised day. The first documented attempt counts as arriving.

    Nothing heard from the carrier is unknown, not late; a package that the carrier has had and that is overdue is.
    """
    if not package.tracking_number.strip():
        return Delivery.UNTRACKED
    if not is_confirmed(package, order):
        return Delivery.UNCONFIRMED
    if order.deliver_by_at is None:
        return Delivery.UNKNOWN
    if entered_after_delivery(package):
        return Delivery.LATE
    if not by_units and tracking in (Tracking.NUMBER, Tracking.CARRIER, Tracking.SCANS):
        return Delivery.NOT_VALID
    arrivals = [moment for moment in (package.attempted_at, package.delivered_at) if moment is not None]
    if arrivals:
        in_time = min(arrivals) <= order.deliver_by_at
        return Delivery.ON_TIME if in_time else _late(package)
    if package.delivered_seen_at is not None or package.status.strip().lower() == "delivered":
        seen = package.delivered_seen_at
        return Delivery.ON_TIME if seen is not None and seen <= order.deliver_by_at else Delivery.UNKNOWN
    if now <= order.deliver_by_at:
        return Delivery.WAITING
    if package.delivery_protected:
        return Delivery.PROTECTED
    heard = package.first_scan_at is not None or package.scan_count is not None
    return Delivery.OVERDUE if heard else Delivery.UNKNOWN


def _late(package: Shipment) -> Delivery:
    return Delivery.PROTECTED if package.delivery_protected else Delivery.LATE


def judge_packages(order: Order, packages: Sequence[Shipment], now: datetime) -> list[Shipment]:
    """Bring the packages of an order in line with it, in memory; returns those that changed."""
    siblings = len(packages)
    return [package for package in packages if assign(package, package_verdicts(package, order, siblings, now))]
