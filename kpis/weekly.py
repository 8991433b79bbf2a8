"""The weekly report: what a published week says beside the week before it. Only what was published is read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Max

from kpis.attention import most_pressing
from kpis.catalogue import DECLARED, METRICS
from kpis.changes import Change, Goodness, change
from kpis.fleet import WORST_FIRST, worst_first
from kpis.metrics import Metric, Window
from kpis.models import WeekReport
from kpis.published import figures_of
from kpis.readings import Reading, State
from kpis.targets import Band
from sellers.days import WEEK, week_end_on_or_before
from sellers.models import SellerAccount, Weekday

SCORE = METRICS["customer_service_score"]
# Of many accounts side by side, what has a colour and stands for itself.
JUDGED = [metric for metric in DECLARED if metric.rule.target and not metric.parts_of and not metric.variant_of]


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure of the week and what was published for the week before; None where that week said nothing of it."""

    reading: Reading
    before: Reading | None

    @property
    def metric(self) -> Metric:
        return self.reading.metric

    @property
    def is_main(self) -> bool:
        """Whether the figure stands for itself: it is no part and no other window of another one."""
        return not self.metric.parts_of and not self.metric.variant_of

    @property
    def change(self) -> Change | None:
        return change(self.before, self.reading)

    @property
    def crossed(self) -> Goodness:
        """Whether it came into a better or a worse colour; neutral where it kept its colour or had none."""
        before = Band.NONE if self.before is None else self.before.band
        if Band.NONE in (before, self.reading.band):
            return Goodness.NEUTRAL
        ranks = WORST_FIRST.index(self.reading.band), WORST_FIRST.index(before)
        if ranks[0] == ranks[1]:
            return Goodness.NEUTRAL
        return Goodness.GOOD if ranks[0] > ranks[1] else Goodness.BAD

    @property
    def moved(self) -> Goodness:
        """Whether it became better or worse in its colour, by more than chance alone would move it."""
        found = self.change
        return Goodness.NEUTRAL if found is None or self.crossed is not Goodness.NEUTRAL else found.goodness

    @property
    def is_gone(self) -> bool:
        """Whether it had a figure the week before and has none now."""
        return self.reading.value is None and self.before is not None and self.before.value is not None


@dataclass(frozen=True)
class Week:
    """One account's published week: its newest revision, its figures beside the week before.

    What it tells is told of figures that stand for themselves; parts and other windows would say the same again.
    """

    account: SellerAccount
    report: WeekReport
    has_before: bool
    figures: Sequence[Beside]

    @property
    def ends_on(self) -> date:
        return self.report.ends_on

    @cached_property
    def main(self) -> list[Beside]:
        return [one for one in self.figures if one.is_main]

    @cached_property
    def score(self) -> Beside:
        """The customer-service score; without a value where it was not published."""
        found = next((one for one in self.figures if one.metric is SCORE), None)
        window = Window.ending(self.ends_on, SCORE.rule.days)
        return found or Beside(Reading(metric=SCORE, account=self.account, rule=SCORE.rule, window=window), None)

    @cached_property
    def crossed(self) -> list[Beside]:
        """Figures in another colour than the week before, the worse ones first."""
        return _worse_first((one, one.crossed) for one in self.main)

    @cached_property
    def moved(self) -> list[Beside]:
        """Figures that kept their colour and are better or worse by more than chance, the worse ones first."""
        return _worse_first((one, one.moved) for one in self.main)

    @property
    def gone(self) -> list[Beside]:
        return [one for one in self.main if one.is_gone]

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to tell that the report of the week before did not tell."""
        return bool(self.crossed or self.moved or self.gone) or not self.has_before

    @cached_property
    def pressing(self) -> list[Reading]:
        """What to look at first, the most urgent first."""
        return most_pressing(one.reading for one in self.main)

    def count(self, band: Band) -> int:
        """How many figures have this colour."""
        return sum(one.reading.band is band for one in self.main)

    def crossings(self, way: Goodness) -> int:
        return sum(one.crossed is way for one in self.main)

    @property
    def incomplete(self) -> list[Reading]:
        """Figures whose window reached beyond the days whose data was there when they were published."""
        return [one.reading for one in self.main if one.reading.complete_until is not None]

    @property
    def too_few(self) -> list[Reading]:
        return [one.reading for one in self.main if one.reading.state is State.TOO_FEW]


def _worse_first(found: Iterable[tuple[Beside, Goodness]]) -> list[Beside]:
    rank = {Goodness.BAD: 0, Goodness.GOOD: 1}
    return [one for one, way in sorted((pair for pair in found if pair[1] in rank), key=lambda pair: rank[pair[1]])]


def week_of(account: SellerAccount, ends_on: date, known_at: datetime | None = None) -> Week | None:
    """One week of an account in the revision known at that moment; None where none was. Two queries."""
    found = _reports([account], ends_on - WEEK, ends_on, known_at)
    if (account.id, ends_on) not in found:
        return None
    return _weeks({account.id: account}, {account.id: ends_on}, found, DECLARED)[account.id]


def weeks_by(
    accounts: Sequence[SellerAccount],
    day: date,
    known_at: datetime | None = None,
    metrics: Collection[Metric] = JUDGED,
) -> list[Week]:
    """The week of each account that ended on this day or in the six before it, worst score first. Two queries.

    Accounts may begin their weeks on different days, so a day names one week of each. One that published nothing for
    it is left out.
    """
    own = {account.id: week_end_on_or_before(day, account.week_start) for account in accounts}
    found = _reports(accounts, day - 2 * WEEK, day, known_at)
    shops = {account.id: account for account in accounts if (account.id, own[account.id]) in found}
    weeks = _weeks(shops, own, found, metrics)
    return [weeks[score.account.id] for score in worst_first(week.score.reading for week in weeks.values())]


def _reports(
    accounts: Sequence[SellerAccount], after: date, until: date, known_at: datetime | None
) -> dict[tuple[int, date], WeekReport]:
    """The newest revision known of each week that ended in these days, `after` included, by account and last day."""
    reports = WeekReport.objects.filter(account__in=accounts, ends_on__range=(after, until))
    if known_at is not None:
        reports = reports.filter(published_at__lte=known_at)
    return {(report.account_id, report.ends_on): report for report in reports.order_by("revision")}


def _weeks(
    accounts: Mapping[int, SellerAccount],
    ends_on: Mapping[int, date],
    reports: Mapping[tuple[int, date], WeekReport],
    metrics: Collection[Metric],
) -> dict[int, Week]:
    now = {key: reports[key, ends_on[key]] for key in accounts}
    before = {key: found for key in accounts if (found := reports.get((key, ends_on[key] - WEEK)))}
    wanted = {report.id: accounts[key] for each in (now, before) for key, report in each.items()}
    figures = figures_of(wanted, metrics)
    return {
        key: Week(
            account=account,
            report=now[key],
            has_before=key in before,
            figures=_beside(figures[now[key].id], figures[before[key].id] if key in before else []),
        )
        for key, account in accounts.items()
    }


def _beside(now: Iterable[Reading], before: Iterable[Reading]) -> list[Beside]:
    earlier = {reading.metric.slug: reading for reading in before}
    return [Beside(reading, earlier.get(reading.metric.slug)) for reading in now]


def published_weeks(accounts: Sequence[SellerAccount]) -> list[date]:
    """The last days of every week that any of the accounts has published, newest first. One query."""
    found = WeekReport.objects.filter(account__in=accounts, revision=0).order_by("-ends_on")
    return list(found.values_list("ends_on", flat=True).distinct())


def calendar_weeks(accounts: Sequence[SellerAccount], now: datetime) -> list[date]:
    """The Sundays that name the weeks in which any of the accounts published something, newest first.

    A Sunday whose week is not over everywhere is there as soon as one account has published.
    """
    sundays = {end + timedelta(days=Weekday.SUNDAY - end.weekday()) for end in published_weeks(accounts)}
    return sorted((day for day in sundays if day <= now.date()), reverse=True)


def awaited(accounts: Sequence[SellerAccount], day: date) -> list[SellerAccount]:
    """The accounts that publish weeks and have not published the one that ended on this day or just before. One query.

    One that has never published a week has nothing to wait for.
    """
    newest = dict(
        WeekReport.objects.filter(account__in=accounts).order_by().values_list("account").annotate(day=Max("ends_on"))
    )
    return [
        account
        for account in accounts
        if account.id in newest and newest[account.id] < week_end_on_or_before(day, account.week_start)
    ]
