"""`manage.py token NAME`: makes an API token and prints its key, this once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sellers.api_auth import TokenError, make_token
from sellers.audit import recording
from sellers.command_line import accounts_named, add_json, print_json
from sellers.models import User

MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Makes an API token. Its key is printed once and cannot be shown again: only a digest is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is for, as the console shows it")
        parser.add_argument("--accounts", metavar="KEY,...", required=True, help="the accounts it is limited to")
        parser.add_argument("--scopes", metavar="SCOPE,...", required=True, help="read, ingest or both")
        parser.add_argument("--user", metavar="NAME", help="its owner; default: the first active superuser")
        parser.add_argument("--expires", metavar="DAYS", help="when it stops working; default: never")
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = accounts_named(options["accounts"])
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        owner = _owner(options["user"])
        try:
            with recording("manage.py token"):
                token, key = make_token(options["name"], owner, accounts, scopes, _expiry(options["expires"]))
        except TokenError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            content = {
                "name": token.name,
                "key": key,
                "user": owner.username,
                "accounts": [account.key for account in accounts],
                "scopes": token.scopes,
                "expires_at": token.expiry,
            }
            print_json(self.stdout, content)
        else:
            self.stdout.write(key)


def _owner(name: str | None) -> User:
    if name is not None:
        owner = User.objects.filter(username=name).first()
        if owner is None:
            raise CommandError(f"There is no user “{name}”.")
        return owner
    owner = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
    if owner is None:
        raise CommandError("There is no active superuser to own the token; name a user with --user.")
    return owner


def _expiry(days: str | None) -> timedelta | None:
    if days is None:
        return None
    if not (days.isascii() and days.isdigit() and len(days) < 6 and 1 <= int(days) <= MOST_DAYS):
        raise CommandError(f"--expires is a number of days from 1 to {MOST_DAYS}, not “{days}”.")
    return timedelta(days=int(days))
