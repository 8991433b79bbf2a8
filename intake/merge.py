"""Merging what was said about one record: the newest statement of each field stands, in whatever order they arrive.

Every field is a register of its own. Two statements about one field are compared by version, then "a value beats
nothing", then by the text of the value, so that any order and any repetition of the same inputs leaves the same row.
`SourceRow.stated` holds, as JSON, {"<version>": bits of the fields stated in that version}, and beside it

    held    values that stand but cannot be in their column: a cleared field whose column has a default, a value that
            contradicts another one of a different age, a list that messages have added to, a value that a person has
            put another one over, a conversation that was merged into another one
    orders  the order IDs that messages have added to their conversation
    packages  what was said of single packages of an order, beside its list of them (intake/packages.py)
    pinned  {"<field>": {"value": what a person decided, "said": what stood when they did}}; the column shows the
            value, whatever the sources state meanwhile, and their statements go on merging underneath
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from enum import StrEnum
from typing import Any

from intake.fields import Field, canonical
from intake.packages import Facts, add_facts, with_facts
from intake.places import World
from intake.record import RecordType
from intake.statements import Statement

HELD, ORDERS, PACKAGES, PINNED = "held", "orders", "packages", "pinned"
ORDER_IDS, SHIPMENTS = "order_external_ids", "shipments"


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
        self.packages: Facts = deepcopy(row.stated[PACKAGES]) if PACKAGES in row.stated else {}
        self.pinned: dict[str, dict[str, Any]] = dict(row.stated.get(PINNED, {}))
        self.columns: set[str] = set()

    def apply(self, statement: Statement) -> Result:
        """Merge one statement about this record."""
        if self._is_blank() and PACKAGES not in statement.about:
            self._begin(statement)
            return Result.CREATED
        known = self._version(self.kind.bits["external_id"])
        won, lost = self._state(statement.version, statement.values)
        if packages := statement.about.get(PACKAGES):
            news, beaten = add_facts(self.packages, statement.version, packages)
            won, lost = won or news, lost or beaten
        if self.packages and (packages or self.row.id is None):
            self._settle([self.kind.bits[SHIPMENTS]])
        if known is None:
            return Result.CREATED
        if statement.version < known:
            return Result.STALE
        if won:
            return Result.UPDATED
        return Result.STALE if lost else Result.UNCHANGED

    def _is_blank(self) -> bool:
        return self.row.id is None and not self.row.stated and not self.bits and not self.orders

    def _begin(self, statement: Statement) -> None:
        """Take over the first that is said of a record: nothing stands against it, and by itself it is consistent."""
        row, bits = self.row, 0
        for name, value in statement.values.items():
            field = self.kind.bits[name]
            bits |= field.bit
            if value is not None:
                field.place.save(row, value, self.world)
            if field.place.load(row) != value:
                self.held[name] = field.to_wire(value)
        self.bits[statement.version] = bits

    def apply_about(self, version: int, values: dict[str, Any]) -> None:
        """Merge what a message says about its conversation: single fields, and an order it belongs to."""
        order_id = values.get("order_external_id")
        if order_id is not None and order_id not in self.orders:
            self.orders = sorted({*self.orders, order_id})
            self._settle([self.kind.bits[ORDER_IDS]])
        self._state(version, {name: value for name, value in values.items() if name in self.kind.bits})

    def pin(self, values: Mapping[str, Any]) -> None:
        """Show these values from now on, whatever the sources state; None for "known to be empty"."""
        self._hold(values)
        for name, value in values.items():
            field = self.kind.bits[name]
            self.pinned[name] = {"value": field.to_wire(value), "said": field.to_wire(self.value(field))}
        self._settle(self.kind.bits[name] for name in values)

    def repin(self, values: Mapping[str, Any]) -> None:
        """Show these values in place of others that are pinned. What the sources have said since stays in dispute."""
        for name, value in values.items():
            self.pinned[name] = {**self.pinned[name], "value": self.kind.bits[name].to_wire(value)}
        self._settle(self.kind.bits[name] for name in values)

    def unpin(self, names: Iterable[str]) -> None:
        """Show what the sources state again."""
        pinned = [name for name in names if name in self.pinned]
        self._hold(pinned)
        for name in pinned:
            del self.pinned[name]
        self._settle(self.kind.bits[name] for name in pinned)

    def settle_again(self, names: Iterable[str]) -> None:
        """Put what stands into its columns once more, because what it points at leads elsewhere now."""
        names = list(names)
        self._hold(names)
        self._settle((self.kind.bits[name] for name in names), anew=True)

    def disagreements(self) -> dict[str, tuple[Any, Any]]:
        """Fields of which the source now says neither what a person decided nor what it said then: (pinned, said)."""
        found = {}
        for name, pin in self.pinned.items():
            field = self.kind.bits[name]
            said = self.value(field)
            if said not in (field.from_wire(pin["value"]), field.from_wire(pin["said"])):
                found[name] = (pin["value"], field.to_wire(said))
        return found

    def _hold(self, names: Iterable[str]) -> None:
        """Remember what stands in columns that no version speaks for, before something else is shown there.

        Also in those that a rule compares with them.
        """
        wanted = set(names)
        for check in self.kind.checks:
            if not wanted.isdisjoint((*check.names, check.holds)):
                wanted |= {*check.names, check.holds}
        for name in wanted:
            if name == SHIPMENTS and self.packages:
                continue  # what is shown there was said of single packages
            field = self.kind.bits[name]
            stands = field.place.load(self.row)
            if self._version(field) is None and name not in self.held and name not in self.pinned:
                if name == ORDER_IDS:
                    stands = [order_id for order_id in stands or () if order_id not in self.orders] or None
                if stands is not None:
                    self.held[name] = field.to_wire(stands)

    def finish(self) -> bool:
        """Write the versions back to the row; True if they differ from what was stored."""
        for name in list(self.held):
            field = self.kind.bits[name]
            if field.place.load(self.row) == self.value(field):
                del self.held[name]
        stated: dict[str, Any] = {str(version): bits for version, bits in sorted(self.bits.items())}
        if self.held:
            stated[HELD] = self.held
        if self.orders:
            stated[ORDERS] = self.orders
        if self.packages:
            stated[PACKAGES] = self.packages
        if self.pinned:
            stated[PINNED] = self.pinned
        moved = bool(stated != self.row.stated)
        self.row.stated = stated
        return moved

    def value(self, field: Field) -> Any:
        """The value that stands, whether or not its column can hold it."""
        if field.name in self.held:
            return field.from_wire(self.held[field.name])
        return None if self._version(field) is None else field.place.load(self.row)

    def shown(self, field: Field) -> Any:
        """The value that is to be seen: what a person decided, else what stands."""
        pin = self.pinned.get(field.name)
        return self.value(field) if pin is None else field.from_wire(pin["value"])

    def complete(self) -> bool:
        """Whether the row can be stored: a delete notice may come before its record."""
        kind = self.kind
        core = all(self.value(field) is not None for field in kind.core)
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

    def _settle(self, changed: Iterable[Field], anew: bool = False) -> None:
        """Put what stands into the columns; what does not fit there stays held."""
        fields = {field.name: field for field in changed}
        broken: set[str] = set()
        for check in self.kind.checks:
            if not fields.keys().isdisjoint(check.names):
                fields.setdefault(check.holds, self.kind.bits[check.holds])
        for check in self.kind.checks:
            if check.holds in fields and check.broken(lambda name: self.shown(self.kind.bits[name])):
                broken.add(check.holds)
        for name, field in fields.items():
            stands = self.value(field)
            shown = None if name in broken else self.shown(field)
            if name == ORDER_IDS and self.orders and name not in self.pinned:
                shown = [*(stands or ()), *(order_id for order_id in self.orders if order_id not in (stands or ()))]
            if name == SHIPMENTS and self.packages and name not in self.pinned:
                shown = with_facts(stands or (), self.packages) or None
            before = field.place.load(self.row)
            if before != shown or anew or self.row.id is None:
                field.place.save(self.row, shown, self.world)
                if self.row.id is None or field.place.load(self.row) != before:
                    self.columns.update(field.place.columns)
            if field.place.load(self.row) == stands or (stands is None and self._version(field) is None):
                self.held.pop(name, None)
            else:
                self.held[name] = field.to_wire(stands)


def _beats(value: Any, other: Any) -> bool:
    """Which of two statements of the same age stands: any fixed order will do, as long as it is the same everywhere."""
    return (value is not None, canonical(value)) > (other is not None, canonical(other))
