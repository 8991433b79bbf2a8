"""`manage.py account KEY`: creates or changes a seller account and its switches."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.accounts import AccountError, Dated, save_account, setting
from kpis.api_serializers import AccountSerializer
from sellers.audit import recording
from sellers.command_line import add_json, add_now, day, moment, print_json
from sellers.dated_switches import Switch

NAMED = {"platform": "platform", "zone": "time_zone", "marketplace": "marketplace", "name": "name"}


class Command(BaseCommand):
    help = "Creates or changes a seller account. A changed zone or switch brings its rows in line; then run sweep."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="small letters, digits and hyphens, as in acme-us")
        parser.add_argument("--platform", help="amazon, shopify or other; needed for a new account")
        parser.add_argument("--zone", help="IANA zone such as America/Los_Angeles; needed for a new account")
        parser.add_argument("--marketplace", help="for example US, DE, JP")
        parser.add_argument("--name", help="how people call it; default: the key")
        parser.add_argument(
            "--set",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help="score_window_days, week_start (0 to 6 from Monday, or a name), atoz_rule, bots_count, handling_days, "
            "team, owner (a user name), "
            "ships_saturday, same_day_cutoff (14:00), expected_channels (email,phone), currency, ...; an empty value "
            "takes back what may be unknown; atoz_rule, bots_count and pop_counts_messages take a day from which they "
            "hold: atoz_rule=all@2026-03-01",
        )
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        report = (lambda line: None) if options["json"] else self.stdout.write
        try:
            values = {name: setting(name, options[option]) for option, name in NAMED.items() if options[option]}
            dated = []
            for name, text in map(self._pair, options["set"]):
                value, at, valid_from = text.partition("@")
                if at and name in Switch.values:
                    dated.append(Dated(name, setting(name, value), day(valid_from)))
                else:
                    values[name] = setting(name, text)
            with recording("manage.py account"):
                saved = save_account(options["key"], values, moment(options["now"]), report, dated)
        except AccountError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            content = {**AccountSerializer(saved.account).data, "created": saved.created, "changed": saved.changed}
            print_json(self.stdout, content)
        elif saved.created:
            self.stdout.write(f"{saved.account.key} created.")
        elif saved.changed:
            self.stdout.write(f"{saved.account.key} changed: {', '.join(saved.changed)}.")
        else:
            self.stdout.write(f"{saved.account.key} is as it was.")

    @staticmethod
    def _pair(pair: str) -> tuple[str, str]:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CommandError(f"“{pair}” is not NAME=VALUE.")
        return name.strip(), value.strip()
