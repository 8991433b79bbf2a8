"""Worked examples of ratings. The report day is Monday, 19 January 2026; the shop is in UTC."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

from orders.models import Feedback
from orders.recompute import recompute_orders
from orders.recompute_events import recompute_ratings
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import NOW

MONDAY = date(2026, 1, 19)
_numbers = count(1)


def rated(account: SellerAccount, stars: int, days_ago: int = 0, order: str = "", **values: Any) -> Feedback:
    """A rating left so many days before the report day."""
    row = Feedback.objects.create(
        account=account,
        system="test",
        external_id=f"f-{next(_numbers)}",
        order_external_id=order,
        rating=stars,
        **{"rated_on": MONDAY - timedelta(days=days_ago), **values},
    )
    if order:
        recompute_orders(account, [order], NOW)
    else:
        recompute_ratings(account, [row.pk])
    row.refresh_from_db()
    return row


def stars(account: SellerAccount) -> None:
    for rating, days_ago in (
        (5, 0),
        (4, 29),
        (3, 10),
        (2, 10),
        (1, 30),
        (5, 89),
        (5, 90),
        (5, 364),
        (1, 365),
        (4, 3000),
    ):
        rated(account, rating, days_ago)
    rated(account, 1, 5, order="o-1")
    rated(account, 5, 4, order="o-1")
    rated(account, 1, 3, removed_at=NOW)


STARS = (
    "5 today, 4 stars 29 days ago, 3 and 2 ten days ago; 1 star 30, 5 stars 89, 90 and 364, 1 star 365 and 4 stars "
    "3,000 days ago. One order went from 1 to 5 stars: the 5 count. One star was removed. "
)

EXAMPLES = {
    example.slug: example
    for example in (
        Example(
            "feedback_rating", stars, MONDAY, Fraction(3, 5), 3, 5, 5, 3, 2, 2,
            STARS + "Positive: 5, 4 and the 5 of the order; besides 3 and 2.",
        ),
        Example(
            "feedback_rating_90d", stars, MONDAY, Fraction(4, 7), 4, 7, 7, 4, 3, 2,
            STARS + "With 1 star of 30 and 5 stars of 89 days ago.",
        ),
        Example(
            "feedback_rating_365d", stars, MONDAY, Fraction(6, 9), 6, 9, 9, 6, 3, 2,
            STARS + "With the 5 stars of 90 and of 364 days ago.",
        ),
        Example(
            "feedback_rating_lifetime", stars, MONDAY, Fraction(7, 11), 7, 11, 11, 7, 4, 2,
            STARS + "With everything before.",
        ),
        Example(
            "negative_feedback_received", stars, MONDAY, Fraction(1, 5), 1, 5, 5, 1, 4, 2,
            STARS + "Of the five of the last 30 days one has 2 stars.",
        ),
    )
}  # fmt: skip
