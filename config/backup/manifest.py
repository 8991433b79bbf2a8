"""What a backup says of itself: when, of what, with which keys, and the rows and digest of every table."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from django.conf import settings


class Table(NamedTuple):
    """A table's number of rows, and the sum of their digests: the same whatever the order of the rows."""

    rows: int
    digest: str


Content = Mapping[str, Table]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description beside the copy; `file_sha256` finds a copy that was damaged where it lay."""

    made_at: datetime
    engine: str
    file: str
    file_sha256: str
    keys: Mapping[str, list[str]]
    tables: Content

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> str:
        told = asdict(self) | {"made_at": self.made_at.isoformat(), "rows": self.rows}
        told["tables"] = {name: table._asdict() for name, table in self.tables.items()}
        return json.dumps(told, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError on what is no manifest."""
        told = json.loads(text)
        return cls(
            made_at=datetime.fromisoformat(told["made_at"]),
            engine=told["engine"],
            file=Path(told["file"]).name,
            file_sha256=told["file_sha256"],
            keys=told["keys"],
            tables={name: Table(**table) for name, table in told["tables"].items()},
        )

    def missing_keys(self, present: Mapping[str, list[str]]) -> list[str]:
        """The names of settings that lack a key which was there when the backup was made."""
        return sorted(name for name, prints in self.keys.items() if not set(prints) <= set(present.get(name, [])))


def key_prints() -> dict[str, list[str]]:
    """A print of each key that stored data cannot be read without: it tells whether two keys are one, and no more."""
    keys = {
        "RAW_KEYS": settings.RAW_KEYS,
        "CONNECTION_KEYS": settings.CONNECTION_KEYS,
        "IDENTITY_KEY": [settings.IDENTITY_KEY],
    }
    return {
        name: [hashlib.sha256(f"print of {key}".encode()).hexdigest()[:16] for key in own] for name, own in keys.items()
    }


def differences(saved: Content, found: Content) -> Iterator[str]:
    """A sentence's part for each table that is not as it was."""
    for name in sorted(saved.keys() | found.keys()):
        then, now = saved.get(name), found.get(name)
        if then is None or now is None:
            yield f"{name} is {'new' if then is None else 'missing'}"
        elif then.rows != now.rows:
            yield f"{name} has {now.rows:,} rows instead of {then.rows:,}"
        elif then.digest != now.digest:
            yield f"{name} has other values"


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
