"""How fast buyers get a first reply: conversations by how long their buyer waited, counted from rows."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from kpis.catalogue.first_replies import METRIC, STEPS, Step
from kpis.metrics import Side, Window
from kpis.readings import Reading
from kpis.rows import RowSet
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Waited:
    """One step of waiting and how many conversations stand in it."""

    step: Step
    count: int


def first_replies(account: SellerAccount, window: Window) -> list[Waited]:
    """How many conversations that a buyer began in the window stand in each step, in one query.

    All steps together but the last are what the first response time is worked out from.
    """
    counts = _turns(account, window).aggregate(
        **{f"step_{number}": Count("pk", filter=step.condition) for number, step in enumerate(STEPS)}
    )
    return [Waited(step, counts[f"step_{number}"]) for number, step in enumerate(STEPS)]


def waited(reading: Reading, step: Step) -> RowSet:
    """The rows of one step in the reading's window, newest first."""
    return RowSet(reading, Side.FOR, _turns(reading.account, reading.window).filter(step.condition))


def _turns(account: SellerAccount, window: Window) -> QuerySet:
    fact = METRIC.fact
    within = Q(account=account, **{f"{fact.day}__range": (window.first, window.last)})
    return fact.model._base_manager.filter(within & fact.rows & METRIC.among)
