"""Bad declarations of metrics and facts, refused before anything runs, each with what to do about it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldError
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from kpis.catalogue import DECLARED, FACTS
from kpis.metrics import Fact, Metric, Share
from kpis.truth import Unreadable, columns_of, verdict_of


@register()
def declarations_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The catalogue as it is declared."""
    return [*check_facts(FACTS.values()), *check_metrics(DECLARED)]


def check_facts(facts: Iterable[Fact]) -> Iterator[CheckMessage]:
    """Every fact must be counted by its own table, on a day column of that table, without a join."""
    for fact in facts:
        if fact.slug not in fact.model.facts:
            yield Error(
                f"The fact “{fact.slug}” is not one that {fact.model.__name__} marks.",
                hint=f"Name it in {fact.model.__name__}.facts with its day column, or no write will mark its days.",
                id="kpis.E007",
            )
        yield from _check_conditions(f"The fact “{fact.slug}”", fact, [fact.rows])
        for column in fact.columns:
            yield from _check_path(f"The fact “{fact.slug}”", fact, column.path)
        names = [column.split for column in fact.columns if column.split]
        if len(names) > len(set(names)):
            yield Error(
                f"The fact “{fact.slug}” has two columns that are split by one name.",
                hint="The name stands in addresses: give each column one of its own.",
                id="kpis.E021",
            )


def check_metrics(metrics: Iterable[Metric]) -> Iterator[CheckMessage]:
    """Every metric must be told apart, explained, judged the right way round, and counted from one table."""
    seen = set()
    for metric in metrics:
        name = f"The metric “{metric.slug}”"
        if metric.slug in seen:
            yield Error(f"{name} is declared twice.", hint="Give each metric a slug of its own.", id="kpis.E001")
        seen.add(metric.slug)
        missing = [word for word in ("slug", "title", "help", "group", "source") if not str(getattr(metric, word))]
        if missing:
            yield Error(
                f"{name} has no {' and no '.join(missing)}.",
                hint="People read these words beside the figure.",
                id="kpis.E002",
            )
        target = metric.rule.target
        if target is not None and not target.goal_is_beyond_limit():
            yield Error(
                f"{name} has its goal on the wrong side of its limit.",
                hint="Nothing could be yellow: the goal must be harder to reach than the limit.",
                id="kpis.E003",
            )
        if any(not str(reason) for _condition, reason in metric.left_out) or (metric.of and not metric.left_out):
            yield Error(
                f"{name} leaves rows out without a reason.",
                hint="Name in left_out why a row of `among` is not counted; its row shows that reason.",
                id="kpis.E006",
            )
        yield from _check_conditions(name, metric.fact, _conditions(metric))
        for path in _columns(metric):
            yield from _check_path(name, metric.fact, path)
        if metric.by and metric.by not in [column.path for column in metric.splits]:
            yield Error(
                f"{name} is broken down by “{metric.by}”, which its fact does not split.",
                hint="Give that column of the fact a name in split.",
                id="kpis.E022",
            )


def _conditions(metric: Metric) -> list[Q]:
    left_out = [condition for condition, _reason in metric.left_out]
    hit = [metric.hit] if isinstance(metric, Share) else []
    opened = [] if metric.open is None else [metric.open]
    return [metric.among, metric.of, *hit, *opened, *left_out]


def _columns(metric: Metric) -> list[str]:
    names = ("per", "column", "by", "weight")
    return [name for name in (getattr(metric, name, "") for name in names) if name]


def _check_conditions(name: str, fact: Fact, conditions: Iterable[Q]) -> Iterator[CheckMessage]:
    for condition in conditions:
        expressions = list(_expressions(condition))
        # A fixed moment counts as well: where the program takes one from the clock, it does so when it starts.
        if any(isinstance(expression, (Now, datetime)) for expression in expressions):
            yield Error(
                f"{name} has a condition that reads the clock.",
                hint="A stored count would age without any write. Let a lapse turn the passing of time into a row.",
                id="kpis.E005",
            )
            continue
        if any(isinstance(expression, RawSQL) for expression in expressions):
            yield Error(
                f"{name} has a condition in raw SQL.",
                hint="Nobody can see whether it joins or reads the clock; say it with lookups.",
                id="kpis.E009",
            )
            continue
        try:
            query = fact.model._base_manager.filter(condition).query
        except FieldError as error:
            yield Error(f"{name} has a condition that its table cannot answer: {error}", id="kpis.E008")
            continue
        if sum(1 for count in query.alias_refcount.values() if count) > 1:
            yield Error(
                f"{name} has a condition that crosses to another table.",
                hint="Counting reads one thin table: copy the column onto the row when it is written.",
                id="kpis.E004",
            )
            continue
        try:
            verdict_of(condition, fact.model, columns_of(condition))
        except Unreadable as error:
            yield Error(
                f"{name} has a condition that the nightly proof cannot work out: {error}.",
                hint="Copy what it needs onto the row as a plain column, or teach kpis/truth.py the comparison.",
                id="kpis.E020",
            )


def _check_path(name: str, fact: Fact, path: str) -> Iterator[CheckMessage]:
    try:
        fact.model._base_manager.values(path)
    except FieldError as error:
        yield Error(f"{name} names a column that its table does not have: {error}", id="kpis.E008")


def _expressions(node: Any) -> Iterator[Any]:
    """Every expression and moment inside a condition, however deep."""
    if isinstance(node, Q):
        for child in node.children:
            yield from _expressions(child[1] if isinstance(child, tuple) else child)
    elif isinstance(node, (list, tuple, set)):
        for child in node:
            yield from _expressions(child)
    elif isinstance(node, datetime):
        yield node
    elif hasattr(node, "get_source_expressions"):
        yield node
        for child in node.get_source_expressions():
            yield from _expressions(child)
