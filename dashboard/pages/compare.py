"""A metric beside itself: the period before, the same weeks a year before, and the figure over another window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from kpis.changes import Change, change
from kpis.metrics import Imported, Metric
from kpis.readings import Reading, period_before, reading_on
from kpis.trends import TrendPoint
from sellers.days import WEEK
from sellers.models import SellerAccount

YEAR_WEEKS = 52
PREVIOUS, YEAR = "prev", "year"


@dataclass(frozen=True)
class Comparison:
    """The figure and its weeks beside those of an earlier time."""

    choice: str
    weeks: int
    now: Reading
    before: Reading | None  # None: there is no time before everything
    points: list[TrendPoint | None]  # for each week of the chart, the one that is drawn beside it

    @property
    def name(self) -> str:
        """What the dashed line is."""
        if self.choice == YEAR:
            return _("The same weeks a year before")
        return ngettext("The week before", "The %(weeks)d weeks before", self.weeks) % {"weeks": self.weeks}

    @property
    def change(self) -> Change | None:
        return None if self.before is None else change(self.before, self.now)

    @property
    def sentence(self) -> str:
        """What the figure was then; that nothing is held, where nothing is."""
        before = self.before
        if before is None or before.value is None:
            return _("No figure is held of the time before.")
        said = {"figure": words.figure(before), "span": words.span(before.window), "basis": words.basis(before)}
        return _("%(span)s: %(figure)s (%(basis)s)") % said if said["basis"] else _("%(span)s: %(figure)s") % said


def shift_of(choice: str, weeks: int) -> int:
    """By how many weeks the chart's other line lies before it; 0 without one."""
    return {PREVIOUS: weeks, YEAR: YEAR_WEEKS}.get(choice, 0)


def split_weeks(
    points: Sequence[TrendPoint], weeks: int, shift: int
) -> tuple[list[TrendPoint], list[TrendPoint | None]]:
    """The chart's weeks, and for each of them the week so many weeks before it."""
    if not points:
        return [], []
    by_end = {point.ends_on: point for point in points}
    shown = [point for point in points if point.ends_on > points[-1].ends_on - WEEK * weeks][-weeks:]
    return shown, [by_end.get(point.ends_on - WEEK * shift) for point in shown] if shift else []


def comparison(choice: str, weeks: int, now: Reading, on: date, points: list[TrendPoint | None]) -> Comparison | None:
    """The reading of day `on` beside its period before, or beside the same days of the week 52 weeks before."""
    if not choice:
        return None
    earlier = period_before(now, on) if choice == PREVIOUS else on - timedelta(weeks=YEAR_WEEKS)
    before = None if earlier is None else reading_on(now.metric, now.account, earlier)
    return Comparison(choice, weeks, now, before, points)


def other_window(metric: Metric, account: SellerAccount, on: date, days: int | None) -> Reading | None:
    """The figure over another window, judged by nothing; None for what only the platform states."""
    return None if days is None or isinstance(metric, Imported) else reading_on(metric, account, on, days)
