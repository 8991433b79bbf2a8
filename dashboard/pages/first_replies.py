"""The conversations whose buyers waited equally long for a first reply: what stands behind one bar."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from dashboard.pages.account import Day
from dashboard.pages.metric import PER_PAGE, rows_shown
from dashboard.waits import Bars, bars
from kpis.catalogue.first_replies import METRIC, STEPS, Step
from kpis.first_replies import waited
from kpis.metrics import Text
from kpis.readings import readings
from kpis.rows import RowSet
from sellers.models import SellerAccount


@dataclass(frozen=True)
class FirstRepliesPage:
    """The conversations of one step."""

    account: SellerAccount
    day: Day
    shown: Bars
    step: Step
    rowset: RowSet
    page: Page

    @property
    def columns(self) -> list[Text]:
        return [column.title for column in self.rowset.columns]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of this page of the list, each cell as text, and where it leads."""
        return rows_shown(self.rowset, self.page.number, self.account.zone)


def first_replies_page(account: SellerAccount, day: Day, slug: str, page: str) -> FirstRepliesPage:
    """The conversations of one step on a report day, a page of the list."""
    step = next(one for one in STEPS if one.slug == slug)
    reading = readings(account, day.on, [METRIC])[0]
    shown = bars(reading, slug)
    count = next(bar.count for bar in shown.bars if bar.slug == slug)
    return FirstRepliesPage(
        account, day, shown, step, waited(reading, step), Paginator(range(count), PER_PAGE).get_page(page)
    )
