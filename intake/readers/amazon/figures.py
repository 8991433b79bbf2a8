"""Figures that Amazon itself reports, kept as they are: a number that makes no sense is left out, never refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from intake.codes import Problem
from intake.readers.amazon.records import MARKETPLACES, record
from intake.readers.context import Context
from intake.readers.reports import Record
from intake.readers.times import read_moment

MOST = 2**63 - 1


def figure(
    metric: str,
    period: tuple[datetime, datetime],
    components: Mapping[str, Any],
    *,
    name: str = "",
    fulfilled_by: str | None = None,
    numerator: Any = None,
    denominator: Any = None,
    rate: Any = None,
    status: Any = None,
    target: Any = None,
    condition: Any = None,
) -> Record:
    """A figure about a period; `name` tells apart figures of the same metric. `components` are kept untouched.

    A period that ends before it starts, as Amazon's own example has, is its end.
    """
    began, ended = period
    about = name or fulfilled_by or ""
    return record(
        "platform_metric",
        f"{metric}:{about}:{began:%Y-%m-%dT%H:%MZ}:{ended:%Y-%m-%dT%H:%MZ}",
        metric=metric,
        fulfilled_by=fulfilled_by,
        period_from=min(began, ended).isoformat() if began <= ended else ended.isoformat(),
        period_to=ended.isoformat(),
        numerator=count(numerator),
        denominator=count(denominator),
        rate=number(rate),
        platform_status=word(status),
        target_value=number(target),
        target_condition=word(condition),
        components=dict(components),
    )


def count(value: Any) -> int | None:
    """A whole number that a column can hold."""
    found = _decimal(value)
    return int(found) if found is not None and found == found.to_integral_value() and 0 <= found <= MOST else None


def number(value: Any) -> str | None:
    """A number as plain digits; `0.85%` is 0.0085."""
    percent = isinstance(value, str) and value.strip().endswith("%")
    found = _decimal(value.strip().rstrip("%") if percent else value)
    if found is None or abs(found) >= 10**6:
        return None
    return format(round(found / 100 if percent else found, 12), "f")


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str | float):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and -30 < found.adjusted() < 30 else None


def word(value: Any) -> str | None:
    return value.strip()[:40] or None if isinstance(value, str) else None


def moment(value: Any) -> datetime | None:
    """A time that says its offset, such as `2020-09-06T00:00Z`; None for anything else."""
    try:
        return read_moment(value, "")[0] if isinstance(value, str) else None
    except Problem:
        return None


def country(marketplace: str) -> str:
    """The country of a marketplace, from its ID or what the account calls it."""
    found = MARKETPLACES.get(marketplace.upper(), marketplace.upper())
    return "UK" if found == "GB" else found


def of_account(sections: Sequence[Mapping[str, Any]], context: Context) -> list[Mapping[str, Any]]:
    """Of a report's parts about several marketplaces those about the account's; a part alone may name none."""
    own = country(context.marketplace)
    named = [one for one in sections if country(str(one.get("marketplaceId"))) == own]
    unnamed = [one for one in sections if not own or one.get("marketplaceId") not in MARKETPLACES]
    return named or (unnamed if len(unnamed) == 1 else [])
