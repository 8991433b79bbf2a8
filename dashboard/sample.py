"""Counts the sample accounts and publishes their weeks as time would have done: then late data and corrections come."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from intake.demo.corrections import make_corrections
from intake.demo.incidents import this_monday
from intake.demo.load import Report, Told, load_late
from kpis.models import RuleChange
from kpis.rule_changes import store
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from sellers.audit import recording
from sellers.models import SellerAccount

BUSY_PAUSE_SECONDS = 0.2
# The weeks are published so long before the data ends; what is brought in afterwards publishes them again.
PUBLISHED_BEFORE = timedelta(days=6)

# Keel & Compass wants to be quicker than Amazon asks: half a year ago it set its own limit, in per cent.
STRICTER_ACCOUNT, STRICTER_METRIC, STRICTER_WEEKS = "demo-shop-2", "late_response_rate", 26
STRICTER_LIMIT, STRICTER_GOAL = Decimal(6), Decimal(4)

Say = Callable[[str], None]


def count_and_publish(told: Told, now: datetime, say: Say, progress: Report) -> dict[str, int]:
    """Count every day and publish every week, so that the first page already shows figures; safe to repeat."""
    accounts = list(SellerAccount.objects.filter(demo=True).order_by("key"))
    _change_rule(told)
    days = _count(accounts, now, say)
    first = close_weeks(min(now, told.until) - PUBLISHED_BEFORE, accounts, say)
    load_late(told, now=now, report=progress)
    make_corrections(told.today, now)
    days += _count(accounts, now, say)
    second = close_weeks(now, accounts, say)
    return {
        "days_counted": days,
        "weeks_closed": first.closed + second.closed,
        "weeks_revised": first.revised + second.revised,
    }


def _count(accounts: list[SellerAccount], now: datetime, say: Say) -> int:
    days = 0
    while True:
        swept = sweep(now, accounts, say)
        days += swept.days
        if not (swept.days or swept.lapsed or swept.busy):
            return days
        if swept.busy:
            time.sleep(BUSY_PAUSE_SECONDS)


def _change_rule(told: Told) -> None:
    """A rule that was changed in the middle of the history: the chart breaks there."""
    account = SellerAccount.objects.get(key=STRICTER_ACCOUNT)
    if RuleChange.objects.filter(account=account).exists():
        return
    change = RuleChange(
        account=account,
        metric=STRICTER_METRIC,
        valid_from=this_monday(told.today) - timedelta(weeks=STRICTER_WEEKS),
        limit=STRICTER_LIMIT,
        goal=STRICTER_GOAL,
    )
    with recording("We want to be quicker than the platform asks."):
        store(change, again=False)
