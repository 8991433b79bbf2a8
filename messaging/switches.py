"""Turns and replies follow the account's switches and the targets for answers."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from messaging.recompute import recompute_account, recompute_turns
from messaging.targets import ResponseTarget, accounts_of
from sellers.models import SellerAccount
from sellers.switches import CALENDARS, DERIVED, HOLIDAYS, switched

DECISIVE = {"bots_count", "time_zone", DERIVED}  # another zone moves turns to days on which another rule may hold


BUSINESS_HOURS = {CALENDARS, HOLIDAYS}


@receiver(switched)
def follow_switches(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if names & DECISIVE:
        recompute_account(account, now)
    elif names & BUSINESS_HOURS:
        recompute_turns(account, date.min, now)


def follow_targets(rows: Collection[ResponseTarget], now: datetime) -> None:
    """Judge anew the turns that these targets applied to, or apply to now, in the transaction of the change."""
    since = min(row.valid_from for row in rows)
    for account in accounts_of(rows):
        recompute_turns(account, since, now)
