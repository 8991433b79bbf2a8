"""Passing time becomes a row: unconfirmed orders whose ship-by date is over turn from "not due yet" into "overdue"."""

from datetime import datetime

from orders.models import Order, ShipmentVerdict
from sellers.models import SellerAccount


def lapse(account: SellerAccount, now: datetime) -> int:
    """Flip every order of the account that became overdue as of `now` and mark its day; returns how many changed."""
    waiting = Order.objects.filter(account=account, shipment=ShipmentVerdict.WAITING, ship_by_at__lt=now)
    return waiting.update(shipment=ShipmentVerdict.OVERDUE)


def due_accounts(now: datetime) -> set[int]:
    """The ids of the accounts in which an order has become overdue; read from a small partial index."""
    waiting = Order.objects.filter(shipment=ShipmentVerdict.WAITING, ship_by_at__lt=now)
    return set(waiting.values_list("account_id", flat=True))
