"""The passport of a metric: how it is worked out, what counts, how it is judged and who says so, and what was changed.

All of it is read from the declaration and from the rule changes; for an account also the rule in force on a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.joining import names
from dashboard.pages.account import Day
from dashboard.pages.definitions import Definition
from kpis.catalogue import DECLARED
from kpis.metrics import (
    LIFETIME,
    Coverage,
    Imported,
    LatestShare,
    Mean,
    Metric,
    Rule,
    Share,
    Side,
    Tally,
    Text,
    Times,
    Window,
)
from kpis.readings import window_on
from kpis.rows import side_title
from kpis.rule_history import Origin, Step, history, origins
from kpis.rules import Rules
from kpis.targets import Zero
from kpis.units import plain
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Mark:
    """One value of the rule: its name, what it is, and where it comes from."""

    name: Text
    value: str
    origin: str


@dataclass(frozen=True)
class Line:
    """A change in the history of the rule."""

    step: Step
    in_force: bool

    @property
    def valid_from(self) -> str:
        return words.long_day(self.step.change.valid_from)

    @property
    def whose(self) -> str:
        return _("This account") if self.step.change.account_id is not None else _("All accounts")

    @property
    def changed_on(self) -> str:
        at = self.step.changed_at
        return "" if at is None else words.long_day(at.date())


@dataclass(frozen=True)
class Passport:
    """Everything the page of one metric's meaning shows; `account` and `day` are None on the general one."""

    metric: Metric
    rule: Rule
    steps: Sequence[Step]
    account: SellerAccount | None = None
    day: Day | None = None

    @property
    def definition(self) -> Definition:
        return Definition(replace(self.metric, rule=self.rule))

    @property
    def window(self) -> Window | None:
        """The actual days that are read on the report day."""
        if self.account is None or self.day is None:
            return None
        return window_on(self.metric, self.account, self.day.on, self.rule)

    @property
    def span(self) -> str:
        """The window's first and last day; of all time only the last."""
        if self.window is None:
            return ""
        if self.rule.days == LIFETIME:
            return _("up to %(day)s") % {"day": words.long_day(self.window.last)}
        return words.span(self.window)

    @property
    def formula(self) -> list[str]:
        """How the figure is worked out, the formula first."""
        return formula(self.metric)

    @property
    def day_of(self) -> str:
        """Which moment of a row decides on its day."""
        fact = self.metric.fact
        title = next((column.title for column in fact.columns if column.path == fact.moment), fact.title)
        return _("A row belongs to the account's local day of “%(moment)s”.") % {"moment": title}

    @property
    def lists(self) -> list[tuple[Text, Text]]:
        """The lists behind the figure that are counted, each with its role."""
        roles = ((Side.FOR, _("Counted for")), (Side.AGAINST, _("Counted against")))
        found = [(role, side_title(self.metric, side)) for side, role in roles]
        if not isinstance(self.metric, Share):
            found = [(_("Counted"), self.metric.sides[0])]
        return [(role, title) for role, title in found if title]

    @property
    def ripening(self) -> list[str]:
        """When the figure is final."""
        found = []
        if self.metric.open is not None:
            found.append(_("While cases of the window still wait for their verdict the figure is provisional."))
        days = self.metric.ripens_days
        if days:
            text = ngettext(
                "For %(days)d day after its day a row may still change its verdict.",
                "For %(days)d days after its day a row may still change its verdict.",
                days,
            )
            found.append(text % {"days": days})
        return found

    @property
    def by(self) -> str:
        """The columns by which the figure can be broken down."""
        return names(column.title for column in self.metric.splits)

    @property
    def parts(self) -> list[Metric]:
        return [metric for metric in DECLARED if metric.parts_of == self.metric.slug]

    @property
    def variants(self) -> list[Metric]:
        """The same figure with another window or for other rows: the main one and its variants, without this one."""
        main = self.metric.variant_of or self.metric.slug
        return [metric for metric in DECLARED if main in (metric.slug, metric.variant_of) and metric != self.metric]

    @property
    def marks(self) -> list[Mark]:
        """Window, minimum, limit and goal, each with where it comes from."""
        said = self._origins()
        days = _("all time") if self.rule.days == LIFETIME else _days(self.rule.days)
        found = [Mark(_("Window"), days, said["days"])]
        if self.rule.lag:
            found.append(Mark(_("Lag"), _days(self.rule.lag), said["lag"]))
        if self.rule.minimum > 1:
            found.append(Mark(_("Minimum"), str(self.rule.minimum), said["minimum"]))
        target = self.rule.target
        if target is not None and not isinstance(target, Zero):
            unit = self.metric.unit
            for name, title, value in (("limit", _("Limit"), target.limit), ("goal", _("Goal"), target.goal)):
                found.append(Mark(title, plain(value / unit.scale, unit), said[name]))
        return found

    def _origins(self) -> dict[str, str]:
        if self.account is None or self.day is None:
            return dict.fromkeys(("days", "lag", "minimum", "limit", "goal"), _("as declared"))
        found = origins(self.metric, self.account, self.day.on, self.steps)
        return {name: _origin(self.account, origin, step) for name, (origin, step) in found.items()}

    @property
    def marketplaces(self) -> list[tuple[str, list[str]]]:
        """On the general page: what marketplaces ask for instead."""
        if self.account is not None:
            return []
        rules = self.metric.marketplace_rules.items()
        return [(place, Definition(replace(self.metric, rule=rule)).rule) for place, rule in rules]

    @property
    def changes(self) -> list[Line]:
        """What was changed, the newest first; in force is what holds on the report day."""
        on = None if self.day is None else self.day.on
        return [Line(step, on is not None and step.change.valid_from <= on) for step in self.steps]


def passport(metric: Metric) -> Passport:
    """What a metric means everywhere."""
    return Passport(metric, metric.rule, history(metric))


def account_passport(metric: Metric, account: SellerAccount, day: Day) -> Passport:
    """What a metric means for one account on a report day."""
    rule = Rules.load([account]).rule(metric, account, day.on)
    return Passport(metric, rule, history(metric, account), account, day)


def _days(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def _origin(account: SellerAccount, origin: Origin, step: Step | None) -> str:
    if step is not None:
        text = _("changed for this account from %(day)s on") if step.change.account_id else _("changed from %(day)s on")
        return text % {"day": words.long_day(step.change.valid_from)}
    if origin is Origin.MARKETPLACE:
        return _("rule of the marketplace %(place)s") % {"place": account.marketplace}
    return _("set for this account") if origin is Origin.SWITCH else _("as declared")


def formula(metric: Metric) -> list[str]:
    """How a figure of this kind is worked out, in words."""
    counted, others, _left_out = metric.sides
    if isinstance(metric, Share):
        ratio = _("“%(counted)s” ÷ (“%(counted)s” + “%(others)s”)") % {"counted": counted, "others": others}
        found = [f"{metric.base} × {ratio}" if metric.base != 1 else ratio]
        if isinstance(metric, LatestShare):
            found.append(_("Of several rows about the same matter only the latest in the window counts."))
        if metric.weight:
            found.append(_("A row counts as often as it has units."))
        return found
    if isinstance(metric, Times):
        found = [_("The mean time over “%(counted)s”, with the median and the slowest tenth.") % {"counted": counted}]
        return [*found, _("The times of one conversation are added up first.")] if metric.per else found
    if isinstance(metric, Mean):
        return [_("The mean over “%(counted)s”.") % {"counted": counted}]
    if isinstance(metric, Tally):
        text = _("The sum over “%(counted)s”.") if metric.column else _("How many “%(counted)s” there are.")
        return [text % {"counted": counted}]
    if isinstance(metric, Coverage):
        return [_("What occurs in the window ÷ what the account expects.")]
    if isinstance(metric, Imported):
        return [_("The newest figure that the platform reported for a period ending in the window, as it came.")]
    raise TypeError(f"no formula for metrics of the kind {type(metric).__name__}")
