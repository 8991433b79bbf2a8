"""Many rows written at once: COPY and UNNEST on PostgreSQL, prepared statements on SQLite.

Django's bulk methods prepare every value by itself and write one long statement with all of them: that took more than
half of the time of an import. Plain values only, no expressions. Table and column names come from the model, values
are bound or escaped.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db import connections, models

from sellers.columns import array, bound, copied


def insert_rows(model: type[models.Model], rows: Sequence[Any], using: str) -> None:
    """Store new rows as they are in memory, with the keys they have or new ones; call inside a transaction.

    Marks nothing: facts go through their queryset's `bulk_create`.
    """
    if not rows:
        return
    give_keys(model, rows, using)
    fields = model._meta.concrete_fields
    # A new row has all its values: taken from its dictionary, where no descriptor asks about each of them again.
    values = map(itemgetter(*[field.attname for field in fields]), map(vars, rows))
    insert_columns(model, [field.name for field in fields], list(zip(*values, strict=True)), using)
    for row in rows:
        state = row._state
        state.adding, state.db = False, using


def insert_columns(
    model: type[models.Model], names: Sequence[str], columns: Sequence[Sequence[Any]], using: str
) -> None:
    """Store new rows of which these columns are given, the others have defaults of the database."""
    connection = connections[using]
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    targets = ", ".join(quote(field.column) for field in fields)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lines = zip(*(copied(field, column) for field, column in zip(fields, columns, strict=True)), strict=True)
            with cursor.copy(f"COPY {table} ({targets}) FROM STDIN") as copy:
                copy.write("\n".join(map("\t".join, lines)) + "\n")
        else:
            bindings = zip(*(bound(field, column) for field, column in zip(fields, columns, strict=True)), strict=True)
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({targets}) VALUES ({places})", list(bindings))  # noqa: S608


def give_keys(model: type[models.Model], rows: Sequence[Any], using: str) -> None:
    """Give each row that has none a key of its own, in their order, before it is stored."""
    name = model._meta.pk.attname
    without = [row for row in rows if getattr(row, name) is None]
    if not without:
        return
    connection = connections[using]
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Materialized: the sequence is looked up once, not for each key.
            sequence = (
                "WITH own AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence) "
                "SELECT nextval(sequence) FROM own, generate_series(1, %s)"
            )
            cursor.execute(sequence, [connection.ops.quote_name(table), key, len(without)])
            keys = [number for (number,) in cursor.fetchall()]
        else:
            # Write transactions run one after another, so nobody else takes these; noted, they are given only once.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            (last,) = cursor.fetchone() or (None,)
            if last is None:
                last = 0
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 0)", [table])
            keys = list(range(last + 1, last + 1 + len(without)))
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [keys[-1], table])
    for row, number in zip(without, keys, strict=True):
        setattr(row, name, number)


def update_rows(model: type[models.Model], rows: Sequence[Any], names: Sequence[str], using: str) -> None:
    """Write these fields of the rows as they are in memory; call inside a transaction.

    Marks nothing: facts go through their queryset's `bulk_update`.
    """
    if not rows or not names:
        return
    connection = connections[using]
    quote = connection.ops.quote_name
    fields: list[Any] = [*(model._meta.get_field(name) for name in names), model._meta.pk]
    columns = [[getattr(row, field.attname) for row in rows] for field in fields]
    *targets, key = [quote(field.column) for field in fields]
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in fields)
            sets = ", ".join(f"{column} = news.{column}" for column in targets)
            source = f"UNNEST({arrays}) AS news({', '.join([*targets, key])})"
            values = [array(field, column) for field, column in zip(fields, columns, strict=True)]
            cursor.execute(f"UPDATE {table} SET {sets} FROM {source} WHERE {table}.{key} = news.{key}", values)  # noqa: S608
        else:
            sets = ", ".join(f"{column} = %s" for column in targets)
            bindings = zip(*(bound(field, column) for field, column in zip(fields, columns, strict=True)), strict=True)
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE {key} = %s", list(bindings))  # noqa: S608
