"""Pages over several accounts beside their twins in the API and the files."""

import re
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from dashboard.models import Subscription
from dashboard.pages.fleet_columns import COLUMNS, FIRST_REPLY, SCORE
from kpis.catalogue import METRICS
from kpis.catalogue.people import WITHIN
from kpis.changes import apart, shown
from kpis.units import Unit, display
from sellers.models import SellerAccount
from tests.ledger import Ledger, colour_of
from tests.pages import Element
from tests.told import (
    BANDS,
    Told,
    by_metric,
    exact_of,
    judged,
    metric_of,
    middle,
    turned,
    turned_on,
    week_of,
)
from tests.walking import Walk


def fleet(walk: Walk) -> None:
    """Every account with its figures, alone and beside four weeks before; the file and the spreadsheet say the same."""
    for query, weeks in (("", 0), ("?compare=prev", 4)):
        ledger = walk.open(f"/{query}")
        lines = {line[1]: line for line in walk.file("fleet", query=query)[1:]}
        found = list(ledger.root.one("table", "fleet").one("tbody").all("tr"))
        ledger.same("accounts", len(found), len(walk.accounts))
        for row in found:
            key = row.one("a", "acct").attributes["href"].split("/")[2]
            shop = next(one for one in walk.accounts if one.key == key)
            one_account(walk, ledger, row, shop, lines[key], weeks)
        summary(walk, ledger)
        ledger.within("head", ledger.root.one("p", "sub"), len(walk.accounts))
        ledger.rest("12 weeks")


def one_account(walk: Walk, ledger: Ledger, row: Element, shop: SellerAccount, line: list[str], weeks: int) -> None:
    readings = by_metric(walk.of("readings", shop))
    on = date.fromisoformat(line[6])
    before = by_metric(walk.of(f"readings?on={on - timedelta(weeks=weeks)}", shop)) if weeks else {}
    waiting = walk.of("queue?limit=1", shop)
    for cell in row.all("td"):
        if (metric := metric_of(cell)) is None:
            continue
        told = readings[metric.slug]
        link = next((one for one in cell.all("a") if metric_of(one)), cell)
        moved = [] if not before else differences(told, before[metric.slug])
        if told["value"] is not None:
            value = next(link.all("span", "num"), link).shown
            ledger.same(f"{shop.key} {metric.slug}", value, middle(told) if metric is FIRST_REPLY else told["display"])
            if metric.rule.target is not None:
                ledger.colour(f"{shop.key} {metric.slug}", cell, told["band"])
        ledger.within(
            f"{shop.key} {metric.slug}", cell, told, told["counted_now"], moved, METRICS[metric.slug].rule.minimum
        )
    trend = walk.of("trend/customer_service_score?weeks=13", shop)
    score_before = before.get(SCORE.slug) or (trend[-2] if len(trend) > 1 else None)
    ledger.within(
        f"{shop.key} change", row, differences(readings[SCORE.slug], score_before) if score_before else [],
        waiting["late"], waiting["count"], "12",
    )  # fmt: skip
    late = list(row.all("td"))[-1]
    ledger.same(f"{shop.key} late", re.findall(r"\d+", late.shown), [str(waiting["late"]), str(waiting["count"])])
    cells = line[8 if weeks else 7 :]
    width = 5 if weeks else 3
    expected: list[Any] = []
    for metric in (SCORE, *COLUMNS):
        values = [value_of(told) for told in (readings[metric.slug], before.get(metric.slug)) if told]
        expected += [values[0], readings[metric.slug]["band"], readings[metric.slug]["n"]]
        expected += [values[1], None if None in values else values[0] - values[1]] if weeks else []
    file_cells: list[Any] = []
    for at in range(0, width * 6, width):
        file_cells += [
            number(cells[at]),
            {"No colour": "none"}.get(cells[at + 1], cells[at + 1].lower()),
            number(cells[at + 2]),
        ]
        file_cells += [number(cells[at + 3]), number(cells[at + 4])] if weeks else []
    ledger.same(f"{shop.key} in the file", near(file_cells), near(expected))
    ledger.same(
        f"{shop.key} who waits, in the file", line[-3:], [str(waiting[name]) for name in ("late", "missed", "count")]
    )


def summary(walk: Walk, ledger: Ledger) -> None:
    """The tiles over the list, worked out from what the API tells of each account."""
    told = [by_metric(walk.of("readings", shop)) for shop in walk.accounts]
    queues = [walk.of("queue?limit=1", shop) for shop in walk.accounts]
    bands = Counter(one[SCORE.slug]["band"] for one in told)
    ribbon = {colour_of_part(part): int(part.shown) for part in ledger.root.one("div", "ribbon").all("a")}
    ledger.same("scores by colour", ribbon, {band: bands[band] for band in ribbon})
    hits, n = (sum(one[WITHIN.slug][name] or 0 for one in told) for name in ("numerator", "denominator"))
    red = sum(any(one[metric.slug]["band"] == "red" for metric in (SCORE, *COLUMNS)) for one in told)
    late, missed = (sum(one[name] for one in queues) for name in ("late", "missed"))
    waiting = sum(one["count"] for one in queues)
    tiles = [stat.one("dd", "v").shown for stat in ledger.root.all("dl", "stat")]
    ledger.same("tiles", tiles, [str(late), display(Fraction(hits, n), Unit.RATE), str(red)])
    ledger.within(
        "summary", ledger.root.one("section", "pulse"), late, waiting - late, missed, len(walk.accounts), tiles,
        [*bands.values(), 0, 6.0, 8.0],
    )  # fmt: skip
    rejected = [len(walk.all_of_import(run)) for run in walk.imports]
    for step in ledger.root.all("a", "alert"):
        about = [one for one, shop in zip(told, walk.accounts, strict=True) if shop.name in step.text]
        ledger.within("start here", step, [late, missed, [one["late"] for one in queues]], about, rejected, [6.0])
    for fold in ledger.root.all("details", "more"):
        names, folded = fold.one("span", "names"), list(fold.all("a", "alert"))
        ledger.pair("further steps", names, " · ".join(step.one("h3").shown for step in folded))
        ledger.within("further steps", fold.one("summary"), len(folded))


def colour_of_part(part: Element) -> str:
    return next(band for band in (*BANDS, "none") if band in part.classes)


def differences(now: Told, before: Told) -> list[str]:
    """How far two figures lie from each other as the list shows them: of first replies the middle ones."""
    unit = METRICS[now["metric"]].unit
    values = [value_of(one) for one in (now, before)]
    if values[0] is None or values[1] is None:
        return []
    return [apart(abs(shown(unit, values[0]) - shown(unit, values[1])), unit)]


def value_of(told: Told) -> Fraction | None:
    if told["metric"] == FIRST_REPLY.slug:
        return Fraction(str(told["stats"]["median"])) if told["stats"] else None
    return exact_of(told)


def number(cell: str) -> float | None:
    return None if cell == "" else float(cell)


def near(cells: list[Any]) -> list[Any]:
    return [one if one is None or isinstance(one, str) else float(f"{float(one):.10g}") for one in cells]


def reports(walk: Walk) -> None:
    """Every week of all accounts: how many scores have which colour, and how many came into another."""
    ledger = walk.open("/reports/")
    trends = [
        {one["ends_on"]: one for one in walk.of("trend/customer_service_score?weeks=60", shop)}
        for shop in walk.accounts
    ]
    for row in ledger.root.one("table", "weeks").one("tbody").all("tr"):
        day = row.one("a").attributes["href"].split("/")[2]
        earlier = (date.fromisoformat(day) - timedelta(days=7)).isoformat()
        points = [trend[day] for trend in trends if day in trend]
        bands = Counter(one["band"] for one in points)
        parts = {colour_of(part): int(part.shown) for part in row.one("span", "by-colour").all("span", "st")}
        ledger.same(f"{day} by colour", parts, {band: bands[band] for band in parts})
        moved = [
            turned([trend[day]], {SCORE.slug: trend[earlier]} if earlier in trend else {})
            for trend in trends
            if day in trend
        ]
        sums = [sum(one[0] for one in moved), sum(one[1] for one in moved)]
        ledger.same(f"{day} in another colour", turned_on(row), sums)
        ledger.same(f"{day} accounts", next(row.all("td", "num")).shown, str(len(points)))
        ledger.within(day, row, len(points), list(bands.values()), sums, [0, 6.0, 8.0])
    ledger.within("head", ledger.root.one("p", "sub"), len(walk.accounts))
    ledger.rest()


def report(walk: Walk) -> None:
    """One week of all accounts beside the published weeks of each."""
    ends_on = walk.of("trend/customer_service_score?weeks=1")[-1]["ends_on"]
    earlier = (date.fromisoformat(ends_on) - timedelta(days=7)).isoformat()
    ledger = walk.open(f"/reports/{ends_on}/")
    weeks = {shop.name: (week_of(walk, ends_on, shop), week_of(walk, earlier, shop)) for shop in walk.accounts}
    table = list(ledger.root.all("table"))[-1]
    for row in table.one("tbody").all("tr"):
        told, before = weeks[row.one("b").shown]
        cells = list(row.all("td"))
        value = told[SCORE.slug]
        ledger.same(
            "score",
            next(row.all("span", "num"), cells[1]).shown.startswith(value["display"]) or value["value"] is None,
            True,
        )
        figures = [told[metric.slug]["display"] for metric in (WITHIN, *COLUMNS[2:])]
        shown_cells = [td.shown for td in cells[3:7]]
        ledger.same(row.one("b").shown, shown_cells, figures)
        red = sum(one["band"] == "red" for one in judged(told))
        ledger.same("red", cells[7].shown, str(red))
        ledger.same("turned", turned_on(cells[8]), turned(judged(told), before))
        scores = [told[SCORE.slug], differences(told[SCORE.slug], before[SCORE.slug])]
        ledger.within("account", row, scores, figures, red, turned(judged(told), before))
    moves = [turned(judged(told), before) for told, before in weeks.values()]
    reds = sum(any(one["band"] == "red" for one in judged(told)) for told, _before in weeks.values())
    tiles = [stat.one("dd", "v").shown for stat in ledger.root.all("dl", "stat")]
    ledger.same(
        "tiles",
        tiles,
        [
            str(reds),
            str(sum(bool(worse) for worse, _better in moves)),
            str(sum(bool(better) for _worse, better in moves)),
        ],
    )
    bands = [list(Counter(pair[at][SCORE.slug]["band"] for pair in weeks.values()).values()) for at in (0, 1)]
    steps = [walk.of(f"readings?on={ends_on}", shop) for shop in walk.accounts]
    ledger.within("summary", ledger.root, tiles, bands, len(walk.accounts), [0, 6.0, 8.0], steps)


def mail_preview(walk: Walk) -> None:
    """The letter about the newest week: every figure of it is one of that week or of the week before."""
    ends_on = walk.of("trend/customer_service_score?weeks=1")[-1]["ends_on"]
    earlier = (date.fromisoformat(ends_on) - timedelta(days=7)).isoformat()
    ledger = walk.open(f"/you/reports/{Subscription.objects.get().pk}/preview/")
    told = [week_of(walk, day, shop) for shop in walk.accounts for day in (ends_on, earlier)]
    steps = [walk.of(f"readings?on={ends_on}", shop) for shop in walk.accounts]
    red = sum(any(one["band"] == "red" for one in judged(week_of(walk, ends_on, shop))) for shop in walk.accounts)
    bands = list(Counter(week_of(walk, ends_on, shop)[SCORE.slug]["band"] for shop in walk.accounts).values())
    ledger.within("letter", ledger.root, told, steps, len(walk.accounts), red, bands)
