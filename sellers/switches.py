"""What follows from a changed switch of an account: another zone means other days, another rule other verdicts.

So it is with what stands in tables of its own and holds from a day on: dated switches, calendars and holidays.
"""

from collections.abc import Callable
from datetime import datetime

from django.dispatch import Signal

from sellers.dated_switches import Switches, switches_of
from sellers.facts import restamp
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

__all__ = ["CALENDARS", "DERIVED", "HOLIDAYS", "Switches", "follow", "follow_dated", "switched", "switches_of"]

# Names of changes that are no column of the account.
CALENDARS, HOLIDAYS = "calendars", "holidays"
DERIVED = "derived"  # a newer release derives more, or otherwise

# Sent with the account, the names of what changed (columns, dated switches, and the three names above) and the moment;
# messaging, orders and intake listen. The sender has taken the account's writing lock.
switched = Signal()


def follow(
    account: SellerAccount, names: set[str], now: datetime, report: Callable[[str], None] = lambda line: None
) -> None:
    """Bring the account's rows in line with the columns of it that changed, in the transaction of the change.

    A new zone reads every row of the account; a new rule recomputes every order or conversation.
    """
    lock_for_writing(account.id)
    if names & {"time_zone", DERIVED}:
        restamp(account, report)
    switched.send(SellerAccount, account=account, names=names, now=now)


def follow_dated(account_id: int | None, names: set[str], now: datetime) -> None:
    """Bring rows in line with something dated that changed for one account, or for all if it belongs to none.

    One account after another in the order of their ids, so that two such changes never wait for each other in a ring.
    """
    accounts = SellerAccount.objects.order_by("id")
    for account in accounts if account_id is None else accounts.filter(id=account_id):
        follow(account, names, now)
