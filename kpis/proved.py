"""What the nightly proofs of some accounts found: the newest one of each, and the differences worth showing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q

from kpis.models import ProofDifference, ProofRun
from sellers.models import SellerAccount

SHOWN_FOR = timedelta(days=7)  # after it was found, a healed difference is shown so long; an open one until it heals
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Proofs:
    """The newest proof of each account, together. `proved_at` is the oldest of them; None while one is missing."""

    proved_at: datetime | None
    days: int  # (fact, day) pairs compared
    found: int  # differences these proofs found
    open: int  # differences that are not healed yet
    differences: list[ProofDifference]  # newest first
    runs: dict[int, ProofRun]  # by account id


def proofs(accounts: Sequence[SellerAccount], now: datetime) -> Proofs:
    """What is known about these accounts' totals: two queries."""
    ids = [account.id for account in accounts]
    finished = ProofRun.objects.filter(account__among=ids, finished_at__isnull=False).order_by()
    newest = finished.values("account").annotate(newest=Max("pk")).values("newest")
    runs = {run.account_id: run for run in ProofRun.objects.filter(pk__in=newest)}
    worth = Q(healed_at=None) | Q(found_at__gte=now - SHOWN_FOR)
    found = ProofDifference.objects.filter(worth, account__among=ids).select_related("account")
    differences = list(found.order_by("-found_at", "account_id", "fact", "-day", "pk")[:SHOWN])
    moments = [run.started_at for run in runs.values()]
    return Proofs(
        proved_at=min(moments) if moments and len(moments) == len(ids) else None,
        days=sum(run.days for run in runs.values()),
        found=sum(run.differences for run in runs.values()),
        open=sum(difference.healed_at is None for difference in differences),
        differences=differences,
        runs=runs,
    )
