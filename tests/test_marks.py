"""Every write path marks the days it touches in its own transaction: the day a row leaves and the day it enters."""

from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

import kpis.sweep
from kpis.catalogue import FACTS
from kpis.freshness import freshness, freshness_of_each
from kpis.layouts import LAYOUTS
from kpis.metrics import Window
from kpis.models import DayFailure, DayTotal
from kpis.stale import stale_days, stale_facts
from kpis.sweep import sweep, waiting_accounts
from kpis.totals import load_totals
from messaging.models import Conversation, Message, Turn
from orders.models import Order
from sellers.facts import DatedRow, UnmarkedWriteError, restamp
from sellers.marks import Mark, mark
from tests.makers import NOW, at, make_account, make_conversation, make_message, make_order

pytestmark = pytest.mark.django_db


def marks():
    return sorted({(fact, str(day)) for fact, day in Mark.objects.values_list("fact", "day")})


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def message(account):
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"))
    Mark.objects.all().delete()
    return conversation.messages.get()


def test_a_new_row_marks_its_day(account):
    make_order(account, "2026-01-05 10:00")
    assert ("orders", "2026-01-05") in marks()


def test_a_moved_row_marks_the_day_it_leaves_and_the_day_it_enters(message):
    message.sent_at = at("2026-01-07 10:00")
    message.save()
    assert message.day == date(2026, 1, 7)
    assert marks() == [("contacts", "2026-01-05"), ("contacts", "2026-01-07")]


def test_saving_only_the_moment_moves_the_day_with_it(message):
    message.sent_at = at("2026-01-07 10:00")
    message.save(update_fields=["sent_at"])
    assert Message.objects.get(pk=message.pk).day == date(2026, 1, 7)


def test_update_marks_the_days_of_the_rows_it_changes(message):
    assert Message.objects.filter(pk=message.pk).update(needs_reply=False) == 1
    assert marks() == [("contacts", "2026-01-05")]


@pytest.mark.parametrize("values", [{"sent_at": at("2026-01-07 10:00")}, {"day": date(2026, 1, 7)}, {"account_id": 1}])
def test_update_refuses_what_would_leave_the_day_behind(message, values):
    with pytest.raises(UnmarkedWriteError, match="use save"):
        Message.objects.filter(pk=message.pk).update(**values)


@pytest.mark.parametrize("option", ["update_conflicts", "ignore_conflicts"])
def test_bulk_create_refuses_to_replace_rows_it_has_not_seen(option):
    with pytest.raises(UnmarkedWriteError):
        Order.objects.bulk_create([], **{option: True})


def test_bulk_update_marks_both_days_and_moves_the_day_column(message):
    message.sent_at = at("2026-01-07 10:00")
    Message.objects.bulk_update([message], ["sent_at"])
    assert Message.objects.get(pk=message.pk).day == date(2026, 1, 7)
    assert marks() == [("contacts", "2026-01-05"), ("contacts", "2026-01-07")]


def test_deleting_marks_the_day_one_by_one_and_in_bulk(account, message):
    Turn.objects.filter(account=account).delete()
    assert marks() == [("turns", "2026-01-05")]
    message.delete()
    assert marks() == [("contacts", "2026-01-05"), ("turns", "2026-01-05")]


def test_a_conversation_cannot_take_its_messages_away_unmarked(message):
    with pytest.raises(Exception, match="restricted"):
        Conversation.objects.all().delete()
    assert Message.objects.count() == 1


def test_a_write_that_is_rolled_back_leaves_no_mark(account):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_order(account, "2026-01-05 10:00")
        raise ZeroDivisionError
    assert marks() == []


def test_a_changed_zone_moves_rows_to_their_new_days(account, message):
    account.time_zone = "Asia/Tokyo"
    account.save()
    make_message(message.conversation, "buyer", "2026-01-05 23:00")
    moved = restamp(account)
    assert moved == 0, "10:00 UTC is the same day in Tokyo, and the new message was stamped there already"
    account.time_zone = "America/Los_Angeles"
    account.save()
    Mark.objects.all().delete()
    restamp(account)
    # 23:00 UTC on the 5th is the 6th in Tokyo and the 5th in Los Angeles.
    assert ("contacts", "2026-01-06") in marks()
    assert ("contacts", "2026-01-05") in marks()


def test_every_fact_names_a_table_that_marks_it():
    declared = {(fact, model) for model in apps.get_models() if issubclass(model, DatedRow) for fact in model.facts}
    assert {(slug, fact.model) for slug, fact in FACTS.items()} == declared


def test_a_sweep_deletes_the_marks_it_read_and_stores_an_empty_day_as_counted(account, message):
    Turn.objects.filter(account=account).delete()
    message.delete()
    sweep(NOW)
    assert not Mark.objects.exists()
    total = DayTotal.objects.get(account=account, fact="contacts", day=date(2026, 1, 5))
    assert set(total.sums) == {0}


def test_figures_are_never_up_to_a_day_that_is_still_to_come():
    account = make_account(time_zone="Asia/Tokyo")
    make_order(account, "2026-01-19 10:00")
    for day in (date(2026, 1, 21), date(2026, 1, 27)):  # packages are counted on the day they are promised for
        Mark.objects.create(account=account, fact="packages", day=day)
    sweep(at("2026-01-20 16:00"))  # the 21st has begun in Tokyo
    assert freshness([account]).newest_day == date(2026, 1, 21)
    assert freshness_of_each([account])[account.id].newest_day == date(2026, 1, 21)


def test_a_day_counted_by_an_older_declaration_is_counted_again(account):
    make_order(account, "2026-01-05 10:00")
    sweep(NOW)
    counted = DayTotal.objects.get().sums
    DayTotal.objects.update(recipe="older", sums=[99])
    assert waiting_accounts(NOW) == {account.id}
    sweep(NOW)
    assert DayTotal.objects.get().sums == counted
    assert waiting_accounts(NOW) == set()


@pytest.mark.parametrize("recipe", ["0000", "zzzz"])
def test_only_the_facts_with_another_recipe_are_looked_through(recipe):
    account = make_account()
    make_order(account, "2026-01-05 10:00")
    make_order(account, "2026-01-06 10:00")
    make_conversation(account, ("buyer", "2026-01-05 10:00"))
    assert stale_facts() == []
    sweep(NOW)
    assert stale_facts() == []
    DayTotal.objects.filter(fact="orders", day=date(2026, 1, 6)).update(recipe=recipe)
    assert stale_facts() == ["orders"]
    assert list(stale_days().values_list("fact", "day")) == [("orders", date(2026, 1, 6))]
    sweep(NOW)
    assert stale_facts() == []


def test_a_day_counted_by_an_older_declaration_is_not_read_by_todays_positions(account):
    make_order(account, "2026-01-05 10:00")
    sweep(NOW)
    DayTotal.objects.update(recipe="older", sums=[99])
    january = Window(date(2026, 1, 1), date(2026, 1, 31))
    found = load_totals([account.id], dict.fromkeys(LAYOUTS.values(), january))
    assert found == {}


def test_a_total_that_came_out_as_it_stands_is_not_written_again(account):
    make_order(account, "2026-01-05 10:00")
    monday, hour = date(2026, 1, 5), timedelta(hours=1)

    def counted_since() -> datetime:
        return DayTotal.objects.get(fact="orders", day=monday).counted_at

    sweep(NOW)
    mark([(account.id, "orders", monday)])
    sweep(NOW + hour)
    assert (marks(), counted_since()) == ([], NOW)
    make_order(account, "2026-01-05 11:00")
    sweep(NOW + 2 * hour)
    assert counted_since() == NOW + 2 * hour
    DayTotal.objects.update(recipe="another")
    sweep(NOW + 3 * hour)
    assert counted_since() == NOW + 3 * hour, "equal sums of another declaration mean something else"


def test_a_day_that_cannot_be_counted_is_set_aside_after_three_attempts_and_stops_no_other(account, monkeypatch):
    make_order(account, "2026-01-05 10:00")
    make_order(account, "2026-01-06 10:00")
    real = kpis.sweep.recount

    def recount(layout, account_id, days, now):
        if date(2026, 1, 5) in days:
            raise ArithmeticError("poison")
        real(layout, account_id, days, now)

    monkeypatch.setattr(kpis.sweep, "recount", recount)
    for _attempt in range(5):
        sweep(NOW)
    failure = DayFailure.objects.get()
    assert (failure.fact, str(failure.day), failure.attempts) == ("orders", "2026-01-05", 3)
    assert "poison" in failure.error
    assert DayTotal.objects.filter(day=date(2026, 1, 6)).exists()
    assert marks() == [("orders", "2026-01-05")], "the day still waits, for whoever mends it"
    assert waiting_accounts(NOW) == set(), "but it keeps no worker busy"
    monkeypatch.setattr(kpis.sweep, "recount", real)
    Order.objects.get(day=date(2026, 1, 5)).save()
    sweep(NOW)
    assert marks() == [], "a repair of a row of that day is a new attempt"
    assert not DayFailure.objects.exists()


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Message, {"reply_seconds": 5}),
        (Turn, {"reply": 1, "reply_seconds": 3}),
        (Order, {"defective": True}),
        (Order, {"total_amount": -1}),
    ],
)
def test_the_database_itself_refuses_what_cannot_be(account, message, model, values):
    make_order(account, "2026-01-05 10:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(account=account).update(**values)
