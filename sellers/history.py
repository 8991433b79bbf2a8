"""Audit entries as people read them: names instead of columns, words instead of codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Change:
    """One column: its name, what stood there, and what stands there now."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the audit log, ready to be read."""

    at: datetime
    who: str
    action: str
    what: str
    changes: list[Change]
    reason: str
    address: str
    request_id: str


def shown(entry: LogEntry) -> Entry:
    """The entry in words; reads nothing but the entry."""
    more = entry.additional_data or {}
    return Entry(
        at=entry.timestamp,
        who=more.get("actor") or _("no person (a command or the shell)"),
        action=capfirst(str(entry.get_action_display())),
        what=f"{entry.content_type.name} {entry.object_repr}",
        changes=list(_changes(entry)),
        reason=more.get("reason") or "",
        address=entry.remote_addr or "",
        request_id=entry.cid or "",
    )


def _changes(entry: LogEntry) -> Iterable[Change]:
    model = entry.content_type.model_class()
    for name, change in sorted((entry.changes or {}).items()):
        column = _column(model, name)
        title = capfirst(str(getattr(column, "verbose_name", name)))
        if isinstance(change, dict):  # rows added to or taken from a list of others
            rows = ", ".join(change["objects"])
            added = change["operation"] == "add"
            yield Change(title, "" if added else rows, rows if added else "")
        elif change[0] != change[1] or change[0].startswith("•••"):
            yield Change(title, _value(column, change[0]), _value(column, change[1]))


def _column(model: type[Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _value(column: Any, text: str) -> str:
    if text in ("None", ""):
        return ""
    words = {str(value): str(word) for value, word in getattr(column, "flatchoices", ())}
    if isinstance(column, DateTimeField):
        return f"{text} UTC"
    return words.get(text, {"True": _("yes"), "False": _("no")}.get(text, text))
