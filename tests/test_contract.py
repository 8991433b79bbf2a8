"""The contract: what a record may say, what is refused with which code, and that the documentation says the same."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from intake import describe
from intake.codes import ErrorCode, Problem, WarningCode
from intake.contract import RECORD_TYPES
from intake.fields import Cleaning, Moment, Number, Whole, tidy
from intake.readers import READERS
from intake.statements import Statement, read_statement

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEFAULTS = {"system": "x-demo", "observed_at": "2026-11-20T08:00:00Z"}
MESSAGE = {
    "type": "message", "external_id": "m-1", "conversation_external_id": "c-1", "sent_at": "2026-11-09T15:02:11Z",
    "author_kind": "buyer", "direction": "inbound",
}  # fmt: skip
ORDER = {"type": "order", "external_id": "o-1", "placed_at": "2026-11-02T10:00:00Z", "status": "shipped"}
ANSWER = {"type": "survey_answer", "external_id": "s-1", "kind": "csat", "answered_at": "2026-11-10T10:00:00Z"}
RATED = {**ANSWER, "value_number": 4, "scale_min": 1, "scale_max": 5}
FIGURE = {"type": "platform_metric", "external_id": "p", "metric": "late_shipment_rate",
          "period_from": "2026-10-09T00:00:00Z", "period_to": "2026-11-07T23:59:00Z"}  # fmt: skip
FEEDBACK = {"type": "feedback", "external_id": "f-1", "rating": 5, "rated_on": "2026-11-05"}
CONVERSATION = {"type": "conversation", "external_id": "c-1", "channel": "email"}
RETURN = {"type": "return", "external_id": "r-1", "received_on": "2026-11-05"}


def read(record: Any, cells: bool = False, **defaults: Any) -> Statement:
    kind = RECORD_TYPES[record["type"]] if cells else None
    return read_statement(record, cleaning=Cleaning(NOW), defaults={**DEFAULTS, **defaults}, record_type=kind)


def refused(record: Any, cells: bool = False, **defaults: Any) -> tuple[ErrorCode, str]:
    with pytest.raises(Problem) as problem:
        read(record, cells, **defaults)
    assert problem.value.message
    return problem.value.code, problem.value.field


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        # shape
        (7, "unknown_format", ""), ([], "unknown_format", ""), ({}, "missing_required", "type"),
        ({"type": "parcel"}, "bad_enum", "type"), ({"type": 7}, "bad_enum", "type"),
        ({**ORDER, "currency": 7}, "unknown_format", "currency"), ({**ORDER, "items": {}}, "unknown_format", "items"),
        ({**ORDER, "items": [7]}, "unknown_format", "items"), ({**MESSAGE, "extra": []}, "unknown_format", "extra"),
        # required
        ({**MESSAGE, "external_id": None}, "missing_required", "external_id"),
        ({**MESSAGE, "external_id": "  "}, "missing_required", "external_id"),
        ({**MESSAGE, "sent_at": None}, "missing_required", "sent_at"),
        ({"type": "order", "external_id": "o-1", "status": "shipped"}, "missing_required", "placed_at"),
        ({**RETURN, "received_on": None}, "missing_required", "requested_at"),
        ({**FEEDBACK, "rated_on": None}, "missing_required", "rated_at"),
        ({**ANSWER, "kind": "solved"}, "missing_required", "solved"),
        # ids
        ({**MESSAGE, "external_id": "a\x00b"}, "undecodable", "external_id"),
        ({**MESSAGE, "external_id": "a\nb"}, "undecodable", "external_id"),
        ({**MESSAGE, "external_id": "a\ud800"}, "undecodable", "external_id"),
        ({**MESSAGE, "external_id": "x" * 256}, "too_large", "external_id"),
        ({**MESSAGE, "external_id": 1.5}, "unknown_format", "external_id"),
        ({**MESSAGE, "buyer_key": "jane@example.com"}, "out_of_range", "buyer_key"),
        ({**MESSAGE, "system": "nobody"}, "bad_enum", "system"), ({**MESSAGE, "system": 7}, "bad_enum", "system"),
        # times
        ({**MESSAGE, "sent_at": "2026-11-09T15:02:11"}, "missing_timezone", "sent_at"),
        ({**MESSAGE, "sent_at": "2026-11-09"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": "2026-02-30T00:00:00Z"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": "2026-11-09T15:02:60Z"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": "2026-W01-1T00:00:00Z"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": "２026-11-09T15:02:11Z"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": 1762700531000}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "sent_at": "1999-12-31T23:59:59Z"}, "out_of_range", "sent_at"),
        ({**MESSAGE, "sent_at": "2026-11-22T12:00:01Z"}, "out_of_range", "sent_at"),
        ({**MESSAGE, "sent_at": "9999-12-31T23:59:59-12:00"}, "bad_timestamp", "sent_at"),
        ({**MESSAGE, "source_updated_at": "now"}, "bad_timestamp", "source_updated_at"),
        ({**ORDER, "ship_by_at": "2027-11-23T00:00:00Z"}, "out_of_range", "ship_by_at"),
        ({**FEEDBACK, "rated_on": "2026-11-05T00:00:00Z"}, "bad_timestamp", "rated_on"),
        ({**FEEDBACK, "rated_on": "0000-00-00"}, "bad_timestamp", "rated_on"),
        # numbers
        ({**FEEDBACK, "rating": 6}, "out_of_range", "rating"), ({**FEEDBACK, "rating": 0}, "out_of_range", "rating"),
        ({**FEEDBACK, "rating": True}, "bad_number", "rating"), ({**FEEDBACK, "rating": "5"}, "bad_number", "rating"),
        ({**FEEDBACK, "rating": Decimal("4.5")}, "bad_number", "rating"),
        ({**ORDER, "total_amount": "1_000"}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": "12,50"}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": "NaN"}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": "٣"}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": "1.2345"}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": Decimal("1E+999999")}, "bad_number", "total_amount"),
        ({**ORDER, "total_amount": 10**30}, "out_of_range", "total_amount"),
        ({**ORDER, "total_amount": "-1"}, "out_of_range", "total_amount"),
        ({**FIGURE, "numerator": 2**63}, "out_of_range", "numerator"),
        # words
        ({**MESSAGE, "author_kind": "robot"}, "bad_enum", "author_kind"),
        ({**MESSAGE, "automatic": "yes"}, "bad_enum", "automatic"), ({**ORDER, "status": "lost"}, "bad_enum", "status"),
        ({**FIGURE, "metric": "happiness"}, "bad_enum", "metric"),
        # between fields
        ({**ANSWER, "asked_at": "2026-11-11T00:00:00Z"}, "out_of_range", "answered_at"),
        ({**ORDER, "cancelled_at": "2026-11-01T00:00:00Z"}, "out_of_range", "cancelled_at"),
        ({**RATED, "value_number": 7}, "out_of_range", "value_number"),
        ({**RATED, "scale_max": None}, "out_of_range", "value_number"),
        ({**RATED, "scale_min": 5, "value_number": 5}, "out_of_range", "value_number"),
        ({**FIGURE, "period_to": "2026-10-08T00:00:00Z"}, "out_of_range", "period_to"),
        ({**ORDER, "shipments": [{"external_id": "1"}, {"external_id": "1"}]}, "conflicting_duplicate", "shipments"),
        ({**ORDER, "shipments": [{"confirmed_at": "x"}]}, "bad_timestamp", "shipments.confirmed_at"),
        # size
        ({**ORDER, "currency": "EURO"}, "too_large", "currency"),
        ({**ORDER, "currency": "eur"}, "out_of_range", "currency"),
        ({**MESSAGE, "extra": {"x": "y" * 70_000}}, "too_large", "extra"),
        ({**MESSAGE, "unknown": "y" * 70_000}, "too_large", "extra"),
        ({**MESSAGE, **{f"u{number}": 1 for number in range(501)}}, "too_large", "extra"),
        ({**CONVERSATION, "url": "javascript:x"}, "out_of_range", "url"),
    ],
)  # fmt: skip
def test_a_row_is_refused_with_exactly_one_code(record: Any, code: str, field: str) -> None:
    assert refused(record) == (code, field)


def nested(levels: int) -> Any:
    value: Any = 1
    for _level in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("levels", "taken"), [(28, True), (33, False), (900, False)])
def test_nesting_has_a_limit(levels: int, taken: bool) -> None:
    record = {**MESSAGE, "unknown": nested(levels)}
    if taken:
        assert read(record).values["extra"] == {"unknown": nested(levels)}
    else:
        assert refused(record) == ("too_large", "extra")


def test_values_become_what_we_store() -> None:
    said = read({**ORDER, "external_id": 35436, "placed_at": "2026-11-02T10:00:00.5+01:00", "total_amount": "54.97",
                 "currency": "", "items": [], "shipments": [{"carrier": "UPS"}]}).values  # fmt: skip
    assert said["external_id"] == "35436"
    assert said["placed_at"] == datetime(2026, 11, 2, 9, 0, 0, 500_000, tzinfo=UTC)
    assert said["total_amount"] == Decimal("54.97")
    assert (said["currency"], said["items"]) == (None, None)
    assert said["shipments"] == [{"external_id": "1", "carrier": "UPS"}]
    assert "cancelled_at" not in said


def test_texts_are_tidied_and_ids_are_trimmed() -> None:
    said = read({**MESSAGE, "external_id": " m-1 ", "body_text": "a\r\nb\rc\x00d e\u0301 \ud83d"}).values
    assert said["external_id"] == "m-1"
    assert said["body_text"] == "a\nb\ncd \u00e9 \ufffd"


def test_promises_may_lie_a_year_ahead() -> None:
    assert read({**ORDER, "ship_by_at": "2027-11-20T00:00:00Z"}).values["ship_by_at"].year == 2027


def test_a_rate_is_cut_to_twelve_places_and_money_is_never_rounded() -> None:
    assert read({**FIGURE, "rate": Decimal("0.0320197044334975")}).values["rate"] == Decimal("0.032019704433")
    assert refused({**ORDER, "total_amount": Decimal("54.9999")}) == ("bad_number", "total_amount")


def test_the_version_is_the_sources_or_the_time_of_observation() -> None:
    assert read(ORDER).version == 1_795_161_600_000
    assert read({**ORDER, "source_updated_at": "2026-11-01T00:00:00.123Z"}).version == 1_793_491_200_123
    assert refused(ORDER, observed_at=None) == ("bad_timestamp", "observed_at")
    assert read({**ORDER, "source_updated_at": "2026-11-01T00:00:00Z"}, observed_at=None).version == 1_793_491_200_000


def test_the_system_is_the_records_the_envelopes_or_manual() -> None:
    assert read({**ORDER, "system": "shopify"}).system == "shopify"
    assert read(ORDER).system == "x-demo"
    assert read(ORDER, system=None).system == "manual"


def test_a_delete_notice_needs_only_its_id() -> None:
    said = read({"type": "message", "external_id": "m-1", "deleted_at": "2026-11-10T00:00:00Z", "sent_at": None})
    assert said.values == {"external_id": "m-1", "deleted_at": datetime(2026, 11, 10, tzinfo=UTC)}


def test_unknown_fields_are_kept_aside_with_a_warning() -> None:
    said = read({**ORDER, "gift": {"wrap": Decimal("1.50")}, "cancelled_by": "nobody"})
    assert said.values["extra"] == {"gift": {"wrap": 1.5}, "cancelled_by": "nobody"}
    assert "cancelled_by" not in said.values
    assert said.warnings == [
        ("cancelled_by", WarningCode.UNKNOWN_ENUM_KEPT_RAW),
        ("gift", WarningCode.UNKNOWN_COLUMN),
    ]


def test_the_text_of_a_message_brings_its_length_along() -> None:
    said = read({**MESSAGE, "body_text": "x" * 100_001}).values
    assert (len(said["body_text"]), said["body_chars"], said["body_truncated"]) == (100_000, 100_001, True)
    stated = read({**MESSAGE, "body_text": "short", "body_chars": 900, "body_truncated": True}).values
    assert (stated["body_chars"], stated["body_truncated"]) == (900, True)


def test_only_people_who_answer_are_named() -> None:
    agent = {**MESSAGE, "author_kind": "agent", "direction": "outbound", "author_name": "Sam"}
    said = read(agent)
    assert (said.values["author_external_id"], said.about) == ("Sam", {"author_name": "Sam"})
    buyer = read({**MESSAGE, "author_name": "Jane", "author_external_id": "jane@example.com"})
    assert "author_external_id" not in buyer.values
    assert buyer.about == {}


# --- Tables: every cell is text --------------------------------------------------------------------------------------


def test_cells_are_read_as_what_their_column_holds() -> None:
    said = read({"type": "order", "external_id": "o-1", "placed_at": "2026-11-02T10:00:00Z", "status": "shipped",
                 "total_amount": "54.97", "is_test": "TRUE", "items": '[{"sku": "A", "quantity": 2}]',
                 "carrier": "UPS", "confirmed_at": "2026-11-04T09:10:00Z", "tracking_valid": "false"},
                cells=True).values  # fmt: skip
    assert (said["total_amount"], said["is_test"]) == (Decimal("54.97"), True)
    assert said["items"] == [{"sku": "A", "quantity": 2}]
    assert said["shipments"] == [{
        "external_id": "1", "carrier": "UPS", "confirmed_at": "2026-11-04T09:10:00+00:00", "tracking_valid": False,
    }]  # fmt: skip


def test_cells_of_lists_and_dates() -> None:
    said = read(
        {"type": "conversation", "external_id": "c", "channel": "email", "order_external_ids": "o-1; o-2;"}, cells=True
    )
    assert said.values["order_external_ids"] == ["o-1", "o-2"]
    said = read({"type": "feedback", "external_id": "f", "rating": " 5 ", "rated_on": "2026-11-05"}, cells=True)
    assert (said.values["rating"], said.values["rated_on"]) == (5, date(2026, 11, 5))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"external_id": "1.11111E+18"}, "bad_number"), ({"is_test": "maybe"}, "bad_enum"),
        ({"total_amount": "1,50"}, "bad_number"), ({"items": "[{"}, "unknown_format"),
        ({"items": "NaN"}, "unknown_format"),
        ({"confirmed_at": "yesterday"}, "bad_timestamp"), ({"tracking_valid": "2"}, "bad_enum"),
    ],
)  # fmt: skip
def test_cells_that_hold_something_else_are_refused(wrong: dict[str, str], code: str) -> None:
    assert refused({**ORDER, **wrong}, cells=True)[0] == code


# --- Every value there is --------------------------------------------------------------------------------------------


@given(st.integers() | st.decimals() | st.floats() | st.text() | st.booleans())
def test_a_number_is_exact_or_refused(value: Any) -> None:
    field = Number("amount", digits=14, places=3)
    try:
        found = field.clean(value, Cleaning(NOW))
    except Problem:
        return
    assert 0 <= found < Decimal(10) ** 11
    assert found == (Decimal(repr(value)) if isinstance(value, float) else Decimal(value))


@given(st.integers() | st.text())
def test_a_whole_number_fits_the_database(value: Any) -> None:
    field = Whole("count")
    for clean in (field.clean, field.clean_cell) if isinstance(value, str) else (field.clean,):
        try:
            assert 0 <= clean(value, Cleaning(NOW)) < 2**31
        except Problem:
            continue


@given(st.text() | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()))
def test_a_time_is_within_its_limits_or_refused(value: str) -> None:
    try:
        moment = Moment("at").clean(value, Cleaning(NOW))
    except Problem:
        return
    assert datetime(2000, 1, 1, tzinfo=UTC) <= moment <= datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.text())
def test_tidy_text_fits_every_database_and_stays_as_it_is(value: str) -> None:
    text = tidy(value)
    assert "\x00" not in text and "\r" not in text
    assert tidy(text) == text
    text.encode()


# --- One declaration, everything else follows ------------------------------------------------------------------------


def test_every_record_type_has_a_reader_and_every_error_code_a_meaning() -> None:
    assert {kind.source for kind in RECORD_TYPES.values()} | {"api.ingest"} <= set(READERS)
    assert all(code.label for code in [*ErrorCode, *WarningCode])


def test_the_sample_batch_is_valid() -> None:
    batch = json.loads((Path(__file__).parent / "data" / "ingest_batch.json").read_text())
    assert {read(record).record_type.name for record in batch["records"]} == set(RECORD_TYPES)


def test_the_documentation_says_what_the_contract_says() -> None:
    page = (settings.BASE_DIR / describe.DOCUMENT).read_text()
    assert describe.markdown() in page, "the contract changed; run: manage.py describe_contract"


def test_field_positions_are_never_reused() -> None:
    """They are stored: a new field goes to the end of its type, and this list grows with it."""
    first = {name: list(kind.bits)[:5] for name, kind in RECORD_TYPES.items()}
    assert first["message"] == ["external_id", "deleted_at", "extra", "conversation_external_id", "sent_at"]
    counts = {name: len(kind.bits) for name, kind in RECORD_TYPES.items()}
    assert counts == {
        "conversation": 19, "message": 22, "survey_answer": 17, "order": 28, "return": 23, "feedback": 10,
        "claim": 12, "chargeback": 14, "policy_violation": 11, "platform_metric": 14,
    }  # fmt: skip
