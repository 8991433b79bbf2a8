"""The values of one column of many rows, prepared as a whole for the database: as COPY reads them, in an array, bound.

Preparing each value by itself, as Django's fields do, costs more than everything the database does with it.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC
from itertools import repeat
from operator import is_
from typing import Any

from django.db import models

Prepare = Callable[[Sequence[Any]], Sequence[Any]]
NULL = r"\N"
SPECIAL = re.compile(r"[\\\t\n\r]")  # characters that COPY reads as something else
BETWEEN = "\0"  # no database keeps it in a text, so it is in none of ours


def copied(field: models.Field, values: Sequence[Any]) -> Sequence[str]:
    """As PostgreSQL's COPY reads them from a text, without the tabs and line ends between them."""
    return _once(COPIED[_kind(field)], values)


def array(field: models.Field, values: Sequence[Any]) -> str:
    """As the text of a PostgreSQL array."""
    if _kind(field) is models.IntegerField:
        return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"
    texts = _json(values) if _kind(field) is models.JSONField else values
    quoted = [
        "NULL" if value is None else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"' for value in texts
    ]
    return "{" + ",".join(quoted) + "}"


def bound(field: models.Field, values: Sequence[Any]) -> Sequence[Any]:
    """As SQLite stores them: moments and decimals are texts there, as Django's own fields write them."""
    kind = _kind(field)
    if kind is models.DecimalField:
        places = field.decimal_places  # type: ignore[attr-defined]  # a decimal field's
        return [None if value is None else f"{value:.{places}f}" for value in values]
    return _once(BOUND[kind], values) if kind in BOUND else values


def _once(prepare: Prepare, values: Sequence[Any]) -> Sequence[Any]:
    """The values prepared; two columns of five have one object in all rows, mostly None, which is prepared once.

    The same object, not an equal one: equal values may be written differently (1 and True in JSON).
    """
    same = len(values) > 1 and all(map(is_, values, repeat(values[0])))
    return list(prepare(values[:1])) * len(values) if same else prepare(values)


def _kind(field: Any) -> type[models.Field]:
    """The kind of a column; that of a link is the kind of the key it leads to."""
    while field.is_relation:
        field = field.target_field
    return next(kind for kind in COPIED if isinstance(field, kind))


def _json(values: Sequence[Any]) -> list[str | None]:
    """Encoded by one call and cut apart: a call costs as much as a dozen small values."""
    parted: list[Any] = [BETWEEN] * (2 * len(values) - 1)
    parted[::2] = values
    texts = json.dumps(parted)[1:-1].split(f", {json.dumps(BETWEEN)}, ")
    if len(texts) != len(values):  # a list among the values holds the text that stands between them
        texts = [json.dumps(value) for value in values]
    return [None if value is None else text for value, text in zip(values, texts, strict=True)]


def _moments(values: Sequence[Any]) -> list[str | None]:
    return [None if value is None else value.astimezone(UTC).isoformat(" ")[:-6] for value in values]


def _texts(values: Sequence[Any]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def _copied_text(values: Sequence[Any]) -> list[str]:
    if SPECIAL.search("".join(filter(None, values))) is None:
        return [NULL if value is None else value for value in values]
    return [
        NULL
        if value is None
        else value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        for value in values
    ]


def _copied_json(values: Sequence[Any]) -> list[str]:
    return _copied_text(_json(values))


def _copied_by(write: Callable[[Any], str]) -> Prepare:
    """Each value written by `write`; equal ones only once where there are many: days, verdicts, small numbers."""

    def prepare(values: Sequence[Any]) -> list[str]:
        different = set(values)
        if 2 * len(different) > len(values):
            return [NULL if value is None else write(value) for value in values]
        texts = {value: NULL if value is None else write(value) for value in different}
        return [texts[value] for value in values]

    return prepare


def _copied_moments(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else value.isoformat() for value in values]


def _copied_bytes(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else r"\\x" + bytes(value).hex() for value in values]


COPIED: dict[type[models.Field], Prepare] = {
    models.JSONField: _copied_json,
    models.BooleanField: _copied_by(int.__repr__),  # of True, too, it makes a number
    models.IntegerField: _copied_by(int.__repr__),
    models.DateTimeField: _copied_moments,
    models.DateField: _copied_by(str),
    models.DecimalField: _copied_by(str),
    models.BinaryField: _copied_bytes,
    models.CharField: _copied_text,
    models.TextField: _copied_text,
}
BOUND: dict[type[models.Field], Prepare] = {
    models.JSONField: _json,
    models.DateTimeField: _moments,
    models.DateField: _texts,
}
