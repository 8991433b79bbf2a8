"""`manage.py demo`: the sample accounts, in or out."""

import sys
import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.sample import count_and_publish
from intake.demo.accounts import PROFILES
from intake.demo.load import SampleError, choose, load
from intake.demo.remove import remove
from intake.models import ImportRun
from sellers.command_line import add_json, add_now, day, moment, print_json


class Command(BaseCommand):
    help = (
        "Loads twelve sample accounts with thirteen months of data through the gate, and counts them; or removes them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take the sample accounts and all their data out")
        parser.add_argument("--today", metavar="DATE", help="the last day of the data; default: today, to this hour")
        parser.add_argument("--scale", type=float, metavar="F", help="how much happens: 0.1 is a tenth; default: 1")
        add_now(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        self.json = options["json"]
        if options["remove"]:
            self._done({"accounts_removed": remove(self._say)}, started)
            return
        if options["scale"] is not None and not 0 < options["scale"] <= 10:
            raise CommandError("--scale is a number above 0 and not above 10.")
        now = moment(options["now"])
        today = None if options["today"] is None else day(options["today"])
        try:
            told = choose(now=now, today=today, scale=options["scale"])
            runs = load(told, now=now, report=self._progress)
        except SampleError as error:
            raise CommandError(str(error)) from None
        if runs:
            self._end_progress()
        else:
            self._say(f"The sample accounts are already there, up to {told.until:%Y-%m-%d %H:%M} UTC.")
        published = count_and_publish(told, now, self._say, self._progress)
        counts = sum((Counter(run.counts()) for run in runs), Counter())
        summary = {"accounts": len(PROFILES), **{name: counts[name] for name in ImportRun.NAMES}, **published}
        self._done(summary, started)

    def _progress(self, current: ImportRun) -> None:
        share = 100 * current.bytes_done // max(current.raw_item.size, 1)
        line = f"{current.account.key}: {current.rows_done:,} records, {share} %"
        if sys.stderr.isatty():
            self.stderr.write(f"{line:<60}", ending="\r")
            self.stderr.flush()
        elif current.bytes_done >= current.raw_item.size:
            self.stderr.write(line)

    def _end_progress(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")

    def _say(self, line: str) -> None:
        self.stderr.write(line)

    def _done(self, summary: dict[str, int], started: float) -> None:
        if self.json:
            print_json(self.stdout, summary)
            return
        for name, count in summary.items():
            self.stdout.write(f"{count:>9,} {name.replace('_', ' ')}")
        self.stdout.write(f"Done in {time.monotonic() - started:.0f} seconds.")
