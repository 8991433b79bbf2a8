"""How far the data of an account has come, in words on the account's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import words
from kpis.completeness import Completeness
from kpis.metrics import Text
from kpis.units import NO_VALUE
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Line:
    """One fact of it."""

    account: SellerAccount
    data: Completeness

    @property
    def title(self) -> Text:
        return self.data.fact.title

    @property
    def last_fact(self) -> str:
        return moment_at(self.data.last_fact_at, self.account)

    @property
    def heard(self) -> str:
        return moment_at(self.data.heard_at, self.account)

    @property
    def complete_until(self) -> str:
        return NO_VALUE if self.data.complete_until is None else words.long_day(self.data.complete_until)


def lines(account: SellerAccount, data: Sequence[Completeness]) -> list[Line]:
    """What has ever been delivered to the account."""
    return [Line(account, one) for one in data if one.complete_until is not None]


def moment_at(at: datetime | None, account: SellerAccount) -> str:
    """A moment on the account's clock; a dash where there is none."""
    return NO_VALUE if at is None else words.moment(at, account.zone)
