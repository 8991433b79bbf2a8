"""Cells of the rows behind a figure, as people read them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard import words
from kpis.metrics import Column
from kpis.units import NO_VALUE, duration


def cell(column: Column, value: Any, labels: Mapping[Any, str], zone: ZoneInfo) -> str:
    """One value as text: moments on the account's clock, choices by their label, durations in words."""
    if value is None or value == "":
        return NO_VALUE
    if column.kind == "moment":
        return words.moment(value, zone)
    if column.kind == "duration":
        return duration(Fraction(value))
    if column.kind == "yes_no":
        return _("Yes") if value else _("No")
    return labels.get(value, str(value))
