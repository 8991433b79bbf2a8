"""Up to which local day an account's data is complete, for each fact, by when its systems were last heard."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kpis.catalogue import FACTS
from kpis.catalogue.arriving import RECORD_TYPES
from kpis.metrics import Fact, Text
from sellers.arrivals import Arrival, Heard
from sellers.days import last_complete_day
from sellers.models import SellerAccount

SILENT_AFTER = timedelta(days=14)  # behind the newest delivery: such a system no longer holds the others back


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the data of one fact has come.

    Complete are the local days that were over when the slowest system was last heard that still delivers this record
    type. `awaited`: some system does. No arrival, no claim: then `complete_until` is None.
    """

    fact: Fact
    last_fact_at: datetime | None = None
    heard_at: datetime | None = None  # of the slowest system that counts
    complete_until: date | None = None
    silent: tuple[str, ...] = ()  # systems that deliver no more
    awaited: bool = False
    needs: Text = ""  # what to import, where nothing has ever come

    def lacks(self, last: date) -> bool:
        """Whether data of days up to `last` may still be missing."""
        return self.complete_until is not None and self.complete_until < last

    def awaits(self, last: date) -> bool:
        """Whether that data is still expected."""
        return self.awaited and self.lacks(last)


def completeness(
    accounts: Sequence[SellerAccount], facts: Collection[str] = tuple(FACTS), *, seen: bool = True
) -> dict[int, dict[str, Completeness]]:
    """The completeness of these facts of the accounts, by account id and fact: one query.

    It reads no clock: a system is silent when it was heard 14 days before the newest delivery of the account.
    Without `seen` the newest fact is left open: of many accounts these moments take longer to read than all the rest.
    """
    asked = {slug: fact for slug, fact in FACTS.items() if slug in facts}
    heard: dict[int, list[Heard]] = defaultdict(list)
    arrivals = Arrival.objects.filter(account__among=[account.id for account in accounts]).order_by("system")
    columns = ("system", "record_type", "heard_at", *(["last_fact_at"] if seen else []))
    for account_id, *told in arrivals.values_list("account_id", *columns):
        heard[account_id].append(Heard(*told))
    return {
        account.id: {slug: _of_fact(fact, account, heard.get(account.id, ())) for slug, fact in asked.items()}
        for account in accounts
    }


def _of_fact(fact: Fact, account: SellerAccount, heard: Sequence[Heard]) -> Completeness:
    own = [arrival for arrival in heard if arrival.record_type == RECORD_TYPES.get(fact.model)]
    if not own:
        return Completeness(fact, needs=fact.needs)
    newest = max(arrival.heard_at for arrival in heard)
    alive = [arrival for arrival in own if newest - arrival.heard_at < SILENT_AFTER]
    # Where every system of the type has fallen silent, the data ends with what the last of them said.
    heard_at = min((arrival.heard_at for arrival in alive), default=max(arrival.heard_at for arrival in own))
    return Completeness(
        fact=fact,
        last_fact_at=max((arrival.last_fact_at for arrival in own if arrival.last_fact_at), default=None),
        heard_at=heard_at,
        complete_until=last_complete_day(heard_at, account.zone),
        silent=tuple(arrival.system for arrival in own if arrival not in alive),
        awaited=bool(alive),
    )
