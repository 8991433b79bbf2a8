"""The account page: the score first, then orders, response and satisfaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dashboard import charts, words
from dashboard.cards import Card, cards
from dashboard.forms import ReportDay
from kpis.catalogue import DECLARED
from kpis.metrics import Score, Text
from kpis.readings import readings
from kpis.trends import trends
from kpis.waiting import Waiting, waiting
from sellers.days import WEEK, day_start, last_complete_day, local_day, week_end_on_or_before
from sellers.models import SellerAccount

WEEKS = 12


@dataclass(frozen=True)
class Day:
    """The report day of a page, and the days around it. `query` repeats it in links, unless it is the newest."""

    on: date
    newest: date
    problem: str

    @property
    def label(self) -> str:
        return words.long_day(self.on)

    @property
    def query(self) -> str:
        return f"?on={self.on.isoformat()}" if self.on != self.newest else ""

    @property
    def earlier(self) -> date:
        return self.on - WEEK

    @property
    def later(self) -> date | None:
        return min(self.on + WEEK, self.newest) if self.on < self.newest else None


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page shows."""

    account: SellerAccount
    day: Day
    score: Card
    chart: dict[str, Any]
    groups: list[tuple[Text, list[Card]]]
    waiting: Waiting
    next_update: str

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def finding(self) -> str:
        return charts.finding(self.score.metric, self.score.points)

    @property
    def carried(self) -> bool:
        """Whether the chart has a week that kept an older score, so that its sign is explained."""
        return any(self.chart["carried"])


def report_day(account: SellerAccount, address: Any, now: datetime) -> Day:
    """The day asked for, or the newest complete day of the account's zone."""
    newest = last_complete_day(now, account.zone)
    form = ReportDay(address, last=newest)
    return Day(form.value("on"), newest, form.problem)


def account_page(account: SellerAccount, day: Day, now: datetime) -> AccountPage:
    """Every figure of one account on its report day, in a constant number of queries."""
    points = trends([account], DECLARED, WEEKS, until=day.on)
    score, *others = cards(readings(account, day.on), points, day.on)
    return AccountPage(
        account=account,
        day=day,
        score=score,
        chart=charts.trend_chart(score.metric, score.points, small=True),
        groups=_groups(others),
        waiting=waiting([account], local_day(now, account.zone))[account.id],
        next_update=words.weekday_moment(_next_week(account, now), account.zone),
    )


def _groups(entries: Sequence[Card]) -> list[tuple[Text, list[Card]]]:
    """Orders first, because they decide whether an account may go on selling."""
    found: dict[str, tuple[Text, list[Card]]] = {}
    for entry in entries:
        if not isinstance(entry.metric, Score):
            found.setdefault(str(entry.metric.group), (entry.metric.group, []))[1].append(entry)
    return list(reversed(found.values()))


def _next_week(account: SellerAccount, now: datetime) -> datetime:
    """When the running week ends in the account's zone, and the next score is worked out."""
    over = week_end_on_or_before(last_complete_day(now, account.zone), account.week_start)
    return day_start(over + WEEK + timedelta(days=1), account.zone)
