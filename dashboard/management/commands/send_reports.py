"""`manage.py send_reports`: mails the weekly reports whose time has come."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dashboard.mailing.sending import send_reports
from sellers.command_line import add_json, add_now, moment, print_json


class Command(BaseCommand):
    help = "Mails the weekly reports that are due or were asked for; each subscription gets one of a week."

    def add_arguments(self, parser: CommandParser) -> None:
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        report = None if options["json"] else self.stdout.write
        done = send_reports(moment(options["now"]), report)
        if options["json"]:
            print_json(self.stdout, asdict(done))
        else:
            self.stdout.write(
                f"{done.sent} sent, {done.skipped} skipped, {done.failed} failed, {done.waiting} tried again later."
            )
