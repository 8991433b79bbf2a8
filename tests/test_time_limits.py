"""PostgreSQL gives up where the settings say so: one bad query or a forgotten lock holds nobody for long."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import ConnectionHandler, DatabaseError, connection, transaction
from django.test import Client

from config import environment
from kpis.models import Heartbeat
from sellers.outage import Outage, outage
from sellers.patience import stream
from tests.makers import NOW, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def opened(process: str, **limits: int) -> ConnectionHandler:
    """Two connections as this kind of process opens them, with other limits in milliseconds where given."""
    described = environment.database("DATABASE_URL", "", process=process)
    described["NAME"] = connection.settings_dict["NAME"]  # the test's own database
    options: Any = described["OPTIONS"]
    options["options"] += "".join(f" -c {name}={value}" for name, value in limits.items())
    return ConnectionHandler({"default": described, "other": dict(described)})


@pytest.fixture
def hasty() -> Iterator[ConnectionHandler]:
    """Two connections of a web process that gives up after 0.3 seconds, and after 0.05 when it waits or idles."""
    handler = opened("web", statement_timeout=300, lock_timeout=50, idle_in_transaction_session_timeout=50)
    yield handler
    for one in handler.all():
        one.close()


def fails(one: Any, statement: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, one.cursor() as cursor:
        cursor.execute(statement)
    return caught.value


@pytest.mark.parametrize(("process", "expected"), [("web", ["15s", "3s", "30s"]), ("worker", ["5min", "1min", "1min"])])
def test_each_kind_of_process_opens_connections_with_its_limits(process: str, expected: list[str]) -> None:
    one = opened(process)["default"]
    with one.cursor() as cursor:
        found = []
        for name in LIMITS:
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    one.close()
    assert found == expected


def test_a_slow_statement_is_told_from_a_server_that_is_away(hasty: ConnectionHandler) -> None:
    assert outage(fails(hasty["default"], "SELECT pg_sleep(2)")) is Outage.SLOW


def test_who_waits_for_a_lock_gives_up_and_may_come_again(hasty: ConnectionHandler) -> None:
    Heartbeat.objects.create(name="held", beat_at=NOW)
    with transaction.atomic():
        Heartbeat.objects.select_for_update().get(name="held")
        assert outage(fails(hasty["default"], "UPDATE kpis_heartbeat SET days_counted = 1")) is Outage.AWAY


def test_a_transaction_left_open_frees_its_locks(hasty: ConnectionHandler) -> None:
    Heartbeat.objects.create(name="held", beat_at=NOW)
    one = hasty["default"]
    with one.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE kpis_heartbeat SET days_counted = 1")
    Heartbeat.objects.update(days_counted=2)  # waits until the server has ended the other session
    assert outage(fails(one, "SELECT 1")) is Outage.AWAY
    assert Heartbeat.objects.get().days_counted == 2


@pytest.mark.parametrize("path", ["/", "/api/v1/health"])
def test_a_page_that_takes_too_long_is_a_503_that_says_so(
    client: Client, hasty: ConnectionHandler, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client.force_login(make_user("mia"))
    client.raise_request_exception = False

    def slowly(*_args: Any) -> None:
        with hasty["default"].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(2)")

    # The page's own query is not slow in a test: it asks the database for a rest instead.
    monkeypatch.setattr("dashboard.views.visible_accounts", slowly)
    monkeypatch.setattr("kpis.api.health", slowly)
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "The database took too long" in answer.content.decode()


def test_a_file_may_take_longer_than_a_page_and_the_next_page_may_not() -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    before = limit()
    Heartbeat.objects.create(name="a", beat_at=NOW)
    Heartbeat.objects.create(name="b", beat_at=NOW)
    reading = stream(Heartbeat.objects.order_by("name"), 1)
    assert (next(reading).name, limit()) == ("a", "5min")
    reading.close()  # the reader has gone in the middle of the file
    assert limit() == before
    assert [beat.name for beat in stream(Heartbeat.objects.order_by("name"), 1)] == ["a", "b"]
    assert limit() == before
