"""Weeks close in the account's own zone, are published once, and are revised only when a figure really changed."""

from datetime import date, timedelta

import pytest
from django.db import connection

from kpis.catalogue import DECLARED, METRICS
from kpis.models import RecountedDay, WeekReading, WeekReport
from kpis.readings import State, readings
from kpis.sweep import sweep
from kpis.trends import trend, trends
from kpis.weeks import close_weeks, due_accounts
from sellers.models import SellerAccount
from tests.makers import at, make_account, make_answer, make_answers, make_conversation, make_message, make_order

pytestmark = pytest.mark.django_db

SCORE = METRICS["customer_service_score"]
LATE = METRICS["late_response_rate"]


def close(now):
    sweep(at(now))
    return close_weeks(at(now))


def test_a_week_closes_when_its_last_day_is_over_in_the_accounts_zone():
    account = make_account(time_zone="Asia/Tokyo")
    make_order(account, "2026-01-14 10:00")
    # Monday 19 January begins in Tokyo at 15:00 UTC on Sunday.
    assert close("2026-01-18 14:59:59").closed == 0
    assert close("2026-01-18 15:00:00").closed == 1
    assert WeekReport.objects.get().ends_on == date(2026, 1, 18)


def test_every_week_since_the_first_fact_is_closed_and_a_second_run_changes_nothing():
    account = make_account()
    make_order(account, "2025-12-30 10:00")
    make_order(account, "2026-01-14 10:00")
    assert close("2026-01-20 12:00").closed == 3
    assert list(WeekReport.objects.order_by("ends_on").values_list("ends_on", flat=True)) == [
        date(2026, 1, 4), date(2026, 1, 11), date(2026, 1, 18),
    ]  # fmt: skip
    again = close("2026-01-20 12:05")
    assert (again.closed, again.revised) == (0, 0)
    assert WeekReading.objects.count() == 3 * len(DECLARED)


def test_a_missed_week_is_caught_up_however_late_the_run_is():
    account = make_account()
    make_order(account, "2026-01-05 10:00")
    close("2026-01-12 00:00")
    assert close("2026-03-30 12:00").closed == 11
    assert len(trend(account, SCORE, 52)) == 12


def test_a_first_week_closes_although_nothing_happens_after_it():
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    close("2026-01-15 12:00")
    assert due_accounts(at("2026-01-18 23:59")) == set()
    assert due_accounts(at("2026-01-19 00:00")) == {account.id}
    assert close_weeks(at("2026-01-19 00:00"), [account]).closed == 1
    assert due_accounts(at("2026-01-19 00:01")) == set()


def test_weeks_may_start_on_sunday():
    account = make_account(week_start=6)
    make_order(account, "2026-01-14 10:00")
    close("2026-01-18 00:00")
    assert WeekReport.objects.get().ends_on == date(2026, 1, 17)


def test_published_figures_are_the_readings_of_the_weeks_last_day():
    account = make_account()
    make_answers(account, 36, 9, last="2026-01-18 20:00", now=at("2026-01-20 12:00"))
    make_conversation(account, ("buyer", "2026-01-14 10:00"), ("agent", "2026-01-15 11:00"), now=at("2026-01-20 12:00"))
    close("2026-01-20 12:00")
    expected = readings(account, date(2026, 1, 18))
    for reading in expected:
        point = trend(account, reading.metric, 1)[0]
        assert (point.value, point.n, point.band, point.state) == (
            reading.value, reading.n, reading.band, reading.state,
        ), reading.metric.slug  # fmt: skip


def test_late_data_adds_a_revision_with_its_reason_and_keeps_what_was_published():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    make_message(conversation, "agent", "2026-01-14 11:00", now=at("2026-01-19 02:00"))
    assert close("2026-01-19 02:00").revised == 1
    first, second = WeekReport.objects.order_by("revision")
    assert (first.reason, second.reason, second.revision) == ("closed", "late_data", 1)
    assert first.readings.get(metric=LATE.slug).value == 1
    assert second.readings.get(metric=LATE.slug).value == 0
    assert [point.value for point in trend(account, LATE, 4)] == [0]
    assert trend(account, LATE, 4)[0].revision == 1


def test_a_late_fact_that_changes_no_figure_of_a_week_adds_no_revision():
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    close("2026-01-19 01:00")
    make_answer(account, "2026-01-14 10:00", None, kind="other", now=at("2026-01-19 02:00"))  # a survey nobody counts
    assert close("2026-01-19 02:00").revised == 0


def test_an_old_fact_revises_every_week_whose_windows_hold_its_day():
    account = make_account()
    make_order(account, "2025-11-03 10:00")
    close("2026-01-19 01:00")
    make_conversation(account, ("buyer", "2025-12-10 10:00"), ("agent", "2025-12-12 10:00"), now=at("2026-01-19 02:00"))
    # The longest window has 90 days: all six weeks since, which end from 14 December to 18 January, and none before.
    assert close("2026-01-19 02:00").revised == 6
    revised = WeekReport.objects.filter(revision=1).order_by("ends_on").values_list("ends_on", flat=True)
    assert [str(day) for day in revised] == [str(date(2025, 12, 14) + timedelta(days=7 * week)) for week in range(6)]


def test_a_provisional_week_is_revised_once_when_nothing_of_it_is_open_any_more():
    account = make_account()
    now = at("2026-01-19 00:00:30")
    first = make_conversation(account, ("buyer", "2026-01-18 20:00"), now=now)
    second = make_conversation(account, ("buyer", "2026-01-18 22:00"), now=now)
    assert close("2026-01-19 00:00:30").closed == 1
    assert trend(account, LATE, 1)[0].n == 0
    make_message(first, "agent", "2026-01-19 08:00", now=at("2026-01-19 08:00"))
    assert close("2026-01-19 08:01").revised == 0, "the other message is still open"
    make_message(second, "agent", "2026-01-19 23:00", now=at("2026-01-19 23:00"))
    assert close("2026-01-19 23:01").revised == 1
    assert WeekReport.objects.get(revision=1).reason == "ripened"
    point = trend(account, LATE, 1)[0]
    assert (point.numerator, point.n, point.state) == (1, 2, State.COMPUTED)


def test_a_wait_that_is_never_answered_ripens_its_week_when_it_lapses():
    account = make_account()
    make_conversation(account, ("buyer", "2026-01-18 20:00"), now=at("2026-01-19 00:00:30"))
    close("2026-01-19 00:00:30")
    assert close("2026-01-19 20:00:00").revised == 0
    assert close("2026-01-19 20:00:01").revised == 1
    assert trend(account, LATE, 1)[0].value == 1


def test_closing_counts_what_waits_first():
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    assert close_weeks(at("2026-01-20 12:00")).closed == 1
    assert trend(account, METRICS["order_defect_rate"], 1)[0].ends_on == date(2026, 1, 18)


def test_a_late_answer_reaches_the_weeks_that_carry_its_score_however_old_it_is():
    account = make_account()
    make_answers(account, 32, 8, last="2025-06-15 20:00", now=at("2026-01-20 12:00"))
    make_order(account, "2026-01-14 10:00")
    close("2026-01-20 12:00")
    assert trend(account, SCORE, 1)[0].display == "8.0"
    make_answers(account, 0, 10, last="2025-06-15 10:00", now=at("2026-01-20 12:30"))
    assert close("2026-01-20 12:30").revised > 0
    last = trend(account, SCORE, 1)[0]
    # 32 of 50, in the last window that held them all: the one that ends on 6 July.
    assert (last.display, last.state, last.carried_from) == ("6.4", State.CARRIED, date(2025, 7, 6))


def test_a_week_is_announced_before_any_of_it_is_published():
    """Who writes while a week is being published must note it: the week may or may not hold what he wrote."""
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    announced = []

    def watch(execute, sql, params, many, context):
        if sql.startswith("INSERT") and WeekReport._meta.db_table in sql:
            announced.append(SellerAccount.objects.get().published_until)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        close("2026-01-20 12:00")
    assert announced == [date(2026, 1, 18)]


def test_a_late_change_reaches_its_week_however_late_it_was_counted():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    make_message(conversation, "agent", "2026-01-14 11:00", now=at("2026-01-19 02:00"))
    sweep(at("2026-01-18 00:00"))  # a sweep whose clock is behind the last look at this account
    assert due_accounts(at("2026-01-19 02:00")) == {account.id}
    assert close_weeks(at("2026-01-19 02:00")).revised == 1
    assert due_accounts(at("2026-01-19 02:00")) == set()


def test_a_week_published_by_another_declaration_is_revised_for_that_reason():
    account = make_account()
    make_conversation(account, ("buyer", "2026-01-14 10:00"), ("agent", "2026-01-14 11:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    WeekReport.objects.update(recipe="older")
    WeekReading.objects.filter(metric=LATE.slug).delete()  # it did not exist then
    RecountedDay.objects.create(account=account, fact="contacts", day=date(2026, 1, 14))
    assert close("2026-01-19 02:00").revised == 1
    assert WeekReport.objects.get(revision=1).reason == "definition"


def test_a_week_that_begins_on_another_day_starts_another_series():
    account = make_account()
    make_order(account, "2026-01-01 10:00")
    close("2026-01-20 12:00")
    account.week_start = 6
    account.save()
    close("2026-01-20 12:05")
    ends = [point.ends_on.day for point in trend(account, SCORE, 52)]
    assert ends == [3, 10, 17], "Saturdays only, although the Sundays of the other series are kept"


def test_a_carried_score_is_published_as_carried():
    account = make_account()
    make_answers(account, 32, 8, last="2025-12-14 20:00", now=at("2026-01-20 12:00"))
    make_order(account, "2026-01-14 10:00")
    close("2026-01-20 12:00")
    last = trend(account, SCORE, 1)[0]
    assert (last.display, last.state, last.carried_from) == ("8.0", State.CARRIED, date(2026, 1, 4))
    assert (last.n, last.counted_now) == (40, 0)


def test_the_trends_of_many_accounts_and_metrics_take_the_same_two_queries(django_assert_num_queries):
    accounts = [make_account() for _number in range(5)]
    for account in accounts:
        make_order(account, "2026-01-14 10:00")
    close("2026-01-20 12:00")
    with django_assert_num_queries(2):
        few = trends(accounts[:1], [SCORE], 12)
    with django_assert_num_queries(2):
        many = trends(accounts, DECLARED, 12)
    assert (len(few), len(many)) == (1, 5 * len(DECLARED))
