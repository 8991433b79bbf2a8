"""`manage.py week_report`: a week's report as it was issued, byte for byte."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.command_line import add_known_on, known_moment
from kpis.published import as_known
from kpis.week_document import as_csv, as_json
from sellers.command_line import account_named, day


class Command(BaseCommand):
    help = "Prints the report of the newest week that ends on or before a day, as it was issued."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", required=True)
        parser.add_argument("--on", metavar="DATE", required=True, help="the last day of the week, or a later one")
        add_known_on(parser)
        parser.add_argument("--csv", action="store_true", help="a table instead of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_named(options["account"])
        published = as_known(account, day(options["on"]), known_moment(options["known_on"], account))
        if published is None:
            raise CommandError("No week up to that day was published by then.")
        document = as_csv(published.report) if options["csv"] else as_json(published.report)
        self.stdout.write(document.decode(), ending="")
