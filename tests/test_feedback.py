"""Ratings: one for each order, by the day they were left, apart from the negative feedback of order defects."""

from datetime import date
from fractions import Fraction

import pytest

from kpis.catalogue import METRICS
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.targets import Band
from orders.models import RatingStanding
from orders.recompute import recompute_orders
from sellers.marks import Mark
from tests.examples.feedback import rated
from tests.makers import NOW, at, make_account, make_order

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 19)


def reading(account, slug="feedback_rating"):
    sweep(NOW)
    return readings(account, MONDAY, [METRICS[slug]])[0]


@pytest.mark.parametrize(
    ("first", "second", "standings"),
    [
        ({"days_ago": 5}, {"days_ago": 4}, (RatingStanding.REPLACED, RatingStanding.COUNTS)),
        ({"days_ago": 4}, {"days_ago": 5}, (RatingStanding.COUNTS, RatingStanding.REPLACED)),
        ({"rated_at": at("2026-01-19 10:00")}, {"rated_at": at("2026-01-19 09:00")},
         (RatingStanding.COUNTS, RatingStanding.REPLACED)),
        # Removing the latest brings the one before it not back; taking it out as a mistake does.
        ({"days_ago": 5}, {"removed_at": NOW}, (RatingStanding.REPLACED, RatingStanding.REMOVED)),
        ({"days_ago": 5}, {"deleted_at": NOW}, (RatingStanding.COUNTS, RatingStanding.DELETED)),
        ({"days_ago": 5}, {"excluded": True}, (RatingStanding.COUNTS, RatingStanding.EXCLUDED)),
    ],
)  # fmt: skip
def test_an_order_has_one_rating_the_latest_in_whatever_order_they_arrive(first, second, standings):
    account = make_account()
    rows = [rated(account, 1, order="o-1", **first), rated(account, 5, order="o-1", **second)]
    for row in rows:
        row.refresh_from_db()
    assert tuple(row.standing for row in rows) == standings


def test_ratings_without_an_order_replace_nothing():
    account = make_account()
    rated(account, 1)
    rated(account, 5)
    assert reading(account).value == Fraction(1, 2)


@pytest.mark.parametrize(("positive", "others", "band"), [(18, 1, Band.RED), (19, 1, Band.YELLOW), (24, 1, Band.GREEN)])
def test_95_percent_positive_is_the_limit_and_96_the_goal(positive, others, band):
    # 18 of 19 is 94.7 %, 19 of 20 exactly 95 %, 24 of 25 exactly 96 %.
    account = make_account()
    for _number in range(positive):
        rated(account, 4)
    for _number in range(others):
        rated(account, 3)
    assert reading(account).band == band


def test_a_removed_rating_leaves_the_figure_and_marks_its_day():
    account = make_account()
    row = rated(account, 1, 3, order="o-1")
    rated(account, 5, 3, order="o-2")
    assert reading(account, "negative_feedback_received").value == Fraction(1, 2)
    Mark.objects.all().delete()
    row.removed_at = NOW
    row.save()
    recompute_orders(account, ["o-1"], NOW)
    assert set(Mark.objects.values_list("fact", "day")) == {("feedback", date(2026, 1, 16))}
    assert reading(account, "negative_feedback_received").value == 0


def test_negative_ratings_received_and_negative_feedback_on_orders_are_two_figures():
    account = make_account()
    for number in range(4):
        make_order(account, "2025-12-20 10:00", external_id=f"o-{number}")
    rated(account, 1, 10, order="o-0")
    # One of one rating received; one of four orders.
    assert reading(account, "negative_feedback_received").value == 1
    assert reading(account, "negative_feedback_rate").value == Fraction(1, 4)
