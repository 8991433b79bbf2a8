"""Order verdicts and order-health rates: whose cancellation, how late, which defects, each worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from kpis.catalogue import METRICS
from kpis.metrics import Lapse
from kpis.readings import State, readings
from kpis.sweep import sweep
from kpis.targets import Band
from orders.lapse import due, lapse
from orders.models import (
    CancellationVerdict,
    Chargeback,
    Claim,
    Feedback,
    Order,
    Shipment,
    ShipmentVerdict,
    Standing,
)
from orders.recompute import recompute_account, recompute_orders
from sellers.marks import Mark
from tests.makers import NOW, at, make_account, make_order

pytestmark = pytest.mark.django_db

DUE = "2026-01-08 07:59:59"  # the last second of 7 January in Los Angeles
YESTERDAY = date(2026, 1, 19)


def reading(account, slug, on=YESTERDAY):
    sweep(NOW)
    return readings(account, on, [METRICS[slug]])[0]


def feedback(account, order, rating, **values):
    row = Feedback.objects.create(
        account=account, system="test", external_id=f"f-{order}", order_external_id=order, rating=rating,
        rated_on=date(2026, 1, 9), **values,
    )  # fmt: skip
    recompute_orders(account, [order], NOW)
    return row


def rated_one_after_the_other(account, *ratings):
    """An order with these ratings, (stars, values), left on 9 January, the 10th and so on."""
    order = make_order(account, "2025-12-30 10:00")
    for number, (stars, values) in enumerate(ratings):
        Feedback.objects.create(
            account=account, system="test", external_id=f"f-{number}", order_external_id=order.external_id,
            rating=stars, rated_on=date(2026, 1, 9 + number), **values,
        )  # fmt: skip
    recompute_orders(account, [order.external_id], NOW)
    order.refresh_from_db()
    return order


def claim(account, order, status, **values):
    row = Claim.objects.create(
        account=account, system="test", external_id=f"a2z:{order}", order_external_id=order, status=status,
        opened_on=date(2026, 1, 9), **values,
    )  # fmt: skip
    recompute_orders(account, [order], NOW)
    return row


def chargeback(account, order, **values):
    row = Chargeback.objects.create(
        account=account, system="test", external_id=f"cb:{order}", order_external_id=order,
        initiated_at=at("2026-01-09 10:00"), **values,
    )  # fmt: skip
    recompute_orders(account, [order], NOW)
    return row


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"confirmed": DUE}, ShipmentVerdict.ON_TIME),
        ({"confirmed": "2026-01-08 08:00:00"}, ShipmentVerdict.LATE),
        ({"confirmed": "", "now": at(DUE)}, ShipmentVerdict.WAITING),
        ({"confirmed": "", "now": at("2026-01-08 08:00:00")}, ShipmentVerdict.OVERDUE),
        ({"confirmed": DUE, "ship_by": ""}, ShipmentVerdict.UNKNOWN),
        ({"confirmed": "", "status": "shipped"}, ShipmentVerdict.UNKNOWN),
        ({"confirmed": "", "status": "cancelled"}, ShipmentVerdict.CANCELLED),
    ],
)
def test_a_shipment_is_late_when_it_is_confirmed_after_the_end_of_its_ship_by_date(values, verdict):
    order = make_order(make_account(), "2026-01-05 10:00", **{"ship_by": DUE, **values})
    assert order.shipment == verdict


def test_an_order_of_several_packages_is_late_if_its_last_one_is():
    account = make_account()
    order = make_order(account, "2026-01-05 10:00", ship_by=DUE, confirmed="2026-01-06 10:00")
    Shipment.objects.create(account=account, order=order, external_id="2", confirmed_at=at("2026-01-08 10:00"))
    recompute_orders(account, [order.external_id], NOW)
    order.refresh_from_db()
    assert (order.confirmed_at, order.shipment) == (at("2026-01-08 10:00"), ShipmentVerdict.LATE)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"cancelled_by": "seller"}, CancellationVerdict.SELLER),
        ({"cancelled_by": "seller", "cancel_reason": "buyer asked in a message"}, CancellationVerdict.SELLER),
        (
            {"cancelled_by": "seller", "buyer_cancel_requested_at": at("2026-01-05 12:00")},
            CancellationVerdict.BUYER,
        ),
        ({"cancelled_by": "buyer"}, CancellationVerdict.BUYER),
        ({"cancelled_by": "marketplace", "cancel_reason": "not_shipped_in_time"}, CancellationVerdict.SELLER),
        ({"cancelled_by": "marketplace", "cancel_reason": "payment failed"}, CancellationVerdict.MARKETPLACE),
        ({"cancelled_by": ""}, CancellationVerdict.UNKNOWN),
        ({"cancelled_by": "unknown"}, CancellationVerdict.UNKNOWN),
    ],
)
def test_whose_cancellation_it_was(values, verdict):
    assert make_order(make_account(), "2026-01-05 10:00", status="cancelled", **values).cancellation == verdict


def test_after_a_confirmed_shipment_it_is_a_refund_and_no_cancellation():
    order = make_order(
        make_account(), "2026-01-05 10:00", confirmed="2026-01-06 10:00", status="cancelled", cancelled_by="seller"
    )
    assert order.cancellation == CancellationVerdict.NONE


@pytest.mark.parametrize(
    ("values", "standing"),
    [
        ({"status": "pending"}, Standing.PENDING),
        ({"is_test": True}, Standing.TEST),
        ({"sales_channel": "Non-Amazon"}, Standing.OTHER_CHANNEL),
        ({"deleted_at": at("2026-01-06 10:00")}, Standing.DELETED),
        ({"sales_channel": "Amazon.com"}, Standing.COUNTS),
    ],
)
def test_which_orders_are_in_the_rates_at_all(values, standing):
    assert make_order(make_account(), "2026-01-05 10:00", **values).standing == standing


def test_one_cancelled_of_40_is_exactly_2_5_percent_and_red():
    account = make_account()
    for _number in range(39):
        make_order(account, "2026-01-15 10:00", confirmed="2026-01-15 12:00")
    make_order(account, "2026-01-15 10:00", status="cancelled", cancelled_by="seller")
    found = reading(account, "cancellation_rate")
    assert (found.value, found.display, found.band) == (Fraction(1, 40), "2.50%", Band.RED)
    assert (found.window.first, found.window.last) == (date(2026, 1, 12), date(2026, 1, 18))


def test_one_of_50_is_2_percent_the_goal_and_green_and_1_of_49_is_yellow():
    account = make_account()
    make_order(account, "2026-01-15 10:00", status="cancelled", cancelled_by="seller")
    for _number in range(48):
        make_order(account, "2026-01-15 10:00", confirmed="2026-01-15 12:00")
    assert reading(account, "cancellation_rate").band == Band.YELLOW
    make_order(account, "2026-01-15 10:00", confirmed="2026-01-15 12:00")
    assert reading(account, "cancellation_rate").band == Band.GREEN


def test_a_cancellation_by_an_unknown_hand_is_left_out_and_never_counted_as_fine():
    account = make_account()
    make_order(account, "2026-01-15 10:00", status="cancelled")
    found = reading(account, "cancellation_rate")
    assert (found.value, found.n, found.state) == (None, 0, State.NO_DATA)


def test_late_shipments_over_30_and_over_10_days_are_two_figures():
    account = make_account()
    make_order(account, "2025-12-21 10:00", ship_by="2025-12-23 10:00", confirmed="2025-12-24 10:00")
    make_order(account, "2026-01-09 10:00", ship_by="2026-01-12 10:00", confirmed="2026-01-12 09:00")
    make_order(account, "2026-01-10 10:00", ship_by="2026-01-12 10:00", confirmed="2026-01-12 09:00")
    thirty, ten = reading(account, "late_shipment_rate"), reading(account, "late_shipment_rate_10d")
    assert (thirty.numerator, thirty.denominator, thirty.display) == (1, 3, "33.33%")
    assert (ten.numerator, ten.denominator, ten.display) == (0, 1, "0.00%")


def test_overdue_orders_are_in_the_rate_but_not_late_until_they_are_confirmed():
    account = make_account()
    order = make_order(account, "2026-01-10 10:00", ship_by="2026-01-12 10:00")
    assert order.shipment == ShipmentVerdict.OVERDUE
    assert reading(account, "late_shipment_rate").numerator == 0
    Shipment.objects.create(account=account, order=order, external_id="1", confirmed_at=at("2026-01-13 10:00"))
    recompute_orders(account, [order.external_id], NOW)
    assert reading(account, "late_shipment_rate").numerator == 1


def test_orders_shipped_by_the_marketplace_are_in_neither_shipment_nor_cancellation_rates():
    account = make_account()
    make_order(account, "2026-01-15 10:00", fulfilled_by="marketplace", ship_by=DUE, confirmed="2026-01-16 10:00")
    assert reading(account, "late_shipment_rate").n == 0
    assert reading(account, "cancellation_rate").n == 0


class TestDefects:
    PLACED = "2025-12-20 10:00"  # inside the 60 days that end 15 days before 19 January

    def test_an_order_with_three_defects_counts_once_and_each_part_counts_it(self):
        account = make_account()
        order = make_order(account, self.PLACED).external_id
        make_order(account, self.PLACED)
        feedback(account, order, 1)
        claim(account, order, "granted")
        chargeback(account, order, reason="product_not_received")
        for slug in ("order_defect_rate", "negative_feedback_rate", "atoz_claim_rate", "chargeback_rate"):
            found = reading(account, slug)
            assert (found.numerator, found.denominator) == (1, 2), slug
        window = reading(account, "order_defect_rate").window
        assert (window.first, window.last) == (date(2025, 11, 6), date(2026, 1, 4))

    @pytest.mark.parametrize(("rating", "defect"), [(1, True), (2, True), (3, False), (5, False)])
    def test_one_and_two_stars_are_defects(self, rating, defect):
        account = make_account()
        order = make_order(account, self.PLACED)
        feedback(account, order.external_id, rating)
        order.refresh_from_db()
        assert order.defective is defect

    def test_removed_feedback_is_no_defect(self):
        account = make_account()
        order = make_order(account, self.PLACED)
        feedback(account, order.external_id, 1, removed_at=at("2026-01-10 10:00"))
        order.refresh_from_db()
        assert order.defective is False

    @pytest.mark.parametrize(
        ("ratings", "defect"),
        [
            ([(1, {}), (5, {})], False),
            ([(5, {}), (1, {})], True),
            ([(1, {}), (5, {}), (2, {})], True),
            # What is removed brings the one before it not back; a mistake that is taken out does.
            ([(1, {}), (5, {"removed_at": NOW})], False),
            ([(5, {}), (1, {"removed_at": NOW})], False),
            ([(1, {}), (5, {"deleted_at": NOW})], True),
            ([(1, {}), (5, {"excluded": True})], True),
            ([(5, {}), (1, {"excluded": True})], False),
        ],
    )
    def test_of_several_ratings_of_an_order_only_the_latest_can_be_a_defect(self, ratings, defect):
        order = rated_one_after_the_other(make_account(), *ratings)
        assert (order.negative_feedback, order.defective, order.perfect) == (defect, defect, not defect)

    def test_a_bad_rating_that_a_better_one_replaced_is_in_no_figure(self):
        account = make_account()
        rated_one_after_the_other(account, (1, {}), (5, {}))
        make_order(account, self.PLACED)
        # No defect on two orders; of the two ratings one stands, with five stars.
        for slug in ("order_defect_rate", "order_defect_rate_mfn", "negative_feedback_rate"):
            found = reading(account, slug)
            assert (found.numerator, found.denominator) == (0, 2), slug
        found = reading(account, "feedback_rating")
        assert (found.numerator, found.denominator) == (1, 1)

    @pytest.mark.parametrize(
        ("status", "today", "every"),
        [
            ("open", True, True), ("granted", True, True), ("appealed", True, True),
            ("denied", False, True), ("withdrawn", False, True),
        ],
    )  # fmt: skip
    def test_claims_count_by_the_rule_of_today_or_whatever_their_outcome(self, status, today, every):
        account = make_account()
        order = make_order(account, self.PLACED)
        claim(account, order.external_id, status)
        order.refresh_from_db()
        assert (order.claimed, order.claim_counts) == (True, today)
        account.atoz_rule = "all"
        account.save()
        recompute_account(account, NOW)
        order.refresh_from_db()
        assert order.claim_counts is every

    @pytest.mark.parametrize("rule", ["today", "all"])
    @pytest.mark.parametrize("counts", [True, False])
    def test_where_the_platform_says_whether_a_claim_counts_that_decides(self, rule, counts):
        account = make_account(atoz_rule=rule)
        order = make_order(account, self.PLACED)
        claim(account, order.external_id, "denied" if counts else "granted", counts_in_odr=counts)
        order.refresh_from_db()
        assert order.claim_counts is counts

    def test_a_fraud_chargeback_is_the_platforms_risk(self):
        account = make_account()
        order = make_order(account, self.PLACED)
        chargeback(account, order.external_id, reason="Fraudulent")
        order.refresh_from_db()
        assert order.defective is False

    def test_a_claim_that_comes_before_its_order_joins_when_the_order_arrives(self):
        account = make_account()
        claim(account, "o-late", "granted")
        order = make_order(account, self.PLACED, external_id="o-late")
        assert order.defective is True

    def test_the_order_counts_on_the_day_it_was_placed_and_that_day_is_marked(self):
        account = make_account(time_zone="America/Los_Angeles")
        order = make_order(account, "2025-12-20 07:30")
        Mark.objects.all().delete()
        feedback(account, order.external_id, 1)
        rated = ("feedback", date(2026, 1, 9))
        assert set(Mark.objects.values_list("fact", "day")) == {("orders", date(2025, 12, 19)), rated}


def test_a_passed_ship_by_date_becomes_a_row():
    account = make_account()
    order = make_order(account, "2026-01-19 10:00", ship_by="2026-01-20 12:00")
    assert Lapse("", due, lapse).due_accounts(at("2026-01-20 12:00")) == set()
    assert Lapse("", due, lapse).due_accounts(at("2026-01-20 12:00:01")) == {account.id}
    assert lapse(account, at("2026-01-20 12:00:01")) == 1
    assert Order.objects.get(pk=order.pk).shipment == ShipmentVerdict.OVERDUE
