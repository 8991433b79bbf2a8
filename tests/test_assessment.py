"""The assessment: eight aspects, what speaks for each, and how a verdict follows. Frozen on Tuesday 20 January 2026."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.aspects import ASPECTS, Ground, assess
from kpis.catalogue import METRICS
from kpis.sweep import sweep
from kpis.targets import Band
from kpis.weeks import close_weeks
from tests.makers import NOW, client_of, make_account, make_answers, make_conversation, make_note, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

MONDAY = date(2026, 1, 19)  # the last complete day in UTC
QUERIES = 23  # a score that is kept from an earlier week adds one, which looks for it


def count():
    sweep(NOW)
    close_weeks(NOW)


def aspect(account, slug):
    return next(one for one in assess(account, MONDAY).aspects if one.aspect.slug == slug)


def sheet(response, slug):
    return next(one for one in response.context["page"].sheets if one.aspect.slug == slug)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_there_are_eight_aspects_and_every_figure_they_name_is_declared():
    assert len({one.slug for one in ASPECTS}) == 8
    for one in ASPECTS:
        assert len(set(one.metrics)) == len(one.metrics)
        assert [slug for slug in one.metrics if slug not in METRICS] == []


def test_an_aspect_has_the_worst_colour_of_its_figures():
    account = make_account("mine")
    # Nine answered in an hour, one after two days: 90 % within 24 hours is yellow (92 is the goal), 10 % late is red.
    for number in range(9):
        make_conversation(account, ("buyer", f"2026-01-1{number} 10:00"), ("agent", f"2026-01-1{number} 11:00"))
    make_conversation(account, ("buyer", "2026-01-10 12:00"), ("agent", "2026-01-12 12:00"))
    count()
    found = aspect(account, "response_time")
    bands = {reading.metric.slug: reading.band for reading in found.readings}
    assert bands["within_24h_rate"] is Band.YELLOW
    assert bands["late_response_rate"] is Band.RED
    assert (found.band, found.ground) == (Band.RED, Ground.FIGURES)
    assert found.judged[0].metric.slug == "late_response_rate"

    response = client_of(account).get("/accounts/mine/assessment/")
    assert sheet(response, "response_time").finding.startswith("Late responses: 10.00%, beyond the limit of 10%.")
    assert "/accounts/mine/late_response_rate/?part=for#rows" in text_of(response)


def test_an_aspect_whose_figures_are_all_green_says_which_is_closest_to_its_limit():
    account = make_account("mine")
    make_answers(account, 45, 5, last="2026-01-18 20:00")  # 9.0; a tenth not solved
    count()
    found = aspect(account, "satisfaction")
    assert found.band is Band.GREEN
    shown = sheet(client_of(account).get("/accounts/mine/assessment/"), "satisfaction")
    assert shown.finding == "All 2 figures with a target are on target."
    # The score of 9.0 is 6 / 9 of the way to its limit, 10 % of 25 % not solved is 0.4: the score is closer.
    # 30 of 50 would be 6.0: fifteen may be lost.
    assert shown.next == (
        "Closest to its limit: Customer-service score. 15 “Solved” of 50 may be lost before it is red."
    )


def test_figures_without_a_target_give_no_colour():
    account = make_account("mine")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    count()
    found = aspect(account, "teamwork")
    assert (found.band, found.ground) == (Band.NONE, Ground.NOTHING)
    shown = sheet(client_of(account).get("/accounts/mine/assessment/"), "teamwork")
    assert shown.word == "No target"
    assert shown.finding.endswith("None of the figures has a target, so there is no colour.")


def test_an_aspect_without_data_says_what_to_import():
    response = client_of(make_account("mine")).get("/accounts/mine/assessment/")
    shown = sheet(response, "response_time")
    assert (shown.word, shown.finding) == ("No data", "Nothing of it has been imported yet.")
    assert shown.next == "Import messages, and the figures stand here."
    assert '<a class="link" href="/imports/new/?account=mine">Import survey answers</a>' in text_of(response)


def answers_of_weeks(account, *weeks):
    """(yes, no) answers on Saturdays, the newest of 17 January first."""
    for number, (yes, no) in enumerate(weeks):
        make_answers(account, yes, no, last=f"{date(2026, 1, 17) - timedelta(weeks=number)} 20:00")


def test_improvement_is_judged_by_where_the_figures_go():
    account = make_account("mine")
    # Four weeks of 20 of 20 solved after nine of 10 of 20: the window of four weeks before holds only the old ones.
    answers_of_weeks(account, *[(20, 0)] * 4, *[(10, 10)] * 9)
    count()
    found = aspect(account, "improvement")
    assert (found.band, found.ground) == (Band.GREEN, Ground.CHANGE)
    assert [reading.metric.slug for reading in found.better] == ["customer_service_score", "dissatisfaction_rate"]
    shown = sheet(client_of(account).get("/accounts/mine/assessment/"), "improvement")
    assert shown.word == "Getting better"
    assert shown.finding == (
        "Better than four weeks before: Customer-service score, Customer-service dissatisfaction rate; "
        "nothing got worse."
    )
    # From 5.0 to 10.0, and not from the week before, which had 8.7.
    assert shown.cards[0].change.display == "5.0"


def test_what_chance_can_move_is_no_improvement():
    account = make_account("mine")
    answers_of_weeks(account, *[(15, 5)] * 4, *[(14, 6)] * 9)  # 7.5 after 7.0, of 80 answers each
    count()
    found = aspect(account, "improvement")
    assert (found.band, found.ground) == (Band.NONE, Ground.CHANGE)


def test_before_four_weeks_there_is_nothing_to_compare_with():
    account = make_account("mine")
    answers_of_weeks(account, (45, 5))
    count()
    assert aspect(account, "improvement").ground is Ground.NOTHING
    shown = sheet(client_of(account).get("/accounts/mine/assessment/"), "improvement")
    assert shown.next == "Look again when four weeks have been published."


def test_the_figures_are_those_of_the_account_page():
    account = make_account("mine")
    make_answers(account, 30, 12, last="2026-01-18 20:00")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-12 12:00"))
    make_order(account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-09 10:00")
    count()
    client = client_of(account)
    account_page = client.get("/accounts/mine/?on=2026-01-18").context["page"]
    shown = {
        each.metric.slug: each.shown
        for entry in [
            account_page.score,
            *(card for group in account_page.groups for card in [*group.cards, *group.more]),
        ]
        for each in entry.family
    }
    for one in client.get("/accounts/mine/assessment/?on=2026-01-18").context["page"].sheets:
        assert {card.metric.slug: card.shown for card in one.cards}.items() <= shown.items()


def test_what_no_figure_tells_people_write_down_as_notes():
    account = make_account("mine")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    count()
    client = client_of(account)
    tools = sheet(client.get("/accounts/mine/assessment/"), "tools")
    assert tools.next == "Note trainings and new templates with their day: the newest ones stand here."
    make_note(account, "2025-07-01", title="Too old", kind="training")  # more than 180 days before
    make_note(account, "2026-01-05", title="New templates", kind="measure")
    make_note(account, "2026-01-12", title="Phone training", kind="training")
    make_note(account, "2026-01-13", title="Round table", kind="meeting")
    make_note(account, "2026-01-20", title="Not yet", kind="training")  # after the report day
    response = client.get("/accounts/mine/assessment/")
    lines = {one.aspect.slug: [note.line for note in one.notes] for one in response.context["page"].sheets}
    assert lines["tools"] == ["12 Jan: Phone training", "5 Jan: New templates"]
    assert lines["teamwork"] == ["13 Jan: Round table"]
    assert lines["accuracy"] == []
    assert "12 Jan: Phone training" in text_of(response)


def test_an_account_of_others_has_no_assessment():
    make_account("theirs")
    assert client_of(make_account("mine")).get("/accounts/theirs/assessment/").status_code == 404


def test_an_assessment_costs_the_same_whatever_the_history():
    young, old = make_account("young"), make_account("old")
    for account, weeks in ((young, 1), (old, 20)):
        answers_of_weeks(account, *[(45, 3)] * weeks)
        for week in range(weeks):
            day = date(2026, 1, 10) - timedelta(weeks=week)
            make_conversation(account, ("buyer", f"{day} 10:00"), ("agent", f"{day} 12:00"))
    count()
    client = client_of(young, old)
    client.get("/")  # the first click after signing in writes the session
    for key in ("young", "old"):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/accounts/{key}/assessment/")
        assert len(captured) == QUERIES
