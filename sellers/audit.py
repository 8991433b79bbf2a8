"""Who changed what, when and why: one entry for each change a person makes, which nobody can alter afterwards.

Models are registered with django-auditlog, which compares old and new on `save`. Bulk writes (imports) go past it on
purpose: their provenance is the import run. The reason comes from `recording`; person, address and request from the
request that is being answered. Triggers in the database (migration 0002) refuse to change or remove entries.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from allauth.mfa.models import Authenticator
from auditlog.diff import model_instance_diff
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from auditlog.signals import pre_log
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet, TextField
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse

from sellers.facts import SourceRow
from sellers.models import ApiToken, BusinessCalendar, Holiday, Membership, Note, SellerAccount, SwitchChange, User

_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)
_reason: ContextVar[str] = ContextVar("audited_reason", default="")

NOT_FACTS = {"id", "stated", "extra", "raw_item_id"}  # bookkeeping of imports; `extra` may hold anything, names too
NOT_SETTINGS = {"id", "created_at", "published_until"}  # what no person sets on an account
PERSONAL = {"subject"}  # besides every free text


class AuditMiddleware:
    """Lets entries know the request that causes them. The person is read late: a token is only known in the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


@contextmanager
def recording(reason: str) -> Iterator[None]:
    """Every entry written inside carries this reason. Whoever asks for the reason checks it."""
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def note(before: Model | None, after: Model, **more: tuple[str, str]) -> LogEntry | None:
    """Write the entry of a change that was stored in bulk, inside the transaction of the change.

    `before` is None for a new row; `more` names old and new of what lies in other tables. None when nothing differs.
    """
    changes = {**(model_instance_diff(before, after) or {}), **more}
    if not changes:
        return None
    action = LogEntry.Action.CREATE if before is None else LogEntry.Action.UPDATE
    entry: LogEntry = LogEntry.objects.log_create(after, action=action, changes=changes)
    return entry


def entries_of(row: Model) -> QuerySet[LogEntry]:
    """What was ever changed on this row, newest first."""
    kind = ContentType.objects.get_for_model(type(row))
    return LogEntry.objects.filter(content_type=kind, object_pk=_public_key(type(row), str(row.pk))).order_by(
        "-timestamp", "-id"
    )


def length_only(value: str) -> str:
    """What an entry keeps of a personal text: that there was one, and how long. So nothing in it needs erasing."""
    return value if value in ("", "None") else f"••• ({len(value)})"


def nothing(value: str) -> str:
    """What an entry keeps of a secret: that it changed."""
    return "•••"


def register() -> None:
    """Register what is audited: every table of facts, and everything that decides who sees what."""
    for model in apps.get_models():
        if issubclass(model, SourceRow):
            columns = [column for column in model._meta.concrete_fields if column.name not in NOT_FACTS]
            auditlog.register(
                model,
                include_fields=[column.name for column in columns],
                mask_fields=[c.name for c in columns if isinstance(c, TextField) or c.name in PERSONAL],
                mask_callable="sellers.audit.length_only",
            )
    auditlog.register(
        SellerAccount,
        include_fields=[c.name for c in SellerAccount._meta.concrete_fields if c.name not in NOT_SETTINGS],
    )
    auditlog.register(BusinessCalendar, include_fields=["account", "valid_from", "time_zone", "windows"])
    auditlog.register(Holiday, include_fields=["account", "day", "name"])
    auditlog.register(SwitchChange, include_fields=["account", "name", "value", "valid_from"])
    auditlog.register(
        Note,
        include_fields=["account", "kind", "title", "text", "starts_on", "ends_on", "people", "metric"],
        mask_fields=["text", "people"],
        mask_callable="sellers.audit.length_only",
    )
    auditlog.register(Membership, include_fields=["user", "account", "role"])
    auditlog.register(
        User,
        include_fields=[
            "username", "first_name", "last_name", "email", "password", "is_active", "is_staff", "is_superuser",
        ],
        mask_fields=["password"],
        mask_callable="sellers.audit.nothing",
        m2m_fields={"groups", "user_permissions"},
    )  # fmt: skip
    auditlog.register(Group, include_fields=["name"], m2m_fields={"permissions"})
    auditlog.register(Authenticator, include_fields=["user", "type"])
    auditlog.register(ApiToken, include_fields=["name", "user", "scopes", "expiry"], m2m_fields={"accounts"})
    pre_log.connect(_is_told_once, dispatch_uid="audit_told_once")
    pre_save.connect(_complete, sender=LogEntry, dispatch_uid="audit_complete")


def _is_told_once(sender: type[Model], action: int, **signal: Any) -> bool:
    """Facts are deleted only together with their account, whose own entry tells it; not once more for each row."""
    return not (action == LogEntry.Action.DELETE and issubclass(sender, SourceRow))


def _complete(sender: type[LogEntry], instance: LogEntry, **signal: Any) -> None:
    """Add who, from where and why. The person's name is copied, so that it outlives the person's user."""
    request = _request.get()
    user = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    instance.actor, instance.actor_email = person, person.email if person else None
    instance.remote_addr, instance.remote_port = _address(request), None
    instance.additional_data = {"actor": person.get_username() if person else "", "reason": _reason.get()}
    instance.object_pk = _public_key(instance.content_type.model_class(), instance.object_pk)


def _public_key(model: type[Model] | None, key: str) -> str:
    """A token's key is the digest it is checked against: entries hold a digest of that, and so say nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:32] if model is ApiToken else key


def _address(request: HttpRequest | None) -> str | None:
    """The client's address as the innermost proxy we trust saw it; what clients claim themselves is not believed."""
    if request is None:
        return None
    claimed = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        passed_on = request.headers.get("X-Forwarded-For", "").split(",")
        claimed = passed_on[-settings.TRUSTED_PROXIES] if len(passed_on) >= settings.TRUSTED_PROXIES else ""
    try:
        return str(ip_address(claimed.strip()))
    except ValueError:
        return None
