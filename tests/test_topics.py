"""What pulls an account down: topics by what they add to lateness and to "not solved". Tuesday 20 January 2026."""

import csv
import re
from datetime import date
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.catalogue.people import SOLVED, WITHIN
from kpis.metrics import Side
from kpis.rows import rows
from kpis.sweep import sweep
from kpis.topics import topics
from sellers.models import SellerAccount
from tests.makers import NOW, make_account, make_answer, make_conversation, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

MONDAY = date(2026, 1, 19)


def talk(account, topic, *, late=0, timely=0, yes=0, no=0, channel="email"):
    """Conversations about one topic, each with one turn; the first of them with a survey answer."""
    made = []
    for number in range(late + timely):
        reply = "2026-01-14 12:00" if number < late else "2026-01-12 12:00"
        made.append(
            make_conversation(account, ("buyer", "2026-01-12 10:00"), ("agent", reply), topic=topic, channel=channel)
        )
    for number in range(yes + no):
        make_answer(account, "2026-01-16 10:00", number < yes, conversation=made[number])


def shop():
    account = make_account("shop")
    talk(account, "Where is my order", late=6, timely=14, yes=3, no=3)
    talk(account, "Refund", late=3, timely=1, yes=0, no=2, channel="live_chat")
    talk(account, "", late=1, timely=15, yes=2, no=0)
    sweep(NOW)
    return account


def page_of(account, query=""):
    client = Client()
    client.force_login(make_user("", account))
    return client.get(f"/accounts/{account.key}/topics/{query}")


def test_topics_stand_by_what_they_add_and_not_by_their_rate():
    found = topics(shop(), MONDAY, "topic").late
    # 10 of 40 late. Refund is slowest (3 of 4), but most late turns are about orders.
    assert [(pull.value, pull.bad, pull.n) for pull in found.pulls] == [
        ("Where is my order", 6, 20), ("Refund", 3, 4), ("", 1, 16),
    ]  # fmt: skip
    assert [pull.share for pull in found.pulls] == [Fraction(6, 10), Fraction(3, 10), Fraction(1, 10)]


def test_what_would_be_won_if_a_topic_were_like_the_rest():
    found = topics(shop(), MONDAY, "topic").late
    assert found.reading.value == Fraction(30, 40)
    order, refund, rest = found.pulls
    # Without the orders 16 of 20 are in time, without the refunds 29 of 36, without the others 15 of 24.
    assert (order.without, order.gain) == (Fraction(16, 20), Fraction(1, 20))
    assert (refund.without, refund.gain) == (Fraction(29, 36), Fraction(29, 36) - Fraction(3, 4))
    assert rest.gain == Fraction(15, 24) - Fraction(3, 4) < 0


def test_unsolved_answers_are_ranked_in_the_same_way():
    found = topics(shop(), MONDAY, "topic").unsolved
    # The score's week ended on Sunday 18 January: five yes of ten.
    assert [(pull.value, pull.bad, pull.n) for pull in found.pulls] == [
        ("Where is my order", 3, 6), ("Refund", 2, 2), ("", 0, 2),
    ]  # fmt: skip
    # Without the refunds five of eight are solved: 6.25 on a scale of 10 instead of 5.
    assert found.pulls[1].gain == Fraction(125, 100)


def test_the_only_topic_has_no_rest_to_be_like():
    account = make_account()
    talk(account, "Refund", late=1, timely=1)
    sweep(NOW)
    (only,) = topics(account, MONDAY, "topic").late.pulls
    assert (only.without, only.gain) == (None, None)
    assert page_of(account).status_code == 200


@pytest.mark.parametrize(("by", "metric"), [("topic", WITHIN), ("topic", SOLVED), ("channel", WITHIN)])
def test_the_lines_add_up_to_the_metric_and_each_leads_to_its_rows(by, metric):
    account = shop()
    found = topics(account, MONDAY, by)
    pulls = found.late if metric is WITHIN else found.unsolved
    assert sum(pull.n for pull in pulls.pulls) == pulls.reading.n
    assert pulls.bad == rows(account, metric, MONDAY, Side.AGAINST).count
    client = Client()
    client.force_login(make_user("", account))
    ranking = client.get(f"/accounts/shop/topics/?by={by}").context["page"].rankings[metric is SOLVED]
    for bar in ranking.bars:
        listed = client.get(bar.href).context["page"]
        assert len(listed.table.rows) == bar.count
    assert len(client.get(ranking.href).context["page"].table.rows) == ranking.bad


def test_the_median_of_a_topic_is_that_of_its_answered_turns():
    # Three of four refunds took 50 hours, one 2: the median is 50.
    assert topics(shop(), MONDAY, "topic").medians["Refund"] == 50 * 3600


def test_channels_are_ranked_by_lateness_alone():
    page = page_of(shop(), "?by=channel").context["page"]
    assert [(row.name, row.late) for row in page.rows] == [("E-mail", 7), ("Live chat", 3)]
    assert not page.has_answers


def test_turns_without_a_topic_say_how_they_get_one():
    response = page_of(shop())
    text = re.sub(r"\s+", " ", response.content.decode())
    assert "16 of 40 turns have no topic." in text
    assert [row.name for row in response.context["page"].rows] == ["Where is my order", "Refund", "No topic"]


def test_without_data_the_page_says_what_to_import():
    assert "Import messages and survey answers" in page_of(make_account()).content.decode()


def test_the_account_of_others_is_missing():
    shop()
    client = Client()
    client.force_login(make_user("", make_account("mine")))
    assert client.get("/accounts/shop/topics/").status_code == 404


def test_the_page_takes_as_many_queries_for_many_topics_as_for_few():
    account = shop()
    client = Client()
    client.force_login(make_user("", account))

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert client.get("/accounts/shop/topics/").status_code == 200
        return len(found)

    queries()
    few = queries()
    for number in range(8):
        talk(account, f"Topic {number}", late=1, timely=1, yes=1)
    sweep(NOW)
    assert queries() == few == 18


def test_of_very_many_topics_the_page_shows_those_that_add_most_and_the_file_all():
    account = make_account("shop")
    for number in range(58):
        talk(account, f"Topic {number}", timely=1)
    talk(account, "Refund", late=1)
    talk(account, "Where is my order", late=2)
    sweep(NOW)
    page = page_of(account)
    assert [row.name for row in page.context["page"].rows][:2] == ["Where is my order", "Refund"]
    assert page.content.decode().count('<th class="l" scope="row">') == 50
    assert "10 more values are in the file." in re.sub(r"\s+", " ", page.content.decode())
    client = Client()
    client.force_login(make_user("", account))
    assert len(client.get("/accounts/shop/topics/figures.csv").getvalue().splitlines()) == 1 + 60


def test_the_file_holds_the_numbers_of_the_page():
    shop()
    client = Client()
    client.force_login(make_user("", SellerAccount.objects.get(key="shop")))
    response = client.get("/accounts/shop/topics/figures.csv")
    lines = list(csv.reader(response.getvalue().decode("utf-8-sig").splitlines()))
    # 14 of 20 in time, 16 of 20 without it; 2 hours in the middle; three of six solved, two of four without it.
    assert lines[1] == [
        "Where is my order", "Where is my order", "20", "6", "0.6", "0.7", "0.8", "7200", "6", "3", "0.6", "5", "5",
    ]  # fmt: skip
    assert [line[0] for line in lines[1:]] == ["Where is my order", "Refund", "Unknown"]
    assert client.get("/accounts/shop/topics/figures.csv?by=weather").status_code == 404


def test_the_api_tells_what_each_topic_adds():
    shop()
    client = Client()
    client.force_login(make_user("", SellerAccount.objects.get(key="shop")))
    told = client.get("/api/v1/accounts/shop/topics").json()
    assert told["by"] == "topic"
    assert told["within_24h_window"] == {"from": "2025-12-21", "to": "2026-01-19"}
    assert [one["value"] for one in told["results"]] == ["Where is my order", "Refund", ""]
    order = told["results"][0]
    # 14 of 20 in time, 16 of 20 without it instead of 30 of 40.
    assert order["within_24h"] == {
        "n": 20, "bad": 6, "share": 0.6, "value": 0.7, "display": "70.00%", "band": "red", "without": 0.8, "gain": 0.05,
    }  # fmt: skip
    assert (order["solved"]["bad"], order["solved"]["n"], order["median_seconds"]) == (3, 6, 7200)
    by_channel = client.get("/api/v1/accounts/shop/topics?by=channel").json()
    assert {one["value"]: one["within_24h"]["bad"] for one in by_channel["results"]} == {"email": 7, "live_chat": 3}
    file = client.get("/api/v1/accounts/shop/topics?format=csv").getvalue()
    assert file == client.get("/accounts/shop/topics/figures.csv").getvalue()
    assert client.get("/api/v1/accounts/shop/topics?by=weather").status_code == 400
