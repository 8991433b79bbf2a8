"""The nightly proof: one wrong total is named the next morning, with account, day, part and both values, and healed."""

import json
import logging
import threading
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kpis import recounting, tasks
from kpis.catalogue import METRICS
from kpis.layouts import LAYOUTS
from kpis.metrics import Part
from kpis.models import DayFailure, DayTotal, ProofDifference, ProofRun
from kpis.proof import due_accounts, prove, prove_account, prove_if_due
from kpis.recounting import recount_of
from kpis.sweep import sweep
from messaging.models import Message, Reply
from orders.models import Order, ShipmentVerdict
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.aftermath import aftermaths
from tests.makers import NOW, make_account, make_conversation, make_order
from tests.test_counting import NOW as APRIL
from tests.test_counting import ZONES, answers, build, conversations, placed

DAY = date(2026, 1, 18)
LATE = METRICS["late_response_rate"]
# Other metrics may share these sums, and are then named beside it.
HITS, COUNTED = (recounting.part_name(LATE.fact, part) for part in (LATE.hits, LATE.counted))


def late_and_answered(account: SellerAccount) -> None:
    """On 18 January four buyers wrote: three were answered late, one in time."""
    for hour in (8, 9, 10):
        make_conversation(account, ("buyer", f"2026-01-18 {hour:02}:00"), ("agent", "2026-01-19 20:00"))
    make_conversation(account, ("buyer", "2026-01-18 11:00"), ("agent", "2026-01-18 12:00"))
    sweep(NOW)


def stored(account: SellerAccount, fact: str = "contacts", day: date = DAY) -> list[int]:
    return DayTotal.objects.get(account=account, fact=fact, day=day).sums


def position(part: str, fact: str = "contacts") -> int:
    return recount_of(fact).names.index(part)


def tamper(account: SellerAccount, sums: object, fact: str = "contacts", day: date = DAY) -> None:
    """Change a stored total the way nobody should: past every mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kpis_daytotal SET sums = %s WHERE account_id = %s AND fact = %s AND day = %s",
            [json.dumps(sums), account.id, fact, day],
        )
        assert cursor.rowcount == 1


def instead(sums: list[int], part: str, value: object) -> list[object]:
    return [value if number == position(part) else sum_ for number, sum_ in enumerate(sums)]


def told(differences):
    return [(one.account.key, one.fact, one.day, one.part, one.stored, one.counted, one.healed) for one in differences]


# --- What is found -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_tampered_total_is_named_with_account_day_part_and_both_values_and_healed(caplog):
    shop, other = make_account("lumora"), make_account("other")
    late_and_answered(shop)
    late_and_answered(other)
    right = stored(shop)
    assert right[position(HITS)] == 3
    tamper(shop, instead(right, HITS, 7))
    with caplog.at_level(logging.ERROR, "kpis.proof"):
        differences = prove(NOW)
    assert told(differences) == [("lumora", "contacts", DAY, HITS, 7, 3, True)]
    assert stored(shop) == right
    difference = ProofDifference.objects.get()
    assert (difference.account, difference.stored, difference.counted) == (shop, 7, 3)
    assert (difference.found_at, difference.healed_at) == (NOW, NOW)
    assert f"account={shop.id} fact=contacts day=2026-01-18 part='{HITS}' stored=7 counted=3" in caplog.text
    assert prove(NOW) == []
    assert list(ProofRun.objects.order_by("id").values_list("account__key", "differences")) == [
        ("lumora", 1), ("other", 0), ("lumora", 0), ("other", 0),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tampered", "named"),
    [
        ([], [("stored", None), ("counted", 4)]),
        ({"a": 1}, [("stored", None), ("counted", 4)]),
        (None, []),
    ],
)
def test_a_total_that_is_no_list_of_sums_is_found(tampered, named):
    shop = make_account()
    late_and_answered(shop)
    right = stored(shop)
    if tampered is None:  # a surplus sum and a sum of another type
        tamper(shop, [*instead(right, HITS, 3.0), 5])
        assert [(one.part, one.stored, one.counted) for one in prove(NOW)] == [
            (HITS, 3.0, 3),
            (f"position {len(right) + 1}, which is no part", 5, None),
        ]
    else:
        tamper(shop, tampered)
        found = {one.part: {"stored": one.stored, "counted": one.counted} for one in prove(NOW)}
        assert found[COUNTED] == dict(named)
    assert stored(shop) == right


@pytest.mark.django_db
def test_a_day_with_rows_but_no_total_is_found_and_counted():
    shop = make_account()
    late_and_answered(shop)
    right = stored(shop)
    DayTotal.objects.filter(account=shop, fact="contacts", day=DAY).delete()
    found = {one.part: (one.stored, one.counted) for one in prove(NOW)}
    assert found[HITS] == (None, 3)
    assert stored(shop) == right


@pytest.mark.django_db
def test_a_total_of_a_day_without_rows_is_found_and_emptied():
    shop = make_account()
    late_and_answered(shop)
    stray = date(2026, 1, 3)
    layout = LAYOUTS["contacts"]
    sums = instead([0] * len(layout.parts), HITS, 2)
    DayTotal.objects.create(
        account=shop, fact="contacts", day=stray, sums=sums, recipe=layout.recipe, counted_at=NOW
    )  # fmt: skip
    assert [(one.day, one.part, one.stored, one.counted) for one in prove(NOW)] == [(stray, HITS, 2, 0)]
    assert stored(shop, day=stray) == [0] * len(layout.parts)


@pytest.mark.django_db
def test_rows_changed_past_their_marks_are_found():
    shop = make_account()
    late_and_answered(shop)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET reply = %s WHERE account_id = %s AND reply = %s",
            [Reply.ON_TIME, shop.id, Reply.LATE],
        )
    found = {one.part: (one.stored, one.counted, one.healed) for one in prove(NOW)}
    assert found[HITS] == (3, 0, True)


@pytest.mark.django_db
def test_a_verdict_that_waits_past_its_deadline_is_found(monkeypatch):
    """A house whose clockwork forgot one table: nothing turns the order's passed ship-by date into a row."""
    monkeypatch.setattr("kpis.sweep.LAPSES", ())
    shop = make_account()
    make_order(shop, "2026-01-10 10:00", ship_by="2026-01-12 10:00", now=datetime(2026, 1, 11, tzinfo=UTC))
    differences = prove(NOW)
    assert told(differences) == [
        (shop.key, "orders", date(2026, 1, 10), "shipment: waits past its deadline", 1, 0, False)
    ]
    assert ProofDifference.objects.get().healed_at is None
    monkeypatch.undo()
    later = NOW + timedelta(days=1)
    assert prove(later) == []
    assert Order.objects.get().shipment == ShipmentVerdict.OVERDUE
    assert ProofDifference.objects.get().healed_at == later


# --- What is no difference -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_waits_is_counted_first_and_is_no_difference():
    shop = make_account()
    make_conversation(shop, ("buyer", "2026-01-18 08:00"))
    assert Mark.objects.exists()
    assert prove(NOW) == []
    assert not Mark.objects.exists()


@pytest.mark.django_db
def test_a_day_that_is_set_aside_waits_and_is_told_apart():
    shop = make_account()
    late_and_answered(shop)
    tamper(shop, instead(stored(shop), HITS, 7))
    Mark.objects.create(account=shop, fact="contacts", day=DAY, marked_at=NOW)
    DayFailure.objects.create(account=shop, fact="contacts", day=DAY, attempts=3, error="x", failed_at=NOW)
    proved = prove_account(shop, NOW)
    assert (proved.differences, proved.waiting) == ([], 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_write_that_lands_while_a_day_is_being_read_gives_no_false_alarm():
    """The writer waits until the totals are read, then stores 200 messages with their marks, before the rows are."""
    shop = make_account()
    late_and_answered(shop)
    conversation = make_conversation(shop, ("buyer", "2026-01-18 13:00"), ("agent", "2026-01-18 14:00"))
    sweep(NOW)
    reading, written = threading.Event(), threading.Event()

    def write() -> None:
        reading.wait(10)
        Message.objects.bulk_create(
            Message(
                account=shop, conversation=conversation, system="late", external_id=str(number), author_kind="buyer",
                direction="inbound", sent_at=datetime(2026, 1, 18, 15, tzinfo=UTC), reply=Reply.NONE,
            )
            for number in range(200)
        )  # fmt: skip
        connection.close()
        written.set()

    thread = threading.Thread(target=write)
    thread.start()

    def between_totals_and_rows(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and '"kpis_daytotal"."sums"' in sql and "contacts" in params:
            reading.set()
            written.wait(10)
        return result

    with connection.execute_wrapper(between_totals_and_rows):
        proved = prove_account(shop, NOW)
    thread.join(10)
    assert written.is_set()
    assert proved.differences == []
    assert Mark.objects.filter(account=shop, fact="contacts", day=DAY).exists()
    sweep(NOW)
    assert stored(shop)[position(COUNTED)] == 5 + 200
    assert prove(NOW) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_proofs_beside_writers_and_sweepers_find_nothing():
    import time

    from tests.test_stress import NOW as STRESS
    from tests.test_stress import Crew, writer

    accounts = [make_account() for _number in range(2)]
    crew = Crew(time.monotonic() + 4)
    found: list[object] = []
    for number in range(2):
        crew.start(writer(accounts, number))
    crew.start(lambda: sweep(STRESS))
    crew.start(lambda: found.extend(prove(STRESS, accounts)))
    crew.join()
    assert found == []
    assert ProofRun.objects.filter(finished_at__isnull=False).count() > 2
    assert prove(STRESS) == []


class TestAnyFacts(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(
        zone=st.sampled_from(ZONES), threads=conversations, given_answers=answers, orders=placed, aftermath=aftermaths
    )
    def test_the_recount_agrees_with_the_engine(self, zone, threads, given_answers, orders, aftermath):
        account = build(zone, threads, given_answers, orders, aftermath)
        proved = prove_account(account, APRIL, days=None)
        assert proved.differences == []
        assert proved.days == DayTotal.objects.filter(account=account).count()


# --- Which days ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_older_days_come_round_once_in_28_nights():
    shop = make_account()
    # 60 days before the 35 newest: from 16 October to 15 December 2025, one order each.
    old = [date(2025, 12, 15) - timedelta(days=back) for back in range(60)]
    for day in old:
        make_order(shop, f"{day} 10:00")
    sweep(NOW)
    seen: list[date] = []
    for night in range(28):
        # Each night tampers with every old day and is told of those it looks at.
        now = NOW + timedelta(days=night)
        untouched = DayTotal.objects.filter(account=shop, fact="orders", day__in=old)
        for total in untouched:
            tamper(shop, [999] * len(total.sums), "orders", total.day)
        proved = prove_account(shop, now, days=35 + night)  # the same days stay old
        ProofDifference.objects.all().delete()
        days = {one.day for one in proved.differences}
        assert 2 <= len(days) <= 3  # 60 / 28
        seen += days
    assert sorted(seen) == sorted(old)


@pytest.mark.django_db
def test_all_looks_at_every_day_and_days_at_the_newest_only():
    shop = make_account()
    make_order(shop, "2025-06-01 10:00")
    make_order(shop, "2026-01-10 10:00")
    sweep(NOW)
    assert prove_account(shop, NOW, days=None).days == 2
    # 1 June 2025 is day 739403, 20 January 2026 day 739636: 739403 % 28 = 11, 739636 % 28 = 20.
    assert prove_account(shop, NOW).days == 1
    # 9 February 2026 is day 739656, and 739656 % 28 = 12; so 8 February is the night of 1 June.
    assert prove_account(shop, datetime(2026, 2, 8, 12, tzinfo=UTC)).days == 2


@pytest.mark.django_db
def test_rows_are_read_in_chunks_and_agree_across_their_borders(monkeypatch):
    monkeypatch.setattr(recounting, "CHUNK", 2)
    monkeypatch.setattr(recounting, "REMEMBERED", 1)
    shop = make_account()
    late_and_answered(shop)
    assert prove(NOW) == []


def test_a_part_is_named_by_all_metrics_that_share_it():
    assert "late_response_rate" in HITS and HITS.endswith("hits")
    names = recount_of("orders").names
    assert "cancellation_rate: hits" in names
    shared = next(name for name in names if "negative_feedback_rate" in name and name.endswith(": counted"))
    assert {"order_defect_rate", "atoz_claim_rate"} < set(shared.removesuffix(": counted").split(", "))
    assert recounting.part_name(LAYOUTS["orders"].fact, Part(LAYOUTS["turns"].parts[0].condition)) == ""


# --- When ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_night_begins_at_two_on_the_accounts_own_clock_and_is_proved_once():
    shop = make_account(time_zone="America/Los_Angeles")  # 02:00 is 10:00 UTC in winter
    night = datetime(2026, 1, 20, 10, 0, tzinfo=UTC)
    assert prove_if_due(shop, night - timedelta(days=1, hours=3)) is not None
    assert due_accounts(night - timedelta(days=1)) == [shop.id]
    assert prove_if_due(shop, night - timedelta(days=1)) is not None
    assert due_accounts(night - timedelta(seconds=1)) == []
    assert due_accounts(night) == [shop.id]
    assert prove_if_due(shop, night) is not None
    assert prove_if_due(shop, night + timedelta(minutes=1)) is None
    # A missed night is caught up whenever somebody is there again.
    assert due_accounts(night + timedelta(days=9, hours=5)) == [shop.id]


@pytest.mark.django_db
def test_a_proof_that_was_killed_is_begun_again_after_its_lease():
    shop = make_account()
    ProofRun.objects.create(account=shop, started_at=NOW)
    assert prove_if_due(shop, NOW + timedelta(minutes=14)) is None
    assert prove_if_due(shop, NOW + timedelta(minutes=16)) is not None
    assert prove_if_due(shop, NOW + timedelta(minutes=17)) is None


@pytest.mark.django_db
def test_the_accounts_that_waited_longest_come_first():
    first, second, third = (make_account() for _number in range(3))
    prove_account(first, NOW - timedelta(days=2))
    prove_account(second, NOW - timedelta(days=3))
    assert due_accounts(NOW) == [third.id, second.id, first.id]


@pytest.mark.django_db
def test_proofs_without_differences_are_forgotten_after_100_days():
    shop = make_account()
    prove_account(shop, NOW - timedelta(days=200))
    ProofRun.objects.update(differences=1)
    for days in (150, 101, 99):
        prove_account(shop, NOW - timedelta(days=days))
    prove_account(shop, NOW)
    ages = [(NOW - run.started_at).days for run in ProofRun.objects.order_by("-started_at")]
    assert ages == [0, 99, 200]


@pytest.mark.django_db
def test_the_task_proves_what_is_due():
    shop = make_account()
    tasks.prove_account(account_id=shop.id)
    tasks.prove_account(account_id=shop.id)
    assert ProofRun.objects.filter(account=shop).count() == 1


# --- The command ---------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("prove", *arguments, f"--now={NOW.isoformat()}", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_prints_what_it_did_and_fails_on_a_difference_although_it_healed_it():
    shop = make_account("lumora")
    make_order(shop, "2026-01-18 10:00")
    make_order(shop, "2026-01-18 11:00")
    sweep(NOW)
    assert run() == "lumora: 1 days compared with 2 rows, 0 wait.\n0 differences.\n"
    part = "cancellation_rate: hits"
    right = stored(shop, "orders")
    wrong = [7 if number == position(part, "orders") else total for number, total in enumerate(right)]
    tamper(shop, wrong, "orders")
    out = StringIO()
    with pytest.raises(CommandError, match="1 stored sums differed from their rows; 1 are healed") as failed:
        call_command("prove", f"--now={NOW.isoformat()}", stdout=out)
    assert failed.value.returncode == 1
    assert f"  lumora orders 2026-01-18 {part}: stored 7, counted 0; healed\n" in out.getvalue()
    assert json.loads(run("--json", "--account=lumora", "--all")) == {
        "accounts": [{"account": "lumora", "days": 1, "rows": 2, "waiting": 0, "differences": []}],
        "differences": 0,
        "failed": [],
    }


@pytest.mark.django_db
def test_the_command_refuses_days_that_are_none():
    with pytest.raises(CommandError, match="from 0 to 36525"):
        run("--days=-1")
