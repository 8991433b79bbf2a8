"""Units of figures: how an exact value is printed. Digits are cut, never rounded, so number and colour agree."""

from enum import Enum
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

NO_VALUE = "–"
SIZES = (  # of elapsed times, in seconds
    (86_400, pgettext_lazy("days", "d")),
    (3_600, pgettext_lazy("hours", "h")),
    (60, pgettext_lazy("minutes", "min")),
    (1, pgettext_lazy("seconds", "s")),
)


class Unit(Enum):
    """`scale` turns the exact value into the number people read: a rate of 1/4 reads 25 %."""

    RATE = ("rate", 100, 2)
    SCORE = ("score", 1, 1)
    SECONDS = ("seconds", 1, 0)
    COUNT = ("count", 1, 0)
    MEAN = ("mean", 1, 2)
    AMOUNT = ("amount", 1, 2)

    def __init__(self, slug: str, scale: int, digits: int) -> None:
        self.slug = slug
        self.scale = scale
        self.digits = digits


def cut(value: Fraction, digits: int) -> str:
    """Decimal notation with exactly `digits` decimals, the rest cut off: 799/100 with one digit is 7.9."""
    scaled = abs(value) * 10**digits
    whole, decimals = divmod(scaled.numerator // scaled.denominator, 10**digits)
    sign = "-" if value < 0 and (whole or decimals) else ""
    return f"{sign}{whole}.{decimals:0{digits}d}" if digits else f"{sign}{whole}"


def display(value: Fraction | None, unit: Unit) -> str:
    """The value as people read it in the active language; an unknown value is a dash, never a zero."""
    if value is None:
        return NO_VALUE
    if unit is Unit.SECONDS:
        return duration(value)
    text = number_format(cut(value * unit.scale, unit.digits), use_l10n=True)
    return f"{text}%" if unit is Unit.RATE else text


def plain(value: Fraction, unit: Unit) -> str:
    """A limit or goal as people say it: "10%", "2.5%", "6.0", "24 h"; never with digits that say nothing."""
    if unit is Unit.SECONDS:
        hours = value / 3600
        if hours.denominator == 1 and hours <= 72:
            return _("%(hours)d h") % {"hours": hours.numerator}
        return duration(value)
    if unit is Unit.SCORE:
        return display(value, unit)
    text = cut(value * unit.scale, unit.digits)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = number_format(text, use_l10n=True)
    return f"{text}%" if unit is Unit.RATE else text


def duration(value: Fraction) -> str:
    """Elapsed seconds in their two largest units: 18720 is "5 h 12 min", 0 is "0 s"."""
    seconds = value.numerator // value.denominator
    for position, (size, _label) in enumerate(SIZES):
        if seconds >= size:
            largest = SIZES[position : position + 2]
            break
    else:
        largest = SIZES[-1:]
    parts: list[str] = []
    for size, label in largest:
        amount, seconds = divmod(seconds, size)
        if amount or not parts:
            parts.append(_("%(amount)d %(unit)s") % {"amount": amount, "unit": label})
    return " ".join(parts)
