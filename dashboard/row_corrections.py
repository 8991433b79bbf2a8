"""What people have corrected about rows, shown where the rows stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from dashboard import corrected
from intake.models import Correction
from sellers.models import SellerAccount

Keys = Collection[int] | QuerySet[Any]


@dataclass(frozen=True)
class Mended:
    """A correction that holds: what it changed, and who applied it when."""

    correction: Correction
    lines: list[corrected.Line]
    applied: corrected.Step


def mended(account: SellerAccount, rows: Mapping[str, Keys]) -> dict[tuple[str, int], list[Mended]]:
    """The applied corrections of rows, by record type and key; `rows` has the keys of each record type. One query."""
    about = Q(pk__in=[])
    for record_type, keys in rows.items():
        about |= Q(record_type=record_type, row_id__in=keys)
    found: dict[tuple[str, int], list[Mended]] = defaultdict(list)
    applied = Correction.objects.filter(about, account=account, state=Correction.State.APPLIED)
    for one in applied.select_related("proposed_by", "applied_by", "ended_by").order_by("id"):
        steps = corrected.steps(one, account)
        found[one.record_type, one.row_id].append(Mended(one, corrected.lines(one, account), steps[-1]))
    return dict(found)
