"""Worked examples of what is counted by the day an order was placed. The report day is Monday, 19 January 2026."""

from datetime import date
from fractions import Fraction

from orders.models import Chargeback, Claim, Feedback, Mention, Return
from orders.recompute import recompute_orders
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import NOW, at, make_order

MONDAY = date(2026, 1, 19)
RIPE = "2025-12-20 10:00"  # inside 6 November to 4 January, the 60 days that end 15 days before the report day


def order(account: SellerAccount, placed: str = RIPE, **values) -> str:
    """An order confirmed in time, unless something else is said; returns its ID."""
    return make_order(account, placed, **values).external_id


def rated(account: SellerAccount, external_id: str, stars: int) -> None:
    Feedback.objects.create(
        account=account, system="test", external_id=f"f-{external_id}", order_external_id=external_id, rating=stars,
        rated_on=date(2026, 1, 9),
    )  # fmt: skip
    recompute_orders(account, [external_id], NOW)


def claimed(account: SellerAccount, external_id: str, status: str) -> None:
    Claim.objects.create(
        account=account, system="test", external_id=f"a-{external_id}", order_external_id=external_id, status=status,
        opened_on=date(2026, 1, 9),
    )  # fmt: skip
    recompute_orders(account, [external_id], NOW)


def charged_back(account: SellerAccount, external_id: str, reason: str) -> None:
    Chargeback.objects.create(
        account=account, system="test", external_id=f"c-{external_id}", order_external_id=external_id, reason=reason,
        initiated_at=at("2026-01-09 10:00"),
    )  # fmt: skip
    recompute_orders(account, [external_id], NOW)


def sent_back(account: SellerAccount, external_id: str, amount: int) -> None:
    Return.objects.create(
        account=account, system="test", external_id=f"r-{external_id}", order_external_id=external_id,
        requested_on=date(2026, 1, 9), refunded_amount=amount,
    )  # fmt: skip
    recompute_orders(account, [external_id], NOW)


def written_about(account: SellerAccount, external_id: str, *, by_buyer: bool) -> None:
    Mention.objects.create(account=account, order_external_id=external_id, conversation_id=1, by_buyer=by_buyer)
    recompute_orders(account, [external_id], NOW)


# --- Defects ---------------------------------------------------------------------------------------------------------


def defects(account: SellerAccount) -> None:
    """Seven orders in the window, one of them a test order, and one placed the day after it."""
    thrice = order(account)  # shipped by the seller: one star, a granted claim and a chargeback
    rated(account, thrice, 1)
    claimed(account, thrice, "granted")
    charged_back(account, thrice, "product_not_received")
    rated(account, order(account, fulfilled_by="marketplace"), 2)
    claimed(account, order(account), "denied")  # no defect by the rule of today
    charged_back(account, order(account), "fraudulent")  # the platform's risk
    rated(account, order(account, fulfilled_by="marketplace"), 3)  # neutral
    order(account, fulfilled_by="")  # unknown who ships it
    order(account, is_test=True)
    rated(account, order(account, "2026-01-05 10:00"), 1)  # too young


DEFECTS = {
    "order_defect_rate": (2, 4, 1, "one with three defects and one with two stars, of 6; the test order is left out"),
    "order_defect_rate_mfn": (1, 2, 4, "of the 3 that the seller ships, the one with three defects"),
    "order_defect_rate_afn": (1, 1, 5, "of the 2 that the marketplace ships, the one with two stars"),
    "order_defect_rate_every_claim": (3, 3, 1, "the denied claim is a defect as well: 3 of 6"),
    "negative_feedback_rate": (2, 4, 1, "one star and two stars, of 6; three stars are neutral"),
    "atoz_claim_rate": (1, 5, 1, "granted counts, denied does not: 1 of 6"),
    "atoz_claim_rate_every": (2, 4, 1, "granted and denied: 2 of 6"),
    "chargeback_rate": (1, 5, 1, "not received counts, fraud does not: 1 of 6"),
}


# --- Cancellations and shipments ------------------------------------------------------------------------------------


def cancellations(account: SellerAccount) -> None:
    """Placed on 15 January; the 7 days that end a day before the report day are 12 to 18 January."""
    placed = "2026-01-15 10:00"
    order(account, placed, status="cancelled", cancelled_by="seller")
    order(account, placed, status="cancelled", cancelled_by="marketplace", cancel_reason="Not shipped in time")
    order(account, placed, status="cancelled", cancelled_by="marketplace", cancel_reason="Payment failed")
    asked = at("2026-01-15 12:00")
    order(account, placed, status="cancelled", cancelled_by="seller", buyer_cancel_requested_at=asked)
    order(account, placed, confirmed="2026-01-15 12:00")
    order(account, placed, status="cancelled")  # nobody knows by whom
    order(account, placed, fulfilled_by="marketplace")
    order(account, "2026-01-19 10:00", status="cancelled", cancelled_by="seller")  # the day after the window


def shipments(account: SellerAccount) -> None:
    """Thirty days are 21 December to 19 January, ten days 10 to 19 January."""
    order(account, "2025-12-21 10:00", ship_by="2025-12-24 08:00", confirmed="2025-12-24 08:00:01")  # a second late
    order(account, "2025-12-22 10:00", ship_by="2025-12-24 08:00", confirmed="2025-12-24 08:00")
    order(account, "2025-12-20 10:00", ship_by="2025-12-21 10:00", confirmed="2025-12-24 10:00")  # a day too old
    order(account, "2026-01-10 10:00", ship_by="2026-01-12 10:00", confirmed="2026-01-13 10:00")  # late
    order(account, "2026-01-10 10:00", ship_by="2026-01-12 10:00")  # overdue, so not late yet
    order(account, "2026-01-19 10:00", ship_by="2026-01-21 10:00")  # not due yet
    order(account, "2026-01-10 10:00", confirmed="2026-01-13 10:00")  # no ship-by date
    order(account, "2026-01-10 10:00", fulfilled_by="marketplace", ship_by="2026-01-12 10:00")


def perfect_orders(account: SellerAccount) -> None:
    """Ninety days are 22 October to 19 January. Each order but the first and the last four has one flaw."""
    placed, in_time = "2025-10-22 10:00", {"ship_by": "2025-10-24 10:00", "confirmed": "2025-10-23 10:00"}
    written_about(account, order(account, placed, **in_time), by_buyer=False)  # the seller wrote first: perfect
    rated(account, order(account, placed, **in_time), 2)
    claimed(account, order(account, placed, **in_time), "open")
    charged_back(account, order(account, placed, **in_time), "product_unacceptable")
    order(account, placed, ship_by="2025-10-24 10:00", status="cancelled", cancelled_by="seller")
    order(account, placed, ship_by="2025-10-24 10:00", confirmed="2025-10-25 10:00")  # late
    order(account, placed, refunded_amount=3, **in_time)
    written_about(account, order(account, placed, **in_time), by_buyer=True)
    order(account, placed, fulfilled_by="marketplace")  # the seller cannot be late with it: perfect
    order(account, placed, fulfilled_by="")  # nobody knows who ships it
    order(account, placed, confirmed="2025-10-23 10:00")  # no ship-by date: nobody knows whether it was late
    order(account, placed, ship_by="2025-10-24 10:00", status="cancelled")  # nobody knows by whom


def invoices(account: SellerAccount) -> None:
    """The 7 days that end a week before the report day are 6 to 12 January, a Tuesday to a Monday."""
    friday, saturday, monday = "2026-01-09 10:00", "2026-01-10 10:00", "2026-01-12 10:00"
    business = {"is_business": True}
    in_time, too_late = at("2026-01-12 23:59:59"), at("2026-01-13 00:00:00")
    order(account, friday, confirmed=friday, invoice_uploaded_at=in_time, **business)  # due on Monday
    order(account, friday, confirmed=friday, invoice_uploaded_at=too_late, **business)
    order(account, saturday, confirmed=saturday, invoice_uploaded_at=in_time, **business)  # due on Monday, too
    order(account, monday, confirmed=monday, **business)  # due on Tuesday, and never uploaded
    order(account, monday, **business)  # not shipped, so nothing is due
    order(account, monday, confirmed=monday, is_business=False)
    order(account, "2026-01-13 10:00", confirmed="2026-01-13 12:00", **business)  # the day after the window


# --- Money back, and buyers who come back -----------------------------------------------------------------------------


def refunds(account: SellerAccount) -> None:
    """Seven days are 13 to 19 January, 30 days 21 December to 19 January, 90 days 22 October to 19 January."""
    order(account, "2026-01-13 10:00", refunded_amount=5)
    order(account, "2026-01-13 10:00", refunded_amount=0)
    order(account, "2026-01-13 10:00", status="pending", refunded_amount=5)
    twice = order(account, "2026-01-12 10:00", refunded_amount=2)
    sent_back(account, twice, 3)
    sent_back(account, order(account, "2025-12-21 10:00"), 7)
    sent_back(account, order(account, "2025-12-20 10:00"), 0)  # nothing was given back
    order(account, "2025-10-22 10:00")
    order(account, "2025-10-21 10:00", refunded_amount=5)


def returning_buyers(account: SellerAccount) -> None:
    """Thirty days are 21 December to 19 January."""
    order(account, "2024-05-01 10:00", buyer_key="ann")  # long ago
    order(account, "2026-01-05 10:00", buyer_key="ann")
    order(account, "2026-01-06 10:00", buyer_key="ben")
    order(account, "2026-01-07 10:00", buyer_key="ben")  # the second in the same window
    order(account, "2026-01-08 10:00", buyer_key="cleo")
    order(account, "2026-01-04 10:00", buyer_key="dan", status="cancelled", cancelled_by="buyer")
    order(account, "2026-01-09 10:00", buyer_key="dan")  # the cancelled one was no purchase
    order(account, "2026-01-09 10:00")  # nobody says whose


def rate(slug, build, hits, others, left_out, working) -> Example:
    n = hits + others
    return Example(
        slug=slug, build=build, on=MONDAY, value=Fraction(hits, n), numerator=hits, denominator=n, n=n,
        rows_for=hits, rows_against=others, rows_left_out=left_out, working=working,
    )  # fmt: skip


EXAMPLES: dict[str, Example] = {
    example.slug: example
    for example in (
        *(rate(slug, defects, *numbers) for slug, numbers in DEFECTS.items()),
        rate(
            "cancellation_rate", cancellations, 2, 3, 2,
            "by the seller and for want of shipping, of 5; unknown hand and marketplace's order left out",
        ),
        rate(
            "late_shipment_rate", shipments, 2, 3, 2,
            "24 December and 13 January, of 5 in 30 days; no ship-by date and marketplace's order left out",
        ),
        rate("late_shipment_rate_10d", shipments, 1, 2, 2, "13 January, of 3 in 10 days; the same two left out"),
        Example(
            slug="overdue_orders", build=shipments, on=MONDAY, value=Fraction(1), numerator=None, denominator=None,
            n=1, rows_for=1, rows_against=0, rows_left_out=1,
            working="one is past 12 January and not confirmed; the marketplace's one is not the seller's",
        ),
        rate(
            "perfect_order_percentage", perfect_orders, 2, 7, 3,
            "seven flaws of nine; the seller's own message and the marketplace's order are fine, three are unknown",
        ),
        rate("invoice_defect_rate", invoices, 2, 2, 1, "a second late, and missing, of 4; the unshipped one left out"),
        rate("refund_rate", refunds, 3, 1, 1, "13 and 12 January and 21 December, of 4; the pending one left out"),
        rate("refund_rate_7d", refunds, 1, 1, 1, "one of the two of 13 January; the pending one left out"),
        rate("refund_rate_90d", refunds, 3, 3, 1, "20 December and 22 October gave nothing back: 3 of 6"),
        rate(
            "repeat_purchase_rate", returning_buyers, 2, 2, 3,
            "Ann and Ben came back, Cleo and Dan did not; Ben's first, Dan's cancelled and the unknown one left out",
        ),
    )
}  # fmt: skip
