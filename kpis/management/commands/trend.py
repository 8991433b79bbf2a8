"""`manage.py trend METRIC`: the published weeks of one metric, oldest first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.api_query import TrendQuery
from kpis.api_serializers import TrendPointSerializer
from kpis.command_line import add_known_on, known_moment, metric_named
from kpis.trends import TrendPoint, trend
from sellers.command_line import account_named, add_json, print_json, print_table


class Command(BaseCommand):
    help = "Prints the published weeks of one metric, each in its latest revision."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("metric", help="the metric's slug")
        parser.add_argument("--account", metavar="KEY", required=True)
        parser.add_argument("--weeks", metavar="N", default="52", help="how many weeks at most; default: 52")
        add_known_on(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        query = TrendQuery(data={"weeks": options["weeks"]})
        if not query.is_valid():
            raise CommandError(f"--weeks is a whole number from 1 to 520, not “{options['weeks']}”.")
        account, metric = account_named(options["account"]), metric_named(options["metric"])
        known_at = known_moment(options["known_on"], account)
        points = trend(account, metric, query.validated_data["weeks"], known_at=known_at)
        if options["json"]:
            print_json(self.stdout, TrendPointSerializer(points, many=True).data)
        else:
            print_table(self.stdout, [["week", "value", "band", "n", "state", "revision"], *map(_cells, points)])


def _cells(point: TrendPoint) -> list[str]:
    week = f"{point.starts_on} to {point.ends_on}"
    return [week, point.display, point.band, str(point.n), point.state, str(point.revision)]
