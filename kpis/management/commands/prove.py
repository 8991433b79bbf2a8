"""`manage.py prove`: an independent recount of stored day totals; exit code 1 where it found a difference."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.proof import DAYS, NIGHTS, prove_account
from sellers.command_line import account_named, add_json, add_now, moment, print_json
from sellers.models import SellerAccount


class Command(BaseCommand):
    help = (
        "Recounts stored day totals by an independent path. A difference is named, stored and healed; the exit code "
        "is then 1, also where it could be healed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="KEY", help="only this account")
        reach = parser.add_mutually_exclusive_group()
        reach.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"newest days to prove; default: {DAYS}")
        reach.add_argument("--all", action="store_true", help="prove every day there is")
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        if not 0 <= options["days"] <= 36_525:
            raise CommandError("--days is a number of days from 0 to 36525.")
        days = None if options["all"] else options["days"]
        accounts = [account_named(options["account"])] if options["account"] else SellerAccount.objects.order_by("id")
        results, differences, failed = [], [], []
        for account in accounts:
            proved = prove_account(account, now, days, NIGHTS)
            differences += proved.differences
            if proved.failed:
                failed.append(account.key)
                continue
            results.append(
                {
                    "account": account.key, "days": proved.days, "rows": proved.rows, "waiting": proved.waiting,
                    "differences": [_difference(one) for one in proved.differences],
                }
            )  # fmt: skip
            if not options["json"]:
                self.stdout.write(
                    f"{account.key}: {proved.days} days compared with {proved.rows} rows, {proved.waiting} wait."
                )
                for one in proved.differences:
                    self.stdout.write(f"  {one}")
        if options["json"]:
            print_json(self.stdout, {"accounts": results, "differences": len(differences), "failed": failed})
        else:
            self.stdout.write(f"{len(differences)} differences.")
        if failed:
            raise CommandError(f"The proof of {', '.join(failed)} did not come to its end; the log says why.")
        if differences:
            healed = sum(one.healed for one in differences)
            raise CommandError(f"{len(differences)} stored sums differed from their rows; {healed} are healed.")


def _difference(one: Any) -> dict[str, Any]:
    return {
        "fact": one.fact, "day": one.day, "part": one.part, "stored": one.stored, "counted": one.counted,
        "healed": one.healed,
    }  # fmt: skip
