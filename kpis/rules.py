"""Rules in force: what a metric declares, what its marketplace asks for, and what people changed from a date on."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

from django.db.models import Q

from kpis.metrics import Metric, Rule
from kpis.models import RuleChange
from kpis.targets import AtLeast, AtMost, Target
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rules of one metric of an account, one after another: the first holds until the first of `starts`."""

    starts: Sequence[date]
    rules: Sequence[Rule]

    def on(self, day: date) -> Rule:
        """The rule in force on a report day; `days` is the length that counts."""
        return self.rules[bisect_right(self.starts, day)]

    def between(self, first: date, last: date) -> list[tuple[date, Rule]]:
        """The report days from `first` to `last` on which a rule comes into force, `first` among them."""
        later = (start for start in self.starts if first < start <= last)
        return [(day, self.on(day)) for day in (first, *later)]


class Rules:
    """The rules of some accounts, loaded once: a day is judged by what was in force on it.

    On top of the declaration stand, one after another, the marketplace's rule, the account's own switch, the changes
    for all accounts and those for the account; each changes only what it names.
    """

    def __init__(self, changes: Iterable[RuleChange]) -> None:
        self._changes: dict[tuple[str, int | None], list[RuleChange]] = defaultdict(list)
        for change in sorted(changes, key=lambda change: change.valid_from):
            self._changes[change.metric, change.account_id].append(change)
        self._timelines: dict[tuple[str, int], Timeline] = {}

    @classmethod
    def load(cls, accounts: Iterable[SellerAccount]) -> "Rules":
        """The changes for all accounts and for these, in one query."""
        ids = [account.id for account in accounts]
        return cls(RuleChange.objects.filter(Q(account=None) | Q(account__among=ids)))

    def rule(self, metric: Metric, account: SellerAccount, on: date) -> Rule:
        """The rule of one metric of an account on a report day."""
        return self.timeline(metric, account).on(on)

    def timeline(self, metric: Metric, account: SellerAccount) -> Timeline:
        """All rules of one metric of an account."""
        key = (metric.slug, account.id)
        if key not in self._timelines:
            self._timelines[key] = self._timeline(metric, account)
        return self._timelines[key]

    def _timeline(self, metric: Metric, account: SellerAccount) -> Timeline:
        changes = [*self._changes.get((metric.slug, None), ()), *self._changes.get((metric.slug, account.id), ())]
        starts = sorted({change.valid_from for change in changes})
        rules = [declared_rule(metric, account)]
        for start in starts:
            rules.append(reduce(changed, (one for one in changes if one.valid_from <= start), rules[0]))
        return Timeline(starts, rules)


def declared_rule(metric: Metric, account: SellerAccount) -> Rule:
    """The rule of an account before anybody changed it."""
    rule = metric.marketplace_rules.get(account.marketplace, metric.rule)
    return replace(rule, days=getattr(account, rule.days_from), days_from="") if rule.days_from else rule


def changed(rule: Rule, change: RuleChange) -> Rule:
    """The rule with what the change names replaced."""
    named: dict[str, Any] = {
        name: value for name in ("days", "lag", "minimum") if (value := getattr(change, name)) is not None
    }
    return replace(rule, **named, target=changed_target(rule.target, exact(change.limit), exact(change.goal)))


def exact(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def changed_target(target: Target | None, limit: Fraction | None, goal: Fraction | None) -> Target | None:
    """The target with another limit or goal; a metric without a target gets one once both are named."""
    if target is not None:
        return target.moved(limit, goal)
    if limit is None or goal is None:
        return None
    return AtLeast(limit, goal) if goal > limit else AtMost(limit, goal)
