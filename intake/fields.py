"""The kinds of values that records consist of: how each is checked, written down and compared.

A field turns what the sender wrote into the value we store, or raises `Problem`. Its own small classes and not
serializers, because a file has a million rows and each has a dozen values.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from unicodedata import normalize

from django.db.models import Choices

from intake.codes import ErrorCode, Problem, WarningCode
from intake.sentences import Sentence

FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
TEXT_LIMIT = 100_000  # characters of a free text that are kept
NUMBER_DIGITS = 40  # longer numbers are refused before anybody calculates with them

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_EXPONENT = re.compile(r"\d(\.\d+)?[Ee]\+?\d+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Cleaning:
    """What one row is checked against: the clock's limits, and a place for warnings and values kept aside."""

    __slots__ = ("aside", "latest", "latest_promise", "warnings")

    def __init__(self, now: datetime) -> None:
        self.latest = now + timedelta(days=1)
        self.latest_promise = now + timedelta(days=366)
        self.warnings: list[tuple[str, WarningCode]] = []
        self.aside: dict[str, Any] = {}

    def fresh(self) -> "Cleaning":
        """The same limits for the next row."""
        other = object.__new__(Cleaning)
        other.latest, other.latest_promise, other.warnings, other.aside = self.latest, self.latest_promise, [], {}
        return other


def tidy(text: str) -> str:
    """Text as the contract stores it: NFC, LF line ends, no NUL; half of a surrogate pair becomes U+FFFD."""
    if not text.isascii():
        text = normalize("NFC", _SURROGATE.sub("\ufffd", text))
    if "\x00" in text:
        text = text.replace("\x00", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def canonical(value: Any) -> str:
    """One text for equal values, so that two statements of the same age are decided alike everywhere."""
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat()


class Keep(Exception):
    """An unknown value of an optional list: not stored in the column, but kept aside as it was written."""


class Field:
    """One value of a record. `name` is the word on the wire, `column` the model's column where they differ."""

    schema: dict[str, Any] = {"type": "string"}
    kind = "text"

    def __init__(
        self, name: str, meaning: str = "", *, required: bool = False, column: str | None = None, about: str = ""
    ) -> None:
        self.name = name
        self.meaning = meaning
        self.required = required
        self.column = column or name
        self.about = about  # "conversation" or "agent": states something about that row instead of its own
        self.bit = 0  # position in the record type's list, set by it
        self.place: Any = None  # where the value is stored, set by the record type

    def clean(self, value: Any, cleaning: Cleaning) -> Any:
        raise NotImplementedError

    def clean_cell(self, text: str, cleaning: Cleaning) -> Any:
        """The value of a table's cell, which is never empty."""
        return self.clean(text, cleaning)

    def to_wire(self, value: Any) -> Any:
        """A form that JSON can hold."""
        return value

    def from_wire(self, value: Any) -> Any:
        """The value that `to_wire` wrote."""
        return value

    def refuse(self, code: ErrorCode, message: str) -> Problem:
        return Problem(code, message, self.name)

    def wrong_shape(self, expected: str) -> Problem:
        return self.refuse(
            ErrorCode.UNKNOWN_FORMAT, Sentence("%(name)s must be %(expected)s", name=self.name, expected=expected)
        )


class Ident(Field):
    """An ID of the source: compared byte by byte, so nothing in it may be invisible."""

    kind = "ID"

    def __init__(self, *args: Any, limit: int = 255, pattern: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.limit = limit
        self.pattern = re.compile(pattern) if pattern else None
        self.schema = {"type": "string", "maxLength": limit, **({"pattern": pattern} if pattern else {})}

    def clean(self, value: Any, cleaning: Cleaning) -> str | None:
        if type(value) is int and -(10**30) < value < 10**30:
            value = str(value)  # many systems number their records and send the number
        if not isinstance(value, str):
            raise self.wrong_shape(Sentence("text"))
        value = value.strip()
        if not value.isascii():
            if _SURROGATE.search(value):
                raise self.refuse(ErrorCode.UNDECODABLE, Sentence("the ID holds half of a character"))
            value = normalize("NFC", value)
        if _CONTROL.search(value):
            raise self.refuse(ErrorCode.UNDECODABLE, Sentence("the ID holds a control character"))
        if len(value) > self.limit:
            raise self.refuse(
                ErrorCode.TOO_LARGE,
                Sentence("the ID has %(count)s characters, %(limit)s are allowed", count=len(value), limit=self.limit),
            )
        if value and self.pattern and not self.pattern.fullmatch(value):
            raise self.refuse(
                ErrorCode.OUT_OF_RANGE, Sentence("does not have the form %(pattern)s", pattern=self.pattern.pattern)
            )
        return value or None

    def clean_cell(self, text: str, cleaning: Cleaning) -> str | None:
        if _EXPONENT.fullmatch(text):
            # A spreadsheet has turned the ID into a floating number: its digits are lost.
            raise self.refuse(
                ErrorCode.BAD_NUMBER, Sentence("%(text)s is an ID that a spreadsheet has rounded", text=text)
            )
        return self.clean(text, cleaning)


class Idents(Field):
    """A list of IDs; in tables separated by semicolons. The order is kept, repetitions are not."""

    kind = "list of IDs"
    schema = {"type": "array", "items": {"type": "string", "maxLength": 255}, "maxItems": 100}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.item = Ident(self.name)

    def clean(self, value: Any, cleaning: Cleaning) -> list[str] | None:
        if not isinstance(value, list):
            raise self.wrong_shape(Sentence("a list of IDs"))
        if len(value) > 100:
            raise self.refuse(ErrorCode.TOO_LARGE, Sentence("%(count)s IDs, 100 are allowed", count=len(value)))
        ids = [self.item.clean(item, cleaning) for item in value]
        return list(dict.fromkeys(item for item in ids if item)) or None

    def clean_cell(self, text: str, cleaning: Cleaning) -> list[str] | None:
        return self.clean(text.split(";"), cleaning)


class Text(Field):
    """A short text; `cut` shortens what is too long (with a warning) instead of refusing the row."""

    def __init__(self, *args: Any, limit: int, cut: bool = False, pattern: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.limit = limit
        self.cut = cut
        self.pattern = re.compile(pattern) if pattern else None
        self.kind = f"text, at most {limit:,} characters" + (" (cut)" if cut else "")
        self.schema = {"type": "string", **({} if cut else {"maxLength": limit})}
        if pattern:
            self.schema["pattern"] = pattern

    def clean(self, value: Any, cleaning: Cleaning) -> str | None:
        if not isinstance(value, str):
            raise self.wrong_shape(Sentence("text"))
        value = tidy(value)
        if len(value) > self.limit:
            if not self.cut:
                raise self.refuse(
                    ErrorCode.TOO_LARGE,
                    Sentence("%(count)s characters, %(limit)s are allowed", count=len(value), limit=self.limit),
                )
            value = value[: self.limit]
            cleaning.warnings.append((self.name, WarningCode.BODY_TRUNCATED))
        if value and self.pattern and not self.pattern.fullmatch(value):
            raise self.refuse(
                ErrorCode.OUT_OF_RANGE, Sentence("does not have the form %(pattern)s", pattern=self.pattern.pattern)
            )
        return value or None


class Flag(Field):
    kind = "true or false"
    schema = {"type": "boolean"}
    words = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}

    def clean(self, value: Any, cleaning: Cleaning) -> bool:
        if value is True or value is False:
            return value
        raise self.refuse(ErrorCode.BAD_ENUM, Sentence("must be true or false"))

    def clean_cell(self, text: str, cleaning: Cleaning) -> bool:
        value = self.words.get(text.strip().lower())
        if value is None:
            raise self.refuse(ErrorCode.BAD_ENUM, Sentence("%(text)s is neither true nor false", text=repr(text[:40])))
        return value


class Whole(Field):
    """A whole number within stated bounds, checked before anything is calculated with it."""

    def __init__(self, *args: Any, low: int = 0, high: int = 2_147_483_647, **options: Any) -> None:
        super().__init__(*args, **options)
        self.low, self.high = low, high
        self.kind = f"whole number from {low} to {high:,}" if high < 1_000_000 else f"whole number from {low}"
        self.schema = {"type": "integer", "minimum": low, "maximum": high}

    def clean(self, value: Any, cleaning: Cleaning) -> int:
        if type(value) is not int:
            raise self.refuse(ErrorCode.BAD_NUMBER, Sentence("must be a whole number"))
        if not self.low <= value <= self.high:
            shown = str(value) if abs(value) < 10**20 else "the number"
            raise self.refuse(
                ErrorCode.OUT_OF_RANGE,
                Sentence("%(shown)s is outside %(low)s..%(high)s", shown=shown, low=self.low, high=self.high),
            )
        return value

    def clean_cell(self, text: str, cleaning: Cleaning) -> int:
        text = text.strip()
        if not _WHOLE.fullmatch(text):
            raise self.refuse(ErrorCode.BAD_NUMBER, Sentence("%(text)s is not a whole number", text=repr(text[:40])))
        return self.clean(int(text), cleaning)


class Number(Field):
    """A decimal number with `digits` digits, `places` of them after the point. Text keeps money exact."""

    def __init__(
        self, *args: Any, digits: int, places: int, low: int | None = 0, rounds: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.low = low
        self.bound = Decimal(10) ** (digits - places)
        self.unit = Decimal(1).scaleb(-places)
        self.places = places
        self.rounds = rounds
        self.kind = "decimal number" + (", not negative" if low == 0 else "")
        self.schema = {"oneOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "number"}]}

    def clean(self, value: Any, cleaning: Cleaning) -> Decimal:
        if isinstance(value, str):
            value = value.strip()
            if not _DECIMAL.fullmatch(value):
                raise self.refuse(
                    ErrorCode.BAD_NUMBER, Sentence("%(value)s is not a decimal number", value=repr(value[:40]))
                )
            value = Decimal(value)
        elif type(value) is int:
            if abs(value) >= self.bound:
                raise self.refuse(ErrorCode.OUT_OF_RANGE, Sentence("must be below %(bound)s", bound=f"{self.bound:,}"))
            value = Decimal(value)
        elif isinstance(value, float):
            value = Decimal(repr(value))
        elif not isinstance(value, Decimal):
            raise self.refuse(ErrorCode.BAD_NUMBER, Sentence("must be a number"))
        if not value.is_finite() or abs(value.as_tuple().exponent) > NUMBER_DIGITS:  # type: ignore[arg-type]  # finite
            raise self.refuse(ErrorCode.BAD_NUMBER, Sentence("must be a finite number of ordinary size"))
        if abs(value) >= self.bound:
            raise self.refuse(ErrorCode.OUT_OF_RANGE, Sentence("must be below %(bound)s", bound=f"{self.bound:,}"))
        if self.low is not None and value < self.low:
            raise self.refuse(ErrorCode.OUT_OF_RANGE, Sentence("%(value)s is below %(low)s", value=value, low=self.low))
        try:
            kept = value.quantize(self.unit, rounding=ROUND_HALF_EVEN)
        except InvalidOperation:
            raise self.refuse(ErrorCode.BAD_NUMBER, Sentence("has too many digits")) from None
        if kept != value and not self.rounds:
            raise self.refuse(
                ErrorCode.BAD_NUMBER, Sentence("has more than %(places)s digits after the point", places=self.places)
            )
        return kept if kept else abs(kept)  # there is one zero

    def to_wire(self, value: Any) -> Any:
        return None if value is None else str(value)

    def from_wire(self, value: Any) -> Any:
        return None if value is None else Decimal(value)


class Moment(Field):
    """A point in time, RFC 3339 with an offset or Z, kept in UTC. `promise`: may lie up to a year ahead."""

    kind = "time"
    schema = {"type": "string", "format": "date-time"}

    def __init__(self, *args: Any, promise: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promise = promise

    def clean(self, value: Any, cleaning: Cleaning) -> datetime:
        moment = self._parse(value)
        latest = cleaning.latest_promise if self.promise else cleaning.latest
        if not FIRST_MOMENT <= moment <= latest:
            raise self.refuse(
                ErrorCode.OUT_OF_RANGE,
                Sentence("%(value)s is outside 2000-01-01..%(latest)s", value=value, latest=f"{latest:%Y-%m-%d}"),
            )
        return moment

    def clean_cell(self, text: str, cleaning: Cleaning) -> datetime:
        return self.clean(text.strip(), cleaning)

    def _parse(self, value: Any) -> datetime:
        found = _RFC3339.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.refuse(ErrorCode.BAD_TIMESTAMP, Sentence("must be a time such as 2026-11-09T15:02:11Z"))
        if found[1] is None:
            raise self.refuse(
                ErrorCode.MISSING_TIMEZONE, Sentence("%(value)s says no zone; add Z or an offset", value=value)
            )
        try:
            moment = datetime.fromisoformat(value.upper())
            return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.refuse(
                ErrorCode.BAD_TIMESTAMP, Sentence("%(value)s is not a time that exists", value=value)
            ) from None

    def to_wire(self, value: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat()

    def from_wire(self, value: Any) -> Any:
        return None if value is None else datetime.fromisoformat(value)


class Day(Field):
    """A calendar day without a clock: midnight is never invented."""

    kind = "date"
    schema = {"type": "string", "format": "date"}

    def clean(self, value: Any, cleaning: Cleaning) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.refuse(ErrorCode.BAD_TIMESTAMP, Sentence("must be a date such as 2026-11-09"))
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise self.refuse(
                ErrorCode.BAD_TIMESTAMP, Sentence("%(value)s is not a date that exists", value=value)
            ) from None
        if not FIRST_MOMENT.date() <= day <= cleaning.latest.date():
            raise self.refuse(
                ErrorCode.OUT_OF_RANGE,
                Sentence(
                    "%(value)s is outside 2000-01-01..%(latest)s", value=value, latest=f"{cleaning.latest:%Y-%m-%d}"
                ),
            )
        return day

    def clean_cell(self, text: str, cleaning: Cleaning) -> date:
        return self.clean(text.strip(), cleaning)

    def to_wire(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def from_wire(self, value: Any) -> Any:
        return None if value is None else date.fromisoformat(value)


class Choice(Field):
    """One word of a list. An unknown word is refused where the field is required, else kept aside with a warning."""

    def __init__(self, name: str, choices: type[Choices] | Sequence[str], meaning: str = "", **options: Any) -> None:
        super().__init__(name, meaning, **options)
        words = choices if isinstance(choices, Sequence) else choices.values
        self.words = {str(word): str(word) for word in words}
        labels = {} if isinstance(choices, Sequence) else {str(word): label for word, label in choices.choices}
        self.titles: dict[str, Any] = {word: labels.get(word, word) for word in self.words}  # for people
        self.kind = "one of"
        self.schema = {"type": "string", "enum": list(self.words)}

    def clean(self, value: Any, cleaning: Cleaning) -> str:
        if not isinstance(value, str):
            raise self.wrong_shape(Sentence("text"))
        word = self.words.get(value)
        if word is None:
            if self.required:
                raise self.refuse(
                    ErrorCode.BAD_ENUM,
                    Sentence(
                        "%(value)s is not one of %(allowed)s",
                        value=repr(tidy(value)[:80]),
                        allowed=", ".join(self.words),
                    ),
                )
            cleaning.aside[self.name] = tidy(value)[:255]
            cleaning.warnings.append((self.name, WarningCode.UNKNOWN_ENUM_KEPT_RAW))
            raise Keep
        return word

    def clean_cell(self, text: str, cleaning: Cleaning) -> str:
        return self.clean(text.strip(), cleaning)
