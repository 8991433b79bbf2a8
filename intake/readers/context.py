"""What a reader is told about the file it reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """`observed_at` is when the raw item first arrived (an ISO text when a stored row is read again), `system` the
    name space of its IDs where the file names none."""

    observed_at: datetime | str
    system: str | None = None

    def defaults(self, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What holds for rows that say nothing else; what the file says comes before what the context says."""
        return {"observed_at": self.observed_at, "system": self.system, **(said or {})}
