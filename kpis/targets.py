"""Bands and targets: which exact values are red, yellow or green, and how far a figure is from the next band."""

from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar


class Band(StrEnum):
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    NONE = "none"


def beside(value: Fraction, scale: int, mark: Fraction) -> int:
    """How `value` times `scale` lies to a mark: negative below, 0 on it, positive above.

    In whole numbers: a third of what comparing fractions takes, and every reading is compared.
    """
    return value.numerator * scale * mark.denominator - mark.numerator * value.denominator


class Target:
    """Limit and goal in the unit people read (per cent, points, seconds). Red beyond the limit, green at the goal.

    Counts are of rows: `hits` of `n`, and a share of one whole reads `scale` (100 for a rate, 10 for a score).
    """

    sign: ClassVar[str]

    def __init__(self, limit: str | Fraction, goal: str | Fraction) -> None:
        self.limit = Fraction(limit)
        self.goal = Fraction(goal)

    def moved(self, limit: Fraction | None, goal: Fraction | None) -> "Target":
        """The same kind of target with another limit or goal; what is not named stays."""
        return type(self)(self.limit if limit is None else limit, self.goal if goal is None else goal)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.limit, self.goal))

    def band(self, value: Fraction, scale: int = 1) -> Band:
        """The band of an exact value of which one whole reads `scale`."""
        if self.is_beyond(beside(value, scale, self.limit)):
            return Band.RED
        return Band.GREEN if self.is_at_goal(beside(value, scale, self.goal)) else Band.YELLOW

    def is_beyond(self, beside_limit: int) -> bool:
        """Whether a value that lies so is on the wrong side of the limit."""
        raise NotImplementedError

    def is_at_goal(self, beside_goal: int) -> bool:
        raise NotImplementedError

    def goal_is_beyond_limit(self) -> bool:
        """Whether the goal is harder to reach than the limit, so that something can be yellow."""
        raise NotImplementedError

    def headroom(self, hits: int, n: int, scale: Fraction) -> int:
        """How many of the n counted rows may still turn the wrong way before it is red; negative: must turn back."""
        raise NotImplementedError

    def to_goal(self, hits: int, n: int, scale: Fraction) -> int | None:
        """How many further rows, all of them good, make it green; 0 where it is, None where no number does."""
        raise NotImplementedError

    def to_limit(self, hits: int, n: int, scale: Fraction) -> int | None:
        """How many further rows, all of them good, bring it out of red; 0 where it is not red."""
        raise NotImplementedError


class Below(Target):
    """Lower is better and the limit itself is already too much: 1 of 40 at a limit of 2.5 % is red."""

    sign = "<"

    def is_beyond(self, beside_limit: int) -> bool:
        return beside_limit >= 0

    def is_at_goal(self, beside_goal: int) -> bool:
        return beside_goal <= 0

    def goal_is_beyond_limit(self) -> bool:
        return self.goal < self.limit

    def headroom(self, hits: int, n: int, scale: Fraction) -> int:
        return ceil(self.limit * n / scale) - 1 - hits

    def to_goal(self, hits: int, n: int, scale: Fraction) -> int | None:
        if not hits:
            return 0
        return max(0, ceil(hits * scale / self.goal) - n) if self.goal else None

    def to_limit(self, hits: int, n: int, scale: Fraction) -> int | None:
        if not hits and self.limit:
            return 0
        return max(0, floor(hits * scale / self.limit) + 1 - n) if self.limit else None


class AtMost(Below):
    """Lower is better and the limit itself is still fine."""

    sign = "≤"

    def is_beyond(self, beside_limit: int) -> bool:
        return beside_limit > 0

    def headroom(self, hits: int, n: int, scale: Fraction) -> int:
        return floor(self.limit * n / scale) - hits

    def to_limit(self, hits: int, n: int, scale: Fraction) -> int | None:
        if not hits:
            return 0
        return max(0, ceil(hits * scale / self.limit) - n) if self.limit else None


class Zero(AtMost):
    """Only none at all is fine: green at 0, red above. Amazon states policy violations so (`EQUALS 0`)."""

    sign = "="

    def __init__(self) -> None:
        super().__init__("0", "0")

    def moved(self, limit: Fraction | None, goal: Fraction | None) -> Target:
        """Whoever allows some has a limit and a goal of the ordinary kind."""
        if limit is None and goal is None:
            return self
        return AtMost(self.limit if limit is None else limit, self.goal if goal is None else goal)

    def goal_is_beyond_limit(self) -> bool:
        return True


class AtLeast(Target):
    """Higher is better and the limit itself is fine: a score of exactly 6.0 is yellow, of exactly 8.0 green."""

    sign = "≥"

    def is_beyond(self, beside_limit: int) -> bool:
        return beside_limit < 0

    def is_at_goal(self, beside_goal: int) -> bool:
        return beside_goal >= 0

    def goal_is_beyond_limit(self) -> bool:
        return self.goal > self.limit

    def headroom(self, hits: int, n: int, scale: Fraction) -> int:
        return hits - ceil(self.limit * n / scale)

    def to_goal(self, hits: int, n: int, scale: Fraction) -> int | None:
        return self._rows_to(self.goal, hits, n, scale)

    def to_limit(self, hits: int, n: int, scale: Fraction) -> int | None:
        return self._rows_to(self.limit, hits, n, scale)

    @staticmethod
    def _rows_to(mark: Fraction, hits: int, n: int, scale: Fraction) -> int | None:
        missing = mark * n - hits * scale
        if missing <= 0:
            return 0
        return ceil(missing / (scale - mark)) if scale > mark else None
