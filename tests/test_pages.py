"""The browser pages: who sees what, and that a page shows what the readings say. Frozen on Tuesday 20 January 2026."""

import json
import re
from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kpis.catalogue import DECLARED
from kpis.exports import rows_table
from kpis.files import csv_table
from kpis.metrics import Side
from kpis.models import RuleChange
from kpis.readings import readings
from kpis.rows import rows
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from orders.models import Claim
from orders.recompute import recompute_orders
from tests.examples.account_health import held, weekly
from tests.examples.delivery import UPS, package
from tests.makers import (
    NOW,
    at,
    client_of,
    make_account,
    make_answer,
    make_answers,
    make_conversation,
    make_order,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

MONDAY = date(2026, 1, 19)  # the last complete day in UTC
SCORE = "customer_service_score"


def count(*accounts):
    """Everything that a running installation would have counted by now."""
    sweep(NOW)
    close_weeks(NOW)


def busy_shop(key="busy", **values):
    """One of everything: answers, a late and a timely reply, one still waiting, orders with and without trouble."""
    account = make_account(key, **values)
    make_answers(account, 36, 9, last="2026-01-18 20:00")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    make_conversation(account, ("buyer", "2026-01-12 10:00"), ("agent", "2026-01-14 10:00"))
    make_conversation(account, ("buyer", "2026-01-20 09:00"))
    make_order(account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 10:00")
    make_order(account, "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-09 10:00")
    make_order(account, "2026-01-06 11:00", fulfilled_by="marketplace")
    return account


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def without_token(response):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def json_in(response, name):
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(found.group(1))


# --- Who may see what ------------------------------------------------------------------------------------------------


def pages_of(key):
    return [
        f"/accounts/{key}/",
        f"/accounts/{key}/{SCORE}/",
        f"/accounts/{key}/{SCORE}/rows.csv",
        f"/accounts/{key}/{SCORE}/rows.csv?part=left_out",
    ]


@pytest.mark.parametrize("path", ["/", "/metrics/", "/you/", *pages_of("mine")])
def test_nobody_sees_a_page_without_signing_in(path):
    make_account("mine")
    response = Client().get(path)
    assert response.status_code == 302
    assert response.url.startswith("/user/login/?next=")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/you/", *pages_of("mine")])
def test_a_viewer_sees_the_pages_of_their_account(path):
    client = client_of(make_account("mine"))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("number", range(4))
def test_an_account_of_others_is_missing_like_one_that_does_not_exist(number):
    make_account("theirs", name="Secret Garden")
    client = client_of(make_account("mine"))
    theirs = client.get(pages_of("theirs")[number])
    nobodys = client.get(pages_of("nobodys")[number])
    assert theirs.status_code == nobodys.status_code == 404
    assert without_token(theirs).replace("theirs", "nobodys") == without_token(nobodys)


def test_no_page_names_an_account_of_others():
    make_account("theirs", name="Secret Garden")
    client = client_of(make_account("mine", name="Rose Garden"), make_account("also-mine", name="Herb Garden"))
    for path in ("/", "/metrics/", "/you/", "/accounts/mine/", f"/accounts/mine/{SCORE}/", "/switch/?q=garden"):
        assert "Secret Garden" not in text_of(client.get(path))


def test_staff_sees_every_account():
    make_account("one")
    make_account("two")
    client = client_of(is_staff=True)
    assert client.get("/accounts/one/").status_code == client.get("/accounts/two/").status_code == 200


def test_losing_the_membership_closes_the_page_at_once():
    account = make_account("mine")
    user = make_user("", account)
    client = Client()
    client.force_login(user)
    assert client.get("/accounts/mine/").status_code == 200
    user.memberships.all().delete()
    assert client.get("/accounts/mine/").status_code == 404


def test_a_metric_that_is_not_declared_is_missing():
    client = client_of(make_account("mine"))
    assert client.get("/accounts/mine/no_such_metric/").status_code == 404


# --- The fleet -------------------------------------------------------------------------------------------------------


def names_in_order(response):
    return re.findall(r'class="acct".*?<b>(.*?)</b>', response.content.decode())


@pytest.fixture
def fleet():
    """Scores of 5.0, 7.0 and 9.0, one account with too few answers, one kept score, one shop without answers."""
    scores = {"Red": (20, 20), "Yellow": (28, 12), "Green": (36, 4), "Young": (10, 2)}
    accounts = []
    for name, (yes, no) in scores.items():
        account = make_account(name.lower(), name=name)
        make_answers(account, yes, no, last="2026-01-18 20:00")
        accounts.append(account)
    kept = make_account("kept", name="Kept")
    make_answers(kept, 34, 6, last="2025-12-20 20:00")
    make_answers(kept, 31, 0, last="2026-01-18 20:00")
    accounts += [kept, make_account("silent", name="Silent", platform="shopify", marketplace="")]
    count()
    return accounts


def test_the_worst_account_comes_first_and_accounts_without_a_score_last(fleet):
    response = client_of(*fleet).get("/")
    assert names_in_order(response) == ["Red", "Yellow", "Kept", "Green", "Silent", "Young"]


def test_the_ribbon_counts_every_colour_and_each_part_is_a_filter(fleet):
    client = client_of(*fleet)
    parts = re.findall(r'<a class="(\w+) f\d+"\s+href="(.*?)">.*?</svg>(\d+)', client.get("/").content.decode())
    assert [(band, int(number)) for band, _href, number in parts] == [
        ("red", 1),
        ("yellow", 1),
        ("green", 2),
        ("none", 2),
    ]
    links = {band: href for band, href, _number in parts}
    assert names_in_order(client.get("/" + links["green"])) == ["Kept", "Green"]
    assert names_in_order(client.get("/" + links["none"])) == ["Silent", "Young"]


def test_filters_are_in_the_address_and_say_what_they_hide(fleet):
    client = client_of(*fleet)
    assert names_in_order(client.get("/?platform=shopify")) == ["Silent"]
    assert names_in_order(client.get("/?q=YELL")) == ["Yellow"]
    assert "5 accounts are hidden by the filter" in text_of(client.get("/?q=yell"))
    assert "No account matches." in text_of(client.get("/?q=nothing"))


def test_a_filter_nobody_understands_hides_nothing(fleet):
    response = client_of(*fleet).get("/?band=purple&platform=ebay&page=minus")
    assert len(names_in_order(response)) == 6


def test_too_few_answers_are_said_and_never_shown_as_a_bare_number(fleet):
    page = text_of(client_of(*fleet).get("/"))
    assert "31 of 40 answers, last score kept" in page
    assert "12 of 40 answers" in page
    assert "No score yet" in page
    assert "Import survey answers" in page


def test_the_fleet_is_shown_fifty_accounts_a_page():
    accounts = [make_account(f"shop-no-{number:03}", name=f"Shop {number:03}") for number in range(51)]
    client = client_of(*accounts)
    assert len(names_in_order(client.get("/"))) == 50
    assert names_in_order(client.get("/?page=2")) == ["Shop 050"]
    assert "51–51 of 51" in text_of(client.get("/?page=2"))


def test_the_fleet_shows_the_figures_of_the_account_page():
    account = busy_shop()
    count()
    page = text_of(client_of(account).get("/"))
    shown = {reading.metric.slug: reading for reading in readings(account, MONDAY)}
    assert shown["within_24h_rate"].display == "50.00%"  # one of two turns in time
    for slug in ("within_24h_rate", "dissatisfaction_rate", "order_defect_rate", "late_shipment_rate"):
        assert shown[slug].display in page
    assert "8.0" in page
    assert shown["late_shipment_rate"].display == "50.00%"  # one of two with a deadline


def test_who_waits_is_counted_late_and_not_late():
    account = make_account("mine")
    make_conversation(account, ("buyer", "2026-01-18 10:00"))  # 50 hours ago
    make_conversation(account, ("buyer", "2026-01-20 09:00"))  # 3 hours ago
    make_conversation(account, ("buyer", "2026-01-20 10:00"))
    count()
    page = text_of(client_of(account).get("/"))
    assert '<dd class="v num over"><a href="/queue/?group=late">1</a></dd>' in page
    assert "and 2 wait, not late yet" in page


def test_the_most_pressing_figures_lead_to_the_rows_behind_them(fleet):
    page = client_of(*fleet).get("/").content.decode()
    first = re.search(r'<a class="card alert" href="(.*?)">.*?<h3>(.*?)</h3>', page, re.S)
    assert first.group(2) == "Red: Customer-service score 5.0"
    assert first.group(1) == f"/accounts/red/{SCORE}/?part=against#rows"


def test_somebody_without_accounts_reads_what_will_stand_here():
    page = text_of(client_of().get("/"))
    assert "No accounts yet" in page
    assert "Ask the person who looks after this installation" in page
    # Who may add one is led there.
    page = text_of(client_of(is_staff=True, is_superuser=True).get("/"))
    assert reverse("account_new") in page
    assert "manage.py" not in page


def test_signing_in_is_told_in_the_words_of_each_language():
    make_user("mei")
    for language, words in (("en", "Signed in as mei."), ("zh-hant", "已以 mei 的身分登入。")):
        client = Client(headers={"accept-language": language})
        said = {"login": "mei", "password": "correct horse battery"}
        assert words in text_of(client.post("/user/login/", said, follow=True))


# --- The account -----------------------------------------------------------------------------------------------------


def test_the_account_page_shows_every_metric_as_the_readings_say():
    account = busy_shop()
    count()
    response = client_of(account).get("/accounts/busy/")
    page = text_of(response)
    shown = {entry.metric.slug: entry for group in response.context["page"].groups for entry in everything_in(group)}
    for reading in readings(account, MONDAY):
        entry = shown.get(reading.metric.slug, response.context["page"].score)
        assert entry.reading == reading
        if not reading.metric.variant_of and not reading.metric.parts_of:
            assert str(reading.metric.title) in page
        if not reading.needs and reading.value is not None:
            assert reading.display in page


def everything_in(group):
    cards = [
        *group.cards,
        *group.more,
        *(entry for _needs, entries in group.missing for entry in entries),
        *group.empty,
    ]
    return [entry for card in cards for entry in card.family]


def test_the_account_page_says_what_is_missing_and_what_a_score_rests_on():
    account = make_account("mine")
    make_answers(account, 28, 12, last="2026-01-18 20:00")  # 7.0; 48 of 60 would be 8.0
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    assert "28 of 40" in page
    assert "20 more “Solved” in a row make it green." in page
    assert "Needs improvement" in page
    assert "22 Dec 2025 – 18 Jan 2026" in page
    assert "Mon 26 Jan, 00:00" in page  # the next update, in the account's zone


def test_a_metric_without_data_says_what_to_import():
    page = text_of(client_of(make_account("mine")).get("/accounts/mine/"))
    assert '<a class="link" href="/imports/new/?account=mine">Import orders</a> to see:' in page
    assert '<a class="link" href="/imports/new/?account=mine">Import messages</a> to see:' in page
    assert "Nothing of the kind has come in yet. Import survey answers to see it." in page  # the score keeps its place
    assert 'class="card kpi"' not in page


def test_a_metric_that_never_counted_anything_is_one_word_in_a_line():
    account = make_account("mine")
    make_order(account, "2026-01-05 10:00", status="pending")
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    line = page.split("Nothing counted in these weeks:")[1].split("</p>")[0]
    assert "Order defect rate" in line
    assert "Cancelled before shipping" in line
    assert "Overdue orders" not in line  # none is a figure


def test_other_windows_stand_small_inside_the_card_of_their_metric():
    account = make_account("mine")
    make_order(account, "2026-01-01 10:00", ship_by="2026-01-03 10:00", confirmed="2026-01-02 10:00")
    make_order(account, "2026-01-15 10:00", ship_by="2026-01-16 10:00", confirmed="2026-01-17 10:00")
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    # One of two late in 30 days, the one of the last ten days late: 50 % and 100 %.
    assert re.search(
        r'href="/accounts/mine/late_shipment_rate_10d/" title="[^"]+">10 days</a></dt><dd.{0,300}100\.00%', page
    )


def test_a_variant_that_counts_the_same_rows_is_not_repeated():
    account = make_account("mine")
    make_order(account, "2025-12-15 10:00", confirmed="2025-12-16 10:00")
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    assert "order_defect_rate/" in page
    assert "order_defect_rate_mfn" not in page  # the seller ships everything: the same one order
    assert "order_defect_rate_every_claim" not in page  # no claim, so both rules say the same


def test_both_claim_rules_stand_side_by_side_where_they_differ():
    account = make_account("mine")
    order = make_order(account, "2025-12-15 10:00", confirmed="2025-12-16 10:00")
    Claim.objects.create(
        account=account,
        system="test",
        external_id="claim",
        order_external_id=order.external_id,
        opened_at=at("2025-12-20 10:00"),
        status="denied",
    )
    recompute_orders(account, [order.external_id], NOW)
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    # A denied claim is no defect by the rule of today, and is one whatever its outcome.
    assert re.search(r"order_defect_rate_every_claim/.{0,300}100\.00%", page)


def test_figures_without_a_target_are_folded_away_where_others_have_one():
    account = make_account("mine")
    make_conversation(
        account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"), resolved="2026-01-10 12:00"
    )
    count()
    groups = {str(group.title): group for group in client_of(account).get("/accounts/mine/").context["page"].groups}
    response = [card.metric.slug for card in groups["Response"].cards]
    assert "late_response_rate" in response
    assert "first_response_time" not in response
    assert "first_response_time" in [card.metric.slug for card in groups["Response"].more]
    # No figure of this group has a target: the first four stand in front.
    assert len(groups["Resolution"].cards) == 4


@pytest.mark.parametrize(("asked", "shown"), [("", 12), ("?weeks=26", 26), ("?weeks=52", 30), ("?weeks=7", 12)])
def test_the_weeks_of_the_score_are_in_the_address(asked, shown):
    account = make_account("mine")
    for week in range(30):
        make_answers(account, 40, 8, last=f"{date(2026, 1, 17) - timedelta(weeks=week)} 20:00")
    count()
    response = client_of(account).get(f"/accounts/mine/{asked}")
    assert len(json_in(response, "score-chart")["values"]) == shown
    assert len(response.context["page"].week_lines) == shown
    assert len(response.context["page"].score.points) == 12  # sparklines stay


def test_a_score_carried_over_says_from_when():
    account = make_account("mine")
    make_answers(account, 34, 6, last="2025-12-20 20:00")
    make_answers(account, 31, 0, last="2026-01-18 20:00")
    count()
    response = client_of(account).get("/accounts/mine/")
    page = text_of(response)
    # The answers of 20 December are in the four weeks up to 11 January, and no longer in those up to 18 January.
    assert "31 of 40 answers, so the score of the week to 11 Jan 2026 is kept." in page
    chart = json_in(response, "score-chart")
    assert chart["carried"][-1] is True
    assert "Fewer than 40 answers, last score kept" in page


def test_a_change_is_told_apart_from_whether_it_is_good():
    account = make_account("mine")
    for _number in range(10):
        make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
        make_conversation(account, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-20 11:00"))  # 25 hours
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    # Late responses rose from 0 of 10 in the published week to 10 of 20 on Monday, and that is worse.
    assert re.search(r'class="delta bad">.{0,120}#up.{0,120}50\.00 pts', page)


def test_a_change_that_chance_can_make_gets_no_arrow():
    account = make_account("mine")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    make_conversation(account, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-20 11:00"))  # 25 hours
    count()
    page = text_of(client_of(account).get("/accounts/mine/late_response_rate/"))
    # From 0 of 1 to 1 of 2: 50 points that say nothing.
    assert "about the same" in page
    assert "50.00 pts" not in page


def test_the_times_show_mean_median_and_slowest_tenth():
    account = make_account("mine")
    for hour in (11, 12, 16):  # waited 1, 2 and 6 hours
        make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", f"2026-01-10 {hour}:00"))
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    # Mean 3 h; median 2 h; the 90th percentile lies 0.8 of the way from 2 h to 6 h: 5 h 12 min.
    assert '<dt>Mean</dt><dd class="num">3 h</dd>' in page
    assert '<dt>Median</dt><dd class="num">2 h</dd>' in page
    assert '<dt>Slowest tenth from</dt><dd class="num">5 h 12 min</dd>' in page
    assert "3 cases" in page


def test_an_earlier_report_day_shows_that_day():
    account = busy_shop()
    count()
    client = client_of(account)
    page = text_of(client.get("/accounts/busy/?on=2026-01-11"))
    earlier = {reading.metric.slug: reading for reading in readings(account, date(2026, 1, 11))}
    assert earlier["within_24h_rate"].display == "100.00%"
    assert "100.00%" in page
    assert "Report day 11 Jan 2026" in page
    assert 'href="?on=2026-01-04"' in page  # a week earlier
    assert 'href="?on=2026-01-18"' in page  # a week later
    assert f'href="/accounts/busy/{SCORE}/?on=2026-01-11"' in page  # the day stays when one goes on


@pytest.mark.parametrize("day", ["2026-01-20", "2027-01-01", "1999-12-31", "yesterday", "2026-02-30"])
def test_a_day_without_figures_shows_the_newest_one_and_says_so(day):
    client = client_of(make_account("mine"))
    page = text_of(client.get("/accounts/mine/", {"on": day}))
    assert "You see the figures of 19 Jan 2026." in page


def test_the_report_day_is_the_accounts_own():
    client = client_of(make_account("sydney", time_zone="Australia/Sydney"))
    with time_machine.travel(at("2026-01-20 13:30"), tick=False):  # half past midnight on the 21st in Sydney
        assert "Report day 20 Jan 2026, in Australia/Sydney." in text_of(client.get("/accounts/sydney/"))


# --- The metric and its rows -----------------------------------------------------------------------------------------


def test_every_metric_has_a_page_whose_lists_are_the_rows_behind_it():
    account = busy_shop()
    count()
    client = client_of(account)
    for reading, side in product(readings(account, MONDAY), Side):
        metric = reading.metric
        response = client.get(f"/accounts/busy/{metric.slug}/", {"part": side})
        assert reading.display in text_of(response)
        shown = response.context["page"]
        behind = rows(account, metric, MONDAY, side)
        assert shown.table.page.paginator.count == behind.count
        assert len(shown.table.rows) == min(behind.count, 50)
        counts = {tab.side: tab.count for tab in shown.tabs}
        assert counts[Side.FOR] + counts.get(Side.AGAINST, 0) == reading.n


def test_the_file_holds_exactly_the_rows_of_the_list():
    account = busy_shop()
    count()
    client = client_of(account)
    for metric, side in product(DECLARED, Side):
        response = client.get(f"/accounts/busy/{metric.slug}/rows.csv", {"part": side, "on": MONDAY})
        body = b"".join(response.streaming_content).decode()
        assert body == "".join(csv_table(rows_table(rows(account, metric, MONDAY, side), MONDAY)))
        assert body.count("\r\n") == rows(account, metric, MONDAY, side).count + 1
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert f'filename="busy-{metric.slug}-{side}-2026-01-19.csv"' in response["Content-Disposition"]


@pytest.mark.parametrize("query", ["on=2027-01-01", "on=today", "part=all", "part=for&weeks=13"])
def test_a_file_that_the_address_does_not_name_rightly_is_missing(query):
    client = client_of(make_account("mine"))
    assert client.get(f"/accounts/mine/{SCORE}/rows.csv?{query}").status_code == 404


def test_rows_left_out_say_why_and_how_many_for_each_reason():
    account = make_account("mine")
    make_conversation(account, ("agent", "2026-01-10 09:00"), external_id="started-by-us")
    make_answers(account, 3, 1, last="2026-01-18 20:00")
    first = make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    make_answer(account, "2026-01-11 10:00", False, conversation=first)
    make_answer(account, "2026-01-12 10:00", True, conversation=first)
    count()
    page = text_of(client_of(account).get(f"/accounts/mine/{SCORE}/?part=left_out"))
    assert '<b class="num">1</b> A later answer in the same conversation counts' in page


def test_words_of_a_buyer_are_text_and_never_markup():
    account = make_account("mine", name="<b>Bold</b> & Co")
    make_answer(account, "2026-01-18 10:00", False, comment='<img src=x onerror="alert(1)">')
    count()
    client = client_of(account)
    for path in ("/", "/accounts/mine/", f"/accounts/mine/{SCORE}/?part=against"):
        page = client.get(path).content.decode()
        assert "<b>Bold</b>" not in page
        assert "<img src=x" not in page


def test_moments_stand_on_the_accounts_clock():
    account = make_account("tokyo", time_zone="Asia/Tokyo")
    make_answer(account, "2026-01-17 20:00", False)
    count()
    page = text_of(client_of(account).get(f"/accounts/tokyo/{SCORE}/?part=against"))
    assert "18 Jan 2026, 05:00" in page


def test_the_chart_gets_finished_figures_and_zones():
    account = make_account("mine")
    make_answers(account, 28, 12, last="2026-01-18 20:00")
    count()
    chart = json_in(client_of(account).get(f"/accounts/mine/{SCORE}/"), "trend-chart")
    assert chart["shown"][-1] == "7.0"
    assert chart["values"][-1] == 7.0
    assert chart["bands"][-1] == "yellow"
    assert chart["axis"] == {"min": 4, "max": 10, "step": 1}
    assert [(zone["band"], zone["from"], zone["to"]) for zone in chart["zones"]] == [
        ("red", 4, 6.0),
        ("yellow", 6.0, 8.0),
        ("green", 8.0, 10),
    ]


def test_a_breakdown_names_the_worst_value():
    account = make_account("mine")
    # Of four watches one was followed, of three toys all were: 25 % and 100 %, at a limit of 95 %.
    for category, valid in (("Watches", 1), ("Watches", 0), ("Watches", 0), ("Watches", 0), *[("Toys", 1)] * 3):
        package(account, "2026-01-05", product_category=category, tracking_valid=bool(valid), **UPS)
    count()
    response = client_of(account).get("/accounts/mine/valid_tracking_rate/")
    page = text_of(response)
    assert "Worst: Watches with 25.00% (1 of 4)." in page
    pieces = [(piece.name, piece.hits, piece.n, piece.display, piece.band) for piece in response.context["page"].pieces]
    assert pieces == [("Watches", 1, 4, "25.00%", "red"), ("Toys", 3, 3, "100.00%", "green")]


def test_a_breakdown_of_a_count_shows_the_share_of_each_value():
    account = make_account("mine")
    held(account)
    count()
    pieces = client_of(account).get("/accounts/mine/policy_violations/").context["page"].pieces
    # Six and four of the ten that are open.
    assert [(piece.n, piece.display, piece.band) for piece in pieces] == [(6, "60.00%", "none"), (4, "40.00%", "none")]


def test_a_metric_leads_to_its_family():
    client = client_of(make_account("mine"))
    for slug in ("late_shipment_rate", "late_shipment_rate_10d"):
        relatives = client.get(f"/accounts/mine/{slug}/").context["page"].relatives
        assert [(one.metric.slug, one.is_current) for one in relatives] == [
            ("late_shipment_rate", slug == "late_shipment_rate"),
            ("late_shipment_rate_10d", slug == "late_shipment_rate_10d"),
        ]
    assert client.get("/accounts/mine/overdue_orders/").context["page"].relatives == []


def test_the_page_follows_the_rule_in_force():
    account = make_account("mine")
    for hour in range(10, 20):  # one of ten is late
        make_conversation(
            account, ("buyer", f"2026-01-10 {hour}:00"), ("agent", f"2026-01-{12 if hour == 10 else 10} 21:00")
        )
    RuleChange.objects.create(
        account=account, metric="late_response_rate", valid_from=date(2026, 1, 1), limit=25, goal=20
    )
    count()
    client = client_of(account)
    page = text_of(client.get("/accounts/mine/late_response_rate/"))
    assert "Red at 25% or more, green at 20% or less, yellow between." in page
    # 10 % is green by this rule and red by the declared one: 25 % of 10 is not reached by a second late reply.
    assert "1 more “Late or unanswered” of 10 is possible before it is red." in page
    assert "Limit: under 25%" in text_of(client.get("/accounts/mine/"))


def test_figures_say_how_far_chance_alone_could_have_moved_them():
    account = make_account("mine")
    make_answers(account, 32, 8, last="2026-01-18 20:00")
    count()
    client = client_of(account)
    # 32 of 40: Wilson's interval is 0.6524 to 0.8950, on the scale of the score 6.5 to 8.9.
    assert "6.5 to 8.9" in text_of(client.get("/accounts/mine/"))
    page = text_of(client.get(f"/accounts/mine/{SCORE}/"))
    assert "With this many cases, chance alone leaves the true value between 6.5 and 8.9 (95%)." in page
    assert 'class="interval"' in page


def test_a_figure_whose_cases_still_ripen_says_so():
    account = make_account("mine")
    make_order(account, "2025-12-15 10:00", confirmed="2025-12-16 10:00")
    count()
    client = client_of(account)
    sentence = "All these cases may still become “With a defect”: a case is settled after 90 days."
    assert sentence in text_of(client.get("/accounts/mine/"))
    page = client.get("/accounts/mine/order_defect_rate/")
    assert sentence in text_of(page)
    assert json_in(page, "trend-chart")["unripe"]["label"] == "still ripening"


def test_a_channel_gone_silent_is_named_on_the_account_and_among_what_to_do_first():
    account = make_account("mine", name="Rose Garden")
    make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"), channel="phone")
    make_conversation(account, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-19 12:00"), channel="email")
    count()
    client = client_of(account)
    sentence = "Phone: nothing since 10 Jan 2026, 1 conversation in the ninety days before."
    page = text_of(client.get("/accounts/mine/"))
    assert "Channels gone silent" in page
    assert sentence in page
    fleet = text_of(client.get("/"))
    assert "Rose Garden: channels gone silent" in fleet
    assert sentence in fleet
    assert 'href="/accounts/mine/channel_diversity/"' in fleet
    assert "gone silent" not in text_of(client.get("/accounts/mine/?on=2026-01-12"))


def test_the_channels_that_are_missing_are_named():
    account = make_account("mine", expected_channels=["phone", "line", "email"])
    make_conversation(account, ("buyer", "2026-01-18 10:00"), ("agent", "2026-01-18 12:00"), channel="email")
    count()
    client = client_of(account)
    assert "Missing: Phone, LINE" in text_of(client.get("/accounts/mine/"))
    response = client.get("/accounts/mine/channel_diversity/")
    assert "1 of 3 expected" in text_of(response)
    pieces = [(piece.name, piece.n, piece.band) for piece in response.context["page"].pieces]
    assert pieces == [("E-mail", 1, "none"), ("Phone", 0, "red"), ("LINE", 0, "red")]


def test_an_imported_figure_says_of_when_it_is():
    account = make_account("mine", currency="USD")
    weekly(account)
    count()
    page = text_of(client_of(account).get("/accounts/mine/"))
    assert "12,345,678.90 USD" in page
    assert "stated up to 18 Jan 2026" in page


def test_the_weeks_shown_are_in_the_address():
    account = make_account("mine")
    make_answers(account, 40, 0, last="2025-12-01 20:00")  # counted from then on: seven weeks are over
    count()
    client = client_of(account)
    assert len(json_in(client.get(f"/accounts/mine/{SCORE}/"), "trend-chart")["values"]) == 7
    assert client.get(f"/accounts/mine/{SCORE}/?weeks=52").context["page"].weeks == 52
    assert client.get(f"/accounts/mine/{SCORE}/?weeks=7").context["page"].weeks == 26


def test_an_earlier_report_day_ends_the_chart_there():
    account = make_account("mine")
    make_answers(account, 40, 0, last="2025-12-01 20:00")
    count()
    chart = json_in(client_of(account).get(f"/accounts/mine/{SCORE}/?on=2025-12-30"), "trend-chart")
    assert chart["titles"][-1] == "Week to 28 Dec 2025"


def test_long_lists_are_paged():
    account = make_account("mine")
    make_answers(account, 60, 0, last="2026-01-18 20:00")
    count()
    client = client_of(account)
    assert len(client.get(f"/accounts/mine/{SCORE}/?part=for").context["page"].table.rows) == 50
    assert len(client.get(f"/accounts/mine/{SCORE}/?part=for&page=2").context["page"].table.rows) == 10


# --- Every page ------------------------------------------------------------------------------------------------------


def everything(key):
    return ["/", "/metrics/", "/you/", f"/accounts/{key}/", *(f"/accounts/{key}/{m.slug}/" for m in DECLARED)]


def test_no_page_carries_a_script_or_a_style_inside():
    account = busy_shop()
    count()
    client = client_of(account)
    for path in [*everything("busy"), "/accounts/none/", "/user/password/change/", "/user/2fa/", "/user/logout/"]:
        page = client.get(path).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path
        for tag in re.findall(r"<script[^>]*>", page):
            assert "src=" in tag or 'type="application/json"' in tag, (path, tag)


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_page_works_in_every_language(language):
    account = busy_shop()
    count()
    client = client_of(account)
    client.cookies["language"] = language
    expected = {"en": "en", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}[language]
    for path in everything("busy"):
        response = client.get(path)
        assert response.status_code == 200
        assert f'<html lang="{expected}">' in response.content.decode()


def test_the_language_is_switched_by_a_form():
    client = client_of(make_account("mine"))
    response = client.post(reverse("set_language"), {"language": "zh-hans", "next": "/accounts/mine/"})
    assert response.url == "/accounts/mine/"
    assert '<html lang="zh-Hans">' in client.get("/accounts/mine/").content.decode()


@pytest.mark.parametrize(("cookie", "shown"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"')])
def test_the_chosen_colours_come_with_the_page(cookie, shown):
    client = client_of()
    client.cookies["theme"] = cookie
    assert f'<html lang="en"{shown}>' in client.get("/").content.decode()


def test_colours_nobody_knows_are_the_devices():
    client = client_of()
    client.cookies["theme"] = '"><script>'
    assert '<html lang="en">' in client.get("/").content.decode()


def test_every_page_says_how_fresh_its_figures_are():
    account = make_account("mine", time_zone="Asia/Tokyo")
    make_answer(account, "2026-01-18 10:00")
    count()
    client = client_of(account)
    page = text_of(client.get("/accounts/mine/"))
    assert "Data up to 18 Jan 2026." in page
    assert "Counted 20 Jan 2026, 21:00 (Asia/Tokyo)." in page
    make_answer(account, "2026-01-15 10:00")
    assert "1 day waits to be counted." in text_of(client.get("/"))


def test_the_definitions_explain_every_metric():
    page = text_of(client_of().get("/metrics/"))
    for metric in DECLARED:
        assert f'id="{metric.slug}"' in page
        assert str(metric.title) in page
    assert "Red at 10% or more, green at 8% or less, yellow between." in page
    assert "Red below 6.0, green at 8.0 or more, yellow between." in page
    assert "Red above 24 h, green at 12 h or less, yellow between." in page
    assert "the newest 15 days are left out" in page
    assert "With fewer than 40 the last score is kept." in page


# --- Around the pages ------------------------------------------------------------------------------------------------


def test_signing_in_with_the_form_leads_to_the_page_one_wanted():
    account = make_account("mine")
    user = make_user("lin", account)
    response = Client().post(
        "/user/login/", {"login": user.username, "password": "correct horse battery", "next": "/accounts/mine/"}
    )
    assert response.url == "/accounts/mine/"


def test_a_wrong_password_is_said_without_naming_which_part_was_wrong():
    make_user("lin")
    page = text_of(Client().post("/user/login/", {"login": "lin", "password": "wrong"}))
    assert "Sign in" in page
    assert 'class="errorlist' in page


@pytest.mark.parametrize(
    "path", ["/user/login/", "/user/password/reset/", "/user/password/reset/done/", "/user/signup/", "/user/inactive/"]
)
def test_the_pages_around_signing_in_have_the_products_look(path):
    response = Client().get(path)
    assert response.status_code == 200
    assert 'class="card forms"' in response.content.decode()


@pytest.mark.parametrize("path", ["/user/password/change/", "/user/email/", "/user/2fa/", "/user/logout/"])
def test_the_pages_for_ones_own_account_have_the_products_look(path):
    response = client_of().get(path)
    assert response.status_code == 200
    assert 'class="card forms"' in response.content.decode()


def test_a_missing_page_has_the_products_look_and_a_way_back():
    response = client_of().get("/nothing/here/")
    page = response.content.decode()
    assert response.status_code == 404
    assert 'class="card forms"' in page
    assert 'href="/"' in page


def test_a_form_without_its_token_is_refused_in_the_products_look():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/user/login/", {"login": "lin", "password": "x"})
    assert response.status_code == 403
    assert "The form was not accepted" in response.content.decode()


def test_a_fault_is_told_in_the_products_look(monkeypatch):
    client = client_of()
    client.raise_request_exception = False
    monkeypatch.setattr("dashboard.views.fleet_page", lambda *arguments: 1 / 0)
    response = client.get("/")
    assert response.status_code == 500
    assert "Something broke" in response.content.decode()


# --- What a page costs -----------------------------------------------------------------------------------------------

# Session and user; the accounts one may see; the rules in force; how far data has come; since when each fact comes; the
# page's own; two for the freshness line, on an account's pages three. The fleet reads twice, for the ranking and for
# its rows. On both one asks for silent channels; the fleet asks for saved views, for broken connections, for where one
# may write, and there for rejected rows (not here). A metric's breakdown is one, and its notes one. On the account page
# there are two for notes, one for who may write them, one for the first replies, and seventeen for metrics that are
# read from rows. A chart of more than twelve weeks adds two.
FLEET_QUERIES = 28
ACCOUNT_QUERIES = 34
METRIC_QUERIES = 21


def queries(client, path):
    client.get(path)  # the first click after signing in writes the session
    caches["pages"].clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def thin_and_busy(number):
    """Accounts of which every other one keeps an old score."""
    accounts = [make_account(f"shop-no-{index:03}") for index in range(number)]
    for index, account in enumerate(accounts):
        make_answers(account, 2 if index % 2 else 40, 1, last="2026-01-18 20:00")
    for account in accounts[::10]:
        make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    count()
    return accounts


@pytest.mark.parametrize("number", [5, 100])
def test_the_fleet_costs_the_same_for_few_and_many_accounts(number):
    # One more where a figure presses: what most of its rows are about.
    assert queries(client_of(*thin_and_busy(number)), "/") - FLEET_QUERIES in (0, 1)


def test_an_account_costs_the_same_whatever_its_history():
    young, old = busy_shop("young"), busy_shop("old")
    for account, weeks in ((young, 1), (old, 30)):
        for week in range(weeks):
            day = date(2026, 1, 10) - timedelta(weeks=week)
            make_answers(account, 5, 1, last=f"{day} 20:00")
            make_conversation(account, ("buyer", f"{day} 10:00"), ("agent", f"{day} 12:00"))
            make_order(account, f"{day} 10:00", ship_by=f"{day} 20:00")
    count()
    client = client_of(young, old)
    assert queries(client, "/accounts/young/") == queries(client, "/accounts/old/") == ACCOUNT_QUERIES
    lists = [queries(client, f"/accounts/{key}/{SCORE}/?part=left_out") for key in ("young", "old")]
    assert lists == [METRIC_QUERIES, METRIC_QUERIES]


def test_made_up_data_says_so_and_how_it_leaves():
    account = make_account("mine", demo=True)
    client = client_of(account)
    assert "Sample data." in text_of(client.get("/"))
    assert "manage.py demo --remove" not in text_of(client.get("/"))  # only who looks after the installation can
    client.force_login(make_user("boss", is_staff=True))
    assert "manage.py demo --remove" in text_of(client.get("/accounts/mine/"))
    assert "Sample data." not in text_of(client_of(make_account("real")).get("/"))
