"""Passing time becomes a row: waits whose time is over turn from "not due yet" into "not answered".

And a resolve that held for seven days turns from "too early to tell" into "solved with one reply".
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Q, Value, When

from messaging.choices import OneTouch, Reply
from messaging.models import Conversation, Message, Turn
from messaging.resolutions import LASTING
from messaging.turns import TARGET
from sellers.facts import MarkingQuerySet
from sellers.models import SellerAccount

VERDICT = PositiveSmallIntegerField()


def lapse(account: SellerAccount, now: datetime) -> int:
    """Flip every verdict of the account whose deadline has passed as of `now` and mark its day; returns how many.

    Exactly 24:00:00 is not overdue yet. One conditional update for each verdict: a reply that arrives at the same time
    wins or loses as a whole, and a second run finds nothing left to do.
    """
    with transaction.atomic():
        return sum(rows.filter(account=account).update(**verdict) for rows, verdict in _passed(now))


def due(now: datetime) -> list[MarkingQuerySet]:
    """The rows whose deadline has passed, of every account; small partial indexes find them."""
    return [rows for rows, _verdict in _passed(now)]


def _passed(now: datetime) -> list[tuple[MarkingQuerySet, dict[str, Any]]]:
    """The rows whose deadline has passed, with what they turn into."""
    asked_before = now - TARGET
    overdue = Q(reply=Reply.PENDING, opened_at__lt=asked_before)
    missed = Q(target_reply=Reply.PENDING, due_at__lt=now)
    both = {
        "reply": Case(When(overdue, then=Value(Reply.NONE)), default=F("reply"), output_field=VERDICT),
        "target_reply": Case(When(missed, then=Value(Reply.NONE)), default=F("target_reply"), output_field=VERDICT),
    }
    held = Q(one_touch=OneTouch.WAITING, last_resolved_at__lt=now - LASTING)
    return [
        (Message.objects.filter(reply=Reply.PENDING, sent_at__lt=asked_before), {"reply": Reply.NONE}),
        (Turn.objects.filter(overdue | missed), both),
        (Conversation.objects.filter(held), {"one_touch": OneTouch.YES}),
    ]
