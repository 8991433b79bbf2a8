"""What figures mean, in sentences: bands, rules, windows, what is missing. Nothing is judged or counted here."""

import re
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from kpis.attention import worse_side
from kpis.metrics import LIFETIME, Coverage, Mean, Metric, Score, Share, Side, Text, Times, Window
from kpis.readings import Reading, State
from kpis.rows import side_title
from kpis.targets import AtLeast, AtMost, Band, Target, Zero
from kpis.trends import TrendPoint
from kpis.units import Unit, display, plain
from sellers.models import SellerAccount

COLOURS = {
    Band.RED: gettext_lazy("Red"),
    Band.YELLOW: gettext_lazy("Yellow"),
    Band.GREEN: gettext_lazy("Green"),
    Band.NONE: gettext_lazy("No colour"),
}
SCORE_WORDS = {  # Amazon's own words for its customer-service score
    Band.RED: gettext_lazy("Needs attention"),
    Band.YELLOW: gettext_lazy("Needs improvement"),
    Band.GREEN: gettext_lazy("Keep it up"),
}
RATE_WORDS = {
    Band.RED: gettext_lazy("Beyond the limit"),
    Band.YELLOW: gettext_lazy("Close to the limit"),
    Band.GREEN: gettext_lazy("On target"),
}

PLACE = re.compile(r"\b(?P<kind>line|mail) (?P<number>\d+)$")  # what an archive's member is called may stand before it
PLACES = {"line": gettext_lazy("line %(number)s"), "mail": gettext_lazy("mail %(number)s")}


def band_word(metric: Metric, band: Band) -> Text:
    """What a colour says about this metric."""
    words = SCORE_WORDS if isinstance(metric, Score) else RATE_WORDS
    if band in words:
        return words[band]
    return gettext_lazy("No target") if metric.rule.target is None else gettext_lazy("No figure")


# --- Days and moments ------------------------------------------------------------------------------------------------


def short_day(day: date) -> str:
    return _day(day, pgettext("date format: day and month", "j M"), get_language())


def long_day(day: date) -> str:
    return _day(day, pgettext("date format: day, month and year", "j M Y"), get_language())


@lru_cache(maxsize=10_000)  # the windows of a page begin and end on few days
def _day(day: date, form: str, language: str | None) -> str:
    return formats.date_format(day, form)


def place_in_file(pointer: str) -> str:
    """Where a row stands, as its reader named it: “line 3”, “mail 2”; anything else, such as /records/3, as it is."""
    return PLACE.sub(lambda found: PLACES[found["kind"]] % {"number": found["number"]}, pointer)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment on the clock of `zone`."""
    return formats.date_format(at.astimezone(zone), pgettext("date format: day and time", "j M Y, H:i"))


def weekday_moment(at: datetime, zone: ZoneInfo) -> str:
    return formats.date_format(at.astimezone(zone), pgettext("date format: weekday, day and time", "D j M, H:i"))


def span(window: Window) -> str:
    """The window's days: "19 Oct – 15 Nov 2026"; without a beginning, "all up to 15 Nov 2026"."""
    if window.days >= LIFETIME:
        return _("all up to %(day)s") % {"day": long_day(window.last)}
    first, last = long_day(window.first), long_day(window.last)
    if window.first.year == window.last.year:  # the year is said once: at the end in English, in front in Chinese
        if pgettext("which day of a span names the year: first or last", "last") == "first":
            last = short_day(window.last)
        else:
            first = short_day(window.first)
    return pgettext("span of days", "%(first)s – %(last)s") % {"first": first, "last": last}


def window_days(window: Window) -> str:
    """How long the window is."""
    if window.days >= LIFETIME:
        return _("since the first")
    return ngettext("%(days)d day", "%(days)d days", window.days) % {"days": window.days}


# --- Rules -----------------------------------------------------------------------------------------------------------


def _marks(metric: Metric, target: Target) -> dict[str, str]:
    scale = metric.unit.scale
    return {"limit": plain(target.limit / scale, metric.unit), "goal": plain(target.goal / scale, metric.unit)}


def target_words(metric: Metric) -> str:
    """The limit in a few words, for a card: "Limit: under 10%"."""
    target = metric.rule.target
    if target is None:
        return _("No target set")
    marks = _marks(metric, target)
    if isinstance(target, Zero):
        return _("Limit: none at all")
    if isinstance(target, AtLeast):
        return _("Limit: at least %(limit)s") % marks
    if isinstance(target, AtMost):
        return _("Limit: at most %(limit)s") % marks
    return _("Limit: under %(limit)s") % marks


def rule_sentence(metric: Metric) -> str:
    """Where the colours begin."""
    target = metric.rule.target
    if target is None:
        return _("No target is set, so there is a trend but no colour.")
    marks = _marks(metric, target)
    if isinstance(target, Zero):
        return _("Green when there is none, red otherwise.")
    if isinstance(target, AtLeast):
        return _("Red below %(limit)s, green at %(goal)s or more, yellow between.") % marks
    if isinstance(target, AtMost):
        return _("Red above %(limit)s, green at %(goal)s or less, yellow between.") % marks
    return _("Red at %(limit)s or more, green at %(goal)s or less, yellow between.") % marks


def zone_words(metric: Metric, target: Target) -> dict[Band, str]:
    """The meaning of each coloured zone of a chart."""
    marks = _marks(metric, target)
    if isinstance(target, Zero):
        return {Band.RED: _("Red, more than none"), Band.YELLOW: "", Band.GREEN: _("Green, none")}
    if isinstance(target, AtLeast):
        return {
            Band.RED: _("Red, below %(limit)s") % marks,
            Band.YELLOW: _("Yellow, from %(limit)s") % marks,
            Band.GREEN: _("Green, %(goal)s and above") % marks,
        }
    red = _("Red, above %(limit)s") if isinstance(target, AtMost) else _("Red, %(limit)s and above")
    return {
        Band.RED: red % marks,
        Band.YELLOW: _("Yellow, above %(goal)s") % marks,
        Band.GREEN: _("Green, up to %(goal)s") % marks,
    }


def window_sentence(metric: Metric, days: int) -> str:
    """Over which days a figure is read, and when."""
    if days >= LIFETIME:
        return _("Over everything since the first, up to the report day.")
    length = ngettext("Over %(days)d day", "Over %(days)d days", days) % {"days": days}
    if isinstance(metric, Score):
        return _("%(length)s before the week begins, worked out once a week.") % {"length": length}
    if metric.rule.lag:
        return ngettext(
            "%(length)s; the newest day is left out, because its figures still ripen.",
            "%(length)s; the newest %(lag)d days are left out, because their figures still ripen.",
            metric.rule.lag,
        ) % {"length": length, "lag": metric.rule.lag}
    return _("%(length)s up to the report day.") % {"length": length}


def minimum_sentence(metric: Metric) -> str:
    """From how many rows on there is a figure; nothing where one row is enough."""
    if metric.rule.minimum < 2:
        return ""
    if isinstance(metric, Score):
        sentence = _("With fewer than %(minimum)d the last score is kept.")
    else:
        sentence = _("With fewer than %(minimum)d there is no figure.")
    return sentence % {"minimum": metric.rule.minimum}


# --- Readings --------------------------------------------------------------------------------------------------------


def figure(reading: Reading) -> str:
    """The value as people read it; an amount in the account's currency."""
    if reading.metric.unit is not Unit.AMOUNT or reading.value is None or not reading.account.currency:
        return reading.display
    return pgettext("amount of money", "%(amount)s %(currency)s") % {
        "amount": reading.display,
        "currency": reading.account.currency,
    }


def basis(reading: Reading) -> str:
    """What the figure rests on: "43 of 58", the number of cases, or the period of an imported figure."""
    metric = reading.metric
    if reading.stated_on is not None:
        return _("stated up to %(day)s") % {"day": long_day(reading.stated_on)}
    if isinstance(metric, Times | Mean) and reading.n:
        return ngettext("%(n)s case", "%(n)s cases", reading.n) % {"n": number_format(reading.n)}
    if reading.numerator is None or not isinstance(metric, Share | Coverage):
        return ""
    words = {
        "hits": number_format(reading.numerator),
        "n": number_format(reading.denominator or 0),
    }
    if isinstance(metric, Coverage):
        return _("%(hits)s of %(n)s expected") % words
    if isinstance(metric, Share) and metric.weight:
        return _("%(hits)s of %(n)s units") % words
    return _("%(hits)s of %(n)s") % words


_TOO_FEW_ANSWERS = gettext_lazy("%(n)d of %(minimum)d answers: too few for a figure.")
_TOO_FEW_CASES = gettext_lazy("%(n)d of %(minimum)d cases: too few for a figure.")


def state_sentence(reading: Reading) -> str:
    """How sure the figure is, where it is not simply worked out; otherwise nothing."""
    needed = {"n": reading.n, "minimum": reading.rule.minimum}
    if reading.state is State.CARRIED:
        return kept_sentence(reading)
    if reading.state is State.TOO_FEW:
        return (_TOO_FEW_ANSWERS if isinstance(reading.metric, Score) else _TOO_FEW_CASES) % needed
    if reading.needs or reading.state is State.NOT_IMPORTABLE:
        return _("Nothing of the kind has come in yet. %(needs)s to see it.") % {"needs": reading.metric.fact.needs}
    if reading.state is State.NO_DATA:
        return _("Nothing was counted in this window.")
    if reading.state is State.PROVISIONAL and reading.provisional_until is not None:
        return _("Some cases are still open: the figure may change until %(moment)s.") % {
            "moment": weekday_moment(reading.provisional_until, reading.account.zone)
        }
    if reading.state is State.PROVISIONAL and reading.complete_until is not None:
        return _("Data is complete only up to %(day)s: the figure may change.") % {
            "day": long_day(reading.complete_until)
        }
    return ""


def kept_sentence(figure: Reading | TrendPoint) -> str:
    """Why a week shows the score of an earlier one."""
    if figure.carried_from is None:
        return ""
    return _("%(n)d of %(minimum)d answers, so the score of the week to %(day)s is kept.") % {
        "n": figure.counted_now or 0,
        "minimum": figure.rule.minimum,
        "day": long_day(figure.carried_from),
    }


def turning(metric: Metric) -> Text:
    """What a row becomes when it turns bad late."""
    return side_title(metric, worse_side(metric)) or side_title(metric, Side.FOR)


def ripening_sentence(reading: Reading, unripe_from: date | None) -> str:
    """From which day on the counted rows may still turn bad: orders get defects for weeks."""
    if unripe_from is None:
        return ""
    metric = reading.metric
    what = {"day": long_day(unripe_from), "what": turning(metric), "days": metric.ripens_days}
    if unripe_from > reading.window.first:
        return _("Cases from %(day)s on may still become “%(what)s”: a case is settled after %(days)d days.") % what
    return _("All these cases may still become “%(what)s”: a case is settled after %(days)d days.") % what


def interval_words(reading: Reading) -> str:
    """Where the true value lies with 95 % confidence, in a few words."""
    if reading.interval is None or reading.value is None:
        return ""
    low, high = (display(Fraction(bound), reading.metric.unit) for bound in reading.interval)
    return pgettext("95 % interval", "%(low)s to %(high)s") % {"low": low, "high": high}


def interval_sentence(reading: Reading) -> str:
    """How far chance alone could have moved the figure."""
    if reading.interval is None or reading.value is None:
        return ""
    low, high = (display(Fraction(bound), reading.metric.unit) for bound in reading.interval)
    return _("With this many cases, chance alone leaves the true value between %(low)s and %(high)s (95%%).") % {
        "low": low,
        "high": high,
    }


def place(account: SellerAccount) -> str:
    """Where the account sells: "Amazon US"."""
    return f"{account.get_platform_display()} {account.marketplace}".strip()
