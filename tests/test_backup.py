"""A backup holds one moment of the database, and comes back with every row as it was; on both databases."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from config import backup
from config.backup.postgres import PostgresStore
from config.backup.store import Store
from intake.demo import BY_KEY
from intake.demo.load import Told, load
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from sellers.models import Note, SellerAccount
from tests.makers import make_account, make_note

# One after the other: each would see the databases that the others restore into, on the same server.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backup")]

NIGHT = datetime(2026, 11, 26, 2, 15, tzinfo=UTC)
SHOP = "demo-us"


def silent(_sentence: str) -> None:
    """Nobody listens."""


@pytest.fixture
def store() -> Store:
    return backup.store_of(connection)


@pytest.fixture
def elsewhere(store: Store) -> Iterator[Store]:
    """The empty database of a new machine."""
    with store.scratch() as other:
        yield other


def figures(store: Store) -> Any:
    """What `manage.py` says of a database: its readings on a day, and that an independent recount agrees."""
    if isinstance(store, PostgresStore):
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{store.parameters['dbname']}").geturl()
    else:
        url = f"sqlite:///{store.path}"  # type: ignore[attr-defined]  # the other kind
    keys = {"SECRET_KEY": settings.SECRET_KEY, "IDENTITY_KEY": settings.IDENTITY_KEY}
    keys |= {"RAW_KEYS": settings.RAW_KEYS[0], "CONNECTION_KEYS": settings.CONNECTION_KEYS[0]}
    told = []
    now = NIGHT.isoformat()
    for command in (
        ["readings", "--account", SHOP, "--on", "2026-11-24", "--json"],
        ["prove", "--account", SHOP, "--days", "30", "--now", now, "--json"],
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=os.environ | keys | {"DATABASE_URL": url},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    return told


def test_a_restored_database_has_the_same_rows_digests_and_figures(
    store: Store, elsewhere: Store, tmp_path: Path
) -> None:
    load(Told(NIGHT, 0.02), now=NIGHT, report=lambda _run: None, profiles=[BY_KEY[SHOP]])
    sweep(NIGHT)
    close_weeks(NIGHT)

    place = backup.make(store, tmp_path, NIGHT, silent)
    manifest = backup.restore(elsewhere, place, silent)

    assert place.name == "staygreen-20261126T021500Z"
    assert [one.name for one in tmp_path.iterdir()] == [place.name]
    assert elsewhere.content() == store.content() == manifest.tables
    assert manifest.rows > 1000
    assert figures(elsewhere) == figures(store)


def test_rows_written_while_the_copy_is_made_are_wholly_in_it_or_not_at_all(store: Store, tmp_path: Path) -> None:
    account = make_account()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            make_note(account, "2026-11-02", title=f"Note {number}")
            number += 1
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        place = backup.make(store, tmp_path, NIGHT, silent)
    finally:
        stop.set()
        writer.join()

    manifest = backup.rehearse(store, place, silent)
    notes = next(table for name, table in manifest.tables.items() if name.endswith(Note._meta.db_table))
    assert notes.rows <= Note.objects.count()


def test_a_rehearsal_leaves_no_database_behind_and_this_one_as_it_was(store: Store, tmp_path: Path) -> None:
    make_account()
    before = store.content()

    call_command("backup", tmp_path, "--rehearse")

    assert store.content() == before
    if isinstance(store, PostgresStore):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'staygreen_rehearsal_%%'")
            assert cursor.fetchone() == (0,)
    else:
        assert list(Path(connection.settings_dict["NAME"]).parent.glob(".rehearsal-*")) == []


def test_a_table_that_comes_back_otherwise_is_named(store: Store, elsewhere: Store, tmp_path: Path) -> None:
    make_account("berlin")
    place = backup.make(store, tmp_path, NIGHT, silent)
    manifest = place / "manifest.json"
    told = json.loads(manifest.read_text())
    accounts = next(name for name in told["tables"] if name.endswith(SellerAccount._meta.db_table))
    told["tables"][accounts]["rows"] = 2
    manifest.write_text(json.dumps(told))

    with pytest.raises(backup.BackupError, match=f"{accounts} has 1 rows instead of 2"):
        backup.restore(elsewhere, place, silent)


def test_a_copy_that_was_damaged_where_it_lay_is_refused(store: Store, elsewhere: Store, tmp_path: Path) -> None:
    place = backup.make(store, tmp_path, NIGHT, silent)
    copy = place / store.file_name
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)

    with pytest.raises(backup.BackupError, match="has changed since it was written"):
        backup.restore(elsewhere, place, silent)
    assert elsewhere.is_empty()


def test_a_database_that_holds_something_is_never_written_over(store: Store, tmp_path: Path) -> None:
    place = backup.make(store, tmp_path, NIGHT, silent)

    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", place)


def test_a_backup_of_another_kind_of_database_is_refused(store: Store, elsewhere: Store, tmp_path: Path) -> None:
    place = backup.make(store, tmp_path, NIGHT, silent)
    manifest = place / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"engine": "{store.engine}"', '"engine": "oracle"'))

    with pytest.raises(backup.BackupError, match=f"is a backup of oracle, the database here is {store.engine}"):
        backup.restore(elsewhere, place, silent)


def test_without_the_keys_of_then_a_backup_is_loaded_only_on_demand(
    store: Store, elsewhere: Store, tmp_path: Path, settings: Any
) -> None:
    place = backup.make(store, tmp_path, NIGHT, silent)
    settings.IDENTITY_KEY = "another key of buyers' names, by which all are strangers"

    with pytest.raises(backup.BackupError, match=r"lacks \(IDENTITY_KEY\)"):
        backup.restore(elsewhere, place, silent)
    assert elsewhere.is_empty()
    backup.restore(elsewhere, place, silent, despite_missing_keys=True)
    assert not elsewhere.is_empty()


def test_no_key_is_in_a_manifest(store: Store, tmp_path: Path) -> None:
    told = (backup.make(store, tmp_path, NIGHT, silent) / "manifest.json").read_text()
    assert not [key for key in [*settings.RAW_KEYS, *settings.CONNECTION_KEYS, settings.IDENTITY_KEY] if key in told]


def test_a_backup_that_fails_leaves_nothing_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(store), "dump", broken_dump)
    with pytest.raises(backup.BackupError, match="disk is full"):
        backup.make(store, tmp_path, NIGHT, silent)
    assert list(tmp_path.iterdir()) == []


def broken_dump(_store: Store, into: Path) -> Any:
    into.write_text("half a dump")
    raise backup.BackupError("The disk is full.")


def test_of_many_backups_the_newest_stay_and_what_is_none_is_not_touched(store: Store, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        backup.make(store, tmp_path, NIGHT.replace(month=day), silent)
    (tmp_path / "staygreen-notes.txt").write_text("what else lies here")

    backup.prune(tmp_path, 2, silent)

    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "staygreen-20260226T021500Z",
        "staygreen-20260326T021500Z",
        "staygreen-notes.txt",
    ]


def test_keeping_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("backup", tmp_path, "--keep", "0")
    assert list(tmp_path.iterdir()) == []
