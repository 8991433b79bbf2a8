"""Files of shops, help desks, phones and chats: the samples, and what may never be stored of the people in them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import BinaryField

from sellers.models import SellerAccount
from tests.amazon import counts, everything, one, problems, take_in

__all__ = ["contents", "counts", "everything", "leaks", "one", "problems", "sample", "samples", "take_in"]

DATA = Path(__file__).parent / "data"
FOLDERS = ("shopify", "zendesk", "freshdesk", "phone", "chat")


def sample(name: str) -> bytes:
    """A sample by folder and name, such as `shopify/orders_export.csv`."""
    return (DATA / name).read_bytes()


def samples() -> list[str]:
    return sorted(f"{folder}/{path.name}" for folder in FOLDERS for path in (DATA / folder).iterdir())


def leaks(words: list[str]) -> list[tuple[str, str]]:
    """Where any of these words stands in any table, raw data apart, which is sealed: (table, word)."""
    found = []
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if not isinstance(field, BinaryField)]
        text = repr(list(model._default_manager.values(*names)))
        found += [(model.__name__, word) for word in words if word in text]
    return found


# Numbers that the database gave.
NUMBERS = {"conversation_id", "agent_id", "replied_by_id", "asked_message_id", "thread_key", "order_key"}


def contents(account: SellerAccount, orders: Iterable[Sequence[str]], *, apart: timedelta) -> list[Any]:
    """What the database holds after the samples came in each of these orders, one after the other."""
    found = []
    for names in orders:
        before = transaction.savepoint()
        for position, name in enumerate(names):
            take_in(account, sample(name), datetime(2026, 11, 21, tzinfo=UTC) + position * apart)
        tables = {}
        for name, rows in everything().items():
            kept = [{key: value for key, value in row.items() if key not in NUMBERS} for row in rows]
            tables[name] = sorted(kept, key=lambda row: (row.get("system", ""), row["external_id"]))
        found.append(tables)
        transaction.savepoint_rollback(before)
    return found
