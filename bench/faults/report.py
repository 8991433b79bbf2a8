"""What the run saw, as rows for people (FAULTS.md) and programs (faults.json)."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.faults.watch import Sample
from bench.faults.writers import Request
from bench.results import Figure, row_of

HERE = Path(__file__).resolve().parent.parent
PAGE, DATA = HERE / "FAULTS.md", HERE / "faults.json"
CALM_SECONDS = 10.0  # a mark that is no older is normal


@dataclass(frozen=True)
class Struck:
    """One fault and what was seen from its beginning to that of the next one."""

    name: str
    at_seconds: float  # since the writers began
    lasted_seconds: float
    requests: int
    failed: dict[str, int]  # by outcome
    slowest_seconds: float
    oldest_mark_seconds: float
    recovery_seconds: float  # until the last failed request, and the last mark older than ten seconds

    @property
    def seen(self) -> str:
        failed = ", ".join(f"{count} × {outcome}" for outcome, count in self.failed.items()) or "none failed"
        return f"{self.requests} requests: {failed}; slowest {self.slowest_seconds:.1f} s"


def struck(
    name: str, span: tuple[float, float, float], start: float, requests: Sequence[Request], samples: Sequence[Sample]
) -> Struck:
    """`span`: when the fault began, when it was over, when the next one began.

    A request that was under way when the next one struck is that one's.
    """
    began, over, until = span
    asked = [one for one in requests if began <= one.ended < until]
    ages = [one for one in samples if began <= one.at < until]
    late = [one.ended for one in asked if one.failed]
    late += [one.at for one in ages if one.age_seconds is None or one.age_seconds > CALM_SECONDS]
    return Struck(
        name=name,
        at_seconds=round(began - start, 1),
        lasted_seconds=round(over - began, 1),
        requests=len(asked),
        failed=dict(Counter(one.outcome for one in asked if one.failed)),
        slowest_seconds=round(max((one.seconds for one in asked), default=0.0), 2),
        oldest_mark_seconds=round(max((one.age_seconds or 0.0 for one in ages), default=0.0), 1),
        recovery_seconds=round(max(late, default=began) - began, 1),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """A simple percentile: the value at that place of the sorted list; 0 without values."""
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def write(about: dict[str, Any], rows: Sequence[Struck], figures: Sequence[Figure], notes: Sequence[str]) -> None:
    told = [asdict(one) | {"verdict": one.verdict} for one in figures]
    document = {**about, "faults": [asdict(row) for row in rows], "figures": told}
    DATA.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(about, rows, figures, notes))


def page(about: dict[str, Any], rows: Sequence[Struck], figures: Sequence[Figure], notes: Sequence[str]) -> str:
    told = ", ".join(f"{key} {value}" for key, value in about["machine"].items() if key != "machine")
    lines = [
        "# What the fault run saw",
        "",
        "Written by `script/faults` (the same as JSON in `faults.json`). The product's own processes run on a",
        "throw-away PostgreSQL and Redis, kept up by its own supervisor: gunicorn, two workers, a beat. Four writers",
        "send batches of 200 facts until each is acknowledged, every tenth of them twice under two batch IDs, and a",
        "reader asks for accounts. Nobody starts anything again but the supervisor, and the run itself where it took",
        "PostgreSQL or Redis away.",
        "",
        f"Run {about['run_at']} on {about['machine']['machine']} ({told}); {about['load']}.",
        "Repeat it with `script/faults` (about eight minutes); the tests run the short form, `script/faults --short`.",
        "",
        "| figure | value | target | | verdict |",
        "|---|---|---|---|---|",
        *[row_of(figure) for figure in figures],
        "",
        "Recovery is the time from the blow to the last request that failed and the last moment at which a mark was",
        "older than ten seconds; it includes the time for which the fault lasted.",
        "",
        "| at | fault | lasted | what was seen | oldest mark | recovery |",
        "|---|---|---|---|---|---|",
        *[
            f"| {row.at_seconds:.0f} s | {row.name} | {row.lasted_seconds:.1f} s | {row.seen} "
            f"| {row.oldest_mark_seconds:.1f} s | {row.recovery_seconds:.1f} s |"
            for row in rows
        ],
        "",
        *[f"- {note}" for note in notes],
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
