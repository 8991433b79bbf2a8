"""Many rows updated by their keys, each with its own values, quickly.

Django's `bulk_update` writes one CASE for every row and column: building that statement took nine tenths of the time of
an import (1,000 orders with nine columns: 1.3 s; the same through `executemany`: 0.03 s, SQLite, Python 3.11).
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models


def update_rows(model: type[models.Model], rows: Sequence[Any], names: Sequence[str], using: str) -> None:
    """Write these fields of the rows as they are in memory. Plain values only; call inside a transaction."""
    if not rows or not names:
        return
    connection = connections[using]
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in names]
    key = model._meta.pk
    settings = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    # Table and column names come from the model, values are bound.
    sql = f"UPDATE {quote(model._meta.db_table)} SET {settings} WHERE {quote(key.column)} = %s"  # noqa: S608
    values = [
        [
            *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields),
            key.get_db_prep_save(row.pk, connection),
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
