"""What the bench found: figures with their targets, written as a page for people and as JSON for programs."""

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection

HERE = Path(__file__).resolve().parent
PACKAGES = ("django", "psycopg", "celery", "duckdb")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number: what it is, what it should be, and what keeps it from being better.

    Without a target it is there for understanding. `at_least` turns target and stretch round: more is better.
    """

    name: str
    what: str
    value: float
    unit: str = ""
    target: float | None = None
    stretch: float | None = None
    at_least: bool = False
    bound: str = ""
    command: str = ""

    def meets(self, wanted: float | None) -> bool:
        if wanted is None:
            return False
        return self.value >= wanted if self.at_least else self.value <= wanted

    @property
    def verdict(self) -> str:
        """In words: stretch reached, met, or missed by how much."""
        if self.target is None:
            return ""
        if self.meets(self.stretch):
            return "stretch reached"
        if self.meets(self.target):
            return "met"
        if not self.target or not self.value:
            return "missed"
        short = self.target / self.value if self.at_least else self.value / self.target
        return f"missed: {short:.2g} times the target"


def machine() -> dict[str, str]:
    """Where the figures come from: processor, system and the versions that matter."""
    processor = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        processor = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")), "")
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "machine": f"{processor.partition(': ')[2] or platform.machine()}, {cores} cores",
        "system": platform.platform(),
        "python": sys.version.split()[0],
        **{package: version(package) for package in PACKAGES},
    }


def database_version() -> str:
    """The version of the connected database."""
    asked = "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return f"{connection.display_name} {cursor.fetchone()[0]}"


def keep(experiment: str, figures: Sequence[Figure], about: dict[str, Any], folder: Path) -> None:
    """Put an experiment's figures in the place of its earlier ones and write page and JSON anew."""
    data = folder / "results.json"
    kept: dict[str, Any] = json.loads(data.read_text()) if data.exists() else {}
    kept[experiment] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        **about,
        "figures": [{**asdict(figure), "verdict": figure.verdict} for figure in figures],
    }
    data.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    (folder / "RESULTS.md").write_text(page(kept))


def page(kept: dict[str, Any]) -> str:
    """All experiments as one page."""
    lines = [
        "# What the bench found",
        "",
        "Written by `script/bench`; the same as JSON in `results.json`. Ratios are made of CPU seconds of the client",
        "and its database backend together, measured side by side in one run: warmed up, in rotating order, medians",
        "of at least three. Seconds depend on the machine, ratios hardly do.",
    ]
    for name, found in kept.items():
        told = ", ".join(f"{key} {value}" for key, value in found["machine"].items() if key != "machine")
        lines += [
            "",
            f"## {name}",
            "",
            f"{found['question']}",
            "",
            f"Measured {found['measured_at']} on {found['machine']['machine']} ({told}), sizes: {found['sizes']}, "
            f"in {found['seconds']:.0f} s.",
            "",
            "| figure | value | target | stretch | verdict |",
            "|---|---|---|---|---|",
        ]
        lines += [
            row_of(Figure(**{key: value for key, value in one.items() if key != "verdict"})) for one in found["figures"]
        ]
        bounds = [f"- **{one['name']}**: {one['bound']}" for one in found["figures"] if one["bound"]]
        lines += ["", *bounds] if bounds else []
    return "\n".join(lines) + "\n"


def row_of(figure: Figure) -> str:
    sign = "≥" if figure.at_least else "≤"
    target = "" if figure.target is None else f"{sign} {_number(figure.target)}"
    stretch = "" if figure.stretch is None else f"{sign} {_number(figure.stretch)}"
    value = f"{_number(figure.value)} {figure.unit}".strip()
    return f"| {figure.what} | {value} | {target} | {stretch} | {figure.verdict} |"


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def shown(figure: Figure) -> str:
    """One line for the terminal."""
    value = f"{_number(figure.value)} {figure.unit}".strip()
    return f"  {figure.what}: {value}{f'  [{figure.verdict}]' if figure.verdict else ''}"
