"""The weekly reports of one account, newest first."""

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.joining import sentences
from kpis.catalogue import satisfaction
from kpis.changes import Change, change
from kpis.fleet import WORST_FIRST
from kpis.metrics import Text, Window
from kpis.targets import Band
from kpis.trends import TrendPoint, trends
from kpis.weekly import JUDGED, published_weeks
from sellers.days import WEEK
from sellers.models import SellerAccount

SCORE = satisfaction.customer_service_score
A_PAGE = 26


@dataclass(frozen=True)
class WeekLine:
    """A published week of an account in the list of its reports."""

    point: TrendPoint
    before: TrendPoint | None
    counts: list[tuple[Band, Text, int]]
    better: int  # figures in a better colour than the week before
    worse: int

    @property
    def ends_on(self) -> date:
        return self.point.ends_on

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.point.ends_on, 7))

    @property
    def band(self) -> Band:
        return self.point.band

    @property
    def word(self) -> Text:
        return words.band_word(SCORE, self.point.band) if self.point.value is not None else _("No score")

    @property
    def change(self) -> Change | None:
        return change(self.before, self.point)

    @property
    def state(self) -> str:
        """What was published for it when, and why its score is kept, where it is."""
        found = []
        if self.point.revision:
            found.append(
                ngettext("%(count)d revision since", "%(count)d revisions since", self.point.revision)
                % {"count": self.point.revision}
            )
        if kept := words.kept_sentence(self.point):
            found.append(kept)
        return sentences(found)


@dataclass(frozen=True)
class WeeksPage:
    """The reports of one account, newest first."""

    account: SellerAccount
    page: Page
    weeks: list[WeekLine]

    @property
    def place(self) -> str:
        return words.place(self.account)


def weeks_page(account: SellerAccount, number: str) -> WeeksPage:
    """One page of the account's weeks; its queries do not grow with them."""
    page = Paginator(published_weeks([account]), A_PAGE).get_page(number)
    ends = list(page)
    found = trends([account], JUDGED, A_PAGE + 1, until=ends[0]) if ends else {}
    by_day: dict[date, dict[str, TrendPoint]] = {}
    for (_account_id, slug), points in found.items():
        for point in points:
            by_day.setdefault(point.ends_on, {})[slug] = point
    lines = []
    for end in ends:
        if SCORE.slug in by_day.get(end, {}):
            lines.append(_line(by_day[end], by_day.get(end - WEEK, {})))
    return WeeksPage(account, page, lines)


def _line(now: dict[str, TrendPoint], before: dict[str, TrendPoint]) -> WeekLine:
    ranks = [
        (WORST_FIRST.index(point.band), WORST_FIRST.index(before[slug].band))
        for slug, point in now.items()
        if slug in before and Band.NONE not in (point.band, before[slug].band)
    ]
    return WeekLine(
        point=now[SCORE.slug],
        before=before.get(SCORE.slug),
        counts=[
            (band, words.COLOURS[band], sum(point.band is band for point in now.values()))
            for band in (Band.RED, Band.YELLOW, Band.GREEN)
        ],
        better=sum(mine > other for mine, other in ranks),
        worse=sum(mine < other for mine, other in ranks),
    )
