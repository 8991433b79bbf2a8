"""What a person corrects in the sample accounts after their weeks were published: so weeks are published again."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from intake.corrections import Change, correct, propose
from intake.demo.incidents import this_monday
from intake.models import Correction
from messaging.models import Author, Message, Reply
from orders.models import CancellationVerdict, CancelledBy, Order, Standing
from sellers.facts import SourceRow
from sellers.models import SellerAccount

Kind = Correction.Kind


def make_corrections(today: date, now: datetime) -> list[SellerAccount]:
    """Correct rows of three accounts, once; returns the accounts whose figures may have moved.

    Nobody is named as the person: no user belongs to the sample data.
    """
    if Correction.objects.filter(account__demo=True).exists():
        return []
    accounts = {account.key: account for account in SellerAccount.objects.filter(demo=True)}
    moved = []
    for key, change, rows, reason in (
        ("demo-us", Change(Kind.NO_REPLY_NEEDED), _unanswered, "Out-of-office replies: no buyer waited for an answer."),
        ("demo-de", Change(Kind.EXCLUDE), _own_orders, "Orders of our own staff, to try the new parcels."),
    ):
        account = accounts[key]
        if found := rows(account, today):
            correct(account, found, change, by=None, now=now, reason=reason)
            moved.append(account)
    _ask(accounts["demo-jp"], now)
    return moved


def _week(today: date, weeks_ago: int) -> tuple[date, date]:
    monday = this_monday(today) - timedelta(weeks=weeks_ago)
    return monday, monday + timedelta(days=6)


def _unanswered(account: SellerAccount, today: date) -> Sequence[SourceRow]:
    """Messages that count as never answered, of the week that ended three weeks ago."""
    messages = Message.objects.filter(account=account, day__range=_week(today, 4), author_kind=Author.BUYER)
    return _first(messages.filter(reply=Reply.NONE).order_by("sent_at", "external_id"), 6)


def _own_orders(account: SellerAccount, today: date) -> Sequence[SourceRow]:
    orders = Order.objects.filter(account=account, day__range=_week(today, 5), standing=Standing.COUNTS)
    return _first(orders.order_by("placed_at", "external_id"), 3)


def _ask(account: SellerAccount, now: datetime) -> None:
    """One more is proposed and waits for somebody to decide."""
    orders = Order.objects.filter(account=account, cancellation=CancellationVerdict.SELLER)
    for order in _first(orders.order_by("-placed_at", "external_id"), 1):
        reason = "The buyer asked for it on the phone; the case is with the platform."
        change = Change(Kind.VALUES, {"cancelled_by": CancelledBy.BUYER.value})
        propose(account, order, change, by=None, now=now, reason=reason, case_number="A-4711")


def _first(rows: Iterable[Any], count: int) -> list[Any]:
    return list(rows[:count])  # type: ignore[index]  # a queryset
