"""How many wait for an answer now, by account: a queue is a state, not a figure of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from kpis.catalogue import waiting as declared
from kpis.queue import waits
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Waiting:
    """Turns without an answer: older than 24 hours, and those whose 24 hours still run."""

    overdue: int = 0
    not_due: int = 0

    def __add__(self, other: "Waiting") -> "Waiting":
        return Waiting(self.overdue + other.overdue, self.not_due + other.not_due)

    @property
    def all(self) -> int:
        return self.overdue + self.not_due


def waiting(accounts: Sequence[SellerAccount], now: datetime) -> dict[int, Waiting]:
    """Who waits in each account, of the turns opened in the last 30 days: one query."""
    over = Q(opened_at__lt=now - declared.LIMIT)
    rows = (
        waits(accounts, now)
        .values_list("account_id")
        .annotate(overdue=Count("pk", filter=over), not_due=Count("pk", filter=~over))
    )
    found = {account_id: Waiting(overdue, not_due) for account_id, overdue, not_due in rows}
    return {account.id: found.get(account.id, Waiting()) for account in accounts}
