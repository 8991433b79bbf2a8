"""Changing rules: what a change may say, which published weeks it judges otherwise, and how they are published again.

A published week stays as it is unless whoever changes the rule says that past weeks are to be published again. Then a
note for each such week is written in the same transaction, and the next closing of weeks adds a revision.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.catalogue import METRICS
from kpis.metrics import Coverage, Imported, Metric, Rule, Score, Tally
from kpis.models import RecountedDay, RuleChange, WeekReport
from kpis.readings import window_on
from kpis.rules import Rules
from kpis.units import Unit, plain
from sellers.days import WEEK, week_end_on_or_before
from sellers.locks import lock_for_closing
from sellers.models import SellerAccount

FIRST_YEAR = 2000
HIGHEST = {Unit.RATE: 100, Unit.SCORE: 10}  # of a limit or goal, on the scale people read
NO_MINIMUM = (Tally, Coverage, Imported)  # kinds whose figure does not rest on a number of cases
WEEKLY = (Score, Imported)  # kinds that have a figure once a week


class PastWeeks(ValidationError):
    """The change would judge published weeks otherwise, and nobody said that they are to be published again."""


# --- What a change may say -------------------------------------------------------------------------------------------


def check(change: RuleChange) -> None:
    """Refuse what cannot judge anything. Raises ValidationError that names the column and the way out."""
    metric = METRICS.get(change.metric)
    if metric is None:
        raise ValidationError(_("There is no metric “%(name)s”.") % {"name": change.metric})
    errors = dict(_wrong_values(change, metric))
    if _stands_already(change):
        errors["valid_from"] = _("From this day on this metric is changed already. Change that row instead.")
    if errors:
        raise ValidationError(errors)
    check_targets(metric, _with(changes_of(metric), change), change.account)


def _wrong_values(change: RuleChange, metric: Metric) -> Iterator[tuple[str, str]]:
    if change.valid_from.year < FIRST_YEAR:
        yield "valid_from", _("There are no figures for this day.")
    if change.days is not None and change.days < WEEK.days and isinstance(metric, WEEKLY):
        yield "days", _("This figure comes once a week, so its window has at least 7 days.")
    if change.minimum is not None and isinstance(metric, NO_MINIMUM):
        yield "minimum", _("This figure does not rest on a number of cases, so it has no minimum.")
    for name in ("limit", "goal"):
        value, highest = getattr(change, name), HIGHEST.get(metric.unit)
        if value is not None and value < 0:
            yield name, _("It cannot be less than 0.")
        elif value is not None and highest is not None and value > highest:
            yield name, _("It cannot be more than %(highest)s.") % {"highest": highest}


def _stands_already(change: RuleChange) -> bool:
    same = RuleChange.objects.filter(account=change.account_id, metric=change.metric, valid_from=change.valid_from)
    return same.exclude(pk=change.pk).exists()


def check_targets(metric: Metric, changes: Sequence[RuleChange], account: SellerAccount | None) -> None:
    """Refuse changes by which a goal is, on some day, not harder to reach than its limit. Raises ValidationError.

    Looked at are the days on which a rule comes into force, for one account or for every account and marketplace.
    """
    rules = Rules(changes)
    for one in _every_account(metric) if account is None else [account]:
        own = [change for change in changes if change.account_id in (None, one.id)]
        for day in sorted({change.valid_from for change in own}):
            target = rules.rule(metric, one, day).target
            named = any(change.valid_from <= day and (change.limit, change.goal) != (None, None) for change in own)
            if target is None and named:
                raise ValidationError(_("This metric has no limit of its own: name both a limit and a goal."))
            if target is not None and not target.goal_is_beyond_limit():
                text = _("%(who)s, from %(day)s: the goal %(goal)s is not harder to reach than the limit %(limit)s.")
                scale = metric.unit.scale
                limit, goal = (plain(mark / scale, metric.unit) for mark in (target.limit, target.goal))
                who = one.name or _("All accounts")
                raise ValidationError(text % {"who": who, "day": day, "limit": limit, "goal": goal})


def _every_account(metric: Metric) -> list[SellerAccount]:
    """Every account, and for each marketplace with a rule of its own one that may still come."""
    places = enumerate(["", *metric.marketplace_rules], 1)
    to_come = [SellerAccount(id=-number, marketplace=place) for number, place in places]
    return [*to_come, *SellerAccount.objects.order_by("key")]


# --- What a change reaches -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """A published week that a change judges by another rule than before."""

    account: SellerAccount
    ends_on: date
    rule: Rule  # after the change


def changes_of(metric: Metric) -> list[RuleChange]:
    return list(RuleChange.objects.filter(metric=metric.slug).select_related("account"))


def _with(changes: Iterable[RuleChange], change: RuleChange) -> list[RuleChange]:
    return [*_without(changes, change), change]


def _without(changes: Iterable[RuleChange], change: RuleChange) -> list[RuleChange]:
    return [one for one in changes if one.pk != change.pk]


def reached_by(change: RuleChange) -> list[Reached]:
    """The published weeks that storing this change judges by another rule, the oldest first."""
    metric = METRICS[change.metric]
    before = changes_of(metric)
    return _reached(metric, change.account, before, _with(before, change))


def reached_without(change: RuleChange) -> list[Reached]:
    """The published weeks that removing this change judges by another rule, the oldest first."""
    metric = METRICS.get(change.metric)
    if metric is None:
        return []
    before = changes_of(metric)
    return _reached(metric, change.account, before, _without(before, change))


def _reached(
    metric: Metric, account: SellerAccount | None, before: Sequence[RuleChange], after: Sequence[RuleChange]
) -> list[Reached]:
    """Inside a transaction it waits for weeks that are just being published, so that none slips by."""
    accounts = SellerAccount.objects.order_by("id")
    by_id = {one.id: one for one in (accounts if account is None else [account])}
    for account_id in by_id:
        lock_for_closing(account_id)
    first = min(change.valid_from for change in (*before, *after))
    published = WeekReport.objects.filter(account__in=by_id, revision=0, ends_on__gte=first)
    old, new = Rules(before), Rules(after)
    found = []
    for account_id, ends_on in published.order_by("ends_on", "account").values_list("account", "ends_on"):
        one = by_id[account_id]
        if week_end_on_or_before(ends_on, one.week_start) != ends_on:
            continue  # of before the account's week began on another day: never published again
        rule = new.rule(metric, one, ends_on)
        if rule != old.rule(metric, one, ends_on):
            found.append(Reached(one, ends_on, rule))
    return found


def past_weeks(found: Sequence[Reached]) -> str:
    """What stands in the way of a change that nobody said is for the past as well."""
    weeks = len({one.ends_on for one in found})
    text = ngettext(
        "This judges %(weeks)d published week by another rule (%(first)s to %(last)s). Tick this to publish it again, "
        "or choose a later day.",
        "This judges %(weeks)d published weeks by another rule (%(first)s to %(last)s). Tick this to publish them "
        "again, or choose a later day.",
        weeks,
    )
    return text % {"weeks": weeks, "first": found[0].ends_on, "last": found[-1].ends_on}


# --- Changing --------------------------------------------------------------------------------------------------------


def store(change: RuleChange, again: bool) -> list[Reached]:
    """Store a new or edited change; with `again` the published weeks it reaches are published again.

    Raises ValidationError where it judges nothing, and PastWeeks where it reaches weeks without `again`.
    """
    with transaction.atomic():
        if (
            change.pk
            and not RuleChange.objects.filter(pk=change.pk, account=change.account_id, metric=change.metric).exists()
        ):
            raise ValidationError(_("A change stays with its account and metric: remove it and add another one."))
        check(change)
        found = reached_by(change)
        _publish_again(METRICS[change.metric], found, again)
        change.save()
    return found


def remove(change: RuleChange, again: bool) -> list[Reached]:
    """Remove a change, as if it had never been made; the same law holds for the published weeks that it judged."""
    metric = METRICS.get(change.metric)
    with transaction.atomic():
        found = reached_without(change)
        if metric is not None:  # one that is declared no longer is judged by nothing
            check_targets(metric, _without(changes_of(metric), change), change.account)
            _publish_again(metric, found, again)
        change.delete()
    return found


def _publish_again(metric: Metric, found: Sequence[Reached], again: bool) -> None:
    if found and not again:
        raise PastWeeks(past_weeks(found))
    # The last day of each week's window: whichever day of it is noted, the week is looked at.
    RecountedDay.objects.bulk_create(
        [
            RecountedDay(
                account=one.account,
                fact=metric.fact.slug,
                day=window_on(metric, one.account, one.ends_on, one.rule).last,
            )
            for one in found
        ],
        batch_size=1000,
    )
