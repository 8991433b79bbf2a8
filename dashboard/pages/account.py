"""The account page: the score first, then orders, response and satisfaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboard import charts, words
from dashboard.addresses import WEEKS, ReportDay
from dashboard.cards import Card, cards
from dashboard.joining import sentences
from dashboard.known import Known
from dashboard.marks import by_week, sentence
from dashboard.pages.connections import broken_connections
from dashboard.pages.notes import Noted, newest, on_chart
from dashboard.silence import Silence, silences
from dashboard.waits import Bars, bars
from intake.models import Connection
from kpis.catalogue import DECLARED, satisfaction
from kpis.catalogue.first_replies import METRIC as FIRST_REPLY
from kpis.fleet import WORST_FIRST
from kpis.metrics import Imported, Text
from kpis.readings import readings
from kpis.targets import Band
from kpis.trends import TrendPoint, trend, trends
from kpis.waiting import Waiting, waiting
from sellers.days import WEEK, day_start, last_complete_day, local_day, week_end_on_or_before
from sellers.models import Note, SellerAccount

SPARK_WEEKS = 12
FIRST = 4  # cards of a group in which no figure has a target, before the others are folded away
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
    """The figures of one group: cards, what was never imported by what to import, and what never had a figure.

    `cards` are those that people look at first, `more` the others that have a figure.
    """

    title: Text
    anchor: str
    cards: list[Card]
    more: list[Card]
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
        return min(4, len(self.cards)) or 4

    def _with(self, band: Band) -> int:
        return sum(each.reading.band is band for entry in [*self.cards, *self.more] for each in entry.family)


@dataclass(frozen=True)
class WeekLine:
    """A published week of the score in the chart's table twin."""

    point: TrendPoint
    noted: Sequence[Note]  # what people noted in it

    @property
    def week(self) -> str:
        return words.long_day(self.point.ends_on)

    @property
    def word(self) -> Text:
        return words.band_word(charts.judged(self.point), self.point.band)

    @property
    def basis(self) -> str:
        return charts.basis(self.point)

    @property
    def note(self) -> str:
        return sentences([*charts.notes(self.point), *map(sentence, self.noted)])


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page shows."""

    account: SellerAccount
    day: Day
    score: Card
    weeks: int  # of the chart
    chart: dict[str, Any]
    chart_weeks: Sequence[WeekLine]  # the same as a table, oldest first
    groups: list[Group]
    replies: Bars | None  # how fast buyers get a first reply
    waiting: Waiting
    next_update: str
    silence: Silence | None
    broken: list[Connection]  # connections that bring nothing in
    notes: list[Noted]  # the newest
    known: Known | None = None
    all_weeks = WEEKS

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def finding(self) -> str:
        return charts.finding(self.score.metric, [line.point for line in self.chart_weeks])

    @property
    def has(self) -> dict[str, bool]:
        """Which signs the chart shows, so that they are explained."""
        return charts.signs(self.chart)

    @property
    def week_lines(self) -> list[WeekLine]:
        """The chart's weeks as a table, newest first."""
        return list(reversed(self.chart_weeks))


def report_day(account: SellerAccount, address: Any, now: datetime) -> Day:
    """The day asked for, or the newest complete day of the account's zone."""
    newest = last_complete_day(now, account.zone)
    form = ReportDay(address, last=newest)
    return Day(form.value("on"), newest, form.problem, form.value("known_on"))


def account_page(
    account: SellerAccount, day: Day, now: datetime, weeks: int = SPARK_WEEKS, known: Known | None = None
) -> AccountPage:
    """Every figure of one account on its report day, or as it was known; in a constant number of queries.

    `weeks` is how far the chart of the score goes back; a chart of more weeks than the sparklines show costs two more.
    """
    today = local_day(now, account.zone)
    on, known_at = day.on, None
    if known is None:
        found = readings(account, on)
    else:
        found, on, known_at, today = known.readings, known.ends_on, known.at, known.today
    points = trends([account], DECLARED, SPARK_WEEKS, until=on, known_at=known_at)
    entries = cards(found, points, on, today)
    score = next(entry for entry in entries if entry.metric is SCORE)
    charted = score.points if weeks == SPARK_WEEKS else trend(account, SCORE, weeks, until=on, known_at=known_at)
    noted = on_chart(account, SCORE, charted)
    first_reply = next(reading for reading in found if reading.metric is FIRST_REPLY)
    return AccountPage(
        account=account,
        day=day,
        score=score,
        weeks=weeks,
        chart=charts.trend_chart(score.metric, charted, today, small=True, noted=noted),
        chart_weeks=[WeekLine(point, of_week) for point, of_week in zip(charted, by_week(charted, noted), strict=True)],
        groups=grouped([entry for entry in entries if entry is not score]),
        waiting=waiting([account], now)[account.id],
        next_update=words.weekday_moment(_next_week(account, now), account.zone),
        # Who has fallen silent and who waited how long is read from rows, which stand as they are now.
        replies=bars(first_reply) if known is None and not first_reply.needs else None,
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
    shown = [entry for entry in known if not entry.is_empty]
    first = [entry for entry in shown if entry.reading.rule.target is not None] or shown[:FIRST]
    return Group(
        title=members[0].metric.group,
        anchor=f"group-{number}",
        cards=first,
        more=[entry for entry in shown if entry not in first],
        missing=list(missing.values()),
        empty=[entry for entry in known if entry.is_empty],
    )


def _next_week(account: SellerAccount, now: datetime) -> datetime:
    """When the running week ends in the account's zone, and the next score is worked out."""
    over = week_end_on_or_before(last_complete_day(now, account.zone), account.week_start)
    return day_start(over + WEEK + timedelta(days=1), account.zone)
