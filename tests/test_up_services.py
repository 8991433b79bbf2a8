"""The same product on PostgreSQL and Redis: only settings decide."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from tests.running import Program, Up, status, variables, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Collecting static files takes most of a first start; the second one finds them here."""
    return str(tmp_path_factory.mktemp("static") / "collected")


@pytest.fixture
def services(tmp_path: Path, static_root: str) -> Iterator[dict[str, str]]:
    """The environment of an installation with a database of its own on the servers of this test run."""
    server, name = os.environ["DATABASE_URL"], f"up_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    environment = variables(
        tmp_path / "data",
        STATIC_ROOT=static_root,
        DATABASE_URL=f"{server.rsplit('/', 1)[0]}/{name}",
        REDIS_URL=f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/7",
    )
    with redis.Redis.from_url(environment["REDIS_URL"]) as broker:
        broker.flushdb()  # no tick of an earlier test
    yield environment
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def heartbeats(environment: dict[str, str]) -> list[str]:
    """Whose last sign of life stands in the database; "worker" is the whole way from beat to database."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM kpis_heartbeat ORDER BY name DESC")]


def test_up_runs_on_postgresql_and_redis(services: dict[str, str]) -> None:
    with Up(Path(services["DATA_DIR"]), **services) as up:
        up.ready()
        assert status(f"{up.url}/user/login/") == 200
        wait_until(lambda: "worker" in heartbeats(services), lambda: up.output)  # the whole way
        assert status(f"{up.url}/readyz") == 200
        assert not (Path(services["DATA_DIR"]) / "db.sqlite3").exists()
        assert up.end() == 0
        assert up.survivors() == []


def test_worker_and_beat_run_apart(services: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=settings.BASE_DIR, env=services, check=True)
    before = set(Path(settings.BASE_DIR).iterdir())
    celery = ["-m", "celery", "--app", "config"]
    with (
        Program([*celery, "worker", "--concurrency", "1", "--hostname", "one@here"], services) as worker,
        Program([*celery, "beat", "--pidfile", ""], services) as beat,
    ):
        wait_until(lambda: heartbeats(services) == ["worker", "one@here"], lambda: worker.output + beat.output)
        assert beat.end(signal.SIGTERM) == -signal.SIGTERM
        assert worker.end(signal.SIGTERM) == 0
        assert worker.survivors() == []
        assert heartbeats(services) == ["worker"]  # the silence of one that stopped in order is no alarm
    assert {path.name for path in set(Path(settings.BASE_DIR).iterdir()) - before} <= {"__pycache__"}
