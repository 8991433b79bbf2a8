"""Turns and replies follow the account's switches."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from messaging.recompute import recompute_account
from sellers.models import SellerAccount
from sellers.switches import switched

DECISIVE = {"bots_count", "time_zone"}  # another zone moves turns to days on which another rule may hold


@receiver(switched)
def follow_bots_count(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if names & DECISIVE:
        recompute_account(account, now)
