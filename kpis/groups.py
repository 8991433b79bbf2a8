"""Figures of an account told apart by person, topic or channel: counted from rows by each metric's own conditions.

One query for each fact, however many groups there are. The groups of a metric add up to its figure over all rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable

from kpis.figures import Reading, State
from kpis.from_rows import BATCH, percentile
from kpis.metrics import Metric, Rule, Share, Times, Window
from kpis.rows import counted_among
from kpis.targets import Band
from sellers.models import SellerAccount

COUNTS, HITS = 1, 2  # how a row stands to a share


@dataclass
class Heap:
    """The rows of one metric in one group: how many are counted, how many are hits, and the seconds of a duration."""

    n: int = 0
    hits: int = 0
    seconds: list[int] = field(default_factory=list)

    def add(self, metric: Metric, sign: int) -> None:
        """One more counted row; `sign` is its duration, or whether it is a hit."""
        self.n += 1
        if isinstance(metric, Times):
            self.seconds.append(sign)
        else:
            self.hits += sign == HITS

    def joined(self, other: "Heap") -> "Heap":
        return Heap(self.n + other.n, self.hits + other.hits, self.seconds + other.seconds)


Group = dict[str, Heap]  # by the slug of the metric; what is not there has no rows
Groups = dict[Any, Group]


def split(account: SellerAccount, metrics: Sequence[Metric], by: Mapping[str, Combinable], window: Window) -> Groups:
    """The counted rows of some shares and durations, by the value of the expression that `by` names for each fact."""
    found: Groups = defaultdict(lambda: defaultdict(Heap))
    for fact, members in groupby(sorted(metrics, key=lambda one: one.fact.slug), key=lambda one: one.fact):
        mine = list(members)
        conditions = {metric: metric.among & counted_among(metric, account, window) for metric in mine}
        signs = {f"sign_{place}": _sign(metric, conditions[metric]) for place, metric in enumerate(mine)}
        within = Q(account=account, **{f"{fact.day}__range": (window.first, window.last)})
        rows = (
            fact.model._base_manager.filter(within & fact.rows & reduce(or_, conditions.values()))
            .order_by()
            .annotate(group=by[fact.slug], **signs)
            .values_list("group", *signs)
        )
        for group, *row in rows.iterator(chunk_size=BATCH):
            for metric, sign in zip(mine, row, strict=True):
                if sign is not None:
                    found[group][metric.slug].add(metric, sign)
    return {group: dict(heaps) for group, heaps in found.items()}


def _sign(metric: Metric, counted: Q) -> Case:
    """Of a counted row its duration, or whether it is a hit; of others nothing."""
    if isinstance(metric, Times):
        return Case(When(counted, then=F(metric.column)), output_field=IntegerField())
    hit = metric.hit if isinstance(metric, Share) else Q()
    return Case(When(counted & hit, then=Value(HITS)), When(counted, then=Value(COUNTS)), output_field=IntegerField())


def joined(groups: Iterable[Group]) -> Group:
    """Several groups as one."""
    found: Group = {}
    for group in groups:
        for slug, heap in group.items():
            found[slug] = found.get(slug, Heap()).joined(heap)
    return found


def read(account: SellerAccount, metric: Metric, rule: Rule, window: Window, heap: Heap) -> Reading:
    """The figure of one group, worked out as that of the whole account is; of few rows it has no colour."""
    if not heap.n:
        return Reading(metric=metric, account=account, rule=rule, window=window, numerator=0, denominator=0)
    if isinstance(metric, Share):
        total, value, stats = heap.hits, metric.value(heap.hits, heap.n), None
    else:
        values = sorted(heap.seconds)
        total, value = sum(values), Fraction(sum(values), heap.n)
        stats = {
            "mean": value,
            "median": percentile(values, Fraction(1, 2)),
            "p90": percentile(values, Fraction(9, 10)),
        }
    return Reading(
        metric=metric,
        account=account,
        rule=rule,
        window=window,
        value=value,
        numerator=total,
        denominator=heap.n,
        n=heap.n,
        state=State.COMPUTED,
        band=metric.judge(value, rule) if heap.n >= rule.minimum else Band.NONE,
        stats=stats,
    )
