"""Looks at the database five times a second: how old the oldest mark is, and when the server came back."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Sample:
    """What was seen at a moment (seconds since the epoch). No age: the database did not answer."""

    at: float
    age_seconds: float | None
    marks: int = 0


class Watcher:
    def __init__(self, url: str) -> None:
        self.url = url
        self.samples: list[Sample] = []
        self.back_at: list[float] = []  # when the database answered again
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def wait_until(self, holds: Callable[[Sample], bool], seconds: float) -> bool:
        """Whether a new sample is like that within so many seconds."""
        end = time.monotonic() + seconds
        seen = len(self.samples)
        while time.monotonic() < end:
            if any(holds(sample) for sample in self.samples[seen:]):
                return True
            time.sleep(EVERY_SECONDS / 2)
        return False

    def _watch(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        was_up = True
        while not self._stop.wait(EVERY_SECONDS):
            at = time.time()
            try:
                if connection is None:
                    connection = psycopg.connect(
                        self.url, autocommit=True, connect_timeout=2, application_name="watcher",
                        options="-c statement_timeout=5000",
                    )  # fmt: skip
                row = connection.execute(
                    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(marked_at)), 0)::float, count(*) "
                    "FROM sellers_mark"
                ).fetchone()
            except psycopg.Error:
                if connection is not None:
                    connection.close()
                connection, was_up = None, False
                self.samples.append(Sample(at, None))
                continue
            if not was_up:
                self.back_at.append(at)
            was_up = True
            self.samples.append(Sample(at, *row))
        if connection is not None:
            connection.close()
