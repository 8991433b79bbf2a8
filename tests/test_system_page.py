"""The system health page: for staff, in a constant number of queries, with every difference by name."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import DayFailure, DayTotal
from kpis.proof import prove
from kpis.sweep import sweep
from sellers.arrivals import Arrival
from tests.makers import NOW, at, make_account, make_order, make_user

pytestmark = pytest.mark.django_db


def staff() -> Client:
    client = Client()
    client.force_login(make_user("ada", is_staff=True))
    return client


def test_it_is_for_staff_only():
    shop = make_account()
    client = Client()
    client.force_login(make_user("mia", shop))
    assert client.get("/system/").status_code == 404
    assert "/system/" not in client.get("/").content.decode()
    assert "/system/" in staff().get("/").content.decode()


def test_it_names_what_differed_what_failed_and_how_far_data_has_come(time_machine):
    time_machine.move_to(NOW, tick=False)
    shop = make_account("lumora", name="Lumora Home")
    make_order(shop, "2026-01-05 10:00")
    sweep(NOW)
    DayTotal.objects.update(sums=[])
    prove(NOW - timedelta(hours=1))
    DayFailure.objects.create(account=shop, fact="turns", day="2026-01-05", attempts=3, error="Boom", failed_at=NOW)
    Arrival.objects.create(
        account=shop, system="x-shop", record_type="order", last_fact_at=at("2026-01-17 10:00"),
        heard_at=at("2026-01-19 08:00"),
    )  # fmt: skip
    page = staff().get("/system/").content.decode()
    for said in (
        "Lumora Home", "5 Jan 2026", "cancellation_rate: hits", "20 Jan 2026, 11:00", "Boom", "17 Jan 2026, 10:00",
        "18 Jan 2026", "Silent", "no sign yet",
    ):  # fmt: skip
        assert said in page, said


def test_of_many_accounts_those_that_wait_stand_first_and_fifty_on_a_page():
    shops = [make_account(f"shop-{number:02}") for number in range(60)]
    make_order(shops[57], "2026-01-05 10:00")  # one day that nobody has counted yet
    for number in (57, 59):
        heard_at = at("2026-01-19 08:00")
        Arrival.objects.create(account=shops[number], system="x-shop", record_type="order", heard_at=heard_at)
    client = staff()
    pages = [client.get(f"/system/?page={number}").content.decode() for number in (1, 2)]
    first, second = (re.findall(r'href="/accounts/(shop-\d\d)/"', one.partition('id="accounts"')[2]) for one in pages)
    assert first[0] == "shop-57"
    assert (len(first), len(second)) == (50, 10)
    assert {*first, *second} == {shop.key for shop in shops}
    assert [re.findall(r"Data of (.+)</h2>", page) for page in pages] == [[shops[57].name], [shops[59].name]]


def test_it_costs_the_same_for_one_account_and_for_ten():
    client = staff()
    counts = []
    for number in (1, 9):
        for _number in range(number):
            make_order(make_account(), "2026-01-05 10:00")
        sweep(NOW)
        prove(NOW)
        client.get("/system/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/system/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
