"""Where experiments run: the databases with their data, and how time is taken.

What is compared is CPU time: of our own process and of the PostgreSQL backend that works for it. Other work on the
machine stretches the clock on the wall, but hardly that.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from bench.data import Size, clone, fill
from config import environment
from kpis.layouts import LAYOUTS
from sellers.models import SellerAccount

ROUNDS = 3
# One backend does all the work of a session, so that its time can be taken; compiling plans never pays here.
SESSION = "-c statement_timeout=0 -c max_parallel_workers_per_gather=0 -c jit=off -c work_mem=64MB"


@dataclass
class Spent:
    """Seconds: of processors, of the client and its backend together, and on the wall."""

    cpu: float = 0.0
    wall: float = 0.0
    client: float = 0.0  # the client's part of `cpu`


@contextmanager
def spending() -> Iterator[Spent]:
    """Take the time of what happens inside."""
    spent = Spent()
    backend = _backend_seconds()
    client, wall = time.process_time(), time.monotonic()
    yield spent
    spent.client = time.process_time() - client
    spent.wall = time.monotonic() - wall
    spent.cpu = spent.client + _backend_seconds() - backend


def _backend_seconds() -> float:
    """The processor seconds of the connection's PostgreSQL backend so far; SQLite works in our own process."""
    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def counting_statements() -> Iterator[list[int]]:
    """How many statements are executed inside: the list's only item."""
    counted = [0]

    def count(execute: Callable[..., Any], *words: Any) -> Any:
        counted[0] += 1
        return execute(*words)

    with connection.execute_wrapper(count):
        yield counted


def compare(
    ways: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    warm_up: bool = True,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Spent]:
    """The median time of each way, run one after another in an order that rotates from round to round.

    `before` is done each time before the way of that name, and not timed.
    """
    names = list(ways)
    times: dict[str, list[Spent]] = {name: [] for name in names}
    for turn in range(rounds + warm_up):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            if before and name in before:
                before[name]()
            with spending() as spent:
                ways[name]()
            times[name].append(spent)
    return {name: median(found[warm_up:]) for name, found in times.items()}


def median(found: Sequence[Spent]) -> Spent:
    return Spent(*(statistics.median(getattr(one, part) for one in found) for part in ("cpu", "wall", "client")))


@dataclass
class Stage:
    """The sizes of this run and the folder for its files; databases are made when they are first asked for."""

    sizes: Sequence[Size]
    folder: Path
    server: str = field(default_factory=lambda: os.environ["DATABASE_URL"])  # of a PostgreSQL that is ours alone

    @property
    def first(self) -> Size:
        """The size of whatever is measured at one size only."""
        return self.sizes[0]

    def url(self, vendor: str, size: Size) -> str:
        """The address of a database, for processes that are started beside us."""
        if vendor == "sqlite":
            return f"sqlite:///{self.folder}/bench_{size.name}.sqlite3"
        return f"{self.server.rpartition('/')[0]}/bench_{size.name}"

    def prepare(self) -> None:
        """Make the databases of this run, before any experiment has changed a row."""
        for size in self.sizes:
            with self.on("postgresql", size):
                pass

    @contextmanager
    def on(self, vendor: str, size: Size | None = None) -> Iterator[None]:
        """Work on this database ("postgresql" or "sqlite") with the data of this size, or of the first, in it."""
        size = size or self.first
        if vendor == "postgresql":
            self._create(size)
        with self._connected(vendor, size):
            self._fill(size)
            yield

    def _create(self, size: Size) -> None:
        """A database of this size: those with more of the first one's shops begin as a copy of it."""
        with psycopg.connect(self.server, autocommit=True) as server:
            name = f"bench_{size.name}"
            if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            grows = size is not self.first and size.grows_from(self.first)
            if grows:
                with self.on("postgresql"):
                    pass
            create = "CREATE DATABASE {} TEMPLATE {}" if grows else "CREATE DATABASE {}"
            names = [sql.Identifier(name), sql.Identifier(f"bench_{self.first.name}")]
            server.execute(sql.SQL(create).format(*names[: create.count("{}")]))

    def _fill(self, size: Size) -> None:
        call_command("migrate", verbosity=0)
        there = SellerAccount.objects.count()
        if there == size.accounts:
            return
        say(f"making the {size.name} data on {connection.display_name} ...")
        with spending() as spent:
            if there:
                clone(size.accounts // there - 1)
            else:
                fill(size)
            tidy()
        say(f"  {size.accounts:,} accounts in {spent.wall:.0f} s ({spent.cpu:.0f} s of processors)")

    @contextmanager
    def _connected(self, vendor: str, size: Size) -> Iterator[None]:
        described: dict[str, Any] = environment.database("BENCH_DATABASE", self.url(vendor, size), process="worker")
        if vendor == "postgresql":
            described["OPTIONS"]["options"] += f" {SESSION}"
        before = connections.settings["default"]
        _switch_to(connections.configure_settings({"default": described})["default"])
        try:
            yield
        finally:
            _switch_to(before)


def _switch_to(described: dict[str, Any]) -> None:
    connections["default"].close()
    connections.settings["default"] = described
    del connections["default"]
    for layout in LAYOUTS.values():  # their statements are compiled once, for the database of the process
        vars(layout).pop("overwriting", None)


def tidy(*tables: str) -> None:
    """What autovacuum does in the quiet hours, of these tables or of all: without it no index can be read alone."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")
        else:
            cursor.execute("ANALYZE")


def say(line: str) -> None:
    print(line, flush=True)
