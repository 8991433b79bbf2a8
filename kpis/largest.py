"""Where most of the rows are that pull a figure down, or that wait: the largest part, if any stands out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import CharField, Count, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from kpis.attention import worse_side
from kpis.breakdowns import splits_of
from kpis.metrics import Column, Share
from kpis.queue import late, waits
from kpis.readings import Reading
from kpis.rows import labels, rows_behind
from sellers.models import SellerAccount

STANDS_OUT = Fraction(1, 3)  # of all rows; below it, and of a single row, there is no largest part worth a word
ABOUT = "topic"


@dataclass(frozen=True, slots=True)
class Largest:
    """The value of a column that most of these rows have."""

    column: Column | None  # None: what the waits of a queue are about
    label: str
    count: int
    of: int

    @property
    def is_topic(self) -> bool:
        return self.column is None or self.column.split == ABOUT


def largest_parts(readings: Iterable[Reading]) -> dict[tuple[int, str], Largest]:
    """By account and metric: the topic, or else another column, of most rows on the figure's worse side. One query.

    Never who answered: figures of persons are for those who manage the account.
    """
    asked = [(reading, column) for reading in readings if (column := _column(reading)) is not None]
    if not asked:
        return {}
    pieces = [_counted(number, reading, column) for number, (reading, column) in enumerate(asked)]
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for number, value, count in pieces[0].union(*pieces[1:], all=True):
        found[number][value] = count
    largest = {}
    for number, counts in found.items():
        reading, column = asked[number]
        named = labels(reading.metric.fact.model, column.path)
        if one := _largest(counts, column, named):
            largest[reading.account.id, reading.metric.slug] = one
    return largest


def largest_topic(accounts: Sequence[SellerAccount], now: datetime) -> Largest | None:
    """What most of the late waits are about. One query."""
    rows = waits(accounts, now).filter(late(now)).values_list("topic").annotate(count=Count("pk"))
    return _largest(dict(rows), None, {})


def _column(reading: Reading) -> Column | None:
    columns = splits_of(reading.metric, personal=False) if isinstance(reading.metric, Share) else ()
    return next((column for column in columns if column.split == ABOUT), next(iter(columns), None))


def _counted(number: int, reading: Reading, column: Column) -> QuerySet:
    rows = rows_behind(reading, worse_side(reading.metric)).rows.order_by()
    value = Coalesce(Cast(F(column.path), CharField()), Value(""))
    place = Value(number, IntegerField())
    return rows.annotate(part_of=place, part=value).values_list("part_of", "part").annotate(part_count=Count("pk"))


def _largest(counts: dict[str, int], column: Column | None, named: dict[str, str]) -> Largest | None:
    known = {value: count for value, count in counts.items() if value}
    if not known:
        return None
    of = sum(counts.values())
    value, count = min(known.items(), key=lambda one: (-one[1], one[0]))
    # That all are about one topic says something; that all have one value of another column, mostly the figure itself.
    tells = column is None or column.split == ABOUT or count < of
    stands_out = tells and count > 1 and Fraction(count, of) >= STANDS_OUT
    return Largest(column, named.get(value, value), count, of) if stands_out else None
