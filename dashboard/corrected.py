"""Corrections as people read them: the names of fields, values on the account's clock, who did what and when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dashboard import words
from intake.contract import RECORD_TYPES
from intake.models import Conflict, Correction
from kpis.units import NO_VALUE
from sellers.models import SellerAccount, User

OTHERS = {"excluded": "excluded", "merged_into": "merged_into"}  # columns that no delivery states


@dataclass(frozen=True)
class Line:
    """One field of a correction: what stood there, and what is to stand there."""

    field: str
    before: str
    after: str
    is_released: bool  # the source was believed later


@dataclass(frozen=True)
class Step:
    """Something that was done with a correction."""

    title: str
    who: str
    at: str


def what(record: Correction | Conflict) -> str:
    """The row in words: "Message manual:m-17"."""
    kind = RECORD_TYPES[record.record_type].model._meta.verbose_name
    return f"{capfirst(str(kind))} {record.system}:{record.external_id}"


def lines(correction: Correction, account: SellerAccount) -> list[Line]:
    """What a correction changes, field by field."""
    return [
        Line(
            field_title(correction.record_type, name),
            said(correction.record_type, name, correction.before.get(name), account),
            said(correction.record_type, name, value, account),
            name in correction.released,
        )
        for name, value in correction.after.items()
        if name != "target"
    ]


def steps(correction: Correction, account: SellerAccount) -> list[Step]:
    """Who proposed, applied, undid or withdrew it, and when on the account's clock."""
    ended = _("Undone") if correction.state == Correction.State.UNDONE else _("Withdrawn")
    told: list[tuple[str, User | None, datetime | None]] = [
        (_("Proposed"), correction.proposed_by, correction.proposed_at),
        (_("Applied"), correction.applied_by, correction.applied_at),
        (ended, correction.ended_by, correction.ended_at),
    ]
    return [
        Step(title, who.get_username() if who else _("somebody"), words.moment(at, account.zone))
        for title, who, at in told
        if at is not None
    ]


def field_title(record_type: str, name: str) -> str:
    """The name of a contract's field as people read it."""
    column = _column(record_type, name)
    return name if column is None else capfirst(str(column.verbose_name))


def said(record_type: str, name: str, value: Any, account: SellerAccount) -> str:
    """A value of the contract as people read it."""
    if value in (None, "", [], {}):
        return NO_VALUE
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    column = _column(record_type, name)
    labels = {str(key): str(label) for key, label in getattr(column, "flatchoices", ())}
    if str(value) in labels:
        return labels[str(value)]
    field = RECORD_TYPES[record_type].bits.get(name)
    read = value if field is None else field.from_wire(value)
    if isinstance(read, datetime):
        return words.moment(read, account.zone)
    if isinstance(read, date):
        return words.long_day(read)
    if isinstance(read, list):
        return "; ".join(str(item.get("external_id", item) if isinstance(item, dict) else item) for item in read)
    return str(read)


def _column(record_type: str, name: str) -> Any:
    kind = RECORD_TYPES[record_type]
    field = kind.bits.get(name)
    columns = [OTHERS[name]] if name in OTHERS else getattr(field and field.place, "columns", [])
    model: type[Model] = kind.model
    if len(columns) != 1 or columns[0] == "extra":
        return None
    try:
        return model._meta.get_field(columns[0])
    except FieldDoesNotExist:
        return None
