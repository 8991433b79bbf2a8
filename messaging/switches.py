"""Turns and replies follow the account's switches."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from messaging.recompute import recompute_account
from sellers.models import SellerAccount
from sellers.switches import switched


@receiver(switched)
def follow_bots_count(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if "bots_count" in names:
        recompute_account(account, now)
