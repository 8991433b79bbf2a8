"""What the platform itself says stands beside our figure, is kept for ever, and differences are told."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Share
from kpis.official import held_days, newest, stated
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from orders.models import OfficialFigure, OfficialMetric
from tests.makers import NOW, client_of, make_account, make_order
from tests.test_pages import json_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

LATE = METRICS["late_shipment_rate"]


def says(account, ends: str, rate: str, *, days: int = 30, metric=OfficialMetric.LATE_SHIPMENT_RATE, **more):
    """A figure of a period that ends at 23:59 of a day in UTC, as the account health report writes it."""
    last = datetime.fromisoformat(f"{ends}T23:59:00+00:00")
    first = datetime.combine(last.date() - timedelta(days=days - 1), datetime.min.time(), UTC)
    return OfficialFigure.objects.create(
        account=account, system="amazon", external_id=f"{metric}:{days}:{ends}:{more}", metric=metric,
        period_from=first, period_to=last, rate=rate, day=last.date(), **more,
    )  # fmt: skip


def shop():
    """One order of four shipped late, on 5 January: 25 % of the 30 days to 18 and to 19 January."""
    account = make_account("shop", marketplace="US")
    for number in range(4):
        confirmed = "2026-01-09 10:00" if number == 0 else "2026-01-06 10:00"
        make_order(account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed=confirmed)
    sweep(NOW)
    close_weeks(NOW)
    return account


def test_only_figures_of_a_window_as_long_as_ours_are_about_the_same_thing():
    account = shop()
    says(account, "2026-01-18", "0.02")
    says(account, "2026-01-18", "0.07", days=10)
    says(account, "2026-01-19", "0.03", metric=OfficialMetric.VALID_TRACKING_RATE)
    says(account, "2026-01-17", "0.01", excluded=True)
    found = stated(account, LATE, date(2026, 1, 1), date(2026, 1, 19), 30)
    assert [(one.window.last, one.window.days, one.value) for one in found] == [
        (date(2026, 1, 18), 30, Fraction(2, 100))
    ]
    found = stated(account, METRICS["late_shipment_rate_10d"], date(2026, 1, 1), date(2026, 1, 19), 10)
    assert [one.value for one in found] == [Fraction(7, 100)]
    assert stated(account, METRICS["first_response_time"], date(2026, 1, 1), date(2026, 1, 19), 30) == []


def test_of_a_week_the_newest_figure_counts():
    account = shop()
    for ends, rate in (("2026-01-12", "0.01"), ("2026-01-15", "0.02"), ("2026-01-11", "0.09")):
        says(account, ends, rate)
    found = stated(account, LATE, date(2026, 1, 1), date(2026, 1, 19), 30)
    assert newest(found, date(2026, 1, 18)).value == Fraction(2, 100)
    assert newest(found, date(2026, 1, 11)).value == Fraction(9, 100)
    assert newest(found, date(2026, 1, 10)) is None
    assert newest(found, date(2026, 1, 25)) is None


def test_every_days_figures_are_kept_although_the_platform_shows_the_newest_only():
    account = shop()
    assert held_days(account) == 0
    for day in range(1, 15):
        says(account, f"2026-01-{day:02}", "0.02")
        says(account, f"2026-01-{day:02}", "0.9", metric=OfficialMetric.VALID_TRACKING_RATE)
    assert held_days(account) == 13  # fourteen days, of which the newest is still shown


def test_the_page_draws_the_platforms_line_and_flags_what_differs():
    account = shop()
    says(account, "2026-01-18", "0.251")  # ours is 25 % of the week to 18 January
    says(account, "2026-01-19", "0.25")  # the same as ours on the report day
    client = client_of(account)
    response = client.get("/accounts/shop/late_shipment_rate/")
    page, chart = text_of(response), json_in(response, "trend-chart")
    assert chart["official"] == [None, pytest.approx(25.1)]  # of the weeks to 11 and to 18 January
    assert chart["officialShown"] == ["", "Amazon says 25.10%"]
    assert page.count("differs") == 1
    assert "Amazon itself says" in page
    assert "We hold 1 day of figures that Amazon no longer shows." in page
    OfficialFigure.objects.filter(period_to__day=19).update(rate="0.31")
    assert text_of(client.get("/accounts/shop/late_shipment_rate/")).count("differs") == 2


def test_a_page_without_official_figures_says_nothing_of_them():
    response = client_of(shop()).get("/accounts/shop/late_shipment_rate/")
    assert "itself says" not in text_of(response)
    assert json_in(response, "trend-chart")["official"] is None


@pytest.mark.parametrize("metric", [one for one in DECLARED if one.official is not None], ids=lambda one: one.slug)
def test_the_platforms_figures_are_shares_as_ours_are(metric):
    assert isinstance(metric, Share)
    assert OfficialFigure.objects.filter(metric.official).count() == 0  # the condition is one of that table


def test_the_api_tells_what_the_platform_said():
    account = shop()
    says(account, "2026-01-18", "0.02")
    says(account, "2026-01-18", "0.07", days=10)
    told = client_of(account).get("/api/v1/accounts/shop/official/late_shipment_rate?weeks=2").json()
    window = {"from": "2025-12-20", "to": "2026-01-18"}
    assert told == [{"metric": "late_shipment_rate", "window": window, "value": 0.02, "display": "2.00%"}]
