"""Counting reads covering indexes and no table, and overwrites totals where they stand."""

from datetime import date, timedelta

import pytest
from django.db import connection

from kpis.engine import recount
from kpis.layouts import LAYOUTS
from kpis.models import DayTotal
from tests.makers import NOW, make_account

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

# Few rows each; their index leaves the columns to the table.
SMALL = {"official", "violations"}


@pytest.mark.parametrize("slug", sorted(LAYOUTS.keys() - SMALL))
def test_a_fact_is_counted_from_its_index_alone(slug: str) -> None:
    rows = LAYOUTS[slug].counting().filter(account_id=1)
    table = connection.ops.quote_name(rows.model._meta.db_table)
    with connection.cursor() as cursor:
        # A table of its own, never written: what other tests left in the real one decides which index looks cheapest.
        cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {table} INCLUDING ALL) ON COMMIT DROP")
        # An empty table would be read from end to end.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    assert "Index Only Scan" in rows.explain()


def test_a_day_counted_again_needs_no_new_entry_in_any_index() -> None:
    account = make_account()
    days = [date(2025, 6, 1) + timedelta(days=number) for number in range(90)]  # three pages full
    recount(LAYOUTS["orders"], account.id, days, NOW)
    DayTotal.objects.filter(day=days[40]).update(sums=[])
    in_place = written_in_place()
    recount(LAYOUTS["orders"], account.id, days, NOW)
    assert written_in_place() - in_place == 1, "the other 89 days came out as they stand: they are not written"


def written_in_place() -> int:
    """How many day totals this transaction has overwritten within their page ("heap-only tuples")."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated(%s::regclass)", [DayTotal._meta.db_table])
        return cursor.fetchone()[0]
