"""A week report as a document: the same bytes whenever it is asked for, because nothing but what was kept goes in."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import IO, Any

from django.utils.translation import gettext as _

from kpis.models import WeekReading, WeekReport
from kpis.sheets import Cell, Heading, workbook

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
    table.writerows(_lines(report))
    return buffer.getvalue().encode()


def as_xlsx(report: WeekReport) -> IO[bytes]:
    """The same table as a spreadsheet, at its beginning."""
    about: list[tuple[str, Cell]] = [
        (_("Account"), report.account.key),
        (_("First day"), report.starts_on),
        (_("Last day"), report.ends_on),
        (_("Revision"), report.revision),
        (_("Reason"), report.get_reason_display()),
        (_("Published at"), report.published_at),
    ]
    rows = ([line.get(column) for column in COLUMNS] for line in _lines(report))
    return workbook(about, _("Figures"), [Heading(column) for column in COLUMNS], rows, report.account.zone, None)


def _lines(report: WeekReport) -> Iterator[dict[str, Any]]:
    for row in report.readings.order_by("id"):
        figure = _figure(row)
        nested = {**(figure.pop("stats") or {}), **(figure.pop("rule") or {})}
        yield {**figure, **nested}


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
