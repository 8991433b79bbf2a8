"""The account page: the score first, then orders, response and satisfaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboard import charts, words
from dashboard.cards import Card, cards
from dashboard.forms import ReportDay
from dashboard.known import Known
from dashboard.pages.connections import broken_connections
from dashboard.pages.notes import Noted, newest, on_chart
from dashboard.silence import Silence, silences
from intake.models import Connection
from kpis.catalogue import DECLARED, satisfaction
from kpis.fleet import WORST_FIRST
from kpis.metrics import Imported, Text
from kpis.readings import readings
from kpis.targets import Band
from kpis.trends import trends
from kpis.waiting import Waiting, waiting
from sellers.days import WEEK, day_start, last_complete_day, local_day, week_end_on_or_before
from sellers.models import SellerAccount

WEEKS = 12
SCORE = satisfaction.customer_service_score


@dataclass(frozen=True)
class Day:
    """The report day of a page, and the days around it. `query` repeats it in links, unless it is the newest."""

    on: date
    newest: date
    problem: str
    known: date | None = None  # figures as they were known at the end of this day; None: as they are known now

    @property
    def label(self) -> str:
        return words.long_day(self.on)

    @property
    def query(self) -> str:
        given = {"on": self.on.isoformat()} if self.on != self.newest else {}
        return f"?{urlencode(given | self.knowing)}" if given or self.known else ""

    @property
    def known_query(self) -> str:
        """Only the day whose knowledge is shown, for pages that have their own day."""
        return f"?{urlencode(self.knowing)}" if self.known else ""

    @property
    def knowing(self) -> dict[str, str]:
        return {"known_on": self.known.isoformat()} if self.known else {}

    @property
    def earlier(self) -> date:
        return self.on - WEEK

    @property
    def later(self) -> date | None:
        return min(self.on + WEEK, self.newest) if self.on < self.newest else None


@dataclass(frozen=True)
class Group:
    """The figures of one group: cards, what was never imported by what to import, and what never had a figure."""

    title: Text
    anchor: str
    cards: list[Card]
    missing: list[tuple[Text, list[Card]]]
    empty: list[Card]

    @property
    def red(self) -> int:
        return self._with(Band.RED)

    @property
    def yellow(self) -> int:
        return self._with(Band.YELLOW)

    @property
    def band(self) -> Band:
        """The worst colour of the group."""
        return next((band for band in WORST_FIRST if self._with(band)), Band.NONE)

    @property
    def width(self) -> int:
        """How many cards stand side by side, at most four: small groups share a row."""
        taken = sum(2 if entry.is_wide else 1 for entry in self.cards)
        return min(4, taken) or 4

    def _with(self, band: Band) -> int:
        return sum(each.reading.band is band for entry in self.cards for each in entry.family)


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page shows."""

    account: SellerAccount
    day: Day
    score: Card
    chart: dict[str, Any]
    groups: list[Group]
    waiting: Waiting
    next_update: str
    silence: Silence | None
    broken: list[Connection]  # connections that bring nothing in
    notes: list[Noted]  # the newest
    known: Known | None = None

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
    return Day(form.value("on"), newest, form.problem, form.value("known_on"))


def account_page(account: SellerAccount, day: Day, now: datetime, known: Known | None = None) -> AccountPage:
    """Every figure of one account on its report day, or as it was known; in a constant number of queries."""
    today = local_day(now, account.zone)
    if known is None:
        points = trends([account], DECLARED, WEEKS, until=day.on)
        entries = cards(readings(account, day.on), points, day.on, today)
    else:
        points = trends([account], DECLARED, WEEKS, until=known.ends_on, known_at=known.at)
        today = known.today
        entries = cards(known.readings, points, known.ends_on, today)
    score = next(entry for entry in entries if entry.metric is SCORE)
    return AccountPage(
        account=account,
        day=day,
        score=score,
        chart=charts.trend_chart(
            score.metric, score.points, today, small=True, noted=on_chart(account, score.metric, score.points)
        ),
        groups=grouped([entry for entry in entries if entry is not score]),
        waiting=waiting([account], local_day(now, account.zone))[account.id],
        next_update=words.weekday_moment(_next_week(account, now), account.zone),
        # Who has fallen silent is read from rows, which stand as they are now.
        broken=broken_connections(account, now) if known is None else [],
        silence=next(iter(silences([account], {account.id: day.on})), None) if known is None else None,
        notes=newest(account),
        known=known,
    )


def grouped(entries: Sequence[Card]) -> list[Group]:
    """By the declared group. Orders first, because they decide whether an account may go on selling."""
    found: dict[str, list[Card]] = {}
    for entry in entries:
        found.setdefault(str(entry.metric.group), []).append(entry)
    ranked = sorted(found.values(), key=_rank)
    return [_group(number, members) for number, members in enumerate(ranked, 1)]


def _rank(members: Sequence[Card]) -> tuple[bool, bool]:
    """What the platform merely reports comes last; of the rest, what is counted from orders comes first."""
    facts = {entry.metric.fact.model._meta.app_label for entry in members}
    return all(isinstance(entry.metric, Imported) for entry in members), "orders" not in facts


def _group(number: int, members: Sequence[Card]) -> Group:
    missing: dict[str, tuple[Text, list[Card]]] = {}
    for entry in members:
        if entry.is_new:
            needs = entry.metric.fact.needs
            missing.setdefault(str(needs), (needs, []))[1].append(entry)
    known = [entry for entry in members if not entry.is_new]
    return Group(
        title=members[0].metric.group,
        anchor=f"group-{number}",
        cards=[entry for entry in known if not entry.is_empty],
        missing=list(missing.values()),
        empty=[entry for entry in known if entry.is_empty],
    )


def _next_week(account: SellerAccount, now: datetime) -> datetime:
    """When the running week ends in the account's zone, and the next score is worked out."""
    over = week_end_on_or_before(last_complete_day(now, account.zone), account.week_start)
    return day_start(over + WEEK + timedelta(days=1), account.zone)
