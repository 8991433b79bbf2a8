"""How long is it until a backup of a million facts stands again, every table compared with what was saved?"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from bench.results import Figure
from bench.stage import Stage, spending
from config import backup
from messaging.models import Conversation, Message, SurveyAnswer
from orders.models import Order, Return

FACTS = (Message, Conversation, SurveyAnswer, Order, Return)
LIMIT_SECONDS = 60


def run(stage: Stage) -> list[Figure]:
    """Copy and load the small data on both databases, by the functions that the commands call."""
    figures = []
    for vendor in ("postgresql", "sqlite"):
        with stage.on(vendor), tempfile.TemporaryDirectory(dir=stage.folder) as folder:
            millions = sum(model._base_manager.count() for model in FACTS) / 1e6
            store = backup.store_of(connection)
            with spending() as saving:
                place = backup.make(store, Path(folder), datetime.now(UTC), _silent)
            with spending() as loading:
                backup.rehearse(store, place, _silent)
            size = sum(one.stat().st_size for one in place.iterdir()) / 1e6
        figures += [
            Figure(
                name=f"restore_{vendor}",
                what=f"restore and compare on {vendor}, for a million facts",
                value=loading.wall / millions,
                unit="s",
                target=LIMIT_SECONDS,
                bound=f"one transaction, one process; {millions:.1f} million facts, {size:,.0f} MB packed",
                command="script/bench --only restoring",
            ),
            Figure(
                name=f"backup_{vendor}",
                what=f"backup on {vendor}, for a million facts",
                value=saving.wall / millions,
                unit="s",
                command="script/bench --only restoring",
            ),
        ]
    return figures


def _silent(_sentence: str) -> None:
    """The figures tell enough."""
