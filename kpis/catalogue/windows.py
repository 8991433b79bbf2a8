"""The same figure over another window."""

from dataclasses import replace
from typing import TypeVar

from kpis.metrics import Metric, Text

Kind = TypeVar("Kind", bound=Metric)


def over(metric: Kind, days: int, title: Text) -> Kind:
    """The metric as a variant that reads so many days; everything else about it stays."""
    return replace(
        metric,
        slug=f"{metric.slug}_{days}d",
        title=title,
        short="",
        rule=replace(metric.rule, days=days),
        variant_of=metric.slug,
    )
