"""Figures as the API tells them and as pages print them."""

import re
from fractions import Fraction
from typing import Any

from kpis.catalogue import METRICS
from kpis.changes import apart, shown
from kpis.metrics import Metric
from kpis.units import Unit, display
from sellers.models import SellerAccount
from tests.ledger import Ledger, colour_of
from tests.pages import Element
from tests.walking import Walk

ADDRESS = re.compile(r"/accounts/[\w-]+/(?P<metric>\w+)/(\?|#|$)")


PAGE = 50  # rows on a page


Told = dict[str, Any]


BANDS = ("red", "yellow", "green")


def metric_of(element: Element) -> Metric | None:
    """The metric that the first link of a part of a page leads to."""
    for link in (element, *element.all("a")):
        found = ADDRESS.match(link.attributes.get("href", ""))
        if found and found["metric"] in METRICS:
            return METRICS[found["metric"]]
    return None


def by_metric(told: list[Told]) -> dict[str, Told]:
    return {one["metric"]: one for one in told}


def week_of(walk: Walk, ends_on: str, shop: SellerAccount | None = None) -> dict[str, Told]:
    """The figures of a published week, each with what is printed of it."""
    figures = by_metric(walk.of(f"weeks/{ends_on}", shop)["figures"])
    return {slug: {**one, "display": printed_exactly(one)} for slug, one in figures.items()}


def printed_exactly(figure: Told) -> str:
    value = None if figure["value"] is None else Fraction(figure["value"])
    return display(value, METRICS[figure["metric"]].unit)


def figure(ledger: Ledger, place: str, element: Element, told: Told) -> None:
    """The part shows the figure that is told; an amount also names its currency."""
    shown_text, display_text = element.shown, str(told["display"])
    ledger.same(place, display_text if shown_text.startswith(f"{display_text} ") else shown_text, display_text)


def far(now: Told, before: Told) -> list[str]:
    """How far two figures lie from each other, as it is printed; nothing where one is missing."""
    unit, values = METRICS[now["metric"]].unit, [exact_of(one) for one in (now, before)]
    if None in values:
        return []
    first, second = (shown(unit, value) for value in values if value is not None)
    return [apart(abs(first - second), unit)]


def exact_of(told: Told) -> Fraction | None:
    value = told.get("value_exact", told["value"])
    return None if value is None else Fraction(value)


def around(told: Told) -> list[Any]:
    """What else is said of a figure: its rule and where the true value lies, in the unit of the figure."""
    metric = METRICS[told["metric"]]
    return [told, metric.rule.days, metric.rule.minimum, metric.ripens_days]


def middle(told: Told) -> str:
    """What stands for a side: of times the median."""
    one = METRICS[told["metric"]]
    if one.unit is Unit.SECONDS:
        return display(Fraction(str(told["stats"]["median"])) if told["stats"] else None, one.unit)
    return str(told["display"])


def judged(told: dict[str, Told]) -> list[Told]:
    """The figures that stand for themselves: no parts and no versions of others."""
    return [one for slug, one in told.items() if not METRICS[slug].parts_of and not METRICS[slug].variant_of]


def turned(told: list[Told], before: dict[str, Told]) -> list[int]:
    """How many figures are in a worse and in a better colour than the week before."""
    moved = [
        BANDS.index(one["band"]) - BANDS.index(before[one["metric"]]["band"])
        for one in told
        if one["band"] in BANDS and before.get(one["metric"], {"band": ""})["band"] in BANDS
    ]
    return [sum(move < 0 for move in moved), sum(move > 0 for move in moved)]


def turned_on(line: Element) -> list[int]:
    said = line.text
    return [int(found[1]) if (found := re.search(rf"(\d+) {word}", said)) else 0 for word in ("worse", "better")]


def colours_on(element: Element) -> list[int]:
    """How many are red, yellow and green."""
    shown = {colour_of(one): int(one.shown) for one in element.all("span", "st")}
    return [shown.get(band, 0) for band in BANDS]
