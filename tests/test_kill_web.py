"""The web server and the worker are killed (SIGKILL) while batches come in: what was answered is stored, once."""

import http.client
import json
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.running import PATIENCE_SECONDS, Up, variables, wait_until
from tests.test_kill import INSPECT

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("up")]

BATCHES, RECORDS, KILLS = 24, 100, 6


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Up]:
    with Up(tmp_path / "data") as up:
        yield up.ready()
        up.end()
        assert up.survivors() == []


def command(folder: Path, *words: str) -> str:
    arguments = [sys.executable, "manage.py", *words]
    where = {"cwd": settings.BASE_DIR, "env": variables(folder)}
    return subprocess.run(arguments, **where, capture_output=True, text=True, timeout=60, check=True).stdout


def batch(number: int) -> dict[str, object]:
    records = []
    for position in range(RECORDS // 2):
        name = f"{number}-{position}"
        moment = f"2026-03-{1 + number % 28:02}T10:{position:02}:00Z"
        records.append({
            "type": "message", "external_id": f"m{name}", "conversation_external_id": f"c{number % 7}-{position % 5}",
            "sent_at": moment, "author_kind": "buyer" if number % 2 else "agent",
            "direction": "inbound" if number % 2 else "outbound",
        })  # fmt: skip
        records.append({
            "type": "order", "external_id": f"o{name}", "placed_at": moment, "status": "shipped",
            "fulfilled_by": "merchant", "ship_by_at": "2026-03-31T10:00:00Z",
        })  # fmt: skip
    return {
        "schema": "1", "batch_id": f"batch-{number}", "account": "shop", "system": "x-test",
        "observed_at": "2026-04-01T10:00:00Z", "records": records,
    }  # fmt: skip


class Client:
    """Sends every batch until it is answered 200, as an integration does that must lose nothing."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.answers: list[dict[str, int]] = []

    def send_all(self) -> None:
        for number in range(BATCHES):
            self.answers.append(self.send(json.dumps(batch(number)).encode()))

    def send(self, body: bytes) -> dict[str, int]:
        deadline = time.monotonic() + 3 * PATIENCE_SECONDS
        while time.monotonic() < deadline:
            request = urllib.request.Request(
                f"{self.url}/api/v1/ingest", body,
                {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
            )  # fmt: skip
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                assert error.code in (409, 429, 503), error.read()
                time.sleep(float(error.headers["Retry-After"]))
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)  # the server died before or within its answer; its successor is about to listen
        raise AssertionError("no answer")


def test_what_was_answered_is_stored_once_and_every_day_is_right(running: Up, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command(folder, "account", "shop", "--platform", "other", "--zone", "Europe/Berlin")
    key = command(folder, "token", "loader", "--accounts", "shop", "--scopes", "read,ingest").split()[-1]
    client = Client(running.url, key)
    sending = threading.Thread(target=client.send_all, daemon=True)
    sending.start()
    chance = random.Random(11)
    for kill in range(KILLS):
        # By progress, not by the clock: on a quick machine all batches would be in before anything was killed.
        answered = kill * BATCHES // (KILLS + 1)
        wait_until(lambda enough=answered: len(client.answers) > enough, lambda: running.output)
        time.sleep(chance.uniform(0.0, 0.05))
        assert len(client.answers) < BATCHES
        running.child("gunicorn" if kill % 2 else "celery").kill()
    sending.join(4 * PATIENCE_SECONDS)
    assert len(client.answers) == BATCHES
    assert all(answer["received"] == RECORDS for answer in client.answers)
    assert sum(answer["created"] for answer in client.answers) == BATCHES * RECORDS

    wait_until(lambda: json.loads(command(folder, "sweep", "--json"))["waiting"] == 0, lambda: running.output)
    found = json.loads(command(folder, "shell", "--no-imports", "-c", INSPECT).splitlines()[-1])
    assert (found["wrong"], found["marks"]) == (0, 0)
    assert (found["rows"]["Message"], found["rows"]["Order"]) == (1200, 1200)
    printed = command(folder, "readings", "--account", "shop", "--on", "2026-03-31", "--json")
    count = {one["metric"]: one["n"] for one in json.loads(printed)}
    # By hand: batch 23 alone placed its 50 orders in the window from 24 to 30 March; none has a time of confirmation.
    assert (count["cancellation_rate"], count["late_shipment_rate"]) == (50, 0)
    # The 12 odd batches hold 50 messages of buyers each, from 2 to 24 March.
    assert count["late_response_rate"] == 600
