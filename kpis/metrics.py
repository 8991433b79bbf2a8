"""What a metric is: a condition over one table, a rule that judges it, and the words that explain it.

A declaration is all there is to a metric. The count, the rows behind it, its band, its page, its API field and its
export column follow from it, so they cannot disagree. Values are exact fractions of integers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpis.units import Unit
from sellers.facts import DatedRow
from sellers.models import SellerAccount

Text = str | Promise


class Band(StrEnum):
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Window:
    """Local days of an account, both ends included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> "Window":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class Target:
    """Limit and goal in the unit people read (per cent, points, seconds). Red beyond the limit, green at the goal."""

    sign: ClassVar[str]

    def __init__(self, limit: str, goal: str) -> None:
        self.limit = Fraction(limit)
        self.goal = Fraction(goal)

    def band(self, shown: Fraction) -> Band:
        raise NotImplementedError

    def goal_is_beyond_limit(self) -> bool:
        raise NotImplementedError

    def headroom(self, hits: int, n: int, scale: int) -> int:
        """How many of the n counted rows may still turn the wrong way before it is red; negative: must turn back."""
        raise NotImplementedError

    def to_goal(self, hits: int, n: int, scale: int) -> int:
        """How many of the n counted rows must turn the right way to be green; 0 where it is green already."""
        raise NotImplementedError


class Below(Target):
    """Lower is better and the limit itself is already too much: 1 of 40 at a limit of 2.5 % is red."""

    sign = "<"

    def band(self, shown: Fraction) -> Band:
        if shown >= self.limit:
            return Band.RED
        return Band.GREEN if shown <= self.goal else Band.YELLOW

    def goal_is_beyond_limit(self) -> bool:
        return self.goal < self.limit

    def headroom(self, hits: int, n: int, scale: int) -> int:
        return ceil(self.limit * n / scale) - 1 - hits

    def to_goal(self, hits: int, n: int, scale: int) -> int:
        return max(0, hits - floor(self.goal * n / scale))


class AtMost(Below):
    """Lower is better and the limit itself is still fine."""

    sign = "≤"

    def band(self, shown: Fraction) -> Band:
        if shown > self.limit:
            return Band.RED
        return Band.GREEN if shown <= self.goal else Band.YELLOW

    def headroom(self, hits: int, n: int, scale: int) -> int:
        return floor(self.limit * n / scale) - hits


class AtLeast(Target):
    """Higher is better and the limit itself is fine: a score of exactly 6.0 is yellow, of exactly 8.0 green."""

    sign = "≥"

    def band(self, shown: Fraction) -> Band:
        if shown < self.limit:
            return Band.RED
        return Band.GREEN if shown >= self.goal else Band.YELLOW

    def goal_is_beyond_limit(self) -> bool:
        return self.goal > self.limit

    def headroom(self, hits: int, n: int, scale: int) -> int:
        return hits - ceil(self.limit * n / scale)

    def to_goal(self, hits: int, n: int, scale: int) -> int:
        return max(0, ceil(self.goal * n / scale) - hits)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a metric is judged: a window of `days` that ends `lag` days before the report day, and its target.

    `days_from` names an account switch that overrides `days`. `minimum` is the number of counted rows below which there
    is no figure of its own.
    """

    days: int
    lag: int = 0
    minimum: int = 1
    target: Target | None = None
    days_from: str = ""

    def window_days(self, account: SellerAccount) -> int:
        return getattr(account, self.days_from) if self.days_from else self.days


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the rows behind a figure: `path` is looked up from the fact's row."""

    path: str
    title: Text
    kind: str = "text"  # text, moment, choice, yes_no, duration


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

    @property
    def day(self) -> str:
        return self.model.facts[self.slug]


@dataclass(frozen=True)
class Part:
    """A named sum of a day: how many rows meet the condition, or the sum of a column over them."""

    condition: Q
    column: str = ""

    def aggregate(self) -> Count | Coalesce:
        if self.column:
            return Coalesce(Sum(self.column, filter=self.condition), 0)
        return Count("pk", filter=self.condition)


@dataclass(frozen=True)
class Lapse:
    """How the passing of time becomes rows: whose deadlines passed, and the conditional update that says so."""

    due_accounts: Callable[[datetime], set[int]]
    lapse: Callable[[SellerAccount, datetime], int]


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

    unit: ClassVar[Unit]

    @property
    def counted(self) -> Part:
        return Part(self.among & self.of)

    @property
    def opened(self) -> Part | None:
        return None if self.open is None else Part(self.among & self.open)

    def parts(self) -> tuple[Part, ...]:
        """The sums that are stored for each day."""
        return tuple(part for part in (self.counted, self.opened) if part is not None)

    def judge(self, value: Fraction | None) -> Band:
        """The band of an exact value; no value or no target has no colour."""
        if value is None or self.rule.target is None:
            return Band.NONE
        return self.rule.target.band(value * self.unit.scale)


@dataclass(frozen=True, kw_only=True, eq=False)
class Share(Metric):
    """Of the counted rows (`of`), the share that also meets `hit`."""

    hit: Q

    unit: ClassVar[Unit] = Unit.RATE
    base: ClassVar[int] = 1  # what a share of one whole is worth

    @property
    def hits(self) -> Part:
        return Part(self.among & self.of & self.hit)

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
    """Mean, median and 90th percentile of a duration in seconds. Percentiles are exact, so they are read from rows."""

    column: str

    unit: ClassVar[Unit] = Unit.SECONDS

    @property
    def total(self) -> Part:
        return Part(self.among & self.of, self.column)

    def parts(self) -> tuple[Part, ...]:
        return (*super().parts(), self.total)
