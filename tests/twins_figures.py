"""The pages of one account's figures beside their twins in the API."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from kpis.catalogue import METRICS
from kpis.units import cut
from tests.ledger import Ledger
from tests.pages import Element
from tests.told import (
    PAGE,
    Told,
    around,
    by_metric,
    colours_on,
    far,
    figure,
    judged,
    metric_of,
    turned,
    turned_on,
    week_of,
)
from tests.walking import Walk


def account(walk: Walk) -> None:
    """Every card with its fold, the score with its weeks, who waits, and the first replies."""
    readings, ledger = by_metric(walk.of("readings")), walk.open(f"/accounts/{walk.shop.key}/")
    score = readings["customer_service_score"]
    waiting = walk.of("queue?limit=1")
    trend = walk.of("trend/customer_service_score?weeks=13")
    hero = ledger.root.one("section", "hero")
    ledger.pair("score", hero.one("a", "n"), score["display"])
    chart(ledger, hero.one("details", "twin"), trend[-12:])
    shares = [
        score["display"],
        *(f"{end:.1f}" for end in (6.0, 8.0)),
        waiting,
        {"n": waiting["count"] - waiting["late"]},
    ]
    for nav in hero.all("nav", "views"):
        ledger.tell(nav)
    ledger.within("score", hero, *around(score), shares, "0 10", [far(*trend[:-3:-1])], "12")
    for card in ledger.root.all("article", "kpi"):
        metric = metric_of(card)
        if metric is None:
            ledger.faults.append(f"a card of nothing: {card.text}")
            continue
        told = readings[metric.slug]
        figure(ledger, metric.slug, card.one("span", "v"), told)
        if card.one("div", "prow").text:
            ledger.colour(metric.slug, card.one("div", "prow"), told["band"])
        weeks = walk.of(f"trend/{metric.slug}?weeks=1")
        inner = [readings[one.slug] for link in card.all("a", "part") if (one := metric_of(link))]
        ledger.within(metric.slug, card, *around(told), inner, [far(told, one) for one in weeks])
    groups(ledger, readings)
    steps(ledger, walk.of("first-replies"))
    ledger.rest(r"\d+ more figures?")


def groups(ledger: Ledger, readings: dict[str, Told]) -> None:
    """The way to each group, with how many of its figures are red and yellow."""
    nav = ledger.root.one("nav", "jump")
    for link in nav.all("a"):
        mine = {slug: one for slug, one in readings.items() if link.shown.startswith(str(METRICS[slug].group))}
        group = [one for slug, one in mine.items() if slug != "customer_service_score"]  # it stands above all
        told = {word: count for word in ("red", "yellow") if (count := sum(one["band"] == word for one in group))}
        found = {word: int(number) for number, word in re.findall(r"(\d+) (red|yellow)", link.text)}
        ledger.same(f"group {link.shown}", found, told)
    ledger.tell(nav)


def steps(ledger: Ledger, told: Told) -> None:
    """The bars of first replies: their counts and shares, the middle and the slowest tenth."""
    bars, whole = list(ledger.root.one("ol", "hist").all("li")), sum(one["count"] for one in told["results"])
    ledger.same(
        "first replies",
        [[bar.one("text").shown, bar.one("span", "faint").shown] for bar in bars],
        [
            [str(one["count"]), f"{cut(Fraction(100 * one['count'], whole), 0)}%" if whole else ""]
            for one in told["results"]
        ],
    )
    for bar in bars:
        ledger.tell(bar)
    for one in ledger.root.all("span", "faint"):
        if "median" in one.text:
            ledger.within("first replies", one, told["stats"])


def chart(ledger: Ledger, twin: Element, weeks: list[Told], official: Sequence[Told] = ()) -> None:
    """The table of a chart: every published week, newest first, with its figure, its colour and what it rests on.

    `official` is what the platform itself says; of a week it is the newest that ends in it.
    """
    lines = list(twin.one("tbody").all("tr"))
    told = weeks[::-1]
    ledger.same("weeks", [line.one("td").shown for line in lines], [one["display"] for one in told])
    for line, one in zip(lines, told, strict=False):
        last = date.fromisoformat(one["window"]["to"])
        ends = [date.fromisoformat(said["window"]["to"]) for said in official]
        platform = [said for said, end in zip(official, ends, strict=True) if last - timedelta(days=7) < end <= last]
        ledger.colour("weeks", line, one["band"])
        if official:
            ledger.same(
                "the platform's",
                [td.shown for td in line.all("td")][3].removesuffix(" differs"),
                platform[-1]["display"] if platform else "–",
            )
        ledger.within(f"week {one['ends_on']}", line, one, platform[-1:])
    ledger.within("chart", twin, weeks)


def assessment(walk: Walk) -> None:
    """Every figure of the eight aspects."""
    readings, ledger = by_metric(walk.of("readings")), walk.open(f"/accounts/{walk.shop.key}/assessment/")
    for lines in ledger.root.all("dl", "lines"):
        for line in lines.all("div"):
            metric, value = metric_of(line), next(line.all("dd", "num"), None)
            if metric is not None and value is not None:
                figure(ledger, metric.slug, value, readings[metric.slug])
                ledger.colour(metric.slug, line, readings[metric.slug]["band"])
                ledger.tell(line)
    ledger.within(
        "sentences",
        ledger.root,
        list(readings.values()),
        [METRICS[slug].ripens_days for slug in readings],
        [*range(10)],
    )


def week(walk: Walk) -> None:
    """The newest published week: figures, colours, what they rest on, and the week before."""
    ends_on = walk.of("trend/customer_service_score?weeks=1")[-1]["ends_on"]
    before_on = (date.fromisoformat(ends_on) - timedelta(days=7)).isoformat()
    told, before = week_of(walk, ends_on), week_of(walk, before_on)
    ledger = walk.open(f"/accounts/{walk.shop.key}/weeks/{ends_on}/")
    for table in ledger.root.all("table", "week"):
        for line in table.one("tbody").all("tr"):
            metric = metric_of(line)
            assert metric is not None, line.text
            one, then = told[metric.slug], before.get(metric.slug)
            figure(ledger, metric.slug, next(line.all("td", "num")), one)
            ledger.colour(metric.slug, line, one["band"])
            ledger.within(metric.slug, line, one, then, [far(one, then)] if then else [], one["display"])
    counts = {band: sum(one["band"] == band for one in judged(told)) for band in ("red", "yellow", "green")}
    shown_counts = next(one for one in ledger.root.all() if "by-colour" in one.classes)
    ledger.same("by colour", colours_on(shown_counts), list(counts.values()))
    ledger.tell(shown_counts)
    changes = [far(one, before[slug]) for slug, one in told.items() if slug in before]
    ways = walk.of(f"readings?on={ends_on}")
    ledger.within(
        "what changed and what to do", ledger.root, list(told.values()), list(before.values()), changes, ways, [4, 5, 6]
    )


def weeks(walk: Walk) -> None:
    """The list of published weeks: each score, and how many figures have which colour."""
    ledger = walk.open(f"/accounts/{walk.shop.key}/weeks/")
    lines = list(ledger.root.one("table", "weeks").one("tbody").all("tr"))
    trend = walk.of(f"trend/customer_service_score?weeks={len(lines) + 1}")
    for line, point, earlier in zip(lines, trend[::-1], [*trend[-2::-1], None], strict=False):
        ledger.same(point["ends_on"], line.one("b").shown, point["display"])
        ledger.colour(point["ends_on"], line, point["band"])
        told = week_of(walk, point["ends_on"])
        before = week_of(walk, earlier["ends_on"]) if earlier else {}
        counts = [sum(one["band"] == band for one in judged(told)) for band in ("red", "yellow", "green")]
        ledger.same(
            f"{point['ends_on']} by colour",
            colours_on(line.one("span", "by-colour")),
            counts,
        )
        ledger.same(f"{point['ends_on']} turned", turned_on(line), turned(judged(told), before))
        ledger.within(
            point["ends_on"],
            line,
            [point, earlier],
            counts,
            turned(judged(told), before),
            far(point, earlier) if earlier else [],
        )
    ledger.rest()


def first_replies(walk: Walk) -> None:
    """The bars again, with the rows of one of them."""
    told = walk.of("first-replies")
    for one in told["results"]:
        ledger = walk.open(f"/accounts/{walk.shop.key}/first-replies/?wait={one['step']}")
        steps(ledger, told)
        found = [row for table in ledger.root.all("table", "rows") for row in table.one("tbody").all("tr")]
        ledger.same(f"rows of {one['step']}", len(found), min(PAGE, one["count"]))
        for table in ledger.root.all("table", "rows"):
            ledger.tell(table)
        ledger.rest(r"Show \d+ more columns?")
