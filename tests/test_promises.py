"""By when an order must ship where no source says so, and when the invoice of a business order is due.

January 2026: the 5th is a Monday, the 9th a Friday.
"""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from intake.contract import SCHEMA
from intake.gate import ingest
from kpis.catalogue import METRICS
from kpis.metrics import Lapse, Side
from kpis.rows import rows
from kpis.sweep import sweep
from orders.handling import HandlingTime, HandlingTimes
from orders.invoices import invoices_are_told
from orders.lapse import due as overdue
from orders.lapse import lapse
from orders.models import InvoiceVerdict, Order, ShipmentVerdict
from orders.promises import expected_ship_at, invoice_due_at
from orders.recompute import recompute_account, recompute_orders
from sellers.calendars import Holiday
from sellers.marks import Mark
from sellers.switches import follow, follow_dated
from sellers.working_days import WorkingDays
from tests.examples.orders import MONDAY
from tests.makers import NOW, at, make_account, make_order

UTC_ZONE = ZoneInfo("UTC")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
WEEKDAYS = WorkingDays(saturday=False, sunday=False, holidays=frozenset())


# --- The date itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("placed", "days", "due"),
    [
        ("2026-01-05 00:00", 1, "2026-01-06"),  # the first minute of Monday: Monday itself is never counted
        ("2026-01-05 23:59", 1, "2026-01-06"),
        ("2026-01-05 10:00", 2, "2026-01-07"),
        ("2026-01-08 10:00", 2, "2026-01-12"),  # Friday, Monday
        ("2026-01-09 10:00", 1, "2026-01-12"),
        ("2026-01-10 10:00", 1, "2026-01-12"),  # placed on a Saturday
        ("2026-01-11 10:00", 2, "2026-01-13"),
        ("2026-01-05 10:00", 10, "2026-01-19"),
    ],
)
def test_working_days_are_counted_from_the_day_after_the_order(placed, days, due):
    assert expected_ship_at(at(placed), days, WEEKDAYS, None, UTC_ZONE) == at(f"{due} 23:59:59")


@pytest.mark.parametrize(
    ("saturday", "sunday", "due"),
    [
        (True, False, "2026-01-10"),
        (False, True, "2026-01-11"),
        (True, True, "2026-01-10"),
        (False, False, "2026-01-12"),
    ],
)
def test_saturday_and_sunday_count_where_the_shop_ships_on_them(saturday, sunday, due):
    working = WorkingDays(saturday, sunday, frozenset())
    assert expected_ship_at(at("2026-01-09 10:00"), 1, working, None, UTC_ZONE) == at(f"{due} 23:59:59")


def test_holidays_are_skipped_even_on_a_day_on_which_the_shop_ships():
    working = WorkingDays(saturday=True, sunday=False, holidays=frozenset({date(2026, 1, 10), date(2026, 1, 12)}))
    # Friday the 9th; Saturday and Monday are holidays, so two days later is Wednesday.
    assert expected_ship_at(at("2026-01-09 10:00"), 2, working, None, UTC_ZONE) == at("2026-01-14 23:59:59")


def test_the_day_of_the_order_and_its_end_are_those_of_the_account():
    # 6 January 07:30 in UTC is still Monday, 23:30, in Los Angeles; Tuesday ends there at 08:00 UTC on Wednesday.
    assert expected_ship_at(at("2026-01-06 07:30"), 1, WEEKDAYS, None, LOS_ANGELES) == at("2026-01-07 07:59:59")


def test_a_day_that_is_cut_short_by_a_clock_change_ends_where_it_ends():
    # Sunday, 8 March 2026, has 23 hours in Los Angeles: midnight is 08:00 UTC before and 07:00 UTC after it.
    working = WorkingDays(saturday=True, sunday=True, holidays=frozenset())
    assert expected_ship_at(at("2026-03-07 20:00"), 1, working, None, LOS_ANGELES) == at("2026-03-09 06:59:59")


@pytest.mark.parametrize(
    ("placed", "due"),
    [
        ("2026-01-05 13:59:59", "2026-01-05"),
        ("2026-01-05 14:00:00", "2026-01-05"),  # on the stroke is in time
        ("2026-01-05 14:00:01", "2026-01-06"),
        ("2026-01-09 14:00:01", "2026-01-12"),
        ("2026-01-10 09:00:00", "2026-01-12"),  # nobody ships on Saturday
        ("2026-01-10 15:00:00", "2026-01-12"),
    ],
)
def test_same_day_handling_ends_at_the_cut_off(placed, due):
    assert expected_ship_at(at(placed), 0, WEEKDAYS, time(14), UTC_ZONE) == at(f"{due} 23:59:59")


def test_same_day_handling_without_a_cut_off_is_the_next_working_day():
    assert expected_ship_at(at("2026-01-05 08:00"), 0, WEEKDAYS, None, UTC_ZONE) == at("2026-01-06 23:59:59")


@pytest.mark.parametrize(
    ("confirmed", "due"),
    [
        ("2026-01-05 08:00", "2026-01-06"),  # Monday -> Tuesday
        ("2026-01-09 08:00", "2026-01-12"),  # Friday, Saturday and Sunday -> Monday
        ("2026-01-10 08:00", "2026-01-12"),
        ("2026-01-11 08:00", "2026-01-12"),
    ],
)
def test_an_invoice_is_due_on_the_next_business_day(confirmed, due):
    assert invoice_due_at(at(confirmed), WEEKDAYS, UTC_ZONE) == at(f"{due} 23:59:59")


# --- Handling times --------------------------------------------------------------------------------------------------

TIMES = HandlingTimes(2, {"SLOW": [(date(2026, 1, 1), 5), (date(2026, 2, 1), 4)], "": [(date(2026, 3, 1), 1)]})


@pytest.mark.parametrize(
    ("skus", "day", "days"),
    [
        ([], date(2026, 1, 5), 2),
        (["QUICK"], date(2026, 1, 5), 2),
        (["SLOW"], date(2025, 12, 31), 2),  # not valid yet
        (["SLOW"], date(2026, 1, 5), 5),
        (["SLOW"], date(2026, 2, 1), 4),
        (["SLOW", "QUICK"], date(2026, 2, 1), 4),  # the slowest decides
        (["QUICK"], date(2026, 3, 1), 1),  # the row of every article goes before the account
        (["SLOW"], date(2026, 3, 1), 4),
    ],
)
def test_the_article_goes_before_the_account_and_the_slowest_article_decides(skus, day, days):
    assert TIMES.longest(skus, day) == days


def test_an_order_is_as_unknown_as_the_least_known_of_its_articles():
    times = HandlingTimes(None, {"SLOW": [(date(2026, 1, 1), 5)]})
    assert times.longest(["SLOW"], date(2026, 1, 5)) == 5
    assert times.longest(["SLOW", "OTHER"], date(2026, 1, 5)) is None
    assert times.longest([], date(2026, 1, 5)) is None


# --- Orders --------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_an_order_without_a_ship_by_date_is_judged_by_its_handling_time():
    account = make_account(handling_days=2)
    in_time = make_order(account, "2026-01-05 10:00", confirmed="2026-01-07 23:59:59")
    late = make_order(account, "2026-01-05 10:00", confirmed="2026-01-08 00:00:00")
    for order, verdict in ((in_time, ShipmentVerdict.ON_TIME), (late, ShipmentVerdict.LATE)):
        assert order.ship_by_at is None
        assert order.expected_ship_at == order.due_at == at("2026-01-07 23:59:59")
        assert order.shipment == verdict


def test_what_the_source_says_goes_before_the_handling_time():
    order = make_order(make_account(handling_days=2), "2026-01-05 10:00", ship_by="2026-01-06 10:00")
    assert (order.expected_ship_at, order.due_at) == (None, at("2026-01-06 10:00"))


@pytest.mark.parametrize("fulfilled_by", ["marketplace", ""])
def test_what_the_seller_does_not_ship_is_not_the_sellers_promise(fulfilled_by):
    order = make_order(make_account(handling_days=2), "2026-01-05 10:00", fulfilled_by=fulfilled_by)
    assert (order.due_at, order.shipment) == (None, ShipmentVerdict.UNKNOWN)


def test_without_a_handling_time_lateness_stays_unknown_and_the_reason_says_which_is_missing():
    account = make_account()
    no_date = make_order(account, "2026-01-05 10:00", confirmed="2026-01-06 10:00")
    no_moment = make_order(account, "2026-01-06 10:00", ship_by="2026-01-08 10:00", status="shipped")
    assert no_date.shipment == no_moment.shipment == ShipmentVerdict.UNKNOWN
    sweep(NOW)
    left_out = rows(account, METRICS["late_shipment_rate"], MONDAY, Side.LEFT_OUT)
    assert [str(row["reason"]) for row in left_out] == [
        "No time of confirmation, so lateness is unknown",
        "No ship-by date and no handling time, so lateness is unknown",
    ]


def test_the_articles_of_an_order_decide():
    account = make_account(handling_days=1)
    HandlingTime.objects.create(account=account, sku="SLOW", days=3, valid_from=date(2026, 1, 1))
    order = make_order(account, "2026-01-05 10:00", items=[{"sku": "SLOW"}, {"sku": "QUICK"}, {"title": "no SKU"}])
    assert order.due_at == at("2026-01-08 23:59:59")


def test_an_order_that_comes_in_is_judged_by_the_times_of_its_own_day():
    account = make_account(handling_days=1)
    HandlingTime.objects.create(account=account, sku="SLOW", days=3, valid_from=date(2026, 1, 5))
    orders = [
        {
            "type": "order", "external_id": day, "placed_at": f"{day}T18:00:00Z", "status": "unshipped",
            "fulfilled_by": "merchant", "items": [{"sku": "SLOW"}],
        }
        for day in ("2026-01-02", "2026-01-05")
    ]  # fmt: skip
    envelope = {"schema": SCHEMA, "batch_id": "one", "account": account.key, "system": "x-shop", "records": orders}
    answer = ingest(account, {**envelope, "observed_at": "2026-01-19T10:00:00Z"}, owner="test", now=NOW)
    assert answer["created"] == 2, answer
    # Friday and one working day: Monday; Monday and three: Thursday.
    assert [order.due_at for order in Order.objects.order_by("day")] == [
        at("2026-01-05 23:59:59"),
        at("2026-01-08 23:59:59"),
    ]


def test_a_cut_off_alone_means_same_day_handling():
    order = make_order(make_account(same_day_cutoff=time(14)), "2026-01-05 10:00")
    assert order.due_at == at("2026-01-05 23:59:59")


def test_orders_follow_the_shops_terms_and_only_their_days_are_marked():
    account = make_account()
    order = make_order(account, "2026-01-08 10:00", confirmed="2026-01-10 10:00")
    stated = make_order(account, "2026-01-09 10:00", ship_by="2026-01-12 10:00")

    def due(*names):
        Mark.objects.all().delete()
        follow(account, set(names), NOW)
        order.refresh_from_db()
        assert {mark.day for mark in Mark.objects.all()} <= {order.day}
        return order.due_at and order.due_at.date().isoformat(), ShipmentVerdict(order.shipment).name

    account.handling_days = 1
    account.save()
    assert due("handling_days") == ("2026-01-09", "LATE")
    account.handling_days = 2
    account.save()
    assert due("handling_days") == ("2026-01-12", "ON_TIME")
    account.ships_saturday = True
    account.save()
    assert due("ships_saturday") == ("2026-01-10", "ON_TIME")
    Holiday.objects.create(account=None, day=date(2026, 1, 9), name="Founders' day")
    assert due("holidays") == ("2026-01-12", "ON_TIME")
    HandlingTime.objects.create(account=account, sku="", days=1, valid_from=date(2026, 1, 8))
    follow_dated(account.id, {"handling_times"}, NOW)
    order.refresh_from_db()
    assert order.due_at == at("2026-01-10 23:59:59")
    stated.refresh_from_db()
    assert stated.due_at == at("2026-01-12 10:00")


def test_a_passed_expected_ship_date_becomes_a_row():
    account = make_account(handling_days=1)
    order = make_order(account, "2026-01-19 10:00")
    assert order.shipment == ShipmentVerdict.WAITING
    assert Lapse("", overdue, lapse).due_accounts(at("2026-01-20 23:59:59")) == set()
    assert Lapse("", overdue, lapse).due_accounts(at("2026-01-21 00:00:00")) == {account.id}
    assert lapse(account, at("2026-01-21 00:00:00")) == 1
    order.refresh_from_db()
    assert order.shipment == ShipmentVerdict.OVERDUE


# --- Invoices ------------------------------------------------------------------------------------------------------


def business_order(account, confirmed="2026-01-05 12:00", uploaded="", **values):
    values = {"is_business": True, "invoice_uploaded_at": at(uploaded) if uploaded else None, **values}
    return make_order(account, "2026-01-05 10:00", confirmed=confirmed, **values)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"uploaded": "2026-01-06 23:59:59"}, InvoiceVerdict.ON_TIME),
        ({"uploaded": "2026-01-05 11:00"}, InvoiceVerdict.ON_TIME),  # even before the shipment
        ({"uploaded": "2026-01-07 00:00:00"}, InvoiceVerdict.LATE),
        ({}, InvoiceVerdict.MISSING),
        ({"now": at("2026-01-06 23:59:59")}, InvoiceVerdict.WAITING),
        ({"confirmed": ""}, InvoiceVerdict.UNKNOWN),
        ({"uploaded": "2026-01-06 10:00", "is_business": False}, InvoiceVerdict.NONE),
        ({"is_business": None}, InvoiceVerdict.NONE),
    ],
)
def test_an_invoice_is_late_or_missing_after_the_end_of_its_day(values, verdict):
    account = make_account()
    business_order(account, uploaded="2026-01-06 10:00")  # this account's invoices are told
    assert business_order(account, **values).invoice == verdict


def test_where_no_invoice_was_ever_reported_none_is_missing():
    account = make_account()
    silent = business_order(account)
    assert silent.invoice == InvoiceVerdict.UNTOLD
    told = business_order(account, uploaded="2026-01-06 10:00")
    silent.refresh_from_db()
    assert silent.invoice == InvoiceVerdict.MISSING
    told.invoice_uploaded_at = None
    told.save()
    recompute_orders(account, [told.external_id], NOW)
    assert set(Order.objects.values_list("invoice", flat=True)) == {InvoiceVerdict.UNTOLD}
    assert not invoices_are_told(account)


@pytest.mark.parametrize("told", [False, True])
def test_a_passed_due_date_of_an_invoice_becomes_a_row(told):
    account = make_account()
    before = at("2026-01-06 23:59:59")
    if told:
        business_order(account, uploaded="2026-01-06 10:00")
    order = business_order(account, now=before)
    assert Lapse("", overdue, lapse).due_accounts(before) == set()
    after = at("2026-01-07 00:00:00")
    assert Lapse("", overdue, lapse).due_accounts(after) == {account.id}
    assert lapse(account, after) == 1
    order.refresh_from_db()
    assert order.invoice == (InvoiceVerdict.MISSING if told else InvoiceVerdict.UNTOLD)
    Mark.objects.all().delete()
    recompute_account(account, after)
    assert not Mark.objects.exists()
