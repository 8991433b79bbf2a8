"""The gate: whatever the order and however often, the same inputs leave the same rows, and no row goes unaccounted."""

import itertools
import json
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.codes import ErrorCode
from intake.gate import BatchConflict, BatchInProgress, BatchTooLarge, EnvelopeError, ingest
from intake.models import BatchReceipt, DeleteNotice, RawItem, RejectedRow
from intake.touched import Touched
from messaging.models import Agent, Conversation, Message, MessageBody, Reply, Standing, SurveyAnswer, Turn
from orders.models import (
    Chargeback,
    Claim,
    Feedback,
    OfficialFigure,
    Order,
    PolicyViolation,
    RatingStanding,
    Return,
    ReturnStanding,
    Shipment,
    ShipmentVerdict,
)  # fmt: skip
from sellers.blank import blank
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import make_account

NOW = datetime(2026, 11, 21, tzinfo=UTC)
numbers = itertools.count(1)


def batch(*records: Any, observed_at: str = "2026-11-20T08:00:00Z", **words: Any) -> dict[str, Any]:
    envelope = {"schema": "1", "batch_id": f"b-{next(numbers)}", "account": "acme", "system": "x-demo"}
    return {**envelope, "observed_at": observed_at, "records": list(records), **words}


def message(external_id: str = "m-1", **values: Any) -> dict[str, Any]:
    record = {
        "type": "message", "external_id": external_id, "conversation_external_id": "c-1",
        "sent_at": "2026-11-09T15:00:00Z", "author_kind": "buyer", "direction": "inbound",
    }  # fmt: skip
    return {**record, **values}


def order(external_id: str = "o-1", **values: Any) -> dict[str, Any]:
    record = {"type": "order", "external_id": external_id, "placed_at": "2026-11-02T10:00:00Z", "status": "shipped"}
    return {**record, **values}


def conversation(external_id: str = "c-1", **values: Any) -> dict[str, Any]:
    return {"type": "conversation", "external_id": external_id, "channel": "email", **values}


def send(account: SellerAccount, *records: Any, **words: Any) -> dict[str, Any]:
    answer = ingest(account, batch(*records, **words), owner="test", now=NOW)
    parts = sum(answer[name] for name in ("created", "updated", "unchanged", "stale", "quarantined"))
    assert answer["received"] == parts == len(records)
    return answer


@pytest.fixture
def account(db: None) -> SellerAccount:
    return make_account("acme", time_zone="America/Los_Angeles")


def test_what_two_systems_bring_in_one_batch_is_all_stored(account: SellerAccount) -> None:
    package = {"external_id": "p-1", "shipped_at": "2026-11-03T10:00:00Z"}
    records = [
        record
        for system in ("x-desk", "x-shop")
        for record in (order(system=system, shipments=[package]), message(system=system))
    ]
    assert send(account, *records)["created"] == 4
    for model in (Order, Shipment, Message, Conversation, Turn):
        assert model.objects.filter(account=account).count() == 2, model
    assert set(Order.objects.values_list("system", flat=True)) == {"x-desk", "x-shop"}


# --- One record ------------------------------------------------------------------------------------------------------


def test_a_new_record_is_created_and_the_same_again_is_unchanged(account: SellerAccount) -> None:
    assert send(account, message())["created"] == 1
    assert send(account, message())["unchanged"] == 1
    assert Message.objects.get().external_id == "m-1"


def test_a_newer_version_updates_only_what_it_states(account: SellerAccount) -> None:
    send(account, order(currency="USD", total_amount="54.97"), observed_at="2026-11-10T00:00:00Z")
    answer = send(account, order(status="cancelled", cancelled_by="seller"), observed_at="2026-11-11T00:00:00Z")
    row = Order.objects.get()
    assert answer["updated"] == 1
    assert (row.status, row.cancelled_by, row.currency, row.total_amount) == (
        "cancelled", "seller", "USD", Decimal("54.97"),
    )  # fmt: skip


def test_an_explicit_null_clears_and_is_remembered_against_older_versions(account: SellerAccount) -> None:
    send(account, order(cancel_reason=None), observed_at="2026-11-12T00:00:00Z")
    answer = send(account, order(cancel_reason="No stock", currency="USD"), observed_at="2026-11-11T00:00:00Z")
    row = Order.objects.get()
    assert answer["stale"] == 1
    assert row.cancel_reason == ""  # cleared by the newer version
    assert row.currency == "USD"  # never stated by a newer version


def test_a_null_for_a_column_with_a_default_is_remembered_too(account: SellerAccount) -> None:
    send(account, conversation(status=None), observed_at="2026-11-12T00:00:00Z")
    send(account, conversation(status="closed"), observed_at="2026-11-11T00:00:00Z")
    assert Conversation.objects.get().status == "open"
    send(account, conversation(status="closed"), observed_at="2026-11-13T00:00:00Z")
    assert Conversation.objects.get().status == "closed"


def test_source_updated_at_is_the_version_where_it_is_stated(account: SellerAccount) -> None:
    send(account, order(status="shipped", source_updated_at="2026-11-15T00:00:00Z"))
    answer = send(account, order(status="pending", source_updated_at="2026-11-14T00:00:00Z"))
    assert answer["stale"] == 1
    assert Order.objects.get().status == "shipped"


def test_an_identical_newer_version_marks_nothing_but_makes_older_ones_stale(account: SellerAccount) -> None:
    send(account, order(), observed_at="2026-11-10T00:00:00Z")
    Mark.objects.all().delete()
    assert send(account, order(), observed_at="2026-11-12T00:00:00Z")["unchanged"] == 1
    assert not Mark.objects.exists()
    assert send(account, order(status="pending"), observed_at="2026-11-11T00:00:00Z")["stale"] == 1
    assert Order.objects.get().status == "shipped"


def test_a_change_of_day_marks_the_old_and_the_new_day(account: SellerAccount) -> None:
    send(account, order(placed_at="2026-11-02T10:00:00Z"), observed_at="2026-11-10T00:00:00Z")
    Mark.objects.all().delete()
    send(account, order(placed_at="2026-11-04T10:00:00Z"), observed_at="2026-11-11T00:00:00Z")
    days = {mark.day.isoformat() for mark in Mark.objects.filter(fact="orders")}
    assert days == {"2026-11-02", "2026-11-04"}


def test_a_deleted_message_leaves_the_figures_and_stays_in_the_table(account: SellerAccount) -> None:
    send(account, message(), observed_at="2026-11-10T00:00:00Z")
    assert Turn.objects.count() == 1
    notice = {"type": "message", "external_id": "m-1", "deleted_at": "2026-11-11T00:00:00Z"}
    assert send(account, notice, observed_at="2026-11-11T00:00:00Z")["updated"] == 1
    assert Message.objects.get().deleted_at == datetime(2026, 11, 11, tzinfo=UTC)
    assert Turn.objects.count() == 0


def test_a_delete_notice_may_come_before_its_record(account: SellerAccount) -> None:
    notice = {"type": "message", "external_id": "m-1", "deleted_at": "2026-11-11T00:00:00Z"}
    assert send(account, notice, observed_at="2026-11-11T00:00:00Z")["created"] == 1
    assert DeleteNotice.objects.count() == 1
    assert send(account, message(), observed_at="2026-11-10T00:00:00Z")["stale"] == 1
    assert Message.objects.get().deleted_at == datetime(2026, 11, 11, tzinfo=UTC)
    assert (DeleteNotice.objects.count(), Turn.objects.count()) == (0, 0)


def test_times_of_different_versions_that_contradict_each_other_are_held_back(account: SellerAccount) -> None:
    send(account, conversation(opened_at="2026-11-10T00:00:00Z"), observed_at="2026-11-10T00:00:00Z")
    send(account, conversation(resolved_at="2026-11-09T00:00:00Z"), observed_at="2026-11-11T00:00:00Z")
    assert Conversation.objects.get().resolved_at is None
    send(account, conversation(opened_at="2026-11-08T00:00:00Z"), observed_at="2026-11-12T00:00:00Z")
    assert Conversation.objects.get().resolved_at == datetime(2026, 11, 9, tzinfo=UTC)


def test_shipments_are_replaced_as_a_whole(account: SellerAccount) -> None:
    first = [{"external_id": "1", "carrier": "UPS"}, {"external_id": "2", "confirmed_at": "2026-11-04T09:10:00Z"}]
    send(account, order(shipments=first), observed_at="2026-11-05T00:00:00Z")
    assert send(account, order(shipments=first), observed_at="2026-11-06T00:00:00Z")["unchanged"] == 1
    second = [{"external_id": "2", "confirmed_at": "2026-11-04T09:10:00Z", "tracking_valid": False}]
    assert send(account, order(shipments=second), observed_at="2026-11-07T00:00:00Z")["updated"] == 1
    shipment = Shipment.objects.get()
    assert (shipment.external_id, shipment.tracking_valid) == ("2", False)
    assert Order.objects.get().confirmed_at == datetime(2026, 11, 4, 9, 10, tzinfo=UTC)


def test_long_texts_are_cut_with_a_warning_and_their_length_is_kept(account: SellerAccount) -> None:
    answer = send(account, message(body_text="x" * 100_005))
    body = MessageBody.objects.get()
    assert (len(body.text), body.chars, body.truncated) == (100_000, 100_005, True)
    assert answer["warnings"] == [{"index": 0, "field": "body_text", "code": "body_truncated"}]


def test_unknown_fields_and_words_are_kept_aside_with_a_warning(account: SellerAccount) -> None:
    answer = send(account, order(fulfilled_by="robot", gift=True, extra={"note": "x"}))
    row = Order.objects.get()
    assert row.fulfilled_by == ""
    assert row.extra == {"note": "x", "gift": True, "fulfilled_by": "robot"}
    codes = {(one["field"], one["code"]) for one in answer["warnings"]}
    assert codes == {("gift", "unknown_column"), ("fulfilled_by", "unknown_enum_kept_raw")}


def test_known_fields_without_a_column_are_kept_beside_unknown_ones(account: SellerAccount) -> None:
    call = {"result": "answered", "wait_seconds": 12}
    send(account, message(call=call, colour="red"), observed_at="2026-11-10T00:00:00Z")
    assert Message.objects.get().extra == {"call": call, "colour": "red"}
    assert send(account, message(call=call, colour="red"), observed_at="2026-11-11T00:00:00Z")["unchanged"] == 1
    send(account, message(call=None), observed_at="2026-11-12T00:00:00Z")
    assert Message.objects.get().extra == {"colour": "red"}


def test_buyers_are_never_named(account: SellerAccount) -> None:
    send(account, message(author_name="Jane Doe", author_external_id="jane@example.com"))
    assert not Agent.objects.exists()
    assert "Jane" not in json.dumps(Message.objects.values().get(), default=str)


# --- What belongs together -------------------------------------------------------------------------------------------


def test_a_message_makes_a_stub_of_its_conversation_which_the_real_one_fills(account: SellerAccount) -> None:
    send(account, message())
    stub = Conversation.objects.get()
    assert (stub.external_id, stub.channel, stub.buyer_started) == ("c-1", "other", True)
    assert send(account, conversation(subject="Lamp"))["created"] == 1
    row = Conversation.objects.get()
    assert (row.pk, row.channel, row.subject) == (stub.pk, "email", "Lamp")


def test_messages_may_say_what_their_conversation_is_about(account: SellerAccount) -> None:
    send(account, message("m-1", channel="email", order_external_id="o-2", topic="lamp"))
    send(account, message("m-2", order_external_id="o-1"))
    row = Conversation.objects.get()
    assert (row.channel, row.topic, row.order_external_ids) == ("email", "lamp", ["o-1", "o-2"])
    assert Turn.objects.get().channel == "email"
    send(account, conversation(channel="phone", order_external_ids=["o-9"]), observed_at="2026-11-21T00:00:00Z")
    row.refresh_from_db()
    assert (row.channel, row.order_external_ids) == ("phone", ["o-9", "o-1", "o-2"])


def test_an_order_finds_what_was_said_about_it_before_it_arrived(account: SellerAccount) -> None:
    said = {"type": "feedback", "external_id": "f-1", "order_external_id": "o-1", "rating": 1, "rated_on": "2026-11-05"}
    send(account, said)
    send(account, order(status="unshipped", ship_by_at="2026-11-04T00:00:00Z"))
    row = Order.objects.get()
    assert (row.negative_feedback, row.defective) == (True, True)
    assert row.shipment == ShipmentVerdict.OVERDUE


def test_what_arrives_with_its_order_or_conversation_is_judged_before_it_is_stored(account: SellerAccount) -> None:
    about = {"order_external_id": "o-1"}
    answered = {"message_external_id": "m-1", "answered_at": "2026-11-10T00:00:00Z"}
    records = [
        order(fulfilled_by="merchant"),
        {"type": "return", "external_id": "r-1", "requested_on": "2026-11-05", **about},
        {"type": "feedback", "external_id": "f-1", "rating": 1, "rated_on": "2026-11-05", **about},
        {"type": "feedback", "external_id": "f-2", "rating": 5, "rated_on": "2026-11-06", **about},
        {"type": "claim", "external_id": "k-1", "opened_on": "2026-11-07", **about},
        message(),
        {"type": "survey_answer", "external_id": "s-1", "kind": "solved", "solved": True, **answered},
    ]
    with CaptureQueriesContext(connection) as queries:
        send(account, *records)
    updates = [one["sql"] for one in queries if 'UPDATE "orders_' in one["sql"] or 'UPDATE "messaging_' in one["sql"]]
    assert not updates
    assert Return.objects.get().standing == ReturnStanding.COUNTS
    standings = dict(Feedback.objects.values_list("external_id", "standing"))
    assert standings == {"f-1": RatingStanding.REPLACED, "f-2": RatingStanding.COUNTS}
    assert Order.objects.values_list("negative_feedback", "claim_counts").get() == (False, True)
    answer = SurveyAnswer.objects.get()
    assert (answer.conversation, answer.standing) == (Conversation.objects.get(), Standing.COUNTS)


def test_a_reply_is_worked_out_in_the_same_breath(account: SellerAccount) -> None:
    reply = message("m-2", author_kind="agent", direction="outbound", sent_at="2026-11-09T18:38:00Z",
                    author_external_id="sam", author_name="Sam")  # fmt: skip
    send(account, reply, message())
    asked = Message.objects.get(external_id="m-1")
    assert (asked.reply, asked.reply_seconds) == (Reply.ON_TIME, 3 * 3600 + 38 * 60)
    assert asked.replied_by == Agent.objects.get(external_id="sam")


def test_the_newest_name_of_an_agent_stands(account: SellerAccount) -> None:
    agent = {"author_kind": "agent", "direction": "outbound", "author_external_id": "sam"}
    send(account, message("m-1", author_name="Sam Zed", **agent), observed_at="2026-11-11T00:00:00Z")
    send(account, message("m-2", author_name="Sam Adams", **agent), observed_at="2026-11-12T00:00:00Z")
    send(account, message("m-3", author_name="Sam Young", **agent), observed_at="2026-11-10T00:00:00Z")
    assert Agent.objects.get().name == "Sam Adams"


def test_an_answer_that_knows_only_its_message_joins_its_conversation(account: SellerAccount) -> None:
    answer = {"type": "survey_answer", "external_id": "s-1", "kind": "solved", "message_external_id": "m-1",
              "answered_at": "2026-11-10T08:00:00Z", "solved": True}  # fmt: skip
    send(account, answer)
    assert SurveyAnswer.objects.get().conversation is None
    send(account, message())
    row = SurveyAnswer.objects.get()
    assert (row.conversation.external_id, row.standing) == ("c-1", Standing.COUNTS)


# --- A batch ---------------------------------------------------------------------------------------------------------


def test_bad_rows_are_set_aside_and_the_good_ones_go_in(account: SellerAccount) -> None:
    answer = send(account, message("m-1"), message("m-2", sent_at="yesterday"), 7, message("m-3"))
    assert (answer["created"], answer["quarantined"]) == (2, 2)
    first, second = answer["errors"]
    row = RejectedRow.objects.get(pk=first["rejected_row"])
    assert (first["index"], first["field"], first["code"], first["external_id"]) == (
        1,
        "sent_at",
        "bad_timestamp",
        "m-2",
    )
    assert (row.pointer, row.code, json.loads(row.row_text)["sent_at"]) == ("/records/1", "bad_timestamp", "yesterday")
    assert second["code"] == "unknown_format"


def test_the_same_row_twice_in_a_batch_is_unchanged_with_a_warning(account: SellerAccount) -> None:
    answer = send(account, order(), order())
    assert (answer["created"], answer["unchanged"]) == (1, 1)
    assert answer["warnings"] == [{"index": 1, "field": "external_id", "code": "duplicate_row"}]


def test_two_rows_of_a_batch_that_contradict_each_other(account: SellerAccount) -> None:
    answer = send(account, order(status="shipped"), order(status="pending"))
    assert (answer["created"], answer["quarantined"]) == (1, 1)
    assert (answer["errors"][0]["code"], answer["errors"][0]["field"]) == ("conflicting_duplicate", "status")
    assert Order.objects.get().status == "shipped"


def test_two_versions_in_one_batch_are_merged(account: SellerAccount) -> None:
    new = order(status="shipped", source_updated_at="2026-11-15T00:00:00Z")
    old = order(status="pending", currency="USD", source_updated_at="2026-11-14T00:00:00Z")
    answer = send(account, new, old)
    row = Order.objects.get()
    assert (answer["created"], answer["stale"]) == (1, 1)
    assert (row.status, row.currency) == ("shipped", "USD")


def test_a_record_for_an_account_one_may_not_write_is_refused(account: SellerAccount) -> None:
    make_account("other")
    answer = send(account, order(account="other"), order("o-2", account="nowhere"))
    assert [error["code"] for error in answer["errors"]] == ["unknown_account", "unknown_account"]
    assert not Order.objects.exists()


def test_a_record_may_go_to_another_account_one_may_write(account: SellerAccount) -> None:
    other = make_account("other")
    ingest(account, batch(order(account="other")), owner="test", now=NOW, accounts={"other": other})
    assert Order.objects.get().account == other


def test_a_batch_sent_again_gets_the_first_answer(account: SellerAccount) -> None:
    sent = batch(order(), 5)
    first = ingest(account, sent, owner="token-1", now=NOW)
    assert ingest(account, sent, owner="token-1", now=NOW + timedelta(hours=1)) == first
    assert (RawItem.objects.count(), RejectedRow.objects.count(), BatchReceipt.objects.count()) == (1, 1, 1)
    with pytest.raises(BatchConflict):
        ingest(account, {**sent, "records": []}, owner="token-1", now=NOW)
    other = ingest(account, {**sent, "records": []}, owner="token-2", now=NOW)
    assert other["received"] == 0


def test_an_interrupted_batch_is_taken_in_by_whoever_sends_it_again(account: SellerAccount) -> None:
    sent = batch(order())
    ingest(account, sent, owner="t", now=NOW)
    BatchReceipt.objects.update(answer=None, answered_at=None)  # as if the process had died before the rows were stored
    Order.objects.all().delete()
    answer = ingest(account, sent, owner="t", now=NOW + timedelta(seconds=1))
    assert (answer["created"], Order.objects.count(), RawItem.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("missing", ["schema", "batch_id", "account", "system", "observed_at", "records"])
def test_a_batch_without_its_envelope_is_refused_whole(account: SellerAccount, missing: str) -> None:
    sent = batch(order())
    del sent[missing]
    with pytest.raises(EnvelopeError) as error:
        ingest(account, sent, owner="t", now=NOW)
    assert error.value.field == missing
    assert not RawItem.objects.exists()


def test_a_batch_has_at_most_a_thousand_records(account: SellerAccount) -> None:
    with pytest.raises(BatchTooLarge):
        ingest(account, batch(*[order()] * 1001), owner="t", now=NOW)


def test_a_row_the_database_refuses_does_not_sink_the_others(
    account: SellerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A rule that only the database knows stands for one that the contract has forgotten.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE orders_order ADD CONSTRAINT forgotten CHECK (name <> 'bad')")
        else:
            cursor.execute(
                "CREATE TRIGGER forgotten BEFORE INSERT ON orders_order WHEN NEW.name = 'bad' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
    records = [order(f"o-{number}", name="bad" if number == 5 else "good") for number in range(9)]
    answer = send(account, *records)
    assert (answer["created"], answer["quarantined"]) == (8, 1)
    assert (answer["errors"][0]["index"], answer["errors"][0]["code"]) == (5, "internal_error")


def test_a_message_moves_to_a_conversation_that_the_same_batch_brings(account: SellerAccount) -> None:
    send(account, message())
    send(account, message(conversation_external_id="c-2"), observed_at="2026-11-20T09:00:00Z")
    moved = Message.objects.get()
    assert (moved.conversation.external_id, moved.reply) == ("c-2", Reply.NONE)
    assert [turn.conversation.external_id for turn in Turn.objects.all()] == ["c-2"]
    assert list(Conversation.objects.order_by("external_id").values_list("buyer_started", flat=True)) == [None, True]


# --- Any order, any cut, any repetition ------------------------------------------------------------------------------

TABLES = (
    Agent, Conversation, Message, MessageBody, Turn, SurveyAnswer, Order, Shipment, Return, Feedback, Claim,
    Chargeback, PolicyViolation, OfficialFigure, DeleteNotice,
)  # fmt: skip
NAMES = {
    "conversation_id": lambda row: row.conversation and row.conversation.external_id,
    "agent_id": lambda row: row.agent and row.agent.external_id,
    "replied_by_id": lambda row: row.replied_by and row.replied_by.external_id,
    "opening_id": lambda row: row.opening.external_id,
    "message_id": lambda row: row.message.external_id,
    "order_id": lambda row: row.order.external_id,
}
LEFT_OUT = {"id", "account_id", "raw_item_id"}


def content() -> dict[str, list[str]]:
    """Everything the tables say, with rows named by their external IDs instead of the database's."""
    found = {}
    for table in TABLES:
        rows = []
        for row in table.objects.all():
            said = {}
            for column in table._meta.concrete_fields:
                name = column.attname
                if name in LEFT_OUT:
                    continue
                said[name] = NAMES[name](row) if name in NAMES else getattr(row, name)
            for key in ("thread_key", "order_key"):
                if str(said.get(key, "")).startswith(("c:", "a:")):
                    said[key] = said[key][:2]  # holds a key of the database
            rows.append(json.dumps(said, sort_keys=True, default=str))
        found[table.__name__] = sorted(rows)
    return found


def content_after(batches: Iterable[Sequence[dict[str, Any]]]) -> dict[str, list[str]]:
    """What the tables say after these batches, in a database that is empty before and after."""
    with transaction.atomic():
        account = make_account("acme", time_zone="America/Los_Angeles")
        for records in batches:
            send(account, *records)
        found = content()
        transaction.set_rollback(True)
    return found


moments = st.sampled_from([f"2026-11-{day:02d}T{hour:02d}:00:00Z" for day in (5, 6, 9) for hour in (0, 9)])
maybe_moment = st.one_of(st.none(), moments)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def record(kind: str, ids: Sequence[str], always: dict[str, Any], **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    core = {"type": st.just(kind), "external_id": st.sampled_from(ids), **always}
    return st.builds(lambda must, may: {**must, **may}, st.fixed_dictionaries(core), optional(**fields))


def valid(record: dict[str, Any]) -> bool:
    """Only records that contradict themselves are left out; those that contradict each other are what is tested."""
    for end, start in (("resolved_at", "opened_at"), ("answered_at", "asked_at"), ("cancelled_at", "placed_at")):
        if record.get(end) and record.get(start) and record[end] < record[start]:
            return False
    if record.get("kind") == "solved" and record.get("answered_at"):
        return record.get("solved") is not None
    return True


order_ids = ["o-1", "o-2"]
records = st.one_of(
    record("conversation", ["c-1", "c-2"], {"channel": st.sampled_from(["email", "phone"])},
           opened_at=maybe_moment, resolved_at=maybe_moment, topic=st.sampled_from(["lamp", None, ""]),
           status=st.sampled_from(["open", "resolved", None]),
           order_external_ids=st.sampled_from([None, ["o-1"], ["o-2", "o-1"]])),
    record("message", ["m-1", "m-2", "m-3"],
           {"conversation_external_id": st.sampled_from(["c-1", "c-2"]), "sent_at": moments,
            "author_kind": st.sampled_from(["buyer", "agent"]), "direction": st.sampled_from(["inbound", "outbound"])},
           body_text=st.sampled_from(["Hello", "Où est ma lampe ?", None]), automatic=st.sampled_from([True, None]),
           author_external_id=st.sampled_from(["sam", "kim"]), author_name=st.sampled_from(["Sam", "Kim"]),
           channel=st.sampled_from(["email", "phone"]), order_external_id=st.sampled_from(order_ids),
           deleted_at=st.sampled_from([None, "2026-11-10T00:00:00Z"]), colour=st.sampled_from(["red", "blue"])),
    record("survey_answer", ["s-1", "s-2"], {"kind": st.sampled_from(["solved", "csat"])},
           conversation_external_id=st.sampled_from(["c-1", "c-2"]), order_external_id=st.sampled_from(order_ids),
           asked_at=maybe_moment, answered_at=maybe_moment, solved=st.sampled_from([True, False, None])),
    record("order", order_ids, {"placed_at": moments, "status": st.sampled_from(["shipped", "cancelled"])},
           ship_by_at=maybe_moment, cancelled_at=maybe_moment, cancelled_by=st.sampled_from(["seller", "buyer", None]),
           shipments=st.sampled_from([None, [{"external_id": "1", "confirmed_at": "2026-11-06T00:00:00Z"}]]),
           total_amount=st.sampled_from(["54.97", 10, None])),
    record("feedback", ["f-1"], {"order_external_id": st.sampled_from(order_ids), "rating": st.integers(1, 5),
                                 "rated_on": st.just("2026-11-09")}),
    record("claim", ["a-1"], {"order_external_id": st.sampled_from(order_ids)},
           status=st.sampled_from(["granted", "denied", None])),
    st.fixed_dictionaries({"type": st.sampled_from(["message", "order"]),
                           "external_id": st.sampled_from(["m-1", "o-1"]),
                           "deleted_at": st.sampled_from(["2026-11-09T00:00:00Z", "2026-11-10T00:00:00Z"])}),
).filter(valid)  # fmt: skip
versions = st.sampled_from([f"2026-11-{day:02d}T00:00:00Z" for day in (11, 12, 13)])
versioned = st.builds(lambda record, version: {**record, "source_updated_at": version}, records, versions)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(versioned, min_size=2, max_size=8), data=st.data())
def test_any_order_and_any_repetition_leaves_the_same_rows(db: None, sent: list[dict[str, Any]], data: Any) -> None:
    """Also where two records of the same age contradict each other, as long as they come in different batches."""
    shuffled = data.draw(st.permutations(sent))
    repeated = [*shuffled, *data.draw(st.lists(st.sampled_from(sent), max_size=3))]
    assert content_after([one] for one in repeated) == content_after([one] for one in sent)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        versioned, min_size=2, max_size=8, unique_by=lambda one: (one["external_id"], one["source_updated_at"])
    ),
    data=st.data(),
)
def test_any_cut_into_batches_leaves_the_same_rows(db: None, sent: list[dict[str, Any]], data: Any) -> None:
    shuffled = data.draw(st.permutations(sent))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=3)))
    pieces = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert content_after(pieces) == content_after([one] for one in sent)


# --- Input of every kind ---------------------------------------------------------------------------------------------

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\x00", "a\x00b", "\ud800", "９９９", "1e999999999", "2026-13-45T99:99:99Z",
                     "9999-12-31T23:59:59Z", "2026-11-09", "0000-00-00T00:00:00Z", "=1+1", "x" * 300, "\u202e",
                     " ", "NaN"]),
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), texts, st.integers(), st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False),
)  # fmt: skip
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
field_names = st.sampled_from(
    ["type", "external_id", "conversation_external_id", "sent_at", "author_kind", "direction", "body_text", "extra",
     "automatic", "attachments", "call", "items", "shipments", "placed_at", "status", "total_amount", "value_number",
     "rating", "components", "system", "account", "source_updated_at", "deleted_at", "order_external_ids", "channel"]
)  # fmt: skip
kinds = st.sampled_from([message(), order(), conversation(), {
    "type": "survey_answer", "external_id": "s", "kind": "csat", "value_number": 4, "scale_min": 1, "scale_max": 5,
}, {
    "type": "platform_metric", "external_id": "p", "metric": "late_shipment_rate",
    "period_from": "2026-10-09T00:00:00Z", "period_to": "2026-11-07T23:59:00Z",
}])  # fmt: skip
garbage = st.one_of(
    anything,
    st.builds(lambda base, wrong: {**base, **wrong}, kinds, st.dictionaries(field_names | texts, anything, max_size=4)),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(garbage, max_size=6))
def test_nothing_that_arrives_escapes_as_an_exception(db: None, sent: list[Any]) -> None:
    with transaction.atomic():
        account = make_account("acme")
        answer = send(account, *sent)
        assert not [error for error in answer["errors"] if error["code"] == ErrorCode.INTERNAL_ERROR]
        transaction.set_rollback(True)


# --- At the same time ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_senders_of_the_same_records_store_them_once() -> None:
    account = make_account("acme")
    sent = [order(f"o-{number}") for number in range(50)] + [message(f"m-{number}") for number in range(50)]
    answers: list[dict[str, Any]] = []

    def work(number: int) -> None:
        try:
            answers.append(ingest(account, batch(*sent, batch_id=f"same-{number}"), owner="t", now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer["created"] for answer in answers) == 100
    assert sum(answer["unchanged"] for answer in answers) == 700
    assert (Order.objects.count(), Message.objects.count(), Conversation.objects.count()) == (50, 50, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_at_the_same_time_is_taken_in_once() -> None:
    account = make_account("acme")
    sent = batch(*[order(f"o-{number}") for number in range(50)])
    answers: list[dict[str, Any]] = []
    refused: list[Exception] = []

    def work() -> None:
        try:
            answers.append(ingest(account, sent, owner="t", now=NOW))
        except BatchInProgress as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) + len(refused) == 8
    assert all(answer["created"] == 50 for answer in answers)
    assert (Order.objects.count(), BatchReceipt.objects.count(), RawItem.objects.count()) == (50, 1, 1)


@pytest.mark.django_db
def test_a_new_row_that_nothing_stores_ends_the_transaction_loudly() -> None:
    account = make_account()
    touched = Touched()
    touched.fresh.add(Order, [blank(Order, account)])  # and not touched.add(...), which has it judged and stored
    with pytest.raises(RuntimeError, match="'Order': 1"):
        touched.recompute(account, NOW)
