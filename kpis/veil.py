"""Whose counts are too small to be shown, so that nobody is judged by a handful or worked out from the total.

A figure of fewer than `MINIMUM` cases says more about the cases than about the person. Withholding it alone is not
enough: total less the others would give it away. So what is withheld must hold at least two people (or one and answers
that name nobody) and the minimum of cases; until it does, the next smallest person is withheld as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

MINIMUM = 5

Person = TypeVar("Person", int, str)  # by number, or by the name that the rows hold


@dataclass(frozen=True)
class Veil(Generic[Person]):
    """`hidden` are the people not shown; `together` whether what they have in common, and so the total, may be."""

    hidden: frozenset[Person]
    together: bool


def veil(counts: Mapping[Person, int], unnamed: int, minimum: int = MINIMUM) -> Veil[Person]:
    """Whom to withhold, of the cases of each person and those that name nobody."""
    hidden = {person for person, n in counts.items() if n < minimum}
    if not any(counts[person] for person in hidden):
        return Veil(frozenset(hidden), together=True)

    def is_safe() -> bool:
        contributors = sum(1 for person in hidden if counts[person]) + (1 if unnamed else 0)
        return contributors >= 2 and sum(counts[person] for person in hidden) + unnamed >= minimum

    for person in sorted(counts.keys() - hidden, key=lambda one: (counts[one], one)):
        if is_safe():
            break
        hidden.add(person)
    return Veil(frozenset(hidden), together=is_safe())
