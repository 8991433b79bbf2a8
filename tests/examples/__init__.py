"""One worked example for each metric: rows as they come in, and the figure that a person worked out from them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sellers.models import SellerAccount


@dataclass(frozen=True)
class Example:
    """`build` stores the rows for an account in UTC; `working` says how the numbers were worked out, not by the code.

    `value` is exact, as readings give it: a share of 1, seconds, a count. None where nothing is known.
    """

    slug: str
    build: Callable[[SellerAccount], None]
    on: date
    value: Fraction | None
    numerator: int | None
    denominator: int | None
    n: int
    rows_for: int
    rows_against: int
    rows_left_out: int
    working: str
