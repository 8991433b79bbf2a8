"""Every metric of the product, each declared once; all else follows from these declarations."""

from kpis.catalogue import (
    account_health,
    channels,
    defects,
    delivery,
    feedback,
    order_health,
    resolution,
    response,
    returns,
    satisfaction,
    series,
)
from kpis.catalogue.facts import FACTS, LAPSES
from kpis.metrics import Metric

DECLARED: tuple[Metric, ...] = tuple(
    value
    for room in (
        satisfaction,
        response,
        resolution,
        channels,
        defects,
        order_health,
        delivery,
        returns,
        feedback,
        account_health,
        series,
    )
    for value in vars(room).values()
    if isinstance(value, Metric)
)

METRICS: dict[str, Metric] = {metric.slug: metric for metric in DECLARED}

__all__ = ["DECLARED", "FACTS", "LAPSES", "METRICS"]
