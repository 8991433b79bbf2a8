"""A database that is away or busy is a page or a problem that says when to come again; a wrong statement is a fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import ConnectionHandler, DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver

from sellers.outage import Outage, outage
from tests.makers import make_user

pytestmark = pytest.mark.django_db


def failure(connection: BaseDatabaseWrapper, statement: str) -> DatabaseError:
    """What the database really answers."""
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(statement)
    return caught.value


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[ConnectionHandler]:
    """Two connections to one file, neither of which waits for the other."""
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3"), "OPTIONS": {"timeout": 0}}
    handler = ConnectionHandler({"default": entry, "other": entry})
    yield handler
    for connection in handler.all():
        connection.close()


@pytest.fixture
def nowhere() -> Iterator[BaseDatabaseWrapper]:
    """A PostgreSQL that nobody runs."""
    entry = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "USER": "x", "HOST": "127.0.0.1", "PORT": "1"}
    handler = ConnectionHandler({"default": entry})
    yield handler["default"]


def test_a_server_that_is_not_there_is_an_outage(nowhere: BaseDatabaseWrapper) -> None:
    assert outage(failure(nowhere, "SELECT 1")) is Outage.AWAY


def test_a_locked_file_is_an_outage_and_a_missing_table_is_none(sqlite: ConnectionHandler) -> None:
    with sqlite["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE held (x)")
        cursor.execute("BEGIN EXCLUSIVE")
    assert outage(failure(sqlite["other"], "INSERT INTO held VALUES (1)")) is Outage.AWAY
    assert outage(failure(sqlite["default"], "SELECT x FROM nowhere")) is None


def test_a_fault_of_ours_is_no_outage() -> None:
    assert outage(ValueError("ours")) is None
    assert outage(None) is None


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html; charset=utf-8"), ("/api/v1/health", "application/problem+json")]
)
def test_while_the_database_is_away_an_address_says_when_to_come_again(
    path: str, kind: str, nowhere: BaseDatabaseWrapper
) -> None:
    request = HttpRequest()
    request.path = path
    fail = get_resolver().resolve_error_handler(500)
    try:
        nowhere.ensure_connection()
    except DatabaseError:
        answer = fail(request)
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, kind, "5")


def test_a_page_whose_database_goes_away_is_the_products_own(
    client: Client, nowhere: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(make_user("mia"))
    client.raise_request_exception = False
    # The database cannot be taken away from under a test: the page asks another one.
    monkeypatch.setattr("dashboard.views.visible_accounts", lambda _request: nowhere.ensure_connection())
    answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Load again" in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("schema_seen", [True, False])
def test_a_web_server_without_its_database_is_alive_and_not_ready(
    client: Client, nowhere: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch, schema_seen: bool
) -> None:
    monkeypatch.setattr("config.health.connection", nowhere)
    monkeypatch.setattr("config.health._schema_is_current", schema_seen)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Retry-After"], answer.content) == (503, "10", b"not ready\n")
