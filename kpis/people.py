"""The people who answer, each with what is credited to them: an answer to whoever wrote it, then and for ever.

Their lines, those of nobody in particular and the turns that nobody answered add up to the account's own figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Q

from kpis.catalogue import people as declared
from kpis.groups import Group, Groups, Heap, joined, read, split
from kpis.metrics import Metric, Rule, Side, Window
from kpis.readings import Reading
from kpis.rows import RowSet, rows_behind
from kpis.rules import Rules
from kpis.veil import MINIMUM, Veil, veil
from sellers.models import SellerAccount

METRICS = declared.OF_PEOPLE
# What decides whether a person's figures are shown: of each fact, the metric whose cases are the person's own.
BASES = {metric.fact.slug: metric for metric in (declared.REPLY, declared.SOLVED)}


class Kind(StrEnum):
    """Who a line is about."""

    PERSON = "person"
    REST = "rest"  # people with too few cases, and answers that name nobody
    UNNAMED = "unnamed"  # answered by a person whom the source does not name
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Line:
    """The figures of one person, or of what nobody can be credited with. A figure that is withheld is absent."""

    kind: Kind
    key: int | None
    name: str
    system: str
    now: Mapping[str, Reading]
    before: Mapping[str, Reading]
    people: int = 0  # of the rest: how many are in it

    def reading(self, metric: Metric) -> Reading | None:
        return self.now.get(metric.slug)


@dataclass(frozen=True)
class People:
    """The lines of an account over a window, by name; `own` names whose lines they are where it is not everybody."""

    account: SellerAccount
    window: Window
    lines: Sequence[Line]
    whole: Line  # the account's own figures
    own: frozenset[int] | None
    minimum: int = MINIMUM

    def line(self, key: int) -> Line | None:
        return next((line for line in self.lines if line.kind is Kind.PERSON and line.key == key), None)


def people(account: SellerAccount, on: date, days: int, own: frozenset[int] | None = None) -> People:
    """Who answered in the `days` up to report day `on`, beside as many days before: six queries, however many people.

    `own` are the people that the reader is: then only their lines come. None: the reader may see everybody.
    """
    window = Window.ending(on, days)
    earlier = Window.ending(window.first - timedelta(days=1), days)
    rules = Rules.load([account])
    judged = {metric: replace(rules.rule(metric, account, on), days=days, lag=0) for metric in METRICS}
    now, before = (_Period(account, period, judged) for period in (window, earlier))
    names = {
        key: (name or external_id, system)
        for key, name, external_id, system in declared.PEOPLE.objects.filter(
            Q(account=account) & (Q(pk__in=now.persons) | Q(pk__in=own or ()))
        ).values_list("pk", "name", "external_id", "system")
    }
    shown = sorted((key for key in names if own is None or key in own), key=lambda key: (names[key][0].casefold(), key))
    lines = [Line(Kind.PERSON, key, *names[key], now.of_person(key, own), before.of_person(key, own)) for key in shown]
    if own is None:
        lines += _others(now, before)
    return People(account, window, lines, Line(Kind.REST, None, "", "", now.whole(), before.whole()), own)


def own_people(account: SellerAccount, user: int) -> frozenset[int]:
    """The people of an account that the user of this number is."""
    return frozenset(declared.PEOPLE.objects.filter(account=account, user=user).values_list("pk", flat=True))


def rows_of(line: Line, metric: Metric, side: Side) -> RowSet | None:
    """The rows behind a person's figure; None where it is withheld."""
    reading = line.reading(metric)
    if reading is None:
        return None
    found = rows_behind(reading, side)
    credited = found.rows.annotate(credited_to=declared.BY_PERSON[metric.fact.slug]).filter(credited_to=line.key)
    return replace(found, picked=credited, by_key=False)


def _others(now: "_Period", before: "_Period") -> Iterable[Line]:
    """What is nobody's own: too few cases and unnamed authors together, where the first would be given away alone."""
    kind = Kind.REST if now.withheld else Kind.UNNAMED
    rest, before_rest = now.rest(), before.rest()
    if kind is Kind.REST or any(reading.n for reading in rest.values()):
        yield Line(kind, None, "", "", rest, before_rest, len(now.withheld))
    unanswered = now.readings(now.groups.get(declared.NOBODY, {}))
    if unanswered[declared.WITHIN.slug].n:
        yield Line(
            Kind.UNANSWERED, declared.NOBODY, "", "", {declared.WITHIN.slug: unanswered[declared.WITHIN.slug]}, {}
        )


class _Period:
    """The counted rows of one window by person, and who is withheld in it."""

    def __init__(self, account: SellerAccount, window: Window, rules: Mapping[Metric, Rule]) -> None:
        self.account, self.window, self.rules = account, window, rules
        self.groups: Groups = split(account, METRICS, declared.BY_PERSON, window)
        self.persons = [key for key in self.groups if key not in (None, declared.NOBODY)]
        self.veils: dict[str, Veil[int]] = {
            fact: veil({key: self._cases(key, base) for key in self.persons}, self._cases(None, base))
            for fact, base in BASES.items()
        }

    def _cases(self, key: int | None, base: Metric) -> int:
        return self.groups.get(key, {}).get(base.slug, Heap()).n

    @property
    def withheld(self) -> set[int]:
        """People with cases that are not shown."""
        return {key for fact, base in BASES.items() for key in self.veils[fact].hidden if self._cases(key, base)}

    def readings(self, group: Group) -> dict[str, Reading]:
        return {
            metric.slug: read(self.account, metric, self.rules[metric], self.window, group.get(metric.slug, Heap()))
            for metric in METRICS
        }

    def of_person(self, key: int, own: frozenset[int] | None) -> dict[str, Reading]:
        """What may be shown of one person. The own figures are withheld only where they are too few to say anything."""
        found = self.readings(self.groups.get(key, {}))
        return {
            metric.slug: found[metric.slug]
            for metric in METRICS
            if found[metric.slug].n >= MINIMUM and (own is not None or key not in self.veils[metric.fact.slug].hidden)
        }

    def rest(self) -> dict[str, Reading]:
        """The unnamed, and of each fact the people withheld in it."""
        found = {}
        for metric in METRICS:
            veiled = self.veils[metric.fact.slug]
            if veiled.together:
                group = joined(self.groups.get(key, {}) for key in (None, *veiled.hidden))
                found[metric.slug] = self.readings(group)[metric.slug]
        return found

    def whole(self) -> dict[str, Reading]:
        """The account's figures over everything; none of a fact of which even the total would give somebody away."""
        found = self.readings(joined(self.groups.values()))
        return {metric.slug: found[metric.slug] for metric in METRICS if self.veils[metric.fact.slug].together}
