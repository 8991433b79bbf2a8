"""`manage.py sweep`: lapse and recount until nothing waits."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.freshness import freshness
from kpis.models import DayFailure
from kpis.sweep import sweep
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
        days = lapsed = 0
        while True:
            swept = sweep(now, accounts, report)
            days, lapsed = days + swept.days, lapsed + swept.lapsed
            if not (swept.days or swept.lapsed or swept.busy):
                break
            if swept.busy:
                time.sleep(BUSY_PAUSE_SECONDS)
        swept_accounts = list(SellerAccount.objects.all()) if accounts is None else accounts
        waiting = freshness(swept_accounts).waiting
        failed = DayFailure.objects.filter(account__in=swept_accounts).count()
        if options["json"]:
            print_json(self.stdout, {"days": days, "lapsed": lapsed, "waiting": waiting, "failed": failed})
        else:
            self.stdout.write(f"{days} days counted, {lapsed} deadlines passed, {waiting} marks wait.")
        if failed:
            raise CommandError(f"{failed} days could not be counted; the log says why.")
