"""Writes the verdicts of orders, in the transaction of every write that touches an order or something said about it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from orders.models import Chargeback, Claim, Feedback, Order, Shipment
from orders.verdicts import cancellation_verdict, confirmed_at, defects, shipment_verdict, standing
from sellers.dated_switches import Switches, switches_of
from sellers.locks import lock_for_writing
from sellers.models import AtozRule, SellerAccount

Row = TypeVar("Row", Feedback, Claim, Chargeback)

CHUNK = 500  # orders read at once: a few thousand rows in memory

VERDICTS = tuple(name for name in Order.derived if name != "day")


def recompute_orders(account: SellerAccount, external_ids: Collection[str], now: datetime) -> None:
    """Bring the verdicts of the account's orders with these external IDs in line with what is known, as of `now`.

    IDs without an order are skipped: what was said about them joins when the order arrives, because the order's own
    write calls this too.
    """
    lock_for_writing(account.id)
    wanted = sorted(set(external_ids))
    switches = switches_of(account)
    for start in range(0, len(wanted), CHUNK):
        _recompute(account, wanted[start : start + CHUNK], now, switches)


def _recompute(account: SellerAccount, external_ids: list[str], now: datetime, switches: Switches) -> None:
    orders = list(Order.objects.filter(account=account, external_id__in=external_ids))
    found = {order.external_id for order in orders}
    shipments: dict[int, list[Shipment]] = defaultdict(list)
    for shipment in Shipment.objects.filter(order__in=orders):
        shipments[shipment.order_id].append(shipment)
    feedback = _by_order(Feedback, account, found)
    claims = _by_order(Claim, account, found)
    chargebacks = _by_order(Chargeback, account, found)
    changed = []
    for order in orders:
        order.account = account
        confirmed = confirmed_at(shipments[order.id])
        bad = defects(
            feedback[order.external_id],
            claims[order.external_id],
            chargebacks[order.external_id],
            every_claim=switches.on("atoz_rule", order.day) == AtozRule.ALL,
        )
        verdicts = {
            "confirmed_at": confirmed,
            "standing": standing(order),
            "shipment": shipment_verdict(order, confirmed, now),
            "cancellation": cancellation_verdict(order, confirmed),
            "negative_feedback": bad.negative_feedback,
            "claimed": bad.claimed,
            "claim_counts": bad.claim_counts,
            "chargeback_counts": bad.chargeback_counts,
            "defective": bad.defective,
        }
        if any(getattr(order, name) != value for name, value in verdicts.items()):
            for name, value in verdicts.items():
                setattr(order, name, value)
            changed.append(order)
    Order.objects.bulk_update(changed, VERDICTS)


def _by_order(model: type[Row], account: SellerAccount, order_ids: set[str]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in model.objects.filter(account=account, order_external_id__in=order_ids):
        rows[row.order_external_id].append(row)
    return rows


def recompute_account(account: SellerAccount, now: datetime) -> None:
    """The verdicts of all orders of an account, after a switch such as `atoz_rule` changed."""
    recompute_orders(account, Order.objects.filter(account=account).values_list("external_id", flat=True), now)
