"""What buyers said through Amazon's files: returns and ratings."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orders.models import Claim, Feedback, Order, Return, ReturnStanding
from sellers.models import SellerAccount
from tests.amazon import american, counts, one, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> SellerAccount:
    return american()


# --- Returns ---------------------------------------------------------------------------------------------------------


def test_returns_to_the_seller(account: SellerAccount) -> None:
    run = take_in(account, "returns_by_return_date.tsv")
    # Two requests, one of which has become a claim.
    assert (run.source, counts(run), run.warnings) == ("amazon.returns_mfn", (3, 3, 0, 0, 0, 0), {})
    first = Return.objects.get(external_id="DabcdefgRRMA")
    assert (first.order_external_id, first.requested_on, first.requested_at) == (
        "111-1111111-1111111", date(2026, 11, 9), None,
    )  # fmt: skip
    assert (first.status, first.reason, first.in_policy, first.resolution) == (
        "approved", "CR-DEFECTIVE", True, "StandardRefund",
    )  # fmt: skip
    assert (first.refunded_amount, first.currency, first.a_to_z, first.fulfilled_by) == (
        Decimal("34.99"), "USD", False, "merchant",
    )  # fmt: skip
    assert first.items == [{"sku": "LAMP-BLK", "asin": "B0TEST0001", "title": "Desk lamp, black", "quantity": 1}]
    second = Return.objects.get(external_id="DhijklmnRRMA")
    assert (second.status, second.in_policy, second.a_to_z, second.refunded_amount) == ("requested", False, True, None)
    assert second.standing == ReturnStanding.COUNTS


def test_a_return_that_became_a_claim_opens_the_claim_of_its_order(account: SellerAccount) -> None:
    take_in(account, "returns_by_return_date.tsv")
    claim = Claim.objects.get()
    assert (claim.external_id, claim.order_external_id, claim.kind, claim.status, claim.day) == (
        "a2z:114-4444444-4444444", "114-4444444-4444444", "a_to_z", "open", None,
    )  # fmt: skip


def test_letter_case_does_not_matter_and_the_rows_of_a_return_are_one(account: SellerAccount) -> None:
    header, first, second, third = sample("returns_mfn.tsv").decode().splitlines()
    header = header.replace("A-to-Z Claim", "A-to-z claim").replace("Merchant RMA ID", "Seller RMA ID")
    also = (
        first.replace("B0SAMPLE01", "B0SAMPLE02")
        .replace("BTL-750", "BTL-1000")
        .replace("\t\tKitchen", "\t4,90\tKitchen")
    )
    run = take_in(account, "\n".join([header, first, second, third, also]).encode())
    assert (counts(run), run.warnings) == ((4, 4, 0, 0, 0, 0), {})
    found = one(Return, "DSAMPLE1RRMA", "refunded_amount", "items")
    assert (found["refunded_amount"], [item["sku"] for item in found["items"]]) == (
        Decimal("4.90"), ["BTL-750", "BTL-1000"],
    )  # fmt: skip
    # Without an RMA a return is known by its order, article and day.
    assert one(Return, "999-1000005-2000005:B0SAMPLE03:2024-05-16", "status", "reason") == {
        "status": "requested", "reason": "CR-UNWANTED_ITEM",
    }  # fmt: skip
    assert one(Return, "DSAMPLE2RRMA", "received_on", "a_to_z") == {"received_on": date(2024, 5, 24), "a_to_z": True}


def test_a_status_nobody_knows_is_kept_aside(account: SellerAccount) -> None:
    run = take_in(account, sample("returns_mfn.tsv").replace(b"Pending Approval", b"Waiting"))
    assert run.warnings == {"unknown_enum_kept_raw": 1}
    found = one(Return, "999-1000005-2000005:B0SAMPLE03:2024-05-16", "status", "extra")
    assert (found["status"], found["extra"]["return request status"]) == ("", "Waiting")


@pytest.mark.parametrize(
    ("before", "after", "field", "code"),
    [
        ("16-May-2024", "16-Mai-2024", "return request date", "bad_timestamp"),
        ("16-May-2024", "", "requested_at", "missing_required"),
        ("999-1000005-2000005", "", "order id", "missing_required"),
        ("\t2\tCR-UNWANTED", "\ttwo\tCR-UNWANTED", "return quantity", "bad_number"),
    ],
)
def test_a_bad_return_is_named_by_line_field_and_reason(
    account: SellerAccount, before: str, after: str, field: str, code: str
) -> None:
    run = take_in(account, sample("returns_mfn.tsv").decode().replace(before, after).encode())
    assert problems(run) == [("line 3", field, code)]
    assert Return.objects.count() == 2


def test_returns_to_amazon_are_known_by_their_receipt(account: SellerAccount) -> None:
    run = take_in(account, "fba_customer_returns.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.returns_fba", (2, 2, 0, 0, 0, 0), {})
    first = Return.objects.get(external_id="LPNTEST000001")
    assert (first.received_at, first.requested_at, first.status) == (
        datetime(2026, 11, 8, 5, 14, 8, tzinfo=UTC), None, "received",
    )  # fmt: skip
    assert (first.reason, first.comment, first.fulfilled_by) == (
        "UNWANTED_ITEM", "Did not need it after all", "marketplace",
    )  # fmt: skip
    assert (first.standing, first.extra["detailed-disposition"]) == (ReturnStanding.NO_REQUEST, "SELLABLE")
    without_plate = sample("fba_customer_returns.tsv").replace(b"LPNTEST000002", b"")
    take_in(account, without_plate)
    assert Return.objects.filter(external_id="115-5555555-5555555:LAMP-BLK-FBA:2026-11-09T18:40:51+00:00").exists()


# --- Ratings ---------------------------------------------------------------------------------------------------------


def test_american_ratings_put_the_month_first(account: SellerAccount) -> None:
    run = take_in(account, "seller_feedback_us.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.seller_feedback", (3, 3, 0, 0, 0, 0), {})
    first = Feedback.objects.get(external_id="111-1111111-1111111")
    assert (first.order_external_id, first.rating, first.rated_on) == ("111-1111111-1111111", 1, date(2026, 11, 5))
    assert (first.comment, first.seller_response) == ("Arrived broken, no answer for three days.", "")
    assert one(Feedback, "117-7777777-7777777", "comment") == {"comment": '"Wrong colour'}
    answered = one(Feedback, "116-6666666-6666666", "rating", "seller_response")
    assert answered == {"rating": 3, "seller_response": "Sorry for the delay, we changed the carrier."}
    assert "example.com" not in repr(Feedback.objects.values())


def test_a_bad_rating_makes_its_order_a_defect(account: SellerAccount) -> None:
    take_in(account, "seller_feedback_us.tsv")
    take_in(account, "all_orders_by_last_update.tsv")
    assert Order.objects.get(external_id="111-1111111-1111111").negative_feedback is True


def test_german_ratings_put_the_day_first() -> None:
    run = take_in(make_account("acme-de", marketplace="DE", time_zone="Europe/Berlin"), "seller_feedback_de.tsv")
    assert (run.source, counts(run), run.warnings) == ("amazon.seller_feedback", (2, 2, 0, 0, 0, 0), {})
    # 3 April, not 4 March: in Germany the day comes first.
    assert one(Feedback, "302-2222222-2222222", "rated_on", "comment") == {
        "rated_on": date(2026, 4, 3), "comment": "Größe falsch angegeben",
    }  # fmt: skip


def ratings(header: str, date_text: str, comment: str = "zu spät") -> str:
    columns = len(header.split("\t"))
    between = ["", "", ""] if columns == 9 else []
    cells = [date_text, "2", comment, "", *between, "302-1111111-1111111", "someone@example.com"]
    return f"{header}\r\n" + "\t".join(cells) + "\r\n"


@pytest.mark.parametrize(
    ("marketplace", "header", "written", "day"),
    [
        ("ES", "Date\tRating\tComentarios\tResponse\tNúmero de pedido\tE-mail del cliente", "5/11/26", (2026, 11, 5)),
        ("MX", "Fecha\tRating\tComentarios\tTu respuesta\tNúmero de pedido\tCorreo electrónico del evaluador",
         "05/11/26", (2026, 11, 5)),
        ("JP", "日付\t評価\tコメント\t返答\t注文番号\t評価者のEメール", "26/11/05", (2026, 11, 5)),
        ("JP", "日付\t評価\tコメント\t返答\t注文番号\t評価者のEメール", "2026/11/05", (2026, 11, 5)),
        ("US", "日期\t评级\t评论\t您的回复\t订单编号\t评级者电子邮件", "11/5/26", (2026, 11, 5)),
        ("SE", "Datum\tBetyg\tKommentarer\tDitt svar\tOrder-ID\tE-post", "2026-11-05", (2026, 11, 5)),
        ("UK", "Date\tRating\tComments\tYour Response\tArrived on Time\tItem as Described\tCustomer Service\t"
         "Order ID\tRater Email", "05/11/26", (2026, 11, 5)),
        ("", "Date\tRating\tComments\tResponse\tOrder ID\tRater Email", "2026-11-05", (2026, 11, 5)),
    ],
)  # fmt: skip
def test_headers_and_dates_of_many_marketplaces(
    marketplace: str, header: str, written: str, day: tuple[int, int, int]
) -> None:
    account = make_account("shop", marketplace=marketplace, time_zone="UTC")
    run = take_in(account, ratings(header, written).encode())
    assert (run.source, counts(run)) == ("amazon.seller_feedback", (1, 1, 0, 0, 0, 0))
    row = Feedback.objects.get()
    assert (row.external_id, row.rating, row.rated_on, row.comment) == ("302-1111111-1111111", 2, date(*day), "zu spät")
    assert "someone" not in repr(Feedback.objects.values())


def test_a_header_of_unknown_words_is_read_by_its_places(account: SellerAccount) -> None:
    run = take_in(account, ratings("päivä\ttähdet\tsanat\tvastaus\ttilaus\tosoite", "11/05/26").encode())
    assert (run.source, counts(run)) == ("amazon.seller_feedback", (1, 1, 0, 0, 0, 0))
    assert run.warnings == {"header_mapped_by_position": 1}
    assert one(Feedback, "302-1111111-1111111", "rating", "comment", "extra") == {
        "rating": 2, "comment": "zu spät", "extra": {},
    }  # fmt: skip


def test_a_japanese_file_comes_in_the_character_set_of_japan() -> None:
    account = make_account("acme-jp", marketplace="JP", time_zone="Asia/Tokyo")
    text = ratings("日付\t評価\tコメント\t返答\t注文番号\t評価者のEメール", "26/11/05", "①箱が壊れていた～㈱髙橋")
    take_in(account, text.encode("cp932"))
    assert Feedback.objects.get().comment == "①箱が壊れていた～㈱髙橋"


def test_nobody_guesses_whether_the_day_or_the_month_comes_first() -> None:
    account = make_account("shop", marketplace="", time_zone="UTC")
    run = take_in(account, ratings("Date\tRating\tComments\tResponse\tOrder ID\tRater Email", "05/11/26").encode())
    assert problems(run) == [("line 2", "date", "bad_timestamp")]


@pytest.mark.parametrize("stars", ["", "0", "6", "4.5", "good"])
def test_a_rating_without_stars_is_set_aside(account: SellerAccount, stars: str) -> None:
    run = take_in(account, sample("seller_feedback_us.tsv").replace(b"\t3\tOK", f"\t{stars}\tOK".encode()))
    assert [(pointer, field) for pointer, field, _code in problems(run)] == [("line 3", "rating")]
    assert Feedback.objects.count() == 2


def test_an_address_in_a_column_nobody_knows_is_not_kept(account: SellerAccount) -> None:
    header = "Date\tRating\tComments\tResponse\tOrder ID\tKontakt\tNeu"
    row = "11/05/26\t2\tlate\t\t302-1111111-1111111\tsomeone@example.com\tx"
    run = take_in(account, f"{header}\n{row}\n".encode())
    assert (counts(run)[1], run.warnings) == (1, {"unknown_column": 2})
    assert Feedback.objects.get().extra == {"Neu": "x"}
