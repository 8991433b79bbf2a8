"""Merging what was said about one record: the newest statement of each field stands, in whatever order they arrive.

Every field is a register of its own. Two statements about one field are compared by version, then "a value beats
nothing", then by the text of the value, so that any order and any repetition of the same inputs leaves the same row.
`SourceRow.stated` holds, as JSON, {"<version>": bits of the fields stated in that version}, and beside it

    held    values that stand but cannot be in their column: a cleared field whose column has a default, a value that
            contradicts another one of a different age, a list that messages have added to
    orders  the order IDs that messages have added to their conversation
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from intake.fields import Field, canonical
from intake.places import World
from intake.record import RecordType
from intake.statements import Statement

HELD, ORDERS = "held", "orders"
ORDER_IDS = "order_external_ids"


class Result(StrEnum):
    """What became of a row that was accepted."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"


class Merged:
    """One row while statements are merged into it; `columns` collects the names of the columns that changed."""

    def __init__(self, kind: RecordType, row: Any, world: World) -> None:
        self.kind = kind
        self.row = row
        self.world = world
        self.bits = {int(version): bits for version, bits in row.stated.items() if version.isdigit()}
        self.held: dict[str, Any] = dict(row.stated.get(HELD, {}))
        self.orders: list[str] = list(row.stated.get(ORDERS, ()))
        self.columns: set[str] = set()
        self.changed = False

    def apply(self, statement: Statement) -> Result:
        """Merge one statement about this record."""
        known = self._version(self.kind.bits["external_id"])
        won, lost = self._state(statement.version, statement.values)
        if known is None:
            return Result.CREATED
        if statement.version < known:
            return Result.STALE
        if won:
            return Result.UPDATED
        return Result.STALE if lost else Result.UNCHANGED

    def apply_about(self, version: int, values: dict[str, Any]) -> None:
        """Merge what a message says about its conversation: single fields, and an order it belongs to."""
        order_id = values.get("order_external_id")
        if order_id is not None and order_id not in self.orders:
            self.orders = sorted({*self.orders, order_id})
            self._settle([self.kind.bits[ORDER_IDS]])
        self._state(version, {name: value for name, value in values.items() if name in self.kind.bits})

    def finish(self) -> bool:
        """Write the versions back to the row; True if they differ from what was stored."""
        stated: dict[str, Any] = {str(version): bits for version, bits in sorted(self.bits.items())}
        if self.held:
            stated[HELD] = self.held
        if self.orders:
            stated[ORDERS] = self.orders
        moved = bool(stated != self.row.stated)
        self.row.stated = stated
        return moved

    def value(self, field: Field) -> Any:
        """The value that stands, whether or not its column can hold it."""
        if field.name in self.held:
            return field.from_wire(self.held[field.name])
        return None if self._version(field) is None else field.place.load(self.row)

    def complete(self) -> bool:
        """Whether the row can be stored: a delete notice may come before its record."""
        kind = self.kind
        core = all(self.value(kind.bits[name]) is not None for name in kind.required if name in kind.bits)
        return core and (not kind.one_of or any(self.value(kind.bits[name]) is not None for name in kind.one_of))

    def _version(self, field: Field) -> int | None:
        for version, bits in self.bits.items():
            if bits & field.bit:
                return version
        return None

    def _state(self, version: int, values: dict[str, Any]) -> tuple[bool, bool]:
        """Merge values of one version; returns whether any of them changed what stands, and whether any was beaten."""
        won: list[Field] = []
        lost = False
        for name, value in values.items():
            field = self.kind.bits[name]
            known = self._version(field)
            if known is not None and version < known:
                lost = True
                continue
            stands = self.value(field)
            if known == version:
                if value == stands:
                    continue
                if not _beats(value, stands):
                    lost = True
                    continue
            else:
                self._move(field, known, version)
            if value != stands or (known is None and field.place.load(self.row) != value):
                self.held[name] = field.to_wire(value)  # until `_settle` puts it into its column
                won.append(field)
        if won:
            self._settle(won)
        return bool(won), lost

    def _move(self, field: Field, known: int | None, version: int) -> None:
        if known is not None:
            self.bits[known] &= ~field.bit
            if not self.bits[known]:
                del self.bits[known]
        self.bits[version] = self.bits.get(version, 0) | field.bit

    def _settle(self, changed: Iterable[Field]) -> None:
        """Put what stands into the columns; what does not fit there stays held."""
        self.changed = True
        fields = {field.name: field for field in changed}
        broken: set[str] = set()
        for check in self.kind.checks:
            if not fields.keys().isdisjoint(check.names):
                fields.setdefault(check.holds, self.kind.bits[check.holds])
        for check in self.kind.checks:
            if check.holds in fields and check.broken(lambda name: self.value(self.kind.bits[name])):
                broken.add(check.holds)
        for name, field in fields.items():
            stands = self.value(field)
            shown = None if name in broken else stands
            if name == ORDER_IDS and self.orders:
                shown = [*(stands or ()), *(order_id for order_id in self.orders if order_id not in (stands or ()))]
            before = field.place.load(self.row)
            if before != shown or self.row.pk is None:
                field.place.save(self.row, shown, self.world)
                self.columns.update(field.place.columns)
            if field.place.load(self.row) == stands or self._version(field) is None:
                self.held.pop(name, None)
            else:
                self.held[name] = field.to_wire(stands)


def _beats(value: Any, other: Any) -> bool:
    """Which of two statements of the same age stands: any fixed order will do, as long as it is the same everywhere."""
    return (value is not None, canonical(value)) > (other is not None, canonical(other))
