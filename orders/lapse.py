"""Passing time becomes a row: what was promised and has not happened turns from "not due yet" into "overdue"."""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from orders.invoices import invoices_are_told
from orders.models import Delivery, InvoiceVerdict, Order, Return, ReturnAnswer, Shipment, ShipmentVerdict
from orders.recompute import recompute_orders
from orders.recompute_events import CHUNK, recompute_returns
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount


def lapse(account: SellerAccount, now: datetime) -> int:
    """Flip every order, invoice, package and return that became overdue as of `now`: how many changed."""
    steps = (_lapse_orders, _lapse_invoices, _lapse_packages, _lapse_returns)
    return sum(step(account, now) for step in steps)


def due(now: datetime) -> list[models.QuerySet[Any]]:
    """The rows that have become overdue, of every account; small partial indexes find them."""
    return [_due_orders(now), _due_invoices(now), _due_packages(now), _due_returns(now)]


def _due_orders(now: datetime) -> models.QuerySet[Order]:
    return Order.objects.filter(shipment=ShipmentVerdict.WAITING, due_at__lt=now)


def _lapse_orders(account: SellerAccount, now: datetime) -> int:
    return _due_orders(now).filter(account=account).update(shipment=ShipmentVerdict.OVERDUE)


def _due_invoices(now: datetime) -> models.QuerySet[Order]:
    return Order.objects.filter(invoice=InvoiceVerdict.WAITING, invoice_due_at__lt=now)


def _lapse_invoices(account: SellerAccount, now: datetime) -> int:
    due = _due_invoices(now).filter(account=account)
    if not due.exists():
        return 0
    with transaction.atomic():
        # The first upload of an account turns every verdict around; a writer that brings one is waited for.
        lock_for_writing(account.id)
        missing = InvoiceVerdict.MISSING if invoices_are_told(account) else InvoiceVerdict.UNTOLD
        return due.update(invoice=missing)


def _due_packages(now: datetime) -> models.QuerySet[Shipment]:
    return Shipment.objects.filter(delivery=Delivery.WAITING, deliver_by_at__lt=now)


def _lapse_packages(account: SellerAccount, now: datetime) -> int:
    """A package turns late, protected or unknown by what the carrier said, so its whole verdict is worked out anew."""
    due = _due_packages(now).filter(account=account)
    lapsed = due.count()
    orders = sorted(set(due.values_list("order__external_id", flat=True)))
    for start in range(0, len(orders), CHUNK):
        with transaction.atomic():
            recompute_orders(account, orders[start : start + CHUNK], now)
    return lapsed


def _due_returns(now: datetime) -> models.QuerySet[Return]:
    return Return.objects.filter(answer=ReturnAnswer.WAITING, answer_due_at__lt=now)


def _lapse_returns(account: SellerAccount, now: datetime) -> int:
    due = list(_due_returns(now).filter(account=account).values_list("pk", flat=True))
    for start in range(0, len(due), CHUNK):
        with transaction.atomic():
            recompute_returns(account, due[start : start + CHUNK], now)
    return len(due)
