"""Business hours: when a shop is open, and how much of a wait fell into its hours. The lower half is pure.

The clock of the 24-hour rule runs through nights and holidays; business time is a second figure beside it. A calendar
is weekly windows in an IANA zone from a day on, closed on holidays. Each moment counts under the calendar in force
then, so past figures change only when a calendar is dated back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sellers.days import clock_at, validate_zone

if TYPE_CHECKING:
    from sellers.models import SellerAccount

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # further away, a day may have no moment in UTC
DAY_MINUTES = 24 * 60
WEEKDAYS = 7
Windows = Mapping[str, Sequence[Sequence[str]]]  # {"0": [["09:00", "18:00"]]}; Monday is "0"

# --- Stored ----------------------------------------------------------------------------------------------------------


def validate_windows(value: Any) -> None:
    """Refuse anything but opening hours as they are stored: weekday "0" to "6", then pairs of clock times."""
    if not isinstance(value, dict) or not set(value) <= {str(weekday) for weekday in range(WEEKDAYS)}:
        raise ValidationError(_("Opening hours are written by weekday, “0” (Monday) to “6” (Sunday)."))
    for windows in value.values():
        if not isinstance(windows, list):
            raise ValidationError(_("Each weekday has a list of opening hours."))
        for window in windows:
            validate_window(window)


def validate_window(window: Any) -> None:
    """Refuse anything but ["09:00", "18:00"]; an end before the start lies on the next day."""
    if not (isinstance(window, list | tuple) and len(window) == 2):
        raise ValidationError(_("Opening hours are pairs of clock times such as 09:00 and 18:00."))
    for text in window:
        if not (isinstance(text, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text)):
            raise ValidationError(_("“%(text)s” is not a clock time such as 09:00 or 24:00."), params={"text": text})
    opens, closes = window
    if opens == "24:00":
        raise ValidationError(_("Nothing opens at 24:00; write 00:00 on the next day."))
    if opens == closes:
        raise ValidationError(
            _("%(opens)s to %(closes)s is no time at all; the whole day is 00:00 to 24:00."),
            params={"opens": opens, "closes": closes},
        )


class BusinessCalendar(models.Model):
    """The weekly opening hours of one account, or of all that have none of their own, from a day on."""

    account = models.ForeignKey(
        "sellers.SellerAccount",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="business_calendars",
        verbose_name=_("account"),
        help_text=_("Empty: every account that has no calendar of its own on a day."),
    )
    valid_from = models.DateField(
        _("valid from"), validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=_("The IANA zone of these clock times. Empty: the account's."),
    )
    windows = models.JSONField(_("opening hours"), default=dict, blank=True, validators=[validate_windows])

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__gte=FIRST_DAY, valid_from__lte=LAST_DAY), name="calendar_valid_from"
            ),
            models.UniqueConstraint(fields=["account", "valid_from"], name="calendar_once"),
            models.UniqueConstraint(
                fields=["valid_from"],
                condition=Q(account=None),
                name="calendar_of_all_once",
                violation_error_message=_("For all accounts one is stored for this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account or _('All accounts')}, {self.valid_from}"


class Holiday(models.Model):
    """A local day on which one account, or every account, is closed and does not ship."""

    account = models.ForeignKey(
        "sellers.SellerAccount",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="holidays",
        verbose_name=_("account"),
        help_text=_("Empty: every account."),
    )
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="holiday_once"),
            models.UniqueConstraint(
                fields=["day"],
                condition=Q(account=None),
                name="holiday_of_all_once",
                violation_error_message=_("For all accounts one is stored for this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()


def holidays_of(account: "SellerAccount") -> frozenset[date]:
    """The days off of an account: its own and those of every account. One query."""
    rows = Holiday.objects.filter(Q(account=account) | Q(account=None))
    return frozenset(rows.values_list("day", flat=True))


def calendars_of(account: "SellerAccount") -> "tuple[Calendar, ...]":
    """The calendars of an account, oldest first; its own replace those of all accounts from their first day on.

    Two queries. Keep the result while many rows are worked on: what it has worked out for a day it remembers.
    """
    rows = list(BusinessCalendar.objects.filter(Q(account=account) | Q(account=None)).order_by("valid_from"))
    own_from = min((row.valid_from for row in rows if row.account_id is not None), default=date.max)
    holidays = holidays_of(account)
    return tuple(
        Calendar(row.valid_from, ZoneInfo(row.time_zone or account.time_zone), row.windows, holidays)
        for row in rows
        if row.account_id is not None or row.valid_from < own_from
    )


# --- Pure ------------------------------------------------------------------------------------------------------------

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000  # in microseconds, in which everything below is counted: whole numbers, so that parts add up
DAY = 86_400 * SECOND
END = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


@dataclass(frozen=True)
class Calendar:
    """Weekly opening hours from a local day on, with the days off. Remembers the hours of each day it was asked for."""

    valid_from: date
    zone: ZoneInfo
    windows: Windows
    holidays: frozenset[date] = frozenset()
    _days: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def since(self) -> int:
        """The first moment under this calendar."""
        return _microseconds(clock_at(self.valid_from, 0, self.zone))

    @cached_property
    def weekly(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each weekday from Monday the minutes from opening to closing, in order, none overlapping.

        What lies after midnight of an overnight window belongs to the next day, whose holiday removes it.
        """
        days: list[list[tuple[int, int]]] = [[] for _weekday in range(WEEKDAYS)]
        for weekday in range(WEEKDAYS):
            for opens, closes in self.windows.get(str(weekday), ()):
                start, end = _minutes(opens), _end_minutes(closes)
                if end > start:
                    days[weekday].append((start, end))
                else:
                    days[weekday].append((start, DAY_MINUTES))
                    days[(weekday + 1) % WEEKDAYS].append((0, end))
        return tuple(tuple(_merged(windows)) for windows in days)

    @cached_property
    def ever_open(self) -> bool:
        return any(self.weekly)

    def open_on(self, ordinal: int) -> tuple[tuple[int, int], ...]:
        """When it is open on the local day with this ordinal, as moments; 23 or 25 hours where clocks change."""
        hours = self._days.get(ordinal)
        if hours is None:
            day = date.fromordinal(ordinal)
            windows = () if day in self.holidays else self.weekly[day.weekday()]
            hours = tuple(
                (_microseconds(clock_at(day, opens, self.zone)), _microseconds(clock_at(day, closes, self.zone)))
                for opens, closes in windows
            )
            self._days[ordinal] = hours
        return hours

    def open_between(self, first: int, last: int) -> int:
        """Microseconds in which it was open from one moment to another."""
        total = 0
        for ordinal in range(_ordinal(first) - 1, _ordinal(last) + 2):  # a local day is at most one off the day in UTC
            for opens, closes in self.open_on(ordinal):
                if opens < last and closes > first:
                    total += (closes if closes < last else last) - (opens if opens > first else first)
        return total


def business_seconds(start: datetime, end: datetime, calendars: Sequence[Calendar]) -> int | None:
    """Whole seconds of the interval that fell into business hours; 0 if all of it lay outside.

    None where a part of the interval had no calendar, or one that never opens: how long that part was is not known.
    Raises ValueError if the end is before the start.
    """
    first, last = _microseconds(start), _microseconds(end)
    if last < first:
        raise ValueError(f"The interval ends before it starts: {start}, {end}")
    total = 0
    for calendar, since, until in _in_force(calendars):
        if since > first and since >= last:
            continue
        if not calendar.ever_open:
            return None
        total += calendar.open_between(max(first, since), min(last, until))
        if since <= first:
            return total // SECOND
    return None


def _in_force(calendars: Sequence[Calendar]) -> Iterator[tuple[Calendar, int, int]]:
    """Each calendar with the moments from which and until which it is in force, newest first."""
    until = END
    for calendar in reversed(calendars):
        if calendar.since < until:  # days of two zones may begin in the other order
            yield calendar, calendar.since, until
            until = calendar.since


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _ordinal(microseconds: int) -> int:
    return microseconds // DAY + EPOCH_ORDINAL


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _end_minutes(text: str) -> int:
    """23:59 and 24:00 both mean the end of the day: else an always open calendar would lose a minute a day."""
    return DAY_MINUTES if text == "23:59" else _minutes(text)


def _merged(windows: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Windows in order, those that overlap or touch as one."""
    current: tuple[int, int] | None = None
    for start, end in sorted(windows):
        if start == end:
            continue
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
        else:
            if current is not None:
                yield current
            current = (start, end)
    if current is not None:
        yield current
