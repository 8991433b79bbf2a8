"""The page of all metrics for docs/, written from the declarations."""

from itertools import groupby

from django.utils import translation

from kpis.catalogue import DECLARED
from kpis.metrics import (
    LIFETIME,
    Coverage,
    Imported,
    LatestShare,
    Mean,
    Metric,
    Rule,
    Score,
    Share,
    Tally,
    Times,
)
from kpis.targets import AtLeast, AtMost, Target, Zero
from kpis.units import Unit, plain

HEAD = """\
# Metrics

<!-- Written by `manage.py metrics_page` from kpis/catalogue/. Change the declaration there, not this page. -->

Every figure of Staygreen, as it is declared. A figure rests on the rows of one table, each counted on its local day in
the account's own time zone. The window ends on the report day, the last complete local day, unless a lag is named.
Exact values are compared with limit and goal; digits are cut when printed, so number and colour cannot disagree.
"""


def metrics_page() -> str:
    """The whole page in Markdown, in English."""
    with translation.override("en"):
        parts = [HEAD]
        for group, metrics in groupby(DECLARED, key=lambda metric: str(metric.group)):
            parts.append(f"\n## {group}\n")
            parts.extend(_section(metric) for metric in metrics)
        return "".join(parts)


def _section(metric: Metric) -> str:
    lines = [f"\n### {metric.title}\n", f"`{metric.slug}`: {metric.help}\n", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in _facts(metric) if text]
    return "\n".join(lines) + "\n"


def _facts(metric: Metric) -> list[tuple[str, str]]:
    target = metric.rule.target
    return [
        ("Figure", _figure(metric)),
        ("Rows", f"{metric.fact.title} (`{metric.fact.slug}`), by `{metric.fact.moment}`"),
        ("Part of", f"`{metric.parts_of}`" if metric.parts_of else ""),
        ("Variant of", f"`{metric.variant_of}`" if metric.variant_of else ""),
        ("Broken down by", ", ".join(f"`{column.split}`" for column in metric.splits)),
        ("Left out", "; ".join(str(reason) for _condition, reason in metric.left_out)),
        ("Window", _window(metric, metric.rule)),
        *((f"Window in {place}", _window(metric, rule)) for place, rule in metric.marketplace_rules.items()),
        ("Minimum", f"{metric.rule.minimum} counted rows" if metric.rule.minimum > 1 else ""),
        ("Colour", "none: no target" if target is None else colours(metric.unit, target)),
        ("Provisional", "while rows of the window wait for their verdict" if metric.open is not None else ""),
        ("Ripens", f"for {metric.ripens_days} days after a row's day" if metric.ripens_days else ""),
        ("Source", f"<{metric.source}>"),
    ]


def _figure(metric: Metric) -> str:
    counted, others, _left_out = metric.sides
    if isinstance(metric, Times):
        return "mean, median and 90th percentile, in seconds; exact, interpolated between rows"
    if isinstance(metric, Tally):
        return f"how many “{counted}”" if not metric.column else f"sum of `{metric.column}` over “{counted}”"
    if isinstance(metric, Mean):
        return f"mean of `{metric.column}` over “{counted}”"
    if isinstance(metric, Coverage):
        return (
            f"of the values of `{metric.by}` that the account expects (`{metric.expected_from}`), the share that occurs"
        )
    if isinstance(metric, Imported):
        return "the newest figure that the platform reported for a period ending in the window, as it came"
    assert isinstance(metric, Share)  # noqa: S101  # the kinds there are
    scale = f"{metric.base} × " if metric.base != 1 else ""
    latest = f"; only the latest row of each `{metric.per}` in the window" if isinstance(metric, LatestShare) else ""
    return f"{scale}“{counted}” ÷ (“{counted}” + “{others}”){latest}"


def _window(metric: Metric, rule: Rule) -> str:
    days = "all time" if rule.days == LIFETIME else f"{rule.days} days"
    if rule.days_from:
        days += f" (the account's `{rule.days_from}`)"
    if isinstance(metric, Score):
        days += ", read once a week on the week's last day"
    lag = rule.lag
    if not lag:
        return days
    return f"{days}, ending {lag} {'day' if lag == 1 else 'days'} before the report day"


def colours(unit: Unit, target: Target) -> str:
    """What turns a figure red, yellow and green, in one line."""
    limit, goal = (plain(mark / unit.scale, unit) for mark in (target.limit, target.goal))
    if isinstance(target, Zero):
        return "green at none, red above"
    if isinstance(target, AtLeast):
        return f"red below {limit}, green at {goal} or more, yellow between"
    red = "above" if isinstance(target, AtMost) else "at or above"
    return f"red {red} {limit}, green at {goal} or less, yellow between"
