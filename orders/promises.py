"""What is due when, where no source says so: an order's shipment, a business order's invoice. Pure: values in and out.

Sources: shipment https://sellercentral.amazon.com.au/gp/help/external/G200955560?language=en_AU, invoice
https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=44QSYRCU27EW4UK&language=en_GB
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sellers.days import day_start, local_day
from sellers.working_days import WorkingDays


def expected_ship_at(
    placed_at: datetime, handling_days: int, working: WorkingDays, cutoff: time | None, zone: ZoneInfo
) -> datetime:
    """The last second of the day by which the order is to be shipped: so many working days after the day it was placed.

    The day of the order is never counted. With same-day handling (0 days) an order placed up to the cut-off leaves on
    its own day, if that is a working day, and a later one on the next working day; so does every order without a
    cut-off.
    """
    placed = placed_at.astimezone(zone)
    in_time = cutoff is not None and placed.time() <= cutoff
    return day_end(working.after(placed.date(), handling_days or (0 if in_time else 1)), zone)


def invoice_due_at(confirmed_at: datetime, business: WorkingDays, zone: ZoneInfo) -> datetime:
    """The last second of the first business day after the day on which the shipment was confirmed."""
    return day_end(business.after(local_day(confirmed_at, zone), 1), zone)


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day, as platforms state what they promise."""
    return day_start(day + timedelta(days=1), zone) - timedelta(seconds=1)
