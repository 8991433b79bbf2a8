"""A day's orders: what they promised, who cancelled them, how they were shipped."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from intake.demo.aftermath import aftermath
from intake.demo.products import CATEGORIES, PRODUCTS, money
from intake.demo.scene import DAY_SECONDS, HOUR, Placed, Scene, stamp

Record = dict[str, Any]

FIRST_ORDINAL = date(2013, 5, 1).toordinal()  # order numbers count days from here; enough of them until 2040
ORDERS_A_DAY = 1000  # room for so many numbers a day
PRIME = 9_999_991  # the largest below ten million: a multiple of the number, modulo this, is a number of seven digits
WAREHOUSE_HOURS = (9, 18)

CHINESE_SHARE = 0.3  # of the packages of the account that also ships from China
COMING_BACK = 0.14  # orders of a buyer who has bought not long ago

SELLER_REASONS = ("out_of_stock", "pricing_error", "undeliverable_address")


def order(scene: Scene, number: int) -> Iterator[Record]:
    """The records of one order placed on the scene's day: itself and whatever was reported about it."""
    story = _Order(scene, number)
    if not scene.seen(story.placed_at):
        return  # it is placed after the data ends
    story.tell()
    scene.orders.append(Placed(story.id, story.buyer_key))
    yield story.itself()
    yield from story.reports


class _Order:
    """Tells one order from the moment it is placed on; whatever would happen after the data ends is left out."""

    def __init__(self, scene: Scene, number: int) -> None:
        self.scene, self.chance, self.dice = scene, scene.chance, scene.dice
        self.profile, self.conduct = scene.profile, scene.conduct
        count = (scene.day.toordinal() - FIRST_ORDINAL) * ORDERS_A_DAY + number
        self.id, self.name = self._identity(count)
        self.placed_at = scene.buyer_moment()
        known = self.chance.pick(scene.orders) if scene.orders and self.chance.hits(COMING_BACK) else None
        self.buyer_key = known.buyer_key if known else scene.buyer_key(self.id)
        merchant = self.chance.hits(self.profile.merchant_share)
        self.fulfilled_by = "merchant" if merchant else "marketplace"
        self.dollars = 0.0
        self.products: list[int] = []
        self.items = self._items()
        self.total = money(self.dollars, self.profile.currency)
        self.bad_batch = self.products[0] == 0 and self.conduct.bad_sku
        self.is_business = merchant and self.chance.hits(self.profile.business_share)
        self.invoice_at: datetime | None = None
        self.ship_by_at, self.deliver_by_at = self._promise() if merchant else (None, None)
        self.shipments: list[Record] = []
        self.delivered_at: datetime | None = None
        self.cancelled_at: datetime | None = None
        self.cancelled_by: str | None = None
        self.cancel_reason: str | None = None
        self.cancel_asked_at: datetime | None = None
        self.packages = 1
        self.confirmed_at: datetime | None = None
        self.refunded_at: datetime | None = None
        self.reports: list[Record] = []
        self.updated_at = self.placed_at

    def _identity(self, count: int) -> tuple[str, str | None]:
        if self.profile.amazon:
            middle = count * 7_654_321 % PRIME
            return f"{self.profile.order_prefix}-{middle:07d}-{self.chance.whole(0, 9_999_999):07d}", None
        return f"{self.profile.order_prefix}{count:08d}", f"#{count}"

    def _items(self) -> list[Record]:
        products = PRODUCTS[self.profile.key]
        chosen = [0 if self.conduct.bad_sku and self.chance.hits(0.25) else self.chance.whole(0, len(products) - 1)]
        if self.chance.hits(0.12):
            chosen.append((chosen[0] + 1) % len(products))
        self.products = chosen
        items = []
        for line, product in enumerate(chosen, 1):
            title, dollars = products[product]
            quantity = 1 if self.chance.hits(0.85) else 2
            self.dollars += quantity * dollars
            item = {
                "external_id": f"{self.id}-{line}",
                "sku": self.scene.sku(product),
                "title": title,
                "quantity": quantity,
                "unit_price": money(dollars, self.profile.currency),
            }
            if self.profile.amazon:
                item["asin"] = f"B0{self.profile.order_prefix}D{100 + product}"[:10].ljust(10, "X")
            items.append(item)
        return items

    def _promise(self) -> tuple[datetime | None, datetime | None]:
        """Ship by the end of the first or second business day after the order, deliver three to six days later."""
        if self.profile.platform == "other" and self.chance.hits(0.03):
            return None, None  # promised nothing: whether it is late is unknown
        ship_day = self.scene.day
        for _business_day in range(1 if self.chance.hits(0.4) else 2):
            ship_day = next_business_day(ship_day)
        deliver_day = ship_day + timedelta(days=self.chance.whole(3, 6))
        clock = self.scene.clock
        return clock.at(ship_day, DAY_SECONDS - 1), clock.at(deliver_day, DAY_SECONDS - 1)

    def tell(self) -> None:
        if self._cancel():
            return
        self._ship()
        if self.is_business:
            self._invoice()
        self.reports, self.refunded_at = aftermath(self.scene, self)
        if self.refunded_at is not None:
            self._happened(self.refunded_at)

    # Cancelled before it is shipped

    def _cancel(self) -> bool:
        """Who cancels, if anybody, and when; the cancelled order is never shipped."""
        merchant = self.fulfilled_by == "merchant"
        if merchant and self.dice.hits("seller-cancels", self.conduct.seller_cancel_share):
            if self.ship_by_at is not None and self.chance.hits(0.1):
                # Never confirmed: the marketplace cancels it seven days after the ship-by date, at the seller's cost.
                return self._cancelled(self.ship_by_at + timedelta(days=7), "marketplace", "not_shipped_in_time")
            reason = self.chance.pick(SELLER_REASONS)
            return self._cancelled(self._soon(4, 40), "seller", self.conduct.cancel_reason or reason)
        if self.chance.hits(0.018):
            asked_at = self._soon(0.1, 6)
            self.cancel_asked_at = asked_at
            if self.chance.hits(0.6):
                cancelled_at = asked_at + timedelta(seconds=self.chance.seconds(3 * HOUR))
                return self._cancelled(cancelled_at, "seller", "buyer_request")
            return self._cancelled(asked_at, "buyer", "ordered_by_mistake")
        if self.chance.hits(0.004):
            return self._cancelled(self._soon(0.5, 20), "marketplace", "payment_failed")
        return False

    def _soon(self, low_hours: float, high_hours: float) -> datetime:
        return self.placed_at + timedelta(seconds=int(self.chance.between(low_hours, high_hours) * HOUR))

    def _cancelled(self, at: datetime, who: str, reason: str) -> bool:
        self.cancelled_at, self.cancelled_by, self.cancel_reason = at, who, reason
        return True

    # Shipped and delivered

    def _invoice(self) -> None:
        """The invoice of a business order follows its shipment within hours; or days late, or never."""
        if self.confirmed_at is None:
            return
        after = self.chance.seconds(2 * HOUR, 0.5)
        if self.dice.hits("invoices", self.conduct.invoice_fault_share):
            if self.chance.hits(0.5):
                return
            after += 6 * DAY_SECONDS
        uploaded_at = self.confirmed_at + timedelta(seconds=after)
        if self.scene.seen(uploaded_at):
            self.invoice_at = uploaded_at
            self._happened(uploaded_at)

    def _ship(self) -> None:
        confirmed_at = self._confirmed_at()
        self.confirmed_at = confirmed_at if self.scene.seen(confirmed_at) else None
        self.packages = 2 if len(self.items) > 1 and self.chance.hits(0.3) else 1
        for package in range(1, self.packages + 1):
            self._package(package, confirmed_at)

    def _confirmed_at(self) -> datetime:
        """When the shipment is confirmed: in the warehouse's hours before the ship-by instant, or late."""
        if self.ship_by_at is None:
            return self._soon(5, 40)
        if self.dice.hits("late-shipments", self.conduct.late_shipment_share):
            hours = self.conduct.late_shipment_hours
            return self.ship_by_at + timedelta(seconds=8 * HOUR + self.chance.seconds(hours * HOUR, 0.6))
        earliest = max(self.placed_at + timedelta(minutes=20), self.ship_by_at - timedelta(hours=36))
        day = self.scene.clock.wall(earliest).date()
        opens, closes = (self.scene.clock.at(day, hour * HOUR) for hour in WAREHOUSE_HOURS)
        if earliest >= closes or day.weekday() > 4:
            day = min(next_business_day(day), self.scene.clock.wall(self.ship_by_at).date())
            opens, closes = (self.scene.clock.at(day, hour * HOUR) for hour in WAREHOUSE_HOURS)
        start = max(opens, earliest)
        return start + timedelta(seconds=int(self.chance.random() * (closes - start).total_seconds()))

    def _package(self, package: int, confirmed_at: datetime) -> None:
        """One package, as far as it has come; a package whose shipment is not confirmed is not listed."""
        shipped_at = confirmed_at + timedelta(seconds=self.chance.whole(600, 6 * HOUR))
        first_scan_at = shipped_at + timedelta(seconds=self.chance.seconds(7 * HOUR, 0.5))
        delivered_at = self._arrival(first_scan_at)
        fault = self._tracking_fault()
        carrier = self.chance.pick(self.profile.carriers)
        number = "" if fault == "number" else self._tracking_number("UPS" if fault == "carrier" else carrier)
        carrier = "USPS" if fault == "carrier" else carrier
        tracked = number != ""
        if not self.scene.seen(confirmed_at):
            return
        scanned, delivered = self.scene.seen(first_scan_at), self.scene.seen(delivered_at)
        if delivered:
            self.delivered_at = max(delivered_at, self.delivered_at or delivered_at)
        self._happened(confirmed_at, *((first_scan_at,) if scanned else ()), *((delivered_at,) if delivered else ()))
        facts = {
            "external_id": f"{self.id}-p{package}",
            "confirmed_at": stamp(confirmed_at),
            "shipped_at": stamp(shipped_at) if self.scene.seen(shipped_at) else None,
            "carrier": carrier,
            "tracking_number": number or None,
            "status": "delivered" if delivered else "in_transit" if scanned else "confirmed",
            "first_scan_at": stamp(first_scan_at) if scanned and tracked and fault != "scans" else None,
            "delivered_at": stamp(delivered_at) if delivered and tracked and fault != "scans" else None,
            "scan_count": (0 if fault == "scans" else 2 if delivered else 1) if scanned and tracked else None,
            **self._described(package),
        }
        self.shipments.append({name: value for name, value in facts.items() if value is not None})

    def _arrival(self, first_scan_at: datetime) -> datetime:
        """When a package comes: by the promised day, or some days after it as often as the conduct says."""
        delivered_at = first_scan_at + timedelta(seconds=self.chance.seconds(2.4 * DAY_SECONDS, 0.35))
        if self.deliver_by_at is None:
            return delivered_at
        if self.dice.hits("late-deliveries", self.conduct.late_delivery_share):
            return max(first_scan_at, self.deliver_by_at) + timedelta(seconds=self.chance.seconds(20 * HOUR, 0.6))
        in_time = self.deliver_by_at - timedelta(seconds=self.chance.whole(3, 20) * HOUR)
        return max(first_scan_at + timedelta(hours=12), min(delivered_at, in_time))

    def _tracking_fault(self) -> str:
        """What is wrong with a package's tracking, if anything: its number, its carrier, or the carrier's scans."""
        if self.fulfilled_by != "merchant" or not self.dice.hits("tracking", self.conduct.tracking_fault_share):
            return ""
        return self.chance.weighted({"number": 4, "carrier": 3, "scans": 3})

    def _tracking_number(self, carrier: str) -> str:
        if carrier == "UPS":
            return f"1Z{self.chance.whole(10**15, 10**16 - 1)}"
        if carrier == "USPS":
            return f"9{self.chance.whole(10**20, 10**21 - 1)}"
        return f"{self.chance.whole(10**11, 10**12 - 1)}"

    def _described(self, package: int) -> Record:
        """What the platform knows of a package beside its way: the category, and where it came from and what it is
        worth when that decides how often it has to be scanned."""
        categories = CATEGORIES.get(self.profile.key)
        if categories is None or self.fulfilled_by != "merchant":
            return {}
        facts: Record = {"product_category": categories[self.products[(package - 1) % len(self.products)]]}
        if self.profile.ships_from_china and self.chance.hits(CHINESE_SHARE):
            facts |= {"origin_country": "CN", "value_usd": f"{self.dollars / self.packages:.2f}"}
        return facts

    def _happened(self, *moments: datetime) -> None:
        self.updated_at = max(self.updated_at, *moments, self.placed_at)

    # The order itself

    def _status(self) -> str:
        if self.scene.seen(self.cancelled_at):
            return "cancelled"
        if self.shipments:
            return "shipped" if len(self.shipments) == self.packages else "partially_shipped"
        fresh = self.scene.until - self.placed_at < timedelta(minutes=40)
        return "pending" if fresh else "unshipped"

    def itself(self) -> Record:
        """The order as it stands when the data ends."""
        asked_at = self.cancel_asked_at if self.scene.seen(self.cancel_asked_at) else None
        cancelled_at = self.cancelled_at if self.scene.seen(self.cancelled_at) else None
        self._happened(*(moment for moment in (asked_at, cancelled_at) if moment))
        marketplace_order = self.profile.amazon and self.fulfilled_by == "marketplace"
        return self.scene.record(
            "order",
            self.id,
            self.updated_at,
            placed_at=stamp(self.placed_at),
            status=self._status(),
            fulfilled_by=self.fulfilled_by,
            ship_by_at=stamp(self.ship_by_at) if self.ship_by_at else None,
            deliver_by_at=stamp(self.deliver_by_at) if self.deliver_by_at else None,
            cancelled_at=stamp(cancelled_at) if cancelled_at else None,
            cancelled_by=self.cancelled_by if cancelled_at else None,
            cancel_reason=self.cancel_reason if cancelled_at else None,
            buyer_cancel_requested_at=stamp(asked_at) if asked_at else None,
            currency=self.profile.currency,
            total_amount=self.total,
            refunded_amount=self.total if self.refunded_at else None,
            name=self.name,
            sales_channel="Non-Amazon" if marketplace_order and self.chance.hits(0.01) else None,
            is_replacement=True if self.chance.hits(0.008) else None,
            buyer_key=self.buyer_key,
            is_business=self.is_business if self.profile.business_share else None,
            invoice_uploaded_at=stamp(self.invoice_at) if self.invoice_at else None,
            is_test=True if not self.profile.amazon and self.chance.hits(0.003) else None,
            items=self.items,
            shipments=self.shipments or None,
        )


def next_business_day(day: date) -> date:
    """The next day from Monday to Friday."""
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))
