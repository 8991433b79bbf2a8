"""Creating and changing seller accounts. Whatever follows from a changed zone or switch is brought in line at once."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from sellers.dated_switches import Switch, switches_of
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount, SwitchChange, User, Weekday
from sellers.switches import follow

Report = Callable[[str], None]

# What a person may set; the key stands in addresses and files, so it never changes.
SETTINGS: dict[str, models.Field] = {
    field.name: field
    for field in SellerAccount._meta.concrete_fields
    if field.editable and not field.primary_key and field.name != "key" and not getattr(field, "auto_now_add", False)
}
YES_NO = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class AccountError(ValueError):
    """A setting that does not exist or a value it cannot take, in one sentence."""


@dataclass(frozen=True)
class Dated:
    """A switch that has this value from a day on."""

    name: str
    value: Any
    valid_from: date

    def __str__(self) -> str:
        return f"{self.name}@{self.valid_from}"


@dataclass(frozen=True)
class Saved:
    """The account as it is now, whether it is new, and which of its settings and dated switches changed."""

    account: SellerAccount
    created: bool
    changed: tuple[str, ...]


def save_account(
    key: str,
    values: Mapping[str, Any],
    now: datetime,
    report: Report = lambda line: None,
    dated: Collection[Dated] = (),
) -> Saved:
    """Create the account, or change the settings that are given. Saying the same twice changes nothing.

    `values` hold from the beginning, up to the first dated value of the same switch; `dated` from their days on.

    A changed zone cuts every local day anew; a changed switch recomputes what depends on it. Both mark the days they
    touch, so the next sweep counts them. Raises AccountError and then has changed nothing.
    """
    with transaction.atomic():
        account = SellerAccount.objects.filter(key=key).first()
        if account is None:
            account = SellerAccount(key=key, name=key)
        else:
            lock_for_writing(account.id)
            account.refresh_from_db()  # as whoever held the lock before left it
        created = account.pk is None
        changed = tuple(name for name, value in values.items() if getattr(account, name) != value)
        for name in changed:
            setattr(account, name, values[name])
        if created or changed:
            _save(account)
        since = [one for one in dated if _save_dated(account, one)]
        if not created:
            _tell_overridden(account, changed, report)
            follow(account, {*changed, *(one.name for one in since)}, now, report)
    return Saved(account, created, (*changed, *map(str, since)))


def _save_dated(account: SellerAccount, dated: Dated) -> bool:
    """Store the dated switch; whether that changed anything."""
    row = SwitchChange.objects.filter(account=account, name=dated.name, valid_from=dated.valid_from).first()
    if row is None:
        row = SwitchChange(account=account, name=dated.name, valid_from=dated.valid_from)
    elif row.value == dated.value:
        return False
    row.value = dated.value
    _save(row)
    return True


def _tell_overridden(account: SellerAccount, changed: Collection[str], report: Report) -> None:
    switches = switches_of(account)
    for name in sorted({*changed} & {*Switch.values}):
        if first := switches.first_dated(name):
            report(f"{name}: from {first} on the dated values hold, as before.")


def _save(row: SellerAccount | SwitchChange) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        sentences = [
            message if name == NON_FIELD_ERRORS else f"{name}: {message}"
            for name, messages in error.message_dict.items()
            for message in messages
        ]
        raise AccountError(" ".join(sentences)) from None
    row.save()


def setting(name: str, text: str) -> Any:
    """The value of a setting as a person writes it: "31", "yes", "sunday", "14:00", "email,phone".

    An empty text takes back a setting that may be unknown. Raises AccountError.
    """
    field = SETTINGS.get(name)
    if field is None:
        raise AccountError(f"There is no setting “{name}”; there are {', '.join(sorted(SETTINGS))}.")
    if field.null and not text:
        return None
    if name == "owner":
        return _person(text)
    if isinstance(field, models.BooleanField):
        if text.lower() not in YES_NO:
            raise AccountError(f"{name} is yes or no, not “{text}”.")
        return YES_NO[text.lower()]
    if name == "week_start" and text.upper() in Weekday.names:
        return Weekday[text.upper()].value
    if isinstance(field, models.IntegerField):
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise AccountError(f"{name} is a whole number, not “{text}”.")
        return int(text)
    if isinstance(field, models.TimeField):
        return _clock(name, text)
    if isinstance(field, models.JSONField):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text


def _person(name: str) -> User:
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise AccountError(f"There is no user “{name}”.")
    return person


def _clock(name: str, text: str) -> time:
    try:
        if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
            raise ValueError(text)
        return time.fromisoformat(text)
    except ValueError:
        raise AccountError(f"{name} is a time of day such as 14:00, not “{text}”.") from None
