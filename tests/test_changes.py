"""Changes between figures, where to look first, and who waits now: worked out by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db.models import Q

from kpis.attention import pressing, worse_side
from kpis.catalogue import METRICS
from kpis.changes import Evidence, Goodness, change, counts_differ, evidence, newcombe, spread
from kpis.fleet import together, worst_first
from kpis.metrics import Coverage, Rule, Share, Side, Tally, Window
from kpis.readings import Reading
from kpis.targets import AtLeast, Band
from kpis.waiting import Waiting, waiting
from sellers.models import SellerAccount
from tests.makers import NOW, make_account, make_conversation

SCORE = METRICS["customer_service_score"]
LATE = METRICS["late_response_rate"]
WITHIN = METRICS["within_24h_rate"]
SHIPMENTS = METRICS["late_shipment_rate"]
FIRST = METRICS["first_response_time"]
WORDS = {"title": "A metric", "help": "Of these rows.", "group": "Tests", "fact": FIRST.fact, "of": Q(), "source": ""}
COUNT = Tally(slug="count", rule=Rule(days=7), **WORDS)
CHANNELS = Coverage(slug="channels", rule=Rule(days=30), by="channel", expected_from="expected_channels", **WORDS)
TODAY = date(2026, 1, 20)


def figure(metric, value, n, **values):
    """A figure of `n` rows, of a share with as many hits as the value says."""
    value = Fraction(value)
    hits = value * n / metric.base if isinstance(metric, Share) else None
    return Reading(
        metric=metric,
        account=SellerAccount(key="mine"),
        value=value,
        numerator=None if hits is None else round(hits),
        **{"window": Window(TODAY, TODAY), "rule": metric.rule, "n": n, **values},
    )


def told(metric, earlier, later, n=100_000, **values):
    found = change(figure(metric, earlier, n, **values), figure(metric, later, n, **values))
    return found and (found.direction, found.goodness, found.display)


@pytest.mark.parametrize(
    ("metric", "earlier", "later", "expected"),
    [
        (SCORE, "7.2", "7.4", ("up", "good", "0.2")),
        (SCORE, "6.3", "5.6", ("down", "bad", "0.7")),
        (LATE, "0.096", "0.088", ("down", "good", "0.80 pts")),
        (LATE, "0.088", "0.096", ("up", "bad", "0.80 pts")),
        (WITHIN, "0.95", "0.96", ("up", "good", "1.00 pts")),
        (CHANNELS, "0.5", "0.75", ("up", "neutral", "25.00 pts")),  # no target: neither good nor bad
        (SCORE, "7.4", "7.4", ("flat", "neutral", "0.0")),
    ],
)
def test_direction_and_goodness_are_two_things(metric, earlier, later, expected):
    assert told(metric, earlier, later) == expected


def test_a_change_is_what_a_reader_gets_by_subtracting_the_shown_figures():
    # 7.19 is shown as 7.1 and 7.46 as 7.4: the reader sees 0.3, whatever the exact difference of 0.27 says.
    assert told(SCORE, "7.19", "7.46") == ("up", "good", "0.3")
    # 7.41 and 7.49 are both shown as 7.4.
    assert told(SCORE, "7.41", "7.49") == ("flat", "neutral", "0.0")


def test_without_one_of_the_figures_there_is_no_change():
    known = figure(SCORE, 7, 40)
    assert change(None, known) is None
    assert change(known._replace(value=None), known) is None
    assert change(known, known._replace(value=None)) is None


def test_the_rule_in_force_says_which_way_is_good():
    rule = Rule(days=30, target=AtLeast("10", "20"))  # somebody wants many of them
    assert told(LATE, "0.05", "0.15", rule=rule) == ("up", "good", "10.00 pts")


# --- More than chance? -----------------------------------------------------------------------------------------------


def test_two_shares_differ_when_newcombes_interval_leaves_out_nothing():
    # Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80 is 0.0524 to 0.3339; 9 of 10 against 3 of 10 is
    # 0.1705 to 0.8090; 5 of 56 against 0 of 29 is -0.0381 to 0.1926.
    assert newcombe((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=0.00005)
    assert newcombe((3, 10), (9, 10)) == pytest.approx((0.1705, 0.8090), abs=0.00005)
    assert newcombe((0, 29), (5, 56)) == pytest.approx((-0.0381, 0.1926), abs=0.00005)


def test_a_score_that_chance_could_have_moved_is_about_the_same():
    # 22 of 40 against 30 of 40: 5.5 and 7.5, and still -0.0086 to 0.3863 of a share. With 31 it is 0.0178 to 0.4077.
    near = change(figure(SCORE, "5.5", 40), figure(SCORE, "7.5", 40))
    far = change(figure(SCORE, "5.5", 40), figure(SCORE, "7.75", 40))
    assert (near.evidence, near.goodness, near.display) == (Evidence.CHANCE, Goodness.NEUTRAL, "2.0")
    assert (far.evidence, far.goodness, far.display) == (Evidence.CLEAR, Goodness.GOOD, "2.2")


@pytest.mark.parametrize(
    ("earlier", "later", "clear"),
    [
        (0, 3, False),  # 3 against 1.96 x sqrt(3) = 3.39
        (0, 4, True),  # 4 against 1.96 x sqrt(4) = 3.92
        (10, 19, False),  # 9 against 1.96 x sqrt(29) = 10.56
        (10, 25, True),  # 15 against 1.96 x sqrt(35) = 11.60
        (25, 10, True),
        (0, 0, False),
    ],
)
def test_counts_scatter_by_the_root_of_what_is_expected(earlier, later, clear):
    assert counts_differ(earlier, later) is clear


def test_a_count_over_another_number_of_days_is_not_compared():
    week, day = Window(TODAY - timedelta(days=6), TODAY), Window(TODAY, TODAY)
    many = figure(COUNT, 100, 100, window=week)
    assert evidence(many, figure(COUNT, 10, 10, window=week)) is Evidence.CLEAR
    assert evidence(many, figure(COUNT, 10, 10, window=day)) is Evidence.UNKNOWN


def test_times_are_compared_by_their_ratio():
    # The slowest tenth begins at 3.6 times the median: s = ln 3.6 / 1.2816 = 0.9995, spread sqrt(e^0.999 - 1) = 1.310.
    # Of 100 times each, chance is up to 1.96 x sqrt(2 x 1.310^2 / 100) = 0.363 in ln: a factor of 1.438.
    stats = {"mean": None, "median": Fraction(1000), "p90": Fraction(3600)}
    assert spread(stats) == pytest.approx(1.310, abs=0.001)
    hour = figure(FIRST, 3600, 100, stats=stats)
    assert evidence(hour, figure(FIRST, 3600 * Fraction("1.42"), 100, stats=stats)) is Evidence.CHANCE
    assert evidence(hour, figure(FIRST, 3600 * Fraction("1.45"), 100, stats=stats)) is Evidence.CLEAR
    assert evidence(hour, figure(FIRST, 3600 / Fraction("1.45"), 100, stats=stats)) is Evidence.CLEAR


def test_times_that_hardly_scatter_are_taken_to_scatter_by_chance():
    # Of 20 times each, at a spread of 1, chance is up to 1.96 x sqrt(2 / 20) = 0.620: a factor of 1.859.
    stats = {"mean": None, "median": Fraction(3600), "p90": Fraction(3700)}
    assert spread(stats) == 1
    hour = figure(FIRST, 3600, 20, stats=stats)
    assert evidence(hour, figure(FIRST, 3600 * Fraction("1.8"), 20, stats=stats)) is Evidence.CHANCE
    assert evidence(hour, figure(FIRST, 3600 * Fraction("1.9"), 20, stats=stats)) is Evidence.CLEAR


def test_where_nothing_says_how_rows_scatter_nothing_is_claimed():
    hour, two = figure(FIRST, 3600, 20), figure(FIRST, 7200, 20)  # without median and percentile
    found = change(hour, two)
    assert (found.evidence, found.goodness, found.display) == (Evidence.UNKNOWN, Goodness.NEUTRAL, "1 h")


# --- Where to look first ---------------------------------------------------------------------------------------------


def reading(account, metric, hits, n):
    value = metric.value(hits, n) if n else None
    return Reading(
        metric=metric,
        account=account,
        rule=metric.rule,
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
    make_conversation(busy, ("buyer", "2026-01-18 10:00"), now=NOW)  # late
    make_conversation(busy, ("buyer", "2026-01-20 10:00"), now=NOW)  # two hours old
    make_conversation(busy, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-19 11:00"), now=NOW)
    make_conversation(busy, ("buyer", "2025-12-20 10:00"), now=NOW)  # 31 days ago
    assert waiting([busy, idle], NOW) == {busy.id: Waiting(late=1, in_time=1, soon=0), idle.id: Waiting()}
    assert Waiting(1, 2, 3) + Waiting(3, 4, 5) == Waiting(4, 6, 8)
