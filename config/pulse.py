"""A sign of life from each worker process, by its own name, for as long as it takes work.

The heartbeat task proves the whole way from the beat to the database, but any worker may run it. Here each worker
speaks for itself: from its own loop, so that one that hangs or has lost its broker falls silent.
"""

import logging
from pathlib import Path
from typing import Any

from celery import bootsteps
from django.db import DatabaseError, connection
from django.utils import timezone

from config import environment

logger = logging.getLogger(__name__)

EVERY_SECONDS = 10.0


def touch_file() -> None:
    """Renew PULSE_FILE, whose age tells a container's health check whether this loop still turns."""
    if path := environment.text("PULSE_FILE"):
        Path(path).touch()


class Pulse(bootsteps.StartStopStep):
    """Renews the worker's heartbeat row; a worker that stops in order takes its row with it."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def start(self, parent: Any) -> None:
        self._beat(parent.hostname)
        parent.timer.call_repeatedly(EVERY_SECONDS, self._beat, args=[parent.hostname])

    def stop(self, parent: Any) -> None:
        self._say(parent.hostname, alive=False)

    def _beat(self, name: str) -> None:
        touch_file()
        self._say(name, alive=True)

    def _say(self, name: str, *, alive: bool) -> None:
        from kpis import freshness  # needs the apps, which are loaded by now

        try:
            if alive:
                freshness.beat(timezone.now(), name)
            else:
                freshness.leave(name)
        except DatabaseError as error:
            logger.warning("No sign of life could be written: %s", type(error).__name__)
        finally:
            connection.close()  # the pool's processes are forked from this one and must not inherit it
