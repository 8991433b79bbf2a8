"""Whose first purchase an order is: the earliest order of a buyer that counts, whatever order they arrive in."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any

from django.db.models import Min, Q

from orders.models import Order, OrderStatus, Purchase, Standing
from sellers.models import SellerAccount

AGE = ("placed_at", "external_id", "system")
# What decides, and what marks the day of an order that moves.
READ = ("account_id", "buyer_key", "purchase", "standing", "status", *AGE, *Order.days, *Order.facts.values())
BOUGHT = Q(standing=Standing.COUNTS) & ~Q(status=OrderStatus.CANCELLED)


def recompute_purchases(
    account: SellerAccount, buyer_keys: Collection[str], changed: Iterable[Order] = (), new: Sequence[Order] = ()
) -> None:
    """Write `purchase` of the changed orders and of whatever other orders of these buyers it moves, and set it on new
    orders, which are not stored yet.

    All of a buyer's orders but the first are repeats, so besides the changed ones only the order that was the first
    and the one that is may differ; a buyer with thousands of orders costs no more than one with two. Orders of the
    same instant are ordered by their external ID, then by their system, as everywhere.
    """
    buyers = {key for key in buyer_keys if key}
    rows = {order.pk: order for order in changed}
    first: dict[str, Order] = {}
    if buyers:
        # SQLite takes the index of known buyers only for a query that says so itself.
        own = Order.objects.filter(account=account, buyer_key__among=buyers).exclude(buyer_key="")
        moments = own.filter(BOUGHT).order_by().values("buyer_key").annotate(earliest=Min("placed_at"))
        either = own.filter(Q(purchase=Purchase.FIRST) | Q(placed_at__in=moments.values("earliest")))
        candidates = [rows.setdefault(order.pk, order) for order in either.only(*READ)]
        for order in filter(_bought, chain(candidates, new)):
            known = first.get(order.buyer_key)
            if known is None or _age(order) < _age(known):
                first[order.buyer_key] = order
    for order in new:
        order.purchase = _purchase(order, first)
    moved = []
    for order in rows.values():
        purchase = _purchase(order, first)
        if order.purchase != purchase:
            order.account, order.purchase = account, purchase
            moved.append(order)
    Order.objects.bulk_update(moved, ["purchase"])


def _bought(order: Order) -> bool:
    """`BOUGHT` of a row in memory."""
    return order.standing == Standing.COUNTS and order.status != OrderStatus.CANCELLED


def _age(order: Order) -> tuple[Any, ...]:
    return tuple(getattr(order, name) for name in AGE)


def _purchase(order: Order, first: dict[str, Order]) -> Purchase:
    if not order.buyer_key:
        return Purchase.UNKNOWN
    if not _bought(order):
        return Purchase.NONE
    return Purchase.FIRST if first[order.buyer_key].pk == order.pk else Purchase.REPEAT
