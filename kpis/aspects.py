"""The eight aspects of customer service: which figures speak for each, and how its verdict follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from kpis.attention import gravest_first
from kpis.catalogue import METRICS
from kpis.changes import Goodness, change
from kpis.metrics import Score, Text
from kpis.readings import Reading, readings
from kpis.targets import Band
from kpis.trends import TrendPoint, trends
from sellers.days import week_end_on_or_before
from sellers.models import Note, SellerAccount

NOTED = timedelta(days=180)  # so long a note speaks for an aspect
COMPARED = timedelta(days=28)  # with so long ago: most windows then share few rows or none
WEEKS = 12


class Ground(StrEnum):
    """What a verdict rests on."""

    FIGURES = "figures"  # the worst colour of the figures that have one
    CHANGE = "change"  # whether more figures got clearly better or clearly worse
    NOTHING = "nothing"  # no figure has a colour


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """One side of customer service. `metrics` are slugs of the catalogue, the most telling first."""

    slug: str
    title: Text
    asks: Text  # the question it answers
    metrics: tuple[str, ...]
    advice: Text  # what to do first where it is not well
    by_change: bool = False  # judged by where its figures go, not by where they stand
    noted: tuple[Note.Kind, ...] = ()  # notes in which people say what no figure can
    to_note: Text = ""  # what to write down, where nobody has


ASPECTS = (
    Aspect(
        slug="response_time",
        title=_("Response time"),
        asks=_("Does every buyer hear from a person soon?"),
        metrics=(
            "late_response_rate",
            "within_24h_rate",
            "within_target_rate",
            "first_response_time",
            "average_response_time",
            "missed_message_rate",
            "first_response_business_time",
            "return_late_response_rate",
        ),
        advice=_("Answer whoever waits longest first, and look at which hours and topics the late replies come from."),
    ),
    Aspect(
        slug="resolution",
        title=_("Resolution"),
        asks=_("Are questions settled, quickly and for good?"),
        metrics=(
            "resolution_rate",
            "full_resolution_time",
            "first_resolution_time",
            "return_dissatisfaction_rate",
            "conversations_resolved",
            "refund_rate",
        ),
        advice=_("Read the cases that stayed open or went wrong, and settle their most frequent cause."),
    ),
    Aspect(
        slug="satisfaction",
        title=_("Satisfaction"),
        asks=_("What do buyers say about it?"),
        metrics=(
            "customer_service_score",
            "dissatisfaction_rate",
            "csat",
            "feedback_rating",
            "negative_feedback_rate",
            "survey_answer_rate",
        ),
        advice=_("Read the newest answers that say “not solved”, and write to these buyers once more."),
    ),
    Aspect(
        slug="channels",
        title=_("Channels"),
        asks=_("Can buyers reach the shop where they are?"),
        metrics=("channel_diversity", "within_target_rate", "conversations_by_channel", "contact_response_time"),
        advice=_("Look at which channel keeps its target least often, and staff that one first."),
    ),
    Aspect(
        slug="accuracy",
        title=_("Accuracy"),
        asks=_("Is what was promised and answered right the first time?"),
        metrics=(
            "order_defect_rate",
            "perfect_order_percentage",
            "late_shipment_rate",
            "cancellation_rate",
            "valid_tracking_rate",
            "on_time_delivery_rate",
            "invoice_defect_rate",
            "return_invalid_rejection_rate",
            "reopen_rate",
        ),
        advice=_("Open the orders behind the worst figure, and find out what they have in common."),
    ),
    Aspect(
        slug="improvement",
        title=_("Improvement"),
        asks=_("Is it getting better?"),
        metrics=(
            "customer_service_score",
            "dissatisfaction_rate",
            "late_response_rate",
            "within_target_rate",
            "average_response_time",
            "order_defect_rate",
            "perfect_order_percentage",
            "late_shipment_rate",
            "return_dissatisfaction_rate",
            "feedback_rating",
        ),
        advice=_("Agree on one measure for the figure that fell, note its first day, and compare in four weeks."),
        by_change=True,
        noted=(Note.Kind.MEASURE,),
    ),
    Aspect(
        slug="teamwork",
        title=_("Teamwork"),
        asks=_("Do cases pass from hand to hand without loss?"),
        metrics=("handovers_per_conversation", "handover_time", "buyer_waiting_time"),
        advice=_("Look at the cases with the longest hand-overs, and say who keeps a case until it is settled."),
        noted=(Note.Kind.MEETING,),
        to_note=_("Note the meetings in which cases are talked over: the newest ones stand here."),
    ),
    Aspect(
        slug="tools",
        title=_("Use of tools"),
        asks=_("Do templates, rules and training save buyers' time?"),
        metrics=("first_response_any_time", "one_touch_rate", "resolution_events"),
        advice=_("Look at which questions come up most often, and write a template for the first of them."),
        noted=(Note.Kind.TRAINING, Note.Kind.MEASURE),
        to_note=_("Note trainings and new templates with their day: the newest ones stand here."),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """An aspect of one account on a day: its figures, its colour and what the colour rests on."""

    aspect: Aspect
    readings: Sequence[Reading]
    band: Band
    ground: Ground
    better: Sequence[Reading] = field(default_factory=tuple)  # of an aspect judged by change
    worse: Sequence[Reading] = field(default_factory=tuple)
    notes: Sequence[Note] = field(default_factory=tuple)  # of the last half year, the newest first

    @property
    def known(self) -> list[Reading]:
        """The figures that there are."""
        return [reading for reading in self.readings if reading.value is not None]

    @property
    def judged(self) -> list[Reading]:
        """Those with a colour, the worst first."""
        return gravest_first(reading for reading in self.readings if reading.band is not Band.NONE)


@dataclass(frozen=True)
class Assessment:
    """All aspects of an account on a day, and the published weeks of their figures by slug, oldest first."""

    aspects: Sequence[Assessed]
    points: Mapping[str, Sequence[TrendPoint]]
    compared: Mapping[str, Sequence[TrendPoint]]  # only the weeks that change is measured from: four weeks and older


def assess(account: SellerAccount, on: date) -> Assessment:
    """How an account stands in each aspect on a report day, in a constant number of queries."""
    metrics = [METRICS[slug] for slug in dict.fromkeys(slug for aspect in ASPECTS for slug in aspect.metrics)]
    found = {reading.metric.slug: reading for reading in readings(account, on, metrics)}
    weeks = trends([account], metrics, WEEKS, until=on)
    points = {slug: weeks[account.id, slug] for slug in found}
    compared = {slug: _old_enough(found[slug], points[slug], on) for slug in found}
    changes = {slug: change(old[-1], found[slug]) for slug, old in compared.items() if old}
    gone = {slug: moved.goodness for slug, moved in changes.items() if moved is not None}
    notes = list(account.notes.between(on - NOTED, on))
    aspects = [
        replace(assessed(aspect, found, gone), notes=[note for note in notes if note.kind in aspect.noted])
        for aspect in ASPECTS
    ]
    return Assessment(aspects, points, compared)


def _old_enough(reading: Reading, points: Sequence[TrendPoint], on: date) -> list[TrendPoint]:
    """The published weeks that ended four weeks before the reading or earlier."""
    is_weekly = isinstance(reading.metric, Score)
    read_on = week_end_on_or_before(on, reading.account.week_start) if is_weekly else on
    return [point for point in points if point.ends_on <= read_on - COMPARED]


def assessed(aspect: Aspect, readings: Mapping[str, Reading], changes: Mapping[str, Goodness]) -> Assessed:
    """The verdict on one aspect, from the account's readings by slug and which way each of them has gone.

    An aspect has the worst colour of its figures. One that is judged by change is green where more figures got clearly
    better than clearly worse, red where more got worse, yellow where as many did both, and colourless where none moved
    more than by chance.
    """
    mine = [readings[slug] for slug in aspect.metrics]
    if not aspect.by_change:
        judged = gravest_first(reading for reading in mine if reading.band is not Band.NONE)
        band = judged[0].band if judged else Band.NONE
        ground = Ground.FIGURES if judged else Ground.NOTHING
        return Assessed(aspect=aspect, readings=mine, band=band, ground=ground)
    gone = {
        goodness: [reading for reading in mine if changes.get(reading.metric.slug) is goodness] for goodness in Goodness
    }
    better, worse = gone[Goodness.GOOD], gravest_first(gone[Goodness.BAD])
    return Assessed(
        aspect=aspect,
        readings=mine,
        band=_by_change(len(better), len(worse)),
        ground=Ground.CHANGE if changes else Ground.NOTHING,
        better=better,
        worse=worse,
    )


def _by_change(better: int, worse: int) -> Band:
    if better == worse:
        return Band.YELLOW if better else Band.NONE
    return Band.GREEN if better > worse else Band.RED
