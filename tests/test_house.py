"""The house stands as the architecture page draws it: imports point one way, and bad settings stop it in a sentence."""

import ast
import gc
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import checks, environment, garbage, health, keys
from config.celery import app as celery_app
from config.logs import OneLineFormatter
from sellers.models import User
from tests.makers import make_user
from tests.running import variables

ROOT = Path(settings.BASE_DIR)

# --- Arrows --------------------------------------------------------------------------------------------------------

MAY_IMPORT = {
    "sellers": set(),
    "messaging": {"sellers"},
    "orders": {"sellers"},
    "intake": {"messaging", "orders", "sellers"},
    "kpis": {"messaging", "orders", "sellers"},
    "dashboard": {"kpis", "intake", "messaging", "orders", "sellers"},
    "config": {"dashboard", "kpis", "intake", "messaging", "orders", "sellers"},
}
# Inside kpis a higher rank uses what a lower one offers; catalogue and engine share a rank and do not know each other.
KPIS_RANKS = {
    "units": 0, "failures": 0, "targets": 1, "metrics": 2, "models": 2, "catalogue": 3, "engine": 3, "from_rows": 3,
}  # fmt: skip
KPIS_FUNCTIONS = 4  # readings, rows, sweep, weeks, ...: anything that is neither foundation nor door
KPIS_DOORS = 5
KPIS_DOOR_NAMES = ("admin", "api", "exports", "reports", "tasks", "management", "urls")


def imported(module: str, source: str) -> Iterator[str]:
    """Dotted names that a module's source imports, at any depth, relative ones resolved."""
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def kpis_rank(name: str) -> int:
    if name.startswith(KPIS_DOOR_NAMES):
        return KPIS_DOORS
    return KPIS_RANKS.get(name, KPIS_FUNCTIONS)


def wrong_arrows(module: str, source: str) -> list[str]:
    """What the source of `module` imports although the architecture does not let it."""
    room, *inner = module.split(".")
    here = inner[0] if inner else ""
    found = []
    for target in imported(module, source):
        there, *rest = target.split(".")
        if there not in MAY_IMPORT:
            continue
        if there != room:
            forbidden = there not in MAY_IMPORT[room] or (
                room == "kpis" and there in {"messaging", "orders"} and here != "catalogue"
            )
        else:
            name = rest[0] if rest else ""
            low, high = kpis_rank(name), kpis_rank(here)
            forbidden = room == "kpis" and name != here and (low > high or low == high < KPIS_FUNCTIONS)
        if forbidden:
            found.append(f"{module} imports {target}")
    return found


def sources() -> Iterator[tuple[str, str]]:
    for room in MAY_IMPORT:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                yield ".".join(parts), path.read_text()


def test_imports_point_one_way() -> None:
    assert [arrow for module, source in sources() for arrow in wrong_arrows(module, source)] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sellers.models", "from messaging.models import Turn"),
        ("messaging.turns", "import orders.models"),
        ("orders.models", "from kpis import engine"),
        ("intake.gate", "from kpis.sweep import sweep"),
        ("kpis.readings", "from intake.gate import ingest"),
        ("kpis.engine", "from messaging.models import Turn"),
        ("kpis.engine", "from kpis.catalogue import METRICS"),
        ("kpis.from_rows", "from kpis.catalogue import METRICS"),
        ("kpis.engine", "from kpis import catalogue"),
        ("kpis.engine", "from . import catalogue"),
        ("kpis.catalogue.facts", "from ..engine import recount"),
        ("kpis.units", "def late():\n    from kpis.metrics import Metric"),
        ("kpis.metrics", "from kpis.models import DayTotal"),
        ("kpis.readings", "from kpis.api_views import Readings"),
        ("kpis.tasks", "from dashboard.views import account"),
        ("dashboard.views", "from config.settings import DATA_DIR"),
    ],
)
def test_a_wrong_arrow_is_found(module: str, source: str) -> None:
    assert len(wrong_arrows(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("kpis.catalogue.facts", "from messaging.models import Turn"),
        ("kpis.readings", "from kpis import catalogue, engine"),
        ("kpis.catalogue", "from kpis.catalogue.facts import turns"),
        ("kpis.management.commands.sweep", "from kpis.sweep import sweep"),
        ("dashboard.views", "from kpis.readings import readings"),
        ("config.urls", "import sellers.models"),
        ("sellers.models", "import datetime, django.db"),
    ],
)
def test_a_right_arrow_is_let_through(module: str, source: str) -> None:
    assert wrong_arrows(module, source) == []


# --- Settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (lambda: environment.flag("X"), "maybe", "X must be true or false"),
        (lambda: environment.whole_number("X", 1, low=0, high=9), "ten", "X must be a whole number from 0 to 9"),
        (lambda: environment.whole_number("X", 1, low=0, high=9), "10", "X must be a whole number from 0 to 9"),
        (lambda: environment.web_address("X", ""), "kpi.example.com", "X must look like https://"),
        (lambda: environment.web_address("X", ""), "https://kpi.example.com/path", "X must look like https://"),
        (lambda: environment.web_address("X", ""), "https://kpi.example.com:port", "X must look like https://"),
        (lambda: environment.redis_url("X"), "amqp://host", "X must begin with redis://"),
        (lambda: environment.database("X", "", process="web"), "mysql://host/db", "X must be postgres://"),
        (lambda: environment.email("X"), "mail.example.com", "X must look like smtp"),
    ],
)
def test_a_variable_that_is_not_understood_is_named(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], value: str, words: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=words):
        read()


def run_manage(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "manage.py", *arguments], data_dir, **more)


def run(command: list[str], data_dir: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=variables(data_dir, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_command_stops_in_one_sentence_on_a_bad_setting(tmp_path: Path) -> None:
    answer = run_manage(tmp_path, "check", DEBUG="perhaps")
    assert answer.returncode == 1
    assert answer.stderr == "Staygreen is not set up right: DEBUG must be true or false, not “perhaps”.\n"


@pytest.mark.parametrize("command", ["runserver --noreload 127.0.0.1:0", "sweep", "check --deploy"])
def test_without_keys_nothing_is_served_or_stored(tmp_path: Path, command: str) -> None:
    answer = run_manage(tmp_path, *command.split())
    assert answer.returncode == 1
    assert "There is no SECRET_KEY." in answer.stderr
    assert "There is no key to seal raw items with." in answer.stderr
    assert "There is no key to seal the secrets of connections with." in answer.stderr
    assert "There is no IDENTITY_KEY" in answer.stderr


@pytest.mark.parametrize(
    "begin",
    [
        "import config.gunicorn; config.gunicorn.when_ready(None)",
        "from celery.signals import worker_init; import config.celery; worker_init.send(None)",
    ],
)
def test_servers_and_workers_keep_what_they_have_loaded_out_of_collections(tmp_path: Path, begin: str) -> None:
    secrets = {"SECRET_KEY": keys.new_secret_key(), "IDENTITY_KEY": keys.new_secret_key()}
    sealing = {"RAW_KEYS": keys.new_raw_key(), "CONNECTION_KEYS": keys.new_raw_key()}
    code = f"import config.wsgi; {begin}; import gc; print(gc.get_freeze_count() > 100_000)"
    answer = run([sys.executable, "-c", code], tmp_path, **secrets, **sealing)
    assert answer.stdout == "True\n", answer.stderr


def test_without_keys_code_can_still_be_checked(tmp_path: Path) -> None:
    assert run_manage(tmp_path, "check").returncode == 0


def test_made_keys_are_random_private_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)  # a caller's own keys would go before the files
    monkeypatch.delenv("RAW_KEYS", raising=False)
    monkeypatch.delenv("CONNECTION_KEYS", raising=False)
    monkeypatch.delenv("IDENTITY_KEY", raising=False)
    keys.make_missing(tmp_path)
    secret, raw, identity = keys.secret_key(tmp_path), keys.raw_keys(tmp_path), keys.identity_key(tmp_path)
    keys.make_missing(tmp_path)
    assert (keys.secret_key(tmp_path), keys.raw_keys(tmp_path), keys.identity_key(tmp_path)) == (secret, raw, identity)
    assert len(secret) >= 50
    assert len(identity) >= 50
    assert secret != identity
    assert Fernet(raw[0])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_keys_of_the_environment_go_before_those_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.make_missing(tmp_path)
    monkeypatch.setenv("RAW_KEYS", "newest, older")
    assert keys.raw_keys(tmp_path) == ["newest", "older"]


def test_sqlite_is_opened_so_that_writers_wait_for_each_other() -> None:
    options: Any = environment.database("UNSET", "sqlite:////tmp/x.sqlite3", process="web")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_sqlite_walks_no_list_in_memory_for_each_row_of_a_long_savepoint() -> None:
    options: Any = environment.database("UNSET", "sqlite:////tmp/x.sqlite3", process="worker")["OPTIONS"]
    assert "temp_store" not in options["init_command"]  # the reason is at `environment.database`


def test_postgresql_gives_up_early_for_the_web_and_the_operator_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("X", "postgres://u:p@h:5433/d?options=-c statement_timeout=0")
    described: Any = environment.database("X", "", process="web")
    assert (described["HOST"], described["PORT"], described["NAME"]) == ("h", 5433, "d")
    assert described["CONN_HEALTH_CHECKS"] is True
    options: str = described["OPTIONS"]["options"]
    assert "statement_timeout=15000" in options
    assert options.endswith("-c statement_timeout=0")


def test_python_seldom_looks_for_rings_in_what_an_import_has_in_memory() -> None:
    assert gc.get_threshold()[0] == garbage.LOOK_AFTER


# --- Checks --------------------------------------------------------------------------------------------------------


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_a_raw_key_that_is_none_is_an_error(settings: Any) -> None:
    settings.RAW_KEYS = [keys.new_raw_key(), "not-a-key"]
    found = checks.raw_keys_are_valid(None)
    assert ids(found) == ["config.E003"]
    assert "Key 2" in found[0].msg


def test_a_data_folder_under_a_file_is_an_error(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "data"
    assert ids(checks.data_dir_is_writable(None)) == ["config.E004"]


def test_sqlite_with_redis_is_a_warning(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    settings.REDIS_URL = "redis://localhost"
    assert ids(checks.database_fits_the_workers(None)) == ["config.W001"]


@pytest.mark.parametrize(("version", "found"), [(14_00_19, ["config.E014"]), (15_00_00, [])])
def test_a_postgresql_without_merge_is_an_error(version: int, found: list[str], monkeypatch: Any) -> None:
    server = SimpleNamespace(alias="default", vendor="postgresql", pg_version=version)
    monkeypatch.setattr(checks, "connections", {"default": server})
    assert ids(checks.postgresql_is_new_enough(None, databases=["default"])) == found


def test_https_without_a_named_proxy_is_a_warning(settings: Any) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES = True, 0
    assert ids(checks.proxy_is_named(None)) == ["config.W002"]
    settings.TRUSTED_PROXIES = 1
    assert ids(checks.proxy_is_named(None)) == []


def test_debug_in_front_of_the_network_is_an_error(settings: Any) -> None:
    settings.DEBUG, settings.BIND = True, "0.0.0.0"
    assert ids(checks.open_to_the_network(None)) == ["config.E006"]


def test_production_settings_pass_djangos_deployment_checks(tmp_path: Path) -> None:
    answer = run_manage(
        tmp_path,
        *("check", "--deploy", "--fail-level", "WARNING"),
        SECRET_KEY=keys.new_secret_key(),
        RAW_KEYS=keys.new_raw_key(),
        CONNECTION_KEYS=keys.new_raw_key(),
        IDENTITY_KEY=keys.new_secret_key(),
        PUBLIC_URL="https://kpi.example.com",
        TRUSTED_PROXIES="1",
    )
    assert (answer.returncode, answer.stderr) == (0, "")


# --- Doors, headers, records ---------------------------------------------------------------------------------------


def test_every_tick_of_the_beat_table_has_its_task() -> None:
    celery_app.loader.import_default_modules()
    named = {line["task"] for line in celery_app.conf.beat_schedule.values()}
    assert named <= set(celery_app.tasks)


def test_every_answer_carries_the_security_headers(client: Client, db: None) -> None:
    for address in ["/healthz", "/user/login/", "/admin/", "/no-such-page", "/static/admin/css/base.css"]:
        answer = client.get(address)
        assert "default-src 'none'" in answer["Content-Security-Policy"], address
        assert "unsafe" not in answer["Content-Security-Policy"], address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert answer["Referrer-Policy"] == "same-origin", address
        assert "camera=()" in answer["Permissions-Policy"], address
        assert answer["X-Request-ID"], address


def test_pages_are_kept_by_nobody_but_their_reader(client: Client, db: None) -> None:
    assert "no-store" in client.get("/no-such-page")["Cache-Control"]


def test_a_proxys_request_id_is_kept_and_a_strange_one_is_not(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"
    assert client.get("/healthz", headers={"X-Request-ID": "a b"})["X-Request-ID"] != "a b"


def test_a_web_server_is_ready_with_its_schema_whether_or_not_a_worker_lives(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_schema_is_current", False)
    newest = MigrationRecorder.Migration.objects.filter(app="kpis").order_by("-name")[0]
    newest.delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Retry-After"], answer.content) == (503, "10", b"not ready\n")
    newest.save(force_insert=True)
    assert client.get("/readyz").status_code == 200  # there is no worker at all


def test_nobody_signs_up_alone(client: Client, db: None) -> None:
    answer = client.post("/user/signup/", {"username": "eve", "password1": "x" * 20, "password2": "x" * 20})
    assert not answer.has_header("Location")
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["mei", "mei@example.com"])
def test_people_sign_in_by_name_or_by_mail(client: Client, db: None, name: str) -> None:
    make_user("mei", email="mei@example.com")
    answer = client.post("/user/login/", {"login": name, "password": "correct horse battery"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_five_wrong_passwords_lock_the_name_for_a_while(client: Client, db: None) -> None:
    make_user("mei")
    for _ in range(5):
        client.post("/user/login/", {"login": "mei", "password": "wrong"})
    answer = client.post("/user/login/", {"login": "mei", "password": "correct horse battery"})
    assert answer.status_code == 200  # the form again, not the way in


@pytest.mark.parametrize(
    ("staff", "idle_minutes", "signed_in_hours", "still_in"),
    [
        (False, 7 * 60, 1, True),
        (False, 9 * 60, 9, False),
        (False, 1, 25, False),
        (True, 29, 1, True),
        (True, 31, 1, False),
        (True, 1, 13, False),
    ],
)
def test_a_session_ends_when_idle_and_after_a_day(
    client: Client, db: None, staff: bool, idle_minutes: int, signed_in_hours: int, still_in: bool
) -> None:
    client.force_login(make_user(is_staff=staff))
    session = client.session
    session["seen_at"] = int(time.time()) - idle_minutes * 60
    session["signed_in_at"] = int(time.time()) - signed_in_hours * 3600
    session.save()
    client.get("/user/password/change/")
    assert ("_auth_user_id" in client.session) is still_in


def test_a_log_line_cannot_forge_a_second_one() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "a\nb\x1b[31m\u2028c", None, None)
    line = OneLineFormatter().format(record)
    assert line.endswith("INFO x a\\nb\\x1b[31m\\x2028c")
    assert "\n" not in line


def test_no_test_is_named_after_bytes_that_the_clock_decides(request: pytest.FixtureRequest) -> None:
    archives = [item.nodeid for item in request.session.items if "[PK" in item.nodeid and len(item.nodeid) > 150]
    assert archives == [], "workers that collect at different seconds would have different tests"
