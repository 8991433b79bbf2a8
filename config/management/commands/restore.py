"""`manage.py restore`: a backup into an empty database, compared row by row with what was saved."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config import backup


class Command(BaseCommand):
    help = "Loads a backup into the empty database of this installation and proves that every table is as it was."
    # The checks would look for tables that are about to come.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument(
            "--rehearse",
            action="store_true",
            help="load it into a scratch database instead, compare, and drop that again",
        )
        parser.add_argument(
            "--despite-missing-keys", action="store_true", help="go on although what is sealed cannot be read"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        store = backup.store_of(connection)
        connection.close()
        try:
            if options["rehearse"]:
                backup.rehearse(store, options["backup"], self.stdout.write)
                return
            backup.restore(
                store, options["backup"], self.stdout.write, despite_missing_keys=options["despite_missing_keys"]
            )
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "Restored. `manage.py prepare` brings it up to this version, `manage.py prove --all` recounts it."
        )
