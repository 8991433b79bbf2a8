"""What a declaration of a record type is made of: its fields, the rules between them, and what follows from both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from intake.fields import Field, Ident, Moment
from intake.nested import Free, Parts
from intake.places import Others, place_of
from intake.sentences import Sentence
from sellers.facts import SourceRow

Get = Callable[[str], Any]


@dataclass(frozen=True)
class Check:
    """A rule between several values. Within one record a breach refuses the record; between records of different age
    `holds` names the value that stays out of its column until the others fit again."""

    names: tuple[str, ...]
    holds: str
    broken: Callable[[Get], bool]
    message: str
    missing: bool = False  # the breach is a missing value, not a wrong one


def after(end: str, start: str) -> Check:
    """`end` is not before `start`."""

    def broken(get: Get) -> bool:
        return get(end) is not None and get(start) is not None and get(end) < get(start)

    return Check((end, start), end, broken, Sentence("%(end)s is before %(start)s", end=end, start=start))


@dataclass(frozen=True)
class RecordType:
    """One kind of record: the model it becomes, its fields, and the rules between them."""

    name: str
    model: type[SourceRow]
    source: str
    meaning: str
    own_fields: Sequence[Field]
    checks: Sequence[Check] = ()
    one_of: tuple[str, ...] = ()  # at least one of these is required
    flat: str = ""  # a list of objects whose first entry tables spell out in columns of their own
    bits: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        stored = [
            Ident("external_id", "ID of the record in its system", required=True),
            Moment("deleted_at", "deleted at the source: the record stays, is hidden and leaves the figures"),
            Free("extra", "fields of the source that nothing else holds"),
            *(one for one in self.own_fields if not one.about),
        ]
        for bit, one in enumerate(stored):
            one.bit = 1 << bit
            if one.name != "extra":
                one.place = place_of(self.model, one.name, one.column)
        aside = {one.name for one in stored if one.column == "extra" and one.name != "extra"}
        stored[2].place = Others(aside)
        object.__setattr__(self, "bits", {one.name: one for one in stored})

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every value a record may carry, by its name; also those that speak of another row."""
        return {**self.bits, **{one.name: one for one in self.own_fields if one.about}}

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields.values() if one.required)

    @cached_property
    def core(self) -> tuple[Field, ...]:
        """What a row cannot be without; not what a record must say of another row."""
        return tuple(one for one in self.bits.values() if one.required)

    @cached_property
    def flat_columns(self) -> dict[str, Field]:
        """Columns of a table that belong to the first entry of `flat`, except names the record itself has."""
        inner = self.fields.get(self.flat)
        if not isinstance(inner, Parts):
            return {}
        return {name: one for name, one in inner.fields.items() if name not in self.fields}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns a table of this type may have, in the order in which they are described."""
        return (*self.fields, "source_updated_at", "system", *self.flat_columns)
