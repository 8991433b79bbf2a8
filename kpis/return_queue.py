"""The second clock: return requests that nobody has answered, each due 48 hours after it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from kpis.catalogue import waiting as declared
from kpis.queue import recent
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Request:
    """A return request without an answer. Where only its day is known, its 48 hours begin when that day ends."""

    account: SellerAccount
    row: int
    order: str
    number: str
    reason: str
    comment: str
    due_at: datetime
    now: datetime

    @property
    def seconds_left(self) -> int:
        """Of the 48 hours; negative when they are over."""
        left = self.due_at - self.now
        return left.days * 86_400 + left.seconds


@dataclass(frozen=True)
class ReturnQueue:
    """The unanswered return requests of these accounts as of `now`, of those that came in the last 30 days."""

    accounts: Sequence[SellerAccount]
    now: datetime

    @property
    def count(self) -> int:
        return self._counts[0]

    @property
    def overdue(self) -> int:
        return self._counts[1]

    @cached_property
    def _counts(self) -> tuple[int, int]:
        overdue = Q(**{f"{declared.RETURN_DUE}__lt": self.now})
        found = self._rows().aggregate(all=Count("pk"), overdue=Count("pk", filter=overdue))
        return found["all"], found["overdue"]

    def pressing(self, start: int, stop: int) -> list[Request]:
        """Requests `start` up to `stop`, by deadline."""
        accounts = {account.id: account for account in self.accounts}
        rows = self._rows().order_by(declared.RETURN_DUE, "pk").values_list(*declared.RETURN_SHOWN.values())
        shown = [dict(zip(declared.RETURN_SHOWN, row, strict=True)) for row in rows[start:stop]]
        return [Request(account=accounts[one.pop("account_id")], now=self.now, **one) for one in shown]

    def _rows(self) -> QuerySet:
        fact = declared.RETURNS
        rows: QuerySet = fact.model._base_manager.filter(
            recent(self.accounts, self.now, fact.day) & fact.rows & declared.UNANSWERED
        )
        return rows.order_by()
