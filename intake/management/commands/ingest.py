"""Files through the gate, at once and in front of the person who sends them."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError

from intake.imports import UnknownSource, run, store
from intake.models import ImportRun, RejectedRow
from intake.readers import READERS
from sellers.command_line import account_named, add_now, moment
from sellers.models import SellerAccount

ERRORS_SHOWN = 20


class Command(BaseCommand):
    help = "Takes files in, of any format that is known, and prints what became of their rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="+", help="files to take in")
        parser.add_argument("--account", required=True, metavar="KEY", help="the seller account they belong to")
        parser.add_argument("--format", metavar="NAME", help=f"instead of recognising it: {', '.join(READERS)}")
        add_now(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object for each file")

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_named(options["account"])
        now = moment(options["now"])
        failed = [path for path in options["path"] if not self._ingest(Path(path), account, now, options)]
        if failed:
            raise CommandError(f"Could not be read to the end: {', '.join(failed)}")

    def _ingest(self, path: Path, account: SellerAccount, now: datetime, options: dict[str, Any]) -> bool:
        """Take one file in and print its counts; False if it could not be read, or not to its end."""
        try:
            with path.open("rb") as stream:
                queued = store(account, path.name, stream, format=options["format"], reserve=True, now=now)
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}")
            return False
        except UnknownSource:
            raise CommandError(f"Unknown format {options['format']}. Known: {', '.join(READERS)}") from None
        try:
            done = run(queued.pk, now=now, worker=queued.worker, report=self._progress)
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"{path}: the database is busy or away ({error}); a worker goes on as soon as it can."
            ) from error
        self._end_progress()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(path, done)))
        else:
            self._print(path, done)
        return done.state == ImportRun.State.DONE

    def _print(self, path: Path, done: ImportRun) -> None:
        counts = done.counts()
        parts = ", ".join(f"{counts[name]} {name}" for name in counts if name != "received")
        self.stdout.write(f"{path} ({done.source or 'unknown format'}): {counts['received']} received = {parts}")
        for code, count in sorted(done.warnings.items()):
            self.stdout.write(f"  warning {code}: {count}")
        for error in _errors(done):
            place = f"{error['pointer']} {error['field']}".strip()
            self.stdout.write(f"  {place}: {error['code']}, {error['message']}")
        if done.error:
            self.stdout.write(f"  {done.error}")

    def _progress(self, current: ImportRun) -> None:
        if sys.stderr.isatty() or current.rows_done % 50_000 < 1000:
            end = "\r" if sys.stderr.isatty() else "\n"
            share = 100 * current.bytes_done // max(current.raw_item.size, 1)
            self.stderr.write(f"{current.name}: {current.rows_done:,} rows, {share} %", ending=end)
            self.stderr.flush()

    def _end_progress(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")


def _errors(done: ImportRun) -> list[dict[str, Any]]:
    rows = RejectedRow.objects.filter(raw_item=done.raw_item_id, state=RejectedRow.State.OPEN).order_by("pk")
    return [dict(row) for row in rows.values("pointer", "field", "code", "message", "external_id")[:ERRORS_SHOWN]]


def _as_json(path: Path, done: ImportRun) -> dict[str, Any]:
    return {
        "path": str(path),
        "import": done.pk,
        "format": done.source,
        "state": done.state,
        **done.counts(),
        "warnings": done.warnings,
        "errors": _errors(done),
        "error": done.error,
    }
