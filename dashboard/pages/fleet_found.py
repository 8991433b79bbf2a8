"""Which accounts an address of the list names, in which order, and what that needs to know of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from dashboard.addresses import FleetFilter
from dashboard.pages.fleet_columns import (
    COLUMNS,
    LATE,
    NAME,
    SCORE,
    WITHIN,
    Order,
    value_of,
)
from dashboard.pages.fleet_then import Then, then_of
from dashboard.traits import TRAITS, matching
from kpis.fleet import worst_first
from kpis.readings import Reading, fleet_readings
from kpis.targets import Band
from kpis.waiting import Waiting, waiting
from sellers.days import last_complete_day
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Found:
    """The accounts that an address names: by everything but the colour, and by the colour too, in order."""

    named: list[SellerAccount]
    on: dict[int, date]
    within: dict[int, Reading]
    ranked: list[Reading]
    shown: list[Reading]
    queue: dict[int, Waiting]
    order: Order
    then: Then | None  # the earlier time the address asks for


def find(accounts: Sequence[SellerAccount], address: FleetFilter, now: datetime) -> Found:
    """Those of the accounts that match the address, with their scores and who waits in each."""
    named = matching(accounts, {name: str(address.value(name)) for name in TRAITS}, address.value("q"))
    on = {account.id: last_complete_day(now, account.zone) for account in named}
    order = Order(address.value("sort"), address.value("order"))
    queue = waiting(named, now)
    # What the list is sorted or chosen by is read of all accounts, the rest only of those on the page.
    attention = bool(address.value("attention"))
    wanted_figures = dict.fromkeys(
        (SCORE, WITHIN, *(COLUMNS if attention else ()), *([order.metric] if order.metric else []))
    )
    read = fleet_readings(named, on, tuple(wanted_figures))
    found = {
        account_id: {reading.metric.slug: reading for reading in readings} for account_id, readings in read.items()
    }
    if attention:
        red = {account_id for account_id, readings in read.items() if any(one.band is Band.RED for one in readings)}
        named = [account for account in named if account.id in red]
    ranked = worst_first(found[account.id][SCORE.slug] for account in named)
    band = address.value("band")

    def sort_value(score: Reading) -> str | int | Fraction | None:
        if order.by == NAME:
            return score.account.name.casefold()
        return queue[score.account.id].late if order.by == LATE else value_of(found[score.account.id][order.by])

    return Found(
        named=named,
        on=on,
        within={account.id: found[account.id][WITHIN.slug] for account in named},
        ranked=ranked,
        shown=order.sorted([score for score in ranked if not band or score.band == band], sort_value),
        queue=queue,
        order=order,
        then=then_of(address.value("compare"), on),
    )
