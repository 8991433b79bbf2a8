"""Times allowed for answers: which target applies, and what turns make of it."""

from datetime import date

import pytest

from messaging.lapse import lapse
from messaging.models import Reply, ResponseTarget, Turn
from messaging.targets import Targets, targets_of
from sellers.marks import Mark
from tests.makers import at, make_account, make_conversation

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 5)


def target(seconds, since="2026-01-01", **values):
    return ResponseTarget.objects.create(valid_from=date.fromisoformat(since), seconds=seconds, **values)


def allowed(account, channel="email", priority="", day=JANUARY):
    return targets_of(account).seconds(channel, priority, day)


def test_a_day_is_allowed_an_hour_on_social_channels_and_five_minutes_in_a_chat():
    channels = ("email", "amazon_message", "phone", "messenger", "instagram", "line", "whatsapp", "live_chat")
    assert [Targets().seconds(channel, "", JANUARY) for channel in channels] == [
        86_400, 86_400, 86_400, 3600, 3600, 3600, 3600, 300,
    ]  # fmt: skip


def test_the_target_that_names_more_stands_and_of_equals_the_newer():
    account = make_account()
    target(50_000)
    assert (allowed(account), allowed(account, "line")) == (50_000, 3600)
    target(40_000, channel="email")
    assert allowed(account) == 40_000
    target(30_000, account=account)
    assert (allowed(account), allowed(make_account())) == (30_000, 40_000)
    target(1800, priority="urgent", account=account)
    assert (allowed(account, priority="urgent"), allowed(account, priority="low")) == (1800, 30_000)
    target(20_000, since="2026-01-05", account=account)
    assert (allowed(account), allowed(account, day=date(2026, 1, 4))) == (20_000, 30_000)


def test_a_peak_season_applies_from_its_first_to_its_last_day():
    account = make_account()
    target(172_800, since="2025-12-01", valid_until=date(2025, 12, 31), account=account)
    days = [date(2025, 11, 30), date(2025, 12, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [allowed(account, day=day) for day in days] == [86_400, 172_800, 172_800, 86_400]


def test_a_turn_keeps_the_target_of_the_local_day_on_which_it_opened():
    account = make_account(time_zone="America/Los_Angeles")
    target(7200, since="2026-01-05", account=account)
    # Monday 5 January 07:30 UTC is still Sunday the 4th in Los Angeles, 08:30 UTC is Monday there.
    make_conversation(account, ("buyer", "2026-01-05 07:30"), ("agent", "2026-01-05 10:31"))
    make_conversation(account, ("buyer", "2026-01-05 08:30"), ("agent", "2026-01-05 10:31"))
    turns = Turn.objects.order_by("opened_at").values_list("target_seconds", "target_reply", "reply")
    # Both waited about two or three hours: 2 h 1 min is late against two hours.
    assert list(turns) == [(86_400, Reply.ON_TIME, Reply.ON_TIME), (7200, Reply.LATE, Reply.ON_TIME)]


def test_a_target_counts_to_the_second_and_lapses_by_itself():
    account = make_account()
    make_conversation(account, ("buyer", "2026-01-05 10:00"), channel="line", now=at("2026-01-05 10:30"))
    turn = Turn.objects.get()
    assert (turn.target_reply, turn.due_at) == (Reply.PENDING, at("2026-01-05 11:00"))
    Mark.objects.all().delete()
    assert lapse(account, at("2026-01-05 11:00:00")) == 0
    assert lapse(account, at("2026-01-05 11:00:01")) == 1
    turn.refresh_from_db()
    assert (turn.target_reply, turn.reply) == (Reply.NONE, Reply.PENDING)
    assert list(Mark.objects.values_list("fact", "day")) == [("turns", JANUARY)]


def test_a_new_target_is_followed_from_its_first_day_on_and_asks_for_a_reason(console):
    account = make_account()
    for day in (4, 5):
        make_conversation(account, ("buyer", f"2026-01-0{day} 10:00"), ("agent", f"2026-01-0{day} 12:00"))
    form = {"account": account.pk, "channel": "email", "priority": "", "valid_from": "2026-01-05", "seconds": "3600"}
    refused = console.post("/admin/messaging/responsetarget/add/", {**form, "valid_until": "", "reason": "so"})
    assert refused.status_code == 200
    assert not ResponseTarget.objects.exists()
    reason = "Our promise to buyers since January"
    console.post("/admin/messaging/responsetarget/add/", {**form, "valid_until": "", "reason": reason})
    row = ResponseTarget.objects.get()
    verdicts = Turn.objects.order_by("opened_at").values_list("target_reply", flat=True)
    assert list(verdicts) == [Reply.ON_TIME, Reply.LATE]
    assert reason in console.get(f"/admin/messaging/responsetarget/{row.pk}/history/").content.decode()
    # Until the 5th of January only, and for all accounts: the turn of the 5th is still judged by it.
    changed = {**form, "account": "", "valid_until": "2026-01-05", "reason": reason, "seconds": "7200"}
    console.post(f"/admin/messaging/responsetarget/{row.pk}/change/", changed)
    assert list(verdicts.all()) == [Reply.ON_TIME, Reply.ON_TIME]
