"""Who waits for an answer now, counted from rows: a queue is a state, not a figure of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from kpis.catalogue import waiting as declared
from sellers.models import SellerAccount

# A turn that nobody answered for this long will not be answered any more; it stays in the rates of its day.
LOOK_BACK = timedelta(days=30)


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


def waiting(accounts: Sequence[SellerAccount], today: date) -> dict[int, Waiting]:
    """Who waits in each account, of the turns opened in the last 30 days: one query."""
    fact = declared.FACT
    recent = Q(account__in=[account.id for account in accounts], **{f"{fact.day}__gte": today - LOOK_BACK})
    rows = (
        fact.model._base_manager.filter(recent & fact.rows & declared.WAITS)
        .order_by()
        .values_list("account_id")
        .annotate(overdue=Count("pk", filter=declared.OVERDUE), not_due=Count("pk", filter=declared.NOT_DUE))
    )
    found = {account_id: Waiting(overdue, not_due) for account_id, overdue, not_due in rows}
    return {account.id: found.get(account.id, Waiting()) for account in accounts}
