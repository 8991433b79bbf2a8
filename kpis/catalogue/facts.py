"""The tables that are counted, each with its clock, and how the passing of time becomes rows in them."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import messaging.lapse
import orders.lapse
from kpis.failures import AccountFailure
from kpis.metrics import Column, Fact, Lapse
from messaging.models import Author, Conversation, Message, SurveyAnswer, Turn
from orders.models import Feedback, OfficialFigure, Order, PolicyViolation, Return, Shipment

CONVERSATION = (
    Column(path="external_id", title=_("Conversation")),
    Column(path="channel", title=_("Channel"), kind="choice", split="channel"),
    Column(path="topic", title=_("Topic"), split="topic"),
    Column(path="outcome", title=_("Outcome"), kind="choice"),
)

contacts = Fact(
    slug="contacts",
    title=_("Buyer messages"),
    needs=_("Import messages"),
    model=Message,
    rows=Q(author_kind=Author.BUYER),
    moment="sent_at",
    hourly=True,
    columns=(
        Column(path="sent_at", title=_("Sent"), kind="moment"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="conversation__channel", title=_("Channel"), kind="choice", split="channel"),
        Column(path="conversation__topic", title=_("Topic"), split="topic"),
        Column(path="external_id", title=_("Message")),
        Column(path="reply", title=_("Reply"), kind="choice"),
        Column(path="reply_seconds", title=_("Waited"), kind="duration"),
        Column(path="replied_by__name", title=_("Answered by"), split="agent"),
    ),
)

turns = Fact(
    slug="turns",
    title=_("Turns: stretches in which a buyer waits"),
    needs=_("Import messages"),
    model=Turn,
    moment="opened_at",
    hourly=True,
    columns=(
        Column(path="opened_at", title=_("Opened"), kind="moment"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="channel", title=_("Channel"), kind="choice", split="channel"),
        Column(path="topic", title=_("Topic"), split="topic", always=True),
        Column(path="first", title=_("First"), kind="yes_no"),
        Column(path="reply", title=_("Reply"), kind="choice"),
        Column(path="reply_seconds", title=_("Waited"), kind="duration", explains=("reply", "target_reply")),
        Column(
            path="agent__name",
            title=_("Answered by"),
            split="agent",
            explains=("reply", "reply_seconds", "target_reply"),
        ),
        Column(path="due_at", title=_("Due by its target"), kind="moment", explains=("target_reply",)),
        Column(path="target_reply", title=_("Against its target"), kind="choice"),
        Column(path="business_seconds", title=_("Waited in business hours"), kind="duration"),
        Column(path="acknowledged_seconds", title=_("First response of any kind after"), kind="duration"),
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
        Column(path="order_external_id", title=_("Order"), always=True),
        Column(path="conversation__topic", title=_("Topic"), split="topic", always=True),
        Column(path="solved", title=_("Solved"), kind="yes_no"),
        Column(path="value_number", title=_("Rating"), explains=("satisfied",)),
        Column(path="scale_max", title=_("Highest rating"), explains=("satisfied",)),
        Column(path="satisfied", title=_("Satisfied"), kind="yes_no"),
        Column(path="comment", title=_("Comment"), always=True),
        Column(path="external_id", title=_("Answer")),
    ),
)

surveys = Fact(
    slug="surveys",
    title=_("Surveys by the day buyers were asked"),
    needs=_("Import survey answers with the moment the buyer was asked, also those that nobody answered"),
    model=SurveyAnswer,
    moment="asked_at",
    columns=(
        Column(path="asked_at", title=_("Asked"), kind="moment"),
        Column(path="kind", title=_("Survey"), kind="choice", split="survey"),
        Column(path="conversation__external_id", title=_("Conversation")),
        Column(path="order_external_id", title=_("Order")),
        Column(path="answered_at", title=pgettext_lazy("when a buyer answered the survey", "Answered"), kind="moment"),
        Column(path="external_id", title=_("Answer")),
    ),
)

conversations = Fact(
    slug="conversations",
    title=_("Conversations by the day they began"),
    needs=_("Import conversations and their messages"),
    model=Conversation,
    moment="first_message_at",
    columns=(
        Column(path="first_message_at", title=_("First message"), kind="moment"),
        *CONVERSATION,
        Column(path="human_replies", title=_("Replies by a person")),
        Column(path="handovers", title=_("Hand-overs")),
        Column(path="handover_seconds", title=_("Waited in hand-overs"), kind="duration"),
    ),
)

first_resolutions = Fact(
    slug="first_resolutions",
    title=_("Conversations by the day they were first resolved"),
    needs=_("Import conversations with their status changes"),
    model=Conversation,
    moment="first_resolved_at",
    columns=(
        Column(path="first_resolved_at", title=_("First resolved"), kind="moment"),
        *CONVERSATION,
        Column(path="first_resolution_seconds", title=_("Took until first resolved"), kind="duration"),
    ),
)

resolutions = Fact(
    slug="resolutions",
    title=_("Conversations by the day they were last resolved"),
    needs=_("Import conversations with their status changes"),
    model=Conversation,
    moment="last_resolved_at",
    columns=(
        Column(path="last_resolved_at", title=_("Resolved"), kind="moment"),
        *CONVERSATION,
        Column(path="full_resolution_seconds", title=_("Took in all"), kind="duration"),
        Column(path="resolutions", title=_("Times resolved")),
        Column(path="reopens", title=_("Times opened again")),
        Column(path="one_touch", title=_("Solved with one reply"), kind="choice"),
    ),
)

endings = Fact(
    slug="endings",
    title=_("Conversations by the day they ended"),
    needs=_("Import conversations with their status changes"),
    model=Conversation,
    moment="ended_at",
    columns=(Column(path="ended_at", title=_("Ended"), kind="moment"), *CONVERSATION),
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
        Column(path="status", title=_("Status"), kind="choice", always=True),
        Column(path="fulfilled_by", title=_("Fulfilled by"), kind="choice", split="fulfilment"),
        Column(path="ship_by_at", title=_("Ship by"), kind="moment", explains=("shipment",)),
        Column(path="expected_ship_at", title=_("Expected ship date"), kind="moment", explains=("shipment",)),
        Column(path="confirmed_at", title=_("Confirmed"), kind="moment", explains=("shipment",)),
        Column(path="shipment", title=_("Shipment"), kind="choice"),
        Column(path="cancellation", title=_("Cancellation"), kind="choice"),
        Column(
            path="negative_feedback", title=_("Negative feedback"), kind="yes_no", explains=("defective", "perfect")
        ),
        Column(path="claimed", title=_("A-to-z claim of any outcome"), kind="yes_no"),
        Column(path="claim_counts", title=_("A-to-z claim"), kind="yes_no", explains=("defective", "perfect")),
        Column(path="chargeback_counts", title=_("Chargeback"), kind="yes_no", explains=("defective", "perfect")),
        Column(path="refunded", title=_("Refunded"), kind="yes_no", explains=("perfect",)),
        Column(path="buyer_wrote", title=_("Buyer wrote"), kind="yes_no", explains=("perfect",)),
        Column(path="purchase", title=_("Purchase"), kind="choice"),
        Column(path="invoice_due_at", title=_("Invoice due"), kind="moment", explains=("invoice",)),
        Column(path="invoice", title=_("Invoice"), kind="choice"),
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
        Column(path="product_category", title=_("Product category"), split="product"),
        Column(path="carrier", title=_("Carrier"), split="carrier", explains=("tracking",)),
        Column(path="tracking_number", title=_("Tracking number"), explains=("tracking",)),
        Column(path="confirmed_at", title=_("Confirmed"), kind="moment", explains=("tracking",)),
        Column(path="attempted_at", title=_("First attempt"), kind="moment", explains=("delivery",)),
        Column(path="delivered_at", title=_("Delivered"), kind="moment", explains=("delivery",)),
        Column(path="weight", title=_("Counts as")),
        Column(path="delivery", title=_("Delivery"), kind="choice"),
        Column(path="tracking", title=_("Tracking"), kind="choice"),
    ),
)

returns = Fact(
    slug="returns",
    title=_("Returns by the day of the request"),
    needs=_("Import returns with the moment of the seller's answer"),
    model=Return,
    moment="day",
    columns=(
        Column(path="day", title=_("Requested")),
        Column(path="order_external_id", title=_("Order")),
        Column(path="external_id", title=_("Return")),
        Column(path="status", title=_("Status"), kind="choice", always=True),
        Column(path="reason", title=_("Reason of the return"), split="reason", always=True),
        Column(path="in_policy", title=_("Within the policy"), kind="yes_no", explains=("rejection",)),
        Column(path="requested_at", title=_("Requested at"), kind="moment", explains=("answer",)),
        Column(path="responded_at", title=_("Answered at"), kind="moment", explains=("answer",)),
        Column(path="answer", title=_("Answer"), kind="choice"),
        Column(path="rejection", title=_("Rejection"), kind="choice"),
        Column(path="buyer_solved", title=_("Resolved for the buyer"), kind="yes_no"),
    ),
)

ratings = Fact(
    slug="feedback",
    title=_("Ratings of the seller by the day they were left"),
    needs=_("Import feedback, all ratings from one to five stars"),
    model=Feedback,
    moment="day",
    columns=(
        Column(path="day", title=_("Left")),
        Column(path="order_external_id", title=_("Order")),
        Column(path="rating", title=_("Stars")),
        Column(path="comment", title=_("Comment"), always=True),
        Column(path="seller_response", title=_("Seller's answer")),
        Column(path="removed_at", title=_("Removed"), kind="moment"),
        Column(path="external_id", title=_("Rating")),
    ),
)

violations = Fact(
    slug="violations",
    title=_("Policy violations by the day they were opened"),
    needs=_("Import policy violations, or state that there are none with one that is resolved"),
    model=PolicyViolation,
    moment="day",
    columns=(
        Column(path="day", title=_("Opened")),
        Column(path="category", title=_("Category"), kind="choice", split="category"),
        Column(path="status", title=_("Status"), kind="choice"),
        Column(path="count", title=_("Count")),
        Column(path="asin", title="ASIN"),
        Column(path="sku", title="SKU"),
        Column(path="description", title=_("Description")),
        Column(path="external_id", title=_("Violation")),
    ),
)

official = Fact(
    slug="official",
    title=_("Figures that the platform itself reports, by the last day of their period"),
    needs=_("Import the platform's own figures"),
    model=OfficialFigure,
    moment="period_to",
    columns=(
        Column(path="period_to", title=_("Period to"), kind="moment"),
        Column(path="period_from", title=_("Period from"), kind="moment"),
        Column(path="metric", title=_("Figure"), kind="choice"),
        Column(path="rate", title=_("Value"), kind="number"),
        Column(path="numerator", title=_("Numerator")),
        Column(path="denominator", title=_("Denominator")),
        Column(path="platform_status", title=_("The platform's verdict")),
        Column(path="external_id", title=_("ID")),
    ),
)

FACTS = {
    fact.slug: fact
    for fact in (
        answers, surveys, contacts, turns, conversations, first_resolutions, resolutions, endings, orders_placed,
        packages, returns, ratings, violations, official,
    )
}  # fmt: skip

LAPSES = (
    Lapse(AccountFailure.Work.REPLIES, messaging.lapse.due, messaging.lapse.lapse),
    Lapse(AccountFailure.Work.ORDERS, orders.lapse.due, orders.lapse.lapse),
)
