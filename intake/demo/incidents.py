"""What went wrong on purpose: the planted incidents, and how an account behaves on a given day because of them.

docs/demo-data.md is the answer key. Every incident is dated in whole weeks before the Monday of the current week, so
that trends by week show it cleanly, whatever day the data is made for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from intake.demo.accounts import MONDAY, PROFILES, SATURDAY, SUNDAY, Profile
from intake.demo.chance import along

HISTORY_DAYS = 400  # thirteen months: a year of weeks, and windows of a year


@dataclass(frozen=True, slots=True)
class Conduct:
    """How an account behaves on one day; the shares are those of `Profile` at that moment."""

    answer_share: float
    solved_share: float
    late_share: float
    silent_share: float
    reply_seconds: float
    late_shipment_share: float
    late_shipment_hours: float
    late_delivery_share: float
    tracking_fault_share: float
    seller_cancel_share: float
    return_share: float
    return_fault_share: float
    invoice_fault_share: float
    health_points: float
    bounce_share: float
    negative_share: float
    claim_share: float
    chargeback_share: float
    cancel_reason: str = ""  # the seller's, for all; else any
    bad_sku: bool = False  # the first product on the list comes from the bad batch
    wrong_template: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """One planted incident: `days` local days from the Monday `weeks_ago` weeks before this week's."""

    slug: str
    account: str
    title: str
    weeks_ago: int
    days: int
    metrics: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)  # of `Conduct`, on its days
    closed: frozenset[int] = frozenset()  # weekdays of its days on which nobody answers
    bot_answers: bool = False  # on closed days a bot does
    silent_system: str = ""  # nothing comes in from there any more
    first_weekday: int = MONDAY

    def first_day(self, today: date) -> date:
        return this_monday(today) - timedelta(weeks=self.weeks_ago) + timedelta(days=self.first_weekday)

    def last_day(self, today: date) -> date:
        return self.first_day(today) + timedelta(days=self.days - 1)

    def covers(self, day: date, today: date) -> bool:
        return self.first_day(today) <= day <= self.last_day(today)


def this_monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


INCIDENTS = (
    Incident(
        slug="new-team",
        account="demo-us",
        title="Replies go to a new outside team that answers late and solves little",
        weeks_ago=9,
        days=10 * 7,  # to this day
        metrics=("customer_service_score", "dissatisfaction_rate", "late_response_rate"),
        changes={"solved_share": 0.53, "late_share": 0.11, "reply_seconds": 4.5 * 3600},
    ),
    Incident(
        slug="bad-batch",
        account="demo-us-2",
        title="A bad batch of one product: low ratings and A-to-z claims",
        weeks_ago=9,
        days=3 * 7,
        metrics=("order_defect_rate", "feedback_rating", "policy_violations"),
        changes={"bad_sku": True},
    ),
    Incident(
        slug="carrier-strike",
        account="demo-de",
        title="A strike at the carrier: shipments are confirmed days late",
        weeks_ago=3,
        days=10,
        metrics=("late_shipment_rate", "on_time_delivery_rate"),
        changes={"late_shipment_share": 0.45, "late_shipment_hours": 40.0, "late_delivery_share": 0.3},
    ),
    Incident(
        slug="stock-cancelled",
        account="demo-jp",
        title="Stock that was not there: the seller cancels a week's orders",
        weeks_ago=1,
        days=7,
        metrics=("cancellation_rate",),
        changes={"seller_cancel_share": 0.16, "cancel_reason": "out_of_stock"},
    ),
    Incident(
        slug="sunday-gap",
        account="demo-uk",
        title="Nobody answers on Sundays",
        weeks_ago=8,
        days=8 * 7,
        metrics=("late_response_rate", "within_24h_rate"),
        closed=frozenset({SUNDAY}),
    ),
    Incident(
        slug="wrong-template",
        account="demo-ca",
        title="A wrong reply template: buyers are sent to the returns page whatever they ask",
        weeks_ago=4,
        days=3 * 7,
        metrics=("customer_service_score", "dissatisfaction_rate"),
        changes={"solved_share": 0.42, "wrong_template": True},
    ),
    Incident(
        slug="lost-survey",
        account="demo-fr",
        title="The survey is lost from most replies: fewer than 40 answers, the last score is carried",
        weeks_ago=9,
        days=10 * 7,  # to this day
        metrics=("customer_service_score",),
        changes={"answer_share": 0.07},
    ),
    Incident(
        slug="returns-left",
        account="demo-fr",
        title="Nobody looks after returns: requests are answered after 48 hours, or turned down against the policy",
        weeks_ago=7,
        days=8 * 7,  # to this day
        metrics=("return_dissatisfaction_rate",),
        changes={"return_fault_share": 0.4},
    ),
    Incident(
        slug="silent-line",
        account="demo-shop",
        title="The connection to LINE is lost: nothing comes in from there any more",
        weeks_ago=5,
        days=6 * 7,  # to this day
        metrics=("channel_diversity", "conversations_by_channel"),
        silent_system="line",
    ),
    Incident(
        slug="bot-weekend",
        account="demo-shopify",
        title="For one weekend the bot is the only one who answers",
        weeks_ago=2,
        days=2,
        first_weekday=SATURDAY,
        metrics=("late_response_rate", "within_24h_rate"),
        changes={"silent_share": 0.3},
        closed=frozenset({SATURDAY, SUNDAY}),
        bot_answers=True,
    ),
)


def conduct(profile: Profile, day: date, today: date) -> Conduct:
    """How this account behaves on this day: its curves, a slow wave, and the incidents that cover the day."""
    progress = 1 - (today - day).days / HISTORY_DAYS
    number = PROFILES.index(profile)
    wave = math.sin(2 * math.pi * (day.toordinal() / (63 + 7 * (number % 4)) + number / 5))  # nine to twelve weeks
    usual = Conduct(
        answer_share=along(profile.answer_share, progress),
        solved_share=along(profile.solved_share, progress) + 0.035 * wave,
        late_share=along(profile.late_share, progress) * (1 + 0.1 * wave),
        silent_share=along(profile.silent_share, progress),
        reply_seconds=along(profile.reply_hours, progress) * 3600 * (1 + 0.15 * wave),
        late_shipment_share=along(profile.late_shipment_share, progress),
        late_shipment_hours=14.0,
        late_delivery_share=along(profile.late_delivery_share, progress),
        tracking_fault_share=along(profile.tracking_fault_share, progress),
        seller_cancel_share=along(profile.seller_cancel_share, progress),
        return_share=along(profile.return_share, progress),
        return_fault_share=along(profile.return_fault_share, progress),
        invoice_fault_share=along(profile.invoice_fault_share, progress),
        health_points=along(profile.health_points, progress),
        bounce_share=along(profile.bounce_share, progress) + 0.02 * wave,
        negative_share=along(profile.negative_share, progress),
        claim_share=along(profile.claim_share, progress),
        chargeback_share=along(profile.chargeback_share, progress),
    )
    for incident in INCIDENTS:
        if incident.account == profile.key and incident.covers(day, today):
            usual = replace(usual, **incident.changes)
    return usual


def closed_days(profile: Profile, today: date, *, bot_answers: bool = False) -> frozenset[date]:
    """The days on which nobody of this account answers; with `bot_answers` only those on which a bot does."""
    return frozenset(
        day
        for incident in INCIDENTS
        if incident.account == profile.key and (incident.bot_answers or not bot_answers)
        for day in (incident.first_day(today) + timedelta(days=number) for number in range(incident.days))
        if day.weekday() in incident.closed
    )


def silences(profile: Profile, today: date) -> dict[str, datetime]:
    """When each system was last heard that has fallen silent: at noon UTC of the day before."""
    return {
        incident.silent_system: datetime.combine(incident.first_day(today) - timedelta(days=1), time(12), tzinfo=UTC)
        for incident in INCIDENTS
        if incident.account == profile.key and incident.silent_system
    }


def season(day: date) -> float:
    """How busy a day is beside an ordinary one: twice in November and December, more in July's week of deals."""
    if day.month in (11, 12):
        return 2.0
    return 1.8 if day.month == 7 and 8 <= day.day <= 14 else 1.0
