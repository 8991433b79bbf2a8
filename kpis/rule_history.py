"""Where a rule comes from: what is declared, what a marketplace asks for, and every change with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.catalogue import METRICS
from kpis.metrics import LIFETIME, Metric
from kpis.models import RuleChange
from kpis.rules import exact
from kpis.units import Unit, plain
from sellers.models import SellerAccount

NAMES = ("days", "lag", "minimum", "limit", "goal")


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a rule with the reason a person gave, as the history of a metric tells it."""

    change: RuleChange
    reason: str
    changed_at: datetime | None  # when it was last edited; None: not by a person

    @property
    def said(self) -> str:
        return said(self.change)


def history(metric: Metric, account: SellerAccount | None = None) -> list[Step]:
    """The changes of a metric's rule for all accounts and for this one, the newest first. Two queries."""
    theirs = Q(account=None) if account is None else Q(account=None) | Q(account=account)
    changes = RuleChange.objects.filter(theirs, metric=metric.slug).order_by("-valid_from", "-account")
    kind = ContentType.objects.get_for_model(RuleChange)
    entries = LogEntry.objects.filter(content_type=kind, object_pk__in=[str(change.pk) for change in changes])
    last = {entry.object_pk: entry for entry in entries.order_by("timestamp", "id")}
    found = []
    for change in changes:
        entry = last.get(str(change.pk))
        reason = (entry.additional_data or {}).get("reason", "") if entry else ""
        found.append(Step(change, reason, entry.timestamp if entry else None))
    return found


class Origin(StrEnum):
    """Who says what a rule names."""

    DECLARED = "declared"
    MARKETPLACE = "marketplace"
    SWITCH = "switch"  # a setting of the account
    CHANGE = "change"


def origins(
    metric: Metric, account: SellerAccount, on: date, steps: Sequence[Step]
) -> dict[str, tuple[Origin, Step | None]]:
    """For each part of the rule in force on a day, where it comes from; `steps` is the metric's history."""
    base = Origin.MARKETPLACE if account.marketplace in metric.marketplace_rules else Origin.DECLARED
    found: dict[str, tuple[Origin, Step | None]] = dict.fromkeys(NAMES, (base, None))
    if metric.marketplace_rules.get(account.marketplace, metric.rule).days_from:
        found["days"] = (Origin.SWITCH, None)
    # As rules are put together: first what holds for all, the oldest first, then the account's own.
    in_order = sorted(steps, key=lambda step: (step.change.account_id is not None, step.change.valid_from))
    for step in in_order:
        if step.change.valid_from <= on:
            found |= {name: (Origin.CHANGE, step) for name in NAMES if getattr(step.change, name) is not None}
    return found


def said(change: RuleChange) -> str:
    """What a change names, in a few words: "window 14 days, limit 5%"."""
    parts = []
    if change.days is not None:
        days = ngettext("%(days)d day", "%(days)d days", change.days) % {"days": change.days}
        parts.append(_("window %(days)s") % {"days": _("all time") if change.days == LIFETIME else days})
    if change.lag is not None:
        days = ngettext("%(days)d day", "%(days)d days", change.lag) % {"days": change.lag}
        parts.append(_("lag %(days)s") % {"days": days})
    if change.minimum is not None:
        parts.append(_("minimum %(count)d") % {"count": change.minimum})
    unit = METRICS[change.metric].unit if change.metric in METRICS else Unit.COUNT
    for name, words in (("limit", _("limit %(mark)s")), ("goal", _("goal %(mark)s"))):
        mark = exact(getattr(change, name))
        if mark is not None:
            parts.append(words % {"mark": plain(mark / unit.scale, unit)})
    return ", ".join(parts)
