"""What follows from a changed switch of an account: another zone means other days, another rule other verdicts."""

from collections.abc import Callable
from datetime import datetime

from django.dispatch import Signal

from sellers.facts import restamp
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

# Sent by `follow` with the account, the names of its changed columns, and the moment; messaging and orders listen.
switched = Signal()


def follow(
    account: SellerAccount, names: set[str], now: datetime, report: Callable[[str], None] = lambda line: None
) -> None:
    """Bring the account's rows in line with the columns of it that changed, in the transaction of the change.

    A new zone reads every row of the account; a new rule recomputes every order or conversation.
    """
    if "time_zone" in names:
        lock_for_writing(account.id)
        restamp(account, report)
    switched.send(SellerAccount, account=account, names=names, now=now)
