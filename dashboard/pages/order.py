"""One order: what was promised, what happened, and why each of its verdicts is as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, Q
from django.http import Http404
from django.utils.translation import gettext as _

from dashboard.pages.conversation import pseudonym
from dashboard.pages.conversation_timeline import answer_said
from dashboard.pages.correct import Ways, ways_with
from dashboard.pages.order_timeline import (
    Happened,
    money,
    of_answers,
    of_chargebacks,
    of_claims,
    of_conversations,
    of_order_itself,
    of_packages,
    of_ratings,
    of_returns,
)
from dashboard.row_corrections import Mended, mended
from dashboard.verdict import Verdict, at
from dashboard.why_events import of_chargeback, of_claim, of_rating, of_return
from dashboard.why_orders import of_order
from dashboard.why_packages import of_delivery, of_tracking
from dashboard.why_replies import of_answer
from kpis.metrics import Text
from messaging.models import Author, Conversation, SurveyAnswer
from orders.models import Chargeback, Claim, Feedback, Mention, Order, Return, Shipment
from orders.terms import Terms
from sellers.facts import SourceRow
from sellers.models import SellerAccount

Facts = list[tuple[Text, str]]
MOST = 100  # conversations about one order


@dataclass(frozen=True)
class Piece:
    """A package, return, rating, claim, chargeback or survey answer of the order, with its verdicts."""

    row: Model
    title: Text
    facts: Facts
    verdicts: list[Verdict]
    ways: Ways
    mended: list[Mended]
    quotes: list[tuple[Text, str]]

    @property
    def anchor(self) -> str:
        return f"{self.ways.table}-{self.row.pk}"


@dataclass(frozen=True)
class OrderPage:
    """Everything the page shows."""

    account: SellerAccount
    order: Order
    verdicts: list[Verdict]
    pieces: list[Piece]
    timeline: list[Happened]
    conversations: list[Conversation]
    facts: Facts
    items: list[dict[str, Any]]
    ways: Ways
    mended: list[Mended]

    @property
    def title(self) -> str:
        return _("Order %(id)s") % {"id": self.order.name or self.order.external_id}

    @property
    def buyer(self) -> str:
        """A short name for the buyer, the same in all conversations and orders."""
        return pseudonym(self.order.buyer_key)

    @property
    def placed(self) -> str:
        return at(self.order.placed_at, self.account.zone)


def order_or_404(account: SellerAccount, key: int) -> Order:
    """One order of this account."""
    found = Order.objects.filter(account=account, pk=key).first()
    if found is None:
        raise Http404
    found.account = account
    return found


def order_page(account: SellerAccount, order: Order) -> OrderPage:
    """The order with everything that was reported about it, in ten queries."""
    zone = account.zone
    packages = list(Shipment.objects.filter(order=order).order_by("confirmed_at", "pk"))
    about = Q(account=account, order_external_id=order.external_id)
    returns = list(Return.objects.filter(about).order_by("day", "pk"))
    ratings = list(Feedback.objects.filter(about).order_by("day", "pk"))
    claims = list(Claim.objects.filter(about).order_by("day", "pk"))
    chargebacks = list(Chargeback.objects.filter(about).order_by("day", "pk"))
    answers = list(
        SurveyAnswer.objects.filter(account=account, order_key=f"o:{order.external_id}").order_by("answered_at", "pk")
    )
    rows: dict[str, Sequence[SourceRow]] = {
        "order": [order], "return": returns, "feedback": ratings, "claim": claims, "chargeback": chargebacks,
        "survey_answer": answers,
    }  # fmt: skip
    fixed = mended(account, {kind: [row.pk for row in found] for kind, found in rows.items()})
    terms = Terms(account)
    every_claim = terms.every_claim_counts(order.day)
    conversations = _conversations(account, order)

    def piece(
        kind: str, row: Any, title: Text, facts: Facts, verdicts: list[Verdict], quotes: Facts | None = None
    ) -> Piece:
        return Piece(
            row=row,
            title=title,
            facts=[(name, text) for name, text in facts if text],
            verdicts=verdicts,
            ways=ways_with(type(row)),
            mended=fixed.get((kind, row.pk), []),
            quotes=[(name, text) for name, text in quotes or [] if text],
        )

    pieces = [
        *(
            piece("shipment", row, _("Package %(id)s") % {"id": row.external_id}, _package_facts(row),
                  [of_delivery(row, order, zone), of_tracking(row, order, zone)])
            for row in packages
        ),
        *(
            piece("return", row, _("Return %(id)s") % {"id": row.external_id}, _return_facts(row), of_return(row, zone),
                  [(_("The buyer"), row.comment)])
            for row in returns
        ),
        *(
            piece("feedback", row, _("Feedback: %(stars)d of 5") % {"stars": row.rating}, [], [of_rating(row)],
                  [(_("The buyer"), row.comment), (_("The seller"), row.seller_response)])
            for row in ratings
        ),
        *(
            piece("claim", row, str(row.get_kind_display()), _money_facts(row),
                  [of_claim(row, every_claim=every_claim)])
            for row in claims
        ),
        *(
            piece("chargeback", row, str(row.get_kind_display()), [*_money_facts(row), (_("Reason"), row.reason)],
                  [of_chargeback(row)])
            for row in chargebacks
        ),
        *(
            piece("survey_answer", row, f"{row.get_kind_display()} {answer_said(row)}", [],
                  [of_answer(row, answers, zone)], [(_("The buyer"), row.comment)])
            for row in answers
        ),
    ]  # fmt: skip
    standing_returns = [row for row in returns if row.deleted_at is None and not row.excluded]
    timeline = sorted(
        [
            *of_order_itself(order, zone), *of_packages(packages, zone), *of_returns(returns, account),
            *of_ratings(ratings, account), *of_claims(claims, account), *of_chargebacks(chargebacks, zone),
            *of_answers(answers, zone), *of_conversations(conversations, account),
        ],
        key=lambda one: one.at,
    )  # fmt: skip
    return OrderPage(
        account=account,
        order=order,
        verdicts=of_order(order, standing_returns, messages_count=terms.messages_count(order.day), zone=zone),
        pieces=pieces,
        timeline=timeline,
        conversations=conversations,
        facts=_facts(order),
        items=[item for item in order.items if isinstance(item, dict)],
        ways=ways_with(Order),
        mended=fixed.get(("order", order.pk), []),
    )


def _conversations(account: SellerAccount, order: Order) -> list[Conversation]:
    """The conversations that mention it, each with how often the buyer wrote."""
    mentions = Mention.objects.filter(account=account, order_external_id=order.external_id).values("conversation_id")
    found = Conversation.objects.filter(account=account, pk__in=mentions)
    written = Count("messages", filter=Q(messages__author_kind=Author.BUYER, messages__deleted_at=None))
    return list(found.annotate(written=written).order_by("day", "pk")[:MOST])


def _facts(order: Order) -> Facts:
    facts: Facts = [
        (_("Status"), str(order.get_status_display())),
        (_("Fulfilled by"), str(order.get_fulfilled_by_display() or _("Unknown"))),
        (_("Total"), money(order.total_amount, order.currency)),
        (_("Refunded"), money(order.refunded_amount, order.currency)),
        (_("Sales channel"), order.sales_channel),
        (_("Purchase"), str(order.get_purchase_display())),
        (_("Business order"), "" if order.is_business is None else _("Yes") if order.is_business else _("No")),
        (_("Replacement"), _("Yes") if order.is_replacement else ""),
        (_("Kept in"), f"{order.system}:{order.external_id}"),
    ]
    return [(title, text) for title, text in facts if text]


def _package_facts(row: Shipment) -> Facts:
    return [
        (_("Carrier"), " ".join(filter(None, (row.carrier, row.service)))),
        (_("Tracking number"), row.tracking_number),
        (_("Status"), row.status.replace("_", " ")),
    ]


def _return_facts(row: Return) -> Facts:
    return [
        (_("Status"), str(row.get_status_display())),
        (_("Reason"), row.reason),
        (_("Within the policy"), "" if row.in_policy is None else _("Yes") if row.in_policy else _("No")),
        (_("Refunded"), money(row.refunded_amount, row.currency)),
    ]


def _money_facts(row: Claim | Chargeback) -> Facts:
    return [(_("Status"), str(row.get_status_display())), (_("Amount"), money(row.amount, row.currency))]
