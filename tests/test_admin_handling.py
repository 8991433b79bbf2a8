"""Handling times in the console: with a reason, audited, once a day, and followed at once by the orders."""

from datetime import date

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from orders.models import HandlingTime, ShipmentVerdict
from sellers.audit import entries_of
from tests.console import WHY, fill_in, list_of, marked_days, page_of
from tests.makers import at, make_account, make_order

pytestmark = pytest.mark.django_db

ADD = "admin:orders_handlingtime_add"
FIRST = {"sku": "", "days": "1", "valid_from": "2026-01-01", "reason": WHY}


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def order(account):
    """Placed on Monday, 5 January, confirmed on Wednesday; nobody says by when it was to ship."""
    return make_order(account, "2026-01-05 10:00", confirmed="2026-01-07 10:00", items=[{"sku": "SLOW"}])


def verdict(order):
    order.refresh_from_db()
    return order.due_at, ShipmentVerdict(order.shipment)


def test_orders_follow_a_new_handling_time_at_once(console, account, order):
    fill_in(console, reverse(ADD), account=account.pk, **FIRST)
    assert verdict(order) == (at("2026-01-06 23:59:59"), ShipmentVerdict.LATE)
    assert date(2026, 1, 5) in marked_days("orders")
    row = HandlingTime.objects.get()
    assert entries_of(row)[0].additional_data == {"actor": "ada", "reason": WHY}
    assert "Every article" in console.get(list_of(HandlingTime)).content.decode()


def test_an_article_with_a_time_of_its_own_goes_before(console, account, order):
    fill_in(console, reverse(ADD), account=account.pk, **FIRST)
    fill_in(console, reverse(ADD), account=account.pk, **{**FIRST, "sku": "SLOW", "days": "2"})
    assert verdict(order) == (at("2026-01-07 23:59:59"), ShipmentVerdict.ON_TIME)


def test_a_corrected_time_is_followed_and_a_removed_one_forgotten(console, account, order):
    fill_in(console, reverse(ADD), account=account.pk, **FIRST)
    row = HandlingTime.objects.get()
    fill_in(console, page_of(row), days="3", reason=WHY)
    assert verdict(order) == (at("2026-01-08 23:59:59"), ShipmentVerdict.ON_TIME)
    action = {"action": "remove", ACTION_CHECKBOX_NAME: [row.pk], "reason": WHY}
    console.post(list_of(HandlingTime), action)
    assert not HandlingTime.objects.exists()
    assert verdict(order) == (None, ShipmentVerdict.UNKNOWN)


@pytest.mark.parametrize("wrong", [{"days": "31"}, {"days": "-1"}, {"valid_from": ""}, {"reason": "short"}])
def test_what_makes_no_sense_is_refused(console, account, wrong):
    fill_in(console, reverse(ADD), account=account.pk, **{**FIRST, **wrong})
    assert not HandlingTime.objects.exists()


def test_an_article_has_one_time_from_a_day_on(console, account):
    for _attempt in range(2):
        fill_in(console, reverse(ADD), account=account.pk, **FIRST)
    assert HandlingTime.objects.count() == 1
