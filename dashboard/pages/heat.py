"""The heat map of a metric: seven days by twenty-four hours, each with its slowness, its rows and a colour step."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from kpis.attention import worse_side
from kpis.hours import THIN, Hour, has_hours, hours
from kpis.metrics import Metric
from kpis.readings import Reading
from kpis.rows import side_title
from kpis.units import Unit, cut, display

STEPS = 5
HOUR = 3600


@dataclass(frozen=True)
class Cell:
    """One hour of the week as it is painted; nothing was counted where there is no text."""

    text: str = ""
    n: int = 0
    step: int = 0
    is_thin: bool = False
    title: str = ""


@dataclass(frozen=True)
class Heat:
    """How slow the answers are by the hour in which buyers wrote, on the account's clock."""

    reading: Reading
    found: list[Hour]
    hours = range(24)
    steps = range(1, STEPS + 1)
    thin = THIN

    @property
    def metric(self) -> Metric:
        return self.reading.metric

    @property
    def is_share(self) -> bool:
        return self.metric.unit is Unit.RATE

    @property
    def span(self) -> str:
        return words.span(self.reading.window)

    @property
    def zone(self) -> str:
        return self.reading.account.time_zone

    @property
    def says(self) -> str:
        """What the number in each cell is."""
        if self.is_share:
            return _("Share of “%(what)s”") % {"what": side_title(self.metric, worse_side(self.metric))}
        return _("Median in hours")

    @property
    def rows(self) -> list[tuple[str, str, list[Cell]]]:
        """A line for each day of the week: its short name, its name, and its twenty-four cells."""
        cells = {(one.weekday, one.hour): self._cell(one) for one in self.found}
        return [
            (str(WEEKDAYS_ABBR[day]), str(WEEKDAYS[day]), [cells.get((day, hour), Cell()) for hour in self.hours])
            for day in range(7)
        ]

    @property
    def top(self) -> Fraction:
        """The slowest hour that enough rows speak for; the colour steps divide the way to it evenly."""
        return max((one.value for one in self.found if not one.is_thin), default=Fraction(0))

    @property
    def slowest(self) -> str:
        """The slowest hour in words."""
        sure = [one for one in self.found if not one.is_thin and one.value]
        return self._title(max(sure, key=lambda one: (one.value, one.n))) if sure else ""

    @property
    def ends(self) -> tuple[str, str]:
        """What the palest and the strongest colour stand for."""
        return display(Fraction(0), self.metric.unit), display(self.top, self.metric.unit)

    def _cell(self, one: Hour) -> Cell:
        return Cell(self._short(one.value), one.n, self._step(one), one.is_thin, self._title(one))

    def _step(self, one: Hour) -> int:
        """From 1, the quickest fifth of the way, to 5; 0 for nothing bad at all and for hours with too few rows."""
        if one.is_thin or not one.value:
            return 0
        return min(STEPS, int(STEPS * one.value / self.top) + 1)

    def _short(self, value: Fraction) -> str:
        if self.is_share:
            return f"{number_format(cut(value * 100, 0))}%"
        return number_format(cut(value / HOUR, 1 if value < 10 * HOUR else 0))

    def _title(self, one: Hour) -> str:
        cases = ngettext("%(n)s case", "%(n)s cases", one.n) % {"n": number_format(one.n)}
        return _("%(day)s, %(from)02d:00 to %(to)02d:00: %(figure)s, %(cases)s") % {
            "day": WEEKDAYS[one.weekday],
            "from": one.hour,
            "to": one.hour + 1,
            "figure": display(one.value, self.metric.unit),
            "cases": cases,
        }


def heat_of(reading: Reading) -> Heat | None:
    """The heat map over the reading's window; None where the metric has no hours or nothing was counted. One query."""
    if not has_hours(reading.metric):
        return None
    found = hours(reading)
    return Heat(reading, found) if found else None
