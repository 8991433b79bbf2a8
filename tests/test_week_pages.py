"""Weeks as pages: the report as published, what revisions moved and by which rows, and figures as known on a day."""

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.catalogue import METRICS
from kpis.models import RuleChange
from kpis.published import restated
from kpis.rule_changes import store
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from tests.makers import at, client_of, make_account, make_answers, make_conversation, make_message
from tests.test_pages import text_of

pytestmark = pytest.mark.django_db

LATE = METRICS["late_response_rate"]
SUNDAY = date(2026, 1, 18)
WEEK = "/accounts/mine/weeks/2026-01-18/"


@pytest.fixture(autouse=True)
def clock():
    """Thursday 22 January 2026: the 21st is the last complete day."""
    with time_machine.travel(at("2026-01-22 12:00"), tick=False):
        yield


def close(moment: str) -> None:
    sweep(at(moment))
    close_weeks(at(moment))


@pytest.fixture
def shop():
    """Published on Monday with 1 of 2 late and 8.0; on Wednesday a reply of last week arrives and nothing is late."""
    account = make_account("mine", name="Rose Garden", time_zone="Europe/Berlin")
    make_answers(account, 36, 9, last="2026-01-10 20:00", now=at("2026-01-19 01:00"))
    late = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"), external_id="slow")
    make_conversation(account, ("buyer", "2026-01-15 10:00"), ("agent", "2026-01-15 11:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    make_message(late, "agent", "2026-01-14 12:00", now=at("2026-01-21 09:00"))
    close("2026-01-21 09:00")
    return account


def test_a_week_shows_its_figures_its_revisions_and_what_they_moved(shop):
    response = client_of(shop).get(WEEK)
    page = text_of(response)
    assert "Week 12 Jan – 18 Jan 2026" in page
    assert "Revision 1, 21 Jan 2026, 10:00 (Europe/Berlin). Data came or changed after the week was published." in page
    newest, first = response.context["page"].issues
    assert (newest.title, first.title) == ("Revision 1", "First published")
    assert first.movements == []
    moved = {one.metric.slug: one for one in newest.movements}["late_response_rate"]
    assert (moved.before.shown, moved.before.word) == ("50.00%", "Beyond the limit")
    assert (moved.after.shown, moved.after.word) == ("0.00%", "On target")
    figures = {
        figure.card.metric.slug: figure for _title, group, _none in response.context["page"].groups for figure in group
    }
    assert (figures["late_response_rate"].card.shown, figures["late_response_rate"].was.shown) == ("0.00%", "50.00%")
    assert (figures["customer_service_score"].card.shown, figures["customer_service_score"].was) == ("8.0", None)
    assert "restated: was 50.00%" in page


def test_the_rows_that_changed_a_figure_are_listed(shop):
    client = client_of(shop)
    page = text_of(client.get(f"{WEEK}?revision=1&metric=late_response_rate"))
    assert "Rows that changed “Late responses” in revision 1" in page
    assert "slow" in page
    assert 'id="rows"' not in text_of(client.get(WEEK))
    for wrong in ("revision=7&metric=late_response_rate", "revision=1&metric=none", "revision=0&metric=csat", "page=x"):
        response = client.get(f"{WEEK}?{wrong}")
        assert response.status_code == 200
        assert 'id="rows"' not in text_of(response)


def test_long_lists_of_changed_rows_are_paged(shop):
    for number in range(55):
        make_conversation(
            shop, ("buyer", "2026-01-16 10:00"), ("agent", "2026-01-16 11:00"),
            now=at("2026-01-22 09:00"), external_id=f"new-{number}",
        )  # fmt: skip
    close("2026-01-22 09:00")
    client = client_of(shop)
    page = client.get(f"{WEEK}?revision=2&metric=late_response_rate").context["page"].changed
    assert (page.table.page.paginator.count, len(page.table.rows)) == (55, 50)
    second = client.get(f"{WEEK}?revision=2&metric=late_response_rate&page=2")
    assert len(second.context["page"].changed.table.rows) == 5
    assert "page=1" in text_of(second)


def test_a_rule_moves_a_week_without_any_row(shop):
    change = RuleChange(account=shop, metric=LATE.slug, valid_from=SUNDAY, limit=Decimal(60), goal=Decimal(55))
    store(change, again=True)
    close("2026-01-22 09:00")
    page = text_of(client_of(shop).get(f"{WEEK}?revision=2&metric=late_response_rate"))
    assert "A rule was changed for this week." in page
    assert "No row changed" in page


def test_a_week_that_was_never_published_and_accounts_of_others_are_missing(shop):
    client = client_of(shop)
    make_account("theirs")
    for path in (
        "/accounts/mine/weeks/2026-01-17/",  # no week ends on a Saturday
        "/accounts/mine/weeks/2026-01-25/",
        "/accounts/mine/weeks/2026-02-30/",
        "/accounts/theirs/weeks/2026-01-18/",
        "/accounts/nobodys/weeks/2026-01-18/",
    ):
        assert client.get(path).status_code == 404, path
    assert client_of(make_account()).get(WEEK).status_code == 404
    assert Client().get(WEEK).status_code == 302


def test_the_report_is_handed_out_as_it_was_issued(shop):
    client = client_of(shop)
    newest, first = client.get(WEEK).context["page"].issues
    for issue, value, revision in ((first, "1/2", 0), (newest, "0", 1)):
        document = json.loads(client.get(issue.json).content)
        figure = {one["metric"]: one for one in document["figures"]}["late_response_rate"]
        assert (figure["value"], document["revision"]) == (value, revision)
        assert client.get(issue.csv)["Content-Type"].startswith("text/csv")


def test_neighbouring_weeks_are_one_step_away(shop):
    close("2026-01-27 12:00")
    client = client_of(shop)
    page = client.get("/accounts/mine/weeks/2026-01-18/").context["page"]
    assert (page.earlier, page.later) == (date(2026, 1, 11), date(2026, 1, 25))


# --- As known on -----------------------------------------------------------------------------------------------------


def test_the_week_as_known_before_its_revision(shop):
    response = client_of(shop).get(f"{WEEK}?known_on=2026-01-20")
    page = text_of(response)
    assert (
        "As known at the end of 20 Jan 2026: the week to 18 Jan 2026, as it was published on 19 Jan 2026, 02:00."
        in page
    )
    assert [issue.title for issue in response.context["page"].issues] == ["First published"]
    assert "restated" not in page
    assert "50.00%" in page
    assert f'href="{WEEK}"' in page or 'href="?"' in page, "the way back"


def test_the_account_as_known_on_a_day(shop):
    client = client_of(shop)
    now = text_of(client.get("/accounts/mine/?on=2026-01-18"))
    then = client.get("/accounts/mine/?on=2026-01-18&known_on=2026-01-20")
    cards = {card.metric.slug: card for group in then.context["page"].groups for card in group.cards}
    assert cards["late_response_rate"].shown == "50.00%"
    assert [point.revision for point in cards["late_response_rate"].points][-1] == 0
    assert then.context["page"].score.shown == "8.0"
    assert "As known at the end of 20 Jan 2026" in text_of(then)
    assert "/accounts/mine/late_response_rate/?on=2026-01-18&amp;known_on=2026-01-20" in text_of(then)
    assert "As known at the end of" not in now


def test_the_metric_as_known_on_a_day_comes_without_the_rows_of_today(shop):
    client = client_of(shop)
    page = text_of(client.get("/accounts/mine/late_response_rate/?known_on=2026-01-20"))
    assert "50.00%" in page
    assert 'id="rows"' not in page
    assert "Rows stand as they are now" in page
    assert client.get("/accounts/mine/late_response_rate/rows.csv?known_on=2026-01-20").status_code == 404


def test_the_weeks_of_a_metric_say_what_was_restated(shop):
    client = client_of(shop)
    page = text_of(client.get("/accounts/mine/late_response_rate/"))
    assert f'href="{WEEK}#revisions">restated: was 50.00%' in page
    score = text_of(client.get("/accounts/mine/customer_service_score/"))
    assert f'href="{WEEK}"' in score
    assert "restated" not in score
    then = text_of(client.get("/accounts/mine/late_response_rate/?known_on=2026-01-20"))
    assert "restated" not in then
    assert restated(shop, LATE, [SUNDAY])[SUNDAY].display == "50.00%"
    assert restated(shop, LATE, [SUNDAY], at("2026-01-20 12:00")) == {}
    assert restated(shop, LATE, []) == {}


def test_a_week_that_only_ripened_is_not_restated():
    account = make_account("mine")
    conversation = make_conversation(account, ("buyer", "2026-01-18 20:00"), now=at("2026-01-19 00:01"))
    close("2026-01-19 00:01")
    make_message(conversation, "agent", "2026-01-19 08:00", now=at("2026-01-19 08:00"))
    close("2026-01-19 08:01")
    assert restated(account, LATE, [SUNDAY]) == {}
    assert "restated" not in text_of(client_of(account).get("/accounts/mine/late_response_rate/"))


@pytest.mark.parametrize("path", ["/accounts/mine/", "/accounts/mine/late_response_rate/", WEEK])
def test_what_nobody_could_know_is_told_politely(shop, path):
    client = client_of(shop)
    nothing = text_of(client.get(f"{path}?known_on=2026-01-18"))
    assert "Nothing was known then" in nothing
    assert "50.00%" not in nothing
    assert "0.00%" not in nothing
    for wrong, sentence in (
        ("2026-01-22", "This day is not over yet."),
        ("2030-01-01", "This day is not over yet."),
        ("1999-12-31", "There are no figures for this day."),
        ("yesterday", "Enter a valid date."),
        ("2026-02-30", "Enter a valid date."),
        ("%00", "Enter a valid date."),
    ):
        response = client.get(f"{path}?known_on={wrong}")
        assert response.status_code == 200, wrong
        assert sentence in text_of(response), wrong
        assert "As known at the end of" not in text_of(response)


def test_what_is_known_stays_in_the_address_when_the_day_changes(shop):
    page = text_of(client_of(shop).get("/accounts/mine/?known_on=2026-01-20"))
    assert "?known_on=2026-01-20&amp;on=2026-01-14" in page, "a week earlier"
    assert '<input type="hidden" name="known_on" value="2026-01-20">' in page


@pytest.mark.parametrize(
    "path",
    [WEEK, f"{WEEK}?revision=1&metric=late_response_rate", "/accounts/mine/?known_on=2026-01-21",
     "/accounts/mine/late_response_rate/?known_on=2026-01-21"],
)  # fmt: skip
def test_pages_take_the_same_queries_however_often_a_week_was_revised(shop, path):
    client = client_of(shop)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        return len(caught)

    queries()
    few = queries()
    for number in range(3):
        make_conversation(
            shop, ("buyer", f"2026-01-16 1{number}:00"), now=at("2026-01-21 10:00"), external_id=f"more-{number}"
        )
        close(f"2026-01-21 1{number}:30")
    assert queries() == few
