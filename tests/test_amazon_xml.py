"""Amazon's XML reports, and what must not be done to a reader of XML."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from intake.contexts import context_for
from intake.models import ImportRun
from intake.readers import READERS, recognise
from intake.readers.context import Context
from intake.readers.text import FileUnreadable
from intake.readers.xml import ELEMENT_LIMIT, elements
from orders.models import Claim, OfficialFigure, Return
from sellers.models import SellerAccount
from tests.amazon import american, counts, one, problems, sample, take_in

PLAIN = Context(datetime(2026, 11, 20, tzinfo=UTC))


@pytest.fixture
def account(db: None) -> SellerAccount:
    return american()


# --- Returns ---------------------------------------------------------------------------------------------------------


def test_a_return_in_xml_has_the_time_of_its_request(account: SellerAccount) -> None:
    run = take_in(account, "returns_mfn.xml")
    assert (run.source, counts(run), run.warnings) == ("amazon.returns_mfn_xml", (1, 1, 0, 0, 0, 0), {})
    row = Return.objects.get(external_id="DSAMPLE1RRMA")
    assert (row.order_external_id, row.requested_at, row.status) == (
        "999-1000001-2000001", datetime(2024, 5, 14, 12, 44, 17, tzinfo=UTC), "approved",
    )  # fmt: skip
    assert (row.reason, row.in_policy, row.resolution, row.a_to_z) == ("CR-DEFECTIVE", True, "StandardRefund", False)
    assert (row.refunded_amount, row.currency, row.fulfilled_by) == (Decimal("19.9"), "USD", "merchant")
    assert row.items == [
        {"sku": "BTL-750", "asin": "B0SAMPLE01", "title": "Steel Bottle 750 ml", "quantity": 1}
    ]  # fmt: skip
    assert row.extra["label_type"] == "AmazonUnPaidLabel"


def test_the_same_return_from_both_files_is_one(account: SellerAccount) -> None:
    take_in(account, "returns_mfn.xml")
    assert counts(take_in(account, "returns_mfn.tsv"))[1:3] == (3, 1)  # two returns and a claim are new
    assert one(Return, "DSAMPLE1RRMA", "requested_on", "requested_at") == {
        "requested_on": date(2024, 5, 14), "requested_at": datetime(2024, 5, 14, 12, 44, 17, tzinfo=UTC),
    }  # fmt: skip


def test_a_return_of_several_articles_that_became_a_claim(account: SellerAccount) -> None:
    content = sample("returns_mfn.xml").decode().replace("<a_to_z_claim>false", "<a_to_z_claim>true")
    item = content[content.index("<item_details>") : content.index("</item_details>") + len("</item_details>")]
    content = content.replace(item, item + item.replace("BTL-750", "BTL-1000").replace("19.9<", "5.1<"))
    run = take_in(account, content.replace("<order_id>", "<novelty>x</novelty><order_id>").encode())
    assert (counts(run), run.warnings) == ((2, 2, 0, 0, 0, 0), {"unknown_column": 1})
    row = Return.objects.get()
    assert ([each["sku"] for each in row.items], row.refunded_amount) == (["BTL-750", "BTL-1000"], Decimal("25.0"))
    assert Claim.objects.get().external_id == "a2z:999-1000001-2000001"


@pytest.mark.parametrize(
    ("before", "after", "field", "code"),
    [
        ("2024-05-14T12:44:17Z", "2024-05-14T25:00:00Z", "return_request_date", "bad_timestamp"),
        ("999-1000001-2000001", "", "order_id", "missing_required"),
        ("<return_quantity>1", "<return_quantity>one", "return_quantity", "bad_number"),
        ("<in_policy>Y", "<in_policy>perhaps", "in_policy", "bad_enum"),
    ],
)
def test_a_bad_return_is_named_by_place_element_and_reason(
    account: SellerAccount, before: str, after: str, field: str, code: str
) -> None:
    run = take_in(account, sample("returns_mfn.xml").decode().replace(before, after).encode())
    assert problems(run) == [("return 1", field, code)]


# --- Customer metrics ------------------------------------------------------------------------------------------------

SIXTY, MONTH, TRACKED = (
    "2024-03-08T00:00Z:2024-05-06T23:59Z", "2024-04-22T00:00Z:2024-05-21T23:59Z", "2024-04-12T00:00Z:2024-05-11T23:59Z",
)  # fmt: skip
UNTIL = "2024-05-21T23:59Z:2024-05-21T23:59Z"
FIGURES = {  # numerator, denominator, rate, status
    f"order_defect_rate::{SIXTY}": (21, None, "0.005", "Good"),
    f"negative_feedback_rate::{SIXTY}": (13, None, "0.0031", ""),
    f"atoz_claim_rate::{SIXTY}": (9, None, "0.0021", ""),
    f"chargeback_rate::{SIXTY}": (1, None, "0.0002", ""),
    f"late_shipment_rate::{MONTH}": (43, None, "0.02", "Fair"),
    f"prefulfillment_cancel_rate::{MONTH}": (19, None, "0.009", "Good"),
    f"refund_rate::{MONTH}": (67, None, "0.031", ""),
    f"valid_tracking_rate::{TRACKED}": (None, None, "0.981", ""),
    f"on_time_delivery_rate::{TRACKED}": (None, None, "0.962", ""),
    # 9 answered after 24 hours and 3 not at all, of 188 + 9 + 3.
    f"late_response_rate::{MONTH}": (12, 200, None, "Good"),
    # 6.4 hours in seconds.
    f"average_response_time::{MONTH}": (None, None, "23040", ""),
    f"return_dissatisfaction_rate::{MONTH}": (2, None, "0.04", "Good"),
    f"other::{UNTIL}": (None, None, None, "Good"),
    f"listing_policy::{UNTIL}": (None, None, None, "Good"),
    f"product_safety::{UNTIL}": (None, None, None, "Good"),
    f"authenticity::{UNTIL}": (None, None, None, "Good"),
    f"received_ip::{UNTIL}": (None, None, None, "Good"),
}


def test_every_figure_of_the_customer_metrics_is_kept(account: SellerAccount) -> None:
    run = take_in(account, "customer_metrics.xml")
    assert (run.source, counts(run), run.warnings) == ("amazon.customer_metrics", (17, 17, 0, 0, 0, 0), {})
    found = {row.external_id: row for row in OfficialFigure.objects.all()}
    assert set(found) == set(FIGURES)
    for external_id, (numerator, denominator, rate, status) in FIGURES.items():
        row = found[external_id]
        assert (row.numerator, row.denominator, row.platform_status) == (numerator, denominator, status)
        assert row.rate == (None if rate is None else Decimal(rate))
    refunds = found[f"refund_rate::{MONTH}"]
    assert (refunds.components["rate"], refunds.components["timeFrame"]["start"]) == ("3.10%", "2024-04-22T00:00:00Z")


def test_each_time_frame_is_a_figure_of_its_own(account: SellerAccount) -> None:
    content = sample("customer_metrics.xml").decode()
    block = content[content.index("<customerExperienceMetrics>") : content.index("</customerExperience>")]
    week = block.replace("2024-04-22", "2024-05-15").replace("<count>43", "<count>4")
    take_in(account, content.replace(block, block + week).encode())
    late = OfficialFigure.objects.filter(metric="late_shipment_rate").order_by("period_from")
    assert [row.numerator for row in late] == [43, 4]


# --- What must not be done to a reader of XML -------------------------------------------------------------------------


def read(content: bytes) -> list[str]:
    return [element.findtext("name") or "" for element in elements(io.BytesIO(content), PLAIN, {"row"})]


def test_elements_are_found_at_any_depth_and_in_any_name_space() -> None:
    content = b'<a xmlns="urn:x"><b><row><name/></row></b>text<row/></a>'
    assert len(list(elements(io.BytesIO(content), PLAIN, {"row"}))) == 2


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a><row><name>&x;</name></row></a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><row/></a>',
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a><row>&b;</row></a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://example.com/">]><a>&x;</a>',
    ],
)
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    with pytest.raises(FileUnreadable, match="document type or entities"):
        read(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<a><row><name>one</name></row><row>", "not valid XML"),
        (b"<a>" * 40, "nested too deeply"),
        (b"<a>\xff\xfe</a>", "not valid XML"),
        (b"", "not valid XML"),
    ],
)
def test_what_is_no_xml_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        read(content)


def test_what_stands_before_the_break_is_read() -> None:
    reading = elements(io.BytesIO(b"<a><row><name>one</name></row><row>" + b" " * 70_000), PLAIN, {"row"})
    assert next(reading).findtext("name") == "one"
    with pytest.raises(FileUnreadable):
        next(reading)


class Endless(io.RawIOBase):
    """A file that goes on for as long as anybody reads."""

    def __init__(self, beginning: bytes, piece: bytes) -> None:
        self.waiting, self.piece, self.beginning = beginning, piece, beginning
        self.given = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.waiting = self.beginning
        return 0

    def read(self, size: int = -1) -> bytes:
        given, self.waiting = (self.waiting or self.piece)[:size], b""
        self.given += len(given)
        return given

    def readline(self, size: int | None = -1) -> bytes:
        return b""


def test_an_element_without_end_is_given_up_after_a_few_megabytes() -> None:
    stream = Endless(b"<a><row><name>", b"x" * 16_384)
    with pytest.raises(FileUnreadable, match="too large"):
        list(elements(stream, PLAIN, {"row"}))  # type: ignore[arg-type]  # it reads as a file does
    assert stream.given < 2 * ELEMENT_LIMIT


def test_a_long_file_takes_no_more_memory_than_a_short_one() -> None:
    import tracemalloc

    def rows() -> Iterator[bytes]:
        yield b"<a>"
        for _number in range(60_000):
            yield b"<row><name>Steel Bottle 750 ml</name></row>\n"
        yield b"</a>"

    content = b"".join(rows())
    tracemalloc.start()
    count = sum(1 for _element in elements(io.BytesIO(content), PLAIN, {"row"}))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 2 * 1024 * 1024) == (60_000, True)


def test_xml_reports_are_recognised_by_their_elements(account: SellerAccount) -> None:
    context = context_for(account, PLAIN.observed_at)
    for name, source in (
        ("returns_mfn.xml", "amazon.returns_mfn_xml"),
        ("customer_metrics.xml", "amazon.customer_metrics"),
    ):
        for content in (sample(name), b'<?xml version="1.0"?>\n' + sample(name), b"\xef\xbb\xbf" + sample(name)):
            assert recognise(io.BytesIO(content), context) == source
            assert list(READERS[source].read(io.BytesIO(content), context))


def test_a_bomb_is_refused_by_the_import_and_kept(account: SellerAccount) -> None:
    from intake import imports

    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]>' + sample("returns_mfn.xml")
    run = imports.store(account, "file", io.BytesIO(bomb), now=PLAIN.observed_at)  # type: ignore[arg-type]  # a moment
    run = imports.run(run.pk, now=PLAIN.observed_at)  # type: ignore[arg-type]
    assert (run.state, "document type" in run.error) == (ImportRun.State.FAILED, True)
