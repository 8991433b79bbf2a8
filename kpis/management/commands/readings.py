"""`manage.py readings`: what the API's route of that name gives."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kpis.api_serializers import ReadingSerializer
from kpis.command_line import add_known_on, known_moment
from kpis.published import as_known
from kpis.readings import Reading, readings
from sellers.command_line import account_named, add_json, day, print_json, print_table


class Command(BaseCommand):
    help = "Prints every metric of an account on a report day, the last day of a window without lag."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", required=True)
        parser.add_argument(
            "--on", metavar="DATE", required=True, help="the score of the week that starts on A is read on A - 1 day"
        )
        add_known_on(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        account, on = account_named(options["account"]), day(options["on"])
        known_at = known_moment(options["known_on"], account)
        if known_at is None:
            found = readings(account, on)
        else:
            published = as_known(account, on, known_at)
            found = [] if published is None else published.readings
        if options["json"]:
            print_json(self.stdout, ReadingSerializer(found, many=True, context={"now": timezone.now()}).data)
        else:
            print_table(self.stdout, [["metric", "value", "band", "n", "state", "window"], *map(_cells, found)])


def _cells(reading: Reading) -> list[str]:
    window = f"{reading.window.first} to {reading.window.last}"
    return [reading.metric.slug, reading.display, reading.band, str(reading.n), reading.state, window]
