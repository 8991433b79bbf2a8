"""What the verdicts of an account rest on beside its rows: switches, handling times, working days."""

from datetime import date, datetime
from functools import cached_property

from orders.handling import HandlingTimes, handling_times_of
from orders.invoices import invoices_are_told
from orders.models import FulfilledBy, Order
from orders.promises import expected_ship_at, invoice_due_at
from sellers.dated_switches import Switches, switches_of
from sellers.models import AtozRule, SellerAccount
from sellers.working_days import WorkingDays, business_days_of, working_days_of


class Terms:
    """The terms of one account. Each is read once, when an order first asks for it: most orders ask for few."""

    def __init__(self, account: SellerAccount) -> None:
        self.account = account

    def every_claim_counts(self, day: date) -> bool:
        return bool(self._switches.on("atoz_rule", day) == AtozRule.ALL)

    def messages_count(self, day: date) -> bool:
        """Whether an order placed on this day is imperfect because its buyer had to write."""
        return bool(self._switches.on("pop_counts_messages", day))

    def expected_ship_at(self, order: Order) -> datetime | None:
        """When the order is to be shipped by its handling time; None where a source says it, or nobody knows.

        Only for orders that the seller ships: what the marketplace ships is not the seller's promise.
        """
        if order.ship_by_at is not None or order.fulfilled_by != FulfilledBy.MERCHANT:
            return None
        skus = {(item.get("sku") or "").strip() for item in order.items}
        days = self._handling.longest(skus, order.day)
        if days is None:
            return None
        account = self.account
        return expected_ship_at(order.placed_at, days, self._working, account.same_day_cutoff, account.zone)

    def invoice_due_at(self, order: Order, confirmed: datetime | None) -> datetime | None:
        """When the invoice of a business order is due; None before its shipment is confirmed, and for other orders."""
        if not order.is_business or confirmed is None:
            return None
        return invoice_due_at(confirmed, self._business, self.account.zone)

    @cached_property
    def invoices_are_told(self) -> bool:
        return invoices_are_told(self.account)

    @cached_property
    def _switches(self) -> Switches:
        return switches_of(self.account)

    @cached_property
    def _handling(self) -> HandlingTimes:
        return handling_times_of(self.account)

    @cached_property
    def _working(self) -> WorkingDays:
        return working_days_of(self.account)

    @cached_property
    def _business(self) -> WorkingDays:
        return business_days_of(self.account)
