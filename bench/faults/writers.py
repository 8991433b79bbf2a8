"""Clients as integrations should be: they send a batch until it is acknowledged, and note every request."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults.records import RECORDS, batch

SENT_TWICE = 10  # each tenth batch is sent again under another batch ID, as by an integration that forgot it
TIMEOUT_SECONDS = 30.0
PAUSE_SECONDS = 0.2  # before a connection that was refused or cut is tried again


@dataclass(frozen=True)
class Request:
    """One request: when it began (seconds since the epoch), how long it took, what came of it ("200", "503")."""

    began: float
    seconds: float
    outcome: str
    writes: bool

    @property
    def ended(self) -> float:
        return self.began + self.seconds

    @property
    def failed(self) -> bool:
        return self.outcome != "200"


@dataclass
class Crew:
    """Some writers and a reader on one server. What was acknowledged is in `acknowledged`, and in the log at once."""

    url: str
    keys: list[str]  # a token for each writer, and one for the reader
    log: Path
    pace_seconds: float
    requests: list[Request] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    doubles: int = 0  # rows that a repeated delivery created
    on_answer: Callable[[], None] | None = None  # called once, right after the next acknowledgement
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._next = 0
        writers = [threading.Thread(target=self._guarded, args=[self._write, key]) for key in self.keys[:-1]]
        self._threads = [*writers, threading.Thread(target=self._guarded, args=[self._read, self.keys[-1]])]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each writer bring its batch to its end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def facts(self) -> int:
        return len(self.acknowledged) * RECORDS

    def _guarded(self, work: Callable[[str], None], key: str) -> None:
        try:
            work(key)
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    def _write(self, key: str) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            with self._lock:
                number, self._next = self._next, self._next + 1
            answer = self._deliver(key, json.dumps(batch(number)).encode())
            with self._lock:
                self.acknowledged.append(number)
                self.counts.update({name: answer[name] for name in ("received", "created", "quarantined")})
                with self.log.open("a") as log:
                    log.write(f"{number}\n")
                called, self.on_answer = self.on_answer, None
            if called is not None:
                called()
            if number % SENT_TWICE == 0:
                again = self._deliver(key, json.dumps(batch(number, "-again")).encode())
                with self._lock:
                    self.doubles += again["created"]
            self._stop.wait(max(0.0, self.pace_seconds - (time.monotonic() - began)))

    def _deliver(self, key: str, body: bytes) -> dict[str, int]:
        while True:
            outcome, wait, answer = self._ask("/api/v1/ingest", key, body)
            if outcome == "200":
                return dict(json.loads(answer))
            time.sleep(wait)

    def _read(self, key: str) -> None:
        """Ask for something that needs the database, twice a second; the limit of requests allows three."""
        while not self._stop.wait(0.5):
            self._ask("/api/v1/accounts", key)

    def _ask(self, path: str, key: str, body: bytes | None = None) -> tuple[str, float, bytes]:
        """What came of a request, after how many seconds to come again, and the answer."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        wait, answer = PAUSE_SECONDS, b""
        began = time.time()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.url + path, body, headers), timeout=TIMEOUT_SECONDS
            ) as got:
                outcome, answer = str(got.status), got.read()
        except urllib.error.HTTPError as error:
            outcome, wait = str(error.code), float(error.headers.get("Retry-After") or 1)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            outcome = f"cut ({type(reason).__name__})"
        self.requests.append(Request(began, time.time() - began, outcome, body is not None))
        return outcome, wait, answer
