"""What the columns of somebody's own table mean: pure data, as a person said it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

DAYS = {
    True: ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y"),
    False: ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"),
}
PLAIN_DAYS = ("%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%d %b %Y", "%d. %B %Y")
CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")


@dataclass(frozen=True)
class ColumnMap:
    """How the rows of a table become records of one type.

    `columns` leads from a column to a field, `words` from a field to what its cells say and the contract's word for it,
    `constants` from a field to what holds for every row. `zone` is meant by times without one, `day_first` and
    `decimal_comma` decide where the cells do not. `id_from` are the columns that make an ID where the table has none.
    `scale` is the lowest and highest value of a rating.
    """

    record_type: str
    columns: Mapping[str, str]
    zone: str
    number: int = 0  # of the stored mapping; rows that are set aside are read again with it
    day_first: bool | None = None
    decimal_comma: bool | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    id_from: tuple[str, ...] = ()
    scale: tuple[str, str] | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], number: int = 0) -> "ColumnMap":
        """The map that `as_json` wrote."""
        scale = kept.get("scale")
        return cls(
            **{**kept, "id_from": tuple(kept.get("id_from", ())), "scale": tuple(scale) if scale else None},
            number=number,
        )

    def as_json(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return {
            "record_type": self.record_type,
            "columns": dict(self.columns),
            "zone": self.zone,
            "day_first": self.day_first,
            "decimal_comma": self.decimal_comma,
            "words": {name: dict(words) for name, words in self.words.items()},
            "constants": dict(self.constants),
            "id_from": list(self.id_from),
            "scale": list(self.scale) if self.scale else None,
        }

    def word(self, field: str, said: str) -> str | None:
        """The contract's word for what a cell says, whatever the case of its letters."""
        return self._plain_words.get((field, said.casefold()))

    @cached_property
    def _plain_words(self) -> dict[tuple[str, str], str]:
        return {(name, said.casefold()): word for name, words in self.words.items() for said, word in words.items()}

    @cached_property
    def day_formats(self) -> tuple[str, ...]:
        return PLAIN_DAYS if self.day_first is None else (*DAYS[self.day_first], *PLAIN_DAYS)

    @cached_property
    def moment_formats(self) -> tuple[str, ...]:
        return tuple(f"{day} {clock}" for day in self.day_formats for clock in CLOCKS)
