"""Passing time becomes a row: waits whose 24 hours are over turn from "not due yet" into "not answered"."""

from datetime import datetime

from django.db import transaction

from messaging.models import Message, Reply, Turn
from messaging.turns import TARGET
from sellers.models import SellerAccount


def lapse(account: SellerAccount, now: datetime) -> int:
    """Flip every overdue wait of the account as of `now` and mark its day; returns how many rows changed.

    Exactly 24:00:00 is not overdue yet. One conditional update a table: a reply that arrives at the same time wins or
    loses as a whole, and a second run finds nothing left to do.
    """
    due_before = now - TARGET
    with transaction.atomic():
        messages = Message.objects.filter(account=account, reply=Reply.PENDING, sent_at__lt=due_before)
        turns = Turn.objects.filter(account=account, reply=Reply.PENDING, opened_at__lt=due_before)
        return messages.update(reply=Reply.NONE) + turns.update(reply=Reply.NONE)


def due_accounts(now: datetime) -> set[int]:
    """The ids of the accounts in which a wait has become overdue; read from two small partial indexes."""
    due_before = now - TARGET
    messages = Message.objects.filter(reply=Reply.PENDING, sent_at__lt=due_before)
    turns = Turn.objects.filter(reply=Reply.PENDING, opened_at__lt=due_before)
    return {*messages.values_list("account_id", flat=True), *turns.values_list("account_id", flat=True)}
