"""What a monitor is told: how the installation fares, the same from every web process; nobody else hears it."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from config.checks import metrics_token_is_long
from dashboard.models import Delivery, Subscription
from intake.models import ImportRun, RawItem, RejectedRow
from kpis import freshness, tasks
from kpis.models import DayFailure, Heartbeat, ProofDifference
from kpis.sweep import sweep
from sellers.marks import Mark
from tests.makers import NOW, at, make_account, make_order, make_user

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef01234567"
Sample = tuple[str, tuple[tuple[str, str], ...]]


def read(client: Client, **headers: str) -> dict[Sample, float]:
    """Each sample of the answer by its name and labels, read as Prometheus reads it, at NOW."""
    with time_machine.travel(NOW, tick=False):
        answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, tuple(one.labels.items())): one.value for family in families for one in family.samples}


def value(samples: dict[Sample, float], name: str, **labels: str) -> float:
    return samples[f"staygreen_{name}", tuple(labels.items())]


def test_an_empty_installation_waits_for_nothing(client: Client) -> None:
    samples = read(client)
    for name in ("marks_waiting", "oldest_mark_age_seconds", "days_set_aside", "proof_differences_open",
                 "rejected_rows_open", "import_lag_seconds", "delivery_lag_seconds"):  # fmt: skip
        assert value(samples, name) == 0, name
    assert not [name for name, _labels in samples if "heartbeat" in name or "beat_timestamp" in name]


def test_days_that_wait_are_told_with_the_age_of_the_oldest(client: Client) -> None:
    account = make_account()
    about = {"account": account, "fact": "orders"}
    for day, seconds in ((18, 30), (19, 90), (19, 20)):  # the 19th was written twice and waits once
        Mark.objects.create(**about, day=date(2026, 1, day), marked_at=NOW - timedelta(seconds=seconds))
    for day, attempts in ((1, 3), (2, 2)):  # the second one will be tried again
        DayFailure.objects.create(**about, day=date(2026, 1, day), attempts=attempts, failed_at=NOW)
    for healed_at in (None, NOW):
        ProofDifference.objects.create(**about, day=date(2026, 1, 3), part="n", found_at=NOW, healed_at=healed_at)
    samples = read(client)
    assert value(samples, "marks_waiting") == 2
    assert value(samples, "oldest_mark_age_seconds") == 90
    assert value(samples, "days_set_aside") == 1
    assert value(samples, "proof_differences_open") == 1


def test_imports_and_rejected_rows_are_told(client: Client) -> None:
    account = make_account()
    item = RawItem.objects.create(account=account, kind="file", name="a", received_at=NOW)
    for state, seconds in (("queued", 40), ("queued", 10), ("running", 300), ("done", 900)):
        ImportRun.objects.create(
            account=account, raw_item=item, state=state, created_at=NOW - timedelta(seconds=seconds)
        )
    for state in ("open", "resolved"):
        RejectedRow.objects.create(
            account=account, raw_item=item, pointer=state, row_text="x", code="bad_enum", state=state, created_at=NOW
        )
    samples = read(client)
    assert [value(samples, "imports", state=state) for state in ("checking", "queued", "running")] == [0, 2, 1]
    assert value(samples, "import_lag_seconds") == 40
    assert value(samples, "rejected_rows_open") == 1


def test_reports_are_told_by_state_with_how_long_the_oldest_is_overdue(client: Client) -> None:
    one = Subscription.objects.create(user=make_user(), time_zone="UTC")
    for week, state, minutes in ((4, "waiting", 5), (11, "waiting", -5), (18, "sent", 99)):
        Delivery.objects.create(
            subscription=one,
            week=date(2026, 1, week),
            state=state,
            due_at=NOW,
            try_at=NOW - timedelta(minutes=minutes),
            ended_at=NOW if state == "sent" else None,
        )
    samples = read(client)
    assert [value(samples, "deliveries", state=state) for state in ("waiting", "sent", "failed")] == [2, 1, 0]
    assert value(samples, "delivery_lag_seconds") == 300


def test_each_worker_is_told_with_its_last_sign_and_what_it_has_counted(client: Client) -> None:
    freshness.beat(NOW - timedelta(seconds=20))
    freshness.beat(NOW - timedelta(seconds=3), "celery@one")
    freshness.beat(NOW - timedelta(minutes=70), "celery@gone")
    freshness.note_counted("celery@one", 7)
    freshness.note_counted("celery@one", 5)
    freshness.beat(NOW, "celery@two")  # and forgets the one that was killed more than an hour ago
    samples = read(client)
    assert value(samples, "beat_timestamp_seconds") == NOW.timestamp() - 20
    assert value(samples, "worker_heartbeat_timestamp_seconds", worker="celery@one") == NOW.timestamp() - 3
    assert value(samples, "days_counted_total", worker="celery@one") == 12
    assert value(samples, "days_counted_total", worker="celery@two") == 0
    assert ("staygreen_days_counted_total", (("worker", "celery@gone"),)) not in samples
    freshness.leave("celery@one")
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"worker", "celery@two"}


def test_a_sweep_adds_its_days_to_the_worker_that_ran_it() -> None:
    account = make_account()
    make_order(account, "2026-01-05 10:00")
    freshness.beat(NOW)
    waiting = Mark.objects.values("fact", "day").distinct().count()
    assert waiting > 0
    tasks.sweep_chunk(account_ids=[account.id])  # called directly it has no host name of a worker
    assert Heartbeat.objects.get().days_counted == waiting
    assert sweep(at("2026-01-20 12:00")).days == 0


def test_the_number_of_queries_does_not_grow(client: Client, django_assert_num_queries: Any) -> None:
    with CaptureQueriesContext(connection) as few:
        read(client)
    for _ in range(5):
        account = make_account()
        make_order(account, "2026-01-05 10:00")
        freshness.beat(NOW, f"celery@{account.key}")
    with django_assert_num_queries(len(few)):
        read(client)


# --- Who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine_may_ask_while_there_is_no_token(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "proxies"),
    [
        ("10.0.0.7", {}, 0),
        ("", {}, 0),  # a UNIX socket: whoever stands before it is unknown
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 0),  # a proxy that nobody named
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 0),
        ("127.0.0.1", {}, 1),  # everybody comes from the proxy's address
    ],
)
def test_others_are_refused_and_the_log_says_what_to_do(
    client: Client, settings: Any, caplog: Any, address: str, headers: dict[str, str], proxies: int
) -> None:
    settings.TRUSTED_PROXIES = proxies
    answer = client.get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert answer.status_code == 403
    assert b"staygreen_" not in answer.content
    assert "set METRICS_TOKEN" in caplog.text


def test_with_a_token_everybody_needs_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    for offered in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"},
                    {"Authorization": "Bearer é"}):  # fmt: skip
        answer = client.get("/metrics", headers=offered)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), offered
    answer = client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code in (403, 405)


def test_a_short_token_stops_every_process(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN[:-1]
    assert [error.id for error in metrics_token_is_long(None)] == ["config.E012"]
    settings.METRICS_TOKEN = TOKEN
    assert metrics_token_is_long(None) == []


def test_a_silent_broker_is_told_and_costs_at_most_a_moment(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    samples = read(client)
    assert value(samples, "broker_up") == 0
    assert ("staygreen_broker_tasks", ()) not in samples
