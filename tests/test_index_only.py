"""Counting reads covering indexes and no table, so that a small account costs the same beside few and many others."""

import pytest
from django.db import connection

from kpis.layouts import LAYOUTS

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
