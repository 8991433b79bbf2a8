"""Long lists of keys, cut into pieces that one statement may name: SQLite binds a limited number of values."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

PIECE = 1000  # keys in one IN (...)

T = TypeVar("T")


def in_pieces(keys: Iterable[T]) -> Iterator[list[T]]:
    """The keys in their order, at most `PIECE` at once."""
    left = iter(keys)
    while piece := list(islice(left, PIECE)):
        yield piece
