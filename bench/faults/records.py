"""The facts that writers send: a batch follows from its number alone, so that what must be stored is known."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

ACCOUNTS = tuple(f"faults-{number}" for number in range(1, 7))
ZONE = "Europe/Berlin"
FIRST = datetime(2026, 3, 2, 9, 0)  # UTC; a record's hour is between 9 and 15, so its local day is its own
DAYS = 28
ORDERS, QUESTIONS = 100, 50
RECORDS = ORDERS + 2 * QUESTIONS

Counts = dict[tuple[str, date], int]


def account_of(number: int) -> str:
    return ACCOUNTS[number % len(ACCOUNTS)]


def _moment(number: int, position: int) -> datetime:
    """Three neighbouring days a batch, as an integration delivers what is new."""
    return FIRST + timedelta(days=number // 4 % (DAYS - 2) + position % 3, minutes=position)


def batch(number: int, attempt: str = "") -> dict[str, Any]:
    """200 facts: 100 orders, and 50 questions with their answers in conversations that batches share."""
    records: list[dict[str, Any]] = []
    for position in range(ORDERS):
        moment = _moment(number, position)
        records.append({
            "type": "order", "external_id": f"o{number}-{position}", "placed_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "status": "shipped", "fulfilled_by": "merchant",
            "ship_by_at": f"{moment + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}",
        })  # fmt: skip
    for position in range(QUESTIONS):
        moment = _moment(number, position)
        thread = f"c{number % 40}-{position}"
        for name, at, author, way in (
            ("q", moment, "buyer", "inbound"), ("a", moment + timedelta(hours=2), "agent", "outbound"),
        ):  # fmt: skip
            records.append({
                "type": "message", "external_id": f"{name}{number}-{position}", "conversation_external_id": thread,
                "sent_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "author_kind": author, "direction": way,
            })  # fmt: skip
    return {
        "schema": "1", "batch_id": f"batch-{number}{attempt}", "account": account_of(number), "system": "x-faults",
        "observed_at": "2026-04-10T10:00:00Z", "records": records,
    }  # fmt: skip


def expected(numbers: Iterable[int]) -> dict[str, Counts]:
    """How many orders, and messages of buyers, each account and day must have after these batches."""
    found: dict[str, Counter[tuple[str, date]]] = {"orders": Counter(), "contacts": Counter()}
    for number in numbers:
        for fact, size in (("orders", ORDERS), ("contacts", QUESTIONS)):
            for position in range(size):
                found[fact][account_of(number), _moment(number, position).date()] += 1
    return {fact: dict(counts) for fact, counts in found.items()}
