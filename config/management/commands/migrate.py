"""`manage.py migrate`, and with it `prepare` and `up`: Django's, with a limit to how long it holds others up.

A change of a table waits until every reader of it has finished, and whoever comes meanwhile waits behind the change. On
PostgreSQL such a wait is broken off after a second, so that the readers behind it go on, and tried again.
"""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations import Migration

LOCK_SECONDS = 1
PAUSE_SECONDS = 2.0
ATTEMPTS = 60
LOCK_NOT_AVAILABLE = "55P03"


class Command(migrate.Command):
    """Each migration is a transaction and remembered, so a new attempt goes on at the one that had to wait."""

    def handle(self, *args: Any, **options: Any) -> None:
        self._database = options["database"]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                    raise
                self.stdout.write(f"A table is in use; trying again in {PAUSE_SECONDS:.0f} seconds ({attempt}).")
            finally:
                self._limit(None)
            time.sleep(PAUSE_SECONDS)
        raise CommandError(f"A table was in use at each of {ATTEMPTS} attempts; migrate again when it is quieter.")

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if action in ("apply_start", "unapply_start") and migration is not None:
            self._limit(migration)
        super().migration_progress_callback(action, migration, fake)

    def _limit(self, migration: Migration | None) -> None:
        """Before a migration: a second for locks, any time for its statements. After all: as it was opened.

        What is not atomic works beside the running product (CONCURRENTLY): nobody waits for it, and broken off it would
        leave half an index.
        """
        connection = connections[self._database]
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            if migration is None:
                cursor.execute("RESET lock_timeout; RESET statement_timeout")
            else:
                seconds = LOCK_SECONDS if migration.atomic else 0
                cursor.execute(f"SET lock_timeout = '{seconds}s'; SET statement_timeout = 0")
