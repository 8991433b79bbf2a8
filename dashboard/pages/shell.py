"""What stands around every page: how fresh the figures are, and the accounts one can switch to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard import words
from dashboard.arrived import Line, lines
from kpis.completeness import completeness
from kpis.freshness import Freshness, freshness
from kpis.queue import late_count
from sellers.days import local_day
from sellers.models import SellerAccount

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Shell:
    """`zone` is the account's on an account's pages and UTC where several accounts stand side by side."""

    accounts: Sequence[SellerAccount]
    freshness: Freshness
    zone: ZoneInfo
    today: date
    shown: Sequence[SellerAccount]  # those the page is about
    late: int  # waits beyond 24 hours, in all accounts this person may see
    lines: Sequence[Line] = ()  # on an account's pages: how far its data has come

    @property
    def complete_until(self) -> str:
        """The last day of which all data has come that is still delivered; nothing where none is."""
        days = [line.data.complete_until for line in self.lines if line.data.awaited and line.data.complete_until]
        return words.long_day(min(days)) if days else ""

    @property
    def is_sample(self) -> bool:
        """Whether what the page shows is made up."""
        return any(account.demo for account in self.shown)

    @property
    def newest_day(self) -> str:
        day = self.freshness.newest_day
        return "" if day is None else words.long_day(day)

    @property
    def counted_at(self) -> str:
        at = self.freshness.counted_at
        return "" if at is None else words.moment(at, self.zone)

    @property
    def is_current(self) -> bool:
        """Nothing waits or is set aside, and there are figures up to yesterday."""
        fresh, day = self.freshness, self.freshness.newest_day
        return not (fresh.waiting or fresh.set_aside) and day is not None and day >= self.today - timedelta(days=1)


def shell(accounts: Sequence[SellerAccount], now: datetime, account: SellerAccount | None = None) -> Shell:
    """Three queries. On an account's page the freshness is that account's; a fourth says how far its data has come."""
    zone = UTC_ZONE if account is None else account.zone
    shown = accounts if account is None else [account]
    fresh = freshness(shown)
    today = local_day(now.astimezone(UTC), zone)
    late = late_count(accounts, now)
    if account is None:
        return Shell(accounts, fresh, zone, today, shown, late)
    data = list(completeness([account])[account.id].values())
    return Shell(accounts, fresh, zone, today, shown, late, lines(account, data))
