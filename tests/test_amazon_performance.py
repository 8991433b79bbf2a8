"""What Amazon itself reports: kept beside our figures, whatever it says."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.models import OfficialFigure
from sellers.models import SellerAccount
from tests.amazon import american, counts, problems, sample, take_in
from tests.makers import make_account

pytestmark = pytest.mark.django_db

SPANS = {
    "week": ("2026-11-01T00:00Z", "2026-11-07T23:59Z"),
    "month": ("2026-10-09T00:00Z", "2026-11-07T23:59Z"),
    "sixty days": ("2026-08-26T00:00Z", "2026-10-24T23:59Z"),
    "half a year": ("2026-05-12T00:00Z", "2026-11-07T23:59Z"),
    "day": ("2026-11-07T23:59Z", "2026-11-07T23:59Z"),
}

# (metric, who ships or what it is about, span): numerator, denominator, rate, status, target, condition
EXPECTED: dict[tuple[str, str, str], tuple[Any, ...]] = {
    ("invoice_defect_rate", "", "week"): (0, 120, "0", "NONE", "0.05", "LESS_THAN"),
    ("late_shipment_rate", "", "month"): (26, 812, "0.03201970443", "GOOD", "0.04", "LESS_THAN"),
    ("order_defect_rate", "merchant", "sixty days"): (13, 1600, "0.008125", "GOOD", "0.01", "LESS_THAN"),
    ("order_defect_rate", "marketplace", "sixty days"): (5, 2400, "0.0020833333", "GOOD", "0.01", "LESS_THAN"),
    ("on_time_delivery_rate", "", "month"): (751, 780, "0.9628205128", "GOOD", "0.9", "GREATER_THAN"),
    ("unit_on_time_delivery_rate", "", "month"): (146, 150, "0.9733333333", "GOOD", "0.9", "GREATER_THAN"),
    ("valid_tracking_rate", "", "month"): (780, 800, "0.975", "GOOD", "0.95", "GREATER_THAN"),
    ("prefulfillment_cancel_rate", "", "week"): (4, 210, "0.019047619", "GOOD", "0.025", "LESS_THAN"),
    ("warning_state", "spammingSellerMessaging", "day"): (None, None, None, "GOOD", None, ""),
    ("account_status", "", "day"): (None, None, None, "NORMAL", None, ""),
    ("account_health_rating", "", "half a year"): (None, None, "824", "GREAT", None, ""),
    ("listing_policy", "", "half a year"): (2, None, None, "BAD", "0", "EQUALS"),
    ("authenticity", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("condition", "", "half a year"): (1, None, None, "BAD", "0", "EQUALS"),
    ("product_safety", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("received_ip", "", "half a year"): (1, None, None, "BAD", "0", "EQUALS"),
    ("restricted_product", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("suspected_ip", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("food_safety", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("other", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
    ("document_request", "", "half a year"): (0, None, None, "NONE", "0", "EQUALS"),
}


@pytest.fixture
def account() -> SellerAccount:
    return american()


def figure(metric: str, **wanted: Any) -> OfficialFigure:
    return OfficialFigure.objects.get(metric=metric, **wanted)


def test_every_figure_of_the_account_health_report_is_kept(account: SellerAccount) -> None:
    run = take_in(account, "seller_performance_v2.json")
    assert (run.source, counts(run), run.warnings) == ("amazon.seller_performance", (21, 21, 0, 0, 0, 0), {})
    found = {row.external_id: row for row in OfficialFigure.objects.all()}
    assert set(found) == {f"{metric}:{about}:{':'.join(SPANS[span])}" for metric, about, span in EXPECTED}
    for (metric, about, span), (numerator, denominator, rate, status, target, condition) in EXPECTED.items():
        row = found[f"{metric}:{about}:{':'.join(SPANS[span])}"]
        began, ended = (datetime.fromisoformat(moment) for moment in SPANS[span])
        assert (row.period_from, row.period_to) == (began, ended)
        assert (row.numerator, row.denominator) == (numerator, denominator)
        assert row.rate == (None if rate is None else Decimal(rate))
        assert (row.platform_status, row.target_condition) == (status, condition)
        assert row.target_value == (None if target is None else Decimal(target))


def test_what_a_figure_is_made_of_is_kept_untouched(account: SellerAccount) -> None:
    take_in(account, "seller_performance_v2.json")
    said = json.loads(sample("seller_performance_v2.json"))["performanceMetrics"][0]
    assert figure("order_defect_rate", fulfilled_by="merchant").components == said["orderDefectRate"]["mfn"]
    assert figure("account_health_rating").components == said["accountHealthRating"]
    assert figure("listing_policy").components == said["listingPolicyViolations"]


def test_amazons_own_example_is_taken_whatever_its_numbers_say(account: SellerAccount) -> None:
    run = take_in(account, "official/seller_performance_schema_example.json")
    assert (run.source, counts(run)) == ("amazon.seller_performance", (19, 19, 0, 0, 0, 0))
    # The spellings of the schema and of its example are the same figures.
    cancelled = figure("prefulfillment_cancel_rate")
    assert (cancelled.numerator, cancelled.denominator, cancelled.rate) == (551, 17197, Decimal("0.005"))
    # More packages in time than packages.
    on_time = figure("on_time_delivery_rate")
    assert (on_time.numerator, on_time.denominator) == (847987, 808046)
    # A range that ends before it starts is its end; what Amazon wrote stays beside it.
    documents = figure("document_request")
    assert documents.period_from == documents.period_to == datetime(2020, 11, 19, 23, 59, tzinfo=UTC)
    assert documents.components["reportingDateRange"]["reportingDateFrom"] == "2020-11-21T00:00Z"
    # Both channels call themselves mfn: the key decides.
    assert figure("order_defect_rate", fulfilled_by="marketplace").components["fulfillmentType"] == "mfn"
    rating = figure("account_health_rating")
    assert (rating.platform_status, rating.rate) == ("WARNED", None)
    assert (figure("warning_state").platform_status, figure("account_status").platform_status) == ("BAD", "AT_RISK")


def test_the_status_of_a_marketplace_is_the_one_of_its_account() -> None:
    canada = make_account("acme-ca", marketplace="CA", time_zone="America/Toronto")
    both = json.loads(sample("seller_performance.json"))
    both["performanceMetrics"].append({"marketplaceId": "A2EUQ1WTGCTBG2", "accountHealthRating": {
        "ahrScore": 150, "accountHealthRatingStatus": "WARNED",
        "reportingDateRange": {"reportingDateFrom": "2023-11-23T00:00Z", "reportingDateTo": "2024-05-21T23:59Z"},
    }})  # fmt: skip
    both["accountStatuses"].append({"marketplaceId": "A2EUQ1WTGCTBG2", "status": "SUSPENDED"})
    run = take_in(canada, json.dumps(both).encode())
    assert (counts(run), run.warnings) == ((2, 2, 0, 0, 0, 0), {"unknown_column": 1})  # the other marketplace is told
    assert (figure("account_health_rating").rate, figure("account_health_rating").platform_status) == (150, "WARNED")
    assert figure("account_status").platform_status == "SUSPENDED"


def test_a_report_about_another_marketplace_is_not_taken_for_the_accounts() -> None:
    germany = make_account("acme-de", marketplace="DE", time_zone="Europe/Berlin")
    run = take_in(germany, "seller_performance.json")
    assert problems(run) == [("/", "marketplaceId", "unknown_account")]
    assert not OfficialFigure.objects.exists()


def test_figures_of_the_next_day_stand_beside_those_of_the_day_before(account: SellerAccount) -> None:
    take_in(account, "seller_performance_v2.json")
    take_in(account, sample("seller_performance_v2.json").replace(b"-07T23:59Z", b"-08T23:59Z"))
    days = OfficialFigure.objects.filter(metric="account_health_rating").values_list("day", flat=True)
    assert sorted(day.isoformat() for day in days) == ["2026-11-07", "2026-11-08"]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"orderCount": -3, "lateShipmentCount": 2.5, "rate": "n/a"}, (None, None, None)),
        ({"orderCount": "812", "lateShipmentCount": "26", "rate": "3.2%"}, (26, 812, Decimal("0.032"))),
        ({"orderCount": 10**40 - 1, "rate": 10**30, "status": 7, "targetValue": [], "extra": {"a": [1]}}, (None,) * 3),
        ({"reportingDateRange": "always", "rate": True}, (None, None, None)),
    ],
)
def test_numbers_that_make_no_sense_are_left_out_and_refuse_nothing(
    account: SellerAccount, value: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    report = {"performanceMetrics": [{"marketplaceId": "ATVPDKIKX0DER", "lateShipmentRate": value, "new": {"x": 1}}]}
    run = take_in(account, json.dumps(report).encode())
    assert (counts(run), run.warnings) == ((1, 1, 0, 0, 0, 0), {"unknown_column": 1})
    row = figure("late_shipment_rate")
    assert (row.numerator, row.denominator, row.rate) == kept
    assert row.period_to == datetime(2026, 11, 21, tzinfo=UTC)  # without a range: when the report arrived
