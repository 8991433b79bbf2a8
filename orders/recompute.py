"""Writes the verdicts of orders, in the transaction of every write that touches an order or something said about it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import TypeVar

from orders.invoices import UPLOADED, wrongly_judged
from orders.models import Chargeback, Claim, Feedback, FulfilledBy, Mention, Order, Return, Shipment
from orders.packages import judge_packages
from orders.purchases import recompute_purchases
from orders.recompute_events import (
    CHUNK,
    RATING_VERDICTS,
    RETURN_VERDICTS,
    judge_ratings,
    judge_returns,
    recompute_ratings,
    recompute_returns,
)
from orders.terms import Terms
from orders.verdicts import (
    cancellation_verdict,
    confirmed_at,
    defects,
    invoice_verdict,
    perfect,
    refunded,
    shipment_verdict,
    standing,
)
from sellers.blank import lead
from sellers.facts import assign
from sellers.fresh import Fresh
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

Row = TypeVar("Row", Feedback, Claim, Chargeback, Return)

# What follows from the order and what was said about it; `purchase` follows from the buyer's other orders.
VERDICTS = tuple(name for name in Order.derived if name not in ("day", "purchase"))
PACKAGE_VERDICTS = tuple(name for name in Shipment.derived if name != "day")


def recompute_orders(
    account: SellerAccount,
    external_ids: Collection[str],
    now: datetime,
    *,
    former_buyers: Collection[str] = (),
    fresh: Fresh | None = None,
) -> None:
    """Bring the verdicts of the account's orders with these external IDs in line with what is known, as of `now`.

    IDs without an order are skipped: what was said about them joins when the order arrives, because the order's own
    write calls this too. Returns and ratings of these orders get their own verdicts, whether or not
    the order is here. `former_buyers` are the keys of buyers from whom an order of these was taken away, `fresh` are
    orders, packages and events that are new in this transaction; those of these orders are stored.
    """
    lock_for_writing(account.id)
    wanted = sorted(set(external_ids))
    fresh = fresh or Fresh()
    if _recompute_all(account, wanted, now, fresh):
        _recompute_all(account, wrongly_judged(account), now, fresh)
    buyers = sorted(set(former_buyers))
    for start in range(0, len(buyers), CHUNK):
        recompute_purchases(account, buyers[start : start + CHUNK])


def _recompute_all(account: SellerAccount, external_ids: Sequence[str], now: datetime, fresh: Fresh) -> bool:
    """Recompute chunk by chunk; whether an upload of an invoice came or went, on which other verdicts may rest."""
    terms = Terms(account)
    uploads_moved = False
    for start in range(0, len(external_ids), CHUNK):
        uploads_moved |= _recompute(account, external_ids[start : start + CHUNK], now, terms, fresh)
    return uploads_moved


def _recompute(account: SellerAccount, external_ids: Sequence[str], now: datetime, terms: Terms, fresh: Fresh) -> bool:
    wanted = set(external_ids)
    new = {order.pk: order for order in fresh.of(Order) if order.external_id in wanted}
    new_packages = [package for package in fresh.of(Shipment) if package.order_id in new]
    stored = list(Order.objects.filter(account=account, external_id__among=external_ids))
    orders = [*stored, *new.values()]
    for order in new.values():
        order.stamp()  # its terms are those of its day
    shipments: dict[int, list[Shipment]] = defaultdict(list)
    for shipment in chain(Shipment.objects.filter(order_id__among=[order.pk for order in stored]), new_packages):
        lead(shipment, "account", account)
        shipments[shipment.order_id].append(shipment)
    feedback = _by_order(Feedback, account, wanted, fresh)
    claims = _by_order(Claim, account, wanted, fresh)
    chargebacks = _by_order(Chargeback, account, wanted, fresh)
    returns = _by_order(Return, account, wanted, fresh)
    written_about = set(
        Mention.objects.filter(account=account, order_external_id__among=wanted, by_buyer=True).values_list(
            "order_external_id", flat=True
        )
    )
    changed, packages = [], []
    uploads_moved = False
    for order in orders:
        lead(order, "account", account)
        packages += fresh.stored(judge_packages(order, shipments[order.id], now))
        confirmed = confirmed_at(shipments[order.id])
        bad = defects(
            feedback[order.external_id],
            claims[order.external_id],
            chargebacks[order.external_id],
            every_claim=terms.every_claim_counts(order.day),
        )
        expected = terms.expected_ship_at(order)
        due = order.ship_by_at or expected
        shipment_now = shipment_verdict(order, due, confirmed, now)
        cancellation = cancellation_verdict(order, confirmed)
        money_back = refunded(order, returns[order.external_id])
        buyer_wrote = order.external_id in written_about
        invoice_due = terms.invoice_due_at(order, confirmed)
        invoice = invoice_verdict(order, invoice_due, now, told=lambda: terms.invoices_are_told)
        uploads_moved |= (order.invoice in UPLOADED) != (invoice in UPLOADED)
        verdicts = {
            "confirmed_at": confirmed,
            "expected_ship_at": expected,
            "due_at": due,
            "standing": standing(order),
            "shipment": shipment_now,
            "cancellation": cancellation,
            "negative_feedback": bad.negative_feedback,
            "claimed": bad.claimed,
            "claim_counts": bad.claim_counts,
            "chargeback_counts": bad.chargeback_counts,
            "defective": bad.defective,
            "refunded": money_back,
            "buyer_wrote": buyer_wrote,
            "perfect": perfect(
                bad,
                shipment_now,
                cancellation,
                by_merchant=order.fulfilled_by == FulfilledBy.MERCHANT,
                refunded=money_back,
                buyer_wrote=buyer_wrote and terms.messages_count(order.day),
            ),
            "invoice_due_at": invoice_due,
            "invoice": invoice,
        }
        if assign(order, verdicts) and order.id not in new:
            changed.append(order)
    judged = judge_returns(chain.from_iterable(returns.values()), orders, now)
    rated = judge_ratings(feedback.values())
    Order.objects.bulk_update(changed, VERDICTS)
    Shipment.objects.bulk_update(packages, PACKAGE_VERDICTS)
    Return.objects.bulk_update(fresh.stored(judged), RETURN_VERDICTS)
    Feedback.objects.bulk_update(fresh.stored(rated), RATING_VERDICTS)
    recompute_purchases(account, {order.buyer_key for order in orders}, stored, list(new.values()))
    fresh.store(Order, new.values())
    fresh.store(Shipment, new_packages)
    for model, events in ((Return, returns), (Feedback, feedback), (Claim, claims), (Chargeback, chargebacks)):
        fresh.store(model, chain.from_iterable(events.values()))
    return uploads_moved


def _by_order(
    model: type[Row], account: SellerAccount, order_ids: Collection[str], fresh: Fresh
) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    stored = model.objects.filter(account=account, order_external_id__among=order_ids)
    new = [row for row in fresh.of(model) if row.order_external_id in order_ids]
    for row in new:
        row.stamp()  # of two ratings, the later one stands
    for row in chain(stored, new):
        lead(row, "account", account)
        rows[row.order_external_id].append(row)
    return rows


def recompute_account(account: SellerAccount, now: datetime) -> None:
    """All verdicts of an account, after a switch such as `atoz_rule` or its zone changed."""
    ids = set(Order.objects.filter(account=account).values_list("external_id", flat=True))
    for model in (Return, Feedback):
        ids |= set(model.objects.filter(account=account).values_list("order_external_id", flat=True).distinct())
    recompute_orders(account, ids - {""}, now)
    about_no_order = {"account": account, "order_external_id": ""}
    recompute_returns(account, Return.objects.filter(**about_no_order).values_list("pk", flat=True), now)
    recompute_ratings(account, Feedback.objects.filter(**about_no_order).values_list("pk", flat=True))
