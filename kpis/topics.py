"""What pulls an account down: how much each topic or channel adds to lateness and to "not solved".

The slices are those of the metric's own page, over its own window, so that a number leads to exactly its rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from kpis.breakdowns import Slice, breakdown, split_of
from kpis.catalogue import people as declared
from kpis.from_rows import percentile
from kpis.groups import split
from kpis.metrics import Share
from kpis.readings import Reading, Span
from sellers.models import SellerAccount

WITHIN, SOLVED = declared.WITHIN, declared.SOLVED


@dataclass(frozen=True)
class Pull:
    """What one topic adds to the bad rows of a figure of which a high value is good."""

    slice: Slice
    bad: int
    share: Fraction | None  # of all bad rows
    without: Fraction | None  # what the figure would be if this topic were like the rest; None where it is all there is
    gain: Fraction | None  # how much better that would be; below zero: the topic lifts the figure

    @property
    def value(self) -> str:
        return self.slice.value or ""

    @property
    def label(self) -> str:
        return self.slice.label

    @property
    def n(self) -> int:
        return self.slice.n


@dataclass(frozen=True)
class Pulls:
    """A figure and what each topic adds to its bad rows, the largest first. None where it has no such column."""

    reading: Reading
    pulls: list[Pull]

    @property
    def bad(self) -> int:
        return sum(pull.bad for pull in self.pulls)

    def of(self, value: str) -> Pull | None:
        return self._by_value.get(value)

    @cached_property
    def _by_value(self) -> dict[str, Pull]:
        """A source may give each conversation a topic of its own: thousands are looked up."""
        return {pull.value: pull for pull in self.pulls}


@dataclass(frozen=True)
class Topics:
    """Lateness and dissatisfaction by topic or channel, with the median reply of each."""

    late: Pulls
    unsolved: Pulls | None
    medians: Mapping[str, Fraction | None]

    @property
    def labels(self) -> dict[str, str]:
        """Every topic that either of them has, most late turns first, with its words."""
        unsolved = self.unsolved.pulls if self.unsolved else []
        return {pull.value: pull.label for pull in (*self.late.pulls, *unsolved)}


def topics(account: SellerAccount, on: date, by: str) -> Topics:
    """Every topic (or channel) with what it adds, as of report day `on`, in a constant number of queries."""
    span = Span([account], [WITHIN, SOLVED], {account.id: on})
    late = pulls(span.reading(WITHIN, account, on), by)
    if late is None:
        raise ValueError(f"turns are not told apart by {by}")
    groups = split(
        account,
        [declared.REPLY],
        {declared.REPLY.fact.slug: declared.BY_SUBJECT[by]},
        late.reading.window,
    )
    seconds = {value: sorted(group[declared.REPLY.slug].seconds) for value, group in groups.items()}
    medians = {value: percentile(one, Fraction(1, 2)) for value, one in seconds.items()}
    return Topics(late, pulls(span.reading(SOLVED, account, on), by), medians)


def pulls(reading: Reading, by: str) -> Pulls | None:
    """What each value of the column adds to the counted rows that are no hits."""
    column = split_of(reading.metric, by)
    if column is None or not isinstance(reading.metric, Share):
        return None
    metric = reading.metric
    slices = breakdown(reading, column)
    n, hits = sum(one.n for one in slices), sum(one.hits for one in slices)
    whole = metric.value(hits, n)
    found = []
    for one in slices:
        bad = one.n - one.hits
        without = metric.value(hits - one.hits, n - one.n)
        gain = None if without is None or whole is None else without - whole
        found.append(Pull(one, bad, Fraction(bad, n - hits) if n > hits else None, without, gain))
    return Pulls(reading, sorted(found, key=lambda pull: (-pull.bad, pull.n, pull.value)))
