"""Topics and people beside their twins in the API and the files."""

from fractions import Fraction
from typing import Any

from kpis.catalogue import METRICS
from kpis.catalogue.people import FIRST, REPLY, SOLVED, TAKEN_OVER, WITHIN
from kpis.changes import apart, shown
from kpis.units import NO_VALUE, Unit, display
from tests.ledger import Ledger
from tests.pages import Element
from tests.told import Told
from tests.twins_accounts import differences, near, number
from tests.walking import Walk


def topics(walk: Walk) -> None:
    """Every topic and channel: the table, the rankings, the API and the files."""
    for by in ("topic", "channel"):
        ledger = walk.open(f"/accounts/{walk.shop.key}/topics/?by={by}")
        told = walk.of(f"topics?by={by}")["results"]
        lines = walk.file("topics", walk.shop.key, query=f"?by={by}")
        walk.same_file(ledger, lines, f"topics?by={by}")
        ledger.same(
            f"{by}s in the file",
            [[line[1], *near([number(cell) for cell in line[2:]])] for line in lines[1:]],
            [
                [
                    one["value"],
                    *near([*pull_cells(one["within_24h"]), one["median_seconds"], *pull_cells(one["solved"])]),
                ]
                for one in told
            ],
        )
        rows = list(ledger.root.one("table", "subjects").one("tbody").all("tr"))
        ledger.same(f"as many {by}s", len(rows), len(told))
        by_name = {
            ("No topic" if by == "topic" else "Unknown") if not one["value"] else one["label"]: one for one in told
        }
        for row in rows:
            one = by_name[row.one("th").shown]
            cells = [td.shown for td in row.all("td")]
            reply = None if one["median_seconds"] is None else Fraction(str(one["median_seconds"]))
            answers = pull_shown(one["solved"], SOLVED.unit) if len(cells) > 6 else []
            told_cells = [*pull_shown(one["within_24h"], WITHIN.unit), display(reply, Unit.SECONDS), *answers]
            ledger.same(f"{by} {one['label']}", cells, told_cells)
            ledger.colour(
                f"{by} {one['label']}",
                list(row.all("td"))[3],
                one["within_24h"]["band"] if one["within_24h"] else "none",
            )
            ledger.tell(row)
        for figure, ranking in zip(
            ("within_24h", "solved"), ledger.root.one("div", "rankings").all("section"), strict=False
        ):
            pulls = sorted(
                (one for one in told if one[figure] and one[figure]["bad"]), key=lambda one: -one[figure]["bad"]
            )
            bars = [int(bar.one("span", "num").shown.split()[0]) for bar in ranking.all("li")]
            ledger.same(f"{figure} ranked", bars, [one[figure]["bad"] for one in pulls][:10])
            total = sum(one[figure]["bad"] for one in pulls)
            ledger.within(
                f"{figure} ranked",
                ranking,
                [one[figure] for one in pulls],
                total,
                len(pulls) - len(bars),
                walk.of("readings"),
            )
        untagged = next((one["within_24h"]["n"] for one in told if not one["value"] and one["within_24h"]), 0)
        turns = sum(one["within_24h"]["n"] for one in told if one["within_24h"])
        for note in ledger.root.all("p", "note"):
            ledger.within("note", note, untagged, turns)
        ledger.rest()


def pull_cells(pull: Told | None) -> list[Any]:
    return [None] * 5 if pull is None else [pull[name] for name in ("n", "bad", "share", "value", "without")]


def pull_shown(pull: Told | None, unit: Unit) -> list[str]:
    """Counted, bad, its part of the bad, the figure, and how far the account's would move."""
    if pull is None:
        return ["0", "0", NO_VALUE, NO_VALUE, NO_VALUE]
    share = display(None if pull["share"] is None else Fraction(str(pull["share"])), Unit.RATE)
    return [str(pull["n"]), str(pull["bad"]), share, pull["display"], moved(pull, unit)]


def moved(pull: Told, unit: Unit) -> str:
    if pull["without"] is None:
        return ""
    without, gain = Fraction(str(pull["without"])), Fraction(str(pull["gain"]))
    far = shown(unit, without) - shown(unit, near_fraction(without - gain))
    sign = "+" if far > 0 else "−" if far < 0 else "±"
    return (
        f"{sign}{apart(abs(far), Unit.RATE)}" if unit is Unit.RATE else f"{sign}{float(abs(far)):.{unit.digits}f} pts"
    )


def near_fraction(value: Fraction) -> Fraction:
    """The fraction that a difference of two printed ones stands for."""
    return value.limit_denominator(10**7)


FIGURES = ((WITHIN, ""), (REPLY, "median"), (REPLY, "p90"), (FIRST, "median"), (TAKEN_OVER, ""), (SOLVED, ""))


def credit(told: Told, name: str, stat: str) -> str:
    """A credited figure as it is printed."""
    figure = told.get(name)
    if figure is None:
        return NO_VALUE
    if not stat:
        return str(figure["display"])
    value = (figure["stats"] or {}).get(stat)
    return display(None if value is None else Fraction(str(value)), Unit.SECONDS)


def agents(walk: Walk) -> None:
    """Everybody's card, the account's own figures, the API and the files."""
    for days in (28, 90):
        ledger = walk.open(f"/accounts/{walk.shop.key}/agents/?days={days}")
        told = walk.of(f"agents?days={days}")
        lines = walk.file("agents", walk.shop.key, query=f"?days={days}")
        walk.same_file(ledger, lines, f"agents?days={days}")
        for line, one in zip(lines[1:], [*told["results"], {"figures": told["whole"]}], strict=True):
            within = one["figures"]["within_24h_rate"]
            if within is not None:
                ledger.same(
                    f"{line[0]} in the file",
                    near([number(cell) for cell in line[3:6]]),
                    near([within["hits"], within["n"], within["value"]]),
                )
        whole = [stat.one("dd", "v").shown for stat in ledger.root.one("section", "in-all").all("dl")]
        ledger.same("as a whole", whole, [credit(told["whole"], metric.slug, stat) for metric, stat in FIGURES])
        ledger.within("as a whole", ledger.root.one("section", "in-all"), told["whole"], told["whole_before"])
        cards = list(ledger.root.all("section", "person"))
        for one in told["results"]:
            card = next(
                (card for card in cards if one["kind"] == "person" and card.one("h3").shown == one["name"]), None
            )
            if card is not None:
                person(ledger, card, one, told)
        for card in cards:
            ledger.within("credited to nobody", card, told["results"], told["whole"])
        for note in ledger.root.all("p", "note"):
            ledger.within("note", note, told["minimum"])
        ledger.rest()


def person(ledger: Ledger, card: Element, one: Told, told: Told) -> None:
    few = f"fewer than {told['minimum']}"
    for row, (metric, stat) in zip(card.one("table", "versus").one("tbody").all("tr"), FIGURES, strict=True):
        cells = list(row.all("td"))
        now, before = one["figures"][metric.slug], one["before"][metric.slug]
        said = few if now is None else credit(one["figures"], metric.slug, stat)
        ledger.same(f"{one['name']} {metric.slug}", cells[0].shown, said)
        ledger.same(
            f"{one['name']} {metric.slug} of the account", cells[1].shown, credit(told["whole"], metric.slug, stat)
        )
        ledger.same(
            f"{one['name']} {metric.slug} before",
            cells[2].shown.split("+")[0].split("−")[0].startswith(credit(one["before"], metric.slug, stat)),
            True,
        )
        if now is not None and not stat and metric is not TAKEN_OVER:
            ledger.colour(f"{one['name']} {metric.slug}", row, now["band"])
        moves = []
        if now and before and not stat and metric.slug in METRICS:
            moves = differences({**now, "metric": metric.slug}, {**before, "metric": metric.slug})
        whole, minimum = told["whole"][metric.slug], told["minimum"]
        ledger.within(f"{one['name']} {metric.slug}", row, now, before, whole, minimum, moves)
    answers = one["figures"]["average_response_time"]
    ledger.within(f"{one['name']}", card, answers, told["minimum"])


def agent(walk: Walk) -> None:
    """Each person's own page: the figures again, and as many rows as they say."""
    told = walk.of("agents")
    for one in told["results"]:
        if one["kind"] != "person":
            continue
        path = f"/accounts/{walk.shop.key}/agents/{one['id']}/"
        within, solved = (one["figures"][name] for name in ("within_24h_rate", "customer_service_score"))
        counts = {
            "late": within["n"] - within["hits"] if within else 0,
            "unsolved": solved["n"] - solved["hits"] if solved else 0,
            "solved": solved["hits"] if solved else 0,
        }
        for name, count in counts.items():
            ledger = walk.open(f"{path}?list={name}")
            tabs = [link.one("span").shown for link in ledger.root.one("nav", "tabs").all("a")]
            ledger.same("lists", tabs, [str(number) for number in counts.values()])
            found = [row for table in ledger.root.all("table", "rows") for row in table.one("tbody").all("tr")]
            ledger.same(f"rows of {name}", len(found), min(50, count))
            person(ledger, ledger.root.one("section", "person"), one, told)
            for part in (ledger.root.one("nav", "tabs"), *ledger.root.all("table", "rows")):
                ledger.tell(part)
            answers = one["figures"]["average_response_time"]
            for part in (ledger.root.one("p", "sub"), ledger.root.one("p", "note")):
                ledger.within("text", part, answers, told["minimum"])
            ledger.rest(r"Show \d+ more columns?")
