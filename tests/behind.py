"""How many rows stand on each side of a figure."""

from kpis.metrics import Side
from kpis.readings import Reading
from kpis.rows import Only, rows_behind


def counts(reading: Reading, only: Only | None = None) -> dict[Side, int]:
    return {side: rows_behind(reading, side, only).count for side in Side}
