"""The form in which a person says what the columns of a table mean: filled in with what is known or guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from intake.checks import Found
from intake.contract import RECORD_TYPES
from intake.fields import Choice, Field, Flag, Number
from intake.readers.column_map import ColumnMap
from intake.readers.guessing import complete, guess_fields
from intake.readers.mapped import mappable
from intake.record import RecordType
from kpis.metrics import Text
from sellers.days import zone_names
from sellers.models import SellerAccount

SIGNS: dict[str, tuple[Text, bool | None]] = {
    "auto": (_("As the values show"), None),
    "comma": (_("Comma: 1.234,50"), True),
    "point": (_("Point: 1,234.50"), False),
}
ORDERS: dict[str, tuple[Text, bool | None]] = {
    "auto": (_("As the values show"), None),
    "day": (_("Day first: 31.12.2026"), True),
    "month": (_("Month first: 12/31/2026"), False),
}
# Values that no column of their own holds: other records by their IDs, and what is kept beside the columns.
TITLES: dict[str, Text] = {
    "conversation_external_id": _("Conversation ID"),
    "message_external_id": _("Message ID"),
    "order_external_id": _("Order ID"),
    "author_external_id": _("Agent's ID"),
    "author_name": _("Agent's name"),
    "edited_at": _("Edited at"),
    "in_reply_to_external_id": _("ID of the message that it answers"),
    "duplicate_of_external_id": _("ID of the message that it repeats"),
}


@dataclass(frozen=True)
class Word:
    """What cells of a column say, and the contract's word that is meant."""

    name: str  # of the form's field
    said: str
    chosen: str


@dataclass(frozen=True)
class Column:
    """One column of the table: what is in it, and what it means."""

    name: str  # of the form's field
    title: str
    samples: list[str]
    chosen: str
    tells_apart: bool  # whether it is part of the IDs that are made for the rows
    words: list[Word]
    choices: dict[str, Text]  # the contract's words that its cells may mean


@dataclass(frozen=True)
class Constant:
    """A value that holds for every row, for a field that every record needs and no column has."""

    name: str
    title: Text
    chosen: str
    choices: dict[str, Text]


@dataclass(frozen=True)
class MappingForm:
    """Everything the form shows."""

    record_type: str
    types: list[tuple[str, Text]]
    fields: list[tuple[str, Text]]  # the contract's word and what people call it
    columns: list[Column]
    constants: list[Constant]
    makes_ids: bool  # no column is the ID of its row
    zone: str
    sign: str
    order: str
    scale: tuple[str, str]
    has_rating: bool
    signs = [(name, title) for name, (title, _value) in SIGNS.items()]
    orders = [(name, title) for name, (title, _value) in ORDERS.items()]


def mapping_form(account: SellerAccount, found: Found, record_type: str = "") -> MappingForm:
    """The form as it is known or guessed; for a `record_type` that a person has chosen, guessed anew."""
    said = _said(account, found, record_type)
    fields = mappable(RECORD_TYPES[said.record_type])
    columns = []
    for position, one in enumerate(found.columns):
        name = said.columns.get(one["name"], "")
        field = fields.get(name)
        listed = isinstance(field, Choice | Flag)
        known = said.words.get(name, {})
        words = [
            Word(f"word-{position}-{number}", written, known.get(written, ""))
            for number, written in enumerate(_written(one, known))
        ]
        columns.append(
            Column(
                name=f"column-{position}",
                title=one["name"],
                samples=one["samples"][:3],
                chosen=name,
                tells_apart=one["name"] in said.id_from,
                words=words if listed else [],
                choices=_choices(field),
            )
        )
    scale = said.scale or ("", "")
    return MappingForm(
        record_type=said.record_type,
        types=[(kind.name, kind.model._meta.verbose_name_plural or kind.name) for kind in RECORD_TYPES.values()],
        fields=[(name, title_of(RECORD_TYPES[said.record_type], field)) for name, field in fields.items()],
        columns=columns,
        constants=_constants(said),
        makes_ids="external_id" not in said.columns.values(),
        zone=said.zone,
        sign=next(name for name, (_title, value) in SIGNS.items() if value is said.decimal_comma),
        order=next(name for name, (_title, value) in ORDERS.items() if value is said.day_first),
        scale=scale,
        has_rating=any(isinstance(fields.get(name), Number) and name == "value_number" for name in fields),
    )


def said_in(account: SellerAccount, found: Found, sent: Mapping[str, Any]) -> ColumnMap:
    """What a person said in the form. Raises ValueError with a sentence where it makes no sense."""
    kind = sent.get("record_type", "")
    if kind not in RECORD_TYPES:
        raise ValueError(_("Choose what the rows are."))
    fields = mappable(RECORD_TYPES[kind])
    columns: dict[str, str] = {}
    for position, one in enumerate(found.columns):
        name = sent.get(f"column-{position}", "")
        if name in columns.values():
            raise ValueError(_("Two columns cannot mean the same: %(field)s.") % {"field": name})
        if name in fields:
            columns[one["name"]] = name
    if not columns:
        raise ValueError(_("Say of one column at least what it means."))
    if sent.get("zone", "") not in zone_names():
        raise ValueError(_("Choose the time zone that the times mean."))
    samples = {one["name"]: one["samples"] for one in found.columns}
    guessed = complete(kind, columns, samples, sent["zone"])
    words = {name: dict(known) for name, known in guessed.words.items()}
    shown = _said(account, found, kind).words
    for position, one in enumerate(found.columns):
        name = columns.get(one["name"], "")
        if f"word-{position}-0" in sent and sent.get(f"was-{position}") == name:
            written = _written(one, shown.get(name, {}))
            chosen = {said: sent.get(f"word-{position}-{number}", "") for number, said in enumerate(written)}
            words[name] = {said: word for said, word in chosen.items() if word in _choices(fields[name])}
    makes_ids = "external_id" not in columns.values()
    apart = tuple(one["name"] for position, one in enumerate(found.columns) if f"apart-{position}" in sent)
    if makes_ids and "apart" in sent and not apart:
        raise ValueError(_("Choose the columns that tell one row from another."))
    low, high = sent.get("scale_low", "").strip(), sent.get("scale_high", "").strip()
    constants = {name: sent.get(f"constant-{name}", "") for name in fields if name not in columns.values()}
    return ColumnMap(
        record_type=kind,
        columns=columns,
        zone=sent["zone"],
        day_first=ORDERS.get(sent.get("order", ""), ORDERS["auto"])[1],
        decimal_comma=SIGNS.get(sent.get("sign", ""), SIGNS["auto"])[1],
        words=words,
        constants={name: said for name, said in constants.items() if said in _choices(fields[name])},
        id_from=(apart or guessed.id_from) if makes_ids else (),
        scale=(low, high) if low and high else guessed.scale,
    )


def _said(account: SellerAccount, found: Found, record_type: str) -> ColumnMap:
    samples = {one["name"]: one["samples"] for one in found.columns}
    if record_type in RECORD_TYPES and not (found.mapping and found.mapping["record_type"] == record_type):
        columns = guess_fields(record_type, list(samples), samples)
        return complete(record_type, columns, samples, account.time_zone)
    if found.mapping:
        return ColumnMap.from_json(found.mapping)
    return complete("order", {}, samples, account.time_zone)


def _written(column: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    """What a column's cells say, and what those of earlier tables said of which the meaning is known."""
    return list(dict.fromkeys((*column["samples"], *known)))


def title_of(kind: RecordType, field: Field) -> Text:
    """What people call a value of a record: the name of the column that holds it, in whichever table that is."""
    if field.name == "external_id":
        return TITLES.get(f"{kind.name}_external_id", _("ID of the row"))
    if field.name in TITLES:
        return TITLES[field.name]
    holder, column = field.about, field.column
    if field.name in kind.flat_columns:
        holder = kind.flat
    elif "." in column:
        holder, _point, column = column.partition(".")
    try:
        model = kind.model._meta.get_field(holder).related_model if holder else kind.model
        title = model._meta.get_field(column).verbose_name  # type: ignore[union-attr]  # relations and columns only
    except FieldDoesNotExist:
        return field.name
    return field.name if column == "extra" else capfirst(str(title))


def _choices(field: Any) -> dict[str, Text]:
    if isinstance(field, Choice):
        return field.titles
    return {"true": _("Yes"), "false": _("No")} if isinstance(field, Flag) else {}


def _constants(said: ColumnMap) -> list[Constant]:
    """Lists that every record needs an entry of: where no column has it, one may hold for all rows."""
    kind = RECORD_TYPES[said.record_type]
    fields = mappable(kind)
    # Which way a message went follows from who wrote it (intake/readers/mapped.py).
    needed = [name for name in kind.required if isinstance(fields.get(name), Choice) and name != "direction"]
    return [
        Constant(f"constant-{name}", title_of(kind, fields[name]), said.constants.get(name, ""), _choices(fields[name]))
        for name in needed
        if name not in said.columns.values()
    ]
