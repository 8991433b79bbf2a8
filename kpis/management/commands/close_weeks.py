"""`manage.py close_weeks`: publishes every week that is over."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kpis.weeks import close_weeks
from sellers.command_line import account_named, add_json, add_now, moment, print_json


class Command(BaseCommand):
    help = "Publishes every week that is over in its account's zone, and revises those whose days were recounted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", help="only this account")
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [account_named(options["account"])] if options["account"] else None
        report = None if options["json"] else self.stdout.write
        done = close_weeks(moment(options["now"]), accounts, report)
        if options["json"]:
            print_json(self.stdout, asdict(done))
        else:
            self.stdout.write(f"{done.closed} weeks closed, {done.revised} revised.")
