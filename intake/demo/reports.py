"""What reports say beside the rows: a week's sales and bounce rate, the platform's own figures, policy violations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from intake.demo.incidents import this_monday
from intake.demo.scene import DAY_SECONDS, HOUR, Scene, stamp

Record = dict[str, Any]

RECENT_WEEKS = 12  # for so long the platform's own rates are kept beside ours
HEALTHY, AT_RISK = 200, 100  # points of the account health rating


@dataclass(frozen=True, slots=True)
class Violation:
    """A policy violation held against an account, opened on the Wednesday of the week so many weeks ago."""

    account: str
    weeks_ago: int
    category: str
    status: str
    description: str
    product: int = 0
    count: int = 1

    def opened_on(self, today: date) -> date:
        return this_monday(today) - timedelta(weeks=self.weeks_ago) + timedelta(days=2)


VIOLATIONS = (
    Violation("demo-us", 12, "listing_policy", "resolved", "A claim in the title that the brand does not support."),
    Violation("demo-us-2", 6, "condition", "open", "Buyers report a lantern that arrives broken.", count=3),
    Violation("demo-us-2", 5, "product_safety", "open", "A buyer reports that the battery grows hot."),
    Violation("demo-us-2", 14, "received_ip", "resolved", "A picture that belongs to another brand.", 2),
    Violation("demo-de", 3, "document_request", "open", "The declaration of conformity is asked for."),
    Violation("demo-jp", 30, "listing_policy", "resolved", "Two listings of the same article."),
    Violation("demo-uk", 18, "customer_reviews", "resolved", "A card in the parcel that asks for reviews.", 1),
    Violation("demo-ca", 4, "food_safety", "appealed", "The label of the paw balm lacks its ingredients.", 3),
    Violation("demo-fr", 25, "restricted_product", "resolved", "A candle without its safety sheet.", 1),
)


def violations(scene: Scene, today: date) -> Iterator[Record]:
    """The violations opened on the scene's day, as they stand when the data ends."""
    for number, one in enumerate(VIOLATIONS):
        opened_at = scene.clock.at(scene.day, 9 * HOUR)
        if one.account != scene.profile.key or one.opened_on(today) != scene.day or not scene.seen(opened_at):
            continue
        yield scene.record(
            "policy_violation",
            f"v-{scene.day:%Y%m%d}-{number}",
            opened_at,
            category=one.category,
            opened_at=stamp(opened_at),
            status=one.status,
            sku=scene.sku(one.product),
            description=one.description,
            count=one.count,
        )


class Till:
    """Adds up what is sold from week to week."""

    def __init__(self) -> None:
        self.total = Decimal(0)

    def take(self, record: Record) -> None:
        if record["type"] == "order" and record["status"] != "cancelled":
            self.total += Decimal(record["total_amount"])

    def emptied(self) -> Decimal:
        total, self.total = self.total, Decimal(0)
        return total


def weekly(scene: Scene, till: Till) -> Iterator[Record]:
    """The reports about the week that ends with the scene's day; they come on the next morning."""
    if (scene.day.weekday() + 1) % 7 != scene.profile.week_start:
        return
    sales = till.emptied()
    reported_at = scene.clock.at(scene.day + timedelta(days=1), 8 * HOUR)
    if not scene.seen(reported_at) or "platform_metric" in scene.profile.never:
        return
    period = {
        "period_from": stamp(scene.clock.at(scene.day - timedelta(days=6), 0)),
        "period_to": stamp(scene.clock.at(scene.day, DAY_SECONDS - 1)),
    }
    for metric, fields in _figures(scene, sales):
        yield scene.record(
            "platform_metric", f"{metric}-{scene.day:%Y%m%d}", reported_at, metric=metric, **period, **fields
        )


def _figures(scene: Scene, sales: Decimal) -> Iterator[tuple[str, Record]]:
    conduct, chance = scene.conduct, scene.chance
    yield "sales_amount", {"rate": str(sales)}
    yield "listing_bounce_rate", {"rate": f"{conduct.bounce_share + chance.between(-0.015, 0.015):.4f}"}
    if not scene.profile.amazon:
        return
    points = int(conduct.health_points + chance.between(-8, 8))
    status = "GOOD" if points >= HEALTHY else "AT_RISK" if points >= AT_RISK else "CRITICAL"
    yield "account_health_rating", {"rate": str(points), "platform_status": status}
    if (scene.until.date() - scene.day).days > 7 * RECENT_WEEKS:
        return
    defects = conduct.negative_share + conduct.claim_share + conduct.chargeback_share
    for metric, share, target in (
        ("order_defect_rate", defects, "0.01"),
        ("late_shipment_rate", conduct.late_shipment_share, "0.04"),
        ("prefulfillment_cancel_rate", conduct.seller_cancel_share, "0.025"),
    ):
        yield (
            metric,
            {
                "fulfilled_by": "merchant",
                "rate": f"{share:.4f}",
                "target_value": target,
                "target_condition": "LESS_THAN",
            },
        )
