"""Business time: how much of a wait fell into opening hours.

2026-01-05 is a Monday. Unless a test says otherwise the shop is open from Monday to Friday, 08:00 to 18:00, in UTC.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from sellers.calendars import Calendar, business_seconds, calendars_of, validate_windows
from sellers.models import BusinessCalendar, Holiday
from tests.makers import at, make_account

FIRST = date(2025, 1, 1)
HOUR = 3600
OFFICE = {str(weekday): [["08:00", "18:00"]] for weekday in range(5)}
ALWAYS = {str(weekday): [["00:00", "24:00"]] for weekday in range(7)}


def calendar(windows=None, zone="UTC", since=FIRST, holidays=()) -> Calendar:
    return Calendar(since, ZoneInfo(zone), OFFICE if windows is None else windows, frozenset(holidays))


def seconds(start: str, end: str, *calendars: Calendar) -> int | None:
    return business_seconds(at(start), at(end), calendars or (calendar(),))


# --- Asked and answered before, in and after hours ----------------------------------------------------------------

# Hours are 08-18: a Monday asked before (06:00), in (10:00), after (20:00); the whole day has 10 h.
MATRIX = [
    # same day
    ("05 06:00", "05 07:00", 0),
    ("05 06:00", "05 10:00", 2),  # 08-10
    ("05 06:00", "05 20:00", 10),
    ("05 10:00", "05 12:00", 2),
    ("05 10:00", "05 20:00", 8),  # 10-18
    ("05 20:00", "05 21:00", 0),
    # next day
    ("05 06:00", "06 06:00", 10),
    ("05 06:00", "06 10:00", 12),
    ("05 06:00", "06 20:00", 20),
    ("05 10:00", "06 06:00", 8),
    ("05 10:00", "06 10:00", 10),
    ("05 10:00", "06 20:00", 18),
    ("05 20:00", "06 06:00", 0),
    ("05 20:00", "06 10:00", 2),
    ("05 20:00", "06 20:00", 10),
    # days later: Monday to Thursday, Tuesday and Wednesday whole
    ("05 06:00", "08 06:00", 30),
    ("05 06:00", "08 10:00", 32),
    ("05 06:00", "08 20:00", 40),
    ("05 10:00", "08 06:00", 28),
    ("05 10:00", "08 10:00", 30),
    ("05 10:00", "08 20:00", 38),
    ("05 20:00", "08 06:00", 20),
    ("05 20:00", "08 10:00", 22),
    ("05 20:00", "08 20:00", 30),
    # from or to a day without hours: Friday 9th, Saturday 10th, Monday 12th
    ("09 06:00", "10 12:00", 10),
    ("09 10:00", "10 12:00", 8),
    ("09 20:00", "10 12:00", 0),
    ("10 12:00", "11 12:00", 0),
    ("10 12:00", "12 10:00", 2),
]


@pytest.mark.parametrize(("asked", "answered", "hours"), MATRIX)
def test_only_the_hours_of_a_wait_that_lie_in_business_hours_count(asked, answered, hours):
    assert seconds(f"2026-01-{asked}", f"2026-01-{answered}") == hours * HOUR


def test_a_wait_over_the_weekend_has_no_business_time_and_that_is_known():
    # Friday 18:00 to Monday 08:00: 62 h on the clock, none of them in business hours.
    assert seconds("2026-01-09 18:00", "2026-01-12 08:00") == 0
    assert seconds("2026-01-10 20:00", "2026-01-10 21:00") == 0


def test_a_whole_week_from_closed_day_to_closed_day_has_every_window_once():
    assert seconds("2026-01-04 12:00", "2026-01-11 12:00") == 5 * 10 * HOUR


def test_without_a_calendar_the_business_time_is_unknown():
    assert business_seconds(at("2026-01-05 10:00"), at("2026-01-05 11:00"), ()) is None
    assert seconds("2026-01-05 10:00", "2026-01-05 11:00", calendar({})) is None
    assert seconds("2026-01-05 10:00", "2026-01-05 11:00", calendar({"0": []})) is None


def test_no_time_at_all_has_no_business_time():
    assert seconds("2026-01-05 10:00", "2026-01-05 10:00") == 0
    assert seconds("2024-01-05 10:00", "2024-01-05 10:00") is None  # before the first calendar


def test_an_interval_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        seconds("2026-01-05 10:00", "2026-01-05 09:59")


# --- Windows ------------------------------------------------------------------------------------------------------


def test_a_day_may_have_several_windows():
    lunch = calendar({"0": [["13:00", "18:00"], ["09:00", "12:00"]]})
    assert seconds("2026-01-05 00:00", "2026-01-06 00:00", lunch) == 8 * HOUR
    assert seconds("2026-01-05 11:30", "2026-01-05 13:30", lunch) == HOUR


def test_windows_that_overlap_are_one():
    twice = calendar({"0": [["09:00", "14:00"], ["12:00", "18:00"], ["10:00", "11:00"]]})
    assert seconds("2026-01-05 00:00", "2026-01-06 00:00", twice) == 9 * HOUR


@pytest.mark.parametrize("end", ["24:00", "23:59"])
def test_both_ways_to_write_the_end_of_a_day_mean_it(end):
    whole = calendar({str(weekday): [["00:00", end]] for weekday in range(7)})
    assert seconds("2026-01-05 10:00", "2026-01-12 10:00", whole) == 7 * 24 * HOUR


def test_an_overnight_window_goes_on_after_midnight():
    night = calendar({"0": [["22:00", "06:00"]]})
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", night) == 8 * HOUR
    assert seconds("2026-01-06 00:00", "2026-01-07 00:00", night) == 6 * HOUR
    assert seconds("2026-01-05 23:59", "2026-01-06 00:01", night) == 120


def test_sundays_overnight_window_goes_on_on_monday():
    night = calendar({"6": [["22:00", "06:00"]]})
    assert seconds("2026-01-04 00:00", "2026-01-05 12:00", night) == 8 * HOUR


def test_a_holiday_removes_what_lies_on_its_own_date():
    night = {"0": [["22:00", "06:00"]]}
    monday, tuesday = date(2026, 1, 5), date(2026, 1, 6)
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", calendar(night, holidays=[monday])) == 6 * HOUR
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", calendar(night, holidays=[tuesday])) == 2 * HOUR


def test_an_overnight_window_joins_the_next_days_own():
    both = calendar({"0": [["20:00", "09:00"]], "1": [["08:00", "10:00"]]})
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", both) == (4 + 10) * HOUR


def test_a_window_until_midnight_has_nothing_on_the_next_day():
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", calendar({"0": [["18:00", "00:00"]]})) == 6 * HOUR


def test_a_holiday_is_a_day_of_the_calendars_zone():
    # In Tokyo the 6th lasts from 15:00 UTC of the 5th to 15:00 UTC of the 6th.
    closed = calendar(ALWAYS, zone="Asia/Tokyo", holidays=[date(2026, 1, 6)])
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", closed) == 24 * HOUR


# --- Changed clocks -----------------------------------------------------------------------------------------------


def test_days_on_which_clocks_change_have_23_and_25_hours():
    new_york = calendar(ALWAYS, zone="America/New_York")
    # 2026-03-08 lasts from 05:00 UTC to 04:00 UTC, 2026-11-01 from 04:00 UTC to 05:00 UTC.
    spring, autumn = {"6": [["00:00", "24:00"]]}, {"6": [["00:00", "23:59"]]}
    assert seconds("2026-03-07 12:00", "2026-03-09 12:00", calendar(spring, zone="America/New_York")) == 23 * HOUR
    assert seconds("2026-10-31 12:00", "2026-11-02 12:00", calendar(autumn, zone="America/New_York")) == 25 * HOUR
    assert seconds("2026-03-07 12:00", "2026-03-09 12:00", new_york) == 48 * HOUR


def test_a_window_over_a_changed_clock_has_the_hours_that_pass():
    night = calendar({"6": [["01:00", "04:00"]]}, zone="America/New_York")
    assert seconds("2026-03-07 12:00", "2026-03-09 12:00", night) == 2 * HOUR  # 02:00 to 03:00 does not exist
    assert seconds("2026-10-31 12:00", "2026-11-02 12:00", night) == 4 * HOUR  # 01:00 to 02:00 happens twice


def test_a_window_that_opens_in_the_skipped_hour_opens_when_clocks_jump():
    early = calendar({"6": [["02:30", "04:00"]]}, zone="America/New_York")
    assert seconds("2026-03-07 12:00", "2026-03-09 12:00", early) == HOUR  # 03:00 to 04:00 by the new clock


def test_a_window_that_closes_in_the_repeated_hour_closes_the_first_time():
    late = calendar({"6": [["00:00", "01:30"]]}, zone="America/New_York")
    assert seconds("2026-10-31 12:00", "2026-11-02 12:00", late) == HOUR * 3 // 2


def test_a_day_that_a_zone_skipped_has_no_hours():
    # Samoa went from the end of 2011-12-29 to 2011-12-31: Friday the 30th does not exist.
    samoa = calendar(ALWAYS, zone="Pacific/Apia", since=date(2011, 1, 1))
    friday = calendar({"4": [["00:00", "24:00"]]}, zone="Pacific/Apia", since=date(2011, 1, 1))
    assert seconds("2011-12-29 00:00", "2012-01-01 00:00", samoa) == 72 * HOUR
    assert seconds("2011-12-28 12:00", "2012-01-02 00:00", friday) == 0


# --- Calendars that change ----------------------------------------------------------------------------------------


def test_each_moment_counts_under_the_calendar_in_force_then():
    shorter = calendar({"0": [["09:00", "12:00"]], "1": [["09:00", "12:00"]]}, since=date(2026, 1, 6))
    # Monday 10-18 under the old one, Tuesday 09-11 under the new one.
    assert seconds("2026-01-05 10:00", "2026-01-06 11:00", calendar(), shorter) == (8 + 2) * HOUR
    assert seconds("2026-01-05 10:00", "2026-01-05 20:00", calendar(), shorter) == 8 * HOUR
    assert seconds("2026-01-06 00:00", "2026-01-07 00:00", calendar(), shorter) == 3 * HOUR


def test_a_night_that_a_new_calendar_begins_in_counts_by_both():
    old, new = calendar({"0": [["22:00", "06:00"]]}), calendar({"0": [["23:00", "02:00"]]}, since=date(2026, 1, 6))
    assert seconds("2026-01-05 00:00", "2026-01-07 00:00", old, new) == (2 + 2) * HOUR


def test_a_wait_that_began_before_the_first_calendar_is_unknown():
    first = calendar(since=date(2026, 1, 6))
    assert seconds("2026-01-05 10:00", "2026-01-06 11:00", first) is None
    assert seconds("2026-01-06 00:00", "2026-01-06 11:00", first) == 3 * HOUR


def test_a_calendar_without_hours_ends_what_is_known():
    ended = calendar({}, since=date(2026, 1, 6))
    assert seconds("2026-01-05 10:00", "2026-01-06 11:00", calendar(), ended) is None
    assert seconds("2026-01-05 10:00", "2026-01-06 00:00", calendar(), ended) == 8 * HOUR


def test_a_new_calendar_begins_with_the_day_of_its_own_zone():
    # From 15:00 UTC on the 5th it is the 6th in Tokyo.
    tokyo = calendar({}, zone="Asia/Tokyo", since=date(2026, 1, 6))
    assert seconds("2026-01-05 10:00", "2026-01-05 15:00", calendar(), tokyo) == 5 * HOUR
    assert seconds("2026-01-05 10:00", "2026-01-05 15:01", calendar(), tokyo) is None


# --- For any calendar ---------------------------------------------------------------------------------------------

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Europe/London"]
clock_minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


windows = st.tuples(clock_minutes, clock_minutes).filter(lambda pair: pair[0] != pair[1])
weeks = st.dictionaries(st.integers(0, 6), st.lists(windows, min_size=1, max_size=3), min_size=1)
holidays = st.sets(st.integers(0, 9).map(lambda offset: date(2026, 3, 4) + timedelta(days=offset)), max_size=3)
moments = st.integers(0, 9 * 24 * 60 * 60).map(lambda second: at("2026-03-04 00:00") + timedelta(seconds=second))


def stored(week) -> dict[str, list[list[str]]]:
    return {str(weekday): [[clock(a), clock(b)] for a, b in pairs] for weekday, pairs in week.items()}


def open_at(moment: datetime, week, zone: str, closed) -> bool:
    """Whether a clock on the wall of the shop shows an opening hour, read the plain way."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.date() in closed:
        return False
    minute, today, yesterday = local.hour * 60 + local.minute, local.weekday(), (local.weekday() - 1) % 7
    return any(a <= minute < b if a < b else a <= minute for a, b in week.get(today, ())) or any(
        b < a and minute < b for a, b in week.get(yesterday, ())
    )


@given(week=weeks, zone=st.sampled_from(ZONES), closed=holidays, start=moments, minutes=st.integers(0, 4 * 1440))
def test_business_time_is_what_counting_minute_by_minute_gives(week, zone, closed, start, minutes):
    # March 2026: New York and London put their clocks forward (London after these days), no clock goes back.
    start = start.replace(second=0)
    steps = (start + timedelta(minutes=step) for step in range(minutes))
    counted = sum(60 for step in steps if open_at(step, week, zone, closed))
    found = business_seconds(start, start + timedelta(minutes=minutes), [calendar(stored(week), zone, holidays=closed)])
    assert found == counted


@given(
    weeks=st.lists(weeks, min_size=1, max_size=3),
    zone=st.sampled_from(ZONES),
    closed=holidays,
    times=st.lists(moments, min_size=3, max_size=3).map(sorted),
)
def test_adjoining_intervals_add_up_and_never_exceed_the_clock(weeks, zone, closed, times):
    days = [FIRST, date(2026, 3, 7), date(2026, 3, 9)]
    kept = [calendar(stored(week), zone, since, closed) for week, since in zip(weeks, days, strict=False)]
    first, middle, last = times
    parts = business_seconds(first, middle, kept), business_seconds(middle, last, kept)
    assert sum(parts) == business_seconds(first, last, kept) <= (last - first).total_seconds()


# --- Stored ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_accounts_own_calendar_replaces_that_of_all_from_its_first_day(django_assert_num_queries):
    account, other = make_account(time_zone="Asia/Tokyo"), make_account()
    BusinessCalendar.objects.create(valid_from=date(2026, 1, 1), windows=ALWAYS, time_zone="Europe/London")
    BusinessCalendar.objects.create(valid_from=date(2026, 3, 1), windows=ALWAYS)
    BusinessCalendar.objects.create(account=account, valid_from=date(2026, 2, 1), windows=OFFICE)
    BusinessCalendar.objects.create(account=other, valid_from=date(2026, 1, 1), windows=OFFICE)
    Holiday.objects.create(account=account, day=date(2026, 1, 5))
    Holiday.objects.create(day=date(2026, 1, 6))
    with django_assert_num_queries(2):
        found = calendars_of(account)
    assert [(one.valid_from, str(one.zone), one.windows) for one in found] == [
        (date(2026, 1, 1), "Europe/London", ALWAYS),
        (date(2026, 2, 1), "Asia/Tokyo", OFFICE),
    ]
    assert found[0].holidays == found[1].holidays == {date(2026, 1, 5), date(2026, 1, 6)}


@pytest.mark.django_db
@pytest.mark.parametrize("own", [True, False])
def test_a_calendar_and_a_holiday_stand_once_for_a_day(own):
    account = make_account() if own else None
    for model, values in [(BusinessCalendar, {"valid_from": FIRST}), (Holiday, {"day": FIRST})]:
        model.objects.create(account=account, **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(account=account, **values)


@pytest.mark.parametrize(
    "wrong",
    [
        ["09:00"], {"7": []}, {"monday": []}, {"0": "09:00-18:00"}, {"0": [["09:00"]]}, {"0": [["9:00", "18:00"]]},
        {"0": [["09:00", "25:00"]]}, {"0": [["24:00", "06:00"]]}, {"0": [["09:00", "09:00"]]}, {"0": [[9, 18]]},
    ],
)  # fmt: skip
def test_opening_hours_are_checked(wrong):
    with pytest.raises(ValidationError):
        validate_windows(wrong)


def test_opening_hours_as_people_write_them_are_taken():
    validate_windows({"0": [["09:00", "12:30"], ["22:00", "06:00"]], "6": [["00:00", "24:00"]], "5": []})
