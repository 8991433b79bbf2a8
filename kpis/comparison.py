"""Before and after: one figure over two windows of one length on both sides of a change, and whether it really moved.

The windows never hold a day of the change itself. They are whole weeks where there are that many, so that both have the
same weekdays, and end where data is known. A move is called one only where it is more than chance (95 %).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import sqrt

from kpis.changes import Direction, Evidence, Goodness, evidence, goodness_of, newcombe, shown
from kpis.figures import Z_95, Reading, State, unripe_from
from kpis.metrics import Coverage, Imported, Metric, Share, Tally, Times, Window
from kpis.readings import Span
from sellers.models import Note, SellerAccount

DAYS = 28
WEEK_DAYS = 7


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"  # without a target a move is neither good nor bad
    LOWER = "lower"
    UNCLEAR = "unclear"


class Doubt(StrEnum):
    """Why there is no verdict."""

    NO_DAYS = "no_days"  # no complete day is known on one of the sides
    TOO_FEW = "too_few"  # one of the sides rests on fewer rows than the rule asks for
    UNRIPE = "unripe"  # rows of the later side may still turn bad, those of the earlier side have
    CHANCE = "chance"  # chance alone moves the figure as far
    SCATTER = "scatter"  # nothing says how widely the rows scatter


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of a change. `difference` is after - before as people read both, `interval` in the unit of `value`."""

    metric: Metric
    around: Window  # the days of the change
    verdict: Verdict
    doubt: Doubt | None
    before: Reading | None = None
    after: Reading | None = None
    difference: Fraction | None = None
    interval: tuple[float, float] | None = None
    settled_from: date | None = None  # of a side that still ripens: the first day on which it does no more
    others: Sequence[Note] = ()  # further notes that lie inside the windows

    @property
    def days(self) -> int:
        """The length of each side."""
        return 0 if self.after is None else self.after.window.days

    @property
    def is_open(self) -> bool:
        """Whether some rows of the later side still wait for their verdict, or some of its data for its coming."""
        return self.after is not None and self.after.state is State.PROVISIONAL

    @property
    def direction(self) -> Direction | None:
        if self.difference is None:
            return None
        return Direction.UP if self.difference > 0 else Direction.DOWN if self.difference else Direction.FLAT


def is_comparable(metric: Metric) -> bool:
    """Whether the figure can be read over any window: the platform's own figures and coverages have theirs."""
    return not isinstance(metric, Imported | Coverage)


def sides(around: Window, days: int, oldest: date, newest: date) -> tuple[Window, Window] | None:
    """The windows before and after: of one length, at most `days`, within what is known; None where that is no day."""
    length = min(days, (around.first - oldest).days, (newest - around.last).days)
    if length >= WEEK_DAYS:
        length -= length % WEEK_DAYS
    if length < 1:
        return None
    day = timedelta(days=1)
    return Window.ending(around.first - day, length), Window(around.last + day, around.last + day * length)


def compare(
    account: SellerAccount, metric: Metric, note: Note, newest: date, today: date, days: int = DAYS
) -> Comparison:
    """The figure before and after a note, up to the complete day `newest`; in a constant number of queries."""
    around = Window(note.starts_on, note.last_day)
    length = timedelta(days=days)
    reach = Window(around.first - length, around.last + length)
    span = Span([account], [metric], {account.id: newest}, reach=reach)
    rule = span.rules.rule(metric, account, min(newest, reach.last))
    fact = metric.fact.slug
    complete = span.completeness[account.id][fact].complete_until
    known = min([newest - timedelta(days=rule.lag), *([complete] if complete else [])])
    windows = sides(around, days, span.firsts.get((account.id, fact), newest), known)
    if windows is None:
        return Comparison(metric, around, Verdict.UNCLEAR, Doubt.NO_DAYS)
    before, after = (span.over(metric, account, window, rule) for window in windows)
    difference = _difference(before, after)
    verdict, doubt = _verdict(before, after, difference, today)
    inside = account.notes.about(metric.slug).between(windows[0].first, windows[1].last).exclude(pk=note.pk)
    return Comparison(
        metric=metric,
        around=around,
        verdict=verdict,
        doubt=doubt,
        before=before,
        after=after,
        difference=difference,
        interval=None if difference is None else interval(before, after),
        settled_from=windows[1].last + timedelta(days=metric.ripens_days) if doubt is Doubt.UNRIPE else None,
        others=list(inside),
    )


def figure(reading: Reading) -> Fraction | None:
    """What stands for a side: of times the median, because a few very long ones pull the mean along."""
    if isinstance(reading.metric, Times):
        return (reading.stats or {}).get("median")
    return reading.value


def _difference(before: Reading, after: Reading) -> Fraction | None:
    earlier, later = figure(before), figure(after)
    if earlier is None or later is None:
        return None
    unit = after.metric.unit
    return shown(unit, later) - shown(unit, earlier)


def interval(before: Reading, after: Reading) -> tuple[float, float] | None:
    """Where the true difference lies with 95 % confidence; of shares, scores and counts only."""
    metric = after.metric
    if isinstance(metric, Share) and before.numerator is not None and after.numerator is not None:
        low, high = newcombe((before.numerator, before.n), (after.numerator, after.n))
        return low * metric.base, high * metric.base
    if isinstance(metric, Tally) and not metric.column:
        # Counts of independent events scatter by the root of what is expected (Poisson).
        moved, reach = after.n - before.n, Z_95 * sqrt(before.n + after.n)
        return moved - reach, moved + reach
    return None


def _verdict(before: Reading, after: Reading, difference: Fraction | None, today: date) -> tuple[Verdict, Doubt | None]:
    if difference is None:
        return Verdict.UNCLEAR, Doubt.TOO_FEW
    if unripe_from(after.metric, after.window, today) is not None:
        return Verdict.UNCLEAR, Doubt.UNRIPE
    found = evidence(before, after)
    if found is Evidence.UNKNOWN:
        return Verdict.UNCLEAR, Doubt.SCATTER
    # The evidence about times is about their means: where the median went the other way, nothing is clear.
    moved = (after.value or 0) - (before.value or 0)
    if found is Evidence.CHANCE or not difference or (moved > 0) != (difference > 0):
        return Verdict.UNCLEAR, Doubt.CHANCE
    up = difference > 0
    goodness = goodness_of(after.rule, Direction.UP if up else Direction.DOWN)
    if goodness is Goodness.NEUTRAL:
        return (Verdict.HIGHER if up else Verdict.LOWER), None
    return (Verdict.BETTER if goodness is Goodness.GOOD else Verdict.WORSE), None
