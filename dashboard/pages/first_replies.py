"""The conversations whose buyers waited equally long for a first reply: what stands behind one bar."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.pages.account import Day
from dashboard.pages.row_table import RowTable, row_table
from dashboard.waits import Bars, bars
from kpis.catalogue.first_replies import METRIC, STEPS, Step
from kpis.first_replies import waited
from kpis.readings import readings
from sellers.models import SellerAccount


@dataclass(frozen=True)
class FirstRepliesPage:
    """The conversations of one step."""

    account: SellerAccount
    day: Day
    shown: Bars
    step: Step
    table: RowTable


def first_replies_page(account: SellerAccount, day: Day, slug: str, given: Mapping[str, str]) -> FirstRepliesPage:
    """The conversations of one step on a report day, a page of the list."""
    step = next(one for one in STEPS if one.slug == slug)
    reading = readings(account, day.on, [METRIC])[0]
    shown = bars(reading, slug)
    count = next(bar.count for bar in shown.bars if bar.slug == slug)
    return FirstRepliesPage(account, day, shown, step, row_table(waited(reading, step), count, given))
