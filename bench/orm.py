"""How much faster is it than one ORM query for each account, metric and week?"""

import random
from datetime import date, timedelta
from typing import Any

from bench.recompute import WEEKS, count_all, mark_everything, newest_week, read_all
from bench.results import Figure
from bench.stage import Stage, compare
from kpis.catalogue import DECLARED
from kpis.metrics import Imported, LatestShare, Mean, Metric, Share, Times
from kpis.readings import window_on
from sellers.models import SellerAccount

SAMPLE = 4  # weeks of each account in the sample
COMMAND = "script/bench --only orm"


def run(stage: Stage) -> list[Figure]:
    """Ten accounts of all sizes on both sides: ours whole, one query each for a few weeks, scaled to 52."""
    figures = []
    for vendor in ("postgresql", "sqlite"):
        with stage.on(vendor):
            accounts = list(SellerAccount.objects.order_by("id")[: stage.first.templates])
            newest = newest_week()
            chance = random.Random(6)  # chance, not a secret
            asked = [
                (account, newest - timedelta(weeks=week))
                for account in accounts
                for week in chance.sample(range(WEEKS), SAMPLE)
            ]

            def ours(accounts: list[SellerAccount] = accounts) -> None:
                count_all(accounts)
                read_all(accounts)

            def theirs(asked: list[tuple[SellerAccount, date]] = asked) -> None:
                for account, on in asked:
                    for metric in DECLARED:
                        naive(metric, account, on)

            count_all(accounts)
            found = compare({"ours": ours, "theirs": theirs}, before={"ours": mark_everything})
            scaled = found["theirs"].cpu * WEEKS / SAMPLE
            figures.append(
                Figure(
                    name=f"orm_{vendor}", unit="times", value=scaled / found["ours"].cpu, target=100, at_least=True,
                    what=f"Faster than one ORM query for each account, metric and week, {vendor}", command=COMMAND,
                    bound=f"{len(accounts)} accounts of all sizes: {found['ours'].cpu:.2f} s for counting and reading "
                    f"them whole, {found['theirs'].cpu:.2f} s for {len(asked) * len(DECLARED):,} queries of {SAMPLE} "
                    f"weeks each, scaled to {WEEKS}. The queries are given turns and verdicts, and use our indexes.",
                )
            )  # fmt: skip
    return figures


def naive(metric: Metric, account: SellerAccount, on: date) -> Any:
    """The numbers of one metric in one window, straight from its rows."""
    window = window_on(metric, account, on, metric.rule)
    fact = metric.fact
    rows = fact.model._base_manager.filter(
        fact.rows & metric.among, account=account, **{f"{fact.day}__range": (window.first, window.last)}
    ).order_by()
    if isinstance(metric, LatestShare):
        counted = rows.filter(metric.of).order_by(fact.moment, "external_id", "system")
        latest = dict(counted.values_list(metric.per, "pk"))
        return len(latest)
    if isinstance(metric, Times):
        seconds = sorted(rows.filter(metric.of).values_list(metric.column, flat=True))
        return sum(seconds), seconds[len(seconds) // 2 : len(seconds) // 2 + 1]
    if isinstance(metric, Imported):
        return rows.filter(metric.of).order_by(f"-{fact.moment}").values_list(metric.column, flat=True).first()
    sums = {"n": metric.counted.aggregate()}
    if isinstance(metric, Share):
        sums["hits"] = metric.hits.aggregate()
    if isinstance(metric, Mean):
        sums["total"] = metric.total.aggregate()
    return rows.aggregate(**sums)
