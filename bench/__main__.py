"""Measures the product against physical limits: `script/bench [--small] [--only NAME ...]`.

Each experiment is a module with `run(stage) -> list[Figure]`; its docstring's first line is the question it answers.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import django

from config import keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
FOLDER = Path(os.environ.setdefault("DATA_DIR", "var"))
FOLDER.mkdir(parents=True, exist_ok=True)
keys.make_missing(FOLDER)  # before the settings ask for them
django.setup()

from bench import (  # noqa: E402  # they import models
    celery,
    export,
    ingest,
    late_fact,
    opening,
    orm,
    pages,
    partitions,
    recompute,
    restoring,
    results,
)
from bench.data import LARGE, SHORT, SMALL  # noqa: E402
from bench.stage import Stage, say  # noqa: E402
from config import garbage  # noqa: E402

EXPERIMENTS: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (recompute, orm, late_fact, ingest, pages, opening, export, partitions, celery, restoring)
}


def main() -> int:
    """Run the experiments and keep what they found; 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure Staygreen against physical limits.")
    parser.add_argument(
        "--small", action="store_true", help="twenty accounts, in about seven minutes; results go to the folder"
    )
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS), metavar="NAME")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for files")
    said = parser.parse_args()
    garbage.settle()  # as web servers and workers do
    said.folder.mkdir(parents=True, exist_ok=True)
    stage = Stage([SHORT] if said.small else [SMALL, LARGE], said.folder.resolve())
    place = stage.folder if said.small else results.HERE
    stage.prepare()
    with stage.on("postgresql"):
        machine = {**results.machine(), "database": results.database_version()}
    sizes = ", ".join(f"{size.name} ({size.accounts:,} accounts)" for size in stage.sizes)
    missed = 0
    for name in said.only:
        experiment = EXPERIMENTS[name]
        question = (experiment.__doc__ or "").splitlines()[0]
        say(f"{name}: {question}")
        began = time.monotonic()
        figures = experiment.run(stage)
        for figure in figures:
            say(results.shown(figure))
            missed += figure.target is not None and not figure.meets(figure.target)
        about = {"question": question, "machine": machine, "sizes": sizes, "seconds": time.monotonic() - began}
        results.keep(name, figures, about, place)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
