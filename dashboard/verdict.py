"""A verdict as people read it: its colour, its word, and one sentence that says why. Nothing is judged here."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from dashboard import words
from kpis.metrics import Text
from kpis.targets import Band
from kpis.units import NO_VALUE, duration


@dataclass(frozen=True)
class Verdict:
    """The stored verdict of a row in words. `why` names the moments that were compared and the rule."""

    word: Text
    band: Band
    why: str = ""
    title: Text = ""
    metric: str = ""  # the figure that counts it


def elapsed(seconds: int | None) -> str:
    """Seconds in their two largest units."""
    return NO_VALUE if seconds is None else duration(Fraction(seconds))


def apart(one: datetime, other: datetime) -> str:
    """How far two moments lie from each other, whichever comes first."""
    return elapsed(int(abs((one - other).total_seconds())))


def at(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment on the clock of `zone`; a dash where it is not known."""
    return NO_VALUE if moment is None else words.moment(moment, zone)
