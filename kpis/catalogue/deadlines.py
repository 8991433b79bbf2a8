"""Deadlines as the proof reads them: rows that still wait although their time is over were missed by their lapse."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from kpis.catalogue.facts import contacts, orders_placed, packages, resolutions, returns, turns
from kpis.metrics import Fact
from messaging.models import OneTouch, Reply
from messaging.resolutions import LASTING
from messaging.turns import TARGET
from orders.models import Delivery, InvoiceVerdict, ReturnAnswer, ShipmentVerdict


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
    Deadline("shipment", orders_placed, Q(shipment=ShipmentVerdict.WAITING), "due_at", timedelta()),
    Deadline("invoice", orders_placed, Q(invoice=InvoiceVerdict.WAITING), "invoice_due_at", timedelta()),
    Deadline("delivery", packages, Q(delivery=Delivery.WAITING), "deliver_by_at", timedelta()),
    Deadline("answer", returns, Q(answer=ReturnAnswer.WAITING), "answer_due_at", timedelta()),
)
