"""Working days: which days count, and which day is so many of them later."""

from datetime import date

import pytest

from sellers.models import Holiday
from sellers.working_days import WorkingDays, business_days_of, working_days_of
from tests.makers import make_account

# 2026-01-05 is a Monday.
MON, TUE, WED, THU, FRI, SAT, SUN = (date(2026, 1, day) for day in range(5, 12))
NEXT_MON, NEXT_TUE = date(2026, 1, 12), date(2026, 1, 13)
WEEK = WorkingDays(saturday=False, sunday=False, holidays=frozenset())


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (MON, 1, TUE),
        (MON, 2, WED),
        (THU, 2, NEXT_MON),  # Friday, Monday
        (FRI, 1, NEXT_MON),
        (SAT, 1, NEXT_MON),  # the day itself is not counted, nor is Sunday
        (SUN, 2, NEXT_TUE),
        (FRI, 0, FRI),
        (SAT, 0, NEXT_MON),
        (MON, 30, date(2026, 2, 16)),  # six weeks of five days
    ],
)
def test_working_days_are_counted_from_the_day_after(day, count, expected):
    assert WEEK.after(day, count) == expected


def test_saturdays_and_sundays_count_where_the_shop_works_on_them():
    assert WorkingDays(saturday=True, sunday=False, holidays=frozenset()).after(FRI, 2) == NEXT_MON
    assert WorkingDays(saturday=False, sunday=True, holidays=frozenset()).after(FRI, 1) == SUN
    assert WorkingDays(saturday=True, sunday=True, holidays=frozenset()).after(FRI, 2) == SUN


def test_holidays_are_skipped_whatever_their_weekday():
    closed = WorkingDays(saturday=True, sunday=False, holidays=frozenset({FRI, NEXT_MON}))
    assert closed.after(THU, 1) == SAT
    assert closed.after(THU, 2) == NEXT_TUE
    assert closed.after(FRI, 0) == SAT


def test_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="-1"):
        WEEK.after(MON, -1)


@pytest.mark.django_db
def test_an_account_has_its_own_holidays_and_those_of_all(django_assert_num_queries):
    account, other = make_account(ships_saturday=True), make_account()
    Holiday.objects.create(account=account, day=FRI)
    Holiday.objects.create(account=None, day=NEXT_MON, name="New year, observed")
    Holiday.objects.create(account=other, day=TUE)
    with django_assert_num_queries(1):
        ships = working_days_of(account)
    assert ships == WorkingDays(saturday=True, sunday=False, holidays=frozenset({FRI, NEXT_MON}))
    assert business_days_of(account) == WorkingDays(saturday=False, sunday=False, holidays=frozenset({FRI, NEXT_MON}))
    assert working_days_of(other).holidays == {TUE, NEXT_MON}
