"""`manage.py run_imports`: looks at the files that wait, and takes in what is queued."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intake import checks, imports, retry
from sellers.command_line import add_json, add_now, moment, print_json

TURN_SECONDS = 30.0  # after which files and rows give each other way


class Command(BaseCommand):
    help = "Looks at the files that wait for it, takes in what is queued and tries rows again, until nothing waits."

    def add_arguments(self, parser: CommandParser) -> None:
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        done: Counter[str] = Counter(looked=0, turns=0, retried=0)
        while True:
            round_ = Counter(
                looked=checks.check_open(now=now),
                turns=imports.run_open(now=now, seconds=TURN_SECONDS),
                retried=retry.retry_asked(now=now, seconds=TURN_SECONDS),
            )
            if not round_.total():
                break
            done.update(round_)
        if options["json"]:
            print_json(self.stdout, done)
        else:
            counts = f"{done['turns']} turns of imports, {done['retried']} rows tried again."
            self.stdout.write(f"{done['looked']} files looked at, {counts}")
