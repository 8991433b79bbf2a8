"""What happens after an order, at random: packages, returns, ratings, violations and official figures; and their
metrics once more by hand, for tests that hold for every metric. Nothing here is shared with the catalogue."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from orders.models import (
    Delivery,
    Feedback,
    OfficialFigure,
    Order,
    PolicyViolation,
    Rejection,
    Return,
    Shipment,
    Tracking,
)
from orders.recompute import recompute_account

START = datetime(2026, 3, 1, tzinfo=UTC)

moments = st.integers(0, 42 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
numbers = st.integers(0, 14)  # of orders, which may or may not exist
hours = st.none() | st.integers(-96, 96)

aftermaths = st.fixed_dictionaries({
    "packages": st.lists(
        st.tuples(
            numbers,
            moments,  # promised
            st.sampled_from(["", "1Z9999999999999999", "RP-77-1"]),
            st.sampled_from(["UPS", "USPS", "River Parcel"]),
            hours,  # from the promise to the first scan
            hours,  # ... to the delivery
            st.sampled_from([None, True, False]),  # what the platform says of its tracking
            st.integers(1, 4),  # articles
        ),
        max_size=12,
    ),
    "returns": st.lists(
        st.tuples(
            numbers,
            moments,
            st.sampled_from(["", "merchant", "marketplace"]),
            st.none() | st.integers(0, 96),  # hours to the answer
            st.sampled_from(["requested", "approved", "rejected"]),
            st.sampled_from([None, True, False]),  # within the policy
            st.sampled_from([None, True, False]),  # resolved, as the buyer says
            st.booleans(),  # excluded by a person
        ),
        max_size=12,
    ),
    "ratings": st.lists(
        st.tuples(
            numbers,
            moments,
            st.integers(1, 5),
            st.booleans(),  # removed
            st.sampled_from([False, False, False, True]),  # excluded by a person
        ),
        max_size=12,
    ),
    "violations": st.lists(
        st.tuples(
            moments,
            st.sampled_from(["condition", "authenticity", "other"]),
            st.sampled_from(["open", "appealed", "resolved"]),
            st.integers(1, 5),
        ),
        max_size=6,
    ),
    "official": st.lists(
        st.tuples(
            moments,
            st.sampled_from(["account_health_rating", "listing_bounce_rate", "sales_amount"]),
            st.none() | st.integers(0, 1000),
        ),
        max_size=8,
    ),
})  # fmt: skip


def build_aftermath(account, drawn, now):
    """Store it all, derived and marked the way every door of the product does."""
    for number, (order, promised, tracking, carrier, scanned, delivered, valid, quantity) in enumerate(
        drawn["packages"]
    ):
        known = Order.objects.filter(account=account, external_id=f"o{order}")
        known.update(deliver_by_at=promised)
        for found in known:
            found.shipments.create(
                account=account, external_id=f"p{number}", tracking_number=tracking, carrier=carrier,
                first_scan_at=None if scanned is None else promised + timedelta(hours=scanned),
                delivered_at=None if delivered is None else promised + timedelta(hours=delivered),
                tracking_valid=valid, items=[{"quantity": quantity}],
            )  # fmt: skip
    for number, (order, asked, shipper, answered, status, policy, solved, excluded) in enumerate(drawn["returns"]):
        Return.objects.create(
            account=account, system="test", external_id=f"r{number}", order_external_id=f"o{order}",
            requested_at=asked, responded_at=None if answered is None else asked + timedelta(hours=answered),
            fulfilled_by=shipper, status=status, in_policy=policy, buyer_solved=solved, excluded=excluded,
        )  # fmt: skip
    for number, (order, left, stars, removed, excluded) in enumerate(drawn["ratings"]):
        Feedback.objects.create(
            account=account, system="test", external_id=f"f{number}", order_external_id=f"o{order}", rating=stars,
            rated_at=left, removed_at=now if removed else None, excluded=excluded,
        )  # fmt: skip
    for number, (opened, category, status, many) in enumerate(drawn["violations"]):
        PolicyViolation.objects.create(
            account=account, system="test", external_id=f"v{number}", category=category, status=status, count=many,
            opened_at=opened,
        )  # fmt: skip
    for number, (until, metric, value) in enumerate(drawn["official"]):
        OfficialFigure.objects.create(
            account=account, system="test", external_id=f"of{number}", metric=metric, period_to=until,
            period_from=until - timedelta(days=7), rate=None if value is None else Decimal(value) / 1000,
        )  # fmt: skip
    recompute_account(account, now)


def of_seller(package):
    order = package.order
    return order.status != "pending" and not order.excluded and order.fulfilled_by == "merchant"


def checked(package):
    return of_seller(package) and package.tracking in (
        Tracking.VALID, Tracking.NUMBER, Tracking.CARRIER, Tracking.SCANS,
    )  # fmt: skip


def asked_of_seller(row):
    """A request that the seller must answer: by its own word or else its order's."""
    orders = Order.objects.filter(account=row.account_id, external_id=row.order_external_id)
    shipper = row.fulfilled_by or next((order.fulfilled_by for order in orders), "")
    return not row.excluded and shipper == "merchant"


def hours_to_answer(row):
    return None if row.responded_at is None else (row.responded_at - row.requested_at) / timedelta(hours=1)


def waits(row, now):
    return row.responded_at is None and row.status == "requested" and now - row.requested_at <= timedelta(hours=48)


def late_answer(row):
    return row.status == "requested" if row.responded_at is None else hours_to_answer(row) > 48


def answer_known(row):
    return row.responded_at is not None or row.status == "requested"


def unfair(row):
    return row.status == "rejected" and row.in_policy is True and row.buyer_solved is not True


def policy_known(row):
    return row.status != "rejected" or row.in_policy is not None or row.buyer_solved is True


def stands(rating):
    """Whether it is the latest of its order, leaving out those that a person has excluded, and was not removed."""
    others = Feedback.objects.filter(account=rating.account_id, order_external_id=rating.order_external_id)
    kept = [row for row in others if not row.excluded]
    latest = max(kept, key=lambda row: (row.rated_at, row.external_id), default=None)
    return rating == latest and rating.removed_at is None


def open_violation(row):
    return row.status != "resolved"


def metrics_by_hand(now):
    """(counted?, hit?) of single rows, by metric."""

    def due(row):
        return asked_of_seller(row) and not waits(row, now)

    dissatisfied = (
        lambda row: due(row) and answer_known(row) and policy_known(row),
        lambda row: row.buyer_solved is False or late_answer(row) or unfair(row),
    )
    positive = (stands, lambda row: row.rating > 3)
    return {
        "on_time_delivery_rate": (
            lambda package: of_seller(package) and package.delivery <= Delivery.OVERDUE,
            lambda package: package.delivery == Delivery.ON_TIME,
        ),
        "valid_tracking_rate": (checked, lambda package: package.tracking == Tracking.VALID),
        "tracking_number_fault_rate": (checked, lambda package: package.tracking == Tracking.NUMBER),
        "tracking_carrier_fault_rate": (checked, lambda package: package.tracking == Tracking.CARRIER),
        "tracking_scan_fault_rate": (checked, lambda package: package.tracking == Tracking.SCANS),
        "return_dissatisfaction_rate": dissatisfied,
        "return_dissatisfaction_rate_7d": dissatisfied,
        "return_dissatisfaction_rate_90d": dissatisfied,
        "return_negative_feedback_rate": (due, lambda row: row.buyer_solved is False),
        "return_late_response_rate": (lambda row: due(row) and answer_known(row), late_answer),
        "return_invalid_rejection_rate": (
            lambda row: due(row) and policy_known(row),
            lambda row: row.rejection == Rejection.INVALID,
        ),
        "feedback_rating": positive,
        "feedback_rating_90d": positive,
        "feedback_rating_365d": positive,
        "feedback_rating_lifetime": positive,
        "negative_feedback_received": (stands, lambda row: row.rating < 3),
        "policy_violations": (open_violation, open_violation),
        "customer_complaints": (lambda row: open_violation(row) and row.category != "other", open_violation),
    }


MOMENTS_AFTER = {
    Shipment: lambda row: row.order.deliver_by_at,
    Return: lambda row: row.requested_at,
    Feedback: lambda row: row.rated_at,
    PolicyViolation: lambda row: row.opened_at,
    OfficialFigure: lambda row: row.period_to,
}


def size(metric, row):
    """As how many a row counts: in on-time delivery, the articles of a package in the US; a violation, its count."""
    if isinstance(row, PolicyViolation):
        return row.count
    if metric.slug != "on_time_delivery_rate" or row.account.marketplace != "US":
        return 1
    return sum(item["quantity"] for item in row.items) or 1


def newest_stated(metric, rows):
    """The value of the newest official figure among the rows, and how many were counted."""
    stated = [row for row in rows if row.metric == metric.slug and row.rate is not None]
    newest = max(stated, key=lambda row: (row.period_to, row.external_id), default=None)
    return (None, 0) if newest is None else (Fraction(newest.rate), 1)
