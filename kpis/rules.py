"""Rules in force: what a metric declares, what its marketplace asks for, and what people changed from a date on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q

from kpis.metrics import Metric, Rule
from kpis.models import RuleChange
from kpis.targets import AtLeast, AtMost, Target
from sellers.models import SellerAccount


class Rules:
    """The rules of some accounts, loaded once: a day is judged by what was in force on it.

    On top of the declaration stand, one after another, the marketplace's rule, the account's own switch, the changes
    for all accounts and those for the account; each changes only what it names.
    """

    def __init__(self, changes: Iterable[RuleChange]) -> None:
        self._changes: dict[tuple[str, int | None], list[RuleChange]] = defaultdict(list)
        for change in sorted(changes, key=lambda change: change.valid_from):
            self._changes[change.metric, change.account_id].append(change)
        self._known: dict[tuple[str, int, int], Rule] = {}

    @classmethod
    def load(cls, accounts: Iterable[SellerAccount]) -> "Rules":
        """The changes for all accounts and for these, in one query."""
        ids = [account.id for account in accounts]
        return cls(RuleChange.objects.filter(Q(account=None) | Q(account__in=ids)))

    def rule(self, metric: Metric, account: SellerAccount, on: date) -> Rule:
        """The rule of one metric of an account on a report day; `days` is the length that counts."""
        steps = [change for change in self._of(metric, account) if change.valid_from <= on]
        key = (metric.slug, account.id, len(steps))
        if key not in self._known:
            rule = declared_rule(metric, account)
            for step in steps:
                rule = changed(rule, step)
            self._known[key] = rule
        return self._known[key]

    def starts(self, metric: Metric, account: SellerAccount, first: date, last: date) -> set[date]:
        """The days from `first` to `last` on which another rule comes into force."""
        valid_from = (change.valid_from for change in self._of(metric, account))
        return {day for day in valid_from if first <= day <= last}

    def _of(self, metric: Metric, account: SellerAccount) -> list[RuleChange]:
        """What was changed for all accounts, then what was changed for this one, each in the order of days."""
        if not self._changes:
            return []
        return [*self._changes.get((metric.slug, None), ()), *self._changes.get((metric.slug, account.id), ())]


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
