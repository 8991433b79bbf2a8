"""The embedded database: a compact copy of the file, packed."""

import gzip
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from config.backup.manifest import Content, Table
from config.backup.store import BackupError

# The files that SQLite lays beside a database in use; those of a database that is gone would be read into the next one.
COMPANIONS = ("-wal", "-shm", "-journal")
QUICK = 3  # of gzip's nine levels: a third of the time for a few per cent more


class SqliteStore:
    """A database in a file."""

    engine = "sqlite"
    file_name = "database.sqlite3.gz"

    def __init__(self, path: Path, wrapper: BaseDatabaseWrapper) -> None:
        self.path = path
        self._wrapper = wrapper

    def dump(self, into: Path) -> Content:
        if not self.path.exists():
            raise BackupError(f"There is no database at {self.path}.")
        copy = into.with_suffix("")
        try:
            # Copying the file itself would miss what is still in the log beside it.
            with closing(self._open()) as source:
                source.execute("VACUUM INTO ?", [str(copy)])
            content = SqliteStore(copy, self._wrapper).content()
            with copy.open("rb") as whole, gzip.open(into, "wb", compresslevel=QUICK) as packed:
                shutil.copyfileobj(whole, packed, 1 << 20)
        except (sqlite3.Error, OSError) as error:
            raise BackupError(f"The database could not be copied: {error}.") from error
        copy.unlink()
        return content

    def load(self, dump: Path) -> None:
        draft = self.path.with_name(self.path.name + ".restoring")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with gzip.open(dump, "rb") as packed, os.fdopen(descriptor, "wb") as whole:
                shutil.copyfileobj(packed, whole, 1 << 20)
                os.fsync(whole.fileno())
            for name in COMPANIONS:
                self.path.with_name(self.path.name + name).unlink(missing_ok=True)
            draft.replace(self.path)
        except (OSError, EOFError) as error:
            raise BackupError(f"The database could not be loaded: {error}.") from error
        finally:
            draft.unlink(missing_ok=True)

    def is_empty(self) -> bool:
        if not self.path.exists():
            return True
        with closing(self._open()) as database:
            return not _tables(database)

    def content(self) -> Content:
        with closing(self._open()) as database:
            database.text_factory = bytes
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != b"ok":
                raise BackupError(f"The database {self.path} is damaged: {verdict.decode(errors='replace')}.")
            return {name: _digest(database, name) for name in _tables(database)}

    @contextmanager
    def scratch(self) -> Iterator["SqliteStore"]:
        with tempfile.TemporaryDirectory(prefix=".rehearsal-", dir=self.path.parent) as folder:
            yield SqliteStore(Path(folder) / self.path.name, self._wrapper)

    def _open(self) -> sqlite3.Connection:
        """A connection of its own that knows the functions which Django's constraints call."""
        parameters = self._wrapper.get_connection_params() | {"database": str(self.path)}
        opened: sqlite3.Connection = self._wrapper.get_new_connection(parameters)
        return opened


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [name.decode() for (name,) in found]


def _digest(database: sqlite3.Connection, table: str) -> Table:
    rows = total = 0
    for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # a name that the schema gave
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest())
    return Table(rows, f"{total:x}")
