"""What is said about an order after it was shipped: ratings, returns, claims, chargebacks."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from intake.demo.scene import DAY_SECONDS, HOUR, Scene, stamp
from intake.demo.texts import LANGUAGES

Record = dict[str, Any]

SERVICE_DISPUTES = ("product_not_received", "product_unacceptable", "credit_not_processed")
RETURN_REASONS = ("no_longer_needed", "not_as_described", "defective", "too_small", "ordered_by_mistake")


class Ordered(Protocol):
    """What the aftermath needs to know of an order."""

    id: str
    placed_at: datetime
    delivered_at: datetime | None
    fulfilled_by: str
    items: list[Record]
    total: str
    bad_batch: bool


def aftermath(scene: Scene, order: Ordered) -> tuple[list[Record], datetime | None]:
    """The records of what was said about the order before the data ends, and when it was refunded, if it was."""
    story = _Aftermath(scene, order)
    if order.delivered_at is not None:
        story.rate(order.delivered_at)
        story.send_back(order.delivered_at)
    if scene.profile.amazon:
        story.claim()
    story.chargeback()
    return story.reports, story.refunded_at


class _Aftermath:
    """Tells what follows an order; whatever would happen after the data ends is left out."""

    def __init__(self, scene: Scene, order: Ordered) -> None:
        self.scene, self.chance, self.dice = scene, scene.chance, scene.dice
        self.profile, self.conduct = scene.profile, scene.conduct
        self.order = order
        self.reports: list[Record] = []
        self.refunded_at: datetime | None = None

    def rate(self, delivered_at: datetime) -> None:
        if self.profile.platform == "shopify":
            return
        negative = self.conduct.negative_share
        if self.order.bad_batch:
            stars = self.chance.whole(1, 2) if self.dice.hits("bad-batch-ratings", 0.12) else None
        elif self.dice.hits("negative", negative):
            stars = self.chance.whole(1, 2)
        elif self.chance.hits(0.14):
            stars = self.chance.weighted({5: 85, 4: 14, 3: 1})
        else:
            stars = None
        removed = stars is None and self.chance.hits(0.15 * negative)
        if removed:
            stars = 1  # struck through by the marketplace: counts nowhere
        rated_at = self._later(delivered_at, 2, 20)
        if stars is None or not self.scene.seen(rated_at):
            return
        removed_at = self._later(rated_at, 2, 8) if removed else None
        language = LANGUAGES[self.profile.language]
        self._report(
            "feedback",
            "f",
            removed_at if removed_at and self.scene.seen(removed_at) else rated_at,
            rating=stars,
            rated_at=stamp(rated_at),
            comment=self.chance.pick(language.good if stars > 3 else language.bad) or None,
            removed_at=stamp(removed_at) if removed_at and self.scene.seen(removed_at) else None,
        )

    def send_back(self, delivered_at: datetime) -> None:
        if self.order.bad_batch:
            sent_back = self.chance.hits(0.25)
        else:
            sent_back = self.dice.hits("returns", self.conduct.return_share)
        if not sent_back:
            return
        requested_at = self._later(delivered_at, 1, 12)
        fault = self._return_fault()
        answer_hours = (
            54 + self.chance.whole(0, 40) if fault == "late" else min(40, self.chance.seconds(9 * HOUR) // HOUR)
        )
        responded_at = requested_at + timedelta(hours=answer_hours, minutes=self.chance.whole(1, 59))
        automatic = fault != "late" and self.chance.hits(0.3)
        if automatic:
            responded_at = requested_at
        rejected = fault == "rejected" or (not automatic and self.chance.hits(0.04))
        received_at = self._later(responded_at, 4, 10)
        refunded_at = received_at + timedelta(seconds=self.chance.seconds(20 * HOUR, 0.6))
        if not self.scene.seen(requested_at):
            return
        seen = self.scene.seen
        facts: dict[str, Any] = {"requested_at": stamp(requested_at), "status": "requested"}
        updated_at = requested_at
        if seen(responded_at):
            updated_at = responded_at
            facts |= {"responded_at": stamp(responded_at), "status": "rejected" if rejected else "approved"}
        if seen(received_at) and not rejected:
            updated_at = received_at
            facts |= {"received_at": stamp(received_at), "status": "received"}
        if seen(refunded_at) and not rejected:
            updated_at = refunded_at
            self.refunded_at = refunded_at
            facts |= {"refunded_at": stamp(refunded_at), "refunded_amount": self.order.total, "status": "refunded"}
            facts["currency"] = self.profile.currency
        self._report(
            "return",
            "r",
            updated_at,
            **facts,
            reason="defective" if self.order.bad_batch else self.chance.pick(RETURN_REASONS),
            in_policy=fault == "rejected" or not rejected,
            auto_authorized=True if automatic else None,
            buyer_solved=self._solved(fault) if seen(refunded_at) else None,
            fulfilled_by=self.order.fulfilled_by,
            items=[
                {"sku": item["sku"], "title": item["title"], "quantity": item["quantity"]} for item in self.order.items
            ],
        )

    def _return_fault(self) -> str:
        """What goes wrong with a return that the seller handles, if anything."""
        merchant = self.order.fulfilled_by == "merchant"
        if not merchant or not self.dice.hits("return-faults", self.conduct.return_fault_share):
            return ""
        return self.chance.weighted({"late": 5, "rejected": 3, "unresolved": 2})

    def _solved(self, fault: str) -> bool | None:
        """What the buyer says at the end, if asked: whether the return was resolved."""
        if fault == "unresolved":
            return False
        return True if not fault and self.chance.hits(0.25) else None

    def claim(self) -> None:
        """An A-to-z claim: granted ones count, denied and withdrawn ones do not once they are decided."""
        claims = self.conduct.claim_share
        if self.order.bad_batch:
            outcome = "granted" if self.dice.hits("bad-batch-claims", 0.06) else None
        elif self.dice.hits("claims", claims):
            outcome = self.chance.weighted({"granted": 0.9, "appealed": 0.1})
        elif self.chance.hits(0.8 * claims):
            outcome = self.chance.weighted({"denied": 0.5, "withdrawn": 0.3, "funded": 0.2})
        else:
            outcome = None
        opened_at = self._later(self.order.placed_at, 6, 22)
        decided_at = self._later(opened_at, 2, 9)
        if outcome is None or not self.scene.seen(opened_at):
            return
        decided = self.scene.seen(decided_at)
        funded = outcome == "funded"  # the marketplace pays it itself and holds it against nobody
        self._report(
            "claim",
            "a",
            decided_at if decided else opened_at,
            kind="a_to_z",
            opened_at=stamp(opened_at),
            status=("granted" if funded else outcome) if decided else "open",
            counts_in_odr=False if funded and decided else None,
            decided_at=stamp(decided_at) if decided else None,
            amount=self.order.total,
            currency=self.profile.currency,
        )

    def chargeback(self) -> None:
        kind, reason = "chargeback", self.chance.pick(SERVICE_DISPUTES)
        if not self.dice.hits("chargebacks", self.conduct.chargeback_share):
            if not self.chance.hits(0.0008):
                return
            # Neither of these counts: fraud is the bank's or the marketplace's risk, an inquiry is only a question.
            kind, reason = self.chance.pick((("chargeback", "fraudulent"), ("inquiry", reason)))
        initiated_at = self._later(self.order.placed_at, 8, 30)
        due_at = self._later(initiated_at, 7, 10)
        final_at = self._later(due_at, 10, 40)
        if not self.scene.seen(initiated_at):
            return
        answered, final = self.scene.seen(due_at), self.scene.seen(final_at)
        outcome = self.chance.weighted({"lost": 0.6, "won": 0.3, "accepted": 0.1})
        self._report(
            "chargeback",
            "b",
            final_at if final else due_at if answered else initiated_at,
            kind=kind,
            reason=reason,
            initiated_at=stamp(initiated_at),
            status=outcome if final else "under_review" if answered else "needs_response",
            amount=self.order.total,
            currency=self.profile.currency,
            evidence_due_at=stamp(due_at),
            finalized_at=stamp(final_at) if final else None,
        )

    def _later(self, moment: datetime, low_days: float, high_days: float) -> datetime:
        return moment + timedelta(seconds=int(self.chance.between(low_days, high_days) * DAY_SECONDS))

    def _report(self, kind: str, letter: str, updated_at: datetime, /, **fields: Any) -> None:
        key = f"{letter}-{self.order.id}"
        self.reports.append(self.scene.record(kind, key, updated_at, order_external_id=self.order.id, **fields))
