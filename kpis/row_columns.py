"""Which columns of the rows behind a figure are read first: what a row is, and why it counts as it does."""

from collections.abc import Iterable, Iterator

from django.db.models import Q

from kpis.metrics import Column, Metric, Share, Side

ENOUGH = 8  # so many columns a screen shows beside each other


def first_columns(metric: Metric, side: Side) -> tuple[Column, ...]:
    """The columns that a reader of this list needs; all of them where they are few.

    They are the row's moment and first ID, what the figure's conditions read, and what explains its verdict.
    """
    columns = metric.fact.columns
    if len(columns) <= ENOUGH:
        return columns
    identity = next(column for column in columns[1:] if column.path.endswith("external_id"))
    reasons = [condition for condition, _reason in metric.left_out] if side is Side.LEFT_OUT else []
    added = [getattr(metric, name, "") for name in ("per", "column", "by", "weight")]
    read = {*_paths([metric.among, metric.of, *_hit(metric), *reasons]), *added}
    verdict = {*_paths([*_hit(metric), *reasons]), *added} if _hit(metric) else read
    return tuple(
        column
        for column in columns
        if column in (columns[0], identity) or column.always or column.path in read or verdict & set(column.explains)
    )


def _hit(metric: Metric) -> list[Q]:
    return [metric.hit] if isinstance(metric, Share) else []


def _paths(conditions: Iterable[Q]) -> Iterator[str]:
    for condition in conditions:
        for child in condition.children:
            if isinstance(child, Q):
                yield from _paths([child])
            elif isinstance(child, tuple):
                path = child[0]
                yield path
                yield path.rpartition("__")[0]  # without the lookup, where it ends in one
