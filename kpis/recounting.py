"""A second way of counting: rows are read as plain values and added up in Python. The nightly proof compares with it.

It shares the declarations with the engine and nothing else: no aggregate, no filter, no grouping of the database.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from django.db.models import Q

from kpis.catalogue import DECLARED
from kpis.catalogue.deadlines import DEADLINES
from kpis.layouts import LAYOUTS
from kpis.metrics import Fact, Part
from kpis.truth import columns_of, verdict_of

CHUNK = 2000  # rows in memory at once
REMEMBERED = 50_000  # combinations of column values whose verdicts are kept
SUMS = ("counted", "opened", "hits", "total")  # the properties of metrics that are parts


def part_name(fact: Fact, part: Part) -> str:
    """Which sum of which metrics a part is: "late_response_rate: hits"; several metrics may share one."""
    by_word: dict[str, list[str]] = {}
    for metric in DECLARED:
        if metric.fact is fact:
            for word in SUMS:
                if getattr(metric, word, None) == part:
                    by_word.setdefault(word, []).append(metric.slug)
                    break
    return "; ".join(f"{', '.join(slugs)}: {word}" for word, slugs in by_word.items())


@dataclass
class Recounted:
    """The sums of the days that have rows, by the position of their part, and what was noticed on the way."""

    sums: dict[date, list[int]] = field(default_factory=dict)
    overdue: dict[tuple[date, str], int] = field(default_factory=dict)  # rows that wait past a deadline, by its name
    rows: int = 0


class Recount:
    """One fact's parts, ready to be counted over plain rows. Raises Unreadable for a condition it cannot work out."""

    def __init__(self, fact: Fact, parts: Sequence[Part]) -> None:
        self.fact = fact
        self.parts = tuple(parts)
        self.deadlines = tuple(deadline for deadline in DEADLINES if deadline.fact is fact)
        conditions = [fact.rows, *(part.condition for part in self.parts), *(one.waits for one in self.deadlines)]
        named = dict.fromkeys(name for condition in conditions for name in columns_of(condition))
        summed = dict.fromkeys(part.column for part in self.parts if part.column)
        timed = dict.fromkeys(deadline.column for deadline in self.deadlines)
        self.named = tuple(named)
        self.columns = tuple(dict.fromkeys([*named, *summed, *timed]))

        def verdict(condition: Q) -> Any:
            return verdict_of(condition, fact.model, self.named)

        self._is_row = verdict(fact.rows)
        self._verdicts = [
            (number, self._place(part.column), verdict(part.condition)) for number, part in enumerate(self.parts)
        ]
        self._waits = [(one, self._place(one.column), verdict(one.waits)) for one in self.deadlines]

    def _place(self, column: str) -> int | None:
        """Where the column stands in a row that begins with its day."""
        return 1 + self.columns.index(column) if column else None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(part_name(self.fact, part) for part in self.parts)

    def count(self, account_id: int, days: Collection[date], now: datetime) -> Recounted:
        """The sums of these days of one account, from its rows read in chunks."""
        found = Recounted()
        model, day = self.fact.model, self.fact.day
        rows = model._base_manager.filter(account_id=account_id, **{f"{day}__in": sorted(days)}).order_by()
        # Most rows share the values of the few columns that conditions name, so their verdicts are worked out once.
        known: dict[tuple[Any, ...], tuple[bool, list[Any], list[Any]]] = {}
        width = 1 + len(self.named)
        for row in rows.values_list(day, *self.columns).iterator(chunk_size=CHUNK):
            found.rows += 1
            key = row[1:width]
            if key not in known:
                if len(known) >= REMEMBERED:
                    known.clear()
                known[key] = self._judge(key)
            is_row, counted, waits = known[key]
            if not is_row:
                continue
            sums = found.sums.get(row[0])
            if sums is None:
                sums = found.sums[row[0]] = [0] * len(self.parts)
            for number, place in counted:
                sums[number] += 1 if place is None else row[place] or 0
            for deadline, place in waits:
                moment = row[place]
                if moment is not None and moment + deadline.after < now:
                    at = (row[0], deadline.name)
                    found.overdue[at] = found.overdue.get(at, 0) + 1
        return found

    def _judge(self, key: tuple[Any, ...]) -> tuple[bool, list[Any], list[Any]]:
        """Whether such rows belong to the fact, the parts they count in, and the deadlines they wait for."""
        if not self._is_row(key):
            return False, [], []
        counted = [(number, place) for number, place, verdict in self._verdicts if verdict(key)]
        waits = [(deadline, place) for deadline, place, verdict in self._waits if verdict(key)]
        return True, counted, waits


@cache
def recount_of(fact: str) -> Recount:
    """The recount of a declared fact, worked out once."""
    layout = LAYOUTS[fact]
    return Recount(layout.fact, layout.parts)
