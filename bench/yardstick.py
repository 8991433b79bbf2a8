"""The yardstick of counting: DuckDB, one thread, counts the same rows and works out the numbers of the same readings.

It is given the columns that the declarations read, derived ones included, in its own storage. What it runs follows from
the declarations too: their conditions as Django writes them in SQL, day totals in one query for each fact, windows as
differences of running sums, rows only where the product also reads rows.
"""

import re
from datetime import date, timedelta
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection
from django.db.models import Case, F, QuerySet, Value, When

from kpis.catalogue import DECLARED, FACTS
from kpis.layouts import LAYOUTS
from kpis.metrics import Coverage, Fact, Imported, LatestShare, Mean, Metric, Part, Score, Share, Tally, Times
from kpis.rules import declared_rule
from sellers.channels import expected_by_default
from sellers.models import SellerAccount

COLUMN = re.compile(r'"(\w+)"\."(\w+)"')
WEEKS = 52
OLDEST = -20  # no row is older than that week; a score may be carried from it
# Of each metric, the sums of its numerators and denominators over all accounts and weeks.
Numbers = dict[str, tuple[float, float]]


def in_sql(rows: QuerySet) -> str:
    """The query as text that PostgreSQL and DuckDB both read; only our own declarations stand in it."""
    sql, parameters = rows.query.sql_with_params()
    return sql % tuple(map(_literal, parameters))


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return str(int(value)) if isinstance(value, int) else f"'{value}'"


def totals_of(fact: Fact) -> str:
    """All sums of a fact by account and day."""
    return in_sql(LAYOUTS[fact.slug].counting())


def rows_of(metric: Metric, *columns: Any) -> str:
    """The counted rows with account, day and some columns."""
    fact = metric.fact
    rows = fact.model._base_manager.filter(fact.rows & metric.counted.condition, **{f"{fact.day}__isnull": False})
    return in_sql(rows.order_by().values_list("account_id", fact.day, *columns))


class ColumnStore:
    """The same rows in DuckDB, and the same numbers from them."""

    def __init__(self, file: Path, newest: date, account: SellerAccount) -> None:
        """`newest` is the last day of the newest week; by it and by `account`'s rules all accounts are read."""
        self.rules = {metric.slug: declared_rule(metric, account) for metric in DECLARED}
        self.base = newest - timedelta(weeks=WEEKS - 1)
        is_new = not file.exists()
        self.store = duckdb.connect(str(file))
        self.store.execute("SET threads = 1")
        self.queries = {metric.slug: self._query(metric) for metric in DECLARED}
        if is_new:
            self._copy_rows(file.with_suffix(".csv"))

    def _copy_rows(self, file: Path) -> None:
        """Bring the columns that any of the queries reads into DuckDB's own storage; PostgreSQL is connected."""
        wanted: dict[str, set[str]] = {}
        for sql in (*self.queries.values(), *(totals_of(fact) for fact in FACTS.values())):
            for table, column in COLUMN.findall(sql):
                wanted.setdefault(table, set()).add(column)
        for table, names in wanted.items():
            columns = ", ".join(f'"{name}"' for name in sorted(names))
            with connection.cursor() as cursor, file.open("wb") as out:
                with cursor.copy(
                    f'COPY (SELECT {columns} FROM "{table}" ORDER BY id) TO STDOUT (FORMAT csv, HEADER)'
                ) as rows:
                    for block in rows:
                        out.write(block)
                cursor.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table]
                )
                kinds = {name: kind.replace("numeric", "double") for name, kind in cursor.fetchall() if name in names}
            told = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
            self.store.execute(
                f'CREATE TABLE "{table}" AS SELECT * FROM '
                f"read_csv('{file}', types = {{{told}}}, header = true, allow_quoted_nulls = false)"
            )
        self.store.execute("CHECKPOINT")
        file.unlink()

    def count(self) -> None:
        """The day totals of all facts."""
        for slug, fact in FACTS.items():
            columns = "".join(f", part_{index}" for index in range(len(LAYOUTS[slug].parts)))
            self.store.execute(
                f"CREATE OR REPLACE TABLE total_{slug} AS "
                f"SELECT * FROM ({totals_of(fact)}) counted(account_id, day{columns})"
            )

    def read(self) -> None:
        """The numbers of every metric, account and week."""
        self.store.execute(
            "CREATE OR REPLACE TEMP TABLE weeks AS SELECT id AS account_id, week::int AS week, "
            f"(DATE '{self.base}' + 7 * week::int) AS ends_on "
            f"FROM (SELECT DISTINCT account_id AS id FROM total_orders), range({WEEKS}) weeks(week)"
        )
        for slug in FACTS:
            parts = "".join(f", sum(part_{index}) OVER w AS part_{index}" for index in range(len(LAYOUTS[slug].parts)))
            self.store.execute(
                f"CREATE OR REPLACE TEMP TABLE running_{slug} AS SELECT account_id, day{parts} FROM total_{slug} "
                "WINDOW w AS (PARTITION BY account_id ORDER BY day)"
            )
        rules = ((metric.fact.slug, self.rules[metric.slug]) for metric in DECLARED)
        windows = {(slug, rule.days, rule.lag) for slug, rule in rules}
        for slug, days, lag in windows:
            self.store.execute(self._window(slug, days, lag))
        for metric in DECLARED:
            self.store.execute(f"CREATE OR REPLACE TEMP TABLE number_{metric.slug} AS {self.queries[metric.slug]}")

    def numbers(self) -> Numbers:
        """The sums of numerators and denominators over all accounts and weeks, by metric."""
        return {
            metric.slug: self.store.execute(
                f"SELECT coalesce(sum(numerator), 0), coalesce(sum(denominator), 0) FROM number_{metric.slug}"
            ).fetchone()
            for metric in DECLARED
        }  # fmt: skip

    def _window(self, slug: str, days: int, lag: int) -> str:
        """The sums of a fact in all windows of one length: what ran up to their end less what ran up before them."""
        parts = "".join(
            f", coalesce(e.part_{index}, 0) - coalesce(b.part_{index}, 0) AS part_{index}"
            for index in range(len(LAYOUTS[slug].parts))
        )
        return (
            f"CREATE OR REPLACE TEMP TABLE window_{slug}_{days}_{lag} AS "
            f"SELECT w.account_id, w.week{parts} FROM weeks w "
            f"ASOF LEFT JOIN running_{slug} e ON w.account_id = e.account_id AND w.ends_on - {lag} >= e.day "
            f"ASOF LEFT JOIN running_{slug} b ON w.account_id = b.account_id AND w.ends_on - {lag + days} >= b.day"
        )

    def _sums(self, metric: Metric, numerator: Part | None, denominator: Part | None) -> str:
        position, rule = LAYOUTS[metric.fact.slug].position, self.rules[metric.slug]

        def column(part: Part | None) -> str:
            return "0" if part is None else f"part_{position[part]}"

        return (
            f"SELECT account_id, week, {column(numerator)} AS numerator, {column(denominator)} AS denominator "
            f"FROM window_{metric.fact.slug}_{rule.days}_{rule.lag}"
        )

    def _spread(self, metric: Metric, rows: str, names: str, oldest: int = 0) -> str:
        """Each row once for every week whose window holds its day."""
        days, lag = self.rules[metric.slug].days, self.rules[metric.slug].lag
        since = f"(day - DATE '{self.base}')"
        first = f"greatest({oldest}, ceil(({since} + {lag}) / 7.0)::int)"
        last = f"least({WEEKS - 1}, floor(({since} + {lag + days - 1}) / 7.0)::int)"
        return f"(SELECT *, unnest(generate_series({first}, {last})) AS week FROM ({rows}) r(account_id, day, {names}))"

    @singledispatchmethod
    def _query(self, metric: Metric) -> str:
        raise TypeError(f"no query for metrics of the kind {type(metric).__name__}")

    @_query.register
    def _share(self, metric: Share) -> str:
        return self._sums(metric, metric.hits, metric.counted)

    @_query.register
    def _latest_share(self, metric: LatestShare, oldest: int = 0) -> str:
        hit = Case(When(metric.hit, then=Value(1)), default=Value(0))
        rows = rows_of(metric, F(metric.per), hit, F(metric.fact.moment), F("external_id"), F("system"))
        spread = self._spread(metric, rows, "key, hit, moment, external_id, system", oldest)
        latest = (
            "SELECT account_id, week, arg_max(hit, (moment, external_id, system)) AS hit "
            f"FROM {spread} GROUP BY account_id, week, key"
        )
        return f"SELECT account_id, week, sum(hit) AS numerator, count(*) AS denominator FROM ({latest}) GROUP BY ALL"

    @_query.register
    def _score(self, metric: Score) -> str:
        """A week with too few answers takes the numbers of the newest week before it that had enough."""
        enough = f"denominator >= {self.rules[metric.slug].minimum}"
        carried = ", ".join(
            f"coalesce(last_value(CASE WHEN {enough} THEN {name} END IGNORE NULLS) OVER w, {name}) AS {name}"
            for name in ("numerator", "denominator")
        )
        weeks = (
            "SELECT account_id, week::int AS week "
            f"FROM (SELECT DISTINCT account_id FROM weeks), range({OLDEST}, {WEEKS}) r(week)"
        )
        return (
            f"SELECT * FROM (SELECT account_id, week, {carried} FROM ({weeks}) LEFT JOIN "
            f"({self._latest_share(metric, OLDEST)}) USING (account_id, week) "
            "WINDOW w AS (PARTITION BY account_id ORDER BY week)) WHERE week >= 0"
        )

    @_query.register
    def _times(self, metric: Times) -> str:
        """The numerator is mean, median and 90th percentile together, so that all three are compared."""
        rows = rows_of(metric, F(metric.per or "pk"), F(metric.column))
        spread = self._spread(metric, rows, "key, seconds")
        if metric.per:
            spread = (
                f"(SELECT account_id, week, key, sum(seconds) AS seconds FROM {spread} GROUP BY account_id, week, key)"
            )
        times = (
            "SELECT account_id, week, avg(seconds) AS mean, quantile_cont(seconds, [0.5, 0.9]) AS points, "
            f"count(*) AS n FROM {spread} GROUP BY account_id, week"
        )
        return f"SELECT account_id, week, mean + points[1] + points[2] AS numerator, n AS denominator FROM ({times})"

    @_query.register
    def _mean(self, metric: Mean) -> str:
        return self._sums(metric, metric.total, metric.counted)

    @_query.register
    def _tally(self, metric: Tally) -> str:
        return self._sums(metric, None, metric.counted)

    @_query.register
    def _coverage(self, metric: Coverage) -> str:
        spread = self._spread(metric, rows_of(metric, F(metric.by)), "value")
        expected = ", ".join(f"'{one}'" for one in expected_by_default())
        return (
            f"SELECT account_id, week, count(DISTINCT value) FILTER (value IN ({expected})) AS numerator, "
            f"0 AS denominator FROM {spread} GROUP BY account_id, week"
        )

    @_query.register
    def _imported(self, metric: Imported) -> str:
        spread = self._spread(metric, rows_of(metric, F(metric.column), F(metric.fact.moment)), "stated, moment")
        return (
            "SELECT account_id, week, arg_max(stated, moment) AS numerator, 1 AS denominator "
            f"FROM {spread} GROUP BY account_id, week"
        )
