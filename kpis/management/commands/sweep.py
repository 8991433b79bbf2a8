"""`manage.py sweep`: lapse and recount until nothing waits."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.attempts import again, failures_of
from kpis.failures import AccountFailure, DayFailure
from kpis.freshness import freshness
from kpis.sweep import sweep
from sellers.command_line import account_named, add_json, add_now, moment, print_json
from sellers.models import SellerAccount

BUSY_PAUSE_SECONDS = 0.2  # another sweep holds an account for one short transaction at a time


class Command(BaseCommand):
    help = "Turns passed deadlines into rows and recounts every day that changed, until nothing waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", help="only this account")
        parser.add_argument(
            "--again", metavar="REASON", help="first have what is set aside tried again, for this reason"
        )
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        accounts = [account_named(options["account"])] if options["account"] else None
        swept_accounts = list(SellerAccount.objects.all()) if accounts is None else accounts
        if options["again"]:
            again(swept_accounts, options["again"])
        report = None if options["json"] else self.stdout.write
        days = lapsed = 0
        while True:
            swept = sweep(now, accounts, report)
            days, lapsed = days + swept.days, lapsed + swept.lapsed
            if not (swept.days or swept.lapsed or swept.busy):
                break
            if swept.busy:
                time.sleep(BUSY_PAUSE_SECONDS)
        waiting = freshness(swept_accounts).waiting
        failures = failures_of(swept_accounts)
        if options["json"]:
            counts = {"days": days, "lapsed": lapsed, "waiting": waiting, "failed": len(failures)}
            print_json(self.stdout, counts | {"failures": [_failure(one) for one in failures]})
        else:
            self.stdout.write(f"{days} days counted, {lapsed} deadlines passed, {waiting} marks wait.")
            for one in failures:
                self.stdout.write("  {account} {work}: {attempts} attempts; {error}".format(**_failure(one)))
        if failures:
            raise CommandError(f"{len(failures)} pieces of work failed; others were not held up by them.")


def _failure(one: DayFailure | AccountFailure) -> dict[str, str | int]:
    return {
        "account": one.account.key,
        "work": f"{one.fact} {one.day}" if isinstance(one, DayFailure) else one.work,
        "attempts": one.attempts,
        "error": one.error or "the process ended over it",
    }
