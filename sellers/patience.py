"""Reading many rows for a file, for longer than a page may take: its reader waits for a download."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connections
from django.db.models import QuerySet

FILE_SECONDS = 300


def stream(rows: QuerySet[Any, Any], chunk_size: int) -> Iterator[Any]:
    """The rows one by one, in constant memory, each statement with FILE_SECONDS to spend."""
    with _unhurried(rows.db):
        yield from rows.iterator(chunk_size=chunk_size)


@contextmanager
def _unhurried(alias: str) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{FILE_SECONDS}s"])
    try:
        yield
    finally:
        # A connection that is broken by now is not used again, and has told so already.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")  # to what the connection was opened with
