"""The same files in any order, once or twice, give identical day totals, readings and weeks."""

import io
import json
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from intake import imports
from kpis.catalogue import DECLARED
from kpis.models import DayTotal
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.trends import trends
from kpis.weeks import close_weeks
from sellers.models import SellerAccount
from tests.makers import make_account

NOW = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
ON = date(2026, 4, 11)
START = datetime(2026, 3, 20, tzinfo=UTC)


def stamp(hours):
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def message(conversation, number, hours, author):
    return {
        "type": "message", "external_id": f"{conversation}-{number}", "conversation_external_id": conversation,
        "sent_at": stamp(hours), "author_kind": author, "direction": "inbound" if author == "buyer" else "outbound",
        "order_external_id": f"o{number % 5}",
    }  # fmt: skip


def answer(conversation, number, hours, solved):
    return {
        "type": "survey_answer", "external_id": f"{conversation}-s{number}", "kind": "solved",
        "conversation_external_id": conversation, "answered_at": stamp(hours), "solved": solved,
    }  # fmt: skip


def order(number, hours, version, **values):
    return {
        "type": "order", "external_id": f"o{number}", "placed_at": stamp(hours), "source_updated_at": stamp(version),
        "fulfilled_by": "merchant", **values,
    }  # fmt: skip


def shipped_order(number, hours, version, confirmed_after):
    """An order due after 48 hours or by its handling time, confirmed after 20 or 50 hours or not at all."""
    values = {"status": "unshipped", "is_business": True}
    if confirmed_after is not None:
        shipment = {"external_id": "1", "confirmed_at": stamp(hours + confirmed_after)}
        values |= {"status": "shipped", "shipments": [shipment]}
    if version == 1:
        values["invoice_uploaded_at"] = stamp(hours + 60)
    if version != 2:
        values["ship_by_at"] = stamp(hours + 48)
    buyer = ("ann", "ben")[(number + version) % 2]
    return order(number, hours, 510 + version, buyer_key=buyer, **values)


hours = st.integers(0, 500)
conversation_names = st.sampled_from(["a", "b", "c"])
records = st.lists(
    st.one_of(
        st.builds(message, conversation_names, st.integers(0, 5), hours, st.sampled_from(["buyer", "agent", "bot"])),
        st.builds(answer, conversation_names, st.integers(0, 2), hours, st.booleans()),
        st.builds(
            shipped_order, st.integers(0, 4), st.integers(0, 400), st.integers(0, 3), st.sampled_from([None, 20, 50])
        ),
        st.builds(
            lambda number, placed, version: order(
                number, placed, 510 + version, status="cancelled", cancelled_by="seller", cancelled_at=stamp(placed + 1)
            ),
            st.integers(0, 4), st.integers(0, 400), st.integers(0, 3),
        ),
        st.builds(
            lambda number, rating: {
                "type": "feedback", "external_id": f"o{number}", "order_external_id": f"o{number}", "rating": rating,
                "rated_on": "2026-04-10",
            },
            st.integers(0, 4), st.integers(1, 5),
        ),
        st.builds(
            lambda number, amount: {
                "type": "return", "external_id": f"r{number}", "order_external_id": f"o{number}",
                "requested_on": "2026-04-10", "refunded_amount": amount,
            },
            st.integers(0, 4), st.integers(0, 1),
        ),
        st.builds(
            lambda number, status: {
                "type": "claim", "external_id": f"a2z:o{number}", "order_external_id": f"o{number}", "kind": "a_to_z",
                "status": status, "opened_on": "2026-04-09",
            },
            st.integers(0, 4), st.sampled_from(["open", "denied", "granted"]),
        ),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


def bring_in(files, key):
    account = make_account(key, time_zone="Europe/Berlin", handling_days=2)
    for number, lines in enumerate(files):
        body = "\n".join(json.dumps(record) for record in lines).encode()
        run = imports.store(account, f"{number}.jsonl", io.BytesIO(body), reserve=True, now=NOW)
        imports.run(run.pk, now=NOW, worker=run.worker)
    sweep(NOW)
    close_weeks(NOW, [account])
    return account


def figures(account: SellerAccount):
    totals = DayTotal.objects.filter(account=account).order_by("fact", "day")
    facts = list(totals.values_list("fact", "day", "sums"))
    current = [(row.metric.slug, row.value, row.numerator, row.n, row.state, row.band) for row in readings(account, ON)]
    weekly = [
        (slug, point.ends_on, point.value, point.n)
        for (_account, slug), points in trends([account], DECLARED, 8).items()
        for point in points
    ]
    # A day that once held a row and is empty now is stored as zeros; whether it ever held one depends on the way.
    return [one for one in facts if any(one[2])], current, [one for one in weekly if one[3]]


class TestOrderOfArrival(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(files=st.lists(records, min_size=1, max_size=4), data=st.data())
    def test_the_same_files_in_any_order_and_repeated_give_identical_figures(self, files, data):
        shuffled = data.draw(st.permutations(files))
        repeated = [*shuffled, data.draw(st.sampled_from(files))]
        one, other = bring_in(files, "first-order"), bring_in(repeated, "other-order")
        assert figures(one) == figures(other)
