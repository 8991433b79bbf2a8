"""Hours of the week: how slow the answers are by the local hour in which buyers wrote, counted from the rows."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from kpis.attention import worse_side
from kpis.from_rows import BATCH, percentile
from kpis.metrics import LatestShare, Metric, Share, Side, Times
from kpis.readings import Reading
from kpis.rows import candidates_of, counted_among

THIN = 5  # with fewer rows an hour's figure says little


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week on the account's clock: the slowness of its `n` rows, and how many of a share are bad."""

    weekday: int  # Monday is 0
    hour: int
    n: int
    bad: int | None  # of a share: the rows of its worse side
    value: Fraction  # a share of 1, or the median in seconds

    @property
    def is_thin(self) -> bool:
        return self.n < THIN


def has_hours(metric: Metric) -> bool:
    """Whether a metric tells slowness by row, on a clock of moments at which buyers write."""
    by_row = (isinstance(metric, Share) and not isinstance(metric, LatestShare) and not metric.weight) or (
        isinstance(metric, Times) and not metric.per
    )
    return metric.fact.hourly and by_row


def hours(reading: Reading) -> list[Hour]:
    """Each hour of the week in which something was counted, in order; one query.

    The database turns every moment into the account's own clock, so each side of a clock change stands in the hour that
    clocks showed: of the two hours of an autumn night both in the same one, and none in the hour that spring skips.
    """
    metric, zone = reading.metric, reading.account.zone
    counted = candidates_of(reading).filter(counted_among(metric, reading.account, reading.window)).order_by()
    moment = metric.fact.moment
    clocked = counted.annotate(
        clock_day=ExtractIsoWeekDay(moment, tzinfo=zone), clock_hour=ExtractHour(moment, tzinfo=zone)
    )
    if isinstance(metric, Share):
        sums = clocked.values_list("clock_day", "clock_hour").annotate(
            hits=metric.hits.aggregate(), n=metric.counted.aggregate()
        )
        found = [_share(metric, *row) for row in sums]
    else:
        seconds: dict[tuple[int, int], list[int]] = defaultdict(list)
        column = metric.column if isinstance(metric, Times) else ""
        for day, hour, one in clocked.values_list("clock_day", "clock_hour", column).iterator(chunk_size=BATCH):
            seconds[day, hour].append(one)
        found = [_median(day, hour, values) for (day, hour), values in seconds.items()]
    return sorted(found, key=lambda one: (one.weekday, one.hour))


def _share(metric: Share, day: int, hour: int, hits: int, n: int) -> Hour:
    bad = n - hits if worse_side(metric) is Side.AGAINST else hits
    return Hour(day - 1, hour, n, bad, Fraction(bad, n))


def _median(day: int, hour: int, values: list[int]) -> Hour:
    middle = percentile(sorted(values), Fraction(1, 2)) or Fraction(0)
    return Hour(day - 1, hour, len(values), None, middle)
