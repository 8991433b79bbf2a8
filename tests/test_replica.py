"""Pages are read from a replica that is a moment behind; who has just written does not notice, nor do rights."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings as installed
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from config import replica
from kpis.models import Heartbeat
from sellers.marks import Mark
from sellers.models import Membership, SellerAccount
from tests.makers import NOW, make_account, make_order, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop() -> SellerAccount:
    account = make_account("shop")
    make_user("mia", account)
    make_order(account, "2026-01-05 10:00", external_id="o-first")
    Mark.objects.all().delete()
    return account


@pytest.fixture
def behind(shop: SellerAccount, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A replica that stands still from now on: a second database, copied from the test's own one."""
    name = f"{connection.settings_dict['NAME']}_copy"
    connection.close()  # a database that somebody uses cannot be copied
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{connection.settings_dict["NAME"]}"')
        connections.settings["replica"] = {**connections.settings["default"], "NAME": name}
        settings.DATABASE_ROUTERS = ["config.replica.Router"]
        monkeypatch.setattr(replica, "_silent_until", 0.0)
        connect(connections["replica"])
        yield
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def connect(other: BaseDatabaseWrapper) -> None:
    """By hand: Django's tests may not open databases that they did not name before."""
    with other.wrap_database_errors:
        other.connect()


@pytest.fixture
def mia(behind: None) -> Client:
    client = Client()
    client.login(username="mia", password="correct horse battery")
    return client


def waiting(client: Client, **headers: str) -> int:
    """How many days wait to be counted, as the health route says."""
    answer = client.get("/api/v1/health", headers=headers)
    assert answer.status_code == 200
    return int(answer.json()["marks_waiting"])


def write(account: SellerAccount) -> None:
    """A worker's write, which the replica of these tests never hears of."""
    Mark.objects.create(account=account, fact="orders", day=NOW.date())


def test_a_page_tells_what_the_replica_knows(mia: Client, shop: SellerAccount) -> None:
    write(shop)
    assert waiting(mia) == 0
    assert Mark.objects.count() == 1  # outside a request nothing is a moment behind


def test_who_has_just_written_sees_it(mia: Client, shop: SellerAccount) -> None:
    write(shop)
    mia.post("/language/", {"language": "en"})
    assert mia.cookies["wrote"]["max-age"] == 10
    assert waiting(mia) == 1
    del mia.cookies["wrote"]  # as the browser does after ten seconds
    assert waiting(mia) == 0


def test_who_asks_for_no_cache_is_given_the_newest(mia: Client, shop: SellerAccount) -> None:
    write(shop)
    assert waiting(mia, **{"Cache-Control": "no-cache"}) == 1


def test_access_that_is_taken_away_ends_at_once(mia: Client, shop: SellerAccount) -> None:
    assert mia.get("/accounts/shop/").status_code == 200
    Membership.objects.all().delete()
    assert mia.get("/accounts/shop/").status_code == 404


def test_signing_in_works_before_the_replica_knows_of_it(behind: None) -> None:
    client = Client()
    assert client.login(username="mia", password="correct horse battery")  # its session is on the primary alone
    assert client.get("/").status_code == 200


def test_a_file_is_read_from_the_replica_to_its_last_row(mia: Client, shop: SellerAccount) -> None:
    make_order(shop, "2026-01-06 10:00", external_id="o-second")
    address = "/accounts/shop/cancellation_rate/rows.csv?on=2026-01-08&part=against"
    behind_by_a_row = mia.get(address)
    text = b"".join(behind_by_a_row.streaming_content).decode()
    behind_by_a_row.close()
    assert ("o-first" in text, "o-second" in text) == (True, False)
    text = b"".join(mia.get(address, headers={"Cache-Control": "no-cache"}).streaming_content).decode()
    assert ("o-first" in text, "o-second" in text) == (True, True)


def test_what_a_transaction_has_changed_it_reads_itself(behind: None) -> None:
    replica._reads_replica.set(True)
    try:
        with transaction.atomic():
            Heartbeat.objects.create(name="mine", beat_at=NOW)
            assert Heartbeat.objects.filter(name="mine").exists()
        assert not Heartbeat.objects.filter(name="mine").exists()
    finally:
        replica._reads_replica.set(False)


def test_a_replica_that_is_away_leaves_its_work_to_the_primary(
    mia: Client, shop: SellerAccount, caplog: pytest.LogCaptureFixture
) -> None:
    write(shop)
    working = connections.settings["replica"]
    connections["replica"].close()
    del connections["replica"]
    connections.settings["replica"] = {**working, "HOST": "127.0.0.1", "PORT": "1"}
    connections["replica"].ensure_connection = lambda: connect(connections["replica"])
    assert waiting(mia) == 1
    assert caplog.text.count("The replica does not answer") == 1
    del connections["replica"]
    connections.settings["replica"] = working
    connect(connections["replica"])
    assert waiting(mia) == 1  # it is left alone for half a minute
    replica._silent_until = 0.0
    assert waiting(mia) == 0


@pytest.mark.parametrize(
    ("process", "address", "expected"),
    [
        ("web", "postgres://u@replica/d", "default replica"),
        ("worker", "postgres://u@replica/d", "default"),
        ("web", "", "default"),
    ],
)
def test_only_web_servers_use_one_and_only_where_it_is_named(process: str, address: str, expected: str) -> None:
    environment = {**os.environ, "PROCESS": process, "DATABASE_REPLICA_URL": address, "SECRET_KEY": "x"}
    program = "from config.settings import DATABASES; print(*sorted(DATABASES))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=installed.BASE_DIR, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == expected
