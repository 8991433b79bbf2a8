"""Whatever a page shows is what the API and the export give for the same account, day and filter."""

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Side
from kpis.models import WeekReport
from kpis.units import Unit, display
from sellers.models import SellerAccount
from tests.makers import NOW
from tests.pages import Element, read
from tests.screens import LARGEST, lived_in

ADDRESS = re.compile(r"/accounts/(?P<key>[\w-]+)/(?P<metric>\w+)/(\?|#|$)")
Figures = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def api(client: Client, path: str) -> Any:
    caches["rates"].clear()  # a walk over all pages asks more often than a caller may in a minute
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, path
    return answer.json()


def page(client: Client, path: str) -> Element:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return read(answer.content.decode())


def metric_of(link: Element) -> str:
    """The metric that a link leads to; nothing where it leads elsewhere."""
    found = ADDRESS.match(link.attributes.get("href", ""))
    return found["metric"] if found and found["metric"] in METRICS else ""


def printed(figure: dict[str, Any]) -> dict[str, str]:
    """A figure of a week's report, which is told exactly, as it is printed."""
    value = None if figure["value"] is None else Fraction(figure["value"])
    return {"display": display(value, METRICS[figure["metric"]].unit)}


def same(shown: str, told: dict[str, Any]) -> bool:
    """Whether a page shows the figure that the API tells; an amount also names its currency."""
    return shown == told["display"] or shown.startswith(f"{told['display']} ")


def median(figure: dict[str, Any]) -> dict[str, str]:
    """Of times the middle one, which the fleet page shows."""
    return {
        "display": display(Fraction(figure["stats"]["median"]), Unit.SECONDS)
        if figure["stats"]
        else display(None, Unit.SECONDS)
    }


def count_on(root: Element, side: Side) -> str:
    """The number on the tab of a list of rows; nothing where there is no such tab."""
    tabs = (link for nav in root.all("nav", "tabs") for link in nav.all("a"))
    return next(
        (re.sub(r"\D", "", one.one("span").text) for one in tabs if f"part={side}" in one.attributes["href"]), ""
    )


def figures_on(root: Element, place: str, value: str) -> Iterator[tuple[str, str]]:
    """Metric and shown figure of every element `place` that links to a metric and holds a `value` ("tag.class")."""
    tag, _dot, cls = place.partition(".")
    value_tag, _dot, value_cls = value.partition(".")
    for element in root.all(tag, cls):
        slug = next((slug for link in element.all("a") if (slug := metric_of(link))), "")
        shown = next((one.shown for one in element.all(value_tag, value_cls)), None)
        if slug and shown is not None:
            yield slug, shown


def test_pages_show_what_the_api_and_the_exports_give(client: Client, db: None) -> None:
    client.force_login(lived_in())
    readings: Figures = {one["metric"]: one for one in api(client, f"accounts/{LARGEST}/readings")}
    faults: list[str] = []
    seen = 0

    def compare(where: str, pairs: Iterator[tuple[str, str]], told: Figures = readings) -> None:
        nonlocal seen
        for slug, shown in pairs:
            seen += 1
            if slug not in told or not same(shown, told[slug]):
                faults.append(
                    f"{where} {slug}: {shown!r} on the page, {told.get(slug, {}).get('display')!r} in the API"
                )

    account = page(client, f"/accounts/{LARGEST}/")
    compare("account", figures_on(account, "article.kpi", "span.v"))
    assert seen > 30
    compare("assessment", figures_on(page(client, f"/accounts/{LARGEST}/assessment/"), "dl.lines", "dd.num"))

    ends_on = WeekReport.objects.filter(account__key=LARGEST).latest("ends_on").ends_on
    week = {one["metric"]: printed(one) for one in api(client, f"accounts/{LARGEST}/weeks/{ends_on}")["figures"]}
    before = seen
    compare("week", figures_on(page(client, f"/accounts/{LARGEST}/weeks/{ends_on}/"), "tr", "td.num"), week)
    assert seen > before + 30

    for shop in SellerAccount.objects.all():
        told = {one["metric"]: one for one in api(client, f"accounts/{shop.key}/readings")}
        fleet = page(client, f"/?q={shop.key}")
        for row in fleet.one("table", "fleet").one("tbody").all("tr"):
            for cell in row.all("a", "fig"):
                slug, shown = metric_of(cell), cell.shown
                if not same(shown, median(told[slug]) if slug == "first_response_time" else told[slug]):
                    faults.append(f"fleet {shop.key} {slug}: {shown!r}, {told[slug]['display']!r} in the API")

    for metric in DECLARED:
        where = f"/accounts/{LARGEST}/{metric.slug}/"
        html = page(client, f"{where}?weeks=52")
        if not same(html.one("div", "now").one("span", "n").shown, readings[metric.slug]):
            faults.append(f"{where}: {html.one('div', 'now').text!r}")
        for twin in html.all("details", "twin"):
            if "trend-chart" not in {one.attributes.get("id") for one in html.all("script")}:
                break
            trend = api(client, f"accounts/{LARGEST}/trend/{metric.slug}?weeks=52")
            rows = [row.one("td").shown for row in twin.one("tbody").all("tr")]
            if rows != [point["display"] for point in reversed(trend)]:
                faults.append(f"{where}: the table of the chart")
            break
        for side in Side:
            count = api(client, f"accounts/{LARGEST}/rows/{metric.slug}?part={side}")["count"]
            file = b"".join(client.get(f"{where}rows.csv?part={side}").streaming_content).decode()
            lines = len(list(csv.reader(StringIO(file.removeprefix("\ufeff"))))) - 1
            shown = count_on(html, side) or count
            if not lines == count == int(shown):
                faults.append(f"{where} {side}: {shown} on the tab, {count} in the API, {lines} in the file")
    assert not faults, "\n".join(faults)
