"""Import runs: files are kept, read in pieces, resumed where they were, and never taken in twice."""

import io
import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import keys
from intake import imports, vault
from intake.models import ImportRun, RawChunk, RawItem, RejectedRow
from intake.raw import PIECE, open_item
from intake.readers import READERS
from intake.retry import retry
from intake.tasks import run_imports
from messaging.models import Agent, Conversation, Message, Reply, Standing, SurveyAnswer, Turn
from orders.models import CancellationVerdict, Chargeback, Claim, Order, PolicyViolation, ShipmentVerdict
from sellers import planner
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import make_account
from tests.test_kill import House, houses  # noqa: F401  # a fixture

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
HEADER = "external_id,placed_at,status\n"


def orders_csv(count: int, first: int = 0) -> bytes:
    rows = (f"o-{number},2026-11-0{number % 9 + 1}T10:00:00Z,shipped\n" for number in range(first, first + count))
    return (HEADER + "".join(rows)).encode()


def take_in(account: SellerAccount, content: bytes, now: datetime = NOW, **options: Any) -> ImportRun:
    run = imports.store(account, "file", io.BytesIO(content), now=now, **options)
    return imports.run(run.pk, now=now)


@pytest.fixture
def account(db: None) -> SellerAccount:
    return make_account("acme-us", time_zone="America/Los_Angeles")


# --- The command and the samples -------------------------------------------------------------------------------------


def command(*words: str) -> tuple[list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", *words, "--json", stdout=out, stderr=err)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def sample(*names: str) -> list[dict[str, Any]]:
    paths = [str(DATA / name) for name in names]
    return command(*paths, "--account", "acme-us", "--now", "2026-11-21T00:00:00Z")[0]


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[name] for name in ("received", "created", "updated", "unchanged", "stale", "quarantined"))


SAMPLES = {
    "chargebacks.csv": 1, "claims.csv": 1, "messages.csv": 2, "orders.csv": 2, "policy_violations.csv": 1,
    "survey_answers.csv": 3, "ingest_batch.json": 14,
}  # fmt: skip


def test_the_samples_go_in_and_the_same_files_again_create_nothing(account: SellerAccount) -> None:
    first = sample(*SAMPLES)
    assert [counts(result) for result in first] == [(n, n, 0, 0, 0, 0) for n in SAMPLES.values()]
    Mark.objects.all().delete()
    again = sample(*SAMPLES)
    assert [counts(result) for result in again] == [(n, 0, 0, n, 0, 0) for n in SAMPLES.values()]
    assert not Mark.objects.exists()
    assert (RawItem.objects.count(), ImportRun.objects.count()) == (7, 14)


def test_what_the_sample_orders_say(account: SellerAccount) -> None:
    sample("orders.csv")
    shipped = Order.objects.get(external_id="111-1111111-1111111")
    package = shipped.shipments.get()
    # Ship by 4 November 23:59:59 in Los Angeles, confirmed 4 November 01:10: on time.
    assert (shipped.day.isoformat(), shipped.shipment) == ("2026-11-02", ShipmentVerdict.ON_TIME)
    assert (shipped.total_amount, shipped.refunded_amount, shipped.system) == (Decimal("54.97"), 0, "manual")
    assert (package.carrier, package.tracking_number, package.tracking_valid) == ("UPS", "1Z999AA10123456784", True)
    cancelled = Order.objects.get(external_id="118-8888888-8888888")
    assert (cancelled.cancellation, cancelled.shipments.count()) == (CancellationVerdict.SELLER, 0)
    assert cancelled.refunded_amount is None


def test_what_the_sample_messages_and_answers_say(account: SellerAccount) -> None:
    sample("survey_answers.csv", "messages.csv")
    asked = Message.objects.get(external_id="m-1")
    # From 15:02:11 to 18:40:00: 3 h 37 min 49 s.
    assert (asked.reply, asked.reply_seconds) == (Reply.ON_TIME, 3 * 3600 + 37 * 60 + 49)
    assert (asked.replied_by, Agent.objects.get().name) == (Agent.objects.get(), "Sam")
    thread = Conversation.objects.get(external_id="c-1")
    assert (thread.channel, thread.order_external_ids) == ("email", ["111-1111111-1111111"])
    assert (Turn.objects.get().channel, asked.body.text) == ("email", "Where is my parcel?")
    yes, rated, offered = SurveyAnswer.objects.order_by("external_id")
    assert (yes.solved, yes.standing) == (True, Standing.COUNTS)
    assert (rated.value_number, rated.scale_min, rated.scale_max, rated.comment) == (4, 1, 5, "ok")
    assert (offered.answered_at, offered.standing, offered.conversation.external_id) == (
        None, Standing.UNANSWERED, "c-2",
    )  # fmt: skip


def test_what_the_other_samples_say(account: SellerAccount) -> None:
    sample("claims.csv", "chargebacks.csv", "policy_violations.csv")
    claim, chargeback, violation = Claim.objects.get(), Chargeback.objects.get(), PolicyViolation.objects.get()
    assert (claim.order_external_id, claim.day.isoformat(), claim.amount, claim.counts_in_odr) == (
        "114-4444444-4444444", "2026-11-11", Decimal("39.99"), None,
    )  # fmt: skip
    # 15 November 03:30 UTC is still the 14th in Los Angeles.
    assert (chargeback.day.isoformat(), chargeback.status) == ("2026-11-14", "needs_response")
    assert (violation.category, violation.day.isoformat(), violation.count) == ("received_ip", "2026-11-01", 1)


def test_the_command_tells_what_was_set_aside_and_still_succeeds(account: SellerAccount, tmp_path: Path) -> None:
    path = tmp_path / "anything.txt"
    path.write_bytes(orders_csv(2) + b"o-9,never,shipped\n")
    results, progress = command(str(path), "--account", "acme-us")
    assert counts(results[0]) == (3, 2, 0, 0, 0, 1)
    assert results[0]["format"] == "file.orders"
    error = results[0]["errors"][0]
    assert (error["pointer"], error["field"], error["code"]) == ("line 4", "placed_at", "bad_timestamp")
    assert "3 rows, 100 %" in progress
    out = io.StringIO()
    call_command("ingest", str(path), "--account", "acme-us", stdout=out, stderr=io.StringIO())
    assert "3 received = 0 created, 0 updated, 2 unchanged, 0 stale, 1 quarantined" in out.getvalue()
    assert "line 4 placed_at: bad_timestamp" in out.getvalue()


@pytest.mark.parametrize("content", [b"", b"colour,size\n1,2\n", b'{"records": [{"type": "ord', b"\x00\x01\x02"])
def test_the_command_fails_when_a_file_cannot_be_read_to_its_end(
    account: SellerAccount, tmp_path: Path, content: bytes
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad"
    good.write_bytes(orders_csv(1))
    bad.write_bytes(content)
    with pytest.raises(CommandError, match="bad"):
        command(str(bad), str(good), "--account", "acme-us")
    assert Order.objects.count() == 1
    assert {run.state for run in ImportRun.objects.all()} == {"done", "failed"}


def test_the_command_refuses_what_it_does_not_know(account: SellerAccount, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(orders_csv(1))
    refusals = {
        "There is no account “nobody”": ["--account", "nobody"],
        "Unknown format x": ["--account", "acme-us", "--format", "x"],
        "“2026-11-21” has no time zone": ["--account", "acme-us", "--now", "2026-11-21"],
        "“3026-11-21T00:00:00Z” is not between": ["--account", "acme-us", "--now", "3026-11-21T00:00:00Z"],
    }
    for said, words in refusals.items():
        with pytest.raises(CommandError, match=said):
            command(str(path), *words)
    assert not ImportRun.objects.exists()
    with pytest.raises(CommandError, match=r"no\.csv"):
        command(str(tmp_path / "no.csv"), "--account", "acme-us")


# --- Versions of files -----------------------------------------------------------------------------------------------


def test_a_file_speaks_as_of_when_it_first_arrived(account: SellerAccount) -> None:
    old, new = (
        HEADER.encode() + b"o-1,2026-11-01T10:00:00Z,pending\n",
        HEADER.encode() + b"o-1,2026-11-01T10:00:00Z,shipped\n",
    )
    take_in(account, old, now=NOW)
    take_in(account, new, now=NOW + timedelta(hours=1))
    again = take_in(account, old, now=NOW + timedelta(hours=2))  # somebody uploads the old file once more
    assert (again.stale, Order.objects.get().status) == (1, "shipped")


def test_the_account_one_names_decides_and_not_the_files(account: SellerAccount) -> None:
    make_account("other")
    record = {"type": "order", "external_id": "o-1", "placed_at": "2026-11-01T10:00:00Z", "status": "shipped"}
    document = {"account": "other", "system": "x-demo", "records": [record, {**record, "account": "other"}]}
    run = take_in(account, json.dumps(document).encode())
    assert (run.created, run.quarantined) == (1, 1)
    assert RejectedRow.objects.get().code == "unknown_account"
    assert (Order.objects.get().account, Order.objects.get().system) == (account, "x-demo")


# --- Raw items -------------------------------------------------------------------------------------------------------


def test_raw_bytes_are_kept_verbatim_in_sealed_pieces(account: SellerAccount) -> None:
    content = bytes(range(256)) * 10_000  # 2.4 MiB
    run = imports.store(account, "x", io.BytesIO(content), now=NOW)
    assert open_item(run.raw_item).read() == content
    assert RawChunk.objects.count() == -(-len(content) // PIECE)
    assert not any(bytes(range(256)) in bytes(chunk.sealed) for chunk in RawChunk.objects.all())


def test_a_new_key_seals_and_the_old_one_still_opens(account: SellerAccount, settings: Any) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(1)), now=NOW)
    settings.RAW_KEYS = [keys.new_raw_key(), *settings.RAW_KEYS]
    assert imports.run(run.pk, now=NOW).created == 1
    settings.RAW_KEYS = settings.RAW_KEYS[:1]
    failed = take_in(account, orders_csv(1))
    assert failed.state == "failed"
    assert "RAW_KEYS" in failed.error
    assert vault.unseal(vault.seal(b"x")) == b"x"


def test_an_upload_that_broke_off_is_never_read_and_cleared_away(account: SellerAccount) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            if not piece:
                raise ConnectionError
            return piece

    with pytest.raises(ConnectionError):
        imports.store(account, "x", Broken(orders_csv(1)), now=NOW)
    assert (RawItem.objects.get().state, ImportRun.objects.count()) == ("receiving", 0)
    imports.store(account, "y", io.BytesIO(orders_csv(1)), now=NOW + timedelta(days=2))
    assert [item.name for item in RawItem.objects.all()] == ["y"]


# --- Rows that were set aside ----------------------------------------------------------------------------------------


def test_the_same_bad_rows_are_set_aside_once(account: SellerAccount) -> None:
    content = orders_csv(1) + b"o-9,never,shipped\n"
    for attempt in (1, 2):
        run = take_in(account, content)
        row = RejectedRow.objects.get()
        assert (run.quarantined, row.attempts, row.row_text) == (1, attempt, "o-9,never,shipped")


def test_rows_that_go_in_when_a_file_is_read_again_are_open_no_longer(account: SellerAccount) -> None:
    content = orders_csv(2) + b"o-9,never,shipped\n"
    early = take_in(account, content, now=datetime(2026, 10, 1, tzinfo=UTC))  # its rows are of November
    assert (early.quarantined, RejectedRow.objects.filter(state="open").count()) == (3, 3)
    assert take_in(account, content).created == 2
    rows = RejectedRow.objects.order_by("pk")
    assert [(row.state, row.resolved_at, row.external_id) for row in rows] == [
        ("resolved", NOW, "o-0"), ("resolved", NOW, "o-1"), ("open", None, rows[2].external_id),
    ]  # fmt: skip


def test_a_row_is_tried_again_in_the_format_it_was_read_in_last(account: SellerAccount) -> None:
    content = HEADER.encode() + b"o-9,never,shipped\n"
    take_in(account, content, format="file.claims")
    take_in(account, content)
    row = RejectedRow.objects.get()
    assert (row.context["source"], row.code, row.attempts) == ("file.orders", "bad_timestamp", 2)
    retry(row.pk, user=None, now=NOW, fixed_text="o-9,2026-11-01T10:00:00Z,shipped")
    assert Order.objects.get().external_id == "o-9"


def test_no_statement_names_more_keys_than_a_database_takes(
    account: SellerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[int] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if " IN (" in sql and not many:
            named.append(len(params))
        return execute(sql, params, many, context)

    monkeypatch.setattr(imports, "CHUNK", 2500)
    content = orders_csv(1200) + b"".join(b"x-%d,never,shipped\n" % number for number in range(1200))
    with connection.execute_wrapper(count):
        first, again = take_in(account, content), take_in(account, content)
    assert (first.created, again.unchanged, first.quarantined, again.quarantined) == (1200, 1200, 1200, 1200)
    assert max(named, default=0) <= 1010  # on PostgreSQL one array holds them all


@pytest.mark.postgres
def test_after_a_large_file_postgresql_knows_how_large_its_tables_have_become(
    account: SellerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known() -> float:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [Order._meta.db_table])
            return cursor.fetchone()[0]

    monkeypatch.setattr(planner, "MANY", 50)
    before = known()
    take_in(account, orders_csv(49))
    assert known() == before
    take_in(account, orders_csv(50, first=49))
    assert known() == Order.objects.count() == 99


def test_warnings_are_counted(account: SellerAccount) -> None:
    run = take_in(account, b"external_id,placed_at,status,gift\n" + b"o-1,2026-11-01T10:00:00Z,shipped,yes\n" * 3)
    assert run.warnings == {"unknown_column": 3, "duplicate_row": 2}
    assert (run.created, run.unchanged) == (1, 2)


# --- Interrupted, resumed, contested ---------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The process is gone: nobody catches this, nothing is tidied up."""


def cut_after(pieces: int) -> Any:
    left = itertools.count(1)

    def report(run: ImportRun) -> None:
        if next(left) == pieces:
            raise PowerCut

    return report


def test_an_interrupted_import_goes_on_where_it_was(account: SellerAccount) -> None:
    content = orders_csv(3500) + b"o-9,never,shipped\n" + orders_csv(700, first=3000).split(b"\n", 1)[1]
    run = imports.store(account, "x", io.BytesIO(content), now=NOW)
    with pytest.raises(PowerCut):
        imports.run(run.pk, now=NOW, report=cut_after(1))
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.received, Order.objects.count()) == ("running", 2000, 2000, 2000)
    assert imports.run_open(now=NOW, seconds=60) == 0  # its worker may still be alive
    ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert imports.run_open(now=NOW, seconds=60) == 1
    run.refresh_from_db()
    assert run.counts() == {
        "received": 4201, "created": 3700, "updated": 0, "unchanged": 500, "stale": 0, "quarantined": 1,
    }  # fmt: skip
    assert (run.state, run.rows_done, run.bytes_done, run.attempts) == ("done", 4201, len(content), 2)
    assert (Order.objects.count(), RejectedRow.objects.count()) == (3700, 1)


def test_a_worker_that_lost_its_run_writes_nothing_more(account: SellerAccount) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(2500)), now=NOW)

    def somebody_else_takes_it(current: ImportRun) -> None:
        ImportRun.objects.filter(pk=current.pk).update(worker="another")

    with pytest.raises(imports.ImportBusy):
        imports.run(run.pk, now=NOW, report=somebody_else_takes_it)
    assert Order.objects.count() == imports.CHUNK


def test_a_run_stops_when_its_time_is_over_and_is_queued_again(account: SellerAccount) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(2500)), now=NOW)
    stopped = imports.run(run.pk, now=NOW, seconds=0)
    assert (stopped.state, stopped.rows_done, stopped.attempts) == ("queued", imports.CHUNK, 0)
    assert imports.run_open(now=NOW, seconds=60) == 1
    run.refresh_from_db()
    assert (run.state, run.created) == ("done", 2500)


def test_a_file_that_kills_every_worker_is_given_up(account: SellerAccount) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(1)), now=NOW)
    long_ago = timezone.now() - timedelta(seconds=61)
    ImportRun.objects.update(state="running", attempts=5, heartbeat_at=long_ago)
    assert imports.run_open(now=NOW, seconds=60) == 0
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Given up: 5 attempts to read it were cut off.")


def test_passing_over_what_is_done_costs_no_turn_and_a_file_alone_goes_on(
    account: SellerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]
    monkeypatch.setattr(imports, "CHUNK", 10)
    monkeypatch.setattr(imports, "time", SimpleNamespace(monotonic=lambda: passed[0]))

    def slow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "intake_importrun" SET "heartbeat_at"'):
            passed[0] += 40  # every sign of life, one for passing over and one for each chunk
        return execute(sql, params, many, context)

    run = imports.store(account, "x", io.BytesIO(orders_csv(200)), now=NOW)
    other = imports.store(account, "y", io.BytesIO(orders_csv(1)), now=NOW)
    ImportRun.objects.filter(pk=run.pk).update(rows_done=10)
    with connection.execute_wrapper(slow):
        # 40 s of passing over; then 40, 80 and 120 s: three chunks, because another file waits.
        assert imports.run(run.pk, now=NOW, seconds=100).rows_done == 40
        other.delete()
        # Alone it goes on until four turns are over: the eleventh chunk ends after 440 s.
        stopped = imports.run(run.pk, now=NOW, seconds=100)
    assert (stopped.rows_done, stopped.state) == (150, "queued")


@pytest.fixture
def busy() -> Iterator[set[str]]:
    """A database that is too busy for orders of these external IDs."""
    refused: set[str] = set()

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        named = f'"{params}"' if many else " ".join(f'"{value}"' for value in params or ())  # some are arrays
        if '"orders_order"' in sql and any(f'"{one}"' in named for one in refused):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield refused


def test_a_busy_database_costs_an_import_no_attempt_once_rows_went_in(account: SellerAccount, busy: set[str]) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(imports.CHUNK + 1)), now=NOW)
    busy.add(f"o-{imports.CHUNK}")
    with pytest.raises(OperationalError):
        imports.run(run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.worker, run.attempts, run.rows_done, run.error) == ("queued", "", 0, imports.CHUNK, "")
    busy.clear()
    assert imports.run_open(now=NOW, seconds=60) == 1  # at once, not after a minute of silence
    run.refresh_from_db()
    assert (run.state, run.created, run.attempts) == ("done", imports.CHUNK + 1, 1)


def test_the_command_says_in_one_sentence_that_the_database_is_busy(
    account: SellerAccount, busy: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(orders_csv(1))
    busy.add("o-0")
    with pytest.raises(CommandError, match=r"busy or away \(database is locked\); a worker goes on"):
        command(str(path), "--account", "acme-us")
    busy.clear()
    assert imports.run_open(now=NOW, seconds=60) == 1
    assert Order.objects.count() == 1


def test_an_import_the_database_never_takes_is_given_up_and_holds_up_no_other(
    account: SellerAccount, busy: set[str]
) -> None:
    stuck = imports.store(account, "x", io.BytesIO(orders_csv(1)), now=NOW)
    other = imports.store(account, "y", io.BytesIO(orders_csv(1, first=5)), now=NOW)
    busy.add("o-0")
    assert [imports.run_open(now=NOW, seconds=60) for _tick in range(5)] == [1, 0, 0, 0, 0]
    stuck.refresh_from_db()
    other.refresh_from_db()
    assert (stuck.state, stuck.attempts, other.state) == ("queued", 5, "done")
    imports.run_open(now=NOW, seconds=60)
    stuck.refresh_from_db()
    assert (stuck.state, stuck.error) == ("failed", "Given up: 5 attempts to read it were cut off.")


def test_an_import_goes_on_in_the_zone_the_account_has_now(account: SellerAccount) -> None:
    run = imports.store(account, "x", io.BytesIO(orders_csv(imports.CHUNK + 1)), now=NOW)

    def somebody_moves_the_account(current: ImportRun) -> None:
        SellerAccount.objects.update(time_zone="Pacific/Kiritimati")

    imports.run(run.pk, now=NOW, report=somebody_moves_the_account)
    # 10:00 UTC is 02:00 of the same day in Los Angeles and midnight of the next one on Kiritimati.
    days = {order.external_id: order.day.isoformat() for order in Order.objects.all()}
    assert (days["o-0"], days[f"o-{imports.CHUNK}"]) == ("2026-11-01", "2026-11-04")


def test_a_finished_run_is_not_run_again(account: SellerAccount) -> None:
    run = take_in(account, orders_csv(1))
    with pytest.raises(imports.ImportBusy):
        imports.run(run.pk, now=NOW)


def test_a_broken_file_keeps_what_came_before_the_break(account: SellerAccount) -> None:
    record = json.dumps(
        {"type": "order", "external_id": "o-1", "placed_at": "2026-11-01T10:00:00Z", "status": "shipped"}
    )
    run = take_in(account, f'{{"records": [{record}, {{"type": '.encode())
    assert (run.state, run.created) == ("failed", 1)
    assert "not valid JSON from here on" in run.error


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_read_one_file_at_the_same_time() -> None:
    account = make_account("acme-us")
    for number in range(6):
        imports.store(account, f"{number}", io.BytesIO(orders_csv(40, first=40 * number)), now=NOW)
    worked: list[int] = []

    def work() -> None:
        try:
            worked.append(imports.run_open(now=NOW, seconds=60))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(worked) == 6
    assert {(run.state, run.created, run.attempts) for run in ImportRun.objects.all()} == {("done", 40, 1)}


LOOK = """
import json
from intake.models import ImportRun
from orders.models import Order
run = ImportRun.objects.first() or ImportRun()
print(json.dumps({**run.counts(), "state": run.state, "rows_done": run.rows_done, "orders": Order.objects.count()}))
"""
GO_ON = """
from datetime import timedelta
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake import imports
from intake.models import ImportRun
ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
print(imports.run_open(now=timezone.now(), seconds=120))
"""


def test_an_import_killed_in_the_middle_is_finished_by_the_next_worker(
    houses: tuple[House, House],  # noqa: F811  # the fixture imported above
    tmp_path: Path,
) -> None:
    house, _other = houses
    path = tmp_path / "orders.csv"
    path.write_bytes(orders_csv(30_000))
    house.run("migrate", "--verbosity", "0")
    house.run("account", "acme-us", "--platform", "amazon", "--zone", "America/Los_Angeles")

    def look() -> dict[str, Any]:
        return json.loads(house.run("shell", "--no-imports", "-c", LOOK).strip().splitlines()[-1])

    process = house.start("ingest", str(path), "--account", "acme-us", "--now", "2026-11-21T00:00:00Z")
    while process.poll() is None and not look()["rows_done"]:
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    broken = look()
    assert 0 < broken["rows_done"] < 30_000, "killed too late: this test proves nothing"
    assert broken["rows_done"] == broken["received"] == broken["orders"]
    house.run("shell", "--no-imports", "-c", GO_ON)
    assert look() == {
        "received": 30_000, "created": 30_000, "updated": 0, "unchanged": 0, "stale": 0, "quarantined": 0,
        "state": "done", "rows_done": 30_000, "orders": 30_000,
    }  # fmt: skip


def test_the_beat_takes_in_what_waits(account: SellerAccount) -> None:
    imports.store(account, "x", io.BytesIO(orders_csv(3)), now=NOW)
    run_imports(unknown_argument_of_a_newer_release=1)
    assert ImportRun.objects.get().state == "done"
    run_imports()
    assert Order.objects.count() == 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"", b"[", b'{"records": [', b'{"system": "\\u0000", "records": [7,', HEADER.encode(),
                           b"external_id\x00,placed_at,status,external_id\xff\no-1,"]),
    content=st.binary(max_size=120) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    source=st.sampled_from([None, *READERS]),
)  # fmt: skip
def test_no_file_escapes_as_an_exception(db: None, start: bytes, content: bytes, source: str | None) -> None:
    with transaction.atomic():
        run = take_in(make_account("acme-us"), start + content, format=source)
        assert run.state in ("done", "failed")
        assert run.received == run.rows_done == run.created + run.unchanged + run.quarantined
        assert RejectedRow.objects.count() == run.quarantined
        transaction.set_rollback(True)


def test_a_row_with_a_very_long_place_is_set_aside_and_settled_when_it_is_read_again(account: SellerAccount) -> None:
    # Objects within objects, 40 deep: the places of the rows have 200 letters and more, and differ only in the last.
    content: Any = {"nodes": [{"id": "one"}, {"id": "two"}]}
    for _number in range(40):
        content = {"data": content}
    run = take_in(account, json.dumps(content).encode(), format="shopify.graphql")
    assert (run.state, run.received, run.quarantined) == (ImportRun.State.DONE, 2, 2)
    places = set(RejectedRow.objects.values_list("pointer", flat=True))
    assert len(places) == 2
    assert all(place.startswith("/data/data/") and len(place) <= 120 for place in places)
    run = take_in(account, json.dumps(content).encode(), format="shopify.graphql")
    assert set(RejectedRow.objects.values_list("pointer", flat=True)) == places
