"""What a metric is: a condition over one table, a rule that judges it, and the words that explain it.

A declaration is all there is to a metric. The count, the rows behind it, its band, its page, its API field and its
export column follow from it, so they cannot disagree. Values are exact fractions of integers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache, cached_property, lru_cache, reduce
from operator import or_
from typing import Any, ClassVar, NamedTuple

from django.db.models import Count, Exists, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpis.targets import Band, Target
from kpis.units import Unit
from sellers.facts import DatedRow
from sellers.models import SellerAccount

Text = str | Promise


class Window(NamedTuple):
    """Local days of an account, both ends included."""

    first: date
    last: date

    @classmethod
    @lru_cache(maxsize=10_000)  # a year of weeks reads a few hundred windows, each for dozens of metrics
    def ending(cls, last: date, days: int) -> "Window":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def joined(self, other: "Window") -> "Window":
        """The shortest window that holds both."""
        return Window(min(self.first, other.first), max(self.last, other.last))


LIFETIME = 36_525  # days: a hundred years, longer than any shop


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a metric is judged: a window of `days` that ends `lag` days before the report day, and its target.

    `days_from` names an account switch that overrides `days`; LIFETIME reads everything there is. `minimum` is the
    number of counted rows below which there is no figure of its own.
    """

    days: int
    lag: int = 0
    minimum: int = 1
    target: Target | None = None
    days_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the rows behind a figure: `path` is looked up from the fact's row.

    Of many columns a list shows first those that the figure reads, and those that `explain` one of them.
    """

    path: str
    title: Text
    kind: str = "text"  # text, moment, choice, yes_no, duration, number
    split: str = ""  # the name by which figures may be broken down by this column; texts only
    explains: tuple[str, ...] = ()  # paths whose values follow from this one
    always: bool = False  # is among those that are shown first, whatever the figure reads


@dataclass(frozen=True, kw_only=True, eq=False)
class Fact:
    """A table and its clock: rows are counted on the local day of `moment`."""

    slug: str
    title: Text
    needs: Text  # what to import when there are no rows
    model: type[DatedRow]
    moment: str
    columns: tuple[Column, ...]
    rows: Q = field(default_factory=Q)
    hourly: bool = False  # its moment is when a buyer began to wait: slowness can be told by the hour of the week

    @property
    def day(self) -> str:
        return self.model.facts[self.slug]


@dataclass(frozen=True, eq=False)
class Part:
    """A named sum of a day: how many rows meet the condition, or the sum of a column over them.

    Made by `part`, so that equal parts of several metrics are one object and found without comparing conditions.
    """

    condition: Q
    column: str = ""

    def aggregate(self) -> Count | Coalesce:
        if self.column:
            return Coalesce(Sum(self.column, filter=self.condition), 0)
        # Rows, not keys: the covering indexes that counting reads do not hold the key.
        return Count(Value(1), filter=self.condition)


@cache
def part(condition: Q, column: str = "") -> Part:
    """The one part of this condition and column."""
    return Part(condition, column)


@dataclass(frozen=True)
class Lapse:
    """How the passing of time becomes rows: which rows' deadlines passed, and the conditional update that says so."""

    work: str  # the name under which its failures are kept
    due: Callable[[datetime], Sequence[QuerySet[Any]]]
    lapse: Callable[[SellerAccount, datetime], int]

    def due_accounts(self, now: datetime) -> set[int]:
        """The ids of the accounts in which a deadline has passed; read from small partial indexes."""
        return {
            one for rows in self.due(now) for one in rows.order_by().values_list("account_id", flat=True).distinct()
        }

    def is_due(self, account: SellerAccount, now: datetime) -> bool:
        """Whether a deadline of this account has passed: one query."""
        passed = reduce(or_, (Q(Exists(rows.filter(account=account))) for rows in self.due(now)))
        return SellerAccount.objects.filter(passed, pk=account.pk).exists()


class Side(StrEnum):
    """The three lists behind a figure: in the numerator, only in the denominator, in neither."""

    FOR = "for"
    AGAINST = "against"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, kw_only=True, eq=False)
class Metric:
    """The common part of all kinds. `among` are the rows the metric is about; those not counted need a reason."""

    slug: str
    title: Text
    short: Text = ""
    help: Text
    group: Text
    fact: Fact
    of: Q
    rule: Rule
    source: str
    among: Q = field(default_factory=Q)
    left_out: tuple[tuple[Q, Text], ...] = ()
    open: Q | None = None  # rows whose verdict is still to come; with any in the window the figure is provisional
    sides: tuple[Text, Text, Text] = (_("Counted"), "", _("Left out"))
    parts_of: str = ""  # the slug of the metric this one is a part of
    variant_of: str = ""  # the slug of the metric this one repeats with another window or for fewer rows
    by: str = ""  # the column of the fact by which the figure is broken down first
    ripens_days: int = 0  # so many days after a row's day its verdict may still change
    official: Q | None = None  # which of the platform's own figures are about the same thing
    marketplace_rules: Mapping[str, Rule] = field(default_factory=dict)  # by marketplace, instead of `rule`

    unit: ClassVar[Unit]

    @cached_property
    def counted(self) -> Part:
        return part(self.among & self.of)

    @cached_property
    def opened(self) -> Part | None:
        return None if self.open is None else part(self.among & self.open)

    def parts(self) -> tuple[Part, ...]:
        """The sums that are stored for each day."""
        return tuple(one for one in (self.counted, self.opened) if one is not None)

    @property
    def splits(self) -> tuple[Column, ...]:
        """The columns by which the figure can be broken down, that of `by` first."""
        found = (column for column in self.fact.columns if column.split)
        return tuple(sorted(found, key=lambda column: column.path != self.by))

    def judge(self, value: Fraction | None, rule: Rule | None = None) -> Band:
        """The band of an exact value by the rule in force, or as declared; no value or no target has no colour."""
        target = (rule or self.rule).target
        return Band.NONE if value is None or target is None else target.band(value, self.unit.scale)


@dataclass(frozen=True, kw_only=True, eq=False)
class Share(Metric):
    """Of the counted rows (`of`), the share that also meets `hit`."""

    hit: Q
    weight: str = ""  # a column of whole numbers: a row then counts as many (units of a package) instead of one

    unit: ClassVar[Unit] = Unit.RATE
    base: ClassVar[int] = 1  # what a share of one whole is worth

    @cached_property
    def counted(self) -> Part:
        return part(self.among & self.of, self.weight)

    @cached_property
    def hits(self) -> Part:
        return part(self.among & self.of & self.hit, self.weight)

    def parts(self) -> tuple[Part, ...]:
        return (*super().parts(), self.hits)

    def value(self, hits: int, n: int) -> Fraction | None:
        return Fraction(hits * self.base, n) if n else None


@dataclass(frozen=True, kw_only=True, eq=False)
class LatestShare(Share):
    """A share in which only the latest counted row for each key counts, as of the window's end.

    Days do not add up to the window (the latest row of one window is an older row of the next), so this kind is counted
    from rows.
    """

    per: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Score(LatestShare):
    """A latest share on a scale of 0 to 10, read once a week and carried over weeks with too few rows."""

    unit: ClassVar[Unit] = Unit.SCORE
    base: ClassVar[int] = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Times(Metric):
    """Mean, median and 90th percentile of a duration in seconds. Percentiles are exact, so they are read from rows.

    With `per`, the seconds of all rows with one key in the window are added up first: one time for each conversation.
    """

    column: str
    per: str = ""

    unit: ClassVar[Unit] = Unit.SECONDS

    @cached_property
    def total(self) -> Part:
        return part(self.among & self.of, self.column)

    def parts(self) -> tuple[Part, ...]:
        return (*super().parts(), self.total)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally(Metric):
    """How many rows, or the sum of a column of whole numbers over them. None at all is 0 once the fact has come in."""

    column: str = ""

    unit: ClassVar[Unit] = Unit.COUNT

    @cached_property
    def counted(self) -> Part:
        return part(self.among & self.of, self.column)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean(Metric):
    """The mean of a column of whole numbers that are no durations: hand-overs per conversation."""

    column: str

    unit: ClassVar[Unit] = Unit.MEAN

    @cached_property
    def total(self) -> Part:
        return part(self.among & self.of, self.column)

    def parts(self) -> tuple[Part, ...]:
        return (*super().parts(), self.total)


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage(Metric):
    """Of the values an account expects in the column `by`, the share that occurs in the window. Counted from rows.

    `expected_from` names the account's list of expected values.
    """

    expected_from: str

    unit: ClassVar[Unit] = Unit.RATE

    @property
    def splits(self) -> tuple[Column, ...]:
        """Only the column whose values are expected."""
        return tuple(column for column in super().splits if column.path == self.by)


@dataclass(frozen=True, kw_only=True, eq=False)
class Imported(Metric):
    """A figure the platform itself reports: the newest one whose period ends in the window, shown as it came.

    `column` holds the value. `reads` says how people read it: a rate, a count, an amount.
    """

    column: str
    reads: Unit

    @property
    def unit(self) -> Unit:  # type: ignore[override]  # the series decides, not the kind
        return self.reads

    @property
    def splits(self) -> tuple[Column, ...]:
        """None: the platform states one figure for everything."""
        return ()
