"""`manage.py backup`: the whole database into a folder, while everything goes on."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from config import backup


class Command(BaseCommand):
    help = "Writes a backup of the database into FOLDER and tells what it holds; keys are not in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--keep", type=int, metavar="N", help="then delete the oldest backups there but the newest N"
        )
        parser.add_argument("--rehearse", action="store_true", help="then load it into a scratch database and compare")
        parser.add_argument("--json", action="store_true", help="print one object instead of sentences")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep takes 1 or more.")
        say = self.stderr.write if options["json"] else self.stdout.write
        store = backup.store_of(connection)
        try:
            place = backup.make(store, options["folder"], timezone.now(), say)
            if options["rehearse"]:
                backup.rehearse(store, place, say)
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        old = backup.prune(options["folder"], options["keep"], say) if options["keep"] else []
        if options["json"]:
            told = {"backup": str(place), "rehearsed": options["rehearse"], "deleted": [str(one) for one in old]}
            self.stdout.write(json.dumps(told))
