"""Changes between figures, where to look first, and who waits now: worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from kpis.attention import pressing, worse_side
from kpis.catalogue import METRICS
from kpis.changes import change
from kpis.fleet import together, worst_first
from kpis.metrics import Side, Window
from kpis.readings import Reading
from kpis.targets import Band
from kpis.waiting import Waiting, waiting
from sellers.models import SellerAccount
from tests.makers import NOW, make_account, make_conversation

SCORE = METRICS["customer_service_score"]
LATE = METRICS["late_response_rate"]
WITHIN = METRICS["within_24h_rate"]
SHIPMENTS = METRICS["late_shipment_rate"]
FIRST = METRICS["first_response_time"]
TODAY = date(2026, 1, 20)


def told(metric, earlier, later):
    found = change(metric, earlier, later)
    return found and (found.direction, found.goodness, found.display)


@pytest.mark.parametrize(
    ("metric", "earlier", "later", "expected"),
    [
        (SCORE, "7.2", "7.4", ("up", "good", "0.2")),
        (SCORE, "6.3", "5.6", ("down", "bad", "0.7")),
        (LATE, "0.096", "0.088", ("down", "good", "0.80 pts")),
        (LATE, "0.088", "0.096", ("up", "bad", "0.80 pts")),
        (WITHIN, "0.95", "0.96", ("up", "good", "1.00 pts")),
        (FIRST, "3600", "7200", ("up", "neutral", "1 h")),  # no target: neither good nor bad
        (SCORE, "7.4", "7.4", ("flat", "neutral", "0.0")),
    ],
)
def test_direction_and_goodness_are_two_things(metric, earlier, later, expected):
    assert told(metric, Fraction(earlier), Fraction(later)) == expected


def test_a_change_is_what_a_reader_gets_by_subtracting_the_shown_figures():
    # 7.19 is shown as 7.1 and 7.46 as 7.4: the reader sees 0.3, whatever the exact difference of 0.27 says.
    assert told(SCORE, Fraction("7.19"), Fraction("7.46")) == ("up", "good", "0.3")
    # 7.41 and 7.49 are both shown as 7.4.
    assert told(SCORE, Fraction("7.41"), Fraction("7.49")) == ("flat", "neutral", "0.0")


def test_without_one_of_the_figures_there_is_no_change():
    assert change(SCORE, None, Fraction(7)) is None
    assert change(SCORE, Fraction(7), None) is None


def reading(account, metric, hits, n):
    value = metric.value(hits, n) if n else None
    return Reading(
        metric=metric,
        account=account,
        window=Window(TODAY, TODAY),
        value=value,
        numerator=hits,
        denominator=n,
        n=n,
        band=metric.judge(value),
    )


def shop(number, name=""):
    return SellerAccount(id=number, key=f"shop-{number}", name=name or f"Shop {number}")


def test_the_worst_band_comes_first_in_it_the_lowest_value_and_unknown_last():
    shops = [shop(number) for number in range(5)]
    scores = [
        reading(shops[0], SCORE, 36, 40),  # 9.0
        reading(shops[1], SCORE, 0, 0),
        reading(shops[2], SCORE, 20, 40),  # 5.0
        reading(shops[3], SCORE, 28, 40),  # 7.0
        reading(shops[4], SCORE, 18, 40),  # 4.5
    ]
    assert [score.account.id for score in worst_first(scores)] == [4, 2, 3, 0, 1]


def test_a_share_over_accounts_counts_their_rows_as_one():
    small, large = reading(shop(1), WITHIN, 1, 10), reading(shop(2), WITHIN, 90, 90)
    both = together(WITHIN, [small, large, reading(shop(3), WITHIN, 0, 0)])
    assert (both.value, both.display, both.band) == (Fraction(91, 100), "91.00%", Band.YELLOW)


def test_one_looks_first_at_red_scores_then_at_what_is_furthest_beyond_its_limit():
    first, second, third, fourth = (shop(number) for number in range(1, 5))
    figures = [
        reading(first, SHIPMENTS, 8, 100),  # 8 %: twice the limit of 4 %
        reading(second, LATE, 15, 100),  # 15 %: one and a half times the limit of 10 %
        reading(third, SCORE, 20, 40),  # 5.0, red
        reading(third, SHIPMENTS, 50, 100),  # worse, but this account is named already
        reading(fourth, LATE, 9, 100),  # 9 %: yellow, one more is red
    ]
    found = [(entry.account.id, entry.metric.slug) for entry in pressing(figures, 4)]
    assert found == [
        (3, "customer_service_score"),
        (1, "late_shipment_rate"),
        (2, "late_response_rate"),
        (4, "late_response_rate"),
    ]
    assert len(pressing(figures, 2)) == 2


def test_a_yellow_figure_far_from_red_and_a_green_one_do_not_press():
    figures = [reading(shop(1), LATE, 810, 10_000 - 900), reading(shop(2), LATE, 1, 100)]
    assert [entry.band for entry in figures] == [Band.YELLOW, Band.GREEN]
    assert pressing(figures, 3) == []


def test_nothing_answered_in_time_is_as_pressing_as_it_gets():
    figures = [reading(shop(1), WITHIN, 0, 10), reading(shop(2), LATE, 10, 10)]
    assert pressing(figures, 1)[0].account.id == 1


def test_the_worse_side_is_the_one_that_pulls_the_figure_down():
    assert worse_side(SCORE) is Side.AGAINST
    assert worse_side(WITHIN) is Side.AGAINST
    assert worse_side(LATE) is Side.FOR


@pytest.mark.django_db
def test_who_waits_is_counted_per_account_and_forgotten_after_thirty_days():
    busy, idle = make_account(), make_account()
    make_conversation(busy, ("buyer", "2026-01-18 10:00"), now=NOW)  # overdue
    make_conversation(busy, ("buyer", "2026-01-20 10:00"), now=NOW)  # two hours old
    make_conversation(busy, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-19 11:00"), now=NOW)
    make_conversation(busy, ("buyer", "2025-12-20 10:00"), now=NOW)  # 31 days ago
    assert waiting([busy, idle], TODAY) == {busy.id: Waiting(overdue=1, not_due=1), idle.id: Waiting()}
    assert Waiting(1, 2) + Waiting(3, 4) == Waiting(4, 6)
