"""Files of shops, help desks, phones and chats: the samples, and what may never be stored of the people in them."""

from pathlib import Path

from django.apps import apps
from django.db.models import BinaryField

from tests.amazon import counts, everything, one, problems, take_in

__all__ = ["counts", "everything", "leaks", "one", "problems", "sample", "samples", "take_in"]

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
