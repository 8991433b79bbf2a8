"""A row that nothing can count stops no other: after three attempts its day, or work, is set aside with its error."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

import kpis.sweep
import kpis.weeks
import orders.lapse
from kpis.freshness import health
from kpis.models import AccountFailure, DayFailure, DayTotal, WeekReport
from kpis.proof import prove_account
from kpis.sweep import sweep, waiting_accounts
from kpis.weeks import close_weeks, due_accounts
from orders.models import Order
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import NOW, make_account, make_order, make_user

pytestmark = pytest.mark.django_db

POISON = date(2026, 1, 5)
LONG = timedelta(hours=2)

# A process of its own counts the marks of the database under test. The poisonous day ends it as the kernel does.
DIE = """
import os, signal, sys
from datetime import date
import django
from django.conf import settings
settings.SECRET_KEY = "x"
settings.DATABASES["default"]["NAME"] = os.environ["UNDER_TEST"]
django.setup()
import kpis.sweep
real = kpis.sweep.recount
def recount(layout, account_id, days, now):
    if date(2026, 1, 5) in days:
        os.kill(os.getpid(), signal.SIGKILL)
    real(layout, account_id, days, now)
kpis.sweep.recount = recount
from django.utils import timezone
done = kpis.sweep.sweep(timezone.now())
print(done.days, done.busy)
"""


@pytest.fixture
def account() -> SellerAccount:
    return make_account("acme")


@pytest.fixture
def poison(monkeypatch):
    """Counting 5 January raises, until it is called."""
    real = kpis.sweep.recount

    def recount(layout, account_id, days, now):
        if POISON in days:
            raise ArithmeticError("poison")
        real(layout, account_id, days, now)

    monkeypatch.setattr(kpis.sweep, "recount", recount)
    return lambda: monkeypatch.setattr(kpis.sweep, "recount", real)


def rest() -> None:
    """Two hours pass: the pauses after failures are over."""
    for kind in (DayFailure, AccountFailure):
        kind.objects.update(failed_at=F("failed_at") - LONG)
    Mark.objects.update(marked_at=F("marked_at") - LONG)


def count_elsewhere() -> str:
    """What a process says that sweeps this database; "killed" when it did not live to say anything."""
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "UNDER_TEST": str(name), "DJANGO_SETTINGS_MODULE": "config.settings"}
    connection.close()
    done = subprocess.run(
        [sys.executable, "-c", DIE], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, -9), done.stderr
    return "killed" if done.returncode else done.stdout.strip()


@pytest.mark.django_db(transaction=True)
def test_a_day_that_kills_its_process_is_set_aside_and_stops_no_other_day_and_no_other_account():
    ours, other = make_account("ours"), make_account("other")
    make_order(ours, "2026-01-05 10:00")
    make_order(ours, "2026-01-06 10:00")
    make_order(other, "2026-01-07 10:00")
    # Both days of ours are counted together, and nobody knows yet which one is guilty.
    assert count_elsewhere() == "killed"
    assert not DayFailure.objects.exists()
    # The account rests for a moment, so that the worker that starts next gets to the others.
    assert count_elsewhere() == "1 1"
    assert DayTotal.objects.get().account == other
    # Then it is counted day by day, the newest first; each attempt is counted before.
    for attempts in (1, 2, 3):
        rest()
        assert count_elsewhere() == "killed"
        assert DayFailure.objects.get().attempts == attempts
    assert DayTotal.objects.filter(account=ours).get().day == date(2026, 1, 6)
    rest()
    assert count_elsewhere() == "0 0"
    assert waiting_accounts(NOW) == set()
    failure = DayFailure.objects.get()
    assert (failure.fact, failure.day, failure.error) == ("orders", POISON, "")
    # A write to that day is no reason to lose the next worker at once; after ten minutes it is tried.
    DayFailure.objects.update(failed_at=Now() - timedelta(minutes=9))
    Order.objects.get(day=POISON).save()
    assert count_elsewhere() == "0 0"
    rest()
    Order.objects.get(day=POISON).save()
    assert count_elsewhere() == "killed"
    # Here, where nothing is poisonous, it is mended.
    rest()
    Order.objects.get(day=POISON).save()
    sweep(NOW)
    assert not DayFailure.objects.exists()
    assert not AccountFailure.objects.exists()
    assert not Mark.objects.exists()


def test_a_set_aside_day_is_told_apart_from_days_that_wait(account, poison):
    make_order(account, "2026-01-05 10:00")
    for _attempt in range(3):
        sweep(NOW)
    state = health([account], NOW)
    assert (state.marks_waiting, state.oldest_mark_seconds, state.days_set_aside) == (0, None, 1)
    assert prove_account(account, NOW).waiting == 1, "the proof does not take it for right"
    client = Client()
    client.force_login(make_user("mia", account))
    assert "1 day cannot be counted: its figures are not up to date." in client.get("/").content.decode()


def test_staff_have_it_tried_again_for_a_reason(account, poison):
    make_order(account, "2026-01-05 10:00")
    for _attempt in range(3):
        sweep(NOW)
    client = Client()
    client.force_login(make_user("ada", is_staff=True, is_superuser=True))
    page = client.get("/system/").content.decode()
    for said in ("ArithmeticError: poison", "5 Jan 2026", "Try all of it again"):
        assert said in page
    assert "Enter" not in page
    assert client.post("/system/", {"reason": "short"}).status_code == 200
    assert DayFailure.objects.get().attempts == 3
    poison()
    assert client.post("/system/", {"reason": "The currency was mended"}).status_code == 302
    entry = LogEntry.objects.get(changes__has_key="orders 2026-01-05")
    assert entry.additional_data == {"actor": "ada", "reason": "The currency was mended"}
    assert entry.object_repr == str(account)
    sweep(NOW)
    assert not DayFailure.objects.exists()
    assert DayTotal.objects.get().day == POISON


def test_only_staff_have_it_tried_again(account):
    client = Client()
    client.force_login(make_user("mia", account))
    assert client.post("/system/", {"reason": "The currency was mended"}).status_code == 404


def test_the_command_names_what_failed_and_tries_it_again(account, poison, capsys):
    make_order(account, "2026-01-05 10:00")
    for _attempt in range(3):
        with pytest.raises(CommandError, match="1 pieces of work failed"):
            call_command("sweep")
    assert "acme orders 2026-01-05: 3 attempts; ArithmeticError: poison" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("sweep", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["failed"], told["failures"][0]["work"]) == (1, "orders 2026-01-05")
    poison()
    with pytest.raises(CommandError):
        call_command("sweep")
    call_command("sweep", "--again", "a new release")
    assert DayTotal.objects.get().day == POISON


def test_a_deadline_that_cannot_pass_stops_no_other_account_and_no_counting(account, monkeypatch):
    late = {"fulfilled_by": "merchant", "status": "unshipped"}
    other = make_account("other")
    for shop in (account, other):
        make_order(shop, "2026-01-05 10:00", ship_by="2026-01-21 10:00", **late)
    real = orders.lapse.lapse

    def lapse(shop, now):
        if shop == account:
            raise ValueError("poison")
        return real(shop, now)

    guarded = [one if one.work != "orders" else type(one)(one.work, one.due, lapse) for one in kpis.sweep.LAPSES]
    monkeypatch.setattr(kpis.sweep, "LAPSES", guarded)
    later = NOW + timedelta(days=2)
    assert waiting_accounts(later) == {account.id, other.id}
    for attempts in (1, 2, 3):
        sweep(later)
        assert AccountFailure.objects.get().attempts == attempts
    assert set(DayTotal.objects.values_list("account_id", flat=True)) == {account.id, other.id}
    assert waiting_accounts(later) == set(), "it keeps no worker busy"
    failure = AccountFailure.objects.get()
    assert (failure.account, failure.work, failure.error) == (account, "orders", "ValueError: poison")
    assert health([account], later).work_set_aside == 1
    rest()
    assert waiting_accounts(later) == {account.id}, "an hour later it is tried again"
    monkeypatch.undo()
    sweep(later)
    assert not AccountFailure.objects.exists()


def test_weeks_of_one_account_that_cannot_be_published_stop_no_other(account, monkeypatch):
    other = make_account("other")
    for shop in (account, other):
        make_order(shop, "2026-01-05 10:00")
    real = kpis.weeks._close

    def close(shop, now):
        if shop == account:
            raise ValueError("poison")
        return real(shop, now)

    monkeypatch.setattr(kpis.weeks, "_close", close)
    for _attempt in range(3):
        close_weeks(NOW)
    assert set(WeekReport.objects.values_list("account__key", flat=True)) == {"other"}
    assert due_accounts(NOW) == set()
    rest()
    assert due_accounts(NOW) == {account.id}
    monkeypatch.undo()
    close_weeks(NOW)
    assert WeekReport.objects.filter(account=account).exists()
    assert not AccountFailure.objects.exists()


def test_a_proof_that_fails_stops_no_other_and_fails_the_command(account, monkeypatch, capsys):
    make_account("other")
    real = kpis.proof._days_to_prove

    def days(shop, *more):
        if shop == account:
            raise ValueError("poison")
        return real(shop, *more)

    monkeypatch.setattr(kpis.proof, "_days_to_prove", days)
    with pytest.raises(CommandError, match="The proof of acme did not come to its end"):
        call_command("prove")
    assert "other: 0 days compared" in capsys.readouterr().out
    assert AccountFailure.objects.get().work == "proving"


@pytest.mark.parametrize("passing", [OperationalError("server closed the connection"), SoftTimeLimitExceeded()])
def test_a_database_that_is_away_and_a_worker_whose_time_is_over_end_the_run(account, passing, monkeypatch):
    make_order(account, "2026-01-05 10:00")

    def recount(*_arguments):
        raise passing

    monkeypatch.setattr(kpis.sweep, "recount", recount)
    with pytest.raises(type(passing)):
        sweep(NOW)
    assert not DayFailure.objects.exists()
    monkeypatch.undo()
    sweep(NOW)
    assert DayTotal.objects.get().day == POISON


def test_a_statement_that_takes_too_long_is_the_days_own_fault(account, monkeypatch):
    make_order(account, "2026-01-05 10:00")

    class Canceled(Exception):
        sqlstate = "57014"

    def recount(*_arguments):
        raise OperationalError("canceling statement due to statement timeout") from Canceled()

    monkeypatch.setattr(kpis.sweep, "recount", recount)
    for _attempt in range(3):
        sweep(NOW)
    assert DayFailure.objects.get().attempts == 3
