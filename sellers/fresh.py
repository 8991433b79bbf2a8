"""New rows that have their keys but are not stored yet: what follows from them is worked out first.

So a row is written once, whole, instead of inserted and then updated. Keys are taken beforehand, because rows point at
one another; foreign keys are checked when the transaction ends.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS

from sellers.bulk import give_keys
from sellers.facts import DatedRow

Row = TypeVar("Row", bound=DatedRow)


class Fresh:
    """The new rows of one writing transaction, by their model and key."""

    def __init__(self) -> None:
        self._rows: dict[type[DatedRow], dict[int, Any]] = defaultdict(dict)

    def add(self, model: type[DatedRow], rows: Sequence[Any]) -> None:
        give_keys(model, rows, DEFAULT_DB_ALIAS)
        self._rows[model].update((row.id, row) for row in rows)

    def of(self, model: type[DatedRow]) -> Iterable[Any]:
        """The rows of this model that are not stored yet, in the order in which they came."""
        return self._rows[model].values()

    def has(self, row: Any) -> bool:
        return row.id in self._rows[type(row)]

    def stored(self, rows: Iterable[Row]) -> list[Row]:
        """Those of these rows that the database has."""
        return [row for row in rows if not self.has(row)]

    def store(self, model: type[DatedRow], rows: Iterable[Any]) -> None:
        """Store those of these rows that are not stored yet."""
        waiting = self._rows[model]
        model.objects.bulk_create([row for row in rows if waiting.pop(row.id, None) is not None])

    def finish(self) -> None:
        """Raises RuntimeError where a row was never stored: the transaction must not end as if it were."""
        left = {model.__name__: len(rows) for model, rows in self._rows.items() if rows}
        if left:
            raise RuntimeError(f"new rows that nobody stored: {left}")
