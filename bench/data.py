"""The bench's data: a few shops that went through the real gate, and clones of their rows up to the wanted size.

A clone has the rows that the gate would have left had another account been sent the same records: only keys differ
(tests/test_bench_data.py holds this on both databases). Copies are interleaved, so that on PostgreSQL the rows of one
account lie scattered over each table, as they do where many accounts deliver side by side.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from bench.records import NOW, SYSTEM, Shop, months, shops
from intake.gate import take
from intake.rows import Row
from kpis.models import CountedSpan, DayTotal, WeekReading, WeekReport
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import MessageBody, SurveyAnswer
from orders.models import Mention
from sellers.models import SellerAccount

TEMPLATES = 10
ZONES = ("America/Los_Angeles", "America/New_York", "America/Chicago")
KEYS_IN_TEXT = {"c": "messaging_conversation", "a": "messaging_surveyanswer"}  # as messaging/answers.py writes them


@dataclass(frozen=True)
class Size:
    """How many accounts there are, how many messages an account has on average, and how long experiments take."""

    name: str
    accounts: int
    messages: int = 5_125
    templates: int = TEMPLATES
    published: bool = False  # with its weeks
    records: int = 20_000  # that the gate is measured with

    @property
    def copies(self) -> int:
        return self.accounts // self.templates

    def grows_from(self, other: "Size") -> bool:
        """Whether it is the other one with more clones of the same shops."""
        return replace(self, name=other.name, accounts=other.accounts) == other


SHORT = Size(
    "short", 20, messages=2_500, templates=5, records=5_000
)  # says in minutes whether something has become slower
SMALL = Size("small", 200)
LARGE = Size("large", 2_000)


def fill(size: Size) -> None:
    """Bring the connected, migrated and empty database to this size: templates through the gate, then their clones.

    The templates are counted before, so that every account of every size is.
    """
    for shop in shops(size.templates, size.messages):
        send(make_account(shop), shop)
    sweep(NOW)
    if size.published:
        close_weeks(NOW)
    clone(size.copies - 1)


def make_account(shop: Shop) -> SellerAccount:
    return SellerAccount.objects.create(
        key=shop.key,
        name=f"Bench {shop.number}",
        platform="amazon",
        marketplace="US",
        time_zone=ZONES[shop.number % len(ZONES)],
        currency="USD",
        handling_days=1,
    )


def rows_of(records: list[dict[str, Any]]) -> list[Row]:
    """Records as the API's door hands them to the gate."""
    defaults = {"system": SYSTEM, "observed_at": NOW}
    return [Row(f"/records/{number}", record, None, defaults) for number, record in enumerate(records)]


def send(account: SellerAccount, shop: Shop) -> None:
    """All of a shop's records through the gate, a month at a time."""
    for records in months(shop):
        with transaction.atomic():
            taken = take(rows_of(records), account=account, now=NOW, raw_item_id=None)
        refused = [outcome for outcome in taken.outcomes if outcome.problem]
        if refused:
            raise AssertionError(f"the gate refused {refused[0]}")


def copied_models() -> list[type[models.Model]]:
    """The tables that hold an account's own rows as the gate leaves them, its day totals and weeks."""
    rooms = ("sellers", "messaging", "orders")
    owned = [
        model
        for model in apps.get_models()
        if model._meta.app_label in rooms
        and any(field.is_relation and field.related_model is SellerAccount for field in model._meta.concrete_fields)
    ]
    return [*owned, MessageBody, DayTotal, CountedSpan, WeekReport, WeekReading]


def clone(copies: int) -> None:
    """Copy every account that is there so many times, with all its rows."""
    if copies < 1:
        return
    templates = [SellerAccount, *(model for model in copied_models() if model.objects.exists())]
    strides = {model._meta.db_table: _highest(model) for model in templates}
    with transaction.atomic(), _without_indexes(templates), connection.cursor() as cursor:
        for model in templates:
            cursor.execute(_cloning(model, strides, copies))
        if connection.vendor == "postgresql":
            for model in templates:
                if isinstance(model._meta.pk, models.AutoField):
                    _count_on(cursor, model)


def _highest(model: type[models.Model]) -> int:
    return model.objects.aggregate(highest=models.Max("pk"))["highest"]


def _cloning(model: type[models.Model], strides: dict[str, int], copies: int) -> str:
    """The statement that copies a table: the same columns, keys moved on by a stride for each copy."""
    quote = connection.ops.quote_name
    columns = [field.column for field in model._meta.concrete_fields]
    values = [_value(model, field, strides) for field in model._meta.concrete_fields]
    table = quote(model._meta.db_table)
    numbers = ", ".join(f"({number})" for number in range(1, copies + 1))
    # All names come from models, all numbers from us.
    return (
        f"WITH copies(k) AS (VALUES {numbers}) INSERT INTO {table} ({', '.join(map(quote, columns))}) "
        f"SELECT {', '.join(values)} FROM {table} CROSS JOIN copies ORDER BY {table}.{quote(model._meta.pk.column)}, k"
    )


def _value(model: type[models.Model], field: Any, strides: dict[str, int]) -> str:
    column = f"{connection.ops.quote_name(model._meta.db_table)}.{connection.ops.quote_name(field.column)}"
    points_to = model if field.primary_key and not field.is_relation else field.related_model
    if model is Mention and field.column == "conversation_id":
        points_to = apps.get_model("messaging", "Conversation")
    if points_to is not None and points_to._meta.db_table in strides:
        return f"{column} + k * {strides[points_to._meta.db_table]}"
    if model is SellerAccount and field.name == "key":
        return f"{column} || '-' || ({_value(model, model._meta.pk, strides)})"
    if model is SurveyAnswer and field.name in ("thread_key", "order_key"):
        cases = " ".join(
            f"WHEN {column} LIKE '{letter}:%' "
            f"THEN '{letter}:' || (CAST(substr({column}, 3) AS bigint) + k * {strides[table]})"
            for letter, table in KEYS_IN_TEXT.items()
        )
        return f"CASE {cases} ELSE {column} END"
    return column


def _count_on(cursor: Any, model: type[models.Model]) -> None:
    """Let new rows take the keys after the copied ones."""
    table, key = model._meta.db_table, model._meta.pk.column
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), (SELECT max({key}) FROM {table}))")


@contextmanager
def _without_indexes(copied: list[type[models.Model]]) -> Iterator[None]:
    """PostgreSQL builds an index much faster than it grows one, and every foreign key of a copy is known to hold."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [[model._meta.db_table for model in copied]],
        )
        found = cursor.fetchall()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that waits to be checked cannot lose an index
        for name, _definition in found:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        for _name, definition in found:
            cursor.execute(definition)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
