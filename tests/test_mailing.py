"""Weekly reports by mail: when they are due, what they say, that each is sent once, and what happens when it fails."""

import socket
import threading
from datetime import UTC, date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.db.models.functions import Now

from dashboard.mailing.schedule import newest_due, next_due, week_at
from dashboard.mailing.sending import ask, plan, send_reports
from dashboard.models import Delivery, Subscription
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from sellers.models import Membership
from tests.makers import at, make_account, make_answers, make_user
from tests.smtp import mail_server

MONDAY = at("2026-01-19 08:00")
SUNDAY = date(2026, 1, 18)
State, Reason = Delivery.State, Delivery.Reason


@pytest.fixture(autouse=True)
def clock():
    """Thursday 22 January 2026."""
    with time_machine.travel(at("2026-01-22 12:00"), tick=False):
        yield


def good_week(account, moment="2026-01-12 01:00"):
    """36 of 40 surveys of the week to 11 January solved: 9.0."""
    make_answers(account, 36, 4, last="2026-01-10 20:00", now=at(moment))


def bad_week(account, moment="2026-01-19 01:00"):
    """40 more, not solved, in the week to 18 January: 36 of 80 are 4.5."""
    make_answers(account, 0, 40, last="2026-01-17 20:00", now=at(moment))


def close(moment):
    sweep(at(moment))
    close_weeks(at(moment))


@pytest.fixture
def shop(db):
    account = make_account("mine", name="Rose Garden")
    good_week(account)
    bad_week(account)
    close("2026-01-19 01:00")
    return account


def subscribe(*accounts, next_at=MONDAY, user=None, chosen=(), **values):
    user = user or make_user("", *accounts, email="mei@example.com")
    defaults = {"time_zone": "UTC", "weekday": 0, "hour": 8, "every_account": not chosen}
    one = Subscription.objects.create(user=user, next_at=next_at, **{**defaults, **values})
    one.accounts.set(chosen)
    return one


def only_delivery():
    return Delivery.objects.get()


# --- When ------------------------------------------------------------------------------------------------------------

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-01-19 12:59", "2026-01-19 13:00"),  # 08:00 in New York is 13:00 in winter
        ("2026-01-19 13:00", "2026-01-26 13:00"),  # what is due now is not due next
        ("2026-01-20 02:00", "2026-01-26 13:00"),  # still Monday there, after 08:00
        ("2026-03-03 12:00", "2026-03-09 12:00"),  # and 12:00 in summer
    ],
)
def test_a_report_is_due_at_an_hour_of_the_recipients_clock(after, due):
    assert next_due(0, 8, NEW_YORK, at(after)) == at(due)


def test_an_hour_that_clocks_skip_is_the_moment_they_jump():
    # On Sunday 8 March 2026 New York goes from 01:59 to 03:00, which is 07:00 UTC.
    due = next_due(6, 2, NEW_YORK, at("2026-03-05 00:00"))
    assert due == at("2026-03-08 07:00")
    assert next_due(6, 2, NEW_YORK, due) == at("2026-03-15 06:00")


def test_an_hour_that_comes_twice_brings_one_report():
    # On Sunday 1 November 2026 it is 01:00 in New York at 05:00 and again at 06:00 UTC.
    due = next_due(6, 1, NEW_YORK, at("2026-10-30 00:00"))
    assert due == at("2026-11-01 05:00")
    assert next_due(6, 1, NEW_YORK, due) == at("2026-11-08 06:00")


def test_after_weeks_of_silence_the_newest_is_due_and_not_each():
    assert newest_due(0, 8, ZoneInfo("UTC"), at("2026-01-05 08:00"), at("2026-01-22 12:00")) == MONDAY


def test_the_week_is_the_one_that_was_over_on_that_day_of_the_recipient():
    assert week_at(MONDAY, ZoneInfo("UTC")) == SUNDAY
    assert week_at(at("2026-01-18 20:00"), ZoneInfo("UTC")) == date(2026, 1, 11)
    assert week_at(at("2026-01-18 20:00"), ZoneInfo("Asia/Shanghai")) == SUNDAY  # Monday 04:00 there


# --- What ------------------------------------------------------------------------------------------------------------


def test_the_mail_itself_says_what_changed_and_what_to_do(shop):
    subscribe(shop)
    assert send_reports(MONDAY).sent == 1
    sent = mail.outbox[0]
    assert sent.to == ["mei@example.com"]
    assert sent.subject == "Rose Garden, week to 18 Jan 2026: score 4.5 (Needs attention)"
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    for body in (sent.body, html):
        assert "Customer-service score turned red: 4.5 after 9.0." in body
        assert "30 more “Solved” in a row make it yellow." in body
        assert "9.0 the week before" in body
        assert "http://localhost:8000/accounts/mine/weeks/2026-01-18/" in body
    delivery = only_delivery()
    assert (delivery.state, delivery.week, delivery.accounts) == (State.SENT, SUNDAY, 1)


def test_the_mail_can_be_ended_by_one_click(shop):
    subscribe(shop)
    send_reports(MONDAY)
    headers = mail.outbox[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http://localhost:8000/unsubscribe/")
    assert headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "周"), ("zh-hant", "週")])
def test_the_mail_is_written_in_the_language_of_the_subscription(shop, language, word):
    subscribe(shop, language=language)
    send_reports(MONDAY)
    assert "Needs attention" not in mail.outbox[0].body
    assert word in mail.outbox[0].body
    assert f'lang="{language}"' in mail.outbox[0].alternatives[0][0]


def test_a_name_cannot_break_out_of_the_mail(db):
    account = make_account("mine", name="<b>Rose</b> & Son")
    good_week(account)
    close("2026-01-19 01:00")
    subscribe(account)
    send_reports(MONDAY)
    assert "<b>Rose</b> & Son" in mail.outbox[0].body
    html = mail.outbox[0].alternatives[0][0]
    assert "<b>Rose</b>" not in html
    assert "&lt;b&gt;Rose&lt;/b&gt; &amp; Son" in html


def test_a_name_of_two_lines_stands_in_the_subject_in_one(db):
    account = make_account("mine", name="Rose\r\nGarden")
    good_week(account)
    close("2026-01-19 01:00")
    subscribe(account)
    assert send_reports(MONDAY).sent == 1
    assert mail.outbox[0].subject.startswith("Rose Garden, week to 18 Jan 2026")


def test_several_accounts_stand_worst_first_and_the_subject_counts_the_red_ones(shop):
    steady = make_account("steady", name="Steady")
    good_week(steady)
    close("2026-01-19 01:00")
    subscribe(shop, steady)
    send_reports(MONDAY)
    assert mail.outbox[0].subject == "Week to 18 Jan 2026: 1 of 2 accounts has red figures"
    assert mail.outbox[0].body.index("Rose Garden") < mail.outbox[0].body.index("Steady")


# --- To whom ---------------------------------------------------------------------------------------------------------


def test_an_account_that_a_person_may_not_see_any_more_is_not_mailed(shop):
    other = make_account("other", name="Other")
    good_week(other)
    close("2026-01-19 01:00")
    one = subscribe(shop, other, chosen=[shop, other])
    Membership.objects.filter(user=one.user, account=shop).delete()
    send_reports(MONDAY)
    assert "Rose Garden" not in mail.outbox[0].body
    assert "Other" in mail.outbox[0].body


@pytest.mark.parametrize("gone", ["membership", "user"])
def test_who_may_see_nothing_any_more_gets_nothing(shop, gone):
    one = subscribe(shop)
    if gone == "membership":
        Membership.objects.all().delete()
    else:
        one.user.is_active = False
        one.user.save()
    send_reports(MONDAY)
    assert mail.outbox == []
    assert (only_delivery().state, only_delivery().reason) == (State.SKIPPED, Reason.NO_ACCOUNT)


def test_a_recipient_without_an_address_is_told_in_the_log(shop):
    subscribe(user=make_user("", shop))
    send_reports(MONDAY)
    assert (only_delivery().state, only_delivery().reason) == (State.FAILED, Reason.NO_ADDRESS)


def test_only_the_chosen_accounts_are_mailed(shop):
    other = make_account("other", name="Other")
    good_week(other)
    close("2026-01-19 01:00")
    subscribe(shop, other, chosen=[other])
    send_reports(MONDAY)
    assert "Rose Garden" not in mail.outbox[0].body


# --- Once ------------------------------------------------------------------------------------------------------------


def test_a_second_run_sends_nothing_and_the_next_week_is_planned(shop):
    one = subscribe(shop)
    send_reports(MONDAY)
    send_reports(MONDAY + timedelta(minutes=5))
    assert len(mail.outbox) == 1
    one.refresh_from_db()
    assert one.next_at == at("2026-01-26 08:00")


def test_moving_the_day_inside_a_week_brings_no_second_mail_of_it(shop):
    one = subscribe(shop)
    send_reports(MONDAY)
    one.weekday, one.next_at = 3, at("2026-01-22 08:00")
    one.save()
    send_reports(at("2026-01-22 08:00"))
    assert len(mail.outbox) == 1


def test_a_paused_subscription_plans_nothing_and_what_waits_is_skipped(shop):
    one = subscribe(shop)
    assert plan(MONDAY) == 1
    one.active = False
    one.save()
    send_reports(MONDAY)
    assert (only_delivery().state, only_delivery().reason) == (State.SKIPPED, Reason.PAUSED)


@pytest.mark.django_db(transaction=True)
def test_two_runners_at_once_send_one_mail():
    account = make_account("mine")
    good_week(account)
    close("2026-01-19 01:00")
    subscribe(account)
    together, errors = threading.Barrier(2), []

    def run():
        try:
            together.wait()
            send_reports(MONDAY)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _runner in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert errors == []
    assert len(mail.outbox) == 1
    assert Delivery.objects.count() == 1


def test_a_delivery_whose_worker_died_is_sent_under_the_same_id(shop):
    subscribe(shop)
    plan(MONDAY)
    Delivery.objects.update(state=State.SENDING, worker="dead", lease_until=Now() + timedelta(minutes=5), attempts=1)
    assert send_reports(MONDAY).sent == 0  # another worker may still be at it
    Delivery.objects.update(lease_until=Now() - timedelta(minutes=1))
    assert send_reports(MONDAY).sent == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<report-{only_delivery().pk}-202601190800@localhost>"


# --- Waiting, skipping -----------------------------------------------------------------------------------------------


def test_the_mail_waits_until_the_week_is_over_in_every_account(db):
    # Monday 08:00 in Shanghai is Sunday 16:00 in Los Angeles; the week there is over at Monday 08:00 UTC.
    west = make_account("west", time_zone="America/Los_Angeles")
    good_week(west)
    close("2026-01-18 23:00")
    subscribe(west, time_zone="Asia/Shanghai", next_at=at("2026-01-19 00:00"))
    assert send_reports(at("2026-01-19 00:00")).waiting == 1
    assert (only_delivery().reason, only_delivery().attempts) == (Reason.WEEKS_OPEN, 0)
    assert send_reports(at("2026-01-19 07:00")).waiting == 1
    close_weeks(at("2026-01-19 08:01"))
    assert send_reports(at("2026-01-19 08:06")).sent == 1
    assert only_delivery().week == SUNDAY


def test_it_does_not_wait_for_ever(shop):
    # 36 hours after it was due the mail goes out without the account that has not closed its week.
    late = make_account("late", name="Late Shop", time_zone="America/Los_Angeles")
    good_week(late, "2026-01-12 09:00")
    close_weeks(at("2026-01-12 09:00"), [late])
    subscribe(shop, late)
    assert send_reports(MONDAY + timedelta(hours=35)).waiting == 1
    assert send_reports(MONDAY + timedelta(hours=36)).sent == 1
    assert "Without a report of this week: Late Shop" in mail.outbox[0].body


def test_an_account_without_any_week_keeps_nobody_waiting(shop):
    subscribe(shop, make_account("new"))
    assert send_reports(MONDAY).sent == 1


def test_a_week_without_changes_is_skipped_where_that_is_wanted(shop):
    close("2026-01-26 01:00")
    quiet = subscribe(shop, next_at=at("2026-01-26 08:00"), skip_unchanged=True)
    subscribe(user=quiet.user, next_at=at("2026-01-26 08:00"))
    done = send_reports(at("2026-01-26 08:00"))
    assert (done.sent, done.skipped) == (1, 1)
    assert quiet.deliveries.get().reason == Reason.UNCHANGED


def test_a_first_week_is_worth_a_mail(db):
    account = make_account("mine")
    good_week(account)
    close("2026-01-12 01:00")
    subscribe(account, next_at=at("2026-01-12 08:00"), skip_unchanged=True)
    assert send_reports(at("2026-01-12 08:00")).sent == 1


def test_without_a_published_week_there_is_nothing_to_mail(db):
    subscribe(make_account("mine"))
    send_reports(MONDAY)
    assert only_delivery().reason == Reason.NO_REPORT


# --- Asking for one --------------------------------------------------------------------------------------------------


def test_who_asks_gets_the_newest_at_once_besides_the_weekly_one(shop):
    one = subscribe(shop, skip_unchanged=True)
    send_reports(MONDAY)
    assert ask(one, MONDAY)
    assert ask(one, MONDAY), "asked twice before it was sent"
    assert send_reports(MONDAY).sent == 1
    assert len(mail.outbox) == 2


def test_nobody_is_flooded_by_asking(shop):
    one = subscribe(shop)
    for _time in range(10):
        assert ask(one, MONDAY)
        send_reports(MONDAY)
    assert not ask(one, MONDAY)
    assert ask(one, MONDAY + timedelta(days=1, minutes=1))


# --- Failing ---------------------------------------------------------------------------------------------------------


def through(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def closed_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def test_a_server_that_is_away_is_tried_again_after_longer_waits_and_then_given_up(shop, settings):
    subscribe(shop)
    through(settings, closed_port())
    waits, now = [], MONDAY
    while True:
        send_reports(now)
        delivery = only_delivery()
        if delivery.state != State.WAITING:
            break
        assert delivery.reason == Reason.UNREACHABLE
        waits.append(delivery.try_at - now)
        now = delivery.try_at
    assert [wait.total_seconds() / 60 for wait in waits] == [5, 15, 60, 240, 720]
    assert (delivery.state, delivery.attempts, delivery.ended_at) == (State.FAILED, 6, now)


def test_a_server_that_comes_back_gets_the_mail(shop, settings):
    subscribe(shop)
    through(settings, closed_port())
    assert send_reports(MONDAY).waiting == 1
    assert send_reports(MONDAY + timedelta(minutes=4)).waiting == 0
    with mail_server() as server:
        through(settings, server.server_address[1])
        assert send_reports(MONDAY + timedelta(minutes=5)).sent == 1
        assert len(server.mails) == 1
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in server.mails[0]


def test_a_recipient_who_is_refused_is_not_tried_again(shop, settings, caplog):
    subscribe(shop)
    with mail_server("550 no such mailbox mei@example.com") as server:
        through(settings, server.server_address[1])
        assert send_reports(MONDAY).failed == 1
    delivery = only_delivery()
    assert (delivery.state, delivery.reason, delivery.code) == (State.FAILED, Reason.REFUSED, 550)
    assert "mei@example.com" not in caplog.text
    assert send_reports(MONDAY + timedelta(days=1)) == type(send_reports(MONDAY))()


def test_a_recipient_who_is_refused_for_now_is_tried_again(shop, settings):
    subscribe(shop)
    with mail_server("451 greylisted, come back") as server:
        through(settings, server.server_address[1])
        assert send_reports(MONDAY).waiting == 1
    assert (only_delivery().state, only_delivery().reason, only_delivery().code) == (State.WAITING, Reason.REFUSED, 451)


def test_one_failure_stops_no_other(shop, settings):
    bad = subscribe(shop)
    with mail_server("550 no") as server:
        through(settings, server.server_address[1])
        plan(MONDAY)
        send_reports(MONDAY)
        server.answer = "250 fine"
        subscribe(user=make_user("", shop, email="kim@example.com"))
        assert send_reports(MONDAY).sent == 1
    assert bad.deliveries.get().state == State.FAILED


# --- The command -----------------------------------------------------------------------------------------------------


def test_the_command_tells_what_it_did(shop):
    subscribe(shop)
    out = StringIO()
    call_command("send_reports", "--now", "2026-01-19T08:00:00Z", stdout=out)
    assert "1 sent, 0 skipped, 0 failed, 0 tried again later." in out.getvalue()
    out = StringIO()
    call_command("send_reports", "--now", "2026-01-19T08:00:00Z", "--json", stdout=out)
    assert '"sent": 0' in out.getvalue()
    assert MONDAY.tzinfo is UTC
