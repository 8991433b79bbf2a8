"""Counts what is stored against the writers' log, by plain SQL that shares nothing with the product's counting.

`python -m bench.faults.recount LOG` prints one JSON document about the database of DATABASE_URL.
"""

import json
import os
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402  # it needs the settings

from bench.faults.records import ORDERS, QUESTIONS, expected  # noqa: E402
from kpis.catalogue import METRICS  # noqa: E402
from kpis.layouts import LAYOUTS  # noqa: E402

# Where each fact lies, and the metric that counts every one of them in these records.
TABLES = {
    "orders": ("orders_order", "", "cancellation_rate"),
    "contacts": ("messaging_message", "AND t.author_kind = 'buyer'", "late_response_rate"),
}


def recount(numbers: list[int]) -> dict[str, Any]:
    """Facts that are missing or there twice, and (fact, account, day) whose rows or day totals differ from the log."""
    wanted = expected(numbers)
    rows: dict[str, Counter[tuple[str, Any]]] = {}
    totals: dict[str, dict[tuple[str, Any], int]] = {}
    double = stored = 0
    with connection.cursor() as cursor:
        for fact, (table, condition, slug) in TABLES.items():
            cursor.execute(
                f"SELECT a.key, t.day, t.external_id FROM {table} t "
                f"JOIN sellers_selleraccount a ON a.id = t.account_id WHERE t.system = 'x-faults' {condition}"
            )
            found = cursor.fetchall()
            stored += len(found)
            double += len(found) - len({(key, name) for key, _day, name in found})
            rows[fact] = Counter((key, _day(day)) for key, day, _name in found)
            place = LAYOUTS[fact].position[METRICS[slug].counted]
            cursor.execute(
                "SELECT a.key, t.day, t.sums FROM kpis_daytotal t JOIN sellers_selleraccount a ON a.id = t.account_id "
                "WHERE t.fact = %s",
                [fact],
            )
            sums = [(key, day, json.loads(one) if isinstance(one, str) else one) for key, day, one in cursor.fetchall()]
            totals[fact] = {(key, _day(day)): one[place] for key, day, one in sums if one[place]}
    return {
        "acknowledged": len(numbers) * (ORDERS + QUESTIONS),
        "stored": stored,
        "double": double,
        "wrong_rows": sum(len(_differences(wanted[fact], rows[fact])) for fact in TABLES),
        "wrong_days": sum(len(_differences(wanted[fact], totals[fact])) for fact in TABLES),
        "days": sum(len(one) for one in wanted.values()),
    }


def _day(value: Any) -> Any:
    """SQLite gives days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _differences(one: Any, other: Any) -> set[Any]:
    return {key for key in {*one, *other} if one.get(key, 0) != other.get(key, 0)}


if __name__ == "__main__":
    print(json.dumps(recount([int(line) for line in Path(sys.argv[1]).read_text().split()])))
