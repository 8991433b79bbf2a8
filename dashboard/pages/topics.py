"""The page of topics: what late turns and unsolved answers were about, each leading to its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from dashboard import words
from dashboard.addresses import Subjects
from dashboard.pages.account import Day
from kpis.catalogue.people import REPLY
from kpis.changes import shown
from kpis.metrics import Side, Text
from kpis.readings import Reading
from kpis.targets import Band
from kpis.topics import Pull, Pulls, topics
from kpis.units import NO_VALUE, Unit, cut, display
from sellers.models import SellerAccount

BARS = 10
SHOWN = 50  # topics on the page; the file has them all


@dataclass(frozen=True)
class Bar:
    """One topic in a ranked list: its bad rows as a bar beside the longest one."""

    name: str
    count: int
    share: str
    length: int  # of 100
    gain: str
    href: str


@dataclass(frozen=True)
class Ranking:
    """The topics that add most to one kind of trouble."""

    title: Text
    reading: Reading
    finding: str
    bars: Sequence[Bar]
    more: int  # topics behind the last bar
    bad: int
    href: str

    @property
    def span(self) -> str:
        return words.span(self.reading.window)


@dataclass(frozen=True)
class Row:
    """One topic with all its figures."""

    name: str
    turns: int
    late: int
    late_share: str
    within: str
    band: Band
    word: Text
    without: str
    median: str
    late_href: str
    answers: int
    unsolved: int
    unsolved_share: str
    score: str
    score_without: str
    unsolved_href: str


@dataclass(frozen=True)
class TopicsPage:
    """Everything the page shows."""

    account: SellerAccount
    day: Day
    by: str
    rankings: Sequence[Ranking]
    rows: Sequence[Row]
    further: int  # topics in the file only
    has_answers: bool
    untagged: int  # turns without a topic
    turns: int

    @property
    def choices(self) -> list[tuple[str, Text]]:
        return Subjects.base_fields["by"].choices  # type: ignore[attr-defined, no-any-return]  # a field of choices

    @property
    def title(self) -> Text:
        return dict(self.choices)[self.by]


def topics_page(account: SellerAccount, day: Day, by: str) -> TopicsPage:
    """What an account's late turns and unsolved answers were about; in a constant number of queries."""
    found = topics(account, day.on, by)
    links = _Links(account, day, by)
    late, unsolved = found.late, found.unsolved
    rankings = [_ranking(_("What late turns were about"), late, links)]
    if unsolved is not None:
        rankings.append(_ranking(_("What unsolved answers were about"), unsolved, links))
    names = {pull.value: _name(pull, by) for one in (late, unsolved) if one is not None for pull in one.pulls}
    ranked = sorted(names.items(), key=lambda item: _rank(item[0], late, unsolved))
    rows = [_row(name, late, unsolved, value, found.medians.get(value), links) for value, name in ranked[:SHOWN]]
    nameless = late.of("")
    return TopicsPage(
        account=account,
        day=day,
        by=by,
        rankings=rankings,
        rows=rows,
        further=len(ranked) - len(rows),
        has_answers=unsolved is not None,
        untagged=nameless.n if nameless is not None and by == "topic" else 0,
        turns=late.reading.n,
    )


@dataclass(frozen=True)
class _Links:
    account: SellerAccount
    day: Day
    by: str

    def rows(self, reading: Reading, value: str | None = None) -> str:
        """The bad rows of one topic on the metric's own page."""
        given = {"on": self.day.on.isoformat()} if self.day.on != self.day.newest else {}
        only = {} if value is None else {"value": value}
        address = urlencode({**given, "by": self.by, **only, "part": Side.AGAINST.value})
        return f"{reverse('metric', args=[self.account.key, reading.metric.slug])}?{address}#rows"


def _ranking(title: str, found: Pulls, links: _Links) -> Ranking:
    bad = [pull for pull in found.pulls if pull.bad]
    longest = max((pull.bad for pull in bad), default=1)
    bars = [
        Bar(
            name=_name(pull, links.by),
            count=pull.bad,
            share=_share(pull.share),
            length=round(100 * pull.bad / longest),
            gain=_gain(found.reading, pull),
            href=links.rows(found.reading, pull.value),
        )
        for pull in bad[:BARS]
    ]
    return Ranking(
        title,
        found.reading,
        _finding(found, links.by),
        bars,
        len(bad) - len(bars),
        found.bad,
        links.rows(found.reading),
    )


def _finding(found: Pulls, by: str) -> str:
    """The topic with which most could be won, in a sentence; nothing where none stands out."""
    pulling = [pull for pull in found.pulls if pull.gain is not None and pull.gain > 0 and pull.value]
    if not pulling:
        return ""
    worst = max(pulling, key=lambda pull: (pull.gain or 0, pull.value))
    unit = found.reading.metric.unit
    words_ = {
        "name": _name(worst, by),
        "bad": number_format(worst.bad),
        "all": number_format(found.bad),
        "metric": found.reading.metric.title,
        "without": display(worst.without, unit),
        "now": display(_whole(found), unit),
    }
    return (
        _("“%(name)s” makes %(bad)s of %(all)s. If it were like the rest: %(metric)s %(without)s instead of %(now)s.")
        % words_
    )


def _whole(found: Pulls) -> Fraction | None:
    metric = found.reading.metric
    n, hits = sum(pull.n for pull in found.pulls), sum(pull.slice.hits for pull in found.pulls)
    return metric.value(hits, n)  # type: ignore[attr-defined, no-any-return]  # only shares have pulls


def _gain(reading: Reading, pull: Pull) -> str:
    """How far the figure would move, as the distance between the two figures shown."""
    if pull.gain is None or pull.without is None:
        return ""
    unit = reading.metric.unit
    moved = shown(unit, pull.without) - shown(unit, pull.without - pull.gain)
    sign = "+" if moved > 0 else "−" if moved < 0 else "±"
    distance = number_format(cut(abs(moved), unit.digits), use_l10n=True)
    return _("%(sign)s%(points)s pts") % {"sign": sign, "points": distance}


def _name(pull: Pull, by: str) -> str:
    if pull.value:
        return pull.label
    return _("No topic") if by == "topic" else _("Unknown")


def _share(share: Fraction | None) -> str:
    return display(share, Unit.RATE)


def _rank(value: str, late: Pulls, unsolved: Pulls | None) -> tuple[int, int, str]:
    mine, other = late.of(value), unsolved.of(value) if unsolved else None
    return -(mine.bad if mine else 0), -(other.bad if other else 0), value


def _row(name: str, late: Pulls, unsolved: Pulls | None, value: str, median: Fraction | None, links: _Links) -> Row:
    mine, other = late.of(value), unsolved.of(value) if unsolved else None
    band = mine.slice.band if mine else Band.NONE
    return Row(
        name=name,
        turns=mine.n if mine else 0,
        late=mine.bad if mine else 0,
        late_share=_share(mine.share) if mine else NO_VALUE,
        within=mine.slice.display if mine else NO_VALUE,
        band=band,
        word=words.COLOURS[band],
        without=_gain(late.reading, mine) if mine else NO_VALUE,
        median=display(median, REPLY.unit),
        late_href=links.rows(late.reading, value),
        answers=other.n if other else 0,
        unsolved=other.bad if other else 0,
        unsolved_share=_share(other.share) if other else NO_VALUE,
        score=other.slice.display if other else NO_VALUE,
        score_without=_gain(unsolved.reading, other) if unsolved and other else NO_VALUE,
        unsolved_href=links.rows(unsolved.reading, value) if unsolved else "",
    )
