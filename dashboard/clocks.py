"""Clocks of the reply queue in words: how much time is left, when it ends on the account's clock, what was allowed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from dashboard import words

MINUTE, HOUR, DAY = 60, 3_600, 86_400
TWO_DAYS = 2 * DAY  # up to here hours say more than days
# The script that lets the clocks run fills in the same sentences.
LEFT = {
    "left-minutes": gettext_lazy("%(minutes)s min left"),
    "left-hours": gettext_lazy("%(hours)s h %(minutes)s min left"),
    "left-days": gettext_lazy("%(days)s d %(hours)s h left"),
    "late-minutes": gettext_lazy("%(minutes)s min late"),
    "late-hours": gettext_lazy("%(hours)s h %(minutes)s min late"),
    "late-days": gettext_lazy("%(days)s d %(hours)s h late"),
}


def left(span: timedelta) -> str:
    """How much time is left, or by how much it is over; begun minutes do not count."""
    seconds = int(abs(span).total_seconds())
    side = "late" if span < timedelta() else "left"
    if seconds < HOUR:
        return str(LEFT[f"{side}-minutes"]) % {"minutes": seconds // MINUTE}
    if seconds < TWO_DAYS:
        said = {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
        return str(LEFT[f"{side}-hours"]) % said
    return str(LEFT[f"{side}-days"]) % {"days": seconds // DAY, "hours": seconds % DAY // HOUR}


def due(at: datetime, zone: ZoneInfo) -> str:
    """When it ends, on the account's clock."""
    return words.weekday_moment(at, zone)


def time(at: datetime, zone: ZoneInfo) -> str:
    """The time of day, to the second."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def zone_at(at: datetime, zone: ZoneInfo) -> str:
    """The account's zone by its name, with the offset of that moment: in the night in which clocks are set back the
    same time of day comes twice."""
    return "UTC" if zone.key == "UTC" else f"{zone.key}, {offset(at, zone)}"


def offset(at: datetime, zone: ZoneInfo) -> str:
    minutes = int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds()) // MINUTE
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


def allowed(seconds: int) -> str:
    """A target: 5 min, 1 h, 36 h."""
    if seconds % HOUR == 0:
        return _("%(hours)s h") % {"hours": seconds // HOUR}
    if seconds < HOUR:
        return _("%(minutes)s min") % {"minutes": max(1, seconds // MINUTE)}
    return _("%(hours)s h %(minutes)s min") % {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}


def language(code: str) -> str:
    """The name of a language in the reader's; the code itself where nobody has named it."""
    try:
        return str(get_language_info(code.lower().replace("_", "-"))["name_translated"])
    except KeyError:
        return code
