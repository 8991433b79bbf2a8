"""Order verdicts follow the account's switches, its handling times and its holidays."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from orders.recompute import recompute_account
from sellers.models import SellerAccount
from sellers.switches import DERIVED, HOLIDAYS, switched

HANDLING_TIMES = "handling_times"  # a change of them, as `sellers.switches.switched` tells it

# Another zone moves orders to days on which another rule may hold; the marketplace decides how packages count.
DECISIVE = {
    "atoz_rule", "marketplace", "pop_counts_messages", "time_zone", "handling_days", "ships_saturday", "ships_sunday",
    "same_day_cutoff", HANDLING_TIMES, HOLIDAYS, DERIVED,
}  # fmt: skip


@receiver(switched)
def follow_rules(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if names & DECISIVE:
        recompute_account(account, now)
