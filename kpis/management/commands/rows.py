"""`manage.py rows METRIC`: the rows behind a figure, all of them, as CSV or JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from kpis.api_serializers import row_json
from kpis.command_line import metric_named
from kpis.exports import rows_table
from kpis.files import csv_table
from kpis.metrics import Side
from kpis.rows import RowSet, rows
from sellers.command_line import account_named, add_json, day


class Command(BaseCommand):
    help = "Prints the rows behind a figure, newest first: CSV, or with --json a list of what the API's pages hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("metric", help="the metric's slug")
        parser.add_argument("--account", metavar="KEY", required=True)
        parser.add_argument("--on", metavar="DATE", required=True, help="the report day")
        parser.add_argument("--part", choices=[side.value for side in Side], default=Side.FOR.value)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_named(options["account"])
        on = day(options["on"])
        rowset = rows(account, metric_named(options["metric"]), on, Side(options["part"]))
        if options["json"]:
            self._json(rowset)
        else:
            for lines in csv_table(rows_table(rowset, on)):
                self.stdout.write(lines, ending="")

    def _json(self, rowset: RowSet) -> None:
        """One row a line inside a list, so that memory stays constant."""
        start = "["
        for row in rowset:
            text = json.dumps(row_json(rowset, row), cls=DjangoJSONEncoder, ensure_ascii=False)
            self.stdout.write(f"{start}\n{text}", ending="")
            start = ","
        self.stdout.write("[]" if start == "[" else "\n]")
