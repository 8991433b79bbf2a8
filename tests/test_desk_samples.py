"""All samples of shops, help desks, phones and chats: recognised, in any order the same, and nobody's name in them."""

import io
import json
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.codes import printable
from intake.contexts import context_for
from intake.models import RejectedRow
from intake.readers import READERS, recognise
from intake.readers.context import Context
from intake.readers.nameless import without_names
from intake.readers.order_ids import amazon_order_ids
from intake.readers.shops_and_desks import FORMATS
from intake.readers.text import FileUnreadable
from intake.rows import Row
from messaging.models import Agent
from sellers.models import SellerAccount
from tests.desk import contents, counts, leaks, sample, samples, take_in
from tests.makers import make_account

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CONTEXT = Context(NOW, zone="America/New_York", platform="shopify", identity=b"key")
SOURCES = {
    "chat/chatwoot_message_bot_template.json": "chatwoot.webhook",
    "chat/chatwoot_message_incoming.json": "chatwoot.webhook",
    "chat/chatwoot_message_outgoing.json": "chatwoot.webhook",
    "chat/chatwoot_message_private_note.json": "chatwoot.webhook",
    "chat/generic_transcript.csv": "file.chat",
    "chat/intercom_conversation.json": "intercom.api",
    "freshdesk/conversations_432.json": "freshdesk.api",
    "freshdesk/satisfaction_ratings.json": "freshdesk.api",
    "freshdesk/ticket_432.json": "freshdesk.api",
    "freshdesk/tickets_export.csv": "freshdesk.csv",
    "freshdesk/tickets_page.json": "freshdesk.api",
    "phone/calls.csv": "file.calls",
    "phone/twilio_calls_page.json": "twilio.api",
    "shopify/graphql_orders_page1.json": "shopify.graphql",
    "shopify/graphql_throttled.json": "shopify.graphql",
    "shopify/orders_export.csv": "shopify.orders_csv",
    "shopify/webhook_disputes_create.json": "shopify.webhook",
    "shopify/webhook_fulfillment_events_create.json": "shopify.webhook",
    "shopify/webhook_orders_updated.json": "shopify.webhook",
    "shopify/webhook_refunds_create.json": "shopify.webhook",
    "zendesk/incremental_ticket_events_comments.json": "zendesk.export",
    "zendesk/incremental_tickets_cursor_page1.json": "zendesk.export",
    "zendesk/incremental_tickets_cursor_page2.json": "zendesk.export",
    "zendesk/incremental_users_cursor.json": "zendesk.export",
    "zendesk/satisfaction_ratings.json": "zendesk.export",
    "zendesk/tickets_view_export.csv": "zendesk.csv",
}
# Buyers of the samples: names, mail addresses, telephone numbers, however they are cut.
PERSONAL = [
    "Alex", "Jane", "B One", "buyer1", "buyer2", "example.com", "marketplace.amazon.com", "a1b2c3d4", "6505551234",
    "6505559999", "5550783881", "5550001111",
]  # fmt: skip


@pytest.fixture
def account(db: None) -> SellerAccount:
    return make_account("acme-us", time_zone="America/New_York")


def test_each_sample_is_recognised_by_what_it_contains() -> None:
    assert {name: recognise(io.BytesIO(sample(name)), CONTEXT) for name in samples()} == SOURCES


def test_no_format_takes_what_is_another_s() -> None:
    canonical = json.dumps({"schema": "1", "system": "zendesk", "records": [{"type": "message", "external_id": "1"}]})
    assert recognise(io.BytesIO(canonical.encode()), CONTEXT) == "api.ingest"


def test_all_samples_go_in_and_nobody_s_name_is_kept(account: SellerAccount) -> None:
    for name in samples():
        run = take_in(account, sample(name))
        assert counts(run)[-1] == (1 if "throttled" in name else 0)
    assert leaks(PERSONAL) == []
    assert {"Sam Agent", "Sam", "Helper"} <= set(Agent.objects.values_list("name", flat=True))


def test_all_samples_in_several_orders_make_the_same_database(account: SellerAccount) -> None:
    shuffle = random.Random(4)
    names = samples()
    orders = [names, names[::-1], *(shuffle.sample(names, len(names)) for _turn in range(6))]
    found = contents(account, orders, apart=timedelta(0))
    assert all(each == found[0] for each in found)


def test_a_row_set_aside_says_where_and_why(account: SellerAccount) -> None:
    for name in samples():
        take_in(account, sample(name).replace(b"2026-11", b"2026-13").replace(b"Nov 2026", b"Now 2026"))
    rows = list(RejectedRow.objects.values_list("pointer", "field", "code", "message", "row_text"))
    assert len(rows) > 25
    assert all(pointer and code and message and text for pointer, _field, code, message, text in rows)
    assert {code for _pointer, field, code, *_others in rows if field != "errors"} <= {
        "bad_timestamp", "missing_required",
    }  # fmt: skip


# --- Whatever comes --------------------------------------------------------------------------------------------------


@st.composite
def broken_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample of which pieces are cut, doubled, or replaced by something else."""
    name = draw(st.sampled_from(sorted(SOURCES)))
    content = bytearray(sample(name))
    junk = st.sampled_from([b"", b"null", b"{}", b"[]", b'"', b"-1", b"1e400", b"\xff", b"\x00", b",", b"\n", b"true",
                            b'{"a": [{}]}', b"9" * 400, b"[" * 2000, b"\xed\xa0\x80"])  # fmt: skip
    for _turn in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        content[start : start + draw(st.integers(0, 30))] = draw(junk)
    return SOURCES[name], bytes(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["-1", "2026-11-09T15:00:00Z"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def odd_documents(draw: st.DrawFn) -> tuple[str, bytes]:
    """A JSON sample in which values anywhere are of another kind."""
    name = draw(st.sampled_from([one for one in sorted(SOURCES) if one.endswith(".json")]))
    places: list[tuple[object, object]] = []
    document = json.loads(sample(name))
    _collect(document, places)
    for _turn in range(draw(st.integers(1, 3))):
        place, key = draw(st.sampled_from(places))
        place[key] = draw(VALUES)  # type: ignore[index]  # a list or an object
    return SOURCES[name], json.dumps(document).encode()


def _collect(value: object, places: list[tuple[object, object]]) -> None:
    found = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in found:
        places.append((value, key))
        _collect(inner, places)


def read(source: str, content: bytes) -> list[Row]:
    rows: list[Row] = []
    with suppress(FileUnreadable):
        rows.extend(READERS[source].read(io.BytesIO(content), CONTEXT))
    return rows


@given(st.one_of(broken_files(), odd_documents()))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_file_makes_a_reader_fail(given: tuple[str, bytes]) -> None:
    source, content = given
    rows = read(source, content)
    assert len({row.pointer for row in rows}) == len(rows)
    for row in rows[:5]:
        stored = {name: printable(str(value)) for name, value in row.defaults.items()}
        list(READERS[source].again(row.text or "", stored, CONTEXT))


@given(st.sampled_from([one.source for one in FORMATS]), VALUES)
@settings(max_examples=150, deadline=None)
def test_no_text_typed_into_a_row_makes_a_reader_fail(source: str, value: object) -> None:
    for header in ("", "tickets", "nodes", "calls", "a,b"):
        try:
            list(READERS[source].again(json.dumps(value), {"header": header, "authors": "["}, CONTEXT))
        except FileUnreadable:
            continue


# --- Names and numbers in subjects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "names", "stored"),
    [
        ("Lamp", ["Alex"], "Lamp"),
        ("Alexander asks", ["Alex"], "Alexander asks"),
        ("From alex: lamp", ["Alex - Amazon Marketplace"], "From …: lamp"),
        ("A lamp", ["A"], "A lamp"),  # a single letter is no name
        ("Amazonのカスタマー 山田 様からのお問い合わせ", [], "Amazonのカスタマー … 様からのお問い合わせ"),
        ("Demande de renseignements de la part du client Amazon Léa (Commande : 1)", [],
         "Demande de renseignements de la part du client Amazon … (Commande : 1)"),
        ("inquiry from Amazon customer (Order: 1)", [None, ""], "inquiry from Amazon customer (Order: 1)"),
        (None, ["Alex"], None),
    ],
)  # fmt: skip
def test_buyers_names_are_blanked_out(subject: str | None, names: list[str | None], stored: str | None) -> None:
    assert without_names(subject, names) == stored


def test_an_order_s_number_may_stand_directly_behind_a_word() -> None:
    assert amazon_order_ids("anfordern(Bestellung:301-1234567-1234567)") == ["301-1234567-1234567"]
    assert amazon_order_ids("tel 1301-1234567-1234567", None, "301-1234567-12345678") == []


def test_a_buyer_is_another_in_another_account(account: SellerAccount) -> None:
    other = make_account("acme-de", time_zone="Europe/Berlin")
    assert context_for(account, NOW).pseudonym("a@b.c") != context_for(other, NOW).pseudonym("A@b.c")
