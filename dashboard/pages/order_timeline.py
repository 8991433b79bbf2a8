"""What happened to an order, and what was promised, in the order of time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import words
from dashboard.pages.conversation_timeline import answer_said
from dashboard.verdict import at
from kpis.metrics import Text
from messaging.models import Conversation, SurveyAnswer
from orders.models import Chargeback, Claim, Feedback, Order, Return, Shipment
from sellers.days import moment_of
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Happened:
    """Something on the timeline. A deadline is a moment that was promised, not one at which something was done."""

    at: datetime
    when: str
    what: Text
    more: str = ""
    address: str = ""
    is_deadline: bool = False


def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, exact; nothing where none is known."""
    return "" if amount is None else f"{amount:.2f} {currency}".strip()


def _moments(zone: ZoneInfo, *told: tuple[datetime | None, Text, str]) -> Iterator[Happened]:
    for moment, what, more in told:
        if moment is not None:
            yield Happened(moment, at(moment, zone), what, more)


def _deadline(zone: ZoneInfo, moment: datetime | None, what: Text) -> Iterator[Happened]:
    if moment is not None:
        yield Happened(moment, at(moment, zone), what, is_deadline=True)


def _known(
    account: SellerAccount, moment: datetime | None, day: date | None, what: Text, more: str
) -> Iterator[Happened]:
    """A moment or, where only that is known, a day."""
    if moment is not None:
        yield Happened(moment, at(moment, account.zone), what, more)
    elif day is not None:
        yield Happened(moment_of(day, account.zone), words.long_day(day), what, more)


def of_order_itself(order: Order, zone: ZoneInfo) -> Iterator[Happened]:
    """What the order itself says, with its deadlines."""
    yield from _moments(
        zone,
        (order.placed_at, _("Placed"), money(order.total_amount, order.currency)),
        (order.buyer_cancel_requested_at, _("The buyer asked to cancel"), ""),
        (order.cancelled_at, _("Cancelled"), _cancelled(order)),
        (order.refunded_at, _("Refunded"), money(order.refunded_amount, order.currency)),
        (order.invoice_uploaded_at, _("Invoice uploaded"), ""),
    )
    yield from _deadline(zone, order.due_at, _("Ship by") if order.ship_by_at else _("Expected ship date"))
    yield from _deadline(zone, order.deliver_by_at, _("Deliver by"))
    yield from _deadline(zone, order.invoice_due_at, _("Invoice due"))


def _cancelled(order: Order) -> str:
    return " · ".join(filter(None, (str(order.get_cancelled_by_display()), order.cancel_reason)))


def of_packages(packages: Iterable[Shipment], zone: ZoneInfo) -> Iterator[Happened]:
    """The way of each package."""
    for row in packages:
        which = " ".join(filter(None, (row.carrier, row.tracking_number))) or row.external_id
        seen = row.delivered_seen_at if row.delivered_at is None else None
        yield from _moments(
            zone,
            (row.confirmed_at, _("Shipment confirmed"), which),
            (row.shipped_at, _("Shipped"), which),
            (row.first_scan_at, _("First scan of the carrier"), which),
            (row.attempted_at, _("First attempt to deliver"), which),
            (row.delivered_at, _("Delivered"), which),
            (seen, _("Seen as delivered"), which),
        )


def of_returns(returns: Iterable[Return], account: SellerAccount) -> Iterator[Happened]:
    """Returns, with the moment by which each was to be answered."""
    for row in returns:
        name = row.external_id
        yield from _known(account, row.requested_at, row.requested_on, _("Return requested"), row.reason or name)
        yield from _known(account, row.received_at, row.received_on, _("Return received"), name)
        yield from _moments(
            account.zone,
            (row.responded_at, _("Return answered"), str(row.get_status_display())),
            (row.refunded_at, _("Return refunded"), money(row.refunded_amount, row.currency)),
            (row.closed_at, _("Return closed"), row.resolution),
        )
        yield from _deadline(account.zone, row.answer_due_at, _("Return to be answered"))


def of_ratings(ratings: Iterable[Feedback], account: SellerAccount) -> Iterator[Happened]:
    """Ratings of the seller."""
    for row in ratings:
        stars = _("%(stars)d of 5") % {"stars": row.rating}
        yield from _known(account, row.rated_at, row.rated_on, _("Feedback left"), stars)
        yield from _moments(account.zone, (row.removed_at, _("Feedback removed"), stars))


def of_claims(claims: Iterable[Claim], account: SellerAccount) -> Iterator[Happened]:
    """Claims."""
    for row in claims:
        kind = str(row.get_kind_display())
        yield from _known(account, row.opened_at, row.opened_on, _("Claim opened"), kind)
        yield from _moments(account.zone, (row.decided_at, _("Claim decided"), str(row.get_status_display())))


def of_chargebacks(chargebacks: Iterable[Chargeback], zone: ZoneInfo) -> Iterator[Happened]:
    """Chargebacks and inquiries of the bank."""
    for row in chargebacks:
        yield from _moments(
            zone,
            (row.initiated_at, str(row.get_kind_display()), row.reason),
            (row.finalized_at, _("Chargeback final"), str(row.get_status_display())),
        )
        yield from _deadline(zone, row.evidence_due_at, _("Evidence due"))


def of_answers(answers: Sequence[SurveyAnswer], zone: ZoneInfo) -> Iterator[Happened]:
    """Answers to surveys about the order."""
    for row in answers:
        yield from _moments(zone, (row.answered_at, _("Survey answered"), answer_said(row)))


def of_conversations(conversations: Iterable[Conversation], account: SellerAccount) -> Iterator[Happened]:
    """Conversations about the order, where each began."""
    for row in conversations:
        moment = row.opened_moment
        if moment is not None:
            what = _("The buyer wrote") if row.buyer_started else _("Conversation began")
            address = reverse("conversation", args=[account.key, row.pk])
            yield Happened(moment, at(moment, account.zone), what, row.subject or row.external_id, address)
