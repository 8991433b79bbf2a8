"""The reply queue: every turn in which a buyer still waits, the oldest first, against its 24 hours."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet

from kpis.catalogue import waiting as declared
from kpis.waiting import LOOK_BACK
from sellers.days import local_day
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Wait:
    """A turn without an answer. The clock runs through nights and weekends; exactly 24 hours is not overdue yet."""

    conversation: str
    system: str
    status: str
    channel: str
    topic: str
    url: str
    opened_at: datetime
    due_at: datetime
    seconds_left: int  # negative when the deadline has passed

    @property
    def overdue(self) -> bool:
        return self.seconds_left < 0


@dataclass(frozen=True)
class Queue:
    """Who waits in an account as of `now`, of the turns opened in the last 30 days."""

    account: SellerAccount
    now: datetime

    @cached_property
    def count(self) -> int:
        return self._turns().count()

    def page(self, start: int, stop: int) -> list[Wait]:
        """Waits `start` up to `stop`, oldest first."""
        turns = self._turns().order_by(declared.FACT.moment, "pk").values_list(*declared.SHOWN.values())
        return [self._wait(dict(zip(declared.SHOWN, turn, strict=True))) for turn in turns[start:stop]]

    def _turns(self) -> QuerySet:
        fact = declared.FACT
        since = local_day(self.now, self.account.zone) - LOOK_BACK
        recent = Q(account=self.account, **{f"{fact.day}__gte": since})
        return fact.model._base_manager.filter(recent & fact.rows & declared.WAITS)

    def _wait(self, shown: dict) -> Wait:
        due_at = shown["opened_at"] + declared.DUE_AFTER
        left = due_at - self.now
        return Wait(**shown, due_at=due_at, seconds_left=left.days * 86_400 + left.seconds)
