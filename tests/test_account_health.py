"""What the platform holds against the account and how it rates it, shown as it says so."""

from datetime import date

import pytest

from intake.contract import RECORD_TYPES
from intake.gate import ingest
from kpis.breakdowns import breakdown
from kpis.catalogue import METRICS
from kpis.exports import rows_table
from kpis.figures import State
from kpis.files import csv_table
from kpis.metrics import Side
from kpis.readings import readings
from kpis.rows import rows
from kpis.sweep import sweep
from kpis.targets import Band
from orders.models import OfficialFigure, OfficialMetric, PolicyViolation, ViolationCategory
from tests.examples.account_health import figure, held, violation
from tests.makers import NOW, make_account

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 19)


def reading(account, slug="policy_violations"):
    sweep(NOW)
    return readings(account, MONDAY, [METRICS[slug]])[0]


def said(account, observed, **values):
    record = {"type": "policy_violation", "external_id": "v-1", "category": "other", **values}
    answer = ingest(
        account,
        {"schema": "1", "batch_id": f"b-{observed}", "account": account.key, "system": "amazon",
         "observed_at": observed, "records": [record]},
        owner="test", now=NOW,
    )  # fmt: skip
    assert not answer["quarantined"]


def test_no_open_violation_is_green_one_is_red_and_never_heard_of_any_is_no_data():
    account = make_account()
    found = reading(account)
    assert (found.value, found.state, found.band) == (None, State.NO_DATA, Band.NONE)
    one = violation(account, "other", status="resolved")
    found = reading(account)
    assert (found.value, found.state, found.band) == (0, State.COMPUTED, Band.GREEN)
    one.status = "open"
    one.save()
    assert (reading(account).value, reading(account).band) == (1, Band.RED)


def test_violations_are_broken_down_by_category():
    account = make_account()
    held(account)
    assert [(one.value, one.n) for one in breakdown(reading(account))] == [("condition", 6), ("listing_policy", 4)]


def test_an_excluded_violation_is_left_out():
    account = make_account()
    violation(account, "other", excluded=True)
    assert reading(account).value == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_violation_without_a_date_counts_on_the_day_it_was_last_reported(order):
    account = make_account()
    reports = ["2026-01-10T10:00:00Z", "2026-01-12T10:00:00Z", "2026-01-14T23:30:00Z"]
    for number in order:
        said(account, reports[number])
    assert PolicyViolation.objects.get().day == date(2026, 1, 14)
    assert reading(account).value == 1


def test_a_violation_with_a_date_keeps_it_whatever_is_reported_later():
    account = make_account()
    said(account, "2026-01-10T10:00:00Z", opened_on="2026-01-03")
    said(account, "2026-01-14T10:00:00Z")
    assert PolicyViolation.objects.get().day == date(2026, 1, 3)


@pytest.mark.parametrize(("points", "band"), [("99", Band.RED), ("100", Band.YELLOW), ("199", Band.YELLOW),
                                              ("200", Band.GREEN), ("1000", Band.GREEN)])  # fmt: skip
def test_account_health_is_healthy_from_200_points_and_at_risk_from_100(points, band):
    account = make_account()
    figure(account, "account_health_rating", "2026-01-18", points)
    assert reading(account, "account_health_rating").band == band


def test_a_series_that_never_came_says_so():
    assert reading(make_account(), "sales_amount").state == State.NOT_IMPORTABLE


def test_a_value_is_shown_and_exported_without_the_zeros_of_its_column():
    account = make_account()
    figure(account, "listing_bounce_rate", "2026-01-18", "0.3125")
    sweep(NOW)
    found = rows(account, METRICS["listing_bounce_rate"], MONDAY, Side.FOR)
    assert [row["rate"] for row in found] == ["0.3125"]
    _head, line = "".join(csv_table(rows_table(found, MONDAY))).splitlines()
    assert line.split(",")[2:4] == ['"Listing bounce rate"', "0.3125"]


def test_every_official_figure_the_contract_takes_is_one_of_one_list():
    taken = RECORD_TYPES["platform_metric"].fields["metric"].schema["enum"]
    assert taken == OfficialMetric.values
    assert set(ViolationCategory.values) <= set(taken)


def test_amounts_of_millions_are_kept_to_the_cent():
    account = make_account()
    row = figure(account, "sales_amount", "2026-01-18", "987654321.25")
    assert str(OfficialFigure.objects.get(pk=row.pk).rate.normalize()) == "987654321.25"
