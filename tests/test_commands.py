"""The commands about accounts and figures: what they do, what they print, and how they say no."""

import json
from datetime import date, time, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.models import DayFailure, DayTotal, WeekReport
from kpis.sweep import sweep
from messaging.models import Message, Reply, Turn
from orders.models import Claim, ClaimStatus, Order
from orders.recompute import recompute_orders
from sellers.marks import Mark
from sellers.models import ApiToken, SellerAccount
from tests.makers import NOW, at, make_account, make_answers, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db

MOMENT = "2026-01-20T12:00:00Z"


@pytest.fixture
def run(capsys):
    """Runs a command as typed, and returns what it printed."""

    def run(*words):
        call_command(*words)
        return capsys.readouterr().out

    return run


# --- account ---------------------------------------------------------------------------------------------------------


def test_account_makes_an_account_with_its_switches(run):
    printed = run(
        "account", "acme-us", "--platform", "amazon", "--zone", "America/Los_Angeles", "--marketplace", "US",
        "--set", "score_window_days=31", "--set", "week_start=sunday", "--set", "bots_count=yes",
        "--set", "currency=USD",
    )  # fmt: skip
    assert printed == "acme-us created.\n"
    account = SellerAccount.objects.get(key="acme-us")
    assert (account.name, account.platform, account.time_zone) == ("acme-us", "amazon", "America/Los_Angeles")
    assert (account.score_window_days, account.week_start, account.bots_count) == (31, 6, True)
    assert (account.currency, account.atoz_rule) == ("USD", "today")


def test_account_changes_only_what_is_said(run):
    run("account", "acme", "--platform", "shopify", "--zone", "Asia/Tokyo", "--name", "Acme 日本")
    assert run("account", "acme", "--set", "week_start=3") == "acme changed: week_start.\n"
    assert run("account", "acme", "--platform", "shopify", "--set", "week_start=thursday") == "acme is as it was.\n"
    account = SellerAccount.objects.get()
    assert (account.name, account.platform, account.week_start) == ("Acme 日本", "shopify", 3)


def test_account_takes_what_shipping_and_channels_depend_on(run):
    run(
        "account", "acme", "--platform", "amazon", "--zone", "UTC", "--set", "handling_days=2",
        "--set", "ships_saturday=yes", "--set", "same_day_cutoff=14:00", "--set", "expected_channels=email, phone",
        "--set", "pop_counts_messages=no",
    )  # fmt: skip
    account = SellerAccount.objects.get()
    assert (account.handling_days, account.ships_saturday, account.ships_sunday) == (2, True, False)
    assert (account.same_day_cutoff, account.expected_channels) == (time(14), ["email", "phone"])
    assert not account.pop_counts_messages


def test_account_takes_back_what_may_be_unknown(run):
    make_account("acme", handling_days=2, same_day_cutoff=time(14))
    printed = run("account", "acme", "--set", "handling_days=", "--set", "same_day_cutoff=")
    assert printed == "acme changed: handling_days, same_day_cutoff.\n"
    account = SellerAccount.objects.get()
    assert (account.handling_days, account.same_day_cutoff) == (None, None)


def test_an_account_that_says_nothing_expects_the_eight_channels_and_knows_no_handling_time():
    account = make_account("acme")
    assert account.expected_channels == [
        "live_chat", "phone", "email", "amazon_message", "messenger", "instagram", "line", "whatsapp",
    ]  # fmt: skip
    assert (account.handling_days, account.same_day_cutoff, account.pop_counts_messages) == (None, None, True)


def test_the_database_knows_the_longest_handling_time():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_account("acme", handling_days=31)


def test_account_prints_json(run):
    said = json.loads(run("account", "acme", "--platform", "other", "--zone", "UTC", "--json"))
    assert (said["key"], said["created"], said["time_zone"], said["bots_count"]) == ("acme", True, "UTC", False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["new"], "platform: This field cannot be blank"),
        (["Bad_Key", "--platform", "other", "--zone", "UTC"], "key: Small letters"),
        (["new", "--platform", "ebay", "--zone", "UTC"], "platform: Value 'ebay' is not a valid choice"),
        (["new", "--platform", "other", "--zone", "+09:00"], "not an IANA time zone"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "colour=red"], "There is no setting “colour”"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "key=x"], "There is no setting “key”"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "week_start=7"], "week_start: Value 7"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "week_start"], "“week_start” is not NAME=VALUE"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "score_window_days=0"], "score_window_days"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "score_window_days=4w"], "whole number"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "bots_count=maybe"], "bots_count is yes or no"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "atoz_rule=some"], "atoz_rule: Value 'some'"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "handling_days=31"], "handling_days: Ensure this"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "handling_days=soon"], "whole number"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "ships_sunday=maybe"], "ships_sunday is yes or no"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "same_day_cutoff=2pm"], "such as 14:00, not “2pm”"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "same_day_cutoff=24:00"], "such as 14:00"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "expected_channels=fax"], "no channel “fax”"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "expected_channels=email,email"], "named twice"),
        (["new", "--platform", "other", "--zone", "UTC", "--set", "published_until=2026-01-01"], "no setting"),
        (["new", "--platform", "other", "--zone", "UTC", "--now", "2026-01-20T12:00"], "has no time zone"),
    ],
)
def test_account_refuses_in_a_sentence_and_changes_nothing(run, words, sentence):
    with pytest.raises(CommandError) as refused:
        run("account", *words)
    assert sentence in str(refused.value)
    assert not SellerAccount.objects.exists()


def test_a_changed_zone_moves_rows_to_their_new_days(run):
    account = make_account("acme", time_zone="UTC")
    make_conversation(account, ("buyer", "2026-01-05 20:00"), ("agent", "2026-01-05 21:00"))
    sweep(NOW)
    run("account", "acme", "--zone", "Asia/Tokyo", "--now", MOMENT)
    assert set(Message.objects.values_list("day", flat=True)) == {date(2026, 1, 6)}
    assert set(Mark.objects.filter(fact="contacts").values_list("day", flat=True)) == {
        date(2026, 1, 5),
        date(2026, 1, 6),
    }
    run("sweep", "--now", MOMENT)
    totals = dict(DayTotal.objects.filter(fact="turns").values_list("day", "sums"))
    assert (sum(totals[date(2026, 1, 5)]), totals[date(2026, 1, 6)][0]) == (0, 1)


def test_counting_bots_lets_their_replies_end_turns(run):
    account = make_account("acme")
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("bot", "2026-01-05 10:01"))
    assert Turn.objects.get().reply == Reply.NONE
    run("account", "acme", "--set", "bots_count=yes", "--now", MOMENT)
    assert Turn.objects.get().reply_seconds == 60
    run("account", "acme", "--set", "bots_count=no", "--now", MOMENT)
    assert Turn.objects.get().reply == Reply.NONE


def test_the_rule_for_claims_judges_every_order_anew(run):
    account = make_account("acme")
    order = make_order(account, "2026-01-02 10:00")
    Claim.objects.create(
        account=account, system="test", external_id="1", order_external_id=order.external_id,
        status=ClaimStatus.DENIED, opened_at=at("2026-01-05 10:00"),
    )  # fmt: skip
    recompute_orders(account, [order.external_id], NOW)
    assert not Order.objects.get().defective
    run("account", "acme", "--set", "atoz_rule=all", "--now", MOMENT)
    assert Order.objects.get().defective


# --- token -----------------------------------------------------------------------------------------------------------


def test_token_prints_a_key_that_works_once_and_for_all(run):
    make_account("ours")
    make_account("theirs")
    make_user("boss", is_superuser=True, is_staff=True)
    key = run("token", "nightly", "--accounts", "ours", "--scopes", "read,ingest").strip()
    client = APIClient(headers={"authorization": f"Bearer {key}"})
    assert [account["key"] for account in client.get("/api/v1/accounts").json()] == ["ours"]
    token = ApiToken.objects.get()
    assert (token.name, token.user.username, token.scopes, token.expiry) == (
        "nightly",
        "boss",
        ["ingest", "read"],
        None,
    )


def test_token_says_everything_as_json(run):
    mia = make_user("mia", make_account("ours"))
    said = json.loads(
        run("token", "ci", "--accounts", "ours", "--scopes", "read", "--user", "mia", "--expires", "30", "--json")
    )
    assert (said["name"], said["user"], said["accounts"], said["scopes"]) == ("ci", "mia", ["ours"], ["read"])
    token = ApiToken.objects.get()
    assert token.user == mia and said["key"] not in str(token.digest)
    assert token.expiry - token.created > timedelta(days=29, hours=23)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--accounts", "ours", "--scopes", "read"], "There is no active superuser"),
        (["--accounts", "ours", "--scopes", "read", "--user", "nobody"], "There is no user “nobody”"),
        (["--accounts", "nowhere", "--scopes", "read", "--user", "mia"], "There is no account “nowhere”"),
        (["--accounts", ",", "--scopes", "read", "--user", "mia"], "No account is named"),
        (["--accounts", "theirs", "--scopes", "read", "--user", "mia"], "mia may not see theirs"),
        (["--accounts", "ours", "--scopes", "write", "--user", "mia"], "Scopes are read and ingest, not “write”"),
        (["--accounts", "ours", "--scopes", "read", "--user", "mia", "--expires", "0"], "days from 1 to 3650"),
        (["--accounts", "ours", "--scopes", "read", "--user", "mia", "--expires", "soon"], "days from 1 to 3650"),
        (["--accounts", "ours", "--scopes", "read", "--user", "gone"], "gone"),
    ],
)
def test_token_refuses_in_a_sentence(run, words, sentence):
    ours, _theirs = make_account("ours"), make_account("theirs")
    make_user("mia", ours)
    make_user("gone", ours, is_active=False)
    with pytest.raises(CommandError) as refused:
        run("token", "x", *words)
    assert sentence in str(refused.value)
    assert not ApiToken.objects.exists()


# --- sweep and close_weeks -------------------------------------------------------------------------------------------


def test_sweep_lapses_and_counts_until_nothing_waits(run):
    account, other = make_account("acme"), make_account("other")
    for shop in (account, other):
        make_conversation(shop, ("buyer", "2026-01-18 10:00"), now=at("2026-01-18 12:00"))
    # The days of the message, of its turn and of the conversation; the deadline passes for the message and the turn.
    assert json.loads(run("sweep", "--account", "acme", "--now", MOMENT, "--json")) == {
        "days": 3, "lapsed": 2, "waiting": 0, "failed": 0, "failures": [],
    }  # fmt: skip
    assert set(Mark.objects.values_list("account_id", flat=True)) == {other.id}
    assert run("sweep", "--now", MOMENT) == (
        "other: 3 days counted\n3 days counted, 2 deadlines passed, 0 marks wait.\n"
    )
    assert run("sweep", "--now", MOMENT) == "0 days counted, 0 deadlines passed, 0 marks wait.\n"


def test_sweep_fails_loudly_when_a_day_cannot_be_counted(run):
    account = make_account("acme")
    make_conversation(account, ("buyer", "2026-01-18 10:00"))
    failed_at = timezone.now() + timedelta(minutes=1)  # after the mark, which the database has dated
    DayFailure.objects.create(account=account, fact="turns", day="2026-01-18", attempts=3, failed_at=failed_at)
    with pytest.raises(CommandError, match="1 pieces of work failed"):
        run("sweep", "--now", MOMENT)
    assert DayTotal.objects.filter(fact="contacts").exists()


def test_close_weeks_publishes_the_weeks_that_are_over(run):
    make_conversation(make_account("acme"), ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    run("sweep", "--now", MOMENT)
    assert json.loads(run("close_weeks", "--account", "acme", "--now", MOMENT, "--json")) == {"closed": 2, "revised": 0}
    assert list(WeekReport.objects.values_list("ends_on", flat=True)) == [date(2026, 1, 11), date(2026, 1, 18)]
    assert run("close_weeks", "--now", MOMENT) == "0 weeks closed, 0 revised.\n"


# --- readings, rows, trend -------------------------------------------------------------------------------------------


@pytest.fixture
def counted():
    account = make_account("acme")
    make_answers(account, 36, 9, last="2026-01-18 20:00")
    sweep(NOW)
    return account


def test_readings_prints_a_table(run, counted):
    lines = run("readings", "--account", "acme", "--on", "2026-01-18").splitlines()
    assert lines[0].split() == ["metric", "value", "band", "n", "state", "window"]
    assert lines[1].split() == [
        "customer_service_score", "8.0", "green", "45", "computed", "2025-12-22", "to", "2026-01-18",
    ]  # fmt: skip


def test_the_score_of_a_week_is_read_on_the_day_before_it_starts(run, counted):
    on_sunday, on_monday = (
        json.loads(run("readings", "--account", "acme", "--on", day, "--json"))[0]
        for day in ("2026-01-18", "2026-01-19")
    )
    assert on_sunday == on_monday
    assert json.loads(run("readings", "--account", "acme", "--on", "2026-01-17", "--json"))[0]["value"] is None


def test_rows_prints_csv_or_a_list(run, counted):
    words = ["rows", "customer_service_score", "--account", "acme", "--on", "2026-01-18", "--part", "against"]
    assert run(*words).count("\r\n") == 1 + 9
    listed = json.loads(run(*words, "--json"))
    assert len(listed) == 9 and not any(row["solved"] for row in listed)
    assert json.loads(run(*words[:-1], "left_out", "--json")) == []


def test_trend_prints_the_published_weeks(run, counted):
    run("close_weeks", "--now", MOMENT)
    words = ["trend", "customer_service_score", "--account", "acme", "--weeks", "1"]
    assert run(*words).splitlines()[1].split() == [
        "2026-01-12", "to", "2026-01-18", "8.0", "green", "45", "computed", "0",
    ]  # fmt: skip
    assert [point["value_exact"] for point in json.loads(run(*words, "--json"))] == ["8"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sweep", "--account", "nowhere"], "There is no account “nowhere”"),
        (["sweep", "--now", "2026-01-20T12:00:00"], "has no time zone"),
        (["sweep", "--now", "noon"], "is not a moment such as"),
        (["sweep", "--now", "0001-01-01T00:00:00+14:00"], "is not between"),
        (["close_weeks", "--account", "nowhere"], "There is no account “nowhere”"),
        (["close_weeks", "--now", "2026-01-20 12:00"], "has no time zone"),
        (["readings", "--account", "nowhere", "--on", "2026-01-18"], "There is no account “nowhere”"),
        (["readings", "--account", "acme", "--on", "2026-02-30"], "is not a day such as"),
        (["readings", "--account", "acme", "--on", "20260118"], "is not a day such as"),
        (["readings", "--account", "acme", "--on", "1999-12-31"], "is not between"),
        (["readings", "--account", "acme", "--on", "9999-12-31"], "is not between"),
        (["rows", "nothing", "--account", "acme", "--on", "2026-01-18"], "There is no metric “nothing”"),
        (["rows", "late_response_rate", "--account", "acme", "--on", "2026-01-18", "--part", "all"], "invalid choice"),
        (["trend", "nothing", "--account", "acme"], "There is no metric “nothing”"),
        (["trend", "late_response_rate", "--account", "acme", "--weeks", "0"], "from 1 to 520"),
        (["trend", "late_response_rate", "--account", "acme", "--weeks", "many"], "from 1 to 520"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, words, sentence):
    make_account("acme")
    with pytest.raises(CommandError) as refused:
        run(*words)
    assert sentence in str(refused.value)
