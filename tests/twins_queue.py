"""Who waits, single rows and what came in beside their twins in the API and the files."""

import re
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from dashboard import clocks
from kpis.queue import Group, hour_edges
from kpis.units import duration
from sellers.models import SellerAccount
from tests.ledger import Ledger
from tests.makers import NOW
from tests.told import (
    Told,
)
from tests.walking import Walk


def queue(walk: Walk) -> None:
    """All waits, those of one account, and those of one topic: groups, hours, lines, and the files."""
    waits = {shop: walk.all_of("queue", shop) for shop in walk.accounts}
    topic = Counter(one["topic"] for one in waits[walk.shop]).most_common(1)[0][0]
    everybody = [(shop, one) for shop, found in waits.items() for one in found]
    own = [(shop, one) for shop, one in everybody if shop == walk.shop]
    some = [(shop, one) for shop, one in everybody if one["topic"] == topic]
    requests = {shop: walk.all_of("return-requests", shop) for shop in walk.accounts}
    returns = [one for found in requests.values() for one in found]
    asked = (
        ("", everybody, returns), (f"?account={walk.shop.key}", own, requests[walk.shop]),
        (f"?topic={topic.replace(' ', '+')}", some, returns),
    )  # fmt: skip
    for query, told, beside in asked:
        ledger = walk.open(f"/queue/{query}")
        listed(walk, ledger, told, walk.file("queue", query=query))
        nav = ledger.root.one("nav", "tabs")
        ledger.same("lists", [link.one("span").shown for link in nav.all("a")], [str(len(told)), str(len(beside))])
        ledger.tell(nav)
        ledger.rest(
            rf"\b{len(everybody) - len(told)} (?:is|are) hidden by the filter|Topic: [^×]*"
            if told is not everybody
            else ""
        )
    ledger = walk.open("/queue/?list=returns")
    lines = walk.file("queue", query="?list=returns")
    ledger.same(
        "return requests",
        [line[3] for line in lines[1:]],
        [one["number"] for one in sorted(returns, key=lambda one: one["due_at"])],
    )
    tabs = [link.one("span").shown for link in ledger.root.one("nav", "tabs").all("a")]
    ledger.same("lists", tabs, [str(len(everybody)), str(len(returns))])


def listed(walk: Walk, ledger: Ledger, told: list[tuple[SellerAccount, Told]], lines: list[list[str]]) -> None:
    waits = sorted(told, key=lambda pair: (pair[1]["group"] != Group.LATE, deadline(pair[1]), pair[1]["conversation"]))
    by_group = Counter(one["group"] for _shop, one in waits)
    groups = [part.one("b").shown for part in ledger.root.one("div", "groups-of").all("a")]
    kinds = [group for group in Group if group is not Group.MISSED or by_group[group]]
    ledger.same("groups", groups, [str(by_group[group]) for group in kinds])
    zones = {shop.time_zone for shop, _one in waits} if len({shop for shop, _ in waits}) == 1 else {"UTC"}
    edges = hour_edges(NOW, ZoneInfo(min(zones)))
    hours = [sum(start <= deadline(one) < stop for _shop, one in waits) for start, stop in pairwise(edges)]
    ledger.same(
        "hours ahead", [int(bar.one("span", "num").shown) for bar in ledger.root.one("ol", "strip").all("li")], hours
    )
    rows = [row for row in ledger.root.one("table", "queue").all("tr") if list(row.all("b", "left"))]
    found = sorted((row.one("b", "left").shown, row.one("b", "left").attributes["data-due"][:16]) for row in rows)
    expected = sorted(
        (clocks.left(deadline(one) - NOW), f"{deadline(one):%Y-%m-%dT%H:%M}") for _shop, one in waits[:50]
    )
    ledger.same("time left", found, expected)
    for row in rows:
        ledger.tell(row)
    kept = sorted((line[1], line[2], line[10], line[14]) for line in lines[1:])
    left = [(shop.key, one["conversation"], one["target_seconds"], seconds(deadline(one) - NOW)) for shop, one in waits]
    ledger.same("lines of the file", kept, sorted((*names, str(target), str(rest)) for *names, target, rest in left))
    ledger.within(
        "queue", ledger.root.one("section", "hours-ahead"), list(by_group.values()), hours, sum(hours), 0, [4, 12]
    )
    accounts = len({shop for shop, _one in waits})
    ledger.within("list", ledger.root.one("div", "listed"), len(waits), accounts)
    for divide in ledger.root.all("tr", "divide"):
        ledger.within("group", divide, list(by_group.values()), [4, 12])


def deadline(wait: Told) -> datetime:
    return min(parse_datetime(wait[name]) for name in ("due_at", "target_due_at"))  # type: ignore[type-var]


def seconds(span: timedelta) -> int:
    return span.days * 86_400 + span.seconds


def conversation(walk: Walk) -> None:
    """How long the buyer waited in each turn, as the rows of the figures have it."""
    told = walk.of("rows/average_response_time?limit=20")["results"]
    by_id: dict[str, list[Told]] = {}
    for row in walk.all_of("rows/average_response_time"):
        by_id.setdefault(row["conversation_external_id"], []).append(row)
    for name in dict.fromkeys(row["conversation_external_id"] for row in told):
        ledger = walk.open(f"/accounts/{walk.shop.key}/find/?q={name}")
        waited = [
            one.one("b").shown.removeprefix("The buyer waited ")
            for one in ledger.root.all("li", "waited")
            if "The buyer waited" in one.text
        ]
        expected = sorted((row["opened_at"], duration(Fraction(row["reply_seconds"]))) for row in by_id[name])
        ledger.same("turns", waited, [text for _at, text in expected])


def order(walk: Walk) -> None:
    """An order says the same verdicts as its row behind the figures."""
    for slug, side in (("late_shipment_rate", "for"), ("order_defect_rate", "for"), ("refund_rate", "for"),
                       ("order_defect_rate", "against"), ("cancellation_rate", "for")):  # fmt: skip
        told = walk.of(f"rows/{slug}?part={side}&limit=3")
        words = {
            one["name"]: {choice["value"]: choice["label"] for choice in one["choices"]} for one in told["columns"]
        }
        for row in told["results"]:
            ledger = walk.open(f"/accounts/{walk.shop.key}/find/?q={row['external_id']}")
            said = {one.text for one in ledger.root.all("span", "st")}
            expected = {words[name][row[name]] for name in ("shipment", "cancellation")}
            expected.add("Refunded" if row["refunded"] else "Not refunded")
            defect = row["negative_feedback"] or row["claim_counts"] or row["chargeback_counts"]
            expected.add("With a defect" if defect else "Without a defect")
            ledger.same(row["external_id"], expected - said, set())


def imports(walk: Walk) -> None:
    """Every import of the list: its rows and those set aside."""
    ledger = walk.open("/imports/")
    for row in list(ledger.root.all("table"))[-1].one("tbody").all("tr"):
        told = walk.api(f"imports/{row.one('a').attributes['href'].split('/')[2]}")
        cells = [td.shown.replace(",", "") for td in row.all("td", "num")][:2]
        ledger.same("rows", cells, [str(told["received"]), str(told["quarantined"])])
        ledger.within("import", row, told, told["name"])
    ledger.rest()


def one_import(walk: Walk) -> None:
    """One import: the counts add up as the API has them."""
    for run in walk.imports:
        told, ledger = walk.api(f"imports/{run}"), walk.open(f"/imports/{run}/")
        shown_counts = [int(re.sub(r"\D", "", one.text)) for one in ledger.root.one("dl", "counts").all("dd")]
        ledger.same(
            "counts",
            shown_counts,
            [told[name] for name in ("received", "created", "updated", "unchanged", "stale", "quarantined")],
        )
        ledger.tell(ledger.root.one("dl", "counts"))
        ledger.within("file", ledger.root.one("div", "head"), told, told["name"], filesizeformat(told["size"]))
        ledger.within("what waits", ledger.root, len(walk.all_of_import(run)), told["name"])


def rejects(walk: Walk) -> None:
    """As many rows set aside as the API lists."""
    for run in walk.imports:
        ledger = walk.open(f"{reverse('rejects', args=[run])}")
        told = walk.all_of_import(run)
        tabs = [link.one("span").shown for link in ledger.root.one("nav", "tabs").all("a")]
        ledger.same("open", tabs[0], str(sum(one["state"] == "open" for one in told)))


def system(walk: Walk) -> None:
    """How many days wait and were set aside, and what the proof found."""
    told, ledger = walk.api("health"), walk.open("/system/")
    ledger.within("health", ledger.root, told)
