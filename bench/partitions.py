"""Would partitions by month pay for the big tables of facts? The same rows in one table and in fourteen, side by side.

PostgreSQL demands the partitioning column in every unique key. So the monthly table here is given a weaker promise than
the product makes (the same order twice in two months passes); what is measured is what that would buy.
"""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

from django.db import connection, transaction

from bench.results import Figure
from bench.stage import Stage, compare

ACCOUNTS, DAYS, A_DAY = 100, 390, 13  # about 500,000 rows
FIRST = date(2025, 1, 1)
COLUMNS = """(account_id bigint NOT NULL, external_id varchar(255) NOT NULL, day date NOT NULL, defect boolean NOT NULL,
    placed_at timestamptz NOT NULL, stated jsonb NOT NULL, content varchar(64) NOT NULL)"""
# Scattered over accounts and days, as rows arrive; every account has every day.
DAY = f"mod(n / {ACCOUNTS} * 7919, {DAYS})"
ROWS = f"""SELECT mod(n, {ACCOUNTS}) + 1, 'o-' || n, date '{FIRST}' + {DAY}, mod(n, 50) = 0,
    timestamptz '{FIRST} 00:00+00' + {DAY} * interval '1 day', '{{"status": "shipped"}}'::jsonb, md5(n::text)
    FROM generate_series(%s::int, %s::int) AS n"""
NEW = 20_000
COMMAND = "script/bench --only partitions"


def run(stage: Stage) -> list[Figure]:
    with stage.on("postgresql"):
        try:
            return _figures()
        finally:
            _do("DROP TABLE IF EXISTS bench_plain, bench_monthly")


def _figures() -> list[Figure]:
    rows = ACCOUNTS * DAYS * A_DAY
    for table, key, partitioned in (
        ("bench_plain", "account_id, external_id", ""),
        ("bench_monthly", "account_id, external_id, day", "PARTITION BY RANGE (day)"),
    ):
        _do(f"CREATE TABLE {table} {COLUMNS} {partitioned}", f"CREATE UNIQUE INDEX ON {table} ({key})")
        _do(f"CREATE INDEX ON {table} (account_id, day) INCLUDE (defect)")
    months = [date(2025 + number // 12, number % 12 + 1, 1) for number in range(15)]
    for number, (first, after) in enumerate(pairwise(months)):
        _do(
            f"CREATE TABLE bench_monthly_{number} PARTITION OF bench_monthly FOR VALUES FROM ('{first}') TO ('{after}')"
        )
    for table in ("bench_plain", "bench_monthly"):
        _do(f"INSERT INTO {table} {ROWS}", parameters=[1, rows])
    _do("VACUUM ANALYZE bench_plain", "VACUUM ANALYZE bench_monthly")
    count = "SELECT day, count(*), count(*) FILTER (WHERE defect) FROM {} WHERE account_id = 7 AND day {} GROUP BY day"
    conflict = {"bench_plain": "account_id, external_id", "bench_monthly": "account_id, external_id, day"}

    def counting(days: str, times: int) -> Callable[[str], Callable[[], None]]:
        return lambda table: lambda: _do(*[count.format(table, days)] * times)

    def ingest(table: str) -> Callable[[], None]:
        statement = f"""INSERT INTO {table} {ROWS} ON CONFLICT ({conflict[table]})
            DO UPDATE SET content = excluded.content WHERE {table}.content <> excluded.content"""
        return lambda: _undone(statement, [rows - NEW // 2, rows + NEW // 2])

    questions = {
        "one day": ("recounting one day of an account, 200 times", counting("= '2025-11-03'", 200)),
        "window": (
            "recounting 28 days of an account, 200 times",
            counting("BETWEEN '2025-11-03' AND '2025-11-30'", 200),
        ),
        "history": ("recounting 390 days of an account, 50 times", counting("> '2000-01-01'", 50)),
        "ingest": (f"upserting {NEW:,} rows, half of them new", ingest),
    }
    figures = []
    for name, (what, way) in questions.items():
        spent = compare({table: way(table) for table in conflict})
        ratio = spent["bench_monthly"].cpu / spent["bench_plain"].cpu
        figures.append(Figure(name=name, what=f"{what}: monthly partitions against one table", value=ratio, unit="x",
                              bound="below 1 partitions would pay", command=COMMAND))  # fmt: skip
    return figures


def _do(*statements: str, parameters: list[int] | None = None) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, parameters)


def _undone(statement: str, parameters: list[int]) -> None:
    with transaction.atomic():
        _do(statement, parameters=parameters)
        transaction.set_rollback(True)
