"""The weekly report over all accounts of a person: the list of weeks, and one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.addresses import ReportDay
from dashboard.cards import Card, card
from dashboard.pages.shell import UTC_ZONE
from dashboard.weekly import Step, Told
from kpis.attention import pressing
from kpis.catalogue import defects, order_health, response, satisfaction
from kpis.changes import Goodness
from kpis.fleet import WORST_FIRST
from kpis.metrics import Metric, Text, Window
from kpis.readings import Reading
from kpis.targets import Band
from kpis.trends import trends
from kpis.weekly import Week, calendar_weeks, weeks_by
from sellers.days import WEEK, last_complete_day, moment_of, week_end_on_or_before
from sellers.models import SellerAccount

WEEKS_A_PAGE = 13
ACCOUNTS_A_PAGE = 50
SENTENCES = 6
SCORE = satisfaction.customer_service_score
COLUMNS = (
    response.within_24h_rate,
    satisfaction.dissatisfaction_rate,
    defects.order_defect_rate,
    order_health.late_shipment_rate,
)


@dataclass(frozen=True)
class Share:
    """How many accounts have a colour of score in a week, and had the week before."""

    band: Band
    count: int
    before: int
    legend: Text

    @property
    def label(self) -> str:
        return ngettext("account: %(legend)s", "accounts: %(legend)s", self.count) % {"legend": self.legend}


def _shares(now: Sequence[Band], before: Sequence[Band]) -> list[Share]:
    legends = words.zone_words(SCORE, SCORE.rule.target) if SCORE.rule.target else {}
    return [Share(band, now.count(band), before.count(band), legends.get(band, _("No score"))) for band in WORST_FIRST]


@dataclass(frozen=True)
class FleetWeek:
    """A week in the list of reports over all accounts."""

    ends_on: date
    count: int
    shares: list[Share]
    better: int  # accounts whose score came into a better colour
    worse: int

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.ends_on, 7))


@dataclass(frozen=True)
class ReportsPage:
    """The weeks of all accounts, newest first."""

    page: Page
    weeks: list[FleetWeek]
    known: int


def reports_page(accounts: Sequence[SellerAccount], number: str, now: datetime) -> ReportsPage:
    """One page of weeks with how the scores of all accounts stood; its queries do not grow with the accounts."""
    page = Paginator(calendar_weeks(accounts, now), WEEKS_A_PAGE).get_page(number)
    days = list(page)
    found = trends(accounts, [SCORE], WEEKS_A_PAGE + 1, until=days[0]) if days else {}
    bands: dict[tuple[int, date], Band] = {
        (account_id, point.ends_on): point.band for (account_id, _slug), points in found.items() for point in points
    }
    return ReportsPage(page, [_fleet_week(accounts, day, bands) for day in days], len(accounts))


def _fleet_week(accounts: Sequence[SellerAccount], day: date, bands: dict[tuple[int, date], Band]) -> FleetWeek:
    ends = {account.id: week_end_on_or_before(day, account.week_start) for account in accounts}
    now = {key: bands[key, end] for key, end in ends.items() if (key, end) in bands}
    before = {key: bands[key, ends[key] - WEEK] for key in now if (key, ends[key] - WEEK) in bands}
    ranks = [
        (WORST_FIRST.index(now[key]), WORST_FIRST.index(earlier))
        for key, earlier in before.items()
        if Band.NONE not in (now[key], earlier)
    ]
    return FleetWeek(
        ends_on=day,
        count=len(now),
        shares=_shares(list(now.values()), list(before.values())),
        better=sum(mine > other for mine, other in ranks),
        worse=sum(mine < other for mine, other in ranks),
    )


@dataclass(frozen=True)
class KnownOn:
    """Whether figures are shown as they were known at the end of a day of UTC, since the accounts' days differ."""

    day: date | None
    newest: date  # the last day that can be asked for
    problem: str

    @property
    def at(self) -> datetime | None:
        return None if self.day is None else moment_of(self.day, UTC_ZONE)

    @property
    def label(self) -> str:
        return "" if self.day is None else words.long_day(self.day)


def known_in(address: Any, now: datetime) -> KnownOn:
    """What the address asks for."""
    newest = last_complete_day(now, UTC_ZONE)
    form = ReportDay(address, last=newest)
    return KnownOn(form.value("known_on"), newest, form.problem)


@dataclass(frozen=True)
class Row:
    """An account in the report of a week: its score, what changed, a few figures."""

    told: Told
    cells: list[Card | None]

    @property
    def account(self) -> SellerAccount:
        return self.told.account

    @property
    def week(self) -> Week:
        return self.told.week

    @property
    def better(self) -> int:
        return self.week.crossings(Goodness.GOOD)

    @property
    def worse(self) -> int:
        return self.week.crossings(Goodness.BAD)

    @property
    def red(self) -> int:
        return self.week.count(Band.RED)

    @property
    def figures(self) -> list[tuple[Text, Card | None]]:
        return [(metric.title, cell) for metric, cell in zip(COLUMNS, self.cells, strict=True)]


@dataclass(frozen=True)
class ReportPage:
    """A week over all accounts: how scores are distributed, the sentences that matter, every account worst first."""

    day: date
    known: KnownOn
    count: int  # accounts this person may see
    weeks: list[Week]
    shares: list[Share]
    steps: list[Step]
    turned: list[Told]  # accounts whose score came into another colour, the worse ones first
    page: Page
    rows: list[Row]
    absent: list[SellerAccount]  # without a report of this week
    earlier: date | None
    later: date | None
    score = SCORE

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.day, 7))

    @property
    def published(self) -> int:
        """Accounts with a report of this week."""
        return len(self.weeks)

    @property
    def columns(self) -> list[tuple[Metric, Text]]:
        return [(metric, metric.short or metric.title) for metric in COLUMNS]

    @property
    def better(self) -> int:
        """Accounts with a figure that came into a better colour."""
        return sum(bool(week.crossings(Goodness.GOOD)) for week in self.weeks)

    @property
    def worse(self) -> int:
        return sum(bool(week.crossings(Goodness.BAD)) for week in self.weeks)

    @property
    def red(self) -> int:
        """Accounts with a red figure."""
        return sum(bool(week.count(Band.RED)) for week in self.weeks)


def report_page(
    accounts: Sequence[SellerAccount],
    day: date,
    number: str,
    now: datetime,
    known: KnownOn,
) -> ReportPage:
    """The week that ended on this Sunday. Raises Http404 for a day that names no week with a report."""
    days = calendar_weeks(accounts, now)
    if day not in days:
        raise Http404
    weeks = weeks_by(accounts, day, known.at)
    page = Paginator(weeks, ACCOUNTS_A_PAGE).get_page(number)
    place = days.index(day)
    told = [Told(week) for week in weeks]
    figures = [one.reading for week in weeks for one in week.main]
    ends = {week.account.id: week.ends_on for week in weeks}
    turned = [one for one in told if one.week.score.crossed is not Goodness.NEUTRAL]
    with_report = set(ends)
    return ReportPage(
        day=day,
        known=known,
        count=len(accounts),
        weeks=weeks,
        shares=_shares(
            [week.score.reading.band for week in weeks],
            [week.score.before.band for week in weeks if week.score.before is not None],
        ),
        steps=[Step(reading, ends[reading.account.id]) for reading in pressing(figures, SENTENCES)],
        turned=sorted(turned, key=lambda one: one.week.score.crossed is not Goodness.BAD),
        page=page,
        rows=[Row(Told(week), _cells(week)) for week in page],
        absent=[account for account in accounts if account.id not in with_report],
        earlier=days[place + 1] if place + 1 < len(days) else None,
        later=days[place - 1] if place else None,
    )


def _cells(week: Week) -> list[Card | None]:
    by_slug: dict[str, Reading] = {one.metric.slug: one.reading for one in week.figures}
    found = [by_slug.get(metric.slug) for metric in COLUMNS]
    return [None if reading is None else card(reading, [], week.ends_on) for reading in found]
