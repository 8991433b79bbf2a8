"""One published week of all accounts in one answer: newest revisions, chosen metrics, only what the caller may see."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.api_fleet import FleetWeekSerializer
from kpis.models import WeekReading, WeekReport
from kpis.weekly import JUDGED
from kpis.weeks import close_weeks
from sellers.models import SellerAccount, User
from tests.makers import NOW, make_account, make_answers, make_order, make_user

pytestmark = pytest.mark.django_db

WEEK = "/api/v1/weeks/2026-01-18"  # a Sunday, over at NOW


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def answered(key: str, solved: int, not_solved: int, day: str = "2026-01-18") -> SellerAccount:
    account = make_account(key)
    make_answers(account, solved, not_solved, last=f"{day} 20:00")
    return account


def of(client: APIClient, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.json()


def test_every_account_says_its_week_in_exact_numbers() -> None:
    accounts = [answered("bern", 48, 12), answered("aarau", 20, 40), answered("chur", 3, 0)]
    close_weeks(NOW)
    told = of(signed_in(make_user("mia", *accounts)), f"{WEEK}?metrics=customer_service_score")
    assert [one["account"] for one in told["results"]] == ["aarau", "bern", "chur"]
    score = {"state": "computed"}
    # 20 of 60 solved is 10 x 1/3; 48 of 60 is 10 x 4/5; three answers are too few for a score.
    assert [one["figures"]["customer_service_score"] for one in told["results"]] == [
        {**score, "value": 10 / 3, "value_exact": "10/3", "numerator": 20, "denominator": 60, "n": 60, "band": "red"},
        {**score, "value": 8, "value_exact": "8", "numerator": 48, "denominator": 60, "n": 60, "band": "green"},
        {**score, "value": None, "value_exact": None, "numerator": 3, "denominator": 3, "n": 3, "band": "none",
         "state": "too_few"},
    ]  # fmt: skip


def test_it_says_what_the_account_s_own_week_says_and_what_the_schema_promises() -> None:
    account = answered("bern", 48, 12)
    make_order(account, "2026-01-12 10:00")
    close_weeks(NOW)
    client = signed_in(make_user("mia", account))
    (told,) = of(client, WEEK)["results"]
    assert told["figures"].keys() == {metric.slug for metric in JUDGED}
    for slug, figure in told["figures"].items():
        published = of(client, f"/api/v1/accounts/bern/trend/{slug}?weeks=1")[-1]
        assert figure == {name: published[name] for name in figure}
    answer = of(client, WEEK)
    assert FleetWeekSerializer(answer).data == answer


def test_the_newest_revision_is_told() -> None:
    account = answered("bern", 48, 12)
    close_weeks(NOW)
    make_answers(account, 0, 20, last="2026-01-18 21:00")
    close_weeks(NOW + timedelta(hours=2))
    (told,) = of(signed_in(make_user("mia", account)), f"{WEEK}?metrics=customer_service_score")["results"]
    assert WeekReport.objects.filter(ends_on=date(2026, 1, 18)).count() == 2
    assert (told["revision"], told["figures"]["customer_service_score"]["value_exact"]) == (1, "6")  # 48 of 80


def test_only_the_metrics_that_are_asked_for_are_told_and_unknown_ones_are_refused() -> None:
    account = answered("bern", 48, 12)
    close_weeks(NOW)
    client = signed_in(make_user("mia", account))
    (told,) = of(client, f"{WEEK}?metrics=dissatisfaction_rate,customer_service_score")["results"]
    assert told["figures"].keys() == {"dissatisfaction_rate", "customer_service_score"}
    response = client.get(f"{WEEK}?metrics=customer_service_score,nonsense")
    assert response.status_code == 400
    assert "There is no metric nonsense." in response.content.decode()


def test_weeks_that_end_in_the_six_days_before_count_too_and_others_do_not() -> None:
    sunday, saturday = answered("bern", 48, 12, "2026-01-16"), answered("aarau", 20, 40, "2026-01-16")
    saturday.week_start = 6  # its weeks end on Saturdays
    saturday.save()
    close_weeks(NOW)
    client = signed_in(make_user("mia", sunday, saturday))
    ends = {one["account"]: one["ends_on"] for one in of(client, WEEK)["results"]}
    assert ends == {"bern": "2026-01-18", "aarau": "2026-01-17"}
    assert [one["account"] for one in of(client, "/api/v1/weeks/2026-01-17")["results"]] == ["aarau"]
    assert of(client, "/api/v1/weeks/2030-01-06")["results"] == []


def test_accounts_come_in_pages_and_cost_the_same_queries() -> None:
    accounts = [answered(f"shop-{number}", 48, 12) for number in range(5)]
    close_weeks(NOW)
    few, all_of_them = signed_in(make_user("few", accounts[0])), signed_in(make_user("all", *accounts))
    counted = []
    for client in (few, all_of_them):
        of(client, WEEK)
        with CaptureQueriesContext(connection) as queries:
            of(client, WEEK)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 10
    first, second = of(all_of_them, f"{WEEK}?limit=3"), of(all_of_them, f"{WEEK}?limit=3&page=2")
    assert (first["count"], [len(one["results"]) for one in (first, second)]) == (5, [3, 2])
    assert first["next"].endswith("limit=3&page=2") and second["next"] is None


def test_nobody_sees_an_account_of_others() -> None:
    ours, _theirs = answered("ours", 48, 12), answered("theirs", 48, 12)
    close_weeks(NOW)
    told = of(signed_in(make_user("mia", ours)), WEEK)
    assert [one["account"] for one in told["results"]] == ["ours"]
    assert WeekReading.objects.filter(account__key="theirs").exists()
