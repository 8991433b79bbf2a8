"""Order verdicts follow the account's switches."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from orders.recompute import recompute_account
from sellers.models import SellerAccount
from sellers.switches import DERIVED, switched

# Another zone moves orders to days on which another rule may hold; the marketplace decides how packages count.
DECISIVE = {"atoz_rule", "marketplace", "pop_counts_messages", "time_zone", DERIVED}


@receiver(switched)
def follow_rules(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if names & DECISIVE:
        recompute_account(account, now)
