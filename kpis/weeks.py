"""Closing weeks: when a week is over in the account's zone, its figures are published and kept.

A report is never overwritten. When data arrives late, or a repair changes a day that a published window covers, the
week gets a further revision with its reason, and the earlier one stays readable. After its end a week is open: buyers
of its last day may still be answered in time, or data may be on its way. It is revised once, when nothing is open.
"""

import hashlib
import logging
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

from django.db import transaction
from django.db.models import Max

from kpis.attempts import attempt
from kpis.catalogue import DECLARED
from kpis.completeness import completeness
from kpis.failures import AccountFailure
from kpis.layouts import LAYOUTS
from kpis.metrics import Rule, Score
from kpis.models import AwaitedData, CountedSpan, RecountedDay, WeekReading, WeekReport
from kpis.readings import Reading, Span, State, window_on
from kpis.rules import Rules
from kpis.sweep import sweep, sweep_account
from kpis.totals import first_days
from sellers.days import last_complete_day, week_end_on_or_before, week_ends
from sellers.late import changes_between, counted_until
from sellers.locks import lock_for_closing, lock_for_counting
from sellers.models import SellerAccount

logger = logging.getLogger(__name__)

Report = Callable[[str], None]
Figures = Sequence[dict[str, Any]]

CLOSING = AccountFailure.Work.CLOSING
BATCH = 1000  # rows deleted at once
SLICE = 13  # weeks published in one transaction: a quarter, so that on SQLite no other writer waits for long

# What figures follow from: the recipes of all facts. A week that was published by others is revised for that reason.
RECIPE = hashlib.sha256("".join(layout.recipe for layout in LAYOUTS.values()).encode()).hexdigest()[:16]


@dataclass
class Closed:
    """How many weeks were published for the first time, and how many got a further revision."""

    closed: int = 0
    revised: int = 0


def due_accounts(now: datetime) -> set[int]:
    """The ids of the accounts with a week that is over and not published, or whose days were recounted or have come."""
    due = set(RecountedDay.objects.order_by().values_list("account_id", flat=True).distinct())
    awaiting = AwaitedData.objects.order_by().values("account")
    due |= {account.id for account, _week in arrived_weeks(SellerAccount.objects.filter(id__in=awaiting))}
    published = dict(WeekReport.objects.order_by().values_list("account").annotate(newest=Max("ends_on")))
    # An account without a published week begins with the week of its first counted day.
    first_days = CountedSpan.objects.exclude(account__in=published).values_list("account_id", "first_day")
    done = {**published, **{account_id: first - timedelta(days=1) for account_id, first in first_days}}
    for account in SellerAccount.objects.filter(id__in=done):
        last = week_end_on_or_before(last_complete_day(now, account.zone), account.week_start)
        if last > done[account.id]:
            due.add(account.id)
    return due - set(AccountFailure.waits(CLOSING).values_list("account_id", flat=True))


def close_weeks(now: datetime, accounts: Iterable[SellerAccount] | None = None, report: Report | None = None) -> Closed:
    """Publish every week that is over and not published yet, and revise those whose days were recounted since.

    What waits to be counted is counted first; an account that another sweep is counting is left for the next run.
    One that fails stops no other.
    """
    done = Closed()
    for account in SellerAccount.objects.all() if accounts is None else accounts:
        if sweep(now, [account]).busy:
            continue
        closed, revised = attempt(account, CLOSING, partial(_close, account, now)) or (0, 0)
        done.closed += closed
        done.revised += revised
        if closed or revised:
            logger.info("weeks account=%s closed=%s revised=%s", account.id, closed, revised)
            if report:
                report(f"{account.key}: {closed} weeks closed, {revised} revised")
    return done


def _close(account: SellerAccount, now: datetime) -> tuple[int, int]:
    first = CountedSpan.objects.filter(account=account).values_list("first_day", flat=True).first()
    if first is None:
        return 0, 0
    _announce(account, now)
    notes = list(RecountedDay.objects.filter(account=account).values_list("id", "fact", "day"))
    over = week_ends(first, last_complete_day(now, account.zone), account.week_start)
    published = latest_reports(account)
    touched = touched_weeks(account, over, {(fact, day) for _id, fact, day in notes})
    arrived = {week for _account, week in arrived_weeks([account])}
    due = [day for day in over if day not in published or day in touched or day in arrived]
    closed = revised = 0
    for start in range(0, len(due), SLICE):
        until = counted_until(account.id)
        with transaction.atomic():
            lock_for_closing(account.id)
            new, changed = _publish_due(account, due[start : start + SLICE], now, until)
        closed, revised = closed + new, revised + changed
    ids = [note_id for note_id, _fact, _day in notes]
    for start in range(0, len(ids), BATCH):
        RecountedDay.objects.filter(id__in=ids[start : start + BATCH]).delete()
    return closed, revised


def _announce(account: SellerAccount, now: datetime) -> None:
    """Have writers and sweeps note what they change on the days about to be published, before any of it is published.

    Those that have not seen the announcement yet are waited for, and what they wrote is counted.
    """
    last = week_end_on_or_before(last_complete_day(now, account.zone), account.week_start)
    behind = SellerAccount.objects.filter(id=account.id).exclude(published_until__gte=last)
    if behind.update(published_until=last):
        with transaction.atomic():
            lock_for_counting(account.id)
        counted_until(account.id)
        sweep_account(account, now)


def arrived_weeks(accounts: Iterable[SellerAccount]) -> list[tuple[SellerAccount, date]]:
    """The published weeks of which awaited data has come, or will not come any more; two queries."""
    shops = {account.id: account for account in accounts}
    known = completeness(list(shops.values()))
    awaited = (
        AwaitedData.objects.filter(account__in=shops).order_by().values_list("account_id", "ends_on", "fact", "day")
    )
    return [
        (shops[account_id], ends_on)
        for account_id, ends_on, fact, day in awaited
        if fact not in known[account_id] or not known[account_id][fact].awaits(day)
    ]


def _publish_due(account: SellerAccount, due: Sequence[date], now: datetime, until: int) -> tuple[int, int]:
    published = latest_reports(account)
    span = Span([account], DECLARED, {account.id: due[-1]}, first=due[0])
    closed = revised = 0
    awaited: list[AwaitedData] = []
    for day in due:
        stored = published.get(day)
        found = span.readings(account, day)
        figures = [_figures(reading) for reading in found]
        is_open = any(reading.provisional_until or reading.awaits_until for reading in found)
        if stored is None:
            _publish(account, day, 0, WeekReport.Reason.CLOSED, figures, now, until, is_open)
            closed += 1
        elif not is_open and figures != (before := _stored_figures(stored)):
            _publish(account, day, stored.revision + 1, _reason(stored, before, figures, until), figures, now, until)
            revised += 1
        awaited += _awaited(account, day, found)
    AwaitedData.objects.filter(account=account, ends_on__in=due).delete()
    AwaitedData.objects.bulk_create(awaited)
    return closed, revised


def _awaited(account: SellerAccount, ends_on: date, found: Iterable[Reading]) -> list[AwaitedData]:
    """Of which facts the week still lacks data, and up to which day."""
    days: dict[str, date] = {}
    for reading in found:
        if reading.awaits_until is not None:
            fact = reading.metric.fact.slug
            days[fact] = max(days.get(fact, reading.awaits_until), reading.awaits_until)
    return [AwaitedData(account=account, ends_on=ends_on, fact=fact, day=day) for fact, day in sorted(days.items())]


def _reason(stored: WeekReport, before: Figures, after: Figures, until: int) -> WeekReport.Reason:
    """Why a published week is published again: the strongest of the reasons that apply."""
    if stored.recipe != RECIPE:
        return WeekReport.Reason.DEFINITION
    if [one["rule"] for one in before] != [one["rule"] for one in after]:
        return WeekReport.Reason.RULE
    if stored.open:
        return WeekReport.Reason.RIPENED
    changes = changes_between(stored.account_id, stored.changes_until, until)
    only_corrected = changes.exists() and not changes.filter(corrected=False).exists()
    return WeekReport.Reason.CORRECTION if only_corrected else WeekReport.Reason.LATE_DATA


def latest_reports(account: SellerAccount) -> dict[date, WeekReport]:
    """The newest revision of each published week, by the week's last day."""
    reports = WeekReport.objects.filter(account=account).order_by("ends_on", "revision")
    return {report.ends_on: report for report in reports}


def touched_weeks(account: SellerAccount, over: Sequence[date], counted: Collection[tuple[str, date]]) -> set[date]:
    """The weeks among `over` that read one of these (fact, day), and those that may carry a score from such a week."""
    rules = Rules.load([account])
    touched: set[date] = set()
    carried: set[date] = set()
    days_of: dict[str, list[date]] = defaultdict(list)
    for fact, day in sorted(counted):
        days_of[fact].append(day)
    firsts = first_days([account.id], days_of)
    for (_account, fact), first in firsts.items():
        if days_of[fact][0] <= first:  # from here on "none" is 0 and no longer unknown
            touched |= {end for end in over if end >= days_of[fact][0]}
    for end, metric in product(over, DECLARED):
        days = days_of.get(metric.fact.slug)
        if not days:
            continue
        window = window_on(metric, account, end, rules.rule(metric, account, end))
        if bisect_left(days, window.first) < bisect_right(days, window.last):
            touched.add(end)
            if isinstance(metric, Score):
                carried.add(end)
    return touched | (_thin_weeks_after(account, min(carried)) if carried else set())


def _thin_weeks_after(account: SellerAccount, first: date) -> set[date]:
    """Later weeks without a score of their own: what they carry may come from a week that changed, however old."""
    scores = [metric.slug for metric in DECLARED if isinstance(metric, Score)]
    own = (State.COMPUTED, State.PROVISIONAL)
    thin = WeekReading.objects.filter(account=account, metric__in=scores, ends_on__gt=first).exclude(state__in=own)
    return set(thin.values_list("ends_on", flat=True))


# What a published figure consists of; a week is revised when any of it differs.
FIGURES = (
    "metric", "value_numerator", "value_denominator", "numerator", "denominator", "n", "band", "state",
    "window_from", "window_to", "carried_from", "counted_now", "stats", "rule", "complete_until",
)  # fmt: skip


def _figures(reading: Reading) -> dict[str, Any]:
    value = reading.value
    return {
        "metric": reading.metric.slug,
        "value_numerator": None if value is None else value.numerator,
        "value_denominator": None if value is None else value.denominator,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "n": reading.n,
        "band": reading.band.value,
        "state": reading.state.value,
        "window_from": reading.window.first,
        "window_to": reading.window.last,
        "carried_from": reading.carried_from,
        "counted_now": reading.counted_now,
        "stats": None if reading.stats is None else {name: _exact(seconds) for name, seconds in reading.stats.items()},
        "rule": _rule(reading.rule),
        "complete_until": reading.complete_until,
    }


def _rule(rule: Rule) -> dict[str, int | str | None]:
    """The rule that judged a figure, as it is kept with it."""
    target = rule.target
    return {
        "days": rule.days,
        "lag": rule.lag,
        "minimum": rule.minimum,
        "sign": None if target is None else target.sign,
        "limit": None if target is None else str(target.limit),
        "goal": None if target is None else str(target.goal),
    }


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _stored_figures(report: WeekReport) -> list[dict[str, Any]]:
    order = {metric.slug: position for position, metric in enumerate(DECLARED)}
    stored = report.readings.filter(metric__in=order).values(*FIGURES)
    return sorted(stored, key=lambda figures: order[figures["metric"]])


def _publish(
    account: SellerAccount,
    ends_on: date,
    revision: int,
    reason: str,
    figures: Figures,
    now: datetime,
    until: int,
    is_open: bool = False,
) -> None:
    report = WeekReport.objects.create(
        account=account, ends_on=ends_on, revision=revision, reason=reason, published_at=now, recipe=RECIPE,
        changes_until=until, open=is_open,
    )  # fmt: skip
    WeekReading.objects.bulk_create(
        [
            WeekReading(report=report, account=account, ends_on=ends_on, revision=revision, **values)
            for values in figures
        ]
    )
