"""Importing and counting are killed (SIGKILL) again and again: nothing is lost, nothing twice, no day is wrong."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config import keys
from intake.demo import generate

TODAY = date(2026, 4, 12)
CLOCK = "2026-04-12T12:00:00Z"
RECORDS = 6000

# Runs in a process of its own, in the database under test: which days differ from a fresh count, and how many rows.
INSPECT = """
import json
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import Claim, Feedback, Order, Shipment
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.test_stress import wrong_days
tables = (Conversation, Message, SurveyAnswer, Turn, Order, Shipment, Feedback, Claim)
print(json.dumps({
    "wrong": len(wrong_days(list(SellerAccount.objects.all()))),
    "marks": Mark.objects.count(),
    "rows": {model.__name__: model.objects.count() for model in tables},
}))
"""


class House:
    """One installation with a database of its own, driven by its commands."""

    def __init__(self, folder: Path, database_url: str) -> None:
        folder.mkdir()
        self.env = {
            **os.environ,
            "DATA_DIR": str(folder),
            "SECRET_KEY": keys.new_secret_key(),
            "RAW_KEYS": keys.new_raw_key(),
            "CONNECTION_KEYS": keys.new_raw_key(),
            "IDENTITY_KEY": keys.new_secret_key(),
            "DATABASE_URL": database_url,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR, env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def inspect(self) -> dict[str, object]:
        return json.loads(self.run("shell", "--no-imports", "-c", INSPECT).strip().splitlines()[-1])


@pytest.fixture
def houses(tmp_path: Path, django_db_setup: None) -> Iterator[tuple[House, House]]:
    """Two empty installations on the kind of database that the suite runs on."""
    names = [f"kill_{uuid.uuid4().hex[:12]}" for _number in range(2)]
    if connection.vendor != "postgresql":
        yield tuple(House(tmp_path / name, f"sqlite:///{tmp_path / name / 'db.sqlite3'}") for name in names)  # type: ignore[misc]
        return
    at = connection.settings_dict
    server = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST'] or '127.0.0.1'}:{at['PORT'] or 5432}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")
        try:
            yield tuple(House(tmp_path / name, f"{server}/{name}") for name in names)  # type: ignore[misc]
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_killed_imports_and_sweeps_end_with_the_figures_of_undisturbed_ones(
    houses: tuple[House, House], tmp_path: Path
) -> None:
    records = islice(generate(today=TODAY, accounts=["demo-us"], days=548), RECORDS)
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records))
    calm, disturbed = houses
    ingest = ("ingest", str(path), "--account", "demo-us", "--now", CLOCK)
    sweep = ("sweep", "--now", CLOCK)
    for house in houses:
        house.run("migrate", "--verbosity", "0")
        house.run("account", "demo-us", "--platform", "amazon", "--zone", "America/Los_Angeles")
    calm.run(*ingest)
    calm.run(*sweep)

    chance = random.Random(7)
    kills = 0
    for _round in range(5):
        busy = [disturbed.start(*ingest), disturbed.start(*sweep)]
        time.sleep(chance.uniform(1.2, 3.0))
        for process in busy:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.communicate()
    assert kills >= 3, "the processes were too fast to be killed: this test proves nothing"
    disturbed.run(*ingest)
    disturbed.run(*sweep)

    expected, found = calm.inspect(), disturbed.inspect()
    assert found == expected
    assert (found["wrong"], found["marks"]) == (0, 0)
    reading = ("readings", "--account", "demo-us", "--on", "2024-12-20", "--json")
    assert json.loads(disturbed.run(*reading)) == json.loads(calm.run(*reading))
