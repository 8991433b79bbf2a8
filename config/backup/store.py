"""What a kind of database must be able to do for a backup."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, Self

from config.backup.manifest import Content


class BackupError(Exception):
    """A backup could not be made, read or loaded; the message says why in a sentence."""


class Store(Protocol):
    """One database. Every method raises BackupError in a sentence."""

    engine: str
    file_name: str

    def dump(self, into: Path) -> Content:
        """Write one moment of the database to a file, and tell what that moment held."""

    def load(self, dump: Path) -> None:
        """Fill this database, which is empty, from a file that `dump` wrote: whole or not at all."""

    def is_empty(self) -> bool:
        """Whether there is no table."""

    def content(self) -> Content:
        """What every table holds now."""

    def scratch(self) -> AbstractContextManager[Self]:
        """An empty database beside this one, dropped at the end."""
