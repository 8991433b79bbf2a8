"""The pages of one metric, its rows and its meaning beside their twins in the API and the files."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils.dateparse import parse_datetime

from dashboard.cells import cell
from kpis.breakdowns import splits_of
from kpis.catalogue import DECLARED, METRICS
from kpis.changes import apart
from kpis.hours import has_hours
from kpis.metrics import Imported, Metric, Side
from kpis.targets import Zero
from kpis.units import Unit, cut, plain
from tests.ledger import Ledger
from tests.pages import Element
from tests.told import (
    PAGE,
    Told,
    by_metric,
    far,
    figure,
    middle,
)
from tests.twins_figures import chart
from tests.walking import Walk


def metric(walk: Walk) -> None:
    """Every metric: the figure, its weeks, breakdowns, hours, other windows, comparisons, and the rows behind it."""
    readings = by_metric(walk.of("readings"))
    for one in DECLARED:
        path, told = f"/accounts/{walk.shop.key}/{one.slug}/", readings[one.slug]
        first = one.splits[0].split if one.splits else ""
        ledger = walk.open(f"{path}?weeks=52&by={first}")
        now = ledger.root.one("div", "now")
        figure(ledger, "figure", now.one("span", "n"), told)
        ledger.colour("figure", now, told["band"])
        ledger.same("as one metric", walk.of(f"readings/{one.slug}"), told)
        lists(walk, ledger, one)
        for column in splits_of(one):
            broken(walk, ledger if column.split == first else walk.open(f"{path}?by={column.split}"), one, column.split)
        if has_hours(one):
            heat(walk, ledger, one, "")
        twin = next(ledger.root.all("details", "twin"), None)
        if twin is not None and any(
            script.attributes.get("id") == "trend-chart" for script in ledger.root.all("script")
        ):
            chart(ledger, twin, walk.of(f"trend/{one.slug}?weeks=52"), walk.of(f"official/{one.slug}?weeks=60"))
    another(walk)
    compared(walk)


def lists(walk: Walk, ledger: Ledger, one: Metric) -> None:
    """The three lists behind a figure: counts on the tabs, in the API and in the files, and the rows themselves."""
    tabs = {
        side: link
        for nav in ledger.root.all("nav", "tabs")
        for link in nav.all("a")
        for side in Side
        if f"part={side}" in link.attributes["href"].split("#")[0].replace("&", "?").split("?")
    }
    for side in Side:
        told = walk.of(f"rows/{one.slug}?part={side}&limit={PAGE}")
        if side in tabs:
            ledger.same(f"{side} on the tab", re.sub(r"\D", "", tabs[side].one("span").text), str(told["count"]))
            rows(walk, walk.open(f"/accounts/{walk.shop.key}/{one.slug}/?part={side}&columns=all"), one, told)


def rows(walk: Walk, ledger: Ledger, one: Metric, told: Told) -> None:
    """The table of rows: every cell is what the API has of that row."""
    table = next(ledger.root.all("table", "rows"), None)
    found = (
        []
        if table is None
        else [
            [td.shown for td in row.all("td") if not td.classes & {"act", "reason"}]
            for row in table.one("tbody").all("tr")
        ]
    )
    columns = {column.path.replace("__", "_"): column for column in one.fact.columns}
    words = {
        column["name"]: {choice["value"]: choice["label"] for choice in column["choices"]} for column in told["columns"]
    }
    expected = [
        [
            " ".join(cell(columns[name], value(columns[name].kind, row[name]), words[name], walk.shop.zone).split())
            for name in columns
        ]
        for row in told["results"]
    ]
    ledger.same(f"{told['part']} rows", [line[: len(columns)] for line in found], expected)


def value(kind: str, told: Any) -> Any:
    """A value of the API as the database has it."""

    if told is None:
        return None
    if kind == "moment":
        return parse_datetime(told)
    return told


def broken(walk: Walk, ledger: Ledger, one: Metric, by: str) -> None:
    """The breakdown by one column: page, API, CSV and spreadsheet."""
    told = walk.of(f"breakdown/{one.slug}?by={by}")["results"]
    lines = walk.file("breakdown", walk.shop.key, one.slug, query=f"?by={by}")
    walk.same_file(ledger, lines, f"breakdown/{one.slug}?by={by}")
    ledger.same(
        f"by {by} in the file",
        [
            [line[1], *map(int, line[2:5]), None if line[5] == "" else round(float(line[5]), 12), line[6]]
            for line in lines[1:]
        ],
        [
            [
                x["value"],
                x["hits"],
                x["n"],
                x["rows"],
                None if x["figure"] is None else round(x["figure"], 12),
                x["band"],
            ]
            for x in told
        ],
    )
    table = next(ledger.root.all("table", "pieces"), None)
    if table is None:
        ledger.same(f"by {by}", [x["value"] for x in told if x["value"]], [])
        return
    found = list(table.one("tbody").all("tr"))
    for row, slice_ in zip(found, told, strict=False):
        cells = [td.shown for td in row.all("td")][1:]
        share = [str(slice_["hits"])] if len(cells) == 3 else []
        grouped = [text.replace(",", "") for text in cells[:-1]]
        ledger.same(
            f"by {by}",
            [row.one("th").shown, *grouped, cells[-1]],
            [slice_["label"], *share, str(slice_["n"]), slice_["display"]],
        )
        ledger.colour(f"by {by}", row, slice_["band"])
    ledger.same(f"lines by {by}", len(found), min(len(told), 30))


def heat(walk: Walk, ledger: Ledger, one: Metric, query: str) -> None:
    """The hours of the week: page, API, CSV and spreadsheet."""
    told = walk.of(f"hours/{one.slug}{query}")["results"]
    lines = walk.file("hours", walk.shop.key, one.slug, query=query)
    walk.same_file(ledger, lines, f"hours/{one.slug}{query}")
    ledger.same(
        "hours in the file", [[int(line[1]), int(line[2])] for line in lines[1:]], [[x["hour"], x["n"]] for x in told]
    )
    ledger.same(
        "hours in the file", [round(float(line[-1]), 9) for line in lines[1:]], [round(x["value"], 9) for x in told]
    )
    found = {}
    for table in ledger.root.all("table", "heat"):
        for day, row in enumerate(table.one("tbody").all("tr")):
            for hour, td in enumerate(row.all("td")):
                if td.shown:
                    title = td.attributes["title"]
                    figure = title.split(": ", 1)[1].rsplit(", ", 1)[0]
                    found[day, hour] = (td.one("small").shown, figure, td.one("b").shown)
    ledger.same(
        "hours",
        found,
        {(x["weekday"], x["hour"]): (str(x["n"]), x["display"], short(one, Fraction(str(x["value"])))) for x in told},
    )


def short(one: Metric, value: Fraction) -> str:
    """What a cell of the heat map prints: whole hundredths, or hours with one digit below ten."""
    if one.unit is Unit.RATE:
        return f"{cut(value * 100, 0)}%"
    return cut(value / 3600, 1 if value < 36_000 else 0)


def another(walk: Walk) -> None:
    """A figure over other windows, and its hours over them."""
    for one in DECLARED:
        if isinstance(one, Imported):
            continue
        told = walk.of(f"readings/{one.slug}?days=90")
        ledger = walk.open(f"/accounts/{walk.shop.key}/{one.slug}/?days=90")
        window = next(ledger.root.all("div", "window"), None)
        if window is None:
            ledger.same("another window", told["n"], 0)
            continue
        said = window.one("p")
        figure(ledger, "another window", said.one("b"), told)
        ledger.within("another window", said, told)
        if has_hours(one):
            heat(walk, ledger, one, "?days=90")


def compared(walk: Walk) -> None:
    """A figure beside an earlier time, and before and after a note."""
    note = walk.all_of("notes")[0]["id"]
    end = walk.of("readings/late_response_rate")["window"]["to"]
    for slug in ("customer_service_score", "late_response_rate", "first_response_time", "order_defect_rate"):
        told = walk.of(f"notes/{note}/before-after/{slug}?weeks=4")
        ledger = walk.open(f"/accounts/{walk.shop.key}/{slug}/?note={note}&sides=4")
        block = next(one for one in ledger.root.all("section") if one.attributes.get("id") == "change")
        ledger.same(
            "before and after",
            [side.shown for one in block.all("div", "ba") for side in one.all("span", "n")],
            [middle(told[side]) for side in ("before", "after") if told[side]],
        )
        far_apart = (
            [] if told["difference"] is None else [apart(abs(Fraction(str(told["difference"]))), METRICS[slug].unit)]
        )
        told_ends = (
            []
            if told["interval"] is None
            else [
                cut(abs(Fraction(end)) * METRICS[slug].unit.scale, METRICS[slug].unit.digits)
                for end in told["interval"]
            ]
        )
        ledger.within(
            "before and after",
            block.one("div", "note"),
            told["before"],
            told["after"],
            far_apart,
            told_ends,
            METRICS[slug].rule.minimum,
        )
        year = (date.fromisoformat(end) - timedelta(weeks=52)).isoformat()
        before = walk.of(f"readings/{slug}?on={year}")
        ledger = walk.open(f"/accounts/{walk.shop.key}/{slug}/?compare=year&weeks=4")
        said = ledger.root.one("div", "contrasted").one("p")
        ledger.within("a year before", said, before, [far(walk.of(f"readings/{slug}"), before)])
        ledger.same("a year before", before["display"] in said.text or before["value"] is None, True)


def definitions(walk: Walk) -> None:
    """The rule of every metric as the catalogue of the API has it."""
    told, ledger = by_slug(walk), walk.open("/metrics/")
    for part in ledger.root.all("section", "definition"):
        if (slug := part.attributes.get("id", "")) in told:
            ledger.within(slug, part, told[slug])
    ledger.same("as many as are declared", len(told), len(DECLARED))
    ledger.rest()


def by_slug(walk: Walk) -> dict[str, Told]:
    return {one["slug"]: one for one in walk.api("metrics")}


def passport(walk: Walk) -> None:
    for slug, told in by_slug(walk).items():
        rule = told["rule"]
        ledger = walk.open(f"/metrics/{slug}/")
        ledger.same("limit", limit_on(ledger), rule_of(rule["limit"], METRICS[slug]))
        ledger.within("rule", ledger.root, told, own_rules(METRICS[slug]))


def account_passport(walk: Walk) -> None:
    for told in walk.of("readings"):
        ledger = walk.open(f"/accounts/{walk.shop.key}/{told['metric']}/definition/")
        ledger.same("limit", limit_on(ledger), rule_of(told["limit"], METRICS[told["metric"]]))
        ledger.within("rule", ledger.root, told, own_rules(METRICS[told["metric"]]))


def own_rules(one: Metric) -> list[Any]:
    """What else is declared of a metric: its window, its settling, the rules of single marketplaces."""
    rules = [one.rule, *one.marketplace_rules.values()]
    targets = [rule.target for rule in rules if rule.target is not None]
    limits = [(target.limit / one.unit.scale, target.goal / one.unit.scale) for target in targets]
    return [
        one.ripens_days,
        [(rule.days, rule.lag, rule.minimum) for rule in rules],
        [[str(end) for end in pair] for pair in limits],
        [[plain(end, one.unit) for end in pair] for pair in limits],
    ]


def limit_on(ledger: Ledger) -> str:
    """The limit in the table of the rule; nothing where there is none."""
    lines: Iterator[Element] = (line for table in ledger.root.all("table") for line in table.all("tr"))
    return next(
        (line.one("td").shown for line in lines if line.one("th").shown == "Limit" and list(line.all("td"))), ""
    )


def rule_of(limit: float | None, one: Metric) -> str:
    """The limit as it is printed; "none at all" is told in a sentence instead."""
    return "" if limit is None or isinstance(one.rule.target, Zero) else plain(Fraction(str(limit)), one.unit)
