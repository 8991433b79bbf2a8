"""Seeded chance: the same seed gives the same draws on every machine and Python version."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws for one account and day.

    Built on `random.Random.random()` alone: Python promises that its sequence never changes, and does not promise it
    for `gauss`, `choices` or `shuffle`.
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed).random  # noqa: S311  # sample data, nothing to protect

    def hits(self, share: float) -> bool:
        return self.random() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self.random() * len(things))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as often as its weight says."""
        left = self.random() * sum(weights.values())
        for thing, weight in weights.items():
            left -= weight
            if left < 0:
                return thing
        return max(weights, key=lambda thing: weights[thing])  # what binary fractions leave over

    def normal(self) -> float:
        """A draw from the standard normal distribution (Box and Muller)."""
        return math.sqrt(-2 * math.log(1 - self.random())) * math.cos(2 * math.pi * self.random())

    def seconds(self, median_seconds: float, spread: float = 1.0) -> int:
        """A lognormal duration in whole seconds, at least one: most are short, a few are very long."""
        return max(1, int(median_seconds * math.exp(spread * self.normal())))

    def count(self, mean: float) -> int:
        """How many times something happens that happens `mean` times on average (Poisson)."""
        limit, product, events = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            events += 1
        return events


class Evenly:
    """Lets a share of cases happen, so evenly that every longer window comes out near that share.

    Plain chance would make a rate of 0.9 % anything from 0.3 % to 1.7 % in a window of 700 orders, and the colours of
    the sample accounts would change with the day they are made for. Here what is owed is carried to the next case; the
    gap between two hits still varies by half to one and a half.
    """

    def __init__(self, seed: str) -> None:
        self._chance = Chance(seed)
        self._owed = self._chance.random()
        self._due = 1.0

    def hits(self, share: float) -> bool:
        self._owed += share
        if self._owed < self._due:
            return False
        self._owed -= 1
        self._due = self._chance.between(0.5, 1.5)
        return True


class Dice:
    """The even shares of one account, by name; they live as long as the account's history is told."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._shares: dict[str, Evenly] = {}

    def hits(self, name: str, share: float) -> bool:
        if name not in self._shares:
            self._shares[name] = Evenly(f"{self._seed}/{name}")
        return self._shares[name].hits(share)


def along(points: Iterable[float], progress: float) -> float:
    """The value of a curve through evenly spaced points; `progress` runs from 0 (first point) to 1 (last point)."""
    values = tuple(points)
    if len(values) == 1:
        return values[0]
    position = min(max(progress, 0.0), 1.0) * (len(values) - 1)
    left = min(int(position), len(values) - 2)
    return values[left] + (values[left + 1] - values[left]) * (position - left)
