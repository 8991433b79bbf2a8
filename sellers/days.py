"""Local days and weeks of a seller account: where they begin, where they end, which one a moment falls in."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WEEK = timedelta(days=7)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_zone(name: str) -> None:
    """Refuse anything that is not an IANA zone name; an offset cannot tell summer from winter."""
    if name not in known_zones() or not ("/" in name or name == "UTC"):
        raise ValidationError(
            _("%(name)s is not an IANA time zone such as America/Los_Angeles."), params={"name": name}
        )


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which this instant falls in the account's zone."""
    return moment.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    In zones that skip midnight at a clock change the day begins with the first minute that exists.
    """
    start = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    return start if start.astimezone(zone).date() == day else _first_minute(day, start, zone)


def _first_minute(day: date, near: datetime, zone: ZoneInfo) -> datetime:
    minutes = (near + timedelta(minutes=offset) for offset in range(-180, 181))
    return next(minute for minute in minutes if local_day(minute, zone) == day)


def last_complete_day(now: datetime, zone: ZoneInfo) -> date:
    """The report day of a moment: the newest local day that is over."""
    return local_day(now, zone) - timedelta(days=1)


def week_end_on_or_before(day: date, week_start: int) -> date:
    """The newest last-day-of-a-week that is not after `day`; `week_start` counts from Monday = 0."""
    return day - timedelta(days=(day.weekday() - (week_start - 1)) % 7)


def week_ends(first: date, last: date, week_start: int) -> list[date]:
    """Every last day of a week from `first` to `last`, both included, oldest first."""
    newest = week_end_on_or_before(last, week_start)
    count = (newest - first).days // 7 + 1 if newest >= first else 0
    return [newest - WEEK * back for back in reversed(range(count))]
