"""The packages of orders: a part of the order in the contract, rows of their own in the database."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any, cast

from intake.contract import RECORD_TYPES
from intake.nested import Parts
from intake.pieces import in_pieces
from orders.models import Shipment
from orders.packages import judge_packages
from sellers.blank import blank, lead
from sellers.fresh import Fresh

SHIPMENT_FIELDS = cast(Parts, RECORD_TYPES["order"].fields["shipments"]).fields


def load_shipments(orders: Iterable[Any]) -> None:
    """Put the stored packages beside their orders, as the contract writes them."""
    by_order: dict[int, list[dict[str, Any]]] = defaultdict(list)
    orders = list(orders)
    keys = [order.id for order in orders]
    for shipment in chain.from_iterable(Shipment.objects.filter(order_id__among=piece) for piece in in_pieces(keys)):
        said = {name: getattr(shipment, name) for name in SHIPMENT_FIELDS}
        by_order[shipment.order_id].append(
            {
                name: SHIPMENT_FIELDS[name].to_wire(value)
                for name, value in said.items()
                if value is not None and value not in ("", [])
            }
        )
    for order in orders:
        order.loaded_shipments = sorted(by_order[order.id], key=lambda said: said["external_id"])


def write_shipments(orders: Iterable[Any], fresh: Fresh, now: datetime) -> None:
    """Replace the packages of orders as a whole; those of new orders are judged and stored with these."""
    changed = [order for order in orders if getattr(order, "shipments_changed", False)]
    stored = [order for order in changed if not fresh.has(order)]
    for piece in in_pieces(stored):
        Shipment.objects.filter(order_id__among=[order.id for order in piece]).delete()
    packages = {order.id: _packages(order) for order in changed}
    for order in stored:
        judge_packages(order, packages[order.id], now)
    Shipment.objects.bulk_create(chain.from_iterable(packages.pop(order.id) for order in stored))
    fresh.add(Shipment, list(chain.from_iterable(packages.values())))


def _packages(order: Any) -> list[Shipment]:
    packages = []
    for said in order.loaded_shipments:
        package = blank(Shipment, order.account)
        lead(package, "order", order)
        for name, value in said.items():
            setattr(package, name, SHIPMENT_FIELDS[name].from_wire(value))
        packages.append(package)
    return packages
