"""What was published: a week's figures as they were known on a day, what a later revision moved, and by which rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from kpis.catalogue import METRICS
from kpis.figures import Reading, State
from kpis.metrics import Metric, Rule, Side, Window
from kpis.models import WeekReading, WeekReport
from kpis.rows import RowSet
from kpis.targets import AtLeast, AtMost, Band, Below, Target, Zero
from sellers.late import changes_between
from sellers.models import SellerAccount

SIGNS: dict[str, type[Target]] = {kind.sign: kind for kind in (Below, AtMost, AtLeast)}


@dataclass(frozen=True, slots=True)
class Published:
    """One revision of a week report and its figures, in the order they were published."""

    report: WeekReport
    readings: list[Reading]


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that one revision changed; `before` is None where the metric was not published then."""

    metric: Metric
    before: Reading | None
    after: Reading


@dataclass(frozen=True, slots=True)
class Revision:
    """A published revision and what it moved against the one before; the first one moved nothing."""

    report: WeekReport
    moved: list[Moved]


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """The rows that changed between two revisions as they stand now, and how many of them are gone."""

    rowset: RowSet
    gone: int


def as_known(account: SellerAccount, on: date, known_at: datetime | None) -> Published | None:
    """The newest week that ends on or before `on`, in the revision that was known at that moment; None: none was."""
    reports = WeekReport.objects.filter(account=account, ends_on__lte=on)
    if known_at is not None:
        reports = reports.filter(published_at__lte=known_at)
    report = reports.order_by("-ends_on", "-revision").first()
    return None if report is None else Published(report, published_in(account, report))


def revisions(account: SellerAccount, ends_on: date) -> list[Revision]:
    """Every revision of one week, the oldest first, each with the figures it moved: two queries."""
    reports = list(WeekReport.objects.filter(account=account, ends_on=ends_on).order_by("revision"))
    rows: dict[int, list[WeekReading]] = {report.id: [] for report in reports}
    for row in WeekReading.objects.filter(report__in=reports).order_by("id"):
        rows[row.report_id].append(row)
    found: list[Revision] = []
    before: dict[str, WeekReading] = {}
    for report in reports:
        now = {row.metric: row for row in rows[report.id] if row.metric in METRICS}
        moved = [
            Moved(METRICS[slug], _reading(account, before[slug]) if slug in before else None, _reading(account, row))
            for slug, row in now.items()
            if before and (slug not in before or _said(row) != _said(before[slug]))
        ]
        found.append(Revision(report, moved))
        before = now
    return found


def restated(
    account: SellerAccount, metric: Metric, weeks: Collection[date], known_at: datetime | None = None
) -> dict[date, Reading]:
    """Of these weeks those whose figure a revision moved, with what it said before. One query.

    That what was open when the week ended has been decided is no restatement: such a week was provisional.
    """
    rows = WeekReading.objects.filter(account=account, metric=metric.slug, ends_on__in=weeks)
    if known_at is not None:
        rows = rows.filter(report__published_at__lte=known_at)
    found: dict[date, Reading] = {}
    for before, after in pairwise(rows.select_related("report").order_by("ends_on", "revision")):
        moved = before.ends_on == after.ends_on and (before.value, before.band) != (after.value, after.band)
        if moved and after.report.reason != WeekReport.Reason.RIPENED:
            found[after.ends_on] = _reading(account, before)
    return found


def changed_rows(report: WeekReport, metric: Metric) -> ChangedRows:
    """The rows of the metric's windows that changed since the revision before, the newest first."""
    own = list(
        WeekReading.objects.filter(
            account=report.account_id, ends_on=report.ends_on, metric=metric.slug, revision__lte=report.revision
        )
        .select_related("report")
        .order_by("-revision")[:2]
    )
    reading = _reading(report.account, own[0])
    window = Window(min(row.window_from for row in own), max(row.window_to for row in own))
    after = own[1].report.changes_until if len(own) == 2 else report.changes_until
    changes = changes_between(report.account_id, after, report.changes_until).filter(
        fact=metric.fact.slug, day__range=(window.first, window.last)
    )
    keys = changes.order_by().values("row_id").distinct()
    rows = metric.fact.model._base_manager.filter(pk__in=keys)
    own_rows = rows.filter(metric.fact.rows & metric.among)
    return ChangedRows(RowSet(reading, Side.FOR, own_rows), keys.count() - rows.count())


def kept_rule(metric: Metric, kept: dict[str, Any] | None) -> Rule:
    """The rule that judged a published figure; figures of before rules were kept had the declared one."""
    return metric.rule if kept is None else _rule(**kept)


@lru_cache(maxsize=1000)  # the weeks on one page were judged by few rules, which are read from texts
def _rule(days: int, lag: int, minimum: int, sign: str | None, limit: str | None, goal: str | None) -> Rule:
    target: Target | None = None
    if sign == Zero.sign:
        target = Zero()
    elif sign and limit and goal:
        target = SIGNS[sign](limit, goal)
    return Rule(days=days, lag=lag, minimum=minimum, target=target)


def kept_stats(kept: dict[str, str | None] | None) -> dict[str, Fraction | None] | None:
    """Mean, median and 90th percentile of a published figure in seconds, as exact as they were."""
    if kept is None:
        return None
    return {name: None if text is None else Fraction(text) for name, text in kept.items()}


def published_in(account: SellerAccount, report: WeekReport) -> list[Reading]:
    """The figures of one revision, in the order they were published."""
    rows: Iterable[WeekReading] = report.readings.order_by("id")
    return [_reading(account, row) for row in rows if row.metric in METRICS]


def _reading(account: SellerAccount, row: WeekReading) -> Reading:
    metric = METRICS[row.metric]
    return Reading(
        metric=metric,
        account=account,
        rule=kept_rule(metric, row.rule),
        window=Window(row.window_from, row.window_to),
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        n=row.n,
        state=State(row.state),
        band=Band(row.band),
        carried_from=row.carried_from,
        counted_now=row.counted_now,
        stats=kept_stats(row.stats),
        complete_until=row.complete_until,
    )


def figures_of(
    reports: Mapping[int, SellerAccount], metrics: Collection[Metric] | None = None
) -> dict[int, list[Reading]]:
    """The figures of several revisions, given as report id and account, in the order they were published: one query."""
    rows = WeekReading.objects.filter(report__in=reports).order_by("id")
    if metrics is not None:
        rows = rows.filter(metric__in=[metric.slug for metric in metrics])
    found: dict[int, list[Reading]] = {report_id: [] for report_id in reports}
    for row in rows:
        if row.metric in METRICS:
            found[row.report_id].append(_reading(reports[row.report_id], row))
    return found


SAID = ("value", "numerator", "denominator", "n", "band", "state", "window_from", "window_to", "stats", "rule")


def _said(row: WeekReading) -> list[Any]:
    """What people would see differ."""
    return [getattr(row, name) for name in SAID]
