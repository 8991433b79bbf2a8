"""Facts about single packages: they complete the list of an order's packages, whichever of them comes first."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.gate import take
from intake.models import DeleteNotice
from intake.packages import Facts, add_facts, with_facts
from intake.rows import Row
from orders.models import Delivery, Order, ShipmentVerdict
from sellers.models import SellerAccount
from tests.amazon import NOW, american, everything

LISTED = {
    "type": "order", "external_id": "o-1", "placed_at": "2026-11-02T10:00:00Z", "status": "shipped",
    "fulfilled_by": "merchant", "ship_by_at": "2026-11-04T10:00:00Z",
    "shipments": [{"external_id": "1", "tracking_number": "1Z 999", "confirmed_at": "2026-11-03T10:00:00Z"}],
}  # fmt: skip
TRACKED = {
    "type": "order", "external_id": "o-1", "partial": True, "deliver_by_at": "2026-11-09T10:00:00Z",
    "packages": [{"tracking_number": "1Z999", "tracking_valid": True, "confirmed_at": "2026-11-07T10:00:00Z"}],
}  # fmt: skip
DELIVERED = {
    "type": "order", "external_id": "o-1", "partial": True,
    "packages": [{"delivered_at": "2026-11-08T10:00:00Z"}],
}  # fmt: skip


@pytest.fixture
def account(db: None) -> SellerAccount:
    return american()


def send(account: SellerAccount, record: dict[str, Any], observed_at: str) -> str:
    row = Row("/", record, None, {"observed_at": observed_at, "system": "amazon"})
    outcome = take([row], account=account, now=NOW, raw_item_id=None).outcomes[0]
    assert outcome.problem is None
    return str(outcome.result)


def test_facts_about_a_package_take_nothing_from_the_list(account: SellerAccount) -> None:
    assert send(account, LISTED, "2026-11-10T00:00:00Z") == "created"
    assert send(account, TRACKED, "2026-11-11T00:00:00Z") == "updated"
    assert send(account, DELIVERED, "2026-11-12T00:00:00Z") == "updated"
    package = Order.objects.get().shipments.get()
    # The list's own confirmation stands: 3 November, in time. Delivered on the 8th, promised for the 9th.
    assert (package.tracking_valid, package.delivery, package.order.shipment) == (
        True, Delivery.ON_TIME, ShipmentVerdict.ON_TIME,
    )  # fmt: skip
    assert (package.external_id, package.tracking_number) == ("1", "1Z 999")


def test_saying_it_again_is_no_news(account: SellerAccount) -> None:
    for record in (LISTED, TRACKED, DELIVERED):
        send(account, record, "2026-11-10T00:00:00Z")
    before = everything()
    again = [send(account, record, "2026-11-10T00:00:00Z") for record in (LISTED, TRACKED, DELIVERED)]
    assert (again, everything()) == (["unchanged"] * 3, before)
    assert send(account, DELIVERED, "2026-11-12T00:00:00Z") == "unchanged"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_arrival_leaves_the_same_order(account: SellerAccount, order: tuple[int, ...]) -> None:
    relisted = {**LISTED, "shipments": [*LISTED["shipments"], {"external_id": "2", "tracking_number": "RP-77"}]}
    said = [(LISTED, "10"), (TRACKED, "11"), (DELIVERED, "12"), (relisted, "13")]
    for position in order:
        send(account, said[position][0], f"2026-11-{said[position][1]}T00:00:00Z")
    first, second = Order.objects.get().shipments.order_by("external_id")
    # There are two packages now: whose delivery it was is not known any more.
    assert (first.tracking_valid, first.delivered_at, second.tracking_number) == (True, None, "RP-77")
    assert not DeleteNotice.objects.exists()


def test_what_is_said_of_an_order_waits_until_it_is_reported(account: SellerAccount) -> None:
    assert send(account, TRACKED, "2026-11-11T00:00:00Z") == "created"
    assert (Order.objects.count(), DeleteNotice.objects.count()) == (0, 1)
    assert send(account, TRACKED, "2026-11-11T00:00:00Z") == "unchanged"
    send(account, {**LISTED, "shipments": None}, "2026-11-10T00:00:00Z")
    order = Order.objects.get()
    package = order.shipments.get()
    assert (package.external_id, package.tracking_valid, order.deliver_by_at is not None) == ("1Z999", True, True)
    assert not DeleteNotice.objects.exists()


def test_a_record_that_is_not_partial_still_needs_everything(account: SellerAccount) -> None:
    row = Row("/", {**TRACKED, "partial": False}, None, {"observed_at": "2026-11-11T00:00:00Z"})
    outcome = take([row], account=account, now=NOW, raw_item_id=None).outcomes[0]
    assert outcome.problem is not None
    assert (str(outcome.problem.code), outcome.problem.field) == ("missing_required", "placed_at")


# --- The rules by themselves -----------------------------------------------------------------------------------------


def merged(*statements: tuple[int, dict[str, Any]]) -> Facts:
    known: Facts = {}
    for version, package in statements:
        add_facts(known, version, [package])
    return known


def test_the_newest_word_about_a_package_stands_and_the_first_of_what_happens_once() -> None:
    known = merged(
        (1, {"tracking_number": "A", "carrier": "UPS", "confirmed_at": "2026-11-03T10:00:00+00:00"}),
        (2, {"tracking_number": "A", "carrier": "DHL", "confirmed_at": "2026-11-05T10:00:00+00:00"}),
    )
    assert with_facts([], known) == [
        {"external_id": "A", "tracking_number": "A", "carrier": "DHL", "confirmed_at": "2026-11-03T10:00:00+00:00"}
    ]


def test_the_only_package_needs_no_number() -> None:
    known = merged((1, {"carrier": "UPS"}))
    assert with_facts([], known) == [{"external_id": "1", "carrier": "UPS"}]
    assert with_facts([{"external_id": "x"}], known) == [{"external_id": "x", "carrier": "UPS"}]
    assert with_facts([{"external_id": "x"}, {"external_id": "y"}], known) == [
        {"external_id": "x"}, {"external_id": "y"},
    ]  # fmt: skip


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "tracking_number": st.sampled_from(["A", "B", "a-"]),
        "external_id": st.sampled_from(["A", "1"]),
        "carrier": st.sampled_from(["UPS", "DHL"]),
        "confirmed_at": st.sampled_from(["2026-11-03T10:00:00+00:00", "2026-11-04T10:00:00+00:00"]),
        "scan_count": st.integers(0, 2),
    },
)
STATEMENTS = st.lists(st.tuples(st.integers(1, 3), FACTS), max_size=5)
LIST = st.lists(st.sampled_from(["A", "1", "x"]), unique=True, max_size=3)


@given(STATEMENTS, st.randoms(use_true_random=False), LIST)
def test_any_order_and_any_repetition_give_the_same_packages(
    statements: list[tuple[int, dict[str, Any]]], random: Any, ids: list[str]
) -> None:
    listed = [{"external_id": one, "tracking_number": one} for one in sorted(ids)]
    other = statements * 2
    random.shuffle(other)
    assert merged(*other) == merged(*statements)
    packages = with_facts(listed, merged(*statements))
    assert with_facts(listed, merged(*other)) == packages
    assert len({one["external_id"] for one in packages}) == len(packages)
