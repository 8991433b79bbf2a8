"""A week is announced before it is published: what is counted beside that is in the week, or has it looked at again."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from kpis.engine import note_recounted, recount
from kpis.layouts import LAYOUTS
from kpis.models import RecountedDay, WeekReport
from kpis.sweep import sweep
from kpis.weeks import _announce, close_weeks
from sellers.locks import try_lock_for_counting
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import NOW, make_account, make_order

WEDNESDAY, SUNDAY = date(2026, 1, 14), date(2026, 1, 18)  # of the newest week that is over at NOW


def aside(work: Callable[[], object]) -> threading.Thread:
    """Another process at work."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db
def test_a_recounted_day_is_noted_only_up_to_the_last_announced_week() -> None:
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    make_order(account, "2026-01-19 10:00")
    sweep(NOW)
    assert not RecountedDay.objects.exists()
    close_weeks(NOW)
    assert SellerAccount.objects.get().published_until == SUNDAY
    for day in (WEDNESDAY, SUNDAY, SUNDAY + timedelta(days=1)):
        Mark.objects.create(account=account, fact="orders", day=day)
    sweep(NOW)
    assert set(RecountedDay.objects.values_list("day", flat=True)) == {WEDNESDAY, SUNDAY}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_being_counted_when_a_week_is_announced_is_waited_for() -> None:
    account = make_account()
    make_order(account, "2026-01-14 10:00")
    sweep(NOW)
    counted, go_on = threading.Event(), threading.Event()

    def count() -> None:
        with transaction.atomic():
            assert try_lock_for_counting(account.id)
            recount(LAYOUTS["orders"], account.id, {WEDNESDAY}, NOW)
            note_recounted(account.id, {"orders": {WEDNESDAY}})  # nothing is announced: it leaves no note
            counted.set()
            assert go_on.wait(20)

    sweeping = aside(count)
    assert counted.wait(20)
    announcing = aside(lambda: _announce(account, NOW))
    announcing.join(1)
    assert announcing.is_alive()
    assert SellerAccount.objects.get().published_until == SUNDAY  # whoever begins to count now leaves notes
    assert not WeekReport.objects.exists()
    go_on.set()
    sweeping.join(20)
    announcing.join(20)
    assert not announcing.is_alive()
