"""Deadlines as the proof reads them: rows that still wait although their time is over were missed by their lapse."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from kpis.catalogue.facts import contacts, orders_placed, resolutions, turns
from kpis.metrics import Fact
from messaging.models import OneTouch, Reply
from messaging.resolutions import LASTING
from messaging.turns import TARGET
from orders.models import ShipmentVerdict


@dataclass(frozen=True)
class Deadline:
    """No row of the fact may meet `waits` once `after` has passed since its moment in `column`."""

    name: str
    fact: Fact
    waits: Q
    column: str
    after: timedelta


DEADLINES = (
    Deadline("reply", contacts, Q(reply=Reply.PENDING), contacts.moment, TARGET),
    Deadline("reply", turns, Q(reply=Reply.PENDING), turns.moment, TARGET),
    Deadline("target", turns, Q(target_reply=Reply.PENDING), "due_at", timedelta()),
    Deadline("one_touch", resolutions, Q(one_touch=OneTouch.WAITING), resolutions.moment, LASTING),
    Deadline("shipment", orders_placed, Q(shipment=ShipmentVerdict.WAITING), "ship_by_at", timedelta()),
)
