"""Whether a request failed because the database was away or busy: that passes, and the caller may come again."""

from django.db import InterfaceError, OperationalError

# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions, resources, operator
# intervention (shutdown, statement timeout), object not in prerequisite state (lock timeout), rollback of a deadlock.
PASSING_STATES = ("08", "53", "57", "55P03", "40")
# https://www.sqlite.org/rescode.html: also a full or failing disk, which an operator mends without a change of code.
PASSING_CODES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")


def is_outage(error: BaseException | None) -> bool:
    """Whether the database did not answer, or not in time. A wrong statement is none: it would fail again."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    if name := getattr(cause, "sqlite_errorname", None):
        return name.startswith(PASSING_CODES)
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(PASSING_STATES)  # without one no server was reached
