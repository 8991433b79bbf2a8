"""How many wait for an answer now, by account: a queue is a state, not a figure of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from kpis.queue import HOUR, due_before, late, missed, waits
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Waiting:
    """Turns without an answer: late (beyond 24 hours), only beyond their own target, and those that have time left."""

    late: int = 0
    missed: int = 0
    in_time: int = 0
    soon: int = 0  # of those in time, due within 4 hours

    def __add__(self, other: "Waiting") -> "Waiting":
        return Waiting(
            self.late + other.late,
            self.missed + other.missed,
            self.in_time + other.in_time,
            self.soon + other.soon,
        )

    @property
    def not_late(self) -> int:
        return self.missed + self.in_time

    @property
    def all(self) -> int:
        return self.late + self.not_late


def waiting(accounts: Sequence[SellerAccount], now: datetime) -> dict[int, Waiting]:
    """Who waits in each account, of the turns opened in the last 30 days: one query."""
    rows = (
        waits(accounts, now)
        .values_list("account_id")
        .annotate(
            late=Count("pk", filter=late(now)),
            missed=Count("pk", filter=missed(now)),
            in_time=Count("pk", filter=~due_before(now)),
            soon=Count("pk", filter=~due_before(now) & due_before(now + 4 * HOUR)),
        )
    )
    found = {account_id: Waiting(*counts) for account_id, *counts in rows}
    return {account.id: found.get(account.id, Waiting()) for account in accounts}
