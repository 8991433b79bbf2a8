"""The weekly customer-service score: its worked cases, by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from kpis.catalogue import METRICS
from kpis.metrics import Side, Window
from kpis.models import RuleChange
from kpis.readings import State, readings
from kpis.rows import rows
from kpis.sweep import sweep
from kpis.targets import Band
from tests.makers import NOW, at, make_account, make_answer, make_answers, make_conversation

pytestmark = pytest.mark.django_db

SCORE = METRICS["customer_service_score"]
SUNDAY = date(2026, 1, 18)  # the score of the week that starts on Monday 19 January is read on this day
IN_WINDOW = "2026-01-18 20:00"


def score(account, on=SUNDAY):
    sweep(NOW)
    return readings(account, on, [SCORE])[0]


def test_36_of_45_is_exactly_8_and_green():
    account = make_account()
    make_answers(account, 36, 9, last=IN_WINDOW)
    reading = score(account)
    assert reading.value == 8
    assert (reading.display, reading.band, reading.n, reading.state) == ("8.0", Band.GREEN, 45, State.COMPUTED)


def test_159_of_200_prints_7_9_and_is_yellow_because_the_exact_value_is_7_95():
    account = make_account()
    make_answers(account, 159, 41, last=IN_WINDOW)
    reading = score(account)
    assert reading.value == Fraction(795, 100)
    assert (reading.display, reading.band) == ("7.9", Band.YELLOW)


def test_119_of_200_prints_5_9_and_is_red():
    account = make_account()
    make_answers(account, 119, 81, last=IN_WINDOW)
    reading = score(account)
    assert (reading.display, reading.band) == ("5.9", Band.RED)


def test_exactly_6_is_yellow():
    account = make_account()
    make_answers(account, 24, 16, last=IN_WINDOW)
    reading = score(account)
    assert (reading.display, reading.band) == ("6.0", Band.YELLOW)


def test_a_week_with_39_answers_shows_the_last_score_and_where_it_comes_from():
    account = make_account()
    make_answers(account, 30, 10, last="2025-12-14 20:00")  # last inside the window of 8 December to 4 January
    make_answers(account, 39, 0, last=IN_WINDOW)
    reading = score(account)
    assert (reading.display, reading.state, reading.carried_from) == ("7.5", State.CARRIED, date(2026, 1, 4))
    assert (reading.numerator, reading.denominator, reading.counted_now) == (30, 40, 39)
    assert reading.band == Band.YELLOW


def test_a_score_is_carried_over_two_thin_weeks_and_each_week_is_tested_anew():
    account = make_account()
    make_answers(account, 32, 8, last="2025-12-14 20:00")  # in the windows that end from 14 December to 4 January
    make_answers(account, 20, 0, last="2026-01-11 20:00")
    week_by_week = [score(account, date(2026, 1, day)) for day in (4, 11, 18)]
    assert [reading.display for reading in week_by_week] == ["8.0", "8.0", "8.0"]
    assert [reading.state for reading in week_by_week] == [State.COMPUTED, State.CARRIED, State.CARRIED]
    assert [reading.carried_from for reading in week_by_week] == [None, date(2026, 1, 4), date(2026, 1, 4)]


def test_a_score_is_carried_over_months_of_thin_weeks():
    account = make_account()
    make_answers(account, 30, 10, last="2025-09-14 20:00")  # last inside the window of 8 September to 5 October
    for day in ("2025-10-19", "2025-11-30", "2025-12-21", "2026-01-18"):
        make_answers(account, 9, 0, last=f"{day} 20:00")
    reading = score(account)
    assert (reading.display, reading.state, reading.carried_from) == ("7.5", State.CARRIED, date(2025, 10, 5))


def test_a_carried_score_is_found_by_the_minimum_that_was_in_force_in_its_week():
    account = make_account()
    for day, minimum in ((date(2025, 10, 13), 10), (date(2025, 11, 3), 40)):
        RuleChange.objects.create(account=account, metric=SCORE.slug, valid_from=day, minimum=minimum)
    make_answers(account, 30, 10, last="2025-09-14 20:00")
    make_answers(account, 12, 0, last="2025-10-12 20:00")  # enough for the weeks to 19 October to 2 November
    make_answers(account, 39, 0, last=IN_WINDOW)
    reading = score(account)
    assert (reading.display, reading.n, reading.carried_from) == ("10.0", 12, date(2025, 11, 2))


def test_an_account_that_never_had_40_answers_has_no_score():
    account = make_account()
    make_answers(account, 39, 0, last=IN_WINDOW)
    reading = score(account)
    assert (reading.value, reading.display, reading.band, reading.state) == (None, "–", Band.NONE, State.TOO_FEW)
    assert reading.n == 39


def test_no_answers_at_all_are_no_data_and_not_zero():
    reading = score(make_account())
    assert (reading.value, reading.state, reading.n) == (None, State.NO_DATA, 0)


def test_of_two_answers_in_a_conversation_only_the_later_counts():
    account = make_account()
    make_answers(account, 39, 0, last=IN_WINDOW)
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 11:00"))
    make_answer(account, "2026-01-10 12:00", True, conversation=conversation)
    make_answer(account, "2026-01-11 12:00", False, conversation=conversation)
    reading = score(account)
    assert (reading.numerator, reading.n, reading.display) == (39, 40, "9.7")
    left_out = list(rows(account, SCORE, SUNDAY, Side.LEFT_OUT))
    assert [str(row["reason"]) for row in left_out] == ["A later answer in the same conversation counts"]


def test_a_later_answer_after_the_window_does_not_change_the_week():
    account = make_account()
    make_answers(account, 39, 0, last=IN_WINDOW)
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 11:00"))
    make_answer(account, "2026-01-10 12:00", True, conversation=conversation)
    make_answer(account, "2026-01-19 00:00", False, conversation=conversation)
    assert score(account).numerator == 40


def test_answers_in_a_thread_the_seller_started_count_only_after_the_buyer_wrote():
    account = make_account()
    make_answers(account, 40, 0, last=IN_WINDOW)
    lonely = make_conversation(account, ("agent", "2026-01-10 10:00"))
    make_answer(account, "2026-01-10 12:00", False, conversation=lonely, asked_at=at("2026-01-10 10:00"))
    answered = make_conversation(
        account, ("agent", "2026-01-10 10:00"), ("buyer", "2026-01-10 11:00"), ("agent", "2026-01-10 12:00")
    )
    make_answer(account, "2026-01-10 13:00", False, conversation=answered, asked_at=at("2026-01-10 12:00"))
    reading = score(account)
    assert (reading.numerator, reading.n) == (40, 41)
    left_out = list(rows(account, SCORE, SUNDAY, Side.LEFT_OUT))
    assert [str(row["reason"]) for row in left_out] == [
        "The buyer had not written before: the seller started the conversation"
    ]


@pytest.mark.parametrize(
    ("days", "first", "yes"),
    [
        (28, date(2018, 12, 4), 40),  # four weeks before Tuesday 1 January 2019
        (31, date(2018, 12, 1), 41),  # Amazon's own example: the whole of December
    ],
)
def test_the_year_end_window_has_28_days_or_the_31_of_amazons_example(days, first, yes):
    account = make_account(week_start=1, score_window_days=days)  # weeks that start on a Tuesday, as that one did
    make_answers(account, 40, 0, last="2018-12-31 23:59")
    make_answers(account, 1, 0, last="2018-12-03 23:59")
    make_answers(account, 0, 1, last="2018-11-30 23:59")
    make_answers(account, 0, 1, last="2019-01-01 00:00")
    reading = score(account, date(2018, 12, 31))
    assert reading.window == Window(first, date(2018, 12, 31))
    assert (reading.numerator, reading.n) == (yes, yes)


def test_the_score_of_a_day_in_the_week_is_the_one_published_for_that_week():
    account = make_account()
    make_answers(account, 40, 0, last=IN_WINDOW)
    make_answers(account, 0, 40, last="2026-01-20 20:00")
    assert [score(account, SUNDAY + timedelta(days=days)).display for days in (0, 3, 6)] == ["10.0", "10.0", "10.0"]
    assert score(account, SUNDAY + timedelta(days=7)).display == "5.0"


def test_what_is_missing_to_the_next_band_is_counted_in_answers():
    account = make_account()
    # 43 of 58 is 7.4. With 17 more "yes" it is 60 of 75, exactly 8.0; red begins below 35 of 58.
    make_answers(account, 43, 15, last=IN_WINDOW)
    reading = score(account)
    assert (reading.display, reading.to_goal, reading.headroom) == ("7.4", 17, 8)
