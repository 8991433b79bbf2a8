"""What a reader is told about the file it reads; together with the bytes it decides every record."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from intake.readers.column_map import ColumnMap


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An account as mail is sorted by: `tags` are whole addresses, or what follows the plus sign of one."""

    key: str = ""
    tags: frozenset[str] = frozenset()
    marketplace: str = ""
    platform: str = ""
    zone: str = ""
    identity: bytes = b""


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a file whatever it says itself.

    `observed_at` is when the raw item first arrived (an ISO text when a stored row is read again), `system` the name
    space of its IDs where the file names none. `zone` is the IANA zone of the account: reports that state local times
    mean it. `platform` and `marketplace` (such as `US`) are the account's, `identity` its key for `pseudonym`.
    `columns` says what the columns of a table of somebody's own mean. `mailbox` is the account as mail is sorted by,
    `mailboxes` are those of other accounts that may be written to as well.
    """

    observed_at: datetime | str
    system: str | None = None
    zone: str = ""
    platform: str = ""
    marketplace: str = ""
    identity: bytes = b""
    columns: ColumnMap | None = None
    mailbox: Mailbox = field(default_factory=Mailbox)
    mailboxes: tuple[Mailbox, ...] = ()

    def of(self, mailbox: Mailbox) -> Self:
        """The context of the same file for another account's mail."""
        if mailbox == self.mailbox:
            return self
        return replace(
            self, zone=mailbox.zone, platform=mailbox.platform, marketplace=mailbox.marketplace,
            identity=mailbox.identity, mailbox=mailbox,
        )  # fmt: skip

    @property
    def arrived_at(self) -> str:
        """When the raw item first arrived, as the contract writes it."""
        return self.observed_at if isinstance(self.observed_at, str) else self.observed_at.isoformat()

    def defaults(self, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What holds for rows that say nothing else; what the file says comes before what the context says."""
        return {"observed_at": self.observed_at, "system": self.system, **(said or {})}

    def pseudonym(self, *identity: str) -> str:
        """A keyed hash for a buyer (32 hexadecimal digits), the same for the same parts whatever their letters' case.

        Two accounts never share one, so nobody can follow a buyer from one account to another.
        """
        text = "\x00".join(part.strip().casefold() for part in identity)
        return hmac.new(self.identity, text.encode(), hashlib.sha256).hexdigest()[:32]
