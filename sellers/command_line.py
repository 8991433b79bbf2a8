"""What the management commands take and print: accounts, moments, days, JSON. What is wrong is said in one sentence."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from sellers.models import SellerAccount

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


def add_json(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="print machine-readable JSON")


def add_now(parser: CommandParser) -> None:
    parser.add_argument("--now", metavar="ISO", help="the moment to work as of, with its zone; default: the clock's")


def account_named(key: str) -> SellerAccount:
    """The account with this key. Raises CommandError."""
    try:
        return SellerAccount.objects.get(key=key)
    except SellerAccount.DoesNotExist:
        raise CommandError(f"There is no account “{key}”; `manage.py account` makes one.") from None


def accounts_named(keys: str) -> list[SellerAccount]:
    """The accounts of a comma-separated list of keys, in that order. Raises CommandError."""
    named = [account_named(key.strip()) for key in keys.split(",") if key.strip()]
    if not named:
        raise CommandError("No account is named.")
    return named


def moment(text: str | None) -> datetime:
    """The moment in UTC; without a text, the clock's. A text without a zone is refused: it would mean any of 25 hours.

    Raises CommandError.
    """
    if text is None:
        return timezone.now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a moment such as 2026-01-20T12:00:00Z.") from None
    if found.tzinfo is None:
        raise CommandError(f"“{text}” has no time zone; write {text}Z for UTC or add an offset such as +09:00.")
    if not FIRST_DAY < found.date() < LAST_DAY:
        raise CommandError(f"“{text}” is not between {FIRST_DAY} and {LAST_DAY}.")
    return found.astimezone(UTC)


def day(text: str) -> date:
    """A calendar day written as 2026-01-18. Raises CommandError."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        found = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day such as 2026-01-18.") from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise CommandError(f"“{text}” is not between {FIRST_DAY} and {LAST_DAY}.")
    return found


def print_json(stdout: OutputWrapper, content: Any) -> None:
    stdout.write(json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def print_table(stdout: OutputWrapper, rows: list[list[str]]) -> None:
    """Columns aligned by their widest cell; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
