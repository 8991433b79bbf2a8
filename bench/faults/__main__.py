"""Strikes the running product with faults while writers send facts, and proves that nothing is lost: `script/faults`.

The exit code is 1 where a promise was broken.
"""

import argparse
import os
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from bench.faults import report, small_disk  # noqa: E402  # they import models
from bench.faults.outcome import Outcome, figures  # noqa: E402
from bench.faults.run import run  # noqa: E402
from bench.results import machine, shown  # noqa: E402

LOG_LINES = 80


def main() -> int:
    """Run the faults, write what was seen (not in the short form), and say which promises were kept."""
    parser = argparse.ArgumentParser(prog="script/faults", description="Prove that no fault loses a fact.")
    parser.add_argument("--short", action="store_true", help="four faults in less than a minute; writes no page")
    parser.add_argument("--facts", type=int, default=0, help="how many facts at least; default 100000, short 5000")
    said = parser.parse_args()
    scratch = Path(os.environ["SCRATCH"])
    # What the product's processes say is kept; what we say goes to the terminal.
    log = (scratch / "processes.log").open("wb")
    os.dup2(log.fileno(), sys.stderr.fileno())
    try:
        outcome = run(scratch, said.facts or (5_000 if said.short else 100_000), said.short, say)
        if not said.short:
            full, counted, way = small_disk.run(scratch, outcome.start, say)
            outcome.rows.append(full)
            outcome.small_disk, outcome.small_disk_way = counted, way
    except Exception:
        print((scratch / "processes.log").read_text()[-4000:])
        traceback.print_exc(file=sys.stdout)
        return 2
    found = figures(outcome)
    for row in outcome.rows:
        say(f"{row.at_seconds:5.0f} s  {row.name}: {row.seen}; recovered after {row.recovery_seconds:.1f} s")
    for figure in found:
        say(shown(figure))
    if not said.short:
        write(outcome, found)
    broken = any(figure.target is not None and not figure.meets(figure.target) for figure in found)
    if broken:
        tell_more(outcome, scratch / "processes.log")
    return int(broken)


def tell_more(outcome: Outcome, log: Path) -> None:
    """What helps to find out why a promise was broken."""
    for one in outcome.late_failures():
        say(f"late: {one.began - outcome.start:.1f} s, {one.seconds:.2f} s, {one.outcome}, writes: {one.writes}")
    say(f"back at {', '.join(f'{at - outcome.start:.1f}' for at in outcome.back_at)} s")
    lines = [line for line in log.read_text(errors="replace").splitlines() if " INFO " not in line]
    say("\n".join(line[:400] for line in lines[-LOG_LINES:]))


def write(outcome: Outcome, found: list[report.Figure]) -> None:
    redis = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout.split()
    about = {
        "run_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "command": "script/faults",
        "machine": {**machine(), "database": outcome.database, "redis": redis[2].removeprefix("v=")},
        "load": f"load of the machine {os.getloadavg()[1]:.1f} in the last five minutes",
        "small_disk": outcome.small_disk_way,
    }
    report.write(about, outcome.rows, found, outcome.notes())


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
