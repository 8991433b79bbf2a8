"""Times as files write them: local ones with the zone they mean, zone letters, and many orders of day and month."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from intake.codes import ErrorCode, Problem, WarningCode
from intake.sentences import Sentence

# Letters that reports put behind a time, in hours from UTC. Others are refused: many letters mean several zones.
ZONE_LETTERS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "WEST": 1, "MET": 1, "CET": 1, "MEST": 2, "CEST": 2,
    "EET": 2, "EEST": 3, "JST": 9, "AEST": 10, "AEDT": 11,
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
}  # fmt: skip
LONGEST = 64  # characters of a time; matching a megabyte of blanks would take for ever
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ISO = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[Tt ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?)?"
    r"\s*([A-Za-z]{1,4}|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
# A clock of twelve hours, and which half of the day it means: before it in Chinese and Japanese, else behind it.
_HALF_DAY = re.compile(
    r"(.+?)[\s,]*(?<=[\s,\d年月日])(?:(上午|下午|午前|午後)\s*)?(\d\d?:\d\d(?::\d\d)?)(?(2)|\s*([AaPp]\.?[Mm])\.?)"
)
_LATER = frozenset({"pm", "p.m", "下午", "午後"})
_NAMED_MONTH = re.compile(r"(\d\d?)[- ]([A-Za-z]{3})[a-z]*[- ](\d{4})", re.ASCII)
_ZONE_AT_END = re.compile(r"\s*\(?\b([A-Z]{1,4}|[+-]\d\d:?\d\d)\)?$", re.ASCII)


def in_zone(naive: datetime, zone: str) -> tuple[datetime, WarningCode | None]:
    """A local time as a moment in UTC.

    In the hour that occurs twice the first one is meant; in the hour that is left out the clock is moved forward.
    """
    place = ZoneInfo(zone)
    first, second = naive.replace(tzinfo=place, fold=0), naive.replace(tzinfo=place, fold=1)
    moment = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return moment, None
    if moment.astimezone(place).replace(tzinfo=None) == naive:
        return moment, WarningCode.AMBIGUOUS_LOCAL_TIME
    return moment, WarningCode.NONEXISTENT_LOCAL_TIME


def read_moment(text: str, zone: str, formats: Sequence[str] = ()) -> tuple[datetime, WarningCode | None]:
    """A time in UTC: ISO 8601 in its many forms, or one of `formats` (of strptime), with an offset, letters or none.

    Without one the time is local to `zone`; without a zone it is refused. Letters that `zone` itself uses at that time
    mean it: CST is China's time in China. Raises Problem without a field.
    """
    naive, behind = _naive(text.strip(), formats)
    try:
        if behind and not _is_of(behind, naive, zone):
            return (naive - _offset(behind)).replace(tzinfo=UTC), None
        if not zone:
            raise Problem(ErrorCode.MISSING_TIMEZONE, Sentence("%(text)s says no zone", text=text[:40]))
        return in_zone(naive, zone)
    except OverflowError:
        raise Problem(
            ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a time that exists", text=repr(text[:40]))
        ) from None


def read_day(text: str, formats: Sequence[str] = ()) -> date:
    """A calendar day: ISO, `05-Nov-2026`, or one of `formats` (of strptime). Raises Problem without a field."""
    text = text.strip()
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern).date()  # a day has no zone
        except ValueError:
            continue
    named = _NAMED_MONTH.fullmatch(text)
    iso = _ISO.fullmatch(text)
    try:
        if named and named[2].lower() in MONTHS:
            return date(int(named[3]), MONTHS.index(named[2].lower()) + 1, int(named[1]))
        if iso and iso[4] is None and iso[7] is None:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
    except ValueError:
        pass
    raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a date", text=repr(text[:40])))


def _naive(text: str, formats: Sequence[str]) -> tuple[datetime, str]:
    """The clock as written and what stands behind it: zone letters, an offset, or nothing."""
    if len(text) > LONGEST:
        raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a time", text=repr(text[:40])))
    half = _HALF_DAY.fullmatch(text)
    if half:
        later = (half[2] or half[4]).casefold() in _LATER
        return _formatted(f"{half[1]} {half[3]} {'PM' if later else 'AM'}", formats)
    found = _ISO.fullmatch(text)
    if found is None or found[4] is None:
        return _formatted(text, formats)
    numbers = [int(number or 0) for number in found.groups()[:6]]
    try:
        return datetime(*numbers), found[7] or ""  # type: ignore[arg-type]  # six numbers, zone apart
    except ValueError:
        raise Problem(
            ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a time that exists", text=repr(text[:40]))
        ) from None


def _formatted(text: str, formats: Sequence[str]) -> tuple[datetime, str]:
    behind = _ZONE_AT_END.search(text)
    for shown, zone in ((text, ""), *(((text[: behind.start()], behind[1]),) if behind else ())):
        for pattern in formats:
            if any(shown.count(sign) != count for sign, count in _signs(pattern)):
                continue  # a try that fails costs more than everything else about a row
            try:
                return datetime.strptime(shown, pattern).replace(tzinfo=None), zone  # the zone comes later
            except ValueError:
                continue
    raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("%(text)s is not a time", text=repr(text[:40])))


@cache
def _signs(pattern: str) -> tuple[tuple[str, int], ...]:
    """The signs between the numbers of a format, and how often each stands there."""
    return tuple(Counter(re.sub(r"%.|\s", "", pattern)).items())


def _is_of(behind: str, naive: datetime, zone: str) -> bool:
    """Whether the letters are what the zone calls its time then; they tell apart the hour that occurs twice."""
    if not zone or not behind.isalpha():
        return False
    place = ZoneInfo(zone)
    names = {naive.replace(tzinfo=place, fold=fold).tzname() for fold in (0, 1)}
    return names == {behind.upper()}


def _offset(behind: str) -> timedelta:
    if behind[0] in "+-":
        digits = behind[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset >= timedelta(hours=24):
            raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("%(behind)s is not an offset from UTC", behind=behind))
        return -offset if behind[0] == "-" else offset
    hours = ZONE_LETTERS.get(behind.upper())
    if hours is None:
        raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("%(behind)s is not a time zone that is known", behind=behind))
    return timedelta(hours=hours)
