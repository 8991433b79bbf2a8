"""From what a sender wrote to a statement: which record, in which version, says what. Pure: values in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from intake.codes import ErrorCode, Problem, WarningCode, printable
from intake.contract import CONTROL, PARTIAL, RECORD_TYPES, SYSTEM_PATTERN
from intake.fields import Cleaning, Ident, Keep, Moment, tidy
from intake.fields import Field as RecordField
from intake.nested import bounded
from intake.record import RecordType
from intake.sentences import Sentence
from messaging.models import Author

OBSERVED_AT = Moment("observed_at")
SOURCE_UPDATED_AT = Moment("source_updated_at")
SYSTEM = Ident("system", limit=32, pattern=SYSTEM_PATTERN)
DEFAULT_SYSTEM = "manual"
UNKNOWN_FIELDS_LIMIT = 500


@dataclass(slots=True)
class Statement:
    """What one row says about one record; `version` in milliseconds since 1970."""

    record_type: RecordType
    account_key: str | None
    system: str
    external_id: str
    version: int
    values: dict[str, Any]  # by field, None: known to be empty
    about: dict[str, Any] = field(default_factory=dict)  # what it says about its conversation, agent or packages
    warnings: list[tuple[str, WarningCode]] = field(default_factory=list)
    partial: bool = False  # facts about a record that another source reports
    heard_at: datetime | None = None  # when the source was looked at; None: no source speaks, or nobody said when
    # What a person decided about the record; no delivery says these.
    pins: dict[str, Any] = field(default_factory=dict)
    repins: dict[str, Any] = field(default_factory=dict)  # pinned fields: another decision about them holds again
    unpins: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # fields to be put into their columns once more

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.record_type.name, self.system, self.external_id)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def from_milliseconds(version: int) -> datetime:
    return datetime.fromtimestamp(version / 1000, UTC)


def read_statement(
    record: Any, *, cleaning: Cleaning, defaults: Mapping[str, Any], record_type: RecordType | None = None
) -> Statement:
    """Check one record and return what it states; `record_type` is given for tables, whose cells are all text.

    `defaults` are the words of the envelope (system, observed_at) that the record does not repeat. Raises Problem.
    """
    cells = record_type is not None
    if not isinstance(record, dict):
        raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("a record must be an object"))
    kind = record_type or _type_of(record)
    values: dict[str, Any] = {}
    about: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    fields = kind.fields
    partial = not cells and record.get(PARTIAL) is True
    for name, value in record.items():
        known = fields.get(name)
        if known is None:
            if cells and name in kind.flat_columns:
                flat[name] = kind.flat_columns[name].clean_cell(value, cleaning)
            elif name not in CONTROL and not (partial and name == PARTIAL):
                unknown[name] = value
            continue
        try:
            if value is None:
                cleaned = None
            elif cells:
                cleaned = known.clean_cell(value, cleaning)
            else:
                cleaned = known.clean(value, cleaning)
        except Keep:
            continue
        if known.about:
            about[name] = cleaned
        else:
            values[name] = cleaned
    if flat and kind.flat not in values:
        values[kind.flat] = fields[kind.flat].clean([_wire(kind.flat_columns, flat)], cleaning)
    _keep_aside(unknown, values, fields["extra"], cleaning)
    _require(kind, values, partial)
    _check(kind, values)
    if kind.name == "message":
        _finish_message(record, values, about)
    return Statement(
        record_type=kind,
        account_key=record.get("account"),
        system=_system(record, defaults, cleaning),
        external_id=values["external_id"],
        version=_version(record, defaults, cleaning),
        heard_at=_heard_at(defaults, cleaning),
        values=values,
        about=about,
        warnings=cleaning.warnings,
        partial=partial,
    )


def _type_of(record: dict[str, Any]) -> RecordType:
    name = record.get("type")
    if name is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("the record names no type"), "type")
    kind = RECORD_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise Problem(
            ErrorCode.BAD_ENUM, Sentence("the type is not one of %(allowed)s", allowed=", ".join(RECORD_TYPES)), "type"
        )
    return kind


def _system(record: dict[str, Any], defaults: Mapping[str, Any], cleaning: Cleaning) -> str:
    stated = record.get("system")
    if stated is None:
        stated = defaults.get("system")
    if stated is None:
        return DEFAULT_SYSTEM
    try:
        return SYSTEM.clean(stated, cleaning) or DEFAULT_SYSTEM
    except Problem:
        raise Problem(
            ErrorCode.BAD_ENUM, Sentence("the system is neither known nor begins with x-"), "system"
        ) from None


def _version(record: dict[str, Any], defaults: Mapping[str, Any], cleaning: Cleaning) -> int:
    stated = record.get("source_updated_at")
    if stated is not None:
        return milliseconds(SOURCE_UPDATED_AT.clean(stated, cleaning))
    observed = defaults.get("observed_at")
    if isinstance(observed, datetime):
        return milliseconds(observed)
    return milliseconds(OBSERVED_AT.clean(observed, cleaning))


def _heard_at(defaults: Mapping[str, Any], cleaning: Cleaning) -> datetime | None:
    observed = defaults.get("observed_at")
    if isinstance(observed, datetime):
        return observed
    try:
        return OBSERVED_AT.clean(observed, cleaning)
    except Problem:
        return None  # the record has a version of its own, or it would have been refused before


def _keep_aside(unknown: dict[str, Any], values: dict[str, Any], extra: RecordField, cleaning: Cleaning) -> None:
    """Unknown fields, and unknown words of optional lists, join the fields that the sender calls `extra` himself."""
    if not unknown and not cleaning.aside:
        return
    if len(unknown) > UNKNOWN_FIELDS_LIMIT:
        raise Problem(ErrorCode.TOO_LARGE, Sentence("%(count)s unknown fields", count=len(unknown)), "extra")
    cleaning.warnings.extend((printable(name[:80]), WarningCode.UNKNOWN_COLUMN) for name in unknown)
    values["extra"] = bounded({**(values.get("extra") or {}), **unknown, **cleaning.aside}, extra)


def _require(kind: RecordType, values: dict[str, Any], partial: bool) -> None:
    """What a record must say. A notice that it was deleted needs only its ID, and so do facts about it alone."""
    if values.get("external_id") is None:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("external_id is missing"), "external_id")
    missing = [name for name in kind.required if values.get(name) is None]
    none_of = bool(kind.one_of) and all(values.get(name) is None for name in kind.one_of)
    if values.get("deleted_at") is not None:
        if missing or none_of:  # not a whole record: it says that the record is gone, and nothing about its core
            for name in (*kind.required[1:], *kind.one_of):
                values.pop(name, None)
    elif partial:
        return
    elif missing:
        raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("%(missing)s is missing", missing=missing[0]), missing[0])
    elif none_of:
        raise Problem(
            ErrorCode.MISSING_REQUIRED,
            Sentence("one of %(allowed)s is needed", allowed=", ".join(kind.one_of)),
            kind.one_of[0],
        )


def _check(kind: RecordType, values: dict[str, Any]) -> None:
    for check in kind.checks:
        if check.broken(values.get):
            code = ErrorCode.MISSING_REQUIRED if check.missing else ErrorCode.OUT_OF_RANGE
            raise Problem(code, check.message, check.names[-1] if check.missing else check.holds)


def _finish_message(record: dict[str, Any], values: dict[str, Any], about: dict[str, Any]) -> None:
    """A text brings its length along; only people who answer are named, never buyers."""
    text = values.get("body_text")
    if "body_text" in values:
        whole = len(record["body_text"] or "")
        values.setdefault("body_chars", whole)
        values.setdefault("body_truncated", len(text or "") < len(tidy(record["body_text"] or "")))
    if values.get("author_kind") in (Author.AGENT, Author.BOT):
        name = about.get("author_name")
        if values.get("author_external_id") is None and name is not None:
            values["author_external_id"] = name
    else:
        values.pop("author_external_id", None)
        about.pop("author_name", None)


def _wire(fields: Mapping[str, RecordField], values: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name].to_wire(value) for name, value in values.items()}
