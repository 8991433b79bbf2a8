"""Worked examples of what the platform says about the account. The report day is Monday, 19 January 2026."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

from orders.models import OfficialFigure, PolicyViolation
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import at

MONDAY = date(2026, 1, 19)
_numbers = count(1)


def violation(account: SellerAccount, category: str, days_ago: int = 0, **values: Any) -> PolicyViolation:
    """A violation opened so many days before the report day."""
    return PolicyViolation.objects.create(
        account=account,
        system="test",
        external_id=f"v-{next(_numbers)}",
        category=category,
        **{"opened_on": MONDAY - timedelta(days=days_ago), **values},
    )


def figure(account: SellerAccount, metric: str, last: str, rate: str | None, **values: Any) -> OfficialFigure:
    """What the platform reports of the seven days that end with this one."""
    until = at(f"{last} 23:59:59")
    return OfficialFigure.objects.create(
        account=account,
        system="test",
        external_id=f"of-{next(_numbers)}",
        metric=metric,
        period_from=until - timedelta(days=7),
        period_to=until,
        rate=None if rate is None else Decimal(rate),
        **values,
    )


def held(account: SellerAccount) -> None:
    violation(account, "listing_policy", count=3)
    violation(account, "listing_policy", 179, status="appealed")
    violation(account, "condition", 1, count=2)
    violation(account, "condition", 2, count=4)
    violation(account, "authenticity", 181)
    violation(account, "received_ip", 180, count=5)
    violation(account, "product_safety", 10, status="resolved")
    violation(account, "other", 10, deleted_at=at("2026-01-15 10:00"))


HELD = (
    "Listing policy: 3 opened on the report day, 1 under appeal 179 days old. Condition: 2 a day old, 4 two days old. "
    "Too old for 180 days: 5 of 180 days and, unless two days are left off, the authenticity one of 181. One is "
    "resolved, one deleted. "
)


def health(account: SellerAccount) -> None:
    figure(account, "account_health_rating", "2025-12-20", "150")
    figure(account, "account_health_rating", "2026-01-04", "188")
    figure(account, "account_health_rating", "2026-01-18", "212")
    figure(account, "account_health_rating", "2026-01-19", None, platform_status="GREAT")
    figure(account, "sales_amount", "2026-01-18", "7")


def weekly(account: SellerAccount) -> None:
    figure(account, "listing_bounce_rate", "2026-01-11", "0.4")
    figure(account, "listing_bounce_rate", "2026-01-18", "0.3125")
    figure(account, "sales_amount", "2026-01-12", "99")
    figure(account, "sales_amount", "2026-01-18", "12345678.905")


EXAMPLES = {
    example.slug: example
    for example in (
        Example(
            "policy_violations", held, MONDAY, Fraction(10), None, None, 10, 4, 0, 2, HELD + "3 + 1 + 2 + 4 = 10.",
        ),
        Example(
            "customer_complaints", held, MONDAY, Fraction(5), None, None, 5, 2, 0, 1,
            HELD + "22 July to 17 January: the 4 on condition and the 1 on authenticity.",
        ),
        Example(
            "account_health_rating", health, MONDAY, Fraction(212), None, None, 1, 1, 0, 2,
            "21 December to 19 January: 212 of the 18th; 188 is older, and the 19th came without points. The 150 of 20 "
            "December are out of sight; sales are another series.",
        ),
        Example(
            "listing_bounce_rate", weekly, MONDAY, Fraction(5, 16), None, None, 1, 1, 0, 0,
            "13 to 19 January: 0.3125 of the week to the 18th; the week before is out of sight.",
        ),
        Example(
            "sales_amount", weekly, MONDAY, Fraction("12345678.905"), None, None, 1, 1, 0, 0,
            "13 to 19 January: the week to the 18th.",
        ),
    )
}  # fmt: skip
