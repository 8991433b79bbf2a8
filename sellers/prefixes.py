"""Rows by the beginning of an ID, read from an index on every database."""

from django.db import connection
from django.db.models import Q

LAST = "\U0010ffff"  # no text that begins like another comes after it with this


def beginning_with(column: str, text: str) -> Q:
    """Rows whose column begins with this text, upper and lower case told apart.

    PostgreSQL reads LIKE from an index with `varchar_pattern_ops`. SQLite's LIKE reads none and takes "a" for "A", so
    there a stretch of the index says the same; on PostgreSQL such a stretch would follow the sorting of a language.
    """
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST})
