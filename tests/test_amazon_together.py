"""All of Amazon's files together: their order never matters, taking them in again changes nothing."""

import io
import random
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.codes import printable
from intake.models import DeleteNotice, RejectedRow
from intake.readers import READERS, recognise
from intake.readers.context import Context
from intake.readers.text import FileUnreadable
from intake.rows import Row
from orders.models import Order
from sellers.marks import Mark
from tests.amazon import DATA, american, counts, everything, sample, take_in

FILES = {
    "all_orders_by_last_update.tsv": 3, "all_orders_by_order_date.tsv": 4, "order_report.tsv": 3, "unshipped.tsv": 3,
    "shipping_confirmation.tsv": 2, "returns_by_return_date.tsv": 3, "returns_mfn.tsv": 4, "returns_mfn.xml": 1,
    "fba_customer_returns.tsv": 2, "returns_fba.tsv": 3, "seller_feedback_us.tsv": 3, "seller_feedback.tsv": 3,
    "seller_performance_v2.json": 21, "seller_performance.json": 5, "customer_metrics.xml": 17,
    "orders_2026-01-01_page1.json": 2, "orders_2026-01-01_page2.json": 2, "financial_events_v0.json": 2,
    "official/seller_performance_schema_example.json": 19,
}  # fmt: skip
OF_OTHER_ACCOUNTS = {"seller_feedback_de.tsv", "official/orders_2026-01-01_sandbox_uk.json"}
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def test_no_sample_is_forgotten() -> None:
    found = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()}
    assert found == set(FILES) | OF_OTHER_ACCOUNTS


@pytest.mark.django_db
def test_every_file_goes_in_whole_and_again_changes_nothing() -> None:
    account = american()
    for name, rows in FILES.items():
        run = take_in(account, name)
        assert (name, counts(run)[0], counts(run)[5]) == (name, rows, 0)
    assert not RejectedRow.objects.exists()
    assert not DeleteNotice.objects.exists()  # every order that is spoken of is reported by one of the files
    before = everything()
    Mark.objects.all().delete()
    for name in FILES:
        _received, created, updated, _unchanged, _stale, quarantined = counts(take_in(account, name))
        assert (created, updated, quarantined) == (0, 0, 0)
    assert everything() == before
    assert not Mark.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_the_files_leaves_the_same_records(seed: int) -> None:
    """Each file comes on the day it came on, whichever of them is read first."""
    days = {name: DAY.replace(hour=hour) for hour, name in enumerate(FILES)}
    account = american()
    for name in FILES:
        take_in(account, name, days[name])
    expected, key = everything(), account.pk  # which is part of what buyers are known by
    account.delete()
    account = american(pk=key)
    names = list(FILES)
    random.Random(seed).shuffle(names)
    for name in names:
        take_in(account, name, days[name])
    assert everything() == expected


@pytest.mark.django_db
def test_an_order_that_many_files_speak_of_holds_what_each_of_them_knows() -> None:
    account = american()
    for name in ("order_report.tsv", "shipping_confirmation.tsv", "all_orders_by_order_date.tsv", "returns_mfn.tsv"):
        take_in(account, name)
    order = Order.objects.get(external_id="999-1000001-2000001")
    # The order report's promise, the confirmation's package, the status of all orders.
    assert (order.status, order.ship_by_at, order.shipments.get().carrier) == (
        "shipped", datetime(2024, 5, 9, 6, 59, 59, tzinfo=UTC), "USPS",
    )  # fmt: skip


# --- Broken files ----------------------------------------------------------------------------------------------------

AMERICA = Context(DAY, zone="America/Los_Angeles", platform="amazon", marketplace="US", identity=b"key")
WORDS = st.sampled_from([b"null", b"[]", b"{}", b"\t", b"0", b"<a>", b"</", b"\n"])
SOURCES = sorted(name for name in READERS if name.startswith("amazon."))


def consume(content: bytes, source: str) -> None:
    """Read a file and try each of its rows again, as a repair does."""
    try:
        for row in READERS[source].read(io.BytesIO(content), AMERICA):
            assert isinstance(row, Row)
            stored = {name: printable(value) for name, value in row.defaults.items() if isinstance(value, str)}
            for again in READERS[source].again(printable(row.text or ""), stored, AMERICA):
                assert isinstance(again, Row)
    except FileUnreadable:
        pass


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_exception_escapes_a_damaged_file(name: str, data: st.DataObject) -> None:
    content = bytearray(sample(name))
    for _change in range(data.draw(st.integers(1, 4))):
        at, length = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 12))
        content[at : at + length] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"null", b"[]", b"{}", b"\t", b"0"])
        )
    source = recognise(io.BytesIO(sample(name)), AMERICA)
    consume(bytes(content), source)


@given(st.sampled_from(sorted(FILES)), st.sampled_from(SOURCES))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_file_read_as_something_else_makes_no_exception(name: str, source: str) -> None:
    consume(sample(name), source)
