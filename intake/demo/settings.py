"""What people have set up in the sample accounts: opening hours, holidays, targets, handling times, dated switches.

Dates are counted back from the Monday of the current week, as those of the incidents are.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Model

from intake.demo.accounts import Profile
from intake.demo.incidents import HISTORY_DAYS, this_monday
from messaging.models import ResponseTarget
from orders.handling import HandlingTime
from sellers.audit import recording
from sellers.models import BusinessCalendar, Holiday, SellerAccount, SwitchChange

REASON = "Set up with the sample data"
HOUR = 3600

SHOP_CHANNELS = ["live_chat", "phone", "email", "messenger", "instagram"]
AMAZON_ALONE = ["amazon_message"]

# Columns of the account beside those of its profile. Only Larkspur Kitchen lets a buyer's message spoil an order.
COLUMNS: dict[str, dict[str, Any]] = {
    "demo-us": {"expected_channels": AMAZON_ALONE, "pop_counts_messages": True, "handling_days": 2},
    "demo-us-2": {"expected_channels": AMAZON_ALONE},
    "demo-de": {"expected_channels": AMAZON_ALONE},
    "demo-jp": {"expected_channels": AMAZON_ALONE, "handling_days": 1},
    "demo-uk": {"expected_channels": AMAZON_ALONE, "handling_days": 2},
    "demo-ca": {"expected_channels": AMAZON_ALONE},
    "demo-fr": {"expected_channels": AMAZON_ALONE},
    "demo-shopify": {"expected_channels": SHOP_CHANNELS},
    "demo-shopify-2": {"expected_channels": [*SHOP_CHANNELS, "whatsapp"]},
    "demo-shop": {
        "expected_channels": ["line", "email", "phone"],
        "handling_days": 2,
        "ships_saturday": True,
    },
    "demo-shop-2": {"expected_channels": ["email", "phone", "whatsapp"], "handling_days": 2},
}  # demo-au has left everything as it came: all eight channels are expected there

LONG_DAYS = {str(weekday): [["08:00", "20:00"]] for weekday in range(5)}
WITH_SATURDAY = {**{str(weekday): [["09:00", "18:00"]] for weekday in range(5)}, "5": [["09:00", "17:00"]]}
OFFICE = {str(weekday): [["09:00", "12:30"], ["13:30", "18:00"]] for weekday in range(5)}

# Without a calendar, business times are unknown: so it is in the three accounts that are not named here.
CALENDARS: dict[str, dict[str, Any]] = {
    "demo-us": LONG_DAYS,
    "demo-us-2": LONG_DAYS,
    "demo-de": OFFICE,
    "demo-jp": WITH_SATURDAY,
    "demo-uk": LONG_DAYS,
    "demo-fr": OFFICE,
    "demo-shopify": WITH_SATURDAY,
    "demo-shopify-2": LONG_DAYS,
    "demo-shop": WITH_SATURDAY,
}

# Month, day, name; every year of the history.
HOLIDAYS: dict[str, tuple[tuple[int, int, str], ...]] = {
    "demo-us": ((1, 1, "New Year"), (7, 4, "Independence Day"), (12, 25, "Christmas")),
    "demo-us-2": ((1, 1, "New Year"), (7, 4, "Independence Day"), (12, 25, "Christmas")),
    "demo-de": ((1, 1, "Neujahr"), (5, 1, "Tag der Arbeit"), (10, 3, "Tag der Deutschen Einheit"), (12, 25, "")),
    "demo-jp": ((1, 1, "元日"), (5, 3, "憲法記念日"), (11, 3, "文化の日"), (11, 23, "勤労感謝の日")),
    "demo-uk": ((1, 1, "New Year"), (12, 25, "Christmas"), (12, 26, "Boxing Day")),
    "demo-fr": ((1, 1, "Jour de l'an"), (7, 14, "Fête nationale"), (11, 11, "Armistice"), (12, 25, "Noël")),
    "demo-shopify": ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节")),
    "demo-shop": ((1, 1, "元旦"), (2, 28, "和平紀念日"), (10, 10, "國慶日")),
}


def columns(profile: Profile) -> dict[str, Any]:
    """The columns that a new account of this profile gets."""
    return {"pop_counts_messages": False, **COLUMNS.get(profile.key, {})}


def set_up(account: SellerAccount, today: date) -> None:
    """Write what people have set up in a new account, each row checked as in the console. Nothing has to follow it."""
    with recording(REASON):
        for row in _rows(account, today):
            row.full_clean()
            row.save()


def _rows(account: SellerAccount, today: date) -> Iterator[Model]:
    first, monday = today - timedelta(days=HISTORY_DAYS), this_monday(today)
    windows = CALENDARS.get(account.key)
    if windows is not None:
        yield BusinessCalendar(account=account, valid_from=first.replace(day=1), windows=windows)
    for year in range(first.year, today.year + 1):
        for month, day, name in HOLIDAYS.get(account.key, ()):
            yield Holiday(account=account, day=date(year, month, day), name=name)
    yield from _targets(account, first, monday)
    if account.key == "demo-shop":
        yield HandlingTime(account=account, sku="SHOP-102", days=5, valid_from=first)  # made to order
    if account.key == "demo-ca":
        value, valid_from = True, monday - timedelta(weeks=26)
        yield SwitchChange(account=account, name="pop_counts_messages", value=value, valid_from=valid_from)


def _targets(account: SellerAccount, first: date, monday: date) -> Iterator[ResponseTarget]:
    """Most accounts keep the targets that come with the product; these have said what their buyers may expect."""
    for_good = {
        "demo-us": (("", "urgent", 8 * HOUR),),
        "demo-jp": (("", "", 14 * HOUR),),
        "demo-shopify": (("messenger", "", 14 * HOUR), ("instagram", "", 14 * HOUR)),
        "demo-shop": (("line", "", 14 * HOUR),),
    }
    for channel, priority, seconds in for_good.get(account.key, ()):
        yield ResponseTarget(account=account, channel=channel, priority=priority, valid_from=first, seconds=seconds)
    # Peak seasons: for some weeks more time is allowed, on the channels where it is short.
    peaks = {"demo-shopify": ("live_chat", 15 * 60), "demo-shop": ("line", 20 * HOUR)}
    if account.key in peaks:
        channel, seconds = peaks[account.key]
        yield ResponseTarget(
            account=account,
            channel=channel,
            valid_from=monday - timedelta(weeks=4),
            valid_until=monday + timedelta(weeks=4, days=-1),
            seconds=seconds,
        )
