"""Working days: on which days a shop hands parcels over, and which day is so many of them later."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sellers.calendars import holidays_of

if TYPE_CHECKING:
    from sellers.models import SellerAccount

ONE_DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday, plus Saturday or Sunday where that is a working day, without the holidays."""

    saturday: bool
    sunday: bool
    holidays: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Whether this is a working day."""
        weekday = day.weekday()
        open_ = weekday < SATURDAY or (weekday == SATURDAY and self.saturday) or (weekday == SUNDAY and self.sunday)
        return open_ and day not in self.holidays

    def after(self, day: date, count: int) -> date:
        """The count-th working day after `day`, which itself is never counted.

        With count 0 the day itself, or the next working one if it is none.
        Source: https://sellercentral.amazon.com/gp/help/external/G200955560?language=en_US
        """
        if count < 0:
            raise ValueError(f"A negative number of days: {count}")
        if count == 0:
            while not self.is_working(day):
                day += ONE_DAY
            return day
        while count:
            day += ONE_DAY
            count -= self.is_working(day)
        return day


def working_days_of(account: "SellerAccount") -> WorkingDays:
    """The days on which the account ships: with its own Saturdays and Sundays. One query."""
    return WorkingDays(account.ships_saturday, account.ships_sunday, holidays_of(account))


def business_days_of(account: "SellerAccount") -> WorkingDays:
    """Monday to Friday without the holidays, whatever the shop does at weekends: the carriers' and Amazon's days."""
    return WorkingDays(saturday=False, sunday=False, holidays=holidays_of(account))
