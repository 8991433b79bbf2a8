"""The passport of a metric: what it means, how it is judged and by whom, said by the declaration. 20 January 2026."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from dashboard.pages.account import Day
from dashboard.pages.passport import account_passport, formula, passport
from kpis.catalogue import DECLARED, METRICS
from kpis.models import RuleChange
from kpis.rule_changes import store
from sellers.audit import recording
from tests.makers import client_of, make_account
from tests.test_pages import busy_shop, count, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

LATE = METRICS["late_response_rate"]
SCORE = METRICS["customer_service_score"]
DELIVERY = METRICS["on_time_delivery_rate"]
MONDAY = date(2026, 1, 19)


def day(on: date) -> Day:
    return Day(on, MONDAY, "")


def change(account, metric, valid_from: str, **values) -> RuleChange:
    row = RuleChange(account=account, metric=metric.slug, valid_from=date.fromisoformat(valid_from), **values)
    with recording("The contract of 2026 says so"):
        store(row, again=True)
    return row


def marks(page) -> dict[str, tuple[str, str]]:
    return {str(mark.name): (mark.value, mark.origin) for mark in page.marks}


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.slug)
def test_every_metric_has_a_passport_that_says_all_that_its_declaration_says(metric):
    client = client_of(make_account("mine"))
    for path in (f"/metrics/{metric.slug}/", f"/accounts/mine/{metric.slug}/definition/"):
        page = text_of(client.get(path))
        for text in (metric.title, metric.help, metric.source, metric.fact.title, formula(metric)[0]):
            assert escape(str(text)) in page, text
        for _condition, reason in metric.left_out:
            assert escape(str(reason)) in page, reason


def test_the_formula_is_said_in_words():
    assert formula(LATE) == ["“Late or unanswered” ÷ (“Late or unanswered” + “Answered in time”)"]
    assert formula(SCORE)[0] == "10 × “Solved” ÷ (“Solved” + “Not solved”)"
    assert formula(SCORE)[1] == "Of several rows about the same matter only the latest in the window counts."
    assert formula(DELIVERY)[1] == "A row counts as often as it has units."
    assert formula(METRICS["overdue_orders"])[0].startswith("How many “")


def test_for_an_account_the_actual_days_are_named():
    account = make_account()
    # The Sunday before Monday the 19th is the 18th; 28 days up to it begin on 22 December.
    assert account_passport(SCORE, account, day(MONDAY)).span == "22 Dec 2025 – 18 Jan 2026"
    # 14 days that end 7 days before the 19th: 12 January, from 30 December on.
    assert account_passport(DELIVERY, account, day(MONDAY)).span == "30 Dec 2025 – 12 Jan 2026"
    assert passport(SCORE).span == ""


def test_each_value_says_where_it_comes_from():
    account = make_account(marketplace="DE", score_window_days=31)
    assert marks(account_passport(LATE, account, day(MONDAY))) == {
        "Window": ("30 days", "as declared"),
        "Limit": ("10%", "as declared"),
        "Goal": ("8%", "as declared"),
    }
    score = marks(account_passport(SCORE, account, day(MONDAY)))
    assert (score["Window"], score["Minimum"]) == (("31 days", "set for this account"), ("40", "as declared"))
    change(None, LATE, "2026-01-05", limit=Decimal(5), goal=Decimal(4))
    change(account, LATE, "2026-01-10", days=14, goal=Decimal(3))
    assert marks(account_passport(LATE, account, day(MONDAY))) == {
        "Window": ("14 days", "changed for this account from 10 Jan 2026 on"),
        "Limit": ("5%", "changed from 5 Jan 2026 on"),
        "Goal": ("3%", "changed for this account from 10 Jan 2026 on"),
    }
    assert marks(account_passport(LATE, account, day(date(2026, 1, 4))))["Limit"] == ("10%", "as declared")


def test_a_marketplace_says_what_it_asks_for():
    here = account_passport(DELIVERY, make_account(marketplace="US"), day(MONDAY))
    assert marks(here)["Limit"] == ("90%", "rule of the marketplace US")
    assert here.marketplaces == []
    everywhere = passport(DELIVERY)
    assert marks(everywhere)["Limit"] == ("97%", "as declared")
    assert [place for place, _rule in everywhere.marketplaces] == ["US"]
    assert "Red below 90%" in everywhere.marketplaces[0][1][0]


def test_the_page_tells_what_was_changed_when_and_why():
    mine, other = make_account("mine"), make_account("other", name="Secret Garden")
    change(None, LATE, "2026-01-05", limit=Decimal(5), goal=Decimal(4))
    change(mine, LATE, "2026-03-01", days=7)
    change(other, LATE, "2026-01-07", days=9)
    client = client_of(mine)
    page = text_of(client.get("/accounts/mine/late_response_rate/definition/"))
    assert "limit 5%, goal 4%" in page
    assert "The contract of 2026 says so" in page
    assert "window 7 days" in page
    assert page.count("in force") == 1, "what begins in March is not"
    everywhere = text_of(client.get("/metrics/late_response_rate/"))
    assert "limit 5%, goal 4%" in everywhere
    assert "window 7 days" not in everywhere, "of one account"
    for text in (page, everywhere):
        assert "window 9 days" not in text
        assert "Secret Garden" not in text


def test_parts_variants_and_the_whole_lead_to_each_other():
    client = client_of(make_account("mine"))
    whole = text_of(client.get("/accounts/mine/order_defect_rate/definition/?on=2026-01-10"))
    for slug in ("chargeback_rate", "order_defect_rate_mfn"):
        assert f"/accounts/mine/{slug}/definition/?on=2026-01-10" in whole
    part = text_of(client.get("/metrics/chargeback_rate/"))
    assert "/metrics/order_defect_rate/" in part
    assert (
        "Product category" in text_of(client.get("/metrics/valid_tracking_rate/")) or METRICS["valid_tracking_rate"].by
    )


def test_every_figure_leads_to_its_passport():
    shop = busy_shop("mine")
    count(shop)
    client = client_of(shop)
    account = text_of(client.get("/accounts/mine/?on=2026-01-18"))
    fleet = text_of(client.get("/"))
    index = text_of(client.get("/metrics/"))
    for slug in ("customer_service_score", "late_response_rate", "cancellation_rate"):
        assert f"/accounts/mine/{slug}/definition/?on=2026-01-18" in account
        assert f"/metrics/{slug}/" in index
        assert f"/accounts/mine/{slug}/definition/" in text_of(client.get(f"/accounts/mine/{slug}/"))
    assert "/metrics/customer_service_score/" in fleet
    assert "/metrics/order_defect_rate/" in fleet


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_the_passport_speaks_the_readers_language(language):
    client = client_of(make_account("mine"))
    client.cookies["language"] = language
    page = text_of(client.get("/accounts/mine/late_response_rate/definition/"))
    assert "late_response_rate" in page
    assert not re.search(r"<h1>[^<]*Late responses", page)


def test_accounts_of_others_and_metrics_that_are_none_are_missing():
    make_account("theirs")
    client = client_of(make_account("mine"))
    for path in (
        "/metrics/no_such_metric/",
        "/accounts/mine/no_such_metric/definition/",
        "/accounts/theirs/late_response_rate/definition/",
        "/accounts/nobodys/late_response_rate/definition/",
    ):
        assert client.get(path).status_code == 404, path


def test_only_who_may_change_rules_is_offered_to():
    make_account("mine")
    link = "/admin/kpis/rulechange/add/?metric=late_response_rate"
    admin = client_of(is_staff=True, is_superuser=True)
    assert link in text_of(admin.get("/accounts/mine/late_response_rate/definition/"))
    assert 'value="late_response_rate" selected' in text_of(admin.get(link))
    assert link not in text_of(client_of(is_staff=True).get("/accounts/mine/late_response_rate/definition/"))


def test_a_wrong_day_is_told_and_the_newest_is_shown():
    client = client_of(make_account("mine"))
    page = text_of(client.get("/accounts/mine/late_response_rate/definition/?on=2030-01-01"))
    assert "This day is not over yet." in page
    assert "Read on 19 Jan 2026" in page


def test_the_page_takes_the_same_queries_whatever_was_changed():
    account = make_account("mine")
    client = client_of(account)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/accounts/mine/late_response_rate/definition/").status_code == 200
        return len(caught)

    queries()
    change(account, LATE, "2026-01-05", days=7)
    one = queries()
    for number in range(1, 9):
        change(account, LATE, f"2026-02-{number:02}", days=number + 7)
    assert queries() == one
