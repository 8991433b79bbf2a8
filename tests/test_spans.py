"""From which to which day an account is counted is kept in one row, and says what its day totals say."""

from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import Max, Min
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kpis.freshness import freshness, freshness_of_each
from kpis.models import CountedSpan, DayTotal
from kpis.spans import note_span
from kpis.sweep import sweep
from sellers.marks import Mark
from tests.makers import NOW, make_account, make_order


def spans() -> set[tuple[int, date, date]]:
    return set(CountedSpan.objects.values_list("account_id", "first_day", "newest_day"))


def ends_of_totals() -> set[tuple[int, date, date]]:
    totals = DayTotal.objects.order_by().values_list("account_id")
    return set(totals.annotate(first=Min("day"), newest=Max("day")).values_list("account_id", "first", "newest"))


@pytest.mark.django_db
def test_a_span_grows_to_both_sides_with_what_is_counted() -> None:
    account, other = make_account("ours"), make_account("other")
    make_order(account, "2026-01-07 10:00")
    sweep(NOW)
    assert spans() == {(account.id, date(2026, 1, 7), date(2026, 1, 7))} == ends_of_totals()
    make_order(account, "2026-01-12 10:00")
    make_order(account, "2026-01-02 10:00")
    make_order(other, "2026-01-09 10:00")
    sweep(NOW)
    assert spans() == ends_of_totals() >= {(other.id, date(2026, 1, 9), date(2026, 1, 9))}
    assert CountedSpan.objects.get(account=account).first_day == date(2026, 1, 2)


@pytest.mark.django_db
def test_counting_a_day_in_the_middle_anew_moves_only_the_moment() -> None:
    account = make_account()
    make_order(account, "2026-01-07 10:00")
    make_order(account, "2026-01-12 10:00")
    sweep(NOW)
    before = spans()
    Mark.objects.create(account=account, fact="orders", day=date(2026, 1, 9))
    CountedSpan.objects.update(counted_at=NOW.replace(year=2025))
    sweep(NOW)
    assert (spans(), CountedSpan.objects.get().counted_at) == (before, NOW)


@pytest.mark.django_db
def test_how_fresh_accounts_are_reads_no_day_totals() -> None:
    account = make_account()
    make_order(account, "2026-01-07 10:00")
    sweep(NOW)
    DayTotal.objects.all().delete()
    fresh = freshness([account])
    assert (fresh.newest_day, fresh.counted_at) == (date(2026, 1, 7), NOW)
    assert freshness_of_each([account])[account.id] == fresh


@pytest.mark.django_db
def test_what_an_older_release_counted_gets_its_span_with_the_migration() -> None:
    for key, days in (("ours", ("2026-01-07", "2026-01-12")), ("other", ("2026-01-09",))):
        account = make_account(key)
        for day in days:
            make_order(account, f"{day} 10:00")
    sweep(NOW)
    kept = spans()
    CountedSpan.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("kpis.migrations.0007_counted_spans").FILL)
    assert spans() == kept == ends_of_totals()


class AnyDays(TestCase):
    @given(st.lists(st.sets(st.dates(date(2025, 1, 1), date(2027, 1, 1)), min_size=1), min_size=1, max_size=4))
    def test_a_span_is_from_the_first_to_the_newest_of_all_days(self, steps: list[set[date]]) -> None:
        account = make_account()
        for days in steps:
            note_span(account.id, days, NOW)
        every = set().union(*steps)
        assert spans() == {(account.id, min(every), max(every))}
