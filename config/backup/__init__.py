"""Backups: the whole database in one folder, and back again with a proof that nothing is missing or changed.

A backup is a folder `staygreen-20261126T021500Z` with the database as its own tool writes it and a manifest that says
what it holds (config/backup/manifest.py). It appears whole or not at all. The keys are not in it: what they seal would
else lie beside them. docs/running.md says what to keep where.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from config.backup.manifest import Content, Manifest, differences, file_digest, key_prints
from config.backup.postgres import PostgresStore
from config.backup.sqlite import SqliteStore
from config.backup.store import BackupError, Store

__all__ = ["BackupError", "Content", "Manifest", "make", "prune", "rehearse", "restore", "store_of"]

NAME = re.compile(r"staygreen-\d{8}T\d{6}Z")
MANIFEST = "manifest.json"
Say = Callable[[str], None]


def store_of(connection: BaseDatabaseWrapper) -> Store:
    """What copies and loads the database behind a connection of Django's."""
    if connection.vendor == "postgresql":
        return PostgresStore(connection.get_connection_params())
    return SqliteStore(Path(connection.settings_dict["NAME"]), connection)


def make(store: Store, folder: Path, now: datetime, say: Say) -> Path:
    """Write a backup into `folder` while everything goes on, and return where it lies.

    It holds one moment of the database, whatever is written meanwhile. Raises BackupError in one sentence.
    """
    place = folder / now.strftime("staygreen-%Y%m%dT%H%M%SZ")
    draft = folder / f".{place.name}.partial"
    if place.exists() or draft.exists():
        raise BackupError(f"{place} exists already.")
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(f"{draft} cannot be made: {error.strerror}.") from error
    try:
        say(f"Copying the database to {place} ...")
        copy = draft / store.file_name
        content = store.dump(copy)
        manifest = Manifest(
            made_at=now,
            engine=store.engine,
            file=copy.name,
            file_sha256=file_digest(copy),
            keys=key_prints(),
            tables=content,
        )
        (draft / MANIFEST).write_text(manifest.as_json())
        draft.replace(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    say(f"{manifest.rows:,} rows of {len(content)} tables, {(place / copy.name).stat().st_size / 1e6:,.1f} MB.")
    return place


def prune(folder: Path, keep: int, say: Say) -> list[Path]:
    """Delete the oldest backups of a folder but the newest `keep`; nothing else in it is touched."""
    found = sorted(one for one in folder.iterdir() if NAME.fullmatch(one.name) and (one / MANIFEST).exists())
    old = found[:-keep]
    for one in old:
        shutil.rmtree(one)
        say(f"Deleted {one}, older than the newest {keep}.")
    return old


def restore(store: Store, backup: Path, say: Say, *, despite_missing_keys: bool = False) -> Manifest:
    """Load a backup into an empty database and compare every table with what the manifest says of it.

    Raises BackupError if the backup is damaged, of another kind of database, sealed with keys that are not here, or if
    the database is not empty; and if a table that was loaded differs.
    """
    manifest = _opened(store, backup)
    missing = manifest.missing_keys(key_prints())
    if missing and not despite_missing_keys:
        raise BackupError(
            f"The backup was made with keys that this installation lacks ({', '.join(missing)}): raw deliveries, "
            "passwords of connections or buyers could not be read. Put the keys back first, or say "
            "--despite-missing-keys."
        )
    if not store.is_empty():
        raise BackupError("The database is not empty; restore into an empty one.")
    _load(store, backup, manifest, say)
    return manifest


def rehearse(store: Store, backup: Path, say: Say) -> Manifest:
    """Load a backup into a database that is made for it and dropped again, and compare as `restore` does."""
    manifest = _opened(store, backup)
    with store.scratch() as empty:
        _load(empty, backup, manifest, say)
    return manifest


def _opened(store: Store, backup: Path) -> Manifest:
    try:
        manifest = Manifest.from_json((backup / MANIFEST).read_text())
        digest = file_digest(backup / manifest.file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{backup} is no backup that can be read: {error}.") from error
    if manifest.engine != store.engine:
        raise BackupError(f"{backup} is a backup of {manifest.engine}, the database here is {store.engine}.")
    if digest != manifest.file_sha256:
        raise BackupError(f"{backup / manifest.file} has changed since it was written; use another backup.")
    return manifest


def _load(store: Store, backup: Path, manifest: Manifest, say: Say) -> None:
    say(f"Loading {backup} ...")
    store.load(backup / manifest.file)
    wrong = list(differences(manifest.tables, store.content()))
    if wrong:
        raise BackupError(_told(wrong))
    then = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    say(f"{manifest.rows:,} rows of {len(manifest.tables)} tables are as they were on {then}.")


def _told(wrong: Sequence[str]) -> str:
    return "What was loaded differs from what was saved: " + "; ".join(wrong) + "."
