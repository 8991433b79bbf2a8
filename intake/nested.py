"""Values made of values: objects and lists of objects, as JSON holds them.

What nobody counts by is kept as it was sent, but tidied and bounded, so that any database can hold it.
"""

import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from intake.codes import ErrorCode, Problem, WarningCode
from intake.fields import NUMBER_DIGITS, Cleaning, Field, Keep, tidy
from intake.sentences import Sentence

DEPTH_LIMIT = 32
JSON_LIMIT = 64 * 1024  # characters of one nested value


class Nested(Field):
    """A value made of values. In tables it is written as JSON."""

    def clean_cell(self, text: str, cleaning: Cleaning) -> Any:
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise self.wrong_shape(Sentence("written as JSON")) from None
        return self.clean(value, cleaning)


class Free(Nested):
    """Any JSON object, tidied and bounded; nobody counts by it."""

    kind = "object"
    schema = {"type": "object"}

    def clean(self, value: Any, cleaning: Cleaning) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            raise self.wrong_shape(Sentence("an object"))
        return bounded(value, self) or None


class Part(Nested):
    """An object with fields of its own. Fields nobody knows are kept in it as they are."""

    kind = "object"

    def __init__(self, name: str, fields: Sequence[Field], meaning: str = "", **options: Any) -> None:
        super().__init__(name, meaning, **options)
        self.fields = {field.name: field for field in fields}
        self.schema = {"type": "object", "properties": {field.name: field.schema for field in fields}}

    def clean(self, value: Any, cleaning: Cleaning) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            raise self.wrong_shape(Sentence("an object"))
        kept: dict[str, Any] = {}
        for key, item in value.items():
            field = self.fields.get(key)
            if field is None:
                kept.update(bounded({key: item}, self))
            elif item is not None:
                cleaned = self._inner(field, item, cleaning)
                if cleaned is not None:
                    kept[key] = cleaned
        for field in self.fields.values():
            if field.required and field.name not in kept:
                raise self.refuse(ErrorCode.MISSING_REQUIRED, Sentence("%(name)s is missing", name=field.name))
        return kept or None

    def _inner(self, field: Field, item: Any, cleaning: Cleaning) -> Any:
        try:
            return field.to_wire(field.clean(item, cleaning))
        except Keep:
            return cleaning.aside.pop(field.name)
        except Problem as problem:
            raise Problem(problem.code, problem.message, f"{self.name}.{problem.field}") from None


class Parts(Part):
    """A list of objects with fields of their own; `key` names the one that tells them apart and sorts them."""

    kind = "list of objects"

    def __init__(self, *args: Any, key: str = "", strict: bool = False, limit: int = 500, **options: Any) -> None:
        super().__init__(*args, **options)
        self.key = key
        self.strict = strict  # nothing but the known fields can be stored
        self.limit = limit
        self.schema = {"type": "array", "items": self.schema, "maxItems": limit}

    def clean(self, value: Any, cleaning: Cleaning) -> list[dict[str, Any]] | None:  # type: ignore[override]  # a list
        if not isinstance(value, list):
            raise self.wrong_shape(Sentence("a list of objects"))
        if len(value) > self.limit:
            raise self.refuse(
                ErrorCode.TOO_LARGE,
                Sentence("%(count)s entries, %(limit)s are allowed", count=len(value), limit=self.limit),
            )
        parts = []
        for position, item in enumerate(value, 1):
            part = super().clean(item, cleaning) or {}
            if self.strict and not part.keys() <= self.fields.keys():
                part = {key: inner for key, inner in part.items() if key in self.fields}
                cleaning.warnings.append((self.name, WarningCode.UNKNOWN_COLUMN))
            if self.key:
                part.setdefault(self.key, str(position))
            parts.append(part)
        if self.key:
            parts.sort(key=lambda part: part[self.key])
            if len({part[self.key] for part in parts}) < len(parts):
                raise self.refuse(
                    ErrorCode.CONFLICTING_DUPLICATE, Sentence("names the same %(key)s twice", key=self.key)
                )
        return parts or None


def bounded(value: dict[str, Any], field: Field) -> dict[str, Any]:
    """A JSON object with tidy texts and plain numbers, refused when too deep or too long to be honest."""
    kept = _tidy_json(value, field, DEPTH_LIMIT - 2)  # the record and its batch are two levels
    if len(json.dumps(kept)) > JSON_LIMIT:
        raise field.refuse(
            ErrorCode.TOO_LARGE, Sentence("more than %(json_limit)s characters of nested values", json_limit=JSON_LIMIT)
        )
    return kept


def _tidy_json(value: Any, field: Field, levels: int) -> Any:
    if levels == 0:
        raise field.refuse(
            ErrorCode.TOO_LARGE, Sentence("nested deeper than %(depth_limit)s levels", depth_limit=DEPTH_LIMIT)
        )
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, dict):
        return {tidy(str(key)): _tidy_json(item, field, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_tidy_json(item, field, levels - 1) for item in value]
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise field.refuse(ErrorCode.BAD_NUMBER, Sentence("a number is not finite"))
    if type(value) is int and abs(value) >= 10**18:
        if abs(value) >= 10**NUMBER_DIGITS:
            raise field.refuse(
                ErrorCode.BAD_NUMBER,
                Sentence("a number has more than %(number_digits)s digits", number_digits=NUMBER_DIGITS),
            )
        return str(value)
    return value


def _plain_number(value: Decimal) -> float | str:
    """A float where it says the same as the decimal, else the digits as text."""
    if abs(value.adjusted()) > NUMBER_DIGITS:
        return str(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)
