"""The report of a week: what it tells, its figures as published, every revision, and the rows that moved it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Max, Min
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import words
from dashboard.cards import Card, card, cards
from dashboard.known import Known, known_on
from dashboard.pages.account import Day, grouped
from dashboard.pages.notes import Noted, noted
from dashboard.pages.row_table import RowTable, row_table
from dashboard.weekly import Told
from kpis.catalogue import METRICS
from kpis.changes import Change
from kpis.metrics import Metric, Text, Window
from kpis.models import WeekReport
from kpis.published import Revision, changed_rows, published_in, revisions
from kpis.readings import Reading
from kpis.trends import TrendPoint
from kpis.weekly import Beside, week_of
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Figure:
    """A published figure, with what it said before a revision moved it."""

    card: Card
    was: Card | None
    inside: bool  # a part or variant, set in below its metric
    before: str  # in the week before
    change: Change | None


@dataclass(frozen=True)
class Movement:
    """One figure that a revision moved, both with their words, and the address of the rows that moved it."""

    metric: Metric
    before: Card | None
    after: Card
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class Issue:
    """A revision of the report as the page lists it."""

    account: SellerAccount
    report: WeekReport
    movements: list[Movement]

    @property
    def title(self) -> str:
        if not self.report.revision:
            return _("First published")
        return _("Revision %(number)d") % {"number": self.report.revision}

    @property
    def moment(self) -> str:
        return words.moment(self.report.published_at, self.account.zone)

    @property
    def reason(self) -> Text:
        return WeekReport.Reason(self.report.reason).label

    def _document(self, form: str) -> str:
        address = reverse("api_week", args=[self.account.key, self.report.ends_on])
        return f"{address}?{urlencode({'format': form, 'known_on': self.report.published_at.isoformat()})}"

    @property
    def json(self) -> str:
        """The document as it was issued, for programs."""
        return self._document("json")

    @property
    def csv(self) -> str:
        return self._document("csv")


@dataclass(frozen=True)
class Changed:
    """The rows that moved one figure, as they stand now."""

    metric: Metric
    revision: int
    gone: int  # rows that are there no more
    table: RowTable


@dataclass(frozen=True)
class WeekPage:
    """Everything the page of a week shows. Without issues nothing had been published by the day asked for."""

    account: SellerAccount
    ends_on: date
    day: Day
    known: Known | None  # where figures are shown as they were known on a day
    told: Told | None  # the week beside the one before it, in words
    issues: list[Issue]  # the newest first: its figures are shown
    groups: list[tuple[Text, list[Figure], list[Text]]]  # title, figures, and metrics without one
    changed: Changed | None
    earlier: date | None
    later: date | None
    notes: list[Noted]  # of the days of the week

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.ends_on, 7))


def week_page(account: SellerAccount, ends_on: date, day: Day, address: Mapping[str, str]) -> WeekPage:
    """A week of an account as it is published, or was, in constant queries. Raises Http404 for one that never was."""
    found = revisions(account, ends_on)
    if not found:
        raise Http404
    known = None if day.known is None else known_on(account, ends_on, day.known)
    if day.known is not None:
        is_known = known is not None and known.ends_on == ends_on
        found = [one for one in found if known is not None and is_known and one.report.published_at <= known.at]
    around = WeekReport.objects.filter(account=account)
    week = week_of(account, ends_on, known.at if known else None) if found else None
    beside = {one.metric.slug: one for one in week.figures} if week else {}
    return WeekPage(
        account=account,
        ends_on=ends_on,
        day=day,
        known=known if found else None,
        told=None if week is None else Told(week),
        issues=[_issue(account, one, address, day) for one in reversed(found)],
        groups=_groups(account, ends_on, found, beside) if found else [],
        changed=_changed(found, address),
        earlier=around.filter(ends_on__lt=ends_on).aggregate(day=Max("ends_on"))["day"],
        later=around.filter(ends_on__gt=ends_on).aggregate(day=Min("ends_on"))["day"],
        notes=noted(account, account.notes.between(ends_on - timedelta(days=6), ends_on)),
    )


def _groups(
    account: SellerAccount, ends_on: date, found: Sequence[Revision], beside: Mapping[str, Beside]
) -> list[tuple[Text, list[Figure], list[Text]]]:
    """The figures of the newest of these revisions, grouped as on the account's page."""
    before = {
        one.metric.slug: one.before
        for revision in found
        for one in revision.moved
        if one.before is not None and (one.before.value, one.before.band) != (one.after.value, one.after.band)
    }
    points: dict[tuple[int, str], list[TrendPoint]] = defaultdict(list)
    entries = cards(published_in(account, found[-1].report), points, ends_on)
    return [
        (
            group.title,
            [_figure(one, one is not entry, before, beside, ends_on) for entry in group.cards for one in entry.family],
            [entry.metric.title for entry in (*group.empty, *(each for _needs, new in group.missing for each in new))],
        )
        for group in grouped(entries)
    ]


def _figure(
    entry: Card, inside: bool, moved: Mapping[str, Reading], beside: Mapping[str, Beside], ends_on: date
) -> Figure:
    was, week = moved.get(entry.metric.slug), beside.get(entry.metric.slug)
    return Figure(
        card=entry,
        was=None if was is None else card(was, [], ends_on),
        inside=inside,
        before="" if week is None or week.before is None else words.figure(week.before),
        change=None if week is None else week.change,
    )


def _issue(account: SellerAccount, revision: Revision, address: Mapping[str, str], day: Day) -> Issue:
    report = revision.report
    movements = []
    for one in revision.moved:
        asked = {"revision": str(report.revision), "metric": one.metric.slug}
        movements.append(
            Movement(
                metric=one.metric,
                before=None if one.before is None else card(one.before, [], report.ends_on),
                after=card(one.after, [], report.ends_on),
                href=f"?{urlencode(asked | day.knowing)}#rows",
                is_chosen=all(address.get(name) == value for name, value in asked.items()),
            )
        )
    return Issue(account, report, movements)


def _changed(found: Sequence[Revision], address: Mapping[str, str]) -> Changed | None:
    """The rows behind one movement, where the address names one."""
    metric = METRICS.get(address.get("metric", ""))
    for revision in found:
        named = address.get("revision") == str(revision.report.revision)
        if metric is not None and named and any(one.metric is metric for one in revision.moved):
            rows = changed_rows(revision.report, metric)
            table = row_table(rows.rowset, rows.rowset.count, address)
            return Changed(metric, revision.report.revision, rows.gone, table)
    return None
