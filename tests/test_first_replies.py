"""How fast buyers get a first reply: the steps, their rows, and the bars of the account page. 20 January 2026."""

import re
from datetime import date

import pytest

from kpis.catalogue.first_replies import METRIC, STEPS
from kpis.first_replies import first_replies, waited
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from tests.makers import NOW, client_of, make_account, make_conversation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

MONDAY = date(2026, 1, 19)


@pytest.fixture
def shop():
    """One wait at each edge: a step is closed at its top, so an hour is in the first and 24 hours are in time."""
    account = make_account("mine")
    for answered in (
        "2026-01-10 10:00:00",  # at once
        "2026-01-10 11:00:00",  # exactly an hour
        "2026-01-10 11:00:01",  # a second more: 1 to 4 hours
        "2026-01-10 14:00:00",  # exactly 4 hours
        "2026-01-10 22:00:00",  # exactly 12 hours
        "2026-01-11 10:00:00",  # exactly 24 hours
        "2026-01-11 10:00:01",  # late
    ):
        make_conversation(account, ("buyer", "2026-01-10 10:00:00"), ("agent", answered))
    make_conversation(account, ("buyer", "2026-01-10 10:00"))  # nobody answered
    make_conversation(account, ("buyer", "2026-01-19 23:00"))  # 13 hours before now
    # Neither is a first reply to a buyer: the seller wrote first, and a message was marked as needing none.
    make_conversation(
        account, ("agent", "2026-01-10 09:00"), ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 10:30")
    )
    make_conversation(account, ("marked", "2026-01-10 10:00"))
    sweep(NOW)
    close_weeks(NOW)
    return account


def reading_of(account):
    return readings(account, MONDAY, [METRIC])[0]


def test_every_conversation_stands_in_one_step(shop, django_assert_num_queries):
    reading = reading_of(shop)
    with django_assert_num_queries(1):
        found = first_replies(shop, reading.window)
    assert [(one.step.slug, one.count) for one in found] == [
        ("1h", 2), ("4h", 2), ("12h", 1), ("24h", 1), ("late", 1), ("none", 2),
    ]  # fmt: skip
    # All answered ones are what the first response time counts.
    assert sum(one.count for one in found[:-1]) == reading.n == 7


def test_each_step_opens_its_own_rows(shop):
    reading = reading_of(shop)
    for one in first_replies(shop, reading.window):
        assert waited(reading, one.step).count == one.count
    late = waited(reading, STEPS[4]).page(0, 50)
    assert [row["reply_seconds"] for row in late] == [86_401]


def test_the_account_page_draws_the_steps_and_names_the_middle(shop):
    page = re.sub(r"\s+", " ", client_of(shop).get("/accounts/mine/").content.decode())
    # Of 0, 1 h, 1 h 1 s, 4 h, 12 h, 24 h and 24 h 1 s the middle is 4 h; the 90th percentile lies 0.4 of the way from
    # the sixth to the seventh: 24 h and less than a second.
    assert "median 4 h, slowest tenth from 1 d" in page
    bars = re.findall(r"\?wait=(\w+)\">.*?dy=\"-7\" text-anchor=\"middle\">(\d+)<", page)
    assert bars == [("1h", "2"), ("4h", "2"), ("12h", "1"), ("24h", "1"), ("late", "1"), ("none", "2")]


def test_the_rows_of_a_bar_have_a_page(shop):
    client = client_of(shop)
    page = client.get("/accounts/mine/first-replies/?wait=none").context["page"]
    assert len(page.table.rows) == 2
    links = [link for row in page.table.rows for *_cell, link in row["cells"] if link]
    assert len(links) == 2
    assert [client.get(link).status_code for link in links] == [200, 200]
    assert [bar.slug for bar in page.shown.bars if bar.is_current] == ["none"]
    # A step that nobody knows shows the late ones, and an earlier day shows that day: 13 hours ago had not been yet.
    assert client.get("/accounts/mine/first-replies/?wait=soon").context["page"].step.slug == "late"
    assert len(client.get("/accounts/mine/first-replies/?wait=none&on=2026-01-18").context["page"].table.rows) == 1


def test_a_shop_without_messages_has_no_bars():
    response = client_of(make_account("mine")).get("/accounts/mine/")
    assert response.context["page"].replies is None


def test_first_replies_of_others_are_missing(shop):
    assert client_of(make_account("other")).get("/accounts/mine/first-replies/").status_code == 404


def test_the_api_counts_the_same_steps(shop):
    told = client_of(shop).get("/api/v1/accounts/mine/first-replies").json()
    assert {one["step"]: one["count"] for one in told["results"]} == {
        "1h": 2, "4h": 2, "12h": 1, "24h": 1, "late": 1, "none": 2,
    }  # fmt: skip
    assert told["stats"]["median"] == 4 * 3600
    assert told["window"]["to"] == "2026-01-19"
