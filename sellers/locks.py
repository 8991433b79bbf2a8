"""The locks of an account: to write its facts, count them, close its weeks, prove them. None waits for another kind.

All last until the transaction ends. SQLite needs none: its write transactions run one after another.
"""

from django.db import connection

WRITING, COUNTING, CLOSING, PROVING = 1, 2, 3, 4  # the first half of PostgreSQL's two-part advisory lock keys


def lock_for_writing(account_id: int) -> None:
    """Wait until no other transaction writes facts of this account that depend on one another.

    What is derived reads rows that another writer may just be storing (an order and its claim, two messages of one
    conversation). With this lock, taken before reading, the second writer sees everything the first one wrote.
    """
    _wait_for(WRITING, account_id)


def lock_for_closing(account_id: int) -> None:
    """Wait until no other transaction closes weeks of this account, so that each revision is published once."""
    _wait_for(CLOSING, account_id)


def lock_for_proving(account_id: int) -> None:
    """Wait until no other transaction decides whether the night's proof of this account is due."""
    _wait_for(PROVING, account_id)


def lock_for_counting(account_id: int) -> None:
    """Wait until no sweep counts this account, and let none begin; taken before its writers are waited for."""
    _wait_for(COUNTING, account_id)


def _wait_for(kind: int, account_id: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [kind, account_id])


def try_lock_for_counting(account_id: int) -> bool:
    """Take the account's counting lock if no other sweep holds it; writers never hold it and never wait for it."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [COUNTING, account_id])
        return bool(cursor.fetchone()[0])
