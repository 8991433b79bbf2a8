"""Return requests: the 48-hour clock, fair and invalid rejections, whose they are, each worked out by hand."""

from datetime import date

import pytest

from kpis.catalogue import METRICS
from kpis.figures import State
from kpis.metrics import Lapse
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.targets import Band
from orders.lapse import due, lapse
from orders.models import Rejection, Return, ReturnAnswer, ReturnStanding
from orders.recompute import recompute_orders
from sellers.marks import Mark
from tests.examples.returns import sent_back
from tests.makers import NOW, at, make_account, make_order

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 19)
ASKED = "2026-01-12 10:00"


def reading(account, slug="return_dissatisfaction_rate", now=NOW):
    sweep(now)
    return readings(account, MONDAY, [METRICS[slug]])[0]


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({"responded_at": "2026-01-14 10:00:00"}, ReturnAnswer.ON_TIME),  # 48:00:00
        ({"responded_at": "2026-01-14 10:00:01"}, ReturnAnswer.LATE),
        ({"refunded_at": "2026-01-13 10:00", "responded_at": "2026-01-20 10:00"}, ReturnAnswer.ON_TIME),
        ({"closed_at": "2026-01-13 10:00"}, ReturnAnswer.ON_TIME),
        ({"auto_authorized": True}, ReturnAnswer.ON_TIME),
        ({"now": at("2026-01-14 10:00:00")}, ReturnAnswer.WAITING),
        ({"now": at("2026-01-14 10:00:01")}, ReturnAnswer.NONE),
        ({"status": "requested"}, ReturnAnswer.NONE),
        ({"status": "approved"}, ReturnAnswer.UNKNOWN),
        ({"status": "refunded", "responded_at": "2026-01-13 10:00"}, ReturnAnswer.ON_TIME),
    ],
)
def test_a_request_is_answered_in_time_within_48_hours(values, answer):
    assert sent_back(make_account(), ASKED, **values).answer == answer


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        # The 12th in Los Angeles lasts from 08:00 UTC to 08:00 UTC of the 13th.
        ({"responded_at": "2026-01-14 08:00:00"}, ReturnAnswer.ON_TIME),  # 48 hours after its first moment
        ({"responded_at": "2026-01-14 08:00:01"}, ReturnAnswer.UNKNOWN),  # late only if it came in the first second
        ({"responded_at": "2026-01-15 07:59:59"}, ReturnAnswer.UNKNOWN),
        ({"responded_at": "2026-01-15 08:00:00"}, ReturnAnswer.LATE),
        ({"now": at("2026-01-15 08:00:00")}, ReturnAnswer.WAITING),
        ({"now": at("2026-01-15 08:00:01")}, ReturnAnswer.NONE),
    ],
)
def test_a_request_known_by_its_day_is_late_only_when_it_is_late_whenever_it_came(values, answer):
    assert sent_back(make_account(time_zone="America/Los_Angeles"), "2026-01-12", **values).answer == answer


@pytest.mark.parametrize(
    ("values", "rejection"),
    [
        ({"in_policy": True}, Rejection.INVALID),
        ({"in_policy": False}, Rejection.FAIR),
        ({}, Rejection.UNKNOWN),
        ({"in_policy": True, "refunded_amount": 5}, Rejection.FAIR),
        ({"in_policy": True, "refunded_at": "2026-01-13 10:00"}, Rejection.FAIR),
        ({"in_policy": True, "buyer_solved": True}, Rejection.FAIR),
        ({"in_policy": True, "buyer_solved": False}, Rejection.INVALID),
        ({"in_policy": True, "refunded_amount": 0}, Rejection.INVALID),
        ({"in_policy": True, "status": "approved"}, Rejection.NONE),
    ],
)
def test_turning_down_a_request_within_the_policy_needs_a_refund_or_a_solution(values, rejection):
    assert sent_back(make_account(), ASKED, **{"status": "rejected", **values}).rejection == rejection


def test_a_request_with_three_faults_counts_once_and_each_part_counts_it():
    account = make_account()
    worst = {"status": "rejected", "in_policy": True, "buyer_solved": False}
    assert sent_back(account, ASKED, responded_at="2026-01-15 10:00", **worst).dissatisfied
    sent_back(account, ASKED, responded_at="2026-01-12 11:00")
    parts = [metric.slug for metric in METRICS.values() if metric.parts_of == "return_dissatisfaction_rate"]
    for slug in ("return_dissatisfaction_rate", *parts):
        found = reading(account, slug)
        assert (found.numerator, found.denominator) == (1, 2), slug
    assert len(parts) == 3


def test_one_fault_in_ten_is_exactly_10_percent_and_red_and_one_in_eleven_yellow():
    account = make_account()
    sent_back(account, ASKED, buyer_solved=False, auto_authorized=True)
    for _number in range(9):
        sent_back(account, ASKED, auto_authorized=True)
    assert reading(account).band == Band.RED
    sent_back(account, ASKED, auto_authorized=True)
    assert reading(account).band == Band.YELLOW


def test_a_request_enters_once_it_is_48_hours_old_and_the_figure_is_provisional_until_then():
    account = make_account()
    row = sent_back(account, "2026-01-19 10:00")
    found = reading(account)
    assert (found.n, found.state) == (0, State.PROVISIONAL)
    assert found.provisional_until == at("2026-01-22 00:00")  # 48 hours after the last second of the 19th
    late = at("2026-01-21 10:00:01")
    assert Lapse("", due, lapse).due_accounts(at("2026-01-21 10:00:00")) == set()
    assert Lapse("", due, lapse).due_accounts(late) == {account.id}
    Mark.objects.all().delete()
    assert lapse(account, late) == 1
    assert Return.objects.get(pk=row.pk).answer == ReturnAnswer.NONE
    assert list(Mark.objects.values_list("fact", "day")) == [("returns", MONDAY)]
    assert lapse(account, late) == 0
    found = reading(account, now=late)
    assert (found.numerator, found.n, found.state) == (1, 1, State.COMPUTED)


@pytest.mark.parametrize(
    ("order", "own", "standing"),
    [
        ({"fulfilled_by": "merchant"}, {"fulfilled_by": ""}, ReturnStanding.COUNTS),
        ({"fulfilled_by": "marketplace"}, {"fulfilled_by": ""}, ReturnStanding.MARKETPLACE),
        ({"fulfilled_by": "marketplace"}, {"fulfilled_by": "merchant"}, ReturnStanding.COUNTS),
        ({"is_test": True}, {}, ReturnStanding.TEST),
        ({"sales_channel": "Non-Amazon"}, {}, ReturnStanding.OTHER_CHANNEL),
        ({}, {"deleted_at": NOW}, ReturnStanding.DELETED),
        ({}, {"excluded": True}, ReturnStanding.EXCLUDED),
    ],
)
def test_a_return_joins_its_order_whichever_comes_first(order, own, standing):
    account = make_account()
    before = sent_back(account, ASKED, order_external_id="o-1", **own)
    make_order(account, "2026-01-05 10:00", external_id="o-1", **order)
    after = sent_back(account, ASKED, order_external_id="o-1", **own)
    before.refresh_from_db()
    assert (before.standing, after.standing) == (standing, standing)


def test_a_return_of_an_unknown_order_is_left_out_until_the_order_says_who_shipped_it():
    account = make_account()
    row = sent_back(account, ASKED, order_external_id="o-1", fulfilled_by="", auto_authorized=True)
    assert row.standing == ReturnStanding.UNKNOWN_SHIPPER
    assert reading(account).n == 0
    make_order(account, "2026-01-05 10:00", external_id="o-1")
    assert reading(account).n == 1


def test_a_return_known_by_its_receipt_alone_is_no_request():
    row = sent_back(make_account(), received_on=date(2026, 1, 12))
    assert (row.standing, row.day) == (ReturnStanding.NO_REQUEST, date(2026, 1, 12))


def test_a_later_answer_of_the_buyer_moves_the_figure():
    account = make_account()
    row = sent_back(account, ASKED, order_external_id="o-1", auto_authorized=True)
    assert reading(account).numerator == 0
    row.buyer_solved = False
    row.save()
    recompute_orders(account, ["o-1"], NOW)
    assert reading(account).numerator == 1
