"""What the commands about figures take: a metric by its slug. What is wrong is said in one sentence."""

from django.core.management.base import CommandError

from kpis.catalogue import METRICS
from kpis.metrics import Metric


def metric_named(slug: str) -> Metric:
    """The metric with this slug. Raises CommandError."""
    if slug not in METRICS:
        raise CommandError(f"There is no metric “{slug}”; there are {', '.join(METRICS)}.")
    return METRICS[slug]
