"""Up to which local day data is complete: by when each system was last heard, never by how much it said."""

import itertools
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from intake.gate import ingest
from intake.models import RejectedRow
from intake.retry import retry
from kpis.catalogue import FACTS, METRICS
from kpis.catalogue.arriving import RECORD_TYPES
from kpis.completeness import completeness
from kpis.models import AwaitedData, WeekReport
from kpis.readings import State, readings
from kpis.sweep import sweep
from kpis.weeks import close_weeks, due_accounts
from sellers.arrivals import Arrival
from sellers.models import SellerAccount
from tests.makers import at, make_account, make_order

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)  # a Tuesday
numbers = itertools.count(1)
pytestmark = pytest.mark.django_db


def message(sent_at: str, **values: Any) -> dict[str, Any]:
    return {
        "type": "message", "external_id": f"m-{next(numbers)}", "conversation_external_id": "c-1", "sent_at": sent_at,
        "author_kind": "buyer", "direction": "inbound", **values,
    }  # fmt: skip


def order(placed_at: str, **values: Any) -> dict[str, Any]:
    return {
        "type": "order", "external_id": f"o-{next(numbers)}", "placed_at": placed_at, "status": "shipped", **values
    }  # fmt: skip


def send(
    account: SellerAccount, *records: Any, observed_at: str, system: str = "x-desk", now: datetime = NOW
) -> dict[str, Any]:
    batch = {
        "schema": "1", "batch_id": f"b-{next(numbers)}", "account": account.key, "system": system,
        "observed_at": observed_at, "records": list(records),
    }  # fmt: skip
    return ingest(account, batch, owner="test", now=now)


def of(account: SellerAccount, fact: str = "contacts"):
    return completeness([account])[account.id][fact]


def notes(account: SellerAccount) -> set[tuple[Any, ...]]:
    return set(Arrival.objects.filter(account=account).values_list("system", "record_type", "last_fact_at", "heard_at"))


# --- What is noted -------------------------------------------------------------------------------------------------


def test_a_batch_notes_its_newest_fact_of_each_type_and_when_its_sender_looked():
    shop = make_account()
    send(
        shop, message("2026-01-18T09:00:00Z"), message("2026-01-18T15:00:00Z"), order("2026-01-17T10:00:00Z"),
        observed_at="2026-01-19T08:00:00Z",
    )  # fmt: skip
    assert notes(shop) == {
        ("x-desk", "message", at("2026-01-18 15:00"), at("2026-01-19 08:00")),
        ("x-desk", "order", at("2026-01-17 10:00"), at("2026-01-19 08:00")),
    }


def test_arrivals_only_move_forward_in_whatever_order_batches_come():
    batches = [
        ([message("2026-01-18T15:00:00Z")], "2026-01-18T16:00:00Z"),
        ([message("2026-01-02T15:00:00Z")], "2026-01-19T16:00:00Z"),  # an old message that was forgotten
        ([message("2026-01-03T15:00:00Z")], "2026-01-04T16:00:00Z"),  # a batch that was held up
        ([], "2026-01-19T12:00:00Z"),
    ]
    for order_of_arrival in itertools.permutations(batches[:3]):
        shop = make_account()
        for records, observed_at in order_of_arrival:
            send(shop, *records, observed_at=observed_at)
        assert notes(shop) == {("x-desk", "message", at("2026-01-18 15:00"), at("2026-01-19 16:00"))}


def test_the_same_batch_again_and_rows_that_say_nothing_new_are_heard_too():
    shop = make_account()
    said = message("2026-01-18T15:00:00Z", source_updated_at="2026-01-18T15:00:00Z")
    send(shop, said, observed_at="2026-01-18T16:00:00Z")
    assert send(shop, said, observed_at="2026-01-19T16:00:00Z")["unchanged"] == 1
    assert notes(shop) == {("x-desk", "message", at("2026-01-18 15:00"), at("2026-01-19 16:00"))}


def test_a_batch_without_records_says_that_nothing_new_is_there_of_what_its_system_delivers():
    shop, other = make_account(), make_account()
    send(shop, message("2026-01-16T15:00:00Z"), order("2026-01-16T10:00:00Z"), observed_at="2026-01-16T16:00:00Z")
    send(shop, message("2026-01-16T15:00:00Z"), observed_at="2026-01-16T16:00:00Z", system="x-other")
    send(other, message("2026-01-16T15:00:00Z"), observed_at="2026-01-16T16:00:00Z")
    send(shop, observed_at="2026-01-19T09:00:00Z")
    assert {(system, kind, heard) for system, kind, _fact, heard in notes(shop)} == {
        ("x-desk", "message", at("2026-01-19 09:00")),
        ("x-desk", "order", at("2026-01-19 09:00")),
        ("x-other", "message", at("2026-01-16 16:00")),
    }
    assert {heard for _system, _kind, _fact, heard in notes(other)} == {at("2026-01-16 16:00")}


def test_a_batch_of_which_no_row_could_be_read_is_not_heard_until_one_is_repaired():
    shop = make_account()
    send(shop, message("yesterday"), observed_at="2026-01-18T16:00:00Z")
    assert notes(shop) == set()
    row = RejectedRow.objects.get()
    fixed = json.dumps({**message("2026-01-18T15:00:00Z")})
    retry(row.pk, user=None, now=NOW, fixed_text=fixed)
    # Heard when the batch was, not when somebody repaired its row.
    assert notes(shop) == {("x-desk", "message", at("2026-01-18 15:00"), at("2026-01-18 16:00"))}


def test_a_day_without_a_time_counts_from_its_beginning_on_the_accounts_clock():
    shop = make_account(time_zone="America/Los_Angeles")  # 8 hours behind
    send(
        shop, {"type": "feedback", "external_id": "f-1", "rating": 5, "rated_on": "2026-01-18"},
        observed_at="2026-01-19T16:00:00Z",
    )  # fmt: skip
    assert notes(shop) == {("x-desk", "feedback", at("2026-01-18 08:00"), at("2026-01-19 16:00"))}


def test_a_sender_whose_clock_is_ahead_was_heard_now():
    shop = make_account()
    send(shop, message("2026-01-18T15:00:00Z"), observed_at="2026-01-20T12:04:00Z")
    assert {heard for _system, _kind, _fact, heard in notes(shop)} == {NOW}


def test_a_file_was_heard_when_it_was_imported(tmp_path):
    shop = make_account("acme")
    path = tmp_path / "orders.csv"
    path.write_text(
        "external_id,placed_at,status\no-1,2026-01-15T10:00:00Z,shipped\no-2,2026-01-16T10:00:00Z,shipped\n"
    )
    call_command("ingest", str(path), "--account=acme", "--format=file.orders", f"--now={NOW.isoformat()}", "--json")
    assert notes(shop) == {("manual", "order", at("2026-01-16 10:00"), NOW)}
    assert of(shop, "orders").complete_until == date(2026, 1, 19)


def test_noting_takes_the_same_queries_for_1_record_and_for_50():
    shop = make_account()
    counts = []
    for number in (1, 50, 1, 50):
        with CaptureQueriesContext(connection) as queries:
            send(
                shop, *[order("2026-01-16T10:00:00Z") for _number in range(number)],
                observed_at=f"2026-01-1{len(counts) + 6}T16:00:00Z",
            )  # fmt: skip
        counts.append(sum("sellers_arrival" in query["sql"] for query in queries))
    assert counts == [1, 1, 1, 1]


# --- What follows --------------------------------------------------------------------------------------------------


def test_rows_written_by_hand_make_no_claim():
    shop = make_account()
    make_order(shop, "2026-01-10 10:00")
    found = of(shop, "orders")
    assert (found.last_fact_at, found.complete_until, found.needs) == (None, None, FACTS["orders"].needs)
    assert not found.lacks(date(2030, 1, 1))


@pytest.mark.parametrize(
    ("observed_at", "zone", "complete"),
    [
        # In Los Angeles 18 January ends at 08:00 UTC on the 19th, in Berlin at 23:00 UTC on the 18th.
        ("2026-01-19T07:59:59Z", "America/Los_Angeles", date(2026, 1, 17)),
        ("2026-01-19T08:00:00Z", "America/Los_Angeles", date(2026, 1, 18)),
        ("2026-01-18T22:59:59Z", "Europe/Berlin", date(2026, 1, 17)),
        ("2026-01-18T23:00:00Z", "Europe/Berlin", date(2026, 1, 18)),
    ],
)
def test_a_day_is_complete_when_it_was_over_at_the_moment_the_system_was_heard(observed_at, zone, complete):
    shop = make_account(time_zone=zone)
    send(shop, message("2026-01-16T15:00:00Z"), observed_at=observed_at)
    assert of(shop).complete_until == complete
    assert of(shop, "turns").complete_until == complete  # turns are made of messages
    assert of(shop, "orders").complete_until is None


def test_the_slowest_system_decides_until_it_falls_silent():
    shop = make_account()
    send(shop, message("2026-01-05T15:00:00Z"), observed_at="2026-01-06T00:00:00Z", system="x-chat")
    send(shop, message("2026-01-18T15:00:00Z"), observed_at="2026-01-19T10:00:00Z")
    found = of(shop)
    # x-chat was heard on 6 January at 00:00, when the 5th was over, 13 days 10 hours before x-desk.
    assert (found.complete_until, found.silent, found.last_fact_at) == (date(2026, 1, 5), (), at("2026-01-18 15:00"))
    # On the 20th at 00:00 that is 14 days ago: it no longer holds back, and is named.
    send(shop, message("2026-01-19T15:00:00Z"), observed_at="2026-01-20T00:00:00Z")
    found = of(shop)
    assert (found.complete_until, found.silent) == (date(2026, 1, 19), ("x-chat",))
    # And when it speaks again, it counts again.
    send(shop, message("2026-01-17T15:00:00Z"), observed_at="2026-01-18T10:00:00Z", system="x-chat")
    found = of(shop)
    assert (found.complete_until, found.silent) == (date(2026, 1, 17), ())


def test_a_record_type_that_nobody_delivers_any_more_ends_with_its_last_delivery():
    shop = make_account()
    send(shop, order("2026-01-02T15:00:00Z"), observed_at="2026-01-03T10:00:00Z", now=at("2026-01-03 10:00"))
    assert of(shop, "orders").awaited
    send(shop, message("2026-01-19T15:00:00Z"), observed_at="2026-01-20T10:00:00Z")
    found = of(shop, "orders")
    assert (found.complete_until, found.silent, found.awaited) == (date(2026, 1, 2), ("x-desk",), False)


def test_many_accounts_are_read_in_one_query(django_assert_num_queries):
    shops = [make_account() for _number in range(3)]
    for shop in shops:
        send(shop, message("2026-01-16T15:00:00Z"), observed_at="2026-01-17T00:00:00Z")
    with django_assert_num_queries(1):
        found = completeness(shops)
    assert {one["contacts"].complete_until for one in found.values()} == {date(2026, 1, 16)}


def test_every_table_that_is_counted_arrives_as_a_known_record_type():
    from intake.arriving import CLOCKS
    from intake.contract import RECORD_TYPES as CONTRACT

    assert {fact.model for fact in FACTS.values()} <= set(RECORD_TYPES)
    assert set(RECORD_TYPES.values()) <= set(CONTRACT) == set(CLOCKS)
    for name, clocks in CLOCKS.items():
        assert set(clocks) <= set(CONTRACT[name].bits), name


# --- Figures and weeks ---------------------------------------------------------------------------------------------


LATE = METRICS["late_response_rate"]
SUNDAY = date(2026, 1, 18)


def late(account: SellerAccount, on: date = SUNDAY):
    return readings(account, on, [LATE])[0]


def answered(day: str) -> list[dict[str, Any]]:
    """A buyer's message and the reply an hour later."""
    reply = {"author_kind": "agent", "direction": "outbound"}
    thread = f"c-{next(numbers)}"
    return [
        message(f"{day}T10:00:00Z", conversation_external_id=thread),
        message(f"{day}T11:00:00Z", conversation_external_id=thread, **reply),
    ]


def close(account: SellerAccount, moment: str) -> tuple[int, int]:
    done = close_weeks(at(moment), [account])
    return done.closed, done.revised


def test_a_window_that_reaches_beyond_complete_data_is_provisional():
    shop = make_account()
    send(shop, *answered("2026-01-15"), observed_at="2026-01-18T23:59:59Z")
    sweep(NOW)
    saturday, sunday = late(shop, date(2026, 1, 17)), late(shop)
    assert (saturday.state, saturday.complete_until, saturday.n) == (State.COMPUTED, None, 1)
    assert (sunday.state, sunday.complete_until, sunday.n) == (State.PROVISIONAL, date(2026, 1, 17), 1)
    assert sunday.provisional_until is None
    # Orders were never delivered: their figures have nothing to be incomplete about.
    cancelled = readings(shop, SUNDAY, [METRICS["cancellation_rate"]])[0]
    assert (cancelled.state, cancelled.complete_until, cancelled.needs) == (
        State.NO_DATA, None, FACTS["orders"].needs,
    )  # fmt: skip


def test_a_lag_leaves_out_the_days_that_are_not_complete():
    shop = make_account()
    placed = order("2026-01-15T10:00:00Z", fulfilled_by="merchant")
    send(shop, placed, observed_at="2026-01-18T12:00:00Z")  # complete up to the 17th
    sweep(NOW)
    # Cancellations are read with a lag of one day: on the 18th their window ends on the 17th.
    cancelled, next_day = (
        readings(shop, day, [METRICS["cancellation_rate"]])[0] for day in (SUNDAY, date(2026, 1, 19))
    )
    assert (cancelled.state, cancelled.window.last) == (State.COMPUTED, date(2026, 1, 17))
    assert (next_day.state, next_day.complete_until) == (State.PROVISIONAL, date(2026, 1, 17))


def test_a_figure_without_enough_rows_says_so_although_more_may_come():
    shop = make_account()
    send(shop, *answered("2025-11-15"), observed_at="2026-01-16T12:00:00Z")
    sweep(NOW)
    reading = late(shop)
    assert (reading.state, reading.n, reading.complete_until) == (State.NO_DATA, 0, date(2026, 1, 15))


def test_a_closed_week_is_revised_as_ripened_once_an_empty_batch_says_that_nothing_is_missing():
    shop = make_account()
    send(shop, *answered("2026-01-14"), observed_at="2026-01-18T21:00:00Z")
    assert close(shop, "2026-01-19 00:00") == (1, 0)
    first = WeekReport.objects.get()
    kept = first.readings.get(metric=LATE.slug)
    assert (first.open, kept.state, kept.complete_until) == (True, State.PROVISIONAL, date(2026, 1, 17))
    assert due_accounts(at("2026-01-19 05:00")) == set()
    # Heard before Sunday was over: still not complete.
    send(shop, observed_at="2026-01-18T23:00:00Z")
    assert due_accounts(at("2026-01-19 05:00")) == set()
    send(shop, observed_at="2026-01-19T00:00:00Z")
    assert due_accounts(at("2026-01-19 05:00")) == {shop.id}
    assert close(shop, "2026-01-19 05:00") == (0, 1)
    second = WeekReport.objects.get(revision=1)
    ripe = second.readings.get(metric=LATE.slug)
    assert (second.reason, second.open) == (WeekReport.Reason.RIPENED, False)
    assert (ripe.state, ripe.complete_until, ripe.value) == (State.COMPUTED, None, 0)
    assert due_accounts(at("2026-01-19 05:01")) == set()
    assert close(shop, "2026-01-19 05:01") == (0, 0)


def test_what_comes_for_an_incomplete_week_is_published_once_with_all_of_it():
    shop = make_account()
    send(shop, *answered("2026-01-14"), observed_at="2026-01-17T21:00:00Z")
    close(shop, "2026-01-19 00:00")
    # Saturday's messages come, Sunday's are still on their way: no revision yet.
    send(shop, *answered("2026-01-17"), observed_at="2026-01-18T12:00:00Z")
    assert close(shop, "2026-01-19 01:00") == (0, 0)
    send(shop, *answered("2026-01-18"), observed_at="2026-01-19T02:00:00Z")
    assert close(shop, "2026-01-19 02:00") == (0, 1)
    second = WeekReport.objects.get(revision=1)
    assert (second.reason, second.readings.get(metric=LATE.slug).n) == (WeekReport.Reason.RIPENED, 3)
    # What comes afterwards is late.
    send(shop, *answered("2026-01-16"), observed_at="2026-01-19T03:00:00Z")
    assert close(shop, "2026-01-19 03:00") == (0, 1)
    assert WeekReport.objects.get(revision=2).reason == WeekReport.Reason.LATE_DATA


def test_a_week_waits_for_open_verdicts_and_for_data_whichever_comes_last():
    verdicts_last, data_last = make_account(), make_account()
    for shop in (verdicts_last, data_last):
        send(shop, message("2026-01-18T20:00:00Z"), observed_at="2026-01-18T21:00:00Z", now=at("2026-01-18 21:00"))
        assert close(shop, "2026-01-19 00:00") == (1, 0)
    send(verdicts_last, observed_at="2026-01-19T01:00:00Z")
    assert close(verdicts_last, "2026-01-19 01:00") == (0, 0)
    for shop in (verdicts_last, data_last):
        assert close(shop, "2026-01-19 20:00:01") == (0, 1 if shop == verdicts_last else 0)
    send(data_last, observed_at="2026-01-19T21:00:00Z", now=at("2026-01-19 21:00"))
    assert close(data_last, "2026-01-19 21:00") == (0, 1)
    for shop in (verdicts_last, data_last):
        revised = WeekReport.objects.get(account=shop, revision=1)
        assert revised.reason == WeekReport.Reason.RIPENED
        assert revised.readings.get(metric=LATE.slug).value == 1


def test_a_system_that_falls_silent_lets_its_weeks_go():
    shop = make_account()
    send(shop, order("2026-01-05T10:00:00Z"), observed_at="2026-01-06T00:00:00Z", system="x-shop")
    send(shop, *answered("2026-01-14"), observed_at="2026-01-19T00:00:00Z")
    assert close(shop, "2026-01-19 00:00") == (2, 0)
    report = WeekReport.objects.get(ends_on=SUNDAY)
    assert report.open
    # x-shop was heard on the 6th; on the 20th it is 14 days behind.
    later = at("2026-02-01 12:00")
    send(shop, observed_at="2026-01-20T00:00:00Z", now=later)
    assert due_accounts(later) >= {shop.id}
    close(shop, "2026-01-20 00:01")
    # Nothing changed but that nobody waits any more: the orders' figures stay as incomplete as they are.
    assert not AwaitedData.objects.filter(account=shop).exists()
    send(shop, *answered("2026-01-15"), observed_at="2026-01-20T01:00:00Z", now=later)
    assert close(shop, "2026-01-20 01:00")[1] == 1
    newest = WeekReport.objects.filter(ends_on=SUNDAY).order_by("-revision").first()
    shipped = newest.readings.get(metric="late_shipment_rate")
    assert (shipped.complete_until, newest.open) == (date(2026, 1, 5), False)
