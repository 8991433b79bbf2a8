"""How long does counting everything anew take, against a column store in one thread that computes the same numbers?"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from django.db import connection, transaction

from bench.records import NOW
from bench.results import Figure
from bench.stage import ROUNDS, Spent, Stage, compare, say, spending, tidy
from bench.yardstick import WEEKS, ColumnStore, Numbers
from kpis.catalogue import DECLARED
from kpis.figures import Reading
from kpis.metrics import Coverage, Imported, Times
from kpis.models import DayTotal, RecountedDay
from kpis.readings import Span
from kpis.sweep import sweep_account
from messaging.recompute import recompute_account as derive_turns
from orders.recompute import recompute_account as derive_verdicts
from sellers.days import last_complete_day, week_end_on_or_before
from sellers.marks import Mark
from sellers.models import SellerAccount

CHUNK = 10  # accounts read at once, as the beat hands them out
COMMAND = "script/bench --only recompute"


def run(stage: Stage) -> list[Figure]:
    """PostgreSQL at every size, SQLite at the small one, each beside the yardstick."""
    figures: list[Figure] = []
    found: dict[str, Spent] = {}
    yardsticks: dict[str, ColumnStore] = {}
    for size in stage.sizes:
        with stage.on("postgresql", size):
            file = stage.folder / f"bench_{size.name}.duckdb"
            file.unlink(missing_ok=True)  # it may know rows that experiments have changed since
            yardsticks[size.name] = ColumnStore(file, newest_week(), SellerAccount.objects.all()[0])
            rounds = ROUNDS if size is stage.first else 1  # of the larger one a round takes ten minutes
            where = f"PostgreSQL, {size.name}"
            found[size.name] = _measure(yardsticks[size.name], where, 4, 3, figures, rounds)
            if size is stage.first:
                figures += _derived("PostgreSQL")
    if len(stage.sizes) > 1:
        small, large = (found[size.name].cpu for size in stage.sizes)
        growth = math.log(large / small, stage.sizes[1].accounts / stage.sizes[0].accounts)
        figures.append(
            Figure(
                name="growth", what="Growth from the small to the large size, PostgreSQL: 10 to the power of",
                value=growth, target=1.1, stretch=1.05, command=COMMAND,
            )
        )  # fmt: skip
    with stage.on("sqlite"):
        _measure(yardsticks[stage.first.name], f"SQLite, {stage.first.name}", 4.5, 3, figures)
    return figures


def newest_week() -> date:
    """The last day of the newest week that is over; the zones of the data all agree about it."""
    account = SellerAccount.objects.order_by("id")[0]
    return week_end_on_or_before(last_complete_day(NOW, account.zone), account.week_start)


def _measure(
    yardstick: ColumnStore, where: str, target: float, stretch: float, figures: list[Figure], rounds: int = ROUNDS
) -> Spent:
    accounts = list(SellerAccount.objects.order_by("id"))
    say(f"  {where}: {len(accounts):,} accounts, {WEEKS} weeks, {len(DECLARED)} metrics")
    count_all(accounts)
    count_and_read(yardstick)
    check(numbers_of(accounts), yardstick.numbers())
    found = compare(
        {
            "count": partial(count_all, accounts),
            "count_again": partial(count_all, accounts),
            "read": partial(read_all, accounts),
            "yardstick": partial(count_and_read, yardstick),
        },
        rounds=rounds,
        warm_up=False,  # all of them have been run once
        before={"count": unsettle_everything, "count_again": mark_everything},
    )
    both = Spent(*(getattr(found["count"], part) + getattr(found["read"], part) for part in ("cpu", "wall", "client")))
    ratio = both.cpu / found["yardstick"].cpu
    slug = where.replace(", ", "_").lower()
    days = DayTotal.objects.count()
    figures += [
        Figure(
            name=f"{slug}_ratio", what=f"Everything counted and read anew, {where}: times DuckDB in one thread",
            value=ratio, target=target, stretch=stretch, command=COMMAND,
            bound=f"{found['count'].cpu:.1f} s of {both.cpu:.1f} s go into {days:,} day totals with their notes and "
            f"marks, of that {found['count'].client:.1f} s in Python; {found['read'].cpu:.1f} s into "
            f"{len(accounts) * WEEKS * len(DECLARED):,} readings as objects with exact fractions, bands and states. "
            f"DuckDB needs {found['yardstick'].cpu:.1f} s and makes columns of numbers, no rows to look up and no "
            "readings. Both are given the derived columns, which are worked out at intake; no week is published yet. "
            f"Median of {rounds}.",
        ),
        Figure(name=f"{slug}_count", what=f"Counting, {where}", value=found["count"].cpu, unit="s", command=COMMAND),
        Figure(
            name=f"{slug}_count_again", what=f"Counting once more what has not changed, {where}", unit="s",
            value=found["count_again"].cpu, command=COMMAND,
        ),
        Figure(name=f"{slug}_read", what=f"Reading, {where}", value=found["read"].cpu, unit="s", command=COMMAND),
        Figure(
            name=f"{slug}_yardstick", what=f"DuckDB, {where.split(', ')[1]}", value=found["yardstick"].cpu, unit="s",
            command=COMMAND,
        ),
        Figure(
            name=f"{slug}_account", what=f"An account counted and read, {where}", unit="ms",
            value=both.cpu / len(accounts) * 1000, command=COMMAND,
        ),
    ]  # fmt: skip
    return both


def mark_everything() -> None:
    """Have every day wait to be counted once, with nothing to clean up."""
    marks, totals, notes = (model._meta.db_table for model in (Mark, DayTotal, RecountedDay))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {notes}")
        cursor.execute(f"DELETE FROM {marks}")
        cursor.execute(f"INSERT INTO {marks} (account_id, fact, day) SELECT account_id, fact, day FROM {totals}")
    tidy(marks, totals, notes)


def unsettle_everything() -> None:
    """The same with totals that are all wrong, so that each has to be overwritten; about as long as they were."""
    wrong = "sums || '[0]'" if connection.vendor == "postgresql" else "json_insert(sums, '$[#]', 0)"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {DayTotal._meta.db_table} SET sums = {wrong}")
    mark_everything()


def count_all(accounts: Sequence[SellerAccount]) -> None:
    for account in accounts:
        sweep_account(account, NOW)


def read_all(accounts: Sequence[SellerAccount]) -> None:
    for _reading in readings_of(accounts):
        pass


def readings_of(accounts: Sequence[SellerAccount]) -> Iterator[Reading]:
    """Every metric of every account at the end of each of the last 52 weeks."""
    newest = newest_week()
    weeks = [newest - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    for start in range(0, len(accounts), CHUNK):
        chunk = accounts[start : start + CHUNK]
        span = Span(chunk, DECLARED, {account.id: newest for account in chunk}, first=weeks[0])
        for account in chunk:
            for week in weeks:
                yield from span.readings(account, week)


def count_and_read(yardstick: ColumnStore) -> None:
    yardstick.count()
    yardstick.read()


def numbers_of(accounts: Sequence[SellerAccount]) -> Numbers:
    """What the readings say in sum, by metric, as the yardstick says it."""
    found = {metric.slug: (0.0, 0.0) for metric in DECLARED}
    for reading in readings_of(accounts):
        numerator, denominator = found[reading.metric.slug]
        more, n = _numbers(reading)
        found[reading.metric.slug] = (numerator + more, denominator + n)
    return found


def _numbers(reading: Reading) -> tuple[float, float]:
    metric = reading.metric
    if isinstance(metric, Times):
        return sum(float(value) for value in (reading.stats or {}).values()), reading.n
    if isinstance(metric, Imported):
        return float(reading.value or 0), reading.n
    if isinstance(metric, Coverage):
        return reading.numerator or 0, 0
    return reading.numerator or 0, reading.n


def check(ours: Numbers, theirs: Numbers) -> None:
    """Both sides have worked out the same, or what they spent says nothing."""
    for slug, numbers in ours.items():
        for one, other in zip(numbers, theirs[slug], strict=True):
            if not math.isclose(one, other, rel_tol=1e-9):
                raise AssertionError(f"{slug}: {numbers} counted, {theirs[slug]} by the yardstick")


def _derived(where: str) -> list[Figure]:
    """Working out turns and verdicts once more from raw rows, which no count does: of one middling account."""
    middle = SellerAccount.objects.order_by("id")[5]
    figures = []
    for name, derive, table in (("turns", derive_turns, "messages"), ("verdicts", derive_verdicts, "orders")):
        with transaction.atomic(), spending() as spent:
            derive(middle, NOW)
        rows = _rows(middle, table)
        figures.append(
            Figure(
                name=f"derive_{name}", unit="rows per second of processors", value=rows / spent.cpu, command=COMMAND,
                what=f"Working out {name} anew from {rows:,} {table} of one account, {where}",
            )
        )  # fmt: skip
    return figures


def _rows(account: SellerAccount, table: str) -> int:
    name = {"messages": "messaging_message", "orders": "orders_order"}[table]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name} WHERE account_id = %s", [account.id])
        return cursor.fetchone()[0]
