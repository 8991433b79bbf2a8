"""Breakdowns: a figure by the values of one column of its rows, and the way from each value to its own rows."""

from datetime import date
from fractions import Fraction

import pytest
from rest_framework.test import APIClient

from kpis.breakdowns import breakdown, split_of
from kpis.catalogue import DECLARED, METRICS
from kpis.exports import breakdown_table
from kpis.files import csv_table
from kpis.metrics import Side
from kpis.readings import readings
from kpis.rows import Only
from kpis.sweep import sweep
from tests.behind import counts
from tests.makers import NOW, make_account, make_answer, make_conversation, make_user

pytestmark = pytest.mark.django_db

SUNDAY = date(2026, 1, 18)


@pytest.fixture
def desk():
    """Sam answers six and Kim five, the last of each too late; Ann and Bo answer one each in time, nobody the last."""
    account = make_account("mine")
    answered = {"agent": [2, 2, 2, 2, 2, 30], "agent:kim": [1, 1, 1, 1, 30], "agent:ann": [4], "agent:bo": [8]}
    for who, waits in answered.items():
        for hours in waits:
            make_conversation(
                account, ("buyer", "2026-01-05 00:00"), (who, f"2026-01-{5 + hours // 24:02} {hours % 24:02}:00")
            )
    make_conversation(account, ("buyer", "2026-01-06 10:00"))
    for _ in range(2):  # Ann and Bo in one conversation
        make_conversation(account, ("buyer", "2026-01-07 10:00"), ("agent:ann", "2026-01-07 12:00"),
                          ("buyer", "2026-01-07 13:00"), ("agent:bo", "2026-01-07 17:00"))  # fmt: skip
    sweep(NOW)
    return account


@pytest.fixture
def shop():
    """Sam answers twice in time and once late, Kim once late; one conversation has no topic."""
    account = make_account("mine")
    thread = {"channel": "email", "topic": "Delivery"}
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"), **thread)
    make_conversation(account, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 14:00"), **thread)
    make_conversation(account, ("buyer", "2026-01-07 10:00"), ("agent:kim", "2026-01-08 16:00"), **thread)
    make_conversation(account, ("buyer", "2026-01-09 10:00"), ("agent", "2026-01-10 16:00"), channel="phone")
    sweep(NOW)
    return account


def reading_of(account, slug):
    return readings(account, SUNDAY, [METRICS[slug]])[0]


def by(account, slug, name):
    reading = reading_of(account, slug)
    return [(one.label, one.hits, one.n, one.figure) for one in breakdown(reading, split_of(reading.metric, name))]


def test_a_share_is_told_apart_by_each_column_of_its_rows(shop):
    # Late: Kim's answer after 30 hours about a delivery, and Sam's after 30 hours on the phone.
    third = Fraction(1, 3)
    assert by(shop, "late_response_rate", "topic") == [("Delivery", 1, 3, third), ("Unknown", 1, 1, 1)]
    assert by(shop, "late_response_rate", "channel") == [("E-mail", 1, 3, third), ("Phone", 1, 1, 1)]


def test_a_time_is_told_apart_by_its_own_mean(shop):
    hours = [(label, n, figure / 3600) for label, _hits, n, figure in by(shop, "average_response_time", "channel")]
    # By e-mail 2, 4 and 30 hours, 12 on average; on the phone 30.
    assert hours == [("E-mail", 3, 12), ("Phone", 1, 30)]


def test_people_with_fewer_than_five_cases_share_a_line_with_what_nobody_answered(desk):
    # Ann and Bo with three each, and one that nobody answered, which is late too.
    assert by(desk, "late_response_rate", "agent") == [
        ("Sam", 1, 6, Fraction(1, 6)), ("Kim", 1, 5, Fraction(1, 5)), ("Everybody else", 1, 7, Fraction(1, 7)),
    ]  # fmt: skip


def test_where_the_rest_would_be_one_person_nobody_stands_by_name(shop):
    assert by(shop, "late_response_rate", "agent") == [("Everybody", 2, 4, Fraction(1, 2))]


def test_who_shares_a_conversation_with_another_counts_it_once(desk):
    found = {label: (n, figure / 3600) for label, _hits, n, figure in by(desk, "buyer_waiting_time", "agent")}
    # Alone, Ann and Bo made buyers wait 4 and 8 hours; together 6 hours in each of two conversations: 24 in four.
    assert found["Everybody else"] == (4, 6)


def test_a_waiting_time_counts_each_conversation_once(shop):
    thread = ("buyer", "2026-01-12 10:00"), ("agent", "2026-01-12 11:00")
    make_conversation(shop, *thread, ("buyer", "2026-01-12 12:00"), ("agent", "2026-01-12 15:00"), channel="line")
    sweep(NOW)
    reading = reading_of(shop, "buyer_waiting_time")
    line = next(one for one in breakdown(reading) if one.value == "line")
    # Two turns of one conversation, 1 and 3 hours: one buyer waited 4 hours.
    assert (line.n, line.rows, line.figure) == (1, 2, 4 * 3600)


def test_rows_without_the_column_are_one_value_whether_null_or_empty(shop):
    # One answer belongs to a conversation without a topic, one to no conversation at all.
    conversation = make_conversation(shop, ("buyer", "2026-01-11 10:00"), ("agent", "2026-01-11 11:00"))
    make_answer(shop, "2026-01-12 10:00", False, conversation=conversation)
    make_answer(shop, "2026-01-12 11:00", True)
    sweep(NOW)
    reading = reading_of(shop, "dissatisfaction_rate")
    column = split_of(reading.metric, "topic")
    assert [(one.value, one.hits, one.n) for one in breakdown(reading, column)] == [("", 1, 2)]
    assert counts(reading, Only(column, "")) == {Side.FOR: 1, Side.AGAINST: 1, Side.LEFT_OUT: 0}


def test_what_the_platform_states_is_not_told_apart():
    assert METRICS["account_health_rating"].splits == ()
    assert [column.split for column in METRICS["channel_diversity"].splits] == ["channel"]


def test_the_first_column_is_the_one_the_metric_names():
    assert split_of(METRICS["valid_tracking_rate"], "").split == "product"
    assert split_of(METRICS["valid_tracking_rate"], "topic") is None


def test_every_split_is_a_text():
    for column in {column: metric for metric in DECLARED for column in metric.splits}:
        assert column.kind in ("text", "choice")


# --- The API, the page and the files ---------------------------------------------------------------------------------


def client_of(account, role="manager"):
    client = APIClient()
    client.force_login(make_user("", account, role=role))
    return client


def test_who_only_looks_gets_no_figures_of_single_persons(shop):
    client = client_of(shop, role="viewer")
    address = "/api/v1/accounts/mine"
    for asked in ("breakdown/late_response_rate?by=agent", "rows/late_response_rate?by=agent&value=Sam"):
        assert client.get(f"{address}/{asked}").json()["errors"][0]["code"] == "no_such_split"
    assert client.get(f"{address}/breakdown/late_response_rate?by=channel").status_code == 200
    assert client.get("/accounts/mine/late_response_rate/breakdown.csv?by=agent").status_code == 404
    page = client.get("/accounts/mine/late_response_rate/?on=2026-01-18&by=agent&value=Sam").context["page"]
    assert page.breakdown is None
    page = client.get("/accounts/mine/late_response_rate/?on=2026-01-18").context["page"]
    assert [column.split for column in page.breakdown.columns] == ["channel", "topic"]
    assert page.only is None


def test_the_api_gives_the_breakdown_and_the_rows_of_each_value(shop):
    client = client_of(shop)
    address = "/api/v1/accounts/mine/breakdown/late_response_rate?on=2026-01-18&by=channel"
    answer = client.get(address).json()
    assert (answer["by"], answer["window"]) == ("channel", {"from": "2025-12-20", "to": "2026-01-18"})
    assert answer["results"][1] == {
        "value": "phone", "label": "Phone", "hits": 1, "n": 1, "rows": 1, "figure": 1, "display": "100.00%",
        "band": "red",
    }  # fmt: skip
    rows = client.get("/api/v1/accounts/mine/rows/late_response_rate?on=2026-01-18&part=for&by=channel&value=email")
    assert [row["conversation_channel"] for row in rows.json()["results"]] == ["email"]
    listed = {one["slug"]: one["splits"] for one in client.get("/api/v1/metrics").json()}
    assert listed["late_response_rate"] == ["channel", "topic", "agent"]
    assert listed["account_health_rating"] == []


def test_the_api_refuses_a_column_that_the_metric_does_not_have(shop):
    client = client_of(shop)
    for address in ("breakdown/late_response_rate?by=carrier", "rows/late_response_rate?by=carrier&value=x"):
        answer = client.get(f"/api/v1/accounts/mine/{address}")
        assert answer.status_code == 400
        assert [(error["name"], error["code"]) for error in answer.json()["errors"]] == [("by", "no_such_split")]
    assert client.get("/api/v1/accounts/mine/breakdown/account_health_rating").status_code == 400


def test_page_api_and_file_say_the_same(desk):
    client = client_of(desk)
    query = "on=2026-01-18&by=agent"
    results = client.get(f"/api/v1/accounts/mine/breakdown/late_response_rate?{query}").json()["results"]
    page = client.get(f"/accounts/mine/late_response_rate/?{query}").context["page"]
    assert [(one["label"], one["hits"], one["n"], one["display"]) for one in results] == [
        (piece.name, piece.hits, piece.n, piece.display) for piece in page.pieces
    ]
    assert [one["value"] for one in results] == ["Sam", "Kim", None]
    reading = reading_of(desk, "late_response_rate")
    column = split_of(reading.metric, "agent")
    file = "".join(csv_table(breakdown_table(reading, SUNDAY, column, breakdown(reading, column))))
    assert file.splitlines()[1:] == [
        '"Sam","Sam",1,6,6,0.1666666666666666666666666667,"red"',
        '"Kim","Kim",1,5,5,0.2,"red"',
        '"Everybody else","",1,7,7,0.1428571428571428571428571429,"red"',
    ]
    for address in (f"/api/v1/accounts/mine/breakdown/late_response_rate?{query}&format=csv",
                    f"/accounts/mine/late_response_rate/breakdown.csv?{query}"):  # fmt: skip
        assert client.get(address).getvalue().decode() == file


def test_each_value_leads_to_its_rows(shop):
    client = client_of(shop)
    page = client.get("/accounts/mine/late_response_rate/?on=2026-01-18&by=topic")
    assert "?on=2026-01-18&amp;by=topic&amp;value=Delivery#rows" in page.content.decode()
    listed = client.get("/accounts/mine/late_response_rate/?on=2026-01-18&by=topic&value=Delivery").context["page"]
    assert {tab.side: tab.count for tab in listed.tabs} == {Side.FOR: 1, Side.AGAINST: 2, Side.LEFT_OUT: 0}
    assert listed.only_name == "Delivery"
    unknown = client.get("/accounts/mine/late_response_rate/?on=2026-01-18&by=topic&value=").context["page"]
    assert [tab.count for tab in unknown.tabs] == [1, 0, 0]
    file = client.get("/accounts/mine/late_response_rate/rows.csv?on=2026-01-18&by=channel&value=phone&part=for")
    assert b"".join(file.streaming_content).count(b"\r\n") == 2  # a head and the late answer


def test_rows_of_a_person_are_listed_only_where_their_figure_is(desk):
    client = client_of(desk)
    page, rows = "/accounts/mine/late_response_rate/", "/api/v1/accounts/mine/rows/late_response_rate"
    query = "on=2026-01-18&by=agent&part=against"
    named = client.get(f"{page}?{query}&value=Kim")
    assert (named.context["page"].only_name, named.context["page"].tabs[1].count) == ("Kim", 4)
    assert "value=Ann" not in named.content.decode()
    assert client.get(f"{rows}?{query}&value=Kim").json()["count"] == 4
    unnamed = client.get(f"{page}?{query}&value=Ann").context["page"]
    assert (unnamed.only, unnamed.tabs[1].count) == (None, 15)
    assert client.get(f"{rows}?{query}&value=Ann").json()["errors"][0]["code"] == "withheld"
    file = b"".join(client.get(f"{page}rows.csv?{query}&value=Ann").streaming_content)
    assert file.count(b"\r\n") == 16  # a head and the rows of all, as on the page


def test_a_column_that_nobody_fills_says_so(shop):
    client = client_of(shop)
    make_answer(shop, "2026-01-12 10:00", False)
    sweep(NOW)
    page = client.get("/accounts/mine/dissatisfaction_rate/?on=2026-01-18").content.decode()
    assert "None of the counted rows says its “Topic”." in page


@pytest.mark.parametrize("query", ["by=carrier", "by=%00", "by=agent&value=%00"])
def test_a_file_by_a_column_that_is_not_there_is_missing(shop, query):
    client = client_of(shop)
    assert client.get(f"/accounts/mine/late_response_rate/breakdown.csv?{query}").status_code == 404
    assert client.get(f"/accounts/mine/late_response_rate/?{query}").status_code == 200
