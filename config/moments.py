"""Moments as PostgreSQL sends them, read by Python's own parser.

psycopg has a compiled reader, but Django derives its own from the one that is written in Python, which takes twenty
times as long as this; an import or a list reads thousands of moments.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created


class MomentLoader(BaseTzLoader):
    """`2026-01-05 10:00:00.12+00`; what no datetime holds (`infinity`) is left to psycopg, which says so."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)


def read_moments(connection: Any, **_more: Any) -> None:
    """Have a new connection read its moments so; all of ours speak UTC."""
    if connection.vendor == "postgresql" and connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)


def begin() -> None:
    connection_created.connect(read_moments)
