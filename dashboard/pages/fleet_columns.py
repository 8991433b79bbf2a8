"""The figures of the fleet list, and the order in which its accounts stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kpis.catalogue import defects, order_health, response, satisfaction
from kpis.metrics import Metric, Text
from kpis.readings import Reading
from kpis.targets import AtLeast

SCORE = satisfaction.customer_service_score
WITHIN = response.within_24h_rate
FIRST_REPLY = response.first_response_time
COLUMNS = (
    WITHIN,
    FIRST_REPLY,
    satisfaction.dissatisfaction_rate,
    defects.order_defect_rate,
    order_health.late_shipment_rate,
)
NAME, LATE = "name", "late"
FIGURES: dict[str, Metric] = {metric.slug: metric for metric in (SCORE, *COLUMNS)}
SORTS = (NAME, *FIGURES, LATE)  # as they stand in the address
ASCENDING, DESCENDING = "asc", "desc"


def title_of(metric: Metric) -> Text:
    """How the list heads a figure."""
    return _("Median first reply") if metric is FIRST_REPLY else metric.title


def value_of(reading: Reading) -> Fraction | None:
    """The value the list shows: of first replies the median, because one forgotten message can rule a mean."""
    return (reading.stats or {}).get("median") if reading.metric is FIRST_REPLY else reading.value


def address_of(query: Mapping[str, str]) -> str:
    given = urlencode({name: value for name, value in query.items() if value})
    return f"?{given}" if given else "?"


@dataclass(frozen=True)
class SortLink:
    """What the head of a column offers: the address that sorts by it, and how the list is sorted by it now."""

    href: str
    aria: str  # "ascending", "descending" or nothing
    label: str


@dataclass(frozen=True)
class Order:
    """By which column the list is sorted, and which way. Without a column the worst score is first."""

    by: str = ""
    asked: str = ""  # asc, desc or, where nothing is asked, the worst first

    @property
    def way(self) -> str:
        return self.asked or self._worst_first(self.by)

    @property
    def metric(self) -> Metric | None:
        return FIGURES.get(self.by)

    @property
    def title(self) -> str:
        return self._title(self.by) if self.by else ""

    @property
    def words(self) -> str:
        """How the list is sorted, in a few words."""
        if not self.by:
            return _("worst first")
        said = {"column": self.title}
        return _("%(column)s, falling") % said if self.way == DESCENDING else _("%(column)s, rising") % said

    def link(self, column: str, given: Mapping[str, str]) -> SortLink:
        """Of a column's head: a first choice puts the worst first, a second turns the list round."""
        now = self.way if self.by == column else ASCENDING if not self.by and column == SCORE.slug else ""
        turned = ASCENDING if now == DESCENDING else DESCENDING
        way = turned if now else self._worst_first(column)
        said = {"column": self._title(column)}
        label = _("Sort by %(column)s, falling") if way == DESCENDING else _("Sort by %(column)s, rising")
        aria = {"": "", ASCENDING: "ascending", DESCENDING: "descending"}[now]
        return SortLink(address_of({**given, "sort": column, "order": way}), aria, label % said)

    def sorted(self, ranked: Sequence[Reading], value: Callable[[Reading], Any]) -> list[Reading]:
        """The scores by the value of each; those without one last either way, equal ones the worst score first."""
        if not self.by:
            return list(ranked)
        values = [(value(score), score) for score in ranked]
        known = [pair for pair in values if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=self.way == DESCENDING)
        return [score for _value, score in known] + [score for found, score in values if found is None]

    @staticmethod
    def _worst_first(column: str) -> str:
        metric = FIGURES.get(column)
        if metric is None:
            return DESCENDING if column == LATE else ASCENDING
        return ASCENDING if isinstance(metric.rule.target, AtLeast) else DESCENDING

    @staticmethod
    def _title(column: str) -> str:
        if column == NAME:
            return _("Account")
        return _("Late replies now") if column == LATE else str(title_of(FIGURES[column]))


def sort_options() -> list[tuple[str, Text]]:
    """Every column to sort by, with its title."""
    return [(column, Order(column).title) for column in SORTS]
