"""Two locks an account has: one for whoever writes its facts, one for whoever counts them. Neither waits for the other.

Both last until the transaction ends. SQLite needs neither: its write transactions run one after another.
"""

from django.db import connection

WRITING, COUNTING = 1, 2  # the first half of PostgreSQL's two-part advisory lock keys


def lock_for_writing(account_id: int) -> None:
    """Wait until no other transaction writes facts of this account that depend on one another.

    What is derived reads rows that another writer may just be storing (an order and its claim, two messages of one
    conversation). With this lock, taken before reading, the second writer sees everything the first one wrote.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [WRITING, account_id])


def try_lock_for_counting(account_id: int) -> bool:
    """Take the account's counting lock if no other sweep holds it; writers never hold it and never wait for it."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [COUNTING, account_id])
        return bool(cursor.fetchone()[0])
