"""The people who answer: credit, who sees whom, and figures that give nobody away. Tuesday 20 January 2026."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.catalogue.people import FIRST, REPLY, SOLVED, TAKEN_OVER, WITHIN
from kpis.metrics import Side, Window
from kpis.people import METRICS, Kind, people, rows_of
from kpis.readings import Span
from kpis.sweep import sweep
from kpis.veil import MINIMUM, veil
from messaging.models import Agent, Turn
from messaging.recompute import recompute_conversations
from tests.console import WHY, fill_in, page_of
from tests.makers import NOW, client_of, make_account, make_answer, make_conversation, make_message, make_user

pytestmark = pytest.mark.usefixtures("frozen")

MONDAY = date(2026, 1, 19)  # the last complete day


def answered(account, who, *hours, day="2026-01-12", **values):
    """A conversation for each number of hours after which this person answered."""
    return [
        make_conversation(
            account,
            ("buyer", f"{day} 00:00"),
            (who, str(date.fromisoformat(day) + timedelta(days=h // 24)) + f" {h % 24:02}:00"),
            **values,
        )
        for h in hours
    ]


def asked(conversation, solved, moment="2026-01-16 10:00"):
    return make_answer(conversation.account, moment, solved, conversation=conversation)


def team():
    """Sam answered six (one late), Kim five, somebody unnamed one; one was answered by nobody."""
    account = make_account("team")
    sams = answered(account, "agent:sam", 1, 2, 3, 4, 5, 30)
    kims = answered(account, "agent:kim", 1, 1, 2, 2, 10)
    nobody = make_conversation(account, ("buyer", "2026-01-13 00:00"))
    make_message(nobody, "bot", "2026-01-13 02:00", author_kind="agent")
    make_conversation(account, ("buyer", "2026-01-14 00:00"))
    for number, conversation in enumerate(sams):
        asked(conversation, number < 5)
    for number, conversation in enumerate(kims):
        asked(conversation, number < 2)
    return account


def line_of(found, name):
    return next(line for line in found.lines if line.name == name)


# --- Figures and credit ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_has_the_answers_they_wrote():
    found = people(team(), MONDAY, 28)
    sam, kim = line_of(found, "Sam"), line_of(found, "Kim")
    # Sam: 1, 2, 3, 4, 5 and 30 hours; five of six within 24, the median between 3 and 4.
    assert (sam.reading(WITHIN).numerator, sam.reading(WITHIN).n) == (5, 6)
    assert sam.reading(REPLY).stats["median"] == 3.5 * 3600
    assert (sam.reading(SOLVED).numerator, sam.reading(SOLVED).n) == (5, 6)
    # Kim: 1, 1, 2, 2, 10 hours. The 90th percentile of five lies 0.6 of the way from the fourth to the fifth: 6.8 h.
    assert (kim.reading(WITHIN).numerator, kim.reading(WITHIN).n) == (5, 5)
    assert kim.reading(REPLY).stats["p90"] == Fraction(68, 10) * 3600
    assert (kim.reading(SOLVED).numerator, kim.reading(SOLVED).n) == (2, 5)


@pytest.mark.django_db
def test_who_named_nobody_and_what_nobody_answered_have_lines_of_their_own():
    found = people(team(), MONDAY, 28)
    assert [line.kind for line in found.lines] == [Kind.PERSON, Kind.PERSON, Kind.UNNAMED, Kind.UNANSWERED]
    unnamed, unanswered = found.lines[2:]
    assert (unnamed.reading(REPLY).n, unnamed.reading(REPLY).stats["median"]) == (1, 7200)
    assert (unanswered.reading(WITHIN).numerator, unanswered.reading(WITHIN).n) == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.slug)
def test_the_lines_add_up_to_the_account(metric):
    account = team()
    answered(account, "agent:ann", 1, 2)  # too few: she stands with the unnamed
    found = people(account, MONDAY, 28)
    lines = [line.reading(metric) for line in found.lines if line.reading(metric)]
    assert sum(reading.n for reading in lines) == found.whole.reading(metric).n > 0
    assert sum(reading.numerator for reading in lines) == found.whole.reading(metric).numerator


@pytest.mark.django_db
@pytest.mark.parametrize("metric", [WITHIN, REPLY, FIRST, SOLVED], ids=lambda metric: metric.slug)
def test_the_whole_is_the_figure_that_the_account_has_everywhere_else(metric):
    account = team()
    sweep(NOW)
    found = people(account, date(2026, 1, 18), 28)  # a Sunday, on which the score's window ends as well
    ours = found.whole.reading(metric)
    over_28_days = replace(metric, rule=replace(metric.rule, days=28, minimum=1, days_from=""))
    theirs = Span([account], [over_28_days], {account.id: date(2026, 1, 18)}).reading(
        over_28_days, account, date(2026, 1, 18)
    )
    assert (ours.window, ours.numerator, ours.n, ours.value, ours.stats) == (
        theirs.window, theirs.numerator, theirs.n, theirs.value, theirs.stats,
    )  # fmt: skip


@pytest.mark.django_db
def test_an_answer_is_credited_to_the_author_of_the_last_reply_before_it():
    account = make_account()
    threads = [
        make_conversation(
            account,
            ("buyer", "2026-01-12 08:00"), ("agent:sam", "2026-01-12 09:00"),
            ("note", "2026-01-12 09:30"), ("auto", "2026-01-12 09:40"),
            ("agent:kim", "2026-01-16 12:00"),  # after the buyer's answer
        )
        for _ in range(5)
    ]  # fmt: skip
    for thread in threads:
        asked(thread, solved=False)
    found = people(account, MONDAY, 28)
    assert line_of(found, "Sam").reading(SOLVED).n == 5


@pytest.mark.django_db
def test_credit_stays_when_the_conversation_is_given_to_another_person():
    account = make_account()
    threads = answered(account, "agent:sam", 1, 1, 1, 1, 1)
    for thread in threads:
        asked(thread, solved=True)
    before = people(account, MONDAY, 28).lines
    for thread in threads:
        thread.assignee_external_id, thread.assignee_name, thread.topic = "kim", "Kim", "refund"
        thread.save()
    recompute_conversations(account, [thread.id for thread in threads], NOW)
    after = people(account, MONDAY, 28).lines
    assert [(line.name, line.now) for line in after] == [(line.name, line.now) for line in before]


@pytest.mark.django_db
def test_whoever_takes_a_conversation_over_has_the_handover():
    account = make_account()
    for _ in range(5):
        make_conversation(
            account,
            ("buyer", "2026-01-12 08:00"), ("agent:sam", "2026-01-12 09:00"),
            ("buyer", "2026-01-12 10:00"), ("agent:kim", "2026-01-12 11:00"),
        )  # fmt: skip
    found = people(account, MONDAY, 28)
    taken = {line.name: (line.reading(TAKEN_OVER).numerator, line.reading(TAKEN_OVER).n) for line in found.lines}
    assert taken == {"Sam": (0, 5), "Kim": (5, 5)}
    assert found.whole.reading(TAKEN_OVER).numerator == Turn.objects.filter(handed_over=True).count() == 5


@pytest.mark.django_db
def test_the_period_before_is_as_long_and_ends_where_this_one_begins():
    account = make_account()
    answered(account, "agent:sam", 1, 1, 1, 1, 1)
    answered(account, "agent:sam", 3, 3, 3, 3, 3, day="2025-12-22")  # the last day of the 28 before
    answered(account, "agent:sam", 9, day="2025-11-24")  # a day too early
    sam = line_of(people(account, MONDAY, 28), "Sam")
    assert sam.now[REPLY.slug].window == Window(date(2025, 12, 23), MONDAY)
    assert sam.before[REPLY.slug].window == Window(date(2025, 11, 25), date(2025, 12, 22))
    assert (sam.now[REPLY.slug].value, sam.before[REPLY.slug].value) == (3600, 3 * 3600)
    assert line_of(people(account, MONDAY, 90), "Sam").now[REPLY.slug].n == 11


@pytest.mark.django_db
def test_the_rows_behind_a_person_are_as_many_as_the_figure_says():
    found = people(team(), MONDAY, 28)
    for line in found.lines[:2]:
        for metric in (WITHIN, SOLVED):
            reading = line.reading(metric)
            assert rows_of(line, metric, Side.FOR).count == reading.numerator
            assert rows_of(line, metric, Side.AGAINST).count == reading.n - reading.numerator


# --- Nobody is given away --------------------------------------------------------------------------------------------


def test_one_small_person_takes_the_next_smallest_along():
    found = veil({1: 300, 2: 250, 3: 2}, unnamed=0)
    assert (found.hidden, found.together) == (frozenset({2, 3}), True)


def test_one_small_person_hides_among_answers_that_name_nobody():
    found = veil({1: 300, 2: 250, 3: 2}, unnamed=9)
    assert (found.hidden, found.together) == (frozenset({3}), True)


def test_alone_and_small_even_the_total_is_withheld():
    assert not veil({1: 4}, unnamed=0).together
    assert not veil({1: 2, 2: 1}, unnamed=1).together


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.integers(1, 9), st.integers(0, 30)), st.integers(0, 12))
def test_nothing_small_can_be_worked_out_from_what_is_shown(counts, unnamed):
    found = veil(counts, unnamed)
    assert all(counts[one] >= MINIMUM for one in counts.keys() - found.hidden)
    small = [one for one in found.hidden if counts[one]]
    if found.together and any(counts[one] < MINIMUM for one in small):
        # All that can be worked out is what they have in common.
        assert len(small) + bool(unnamed) >= 2
        assert sum(counts[one] for one in small) + unnamed >= MINIMUM


@pytest.mark.django_db
def test_a_figure_of_few_is_withheld_and_counted_with_the_rest():
    account = team()
    answered(account, "agent:ann", 1, 2)
    found = people(account, MONDAY, 28)
    ann = line_of(found, "Ann")
    assert dict(ann.now) == {}
    assert rows_of(ann, WITHIN, Side.FOR) is None
    # Ann's 2 and the unnamed 1 are fewer than five, so Kim, the next smallest with 5, stands with them: 8.
    assert line_of(found, "Kim").reading(REPLY) is None
    rest = next(line for line in found.lines if line.kind is Kind.REST)
    assert (rest.people, rest.reading(REPLY).n) == (2, 8)
    # Nobody has fewer than five survey answers but some, so those of Kim are shown.
    assert line_of(found, "Kim").reading(SOLVED).n == 5


# --- Who sees whom ---------------------------------------------------------------------------------------------------


def text_of(response):
    return response.content.decode()


@pytest.mark.django_db
def test_a_manager_and_staff_see_everybody():
    account = team()
    for client in (client_of(account, role="manager"), client_of(is_staff=True)):
        page = text_of(client.get("/accounts/team/agents/"))
        assert "Sam" in page
        assert "Kim" in page
        assert client.get(f"/accounts/team/agents/{Agent.objects.get(name='Kim').pk}/").status_code == 200


@pytest.mark.django_db
def test_a_viewer_who_answers_sees_only_themselves():
    account = team()
    sam, kim = Agent.objects.get(name="Sam"), Agent.objects.get(name="Kim")
    viewer = make_user("", account)
    sam.user = viewer
    sam.save()
    client = Client()
    client.force_login(viewer)
    page = client.get("/accounts/team/agents/")
    assert [card.title for card in page.context["page"].cards] == ["Sam"]
    assert page.context["page"].others == []
    assert "Kim" not in text_of(page)
    # From the account's counts and their own they could take the others'.
    assert all(not one.basis for one in page.context["page"].whole)
    assert client.get(f"/accounts/team/agents/{sam.pk}/").status_code == 200
    assert client.get(f"/accounts/team/agents/{kim.pk}/").status_code == 404


@pytest.mark.django_db
def test_a_viewer_who_answers_nobody_sees_no_person():
    client = client_of(team())
    page = client.get("/accounts/team/agents/")
    assert page.context["page"].cards == page.context["page"].others == []
    assert "Sam" not in text_of(page)
    assert client.get(f"/accounts/team/agents/{Agent.objects.get(name='Sam').pk}/").status_code == 404


@pytest.mark.django_db
def test_a_person_of_another_account_is_not_there():
    team()
    other = make_account("other")
    answered(other, "agent:lou", 1)
    client = client_of(is_staff=True)
    assert client.get(f"/accounts/team/agents/{Agent.objects.get(name='Lou').pk}/").status_code == 404
    assert client.get("/accounts/team/agents/999999/").status_code == 404


@pytest.mark.django_db
def test_who_signs_in_as_whom_is_said_in_the_console_alone(console):
    account = team()
    sam = Agent.objects.get(name="Sam")
    version = sam.name_version
    member, stranger = make_user("sam", account), make_user("eve")
    fill_in(console, page_of(sam), user=member.pk, reason=WHY)
    sam.refresh_from_db()
    assert (sam.user, sam.name_version) == (member, version)  # the name stands as its source says it
    fill_in(console, page_of(sam), user=stranger.pk, reason=WHY)
    sam.refresh_from_db()
    assert sam.user == member


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_people_stand_by_name_or_by_volume_and_never_by_speed():
    client = client_of(team(), role="manager")

    def order(query):
        return [card.title for card in client.get(f"/accounts/team/agents/{query}").context["page"].cards]

    assert order("") == order("?sort=speed") == ["Kim", "Sam"]
    assert order("?sort=answers") == ["Sam", "Kim"]


@pytest.mark.django_db
def test_the_page_takes_as_many_queries_for_many_people_as_for_few():
    account = team()
    client = client_of(account, role="manager")

    def queries(path):
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    queries("/accounts/team/agents/")  # the first page of a process reads what later ones remember
    few = queries("/accounts/team/agents/")
    for number in range(12):
        answered(account, f"agent:p{number}", 1, 2, 3, 4, 5)
    assert queries("/accounts/team/agents/") == few == 16


@pytest.mark.django_db
def test_the_lists_of_a_person_hold_the_rows_of_their_figures():
    client = client_of(team(), role="manager")
    sam = Agent.objects.get(name="Sam").pk
    page = client.get(f"/accounts/team/agents/{sam}/").context["page"]
    assert [(tab.name, tab.count) for tab in page.tabs] == [("late", 1), ("unsolved", 1), ("solved", 5)]
    assert len(page.table.rows) == 1
    assert len(client.get(f"/accounts/team/agents/{sam}/?list=solved").context["page"].table.rows) == 5


@pytest.mark.django_db
def test_without_answers_the_page_says_what_to_import():
    make_account("new")
    page = text_of(client_of(is_staff=True).get("/accounts/new/agents/"))
    assert "Import messages in which the author of each answer is named." in page


@pytest.mark.django_db
def test_the_file_holds_what_its_reader_may_see():
    account = team()
    sam = Agent.objects.get(name="Sam")
    viewer = make_user("", account)
    sam.user = viewer
    sam.save()
    own = Client()
    own.force_login(viewer)

    def lines(client):
        content = client.get("/accounts/team/agents/figures.csv").getvalue().decode("utf-8-sig")
        return [line[:5] for line in list(csv.reader(content.splitlines()))[1:]]

    assert lines(client_of(account, role="manager")) == [
        ["Kim", "test", "5", "5", "5"],
        ["Sam", "test", "6", "5", "6"],
        ["Nobody named", "", "1", "1", "1"],
        ["Nobody answered", "", "", "0", "1"],
        ["The account as a whole", "", "12", "11", "13"],
    ]
    assert lines(own) == [["Sam", "test", "6", "5", "6"], ["The account as a whole", "", "", "", ""]]


def test_the_api_tells_who_manages_everything_and_others_their_own(db):
    account = team()
    sam = Agent.objects.get(name="Sam")
    viewer = make_user("", account)
    sam.user = viewer
    sam.save()
    sweep(NOW)
    own = Client()
    own.force_login(viewer)
    told = client_of(account, role="manager").get("/api/v1/accounts/team/agents").json()
    assert (told["window"], told["minimum"]) == ({"from": "2025-12-23", "to": "2026-01-19"}, 5)
    assert [(line["kind"], line["name"]) for line in told["results"]] == [
        ("person", "Kim"), ("person", "Sam"), ("unnamed", ""), ("unanswered", ""),
    ]  # fmt: skip
    assert told["whole"]["within_24h_rate"]["n"] == 13
    line = next(line for line in told["results"] if line["name"] == "Sam")
    assert line["id"] == sam.pk
    # Five of six within 24 hours; 1, 2, 3, 4, 5 and 30 hours have their middle at 3.5.
    within, reply = line["figures"]["within_24h_rate"], line["figures"]["average_response_time"]
    assert (within["hits"], within["n"], within["display"]) == (5, 6, "83.33%")
    assert reply["stats"]["median"] == 3.5 * 3600
    alone = own.get("/api/v1/accounts/team/agents").json()
    assert [line["name"] for line in alone["results"]] == ["Sam"]
    # Whoever sees only their own figures could take them from the account's counts.
    whole = alone["whole"]["within_24h_rate"]
    assert (whole["display"], whole["hits"], whole["n"]) == (told["whole"]["within_24h_rate"]["display"], None, None)
    stranger = client_of(account).get("/api/v1/accounts/team/agents").json()
    assert stranger["results"] == []


def test_the_api_withholds_a_figure_of_few_cases(db):
    account = make_account("team")
    answered(account, "agent:sam", 1, 2, 3, 4, 5, 6)
    answered(account, "agent:kim", 1, 2, 3, 4)
    sweep(NOW)
    told = client_of(account, role="manager").get("/api/v1/accounts/team/agents").json()
    figures = {line["name"]: line["figures"]["average_response_time"] for line in told["results"]}
    # Four cases are too few, and with Kim's alone withheld they could be taken from the total: so are Sam's.
    assert figures["Kim"] is figures["Sam"] is None
    assert figures[""]["n"] == 10
