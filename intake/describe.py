"""The contract in the words of others: JSON schema for the API's documentation, tables for docs/data-in.md."""

from collections.abc import Iterable
from typing import Any

from intake.codes import ErrorCode, WarningCode
from intake.contract import PARTIAL, RECORD_TYPES, SCHEMA, SYSTEM_PATTERN
from intake.fields import Choice, Field
from intake.gate import BATCH_RECORDS
from intake.nested import Part
from intake.record import RecordType

DOCUMENT = "docs/data-in.md"
BEGIN, END = "<!-- generated from intake/contract.py -->", "<!-- end of the generated part -->"


def batch_schema() -> dict[str, Any]:
    """The body of `POST ingest`."""
    return {
        "type": "object",
        "required": ["schema", "batch_id", "account", "system", "observed_at", "records"],
        "properties": {
            "schema": {"type": "string", "enum": [SCHEMA]},
            "batch_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "Chosen by the sender. The same ID and body again get the first answer again.",
            },
            "account": {"type": "string", "description": "Key of a seller account the token may write."},
            "system": {"type": "string", "pattern": f"^({SYSTEM_PATTERN})$", "description": "Name space of the IDs."},
            "observed_at": {
                "type": "string",
                "format": "date-time",
                "description": "When the source was read: the version of records without source_updated_at.",
            },
            "records": {
                "type": "array",
                "maxItems": BATCH_RECORDS,
                "items": {"oneOf": [_record_schema(kind) for kind in RECORD_TYPES.values()]},
            },
        },
    }


def _record_schema(kind: RecordType) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "type": {"type": "string", "enum": [kind.name]},
        "account": {"type": "string", "description": "Only where it is not the batch's account."},
        "source_updated_at": {"type": "string", "format": "date-time", "description": "The record's version."},
        PARTIAL: {
            "type": "boolean",
            "description": "Facts about a record that another source reports; they wait for it.",
        },
    }
    for one in kind.fields.values():
        described = {"description": one.meaning} if one.meaning else {}
        nullable = {} if one.required else {"nullable": True}
        properties[one.name] = {**one.schema, **described, **nullable}
    return {
        "title": kind.name,
        "description": kind.meaning,
        "type": "object",
        "required": ["type", *kind.required],
        "properties": properties,
    }


def markdown() -> str:
    """The generated part of docs/data-in.md: every record type with its fields, and the closed lists of codes."""
    parts = [BEGIN, ""]
    for kind in RECORD_TYPES.values():
        parts += _type_section(kind)
    parts += ["### Error codes", "", "A row that is set aside has exactly one.", "", *_codes(ErrorCode), ""]
    parts += ["### Warning codes", "", "The row was taken in.", "", *_codes(WarningCode), "", END]
    return "\n".join(parts)


def _type_section(kind: RecordType) -> list[str]:
    lines = [f"### {kind.name}", "", f"{kind.meaning[0].upper()}{kind.meaning[1:]}. Tables: `{kind.source}`.", ""]
    lines += ["| field | required | value | meaning |", "|---|---|---|---|"]
    lines += [_field_row(one, kind) for one in kind.fields.values()]
    if kind.one_of:
        lines += ["", f"At least one of {', '.join(f'`{name}`' for name in kind.one_of)} is required."]
    rules = [check.message for check in kind.checks]
    if rules:
        lines += ["", f"Refused: {'; '.join(rules)}."]
    if kind.flat_columns:
        columns = ", ".join(f"`{name}`" for name in kind.flat_columns)
        lines += ["", f"Tables may spell out one entry of `{kind.flat}` in columns of its own: {columns}."]
    return [*lines, ""]


def _field_row(one: Field, kind: RecordType) -> str:
    required = "yes" if one.required else "one of these" if one.name in kind.one_of else ""
    return f"| {one.name} | {required} | {_value(one)} | {one.meaning} |"


def _value(one: Field) -> str:
    if isinstance(one, Choice):
        return " ".join(f"`{word}`" for word in one.words)
    if isinstance(one, Part):
        return f"{one.kind}: {', '.join(one.fields)}"
    return one.kind


def _codes(codes: Iterable[Any]) -> list[str]:
    return ["| code | meaning |", "|---|---|", *(f"| `{code.value}` | {code.label} |" for code in codes)]
