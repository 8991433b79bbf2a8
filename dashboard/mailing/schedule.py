"""When a report is due: a weekday and an hour on the recipient's clock. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sellers.days import clock_at, local_day, week_end_on_or_before
from sellers.models import Weekday


def next_due(weekday: int, hour: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment after `after` at which clocks of the zone show this hour on this weekday, in UTC.

    An hour that is skipped is the moment clocks jump over it, one that comes twice is the first: one mail a week.
    """
    day = local_day(after, zone)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    due = clock_at(day, hour * 60, zone)
    return due if due > after else clock_at(day + timedelta(days=7), hour * 60, zone)


def newest_due(weekday: int, hour: int, zone: ZoneInfo, first: datetime, now: datetime) -> datetime:
    """The last due moment from `first` up to `now`: after a pause of weeks there is one mail, not one for each."""
    due = first
    while (later := next_due(weekday, hour, zone, due)) <= now:
        due = later
    return due


def week_at(moment: datetime, zone: ZoneInfo) -> date:
    """The Sunday that ended the last week that was over on this day of the zone."""
    return week_end_on_or_before(local_day(moment, zone) - timedelta(days=1), Weekday.MONDAY)
