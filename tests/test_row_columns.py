"""Which columns a list of rows shows first, and how the others are asked for."""

import csv
from io import StringIO

import pytest
from django.test import Client

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Side
from kpis.row_columns import first_columns
from kpis.sweep import sweep
from tests.makers import NOW, make_account, make_order, make_user
from tests.pages import read


def shown(slug, side=Side.FOR):
    return [column.path for column in first_columns(METRICS[slug], side)]


def test_a_list_shows_first_what_the_row_is_and_what_its_verdict_follows_from():
    assert shown("late_shipment_rate") == [
        "placed_at", "external_id", "status", "fulfilled_by", "ship_by_at", "expected_ship_at", "confirmed_at",
        "shipment",
    ]  # fmt: skip
    assert shown("order_defect_rate") == [
        "placed_at", "external_id", "status", "negative_feedback", "claim_counts", "chargeback_counts",
    ]  # fmt: skip
    assert shown("within_24h_rate") == [
        "opened_at", "conversation__external_id", "topic", "reply", "reply_seconds", "agent__name",
    ]  # fmt: skip


def test_few_columns_are_all_shown():
    assert len(shown("feedback_rating")) == 7 == len(METRICS["feedback_rating"].fact.columns)


def test_what_is_left_out_shows_also_what_its_reasons_read():
    assert "reply" not in shown("first_response_any_time")
    assert "reply" in shown("first_response_any_time", Side.LEFT_OUT)


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.slug)
def test_every_list_begins_with_its_clock_and_keeps_the_order_of_its_columns(metric):
    for side in Side:
        columns = first_columns(metric, side)
        assert columns[0] is metric.fact.columns[0]
        assert list(columns) == [column for column in metric.fact.columns if column in columns]


def test_every_explained_column_is_read_by_some_figure():
    """Otherwise a renamed column would silently lose its explanation."""
    for fact in {metric.fact for metric in DECLARED}:
        for path in {path for column in fact.columns for path in column.explains}:
            fact.model._meta.get_field(path)


@pytest.mark.django_db
def test_other_columns_are_one_link_away_and_always_in_the_file(time_machine):
    time_machine.move_to(NOW, tick=False)
    shop = make_account("shop")
    make_order(shop, "2026-01-15 10:00", ship_by="2026-01-16 20:00", confirmed="2026-01-18 09:00")
    sweep(NOW)
    client = Client()
    client.force_login(make_user("mia", shop))
    address = "/accounts/shop/late_shipment_rate/?part=for&on=2026-01-19"

    def table(query=""):
        page = read(client.get(address + query).content.decode())
        found = next(one for one in page.all("table") if "rows" in one.attributes.get("class", "").split())
        link = next(one for part in page.all("p", "columned") for one in part.all("a"))
        return len(list(next(iter(found.all("thead"))).all("th"))), link.shown, link.attributes["href"]

    assert table() == (8, "Show 10 more columns", "?part=for&on=2026-01-19&columns=all#rows")
    assert table("&columns=all") == (18, "Only the columns that decide", "?part=for&on=2026-01-19#rows")
    file = b"".join(client.get(address.replace("/?", "/rows.csv?")).streaming_content).decode("utf-8-sig")
    assert len(next(csv.reader(StringIO(file, newline="")))) >= 18
