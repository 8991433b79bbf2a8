"""The fleet page: every account a person may see, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.access import named_like
from dashboard.cards import Card, card
from dashboard.forms import FleetFilter
from dashboard.silence import Silence, silences
from kpis.attention import pressing
from kpis.catalogue import defects, order_health, response, satisfaction
from kpis.fleet import WORST_FIRST, Together, together, worst_first
from kpis.metrics import Metric, Text
from kpis.readings import Reading, State, fleet_readings
from kpis.targets import Band
from kpis.trends import trends
from kpis.waiting import Waiting, waiting
from sellers.days import last_complete_day, local_day
from sellers.models import Platform, SellerAccount

PER_PAGE = 50
WEEKS = 12
FIRST_LOOKS = 3
SCORE = satisfaction.customer_service_score
WITHIN = response.within_24h_rate
FIRST_REPLY = response.first_response_time
COLUMNS = (
    WITHIN,
    FIRST_REPLY,
    satisfaction.dissatisfaction_rate,
    defects.order_defect_rate,
    order_health.late_shipment_rate,
)


@dataclass(frozen=True)
class Row:
    """An account on the fleet page: its score with 12 weeks, its figures of yesterday, who waits now."""

    account: SellerAccount
    score: Card
    cells: list[Card]
    waiting: Waiting

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def figures(self) -> list[tuple[Card, Text, str]]:
        """The cells with their titles and what they show."""
        return [(cell, _title(cell.metric), _shown(cell)) for cell in self.cells]

    @property
    def is_red(self) -> bool:
        return any(card.reading.band is Band.RED for card in (self.score, *self.cells))

    @property
    def no_score(self) -> str:
        """Why there is no score, in a word or two."""
        return _("No score yet") if self.score.reading.n else _("No score")

    @property
    def note(self) -> str:
        """What a reader should know about this score, in a few words."""
        reading = self.score.reading
        answers = {"n": reading.n, "minimum": reading.metric.rule.minimum}
        if reading.state is State.CARRIED:
            return _("%(n)d of %(minimum)d answers, last score kept") % {**answers, "n": reading.counted_now or 0}
        if reading.state is State.TOO_FEW:
            return _("%(n)d of %(minimum)d answers") % answers
        if reading.state is State.NO_DATA:
            return str(reading.metric.fact.needs)
        return ""


@dataclass(frozen=True)
class Part:
    """A part of the ribbon: how many accounts have this colour, and the address that shows only them."""

    band: Band
    count: int
    href: str
    legend: Text

    @property
    def label(self) -> str:
        return ngettext("account: %(legend)s", "accounts: %(legend)s", self.count) % {"legend": self.legend}


@dataclass(frozen=True)
class Fleet:
    """Everything the fleet page shows."""

    filter: FleetFilter
    known: int  # accounts this person may see
    named: int  # those that the search and the platform leave
    ribbon: list[Part]
    page: Page
    rows: list[Row]
    waiting: Waiting
    within: Together
    attention: int  # accounts on this page of the list with a red figure
    first_looks: list[Card]
    silences: list[Silence]  # of the accounts on this page of the list
    platforms: list[tuple[str, Text]]
    score = SCORE

    @property
    def columns(self) -> list[tuple[Metric, Text, Text]]:
        """The heading of each figure: its metric, in short, and in full."""
        return [(metric, metric.short or metric.title, _title(metric)) for metric in COLUMNS]

    @property
    def hidden(self) -> int:
        return self.known - self.page.paginator.count

    @property
    def query(self) -> str:
        return str(self.filter.value("q"))

    @property
    def platform(self) -> str:
        return str(self.filter.value("platform"))

    @property
    def band(self) -> str:
        return str(self.filter.value("band"))

    @property
    def is_filtered(self) -> bool:
        return bool(self.query or self.platform or self.band)

    @property
    def within_word(self) -> Text:
        return words.band_word(WITHIN, self.within.band)


def fleet_page(accounts: Sequence[SellerAccount], address: FleetFilter, page: str, now: datetime) -> Fleet:
    """The accounts that match the address, one page of them with all figures. Its queries do not grow with them."""
    platform = address.value("platform")
    named = named_like([one for one in accounts if not platform or one.platform == platform], address.value("q"))
    on = {account.id: last_complete_day(now, account.zone) for account in named}
    found = fleet_readings(named, on, (SCORE, WITHIN))
    ranked = worst_first(score for score, _within in found.values())
    band = address.value("band")
    shown = [score for score in ranked if not band or score.band == band]
    queue = waiting(named, max((local_day(now, account.zone) for account in named), default=now.date()))
    numbered = Paginator(shown, PER_PAGE).get_page(page)
    rows = _rows(list(numbered), on, queue)
    return Fleet(
        filter=address,
        known=len(accounts),
        named=len(named),
        ribbon=_ribbon(ranked, address),
        page=numbered,
        rows=rows,
        waiting=sum((queue[score.account.id] for score in shown), Waiting()),
        within=together(WITHIN, (found[score.account.id][1] for score in shown)),
        attention=sum(row.is_red for row in rows),
        first_looks=_first_looks(rows, on),
        silences=silences([row.account for row in rows], on),
        platforms=[choice for choice in Platform.choices if any(account.platform == choice[0] for account in accounts)],
    )


def _title(metric: Metric) -> Text:
    return _("Median first reply") if metric is FIRST_REPLY else metric.title


def _shown(cell: Card) -> str:
    """Of first replies the median, because one forgotten message can rule a mean."""
    return cell.median if cell.metric is FIRST_REPLY else cell.reading.display


def _first_looks(rows: list[Row], on: dict[int, date]) -> list[Card]:
    """The most pressing figures on this page."""
    figures = [entry.reading for row in rows for entry in (row.score, *row.cells)]
    return [card(reading, [], on[reading.account.id]) for reading in pressing(figures, FIRST_LOOKS)]


def _ribbon(ranked: list[Reading], address: FleetFilter) -> list[Part]:
    """The four colours with their counts; choosing the chosen one again takes the filter away."""
    legends = words.zone_words(SCORE, SCORE.rule.target) if SCORE.rule.target else {}
    parts = []
    for band in WORST_FIRST:
        chosen = address.value("band") == band
        query = {"q": address.value("q"), "platform": address.value("platform"), "band": "" if chosen else band.value}
        given = urlencode({name: value for name, value in query.items() if value})
        count = sum(score.band is band for score in ranked)
        parts.append(Part(band, count, f"?{given}" if given else "?", legends.get(band, _("No score"))))
    return parts


def _rows(scores: list[Reading], on: dict[int, date], queue: dict[int, Waiting]) -> list[Row]:
    accounts = [score.account for score in scores]
    found = fleet_readings(accounts, on, COLUMNS)
    points = trends(accounts, [SCORE], WEEKS)
    return [
        Row(
            score.account,
            card(score, points[score.account.id, SCORE.slug], on[score.account.id]),
            [card(reading, [], on[score.account.id]) for reading in found[score.account.id]],
            queue[score.account.id],
        )
        for score in scores
    ]
