"""`manage.py sweep`: lapse and recount until nothing waits."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.freshness import freshness
from kpis.sweep import Swept, sweep
from sellers.command_line import account_named, add_json, add_now, moment, print_json
from sellers.models import SellerAccount

BUSY_PAUSE_SECONDS = 0.2  # another sweep holds an account for one short transaction at a time


class Command(BaseCommand):
    help = "Turns passed deadlines into rows and recounts every day that changed, until nothing waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", help="only this account")
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        accounts = [account_named(options["account"])] if options["account"] else None
        report = None if options["json"] else self.stdout.write
        done = Swept()
        while True:
            swept = sweep(now, accounts, report)
            done.lapsed, done.days = done.lapsed + swept.lapsed, done.days + swept.days
            done.failed = swept.failed
            if not (swept.days or swept.lapsed or swept.busy):
                break
            if swept.busy:
                time.sleep(BUSY_PAUSE_SECONDS)
        waiting = freshness(accounts or SellerAccount.objects.all()).waiting
        if options["json"]:
            print_json(
                self.stdout, {"days": done.days, "lapsed": done.lapsed, "failed": done.failed, "waiting": waiting}
            )
        else:
            self.stdout.write(f"{done.days} days counted, {done.lapsed} deadlines passed, {waiting} marks wait.")
        if done.failed or waiting:
            raise CommandError("Some days cannot be counted; the log says why, and the console names those set aside.")
