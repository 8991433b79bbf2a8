"""What to do first: sentences that name the largest part and lead to exactly their rows."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from kpis.catalogue import METRICS
from kpis.largest import largest_parts
from kpis.readings import readings
from kpis.sweep import sweep
from sellers.days import last_complete_day
from tests.makers import NOW, make_account, make_answer, make_conversation, make_order, make_user
from tests.test_queue import make_return

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)  # Tuesday 20 January 2026, 12:00


def steps(client, query=""):
    """Title, text and address of every step."""
    page = client.get(f"/{query}").content.decode()
    found = re.findall(r'<a class="card alert" href="(.*?)">.*?<h3>(.*?)</h3><p>(.*?)</p>', page, re.S)
    return [(unescape(title), unescape(text), unescape(href)) for href, title, text in found]


def client_of(*accounts):
    client = Client()
    client.force_login(make_user("mia", *accounts))
    return client


def wait(account, hours, **values):
    make_conversation(account, ("buyer", f"{NOW - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"), **values)


def test_each_kind_of_wait_is_a_sentence_with_its_largest_part_and_its_rows():
    one, two = make_account("one", name="One"), make_account("two", name="Two")
    for topic in ("Delivery", "Delivery", "Refund"):
        wait(one, 30, topic=topic)
    wait(two, 40, topic="")
    wait(two, 1, channel="live_chat")  # five minutes are allowed
    wait(two, 21, topic="Delivery")  # three hours are left
    wait(two, 2)
    sweep(NOW)
    client = client_of(one, two)
    found = [step for step in steps(client) if step[2].startswith("/queue/")]
    assert found == [
        (
            "Answer 4 late replies",
            "3 of them at One. 2 of 4 are about “Delivery”. They have waited over 24 hours.",
            "/queue/?group=late",
        ),
        (
            "Answer 1 reply over its target",
            "All at Two. Their channel or priority allows less than 24 hours.",
            "/queue/?group=missed",
        ),
        ("Answer 1 reply within 4 hours", "All at Two. Then they are late or over their target.", "/queue/?group=soon"),
    ]
    for title, _text, href in found:
        rows = len(re.findall(r'class="when"', client.get(href).content.decode()))
        assert rows == int(re.search(r"\d+", title)[0])


def test_no_part_is_named_that_does_not_stand_out():
    shop = make_account("shop", name="Shop")
    for topic in ("Delivery", "Refund", "Damage", "Invoice"):  # a quarter each
        wait(shop, 30, topic=topic)
    sweep(NOW)
    assert steps(client_of(shop))[0][1] == "All at Shop. They have waited over 24 hours."


def test_return_requests_past_their_48_hours_lead_to_the_list_of_requests():
    shop = make_account("shop", name="Shop")
    make_return(shop, "2026-01-18 10:00", number="over")  # 50 hours ago
    make_return(shop, "2026-01-20 10:00", number="new")
    sweep(NOW)
    assert steps(client_of(shop))[0] == ("Answer 2 return requests", "1 is past its 48 hours.", "/queue/?list=returns")


def test_a_figure_names_what_most_of_its_rows_are_about():
    shop = make_account("shop", name="Shop")
    for number in range(40):
        thread = make_conversation(
            shop,
            ("buyer", "2026-01-17 10:00"),
            ("agent", "2026-01-17 11:00"),
            topic="Damage" if number < 12 else "Size",
        )
        # 20 of 40 are not solved: 12 about damage, 8 of the others.
        make_answer(shop, "2026-01-17 12:00", solved=number >= 20, conversation=thread)
    sweep(NOW)
    title, text, href = steps(client_of(shop))[0]
    assert title == "Shop: Customer-service score 5.0"
    assert "12 of 20 are about “Damage”." in text
    assert href == "/accounts/shop/customer_service_score/?part=against#rows"


def test_orders_have_no_topic_and_name_another_column(django_assert_num_queries):
    shop = make_account("shop")
    for number in range(4):
        make_order(
            shop, "2026-01-12 10:00", ship_by="2026-01-13 10:00", confirmed="2026-01-14 10:00" if number < 3 else None
        )
    for fulfilled_by in ("merchant", "merchant", "marketplace"):
        make_order(shop, "2026-01-12 10:00", fulfilled_by=fulfilled_by, refunded_amount=5)
    sweep(NOW)
    asked = [
        METRICS[slug] for slug in ("late_shipment_rate", "refund_rate", "order_defect_rate", "within_24h_rate", "csat")
    ]
    found = readings(shop, last_complete_day(NOW, shop.zone), asked)
    with django_assert_num_queries(1):  # of several tables
        parts = largest_parts(found)
    # All three are the seller's, as late shipments always are: that says nothing.
    assert (shop.id, "late_shipment_rate") not in parts
    part = parts[shop.id, "refund_rate"]
    assert (part.label, part.count, part.of, part.is_topic) == ("Seller (MFN)", 2, 3, False)


def test_three_steps_stand_at_once_and_the_others_behind_one_line():
    shop = make_account("shop", name="Shop")
    wait(shop, 30)
    wait(shop, 1, channel="live_chat")  # five minutes are allowed
    wait(shop, 21)
    make_return(shop, "2026-01-18 10:00", number="over")  # 50 hours ago
    at_once, later = client_of(shop).get("/").content.decode().split('<details class="more">')
    assert (at_once.count('class="card alert"'), later.count('class="card alert"')) == (3, 1)
    assert '1 more<span class="names">' in later
