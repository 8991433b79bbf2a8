"""Local days and weeks of a seller account: where they begin, where they end, which one a moment falls in."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WEEK = timedelta(days=7)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The zones that an account may be in, by name."""
    return tuple(sorted(name for name in known_zones() if "/" in name or name == "UTC"))


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
    """The first instant of a local day, in UTC."""
    return clock_at(day, 0, zone)


def clock_at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks of the zone have reached this minute of a local day (1440: its end), in UTC.

    A clock time that is shown twice is the first one; one that is skipped is the instant at which clocks jump over it.
    """
    wall = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return instant if _shown(instant, zone) == wall else _jump_over(wall, instant, zone)


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _jump_over(wall: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks skip this time: not after `late`, which counts it by the offset before the jump."""
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # by the offset after it
    before, after = 0, int((late - early).total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        if _shown(early + timedelta(seconds=middle), zone) < wall:
            before = middle
        else:
            after = middle
    return early + timedelta(seconds=after)


def day_or_moment(text: str) -> date | datetime:
    """A day or a moment. Raises ValueError for anything else, a moment without an offset included."""
    if re.fullmatch(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1000 < moment.year < 3000:
        raise ValueError("a moment needs its offset, and a year of our time")
    return moment


def moment_of(known: date | datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the last one of a local day."""
    if isinstance(known, datetime):
        return known
    return day_start(known + timedelta(days=1), zone) - timedelta(microseconds=1)


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
