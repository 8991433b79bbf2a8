"""Conditions worked out in Python, one row of plain values at a time: the second opinion about what SQL counts.

A condition is the same Q object that SQL gets. Null is neither true nor false, as in SQL; under a NOT, Django adds
"and the column is known" to every comparison, so there a comparison with null is false. What this module does not know
it refuses: a wrong guess would call right totals wrong, or wrong ones right.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

Row = Sequence[Any]
Verdict = Callable[[Row], bool | None]

ORDERED = (models.IntegerField, models.DecimalField, models.DateField, models.DurationField, models.FloatField)
COMPARED = (*ORDERED, models.BooleanField, models.CharField, models.TextField, models.ForeignKey)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
}


class Unreadable(TypeError):
    """A condition that only the database can work out."""


def columns_of(condition: Q) -> list[str]:
    """The columns that a condition names, each once. Raises Unreadable."""
    found: dict[str, None] = {}
    for child in condition.children:
        if isinstance(child, Q):
            found |= dict.fromkeys(columns_of(child))
        else:
            found[_lookup(child)[0]] = None
    return list(found)


def verdict_of(condition: Q, model: type[models.Model], columns: Sequence[str]) -> Verdict:
    """A function from a row, its values in the order of `columns`, to true, false or None: unknown.

    Raises Unreadable.
    """
    return _node(condition, model, {name: index for index, name in enumerate(columns)}, negated=False)


def _node(condition: Q, model: type[models.Model], places: dict[str, int], *, negated: bool) -> Verdict:
    inside = negated ^ condition.negated
    children = [
        _node(child, model, places, negated=inside)
        if isinstance(child, Q)
        else _comparison(*_lookup(child), model, places, negated=inside)
        for child in condition.children
    ]
    join = {Q.AND: _all, Q.OR: _any, Q.XOR: _odd}[condition.connector]
    whole = join(children) if children else (lambda row: True)
    return _not(whole) if condition.negated else whole


def _lookup(child: Any) -> tuple[str, str, Any]:
    if not isinstance(child, tuple):
        raise Unreadable(f"{child!r} is an expression, not a comparison of a column")
    path, other = child
    name, *lookup = path.split("__")
    if len(lookup) > 1:
        raise Unreadable(f"{path} leads to another table or into a value")
    return name, lookup[0] if lookup else "exact", other


def _comparison(
    name: str, lookup: str, other: Any, model: type[models.Model], places: dict[str, int], *, negated: bool
) -> Verdict:
    field = _field(model, name)
    place = places[name]
    if lookup == "exact" and other is None:
        lookup, other = "isnull", True
    if lookup == "isnull":
        wanted = bool(other)
        return lambda row: (row[place] is None) is wanted
    unknown = False if negated else None
    if lookup == "exact":
        plain = _plain(field, other)
        return lambda row: unknown if (value := row[place]) is None else value == plain
    if lookup == "in":
        if isinstance(other, (str, models.QuerySet)):
            raise Unreadable(f"{name}__in is given {other!r}, not a list of values")
        members = frozenset(_plain(field, one) for one in other if one is not None)
        if not members:
            return lambda row: False
        return lambda row: unknown if (value := row[place]) is None else value in members
    if not isinstance(field, ORDERED):
        # Texts are ordered by a database's collation, which is not Python's.
        raise Unreadable(f"{name}__{lookup} of a {type(field).__name__}")
    if lookup == "range":
        low, high = (_plain(field, one) for one in other)
        return lambda row: unknown if (value := row[place]) is None else low <= value <= high
    if lookup in COMPARISONS:
        compare, plain = COMPARISONS[lookup], _plain(field, other)
        return lambda row: unknown if (value := row[place]) is None else compare(value, plain)
    raise Unreadable(f"{name}__{lookup}: no such comparison here")


def _field(model: type[models.Model], name: str) -> models.Field:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        raise Unreadable(f"{model.__name__} has no column {name}") from None
    if not isinstance(field, COMPARED):
        raise Unreadable(f"{name} is a {type(field).__name__}")
    return field


def _plain(field: models.Field, value: Any) -> Any:
    """The value as a row of this column would hold it."""
    if value is None or isinstance(value, models.Model) or hasattr(value, "resolve_expression"):
        raise Unreadable(f"{field.name} is compared with {value!r}, which is no plain value")
    return field.to_python(value)


def _all(children: Sequence[Verdict]) -> Verdict:
    if len(children) == 1:
        return children[0]

    def verdict(row: Row) -> bool | None:
        known: bool | None = True
        for child in children:
            one = child(row)
            if one is False:
                return False
            if one is None:
                known = None
        return known

    return verdict


def _any(children: Sequence[Verdict]) -> Verdict:
    def verdict(row: Row) -> bool | None:
        known: bool | None = False
        for child in children:
            one = child(row)
            if one:
                return True
            if one is None:
                known = None
        return known

    return verdict


def _odd(children: Sequence[Verdict]) -> Verdict:
    """As Django writes an XOR: whether the number of true children is odd; the unknown ones are not true."""
    return lambda row: sum(child(row) is True for child in children) % 2 == 1


def _not(child: Verdict) -> Verdict:
    def verdict(row: Row) -> bool | None:
        one = child(row)
        return None if one is None else not one

    return verdict
