"""Several web servers and workers on one PostgreSQL and Redis, started with the commands of deploy/systemd.

Nothing is done twice, no day is wrong, every process gives the same answers, and nothing is left running.
"""

import json
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from django.conf import settings

from tests.running import PATIENCE_SECONDS, Program, status, wait_until
from tests.test_deployment import unit
from tests.test_kill_web import BATCHES, RECORDS, Client, batch
from tests.test_up_services import services, static_root

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("up")]

__all__ = ["services", "static_root"]  # fixtures
MAKE_ACCOUNTS = f"""
from sellers.models import SellerAccount
for number in range({BATCHES}):
    SellerAccount.objects.create(key=f"shop-{{number}}", name="Shop", platform="other", time_zone="Europe/Berlin")
"""


class Sender(Client):
    """Sends every batch to one web server, in its own order; batch 5 is for the account shop-5."""

    def __init__(self, url: str, key: str, numbers: list[int]) -> None:
        super().__init__(url, key)
        self.numbers = numbers
        self.found: dict[int, dict[str, int]] = {}

    def send_all(self) -> None:
        for number in self.numbers:
            body = json.dumps({**batch(number), "account": f"shop-{number}"})
            self.found[number] = self.send(body.encode())

    def ask(self, path: str) -> object:
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


def command(environment: dict[str, str], *words: str) -> str:
    arguments = [sys.executable, "manage.py", *words]
    where = {"cwd": settings.BASE_DIR, "env": environment}
    return subprocess.run(arguments, **where, capture_output=True, text=True, timeout=300, check=True).stdout


def started(name: str, instance: str, environment: dict[str, str]) -> Program:
    """A process of this unit, as systemd would start it, with the same program of the Python that runs the tests."""
    (line,) = unit(f"staygreen-{name}.service")["ExecStart"]
    program, *words = shlex.split(line.replace("%i", instance).replace("%H", "here"))
    return Program(["-m", program.rsplit("/", 1)[-1], *words], environment)


def free_ports(count: int) -> list[str]:
    with ExitStack() as stack:
        doors = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [str(door.getsockname()[1]) for door in doors]


def one_number(environment: dict[str, str], query: str) -> int:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def house(services: dict[str, str]) -> Iterator[tuple[list[str], list[Program]]]:
    """The addresses of two web servers, and all five processes; afterwards each has ended when asked to."""
    command(services, "prepare", "--without-static")
    ports = free_ports(2)
    with ExitStack() as stack:
        processes = [stack.enter_context(started("web@", port, {**services, "PORT": port})) for port in ports]
        processes += [stack.enter_context(started("worker@", number, services)) for number in "12"]
        processes += [stack.enter_context(started("beat", "", services))]
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url, process in zip(urls, processes, strict=False):
            wait_until(lambda url=url: answers(url), lambda process=process: process.output)
        yield urls, processes
        for process in processes:
            process.children()
        for process in reversed(processes):
            assert process.end(signal.SIGTERM) in (0, -signal.SIGTERM), process.output
        assert [process.survivors() for process in processes] == [[]] * 5


def answers(url: str) -> bool:
    try:
        return status(f"{url}/readyz") == 200
    except OSError:
        return False


def test_two_of_each_do_the_work_once_and_right(
    services: dict[str, str], house: tuple[list[str], list[Program]]
) -> None:
    urls, processes = house
    said = lambda: "\n".join(process.output for process in processes)  # noqa: E731
    command(services, "shell", "--no-imports", "-c", MAKE_ACCOUNTS)
    keys = [f"shop-{number}" for number in range(BATCHES)]
    key = command(services, "token", "loader", "--accounts", ",".join(keys), "--scopes", "read,ingest").split()[-1]

    # Both web servers get every batch at about the same time, one from the first on, the other from the last on.
    senders = [Sender(urls[0], key, list(range(BATCHES))), Sender(urls[1], key, list(reversed(range(BATCHES))))]
    threads = [threading.Thread(target=sender.send_all, daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * PATIENCE_SECONDS)
    assert len(senders[0].found) == BATCHES, said()
    assert senders[0].found == senders[1].found  # the first answer is kept and given again
    assert sum(answer["created"] for answer in senders[0].found.values()) == BATCHES * RECORDS

    waiting = "SELECT count(*) FROM sellers_mark"
    wait_until(lambda: one_number(services, waiting) == 0, said)
    workers = "FROM kpis_heartbeat WHERE name IN ('1@here', '2@here')"
    assert one_number(services, f"SELECT count(*) {workers}") == 2

    # Every day marked anew, in one transaction: each is counted once, by whichever worker.
    counted = f"SELECT sum(days_counted) {workers}"
    time.sleep(1)  # a worker notes what it has counted right after the last mark is gone
    before = one_number(services, counted)
    with psycopg.connect(services["DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO sellers_mark (account_id, fact, day) SELECT account_id, fact, day FROM kpis_daytotal"
        )
    days = one_number(services, "SELECT count(*) FROM kpis_daytotal")
    wait_until(lambda: one_number(services, waiting) == 0, said)
    wait_until(lambda: one_number(services, counted) - before >= days, said)
    assert one_number(services, counted) - before == days

    proved = json.loads(command(services, "prove", "--all", "--json"))
    assert proved["differences"] == 0
    assert sum(account["waiting"] for account in proved["accounts"]) == 0
    assert sum(account["days"] for account in proved["accounts"]) >= days

    path = "/api/v1/accounts/shop-23/readings?on=2026-03-31"
    first, second = (sender.ask(path) for sender in senders)
    assert first == second
    printed = command(services, "readings", "--account", "shop-23", "--on", "2026-03-31", "--json")
    count = {one["metric"]: one["n"] for one in json.loads(printed)}
    # By hand: batch 23 placed 50 orders on 24 March, and its 50 messages of buyers came the same day.
    assert (count["cancellation_rate"], count["late_response_rate"]) == (50, 50)
