"""A week report as a document: the same bytes whenever it is asked for, because nothing but what was kept goes in."""

import csv
import json
from io import StringIO
from typing import Any

from kpis.models import WeekReading, WeekReport

COLUMNS = (
    "metric", "value", "numerator", "denominator", "n", "band", "state", "window_from", "window_to",
    "carried_from", "counted_now", "mean", "median", "p90", "days", "lag", "minimum", "sign", "limit", "goal",
)  # fmt: skip


def as_json(report: WeekReport) -> bytes:
    """The report in UTF-8 JSON. Values are exact fractions ("4/5"), times in seconds; null is unknown."""
    content = {
        "account": report.account.key,
        "starts_on": report.starts_on.isoformat(),
        "ends_on": report.ends_on.isoformat(),
        "revision": report.revision,
        "reason": report.reason,
        "published_at": report.published_at.isoformat(),
        "figures": [_figure(row) for row in report.readings.order_by("id")],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(report: WeekReport) -> bytes:
    """The report as a table, a line for each metric; an unknown value is an empty cell."""
    buffer = StringIO()
    table = csv.DictWriter(buffer, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for row in report.readings.order_by("id"):
        figure = _figure(row)
        nested = {**(figure.pop("stats") or {}), **(figure.pop("rule") or {})}
        table.writerow({**figure, **nested})
    return buffer.getvalue().encode()


def _figure(row: WeekReading) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "value": None if row.value is None else str(row.value),
        "numerator": row.numerator,
        "denominator": row.denominator,
        "n": row.n,
        "band": row.band,
        "state": row.state,
        "window_from": row.window_from.isoformat(),
        "window_to": row.window_to.isoformat(),
        "carried_from": row.carried_from and row.carried_from.isoformat(),
        "counted_now": row.counted_now,
        "stats": row.stats,
        "rule": row.rule,
    }
