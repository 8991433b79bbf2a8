"""The running product is struck while facts come in: the short form of `script/faults`, on servers of its own."""

import os
import subprocess

import pytest
from django.conf import settings

from bench.faults.records import ACCOUNTS, ORDERS, QUESTIONS, RECORDS, batch, expected
from bench.faults.report import percentile, struck
from bench.faults.watch import Sample
from bench.faults.writers import Request
from bench.results import Figure


@pytest.mark.postgres
@pytest.mark.xdist_group("up")
def test_no_fault_loses_a_fact_or_counts_one_twice() -> None:
    plain = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [settings.BASE_DIR / "script" / "faults", "--short"], cwd=settings.BASE_DIR, env=plain,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    for promise in ("acknowledged and not stored: 0  [met]", "day totals that differ from the writers' log: 0  [met]"):
        assert promise in done.stdout


def test_a_batch_follows_from_its_number() -> None:
    assert batch(7) == batch(7)
    assert len(batch(7)["records"]) == RECORDS == ORDERS + 2 * QUESTIONS
    names = [record["external_id"] for number in range(20) for record in batch(number)["records"]]
    assert len(set(names)) == len(names)


def test_what_must_be_stored_is_counted_by_hand() -> None:
    # Batch 0 goes to the first account; its 100 orders and 50 questions fall on three days in turn: 34, 33, 33 and
    # 17, 17, 16.
    found = expected([0])
    assert {key for counts in found.values() for key, _day in counts} == {ACCOUNTS[0]}
    assert sorted(found["orders"].values()) == [33, 33, 34]
    assert sorted(found["contacts"].values()) == [16, 17, 17]


def test_recovery_lasts_until_the_last_failure_and_the_last_old_mark() -> None:
    requests = [
        Request(100.0, 0.1, "200", writes=True),
        Request(101.0, 0.5, "503", writes=True),
        Request(108.5, 1.0, "503", writes=True),  # under way when the next one struck: not this fault's
    ]
    samples = [Sample(101.0, None), Sample(103.0, 12.0, 3), Sample(104.0, 9.0, 2)]
    row = struck("x", (100.0, 102.0, 109.0), 90.0, requests, samples)
    assert (row.at_seconds, row.lasted_seconds, row.requests, row.failed) == (10.0, 2.0, 2, {"503": 1})
    assert (row.oldest_mark_seconds, row.recovery_seconds) == (12.0, 3.0)


def test_a_percentile_is_a_value_of_the_list() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([], 0.95) == 0.0


def test_a_missed_promise_of_none_has_a_verdict() -> None:
    assert Figure(name="lost", what="lost", value=3, target=0).verdict == "missed"
    assert Figure(name="lost", what="lost", value=0, target=0).verdict == "met"
