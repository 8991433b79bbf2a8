"""Whether a request failed because the database was away, busy or slow: that passes, and the caller may come again."""

from enum import Enum

from django.db import InterfaceError, InternalError, OperationalError


class Outage(Enum):
    """What kept the database from answering, and after how many seconds it is worth asking again."""

    AWAY = 5
    SLOW = 30  # it was asked for too much, or of too busy a server: at once it would be too slow again

    @property
    def wait_seconds(self) -> int:
        return self.value


# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions, resources (connections, disk,
# memory), operator intervention (shutdown), a transaction that idled too long, a server that only reads, rollback of a
# deadlock, lock_timeout.
AWAY_STATES = ("08", "53", "57P", "25P03", "25006", "40", "55P03")
STATEMENT_TIMEOUT = "57014"
# https://www.sqlite.org/rescode.html: also a full or failing disk, which an operator mends without a change of code.
AWAY_CODES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY")


def outage(error: BaseException | None) -> Outage | None:
    """Why the database did not answer, or not in time. A wrong statement is no outage: it would fail again."""
    if isinstance(error, InterfaceError):
        return Outage.AWAY
    if not isinstance(error, OperationalError | InternalError):
        return None
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == STATEMENT_TIMEOUT:
        return Outage.SLOW
    code = state or getattr(cause, "sqlite_errorname", None)
    # An operational error without a code reached no server.
    passes = code.startswith(AWAY_STATES + AWAY_CODES) if code else isinstance(error, OperationalError)
    return Outage.AWAY if passes else None
