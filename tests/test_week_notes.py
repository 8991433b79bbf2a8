"""What a chart and its table say about a published week besides the figure."""

import pytest

from dashboard.charts import notes
from kpis.catalogue import METRICS
from kpis.sweep import sweep
from kpis.trends import trend
from kpis.weeks import close_weeks
from tests.makers import at, make_account, make_answers, make_conversation, make_message

pytestmark = pytest.mark.django_db

SCORE = METRICS["customer_service_score"]
LATE = METRICS["late_response_rate"]


def close(moment):
    sweep(at(moment))
    close_weeks(at(moment))


def test_a_week_that_only_ripened_has_nothing_to_say():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-18 20:00"), now=at("2026-01-19 00:01"))
    close("2026-01-19 00:01")
    make_message(conversation, "agent", "2026-01-19 08:00", now=at("2026-01-19 08:00"))
    close("2026-01-19 08:01")
    point = trend(account, LATE, 1)[0]
    assert (point.revision, point.reason) == (1, "ripened")
    assert notes(point) == []


def test_a_week_that_changed_after_it_was_published_says_so():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    make_message(conversation, "agent", "2026-01-14 11:00", now=at("2026-01-19 02:00"))
    close("2026-01-19 02:00")
    assert notes(trend(account, LATE, 1)[0]) == ["Data came or changed after the week was published"]


def test_a_week_that_keeps_an_earlier_score_says_how_many_answers_it_had_itself():
    account = make_account()
    make_answers(account, 32, 8, last="2025-12-14 20:00")
    make_answers(account, 9, 0, last="2026-01-17 20:00")
    close("2026-01-19 01:00")
    assert notes(trend(account, SCORE, 1)[0]) == ["9 of 40 answers, so the score of the week to 4 Jan 2026 is kept."]
