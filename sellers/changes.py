"""One number for all that is stored: it rises whenever a transaction that changed anything is committed.

Triggers of the database note each change in the transaction that makes it, so that no write path can forget to. On
PostgreSQL a note is a row of its own, because writers must never wait for one another; the number is the sum of all
notes, and `fold` adds up the older ones. Statements that change no row note nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models import Sum
from django.db.models.functions import Now

ROOMS = ("sellers", "messaging", "orders", "intake", "kpis", "dashboard")
# What is written all the time and stands on no page that may be kept.
UNSEEN = ("sellers.Change", "sellers.ApiToken", "kpis.Heartbeat")
EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}  # and which rows of it a trigger is shown


class Change(models.Model):
    """A note of changes that were committed together with it."""

    number = models.PositiveBigIntegerField(default=1, db_default=1)
    noted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.number} at {self.noted_at}"


def version(using: str = DEFAULT_DB_ALIAS) -> int:
    """The number in one database. Whoever reads it first and rows afterwards has rows that are at least as new."""
    return Change.objects.using(using).aggregate(sum=Sum("number"))["sum"] or 0


def fold(before: datetime) -> None:
    """Add up the notes from before a moment; the sum of all stays what it is."""
    with transaction.atomic():
        older = list(Change.objects.select_for_update().filter(noted_at__lt=before).order_by("id"))
        if len(older) > 1:
            Change.objects.filter(id__in=[one.id for one in older[:-1]]).delete()
            Change.objects.filter(id=older[-1].id).update(number=sum(one.number for one in older))


def watched() -> list[str]:
    """The tables whose changes are noted."""
    return [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in ROOMS and model._meta.managed and not model._meta.proxy
        and model._meta.label not in UNSEEN
    ]  # fmt: skip


def watch(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Make the triggers that are missing: of new tables, and of those that SQLite had to build anew."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if Change._meta.db_table not in tables:  # an older state of the schema
            return
        there = triggers(cursor, connection.vendor)
        missing = [
            (table, event)
            for table, event in product(watched(), EVENTS)
            if table in tables and trigger_name(table, event) not in there
        ]
        if missing and connection.vendor == "postgresql":
            cursor.execute(NOTING)
        for table, event in missing:
            cursor.execute(_creating(connection.vendor, table, event))


def triggers(cursor: Any, vendor: str) -> set[str]:
    """The names of all triggers in the database."""
    catalogue = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    cursor.execute(catalogue if vendor == "postgresql" else "SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return {name for (name,) in cursor.fetchall()}


def names() -> Iterator[str]:
    """The names of the triggers there should be."""
    return (trigger_name(*pair) for pair in product(watched(), EVENTS))


def trigger_name(table: str, event: str) -> str:
    return f"{table}_{event.lower()}_noted"


NOTING = """
    CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM changed) THEN
            INSERT INTO sellers_change DEFAULT VALUES;
        END IF;
        RETURN NULL;
    END $$
"""


def _creating(vendor: str, table: str, event: str) -> str:
    name = trigger_name(table, event)
    if vendor == "postgresql":
        return (
            f'CREATE TRIGGER {name} AFTER {event} ON "{table}" REFERENCING {EVENTS[event]} TABLE AS changed '
            "FOR EACH STATEMENT EXECUTE FUNCTION note_change()"
        )
    return (
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" BEGIN '  # noqa: S608  # names of models
        "INSERT INTO sellers_change (id, number, noted_at) VALUES (1, 1, CURRENT_TIMESTAMP) "
        "ON CONFLICT (id) DO UPDATE SET number = number + 1; END"
    )
