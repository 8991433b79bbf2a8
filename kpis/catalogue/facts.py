"""The tables that are counted, each with its clock, and how the passing of time becomes rows in them."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import messaging.lapse
import orders.lapse
from kpis.metrics import Column, Fact, Lapse
from messaging.models import Author, Message, SurveyAnswer, Turn
from orders.models import Order, Shipment

contacts = Fact(
    slug="contacts",
    title=_("Buyer messages"),
    needs=_("Import messages"),
    model=Message,
    rows=Q(author_kind=Author.BUYER),
    moment="sent_at",
    columns=(
        Column(path="sent_at", title=_("Sent"), kind="moment"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="conversation__channel", title=_("Channel"), kind="choice"),
        Column(path="conversation__topic", title=_("Topic")),
        Column(path="external_id", title=_("Message")),
        Column(path="reply", title=_("Reply"), kind="choice"),
        Column(path="reply_seconds", title=_("Waited"), kind="duration"),
        Column(path="replied_by__name", title=_("Answered by")),
    ),
)

turns = Fact(
    slug="turns",
    title=_("Turns: stretches in which a buyer waits"),
    needs=_("Import messages"),
    model=Turn,
    moment="opened_at",
    columns=(
        Column(path="opened_at", title=_("Opened"), kind="moment"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="channel", title=_("Channel"), kind="choice"),
        Column(path="topic", title=_("Topic")),
        Column(path="first", title=_("First"), kind="yes_no"),
        Column(path="reply", title=_("Reply"), kind="choice"),
        Column(path="reply_seconds", title=_("Waited"), kind="duration"),
        Column(path="agent__name", title=_("Answered by")),
    ),
)

answers = Fact(
    slug="answers",
    title=_("Survey answers"),
    needs=_("Import survey answers"),
    model=SurveyAnswer,
    moment="answered_at",
    columns=(
        Column(path="answered_at", title=pgettext_lazy("when a buyer answered the survey", "Answered"), kind="moment"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="order_external_id", title=_("Order")),
        Column(path="conversation__topic", title=_("Topic")),
        Column(path="solved", title=_("Solved"), kind="yes_no"),
        Column(path="comment", title=_("Comment")),
        Column(path="external_id", title=_("Answer")),
    ),
)

orders_placed = Fact(
    slug="orders",
    title=_("Orders by the day they were placed"),
    needs=_("Import orders"),
    model=Order,
    moment="placed_at",
    columns=(
        Column(path="placed_at", title=_("Placed"), kind="moment"),
        Column(path="external_id", title=_("Order")),
        Column(path="status", title=_("Status"), kind="choice"),
        Column(path="fulfilled_by", title=_("Fulfilled by"), kind="choice"),
        Column(path="ship_by_at", title=_("Ship by"), kind="moment"),
        Column(path="confirmed_at", title=_("Confirmed"), kind="moment"),
        Column(path="shipment", title=_("Shipment"), kind="choice"),
        Column(path="cancellation", title=_("Cancellation"), kind="choice"),
        Column(path="negative_feedback", title=_("Negative feedback"), kind="yes_no"),
        Column(path="claimed", title=_("A-to-z claim of any outcome"), kind="yes_no"),
        Column(path="claim_counts", title=_("A-to-z claim"), kind="yes_no"),
        Column(path="chargeback_counts", title=_("Chargeback"), kind="yes_no"),
        Column(path="refunded", title=_("Refunded"), kind="yes_no"),
        Column(path="buyer_wrote", title=_("Buyer wrote"), kind="yes_no"),
        Column(path="purchase", title=_("Purchase"), kind="choice"),
    ),
)

packages = Fact(
    slug="packages",
    title=_("Packages by the promised day of delivery"),
    needs=_("Import orders with their packages and the promised day of delivery"),
    model=Shipment,
    moment="deliver_by_at",
    columns=(
        Column(path="deliver_by_at", title=_("Deliver by"), kind="moment"),
        Column(path="order__external_id", title=_("Order")),
        Column(path="external_id", title=_("Package")),
        Column(path="product_category", title=_("Product category")),
        Column(path="carrier", title=_("Carrier")),
        Column(path="tracking_number", title=_("Tracking number")),
        Column(path="confirmed_at", title=_("Confirmed"), kind="moment"),
        Column(path="attempted_at", title=_("First attempt"), kind="moment"),
        Column(path="delivered_at", title=_("Delivered"), kind="moment"),
        Column(path="weight", title=_("Counts as")),
        Column(path="delivery", title=_("Delivery"), kind="choice"),
        Column(path="tracking", title=_("Tracking"), kind="choice"),
    ),
)

FACTS = {
    fact.slug: fact
    for fact in (
        answers, contacts, turns, orders_placed,
        packages,
    )
}  # fmt: skip

LAPSES = (
    Lapse(messaging.lapse.due_accounts, messaging.lapse.lapse),
    Lapse(orders.lapse.due_accounts, orders.lapse.lapse),
)
