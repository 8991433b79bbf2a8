"""What PostgreSQL's planner knows of tables that have just grown by much."""

from collections.abc import Iterable

from django.apps import apps
from django.db import connection

MANY = 10_000  # new rows, after which plans made for the tables as they were may be wrong by orders of magnitude
ROOMS = ("messaging", "orders")


def look_again(new_rows: int) -> None:
    """Have PostgreSQL look at the tables of facts anew after many new rows; a second for tables of millions.

    Autovacuum does it within minutes. Until then the pages of a first import are planned for empty tables, and some
    reach their time limit. Tables that are being looked at already are passed over. On SQLite nothing is done: its
    plans follow from the indexes.
    """
    if connection.vendor == "postgresql" and new_rows >= MANY:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {', '.join(_tables())}")


def _tables() -> Iterable[str]:
    models = (model for room in ROOMS for model in apps.get_app_config(room).get_models())
    return [connection.ops.quote_name(model._meta.db_table) for model in models]
