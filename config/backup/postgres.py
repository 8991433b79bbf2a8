"""PostgreSQL: its own dump, taken from the very snapshot whose rows are counted."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.backup.manifest import Content, Table
from config.backup.store import BackupError

# A copy takes as long as it takes, and its transaction waits for the dump. What is digested is text: it must look the
# same whatever the server is set to.
SESSION = (
    "-c statement_timeout=0 -c lock_timeout=60000 -c idle_in_transaction_session_timeout=0 -c timezone=UTC "
    "-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1"
)
TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


class PostgresStore:
    """A database of a server, by the parameters that psycopg connects with."""

    engine = "postgresql"
    file_name = "database.dump"

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        place = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey")
        self.parameters = {name: str(parameters[name]) for name in place if parameters.get(name)}

    def dump(self, into: Path) -> Content:
        with self._session() as session:
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            (snapshot,) = session.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            self._run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={into}")
            return _content(session)

    def load(self, dump: Path) -> None:
        self._run(
            *("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
            *(f"--dbname={self.parameters['dbname']}", str(dump)),
        )
        with self._session() as session:
            session.execute("ANALYZE")

    def is_empty(self) -> bool:
        with self._session() as session:
            return not session.execute(TABLES).fetchall()

    def content(self) -> Content:
        with self._session() as session:
            return _content(session)

    @contextmanager
    def scratch(self) -> Iterator["PostgresStore"]:
        other = PostgresStore(self.parameters | {"dbname": f"staygreen_rehearsal_{secrets.token_hex(4)}"})
        name = sql.Identifier(other.parameters["dbname"])
        with self._session(autocommit=True) as session:
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
            try:
                yield other
            finally:
                session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    @contextmanager
    def _session(self, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
        try:
            with psycopg.connect(**self.parameters, options=SESSION, autocommit=autocommit) as session:  # type: ignore[arg-type]  # all are strings
                yield session
        except psycopg.Error as error:
            raise BackupError(f"PostgreSQL refused: {str(error).strip().splitlines()[0]}.") from error

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program)
        if found is None:
            raise BackupError(f"{program} is not installed; it comes with PostgreSQL's client programs.")
        # The password goes by the environment: arguments are for everyone to see.
        place = {f"PG{name.upper().replace('DBNAME', 'DATABASE')}": value for name, value in self.parameters.items()}
        done = subprocess.run(  # noqa: S603  # our own arguments
            [found, *arguments], env=os.environ | place, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            raise BackupError(
                f"{program} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}"
            )


def _content(session: psycopg.Connection[Any]) -> Content:
    found = {}
    for (name,) in session.execute(TABLES).fetchall():
        query = f"""
            SELECT count(*), coalesce(sum(('x' || left(md5(row::text), 16))::bit(64)::bigint::numeric), 0)
            FROM {name} AS row
        """  # noqa: S608  # a name that the server gave and quoted
        rows, total = session.execute(query.encode()).fetchone() or (0, 0)
        found[name] = Table(rows, str(total))
    return found
