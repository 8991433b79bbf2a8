"""Channels that have fallen silent."""

from datetime import date

import pytest

from kpis.channels import SilentChannel, silent_channels
from messaging.models import Conversation
from messaging.recompute import recompute_conversations
from tests.makers import NOW, make_account, make_conversation

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 19)  # the last seven days are 13 to 19 January, the ninety before 15 October to 12 January


def begun(account, channel, *days, **values):
    for day in days:
        make_conversation(account, ("buyer", f"{day} 10:00"), channel=channel, **values)


def test_a_channel_is_silent_after_seven_days_without_a_conversation_and_only_if_it_was_in_use():
    account = make_account()
    begun(account, "phone", "2026-01-12")  # silent since the 13th
    begun(account, "line", "2026-01-11", "2026-01-13")  # heard on the first of the seven days
    begun(account, "email", "2025-10-15", "2025-10-20")  # silent for long, but in use on the first of the ninety
    begun(account, "whatsapp", "2025-10-14")  # a day too long ago to be missed
    begun(account, "web_form", "2026-01-05")  # not expected
    begun(account, "messenger", "2026-01-05", "2026-01-20")  # the day after the report day has not come yet
    assert silent_channels([account], {account.id: MONDAY}) == {
        account.id: [
            SilentChannel("email", date(2025, 10, 20), 2),
            SilentChannel("messenger", date(2026, 1, 5), 1),
            SilentChannel("phone", date(2026, 1, 12), 1),
        ]
    }


def test_spam_is_no_sign_of_life():
    account = make_account()
    begun(account, "phone", "2026-01-05", "2026-01-15")
    spam = Conversation.objects.get(day="2026-01-15")
    spam.status = "spam"
    spam.save()
    recompute_conversations(account, [spam.id], NOW)
    assert [one.channel for one in silent_channels([account], {account.id: MONDAY})[account.id]] == ["phone"]


def test_each_account_has_its_own_channels_and_day_and_one_query_reads_them_all(django_assert_num_queries):
    quiet, lively = make_account(), make_account(expected_channels=["phone"])
    begun(quiet, "phone", "2026-01-05")
    begun(lively, "phone", "2026-01-05")
    begun(lively, "email", "2025-12-01")
    with django_assert_num_queries(1):
        found = silent_channels([quiet, lively], {quiet.id: MONDAY, lively.id: date(2026, 1, 11)})
    assert found == {quiet.id: [SilentChannel("phone", date(2026, 1, 5), 1)], lively.id: []}
    assert silent_channels([], {}) == {}
