"""Mailboxes and other connections, pulled at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intake.connectors.pulling import pull_due
from intake.models import StreamState
from sellers.command_line import add_now, moment


class Command(BaseCommand):
    help = "Pulls the connections whose time has come, or one of them at once; prints how each folder stands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connection", type=int, metavar="NUMBER", help="only this one, and at once")
        add_now(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        pulled = pull_due(now=moment(options["now"]), connection=options["connection"])
        self.stdout.write(f"{pulled} folders pulled")
        streams = StreamState.objects.select_related("connection")
        if options["connection"] is not None:
            streams = streams.filter(connection=options["connection"])
        for stream in streams:
            state = stream.error_code or ("ok" if stream.last_success_at else "not pulled yet")
            self.stdout.write(f"  {stream.connection_id} {stream.connection.name}, {stream.stream}: {state}")
