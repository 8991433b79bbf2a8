"""What records look like: each record type is declared here once.

From a declaration follow the checks of JSON and of tables, the columns a table is recognised by, the source names, the
OpenAPI description and the tables in docs/data-in.md. The order of a type's fields is stored (as bits of
`SourceRow.stated`): new fields go to the end.
"""

from intake.fields import TEXT_LIMIT, Choice, Day, Field, Flag, Ident, Idents, Moment, Number, Text, Whole
from intake.nested import Free, Part, Parts
from intake.record import Check, Get, RecordType, after
from intake.sentences import Sentence
from messaging.models import (
    Author,
    Channel,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    Priority,
    SurveyAnswer,
    SurveyKind,
    Visibility,
)
from orders.models import (
    CancelledBy,
    Chargeback,
    ChargebackKind,
    ChargebackStatus,
    Claim,
    ClaimKind,
    ClaimStatus,
    Feedback,
    FulfilledBy,
    OfficialFigure,
    OfficialMetric,
    Order,
    OrderStatus,
    PolicyViolation,
    Return,
    ReturnStatus,
    ViolationCategory,
    ViolationStatus,
)

SCHEMA = "1"
SYSTEMS = (
    "amazon", "shopify", "zendesk", "freshdesk", "email", "phone", "chat",
    "messenger", "instagram", "line", "whatsapp", "manual",
)  # fmt: skip
SYSTEM_PATTERN = "|".join(SYSTEMS) + r"|x-[a-z0-9][a-z0-9._-]{0,29}"
KEY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:+/=-]*"  # a keyed hash or an opaque ID; an e-mail address does not fit

PARTIAL = "partial"  # true: some facts about a record that another source reports; they wait until it does
CONTROL = ("type", "account", "system", "source_updated_at")  # words of a record that are not values of its row

ORDER_ID = "ID of the order; it may arrive later"


def _outside_scale(get: Get) -> bool:
    value, low, high = get("value_number"), get("scale_min"), get("scale_max")
    return value is not None and not (low is not None and high is not None and low < high and low <= value <= high)


def _no_answer(get: Get) -> bool:
    return get("kind") == SurveyKind.SOLVED and get("answered_at") is not None and get("solved") is None


def money(name: str) -> Number:
    return Number(name, digits=14, places=3)


def currency() -> Text:
    return Text("currency", "ISO 4217", limit=3, pattern="[A-Z]{3}")


def long_text(name: str, meaning: str = "", column: str | None = None) -> Text:
    return Text(name, meaning, column=column, limit=TEXT_LIMIT, cut=True)


def items() -> Parts:
    return Parts(
        "items",
        [
            Ident("external_id"),
            Text("sku", limit=80),
            Text("asin", limit=20),
            Text("title", limit=500, cut=True),
            Whole("quantity"),
            Whole("quantity_shipped"),
            Whole("quantity_cancelled"),
            money("unit_price"),
        ],
        "the articles",
    )


def package() -> list[Field]:
    return [
        Ident("external_id"),
        Moment("confirmed_at", "the seller confirmed the shipment"),
        Moment("shipped_at"),
        Text("carrier", limit=80),
        Text("service", limit=80),
        Text("tracking_number", limit=120),
        Text("status", limit=40),
        Moment("first_scan_at"),
        Moment("delivered_at"),
        Moment("delivered_seen_at"),
        Flag("tracking_valid", "what the platform says; absent: by its number, carrier and scans"),
        items(),
        Text("product_category", "of its articles, as the platform names it", limit=80),
        Text("origin_country", "shipped from, ISO 3166-1", limit=2, pattern="[A-Z]{2}"),
        Number("value_usd", "value with shipping, in US dollars", digits=14, places=3),
        Whole("scan_count", "scans of the carrier; 0: known to have none"),
        Moment("attempted_at", "first attempt to deliver, as the carrier documents it"),
        Moment("tracking_changed_at", "the tracking number was last entered or changed"),
        Flag("carrier_typed", "the carrier's name was typed under “Other”"),
        Flag("tracking_exempt", "the platform asks for no tracking"),
        Flag("delivery_protected", "counts as on time even when late"),
    ]


conversation = RecordType(
    "conversation",
    Conversation,
    "file.conversations",
    "a thread with one buyer",
    [
        Choice("channel", Channel, "where it takes place", required=True),
        Moment("opened_at", "its first message if absent"),
        Choice("status", ConversationStatus, "open if absent"),
        Moment("resolved_at", "the last time it was resolved"),
        Moment("closed_at"),
        Whole("reopened_count"),
        Parts(
            "status_events",
            [
                Moment("at", required=True),
                Choice("status", ConversationStatus, required=True),
                Text("actor_kind", limit=16),
            ],
            "every change of the status",
        ),
        Text("subject", limit=500, cut=True),
        Text("topic", limit=80),
        Text("language", limit=16),
        Text("url", "its page on the platform", limit=500, pattern=r"https?://[^\s\"<>]+"),
        Idents("order_external_ids", "orders it is about; may be empty"),
        Ident("buyer_key", "keyed hash of the buyer's ID, never a name or address", limit=64, pattern=KEY_PATTERN),
        Ident("assignee_external_id"),
        Text("assignee_name", limit=120),
        Choice("priority", Priority, "how urgent it is; targets may depend on it"),
    ],
    checks=[after("resolved_at", "opened_at"), after("closed_at", "opened_at")],
)

message = RecordType(
    "message",
    Message,
    "file.messages",
    "one message of a conversation",
    [
        Ident("conversation_external_id", "the conversation; it may arrive later", required=True),
        Moment("sent_at", "time at the source", required=True),
        Moment("received_at", "time our side saw it"),
        Choice("author_kind", Author, required=True),
        Choice("direction", Direction, required=True),
        Choice("visibility", Visibility, "public if absent; an internal note never answers a buyer"),
        Flag("automatic", "sent with nobody deciding at that moment: autoresponder, template, platform notice"),
        Choice("automatic_reason", ["auto_submitted", "bulk", "rule", "template", "platform", "bot"]),
        Flag("needs_reply", "null or absent: worked out from the message"),
        Choice("needs_reply_source", ["platform", "agent", "rule", "derived"], "who said so"),
        Ident("author_external_id", "the agent's ID; never sent for buyers"),
        long_text("body_text", "text only", column="body.text"),
        Whole("body_chars", "length of the whole text", column="body.chars"),
        Flag("body_truncated", "the sender has cut the text", column="body.truncated"),
        Parts(
            "attachments",
            [Text("name", limit=255, cut=True), Text("media_type", limit=120, cut=True), Whole("size", high=2**53)],
            "names and sizes, not contents",
            column="body.attachments",
        ),
        Ident("in_reply_to_external_id", column="extra"),
        Moment("edited_at", column="extra"),
        Ident("duplicate_of_external_id", column="extra"),
        Part(
            "call",
            [
                Moment("answered_at"),
                Moment("ended_at"),
                Whole("wait_seconds"),
                Whole("talk_seconds"),
                Choice("result", ["answered", "missed", "voicemail", "abandoned"]),
            ],
            "for phone calls",
            column="extra",
        ),
        Text("author_name", "the agent's name", limit=120, about="agent"),
        Choice("channel", Channel, "of the conversation", about="conversation"),
        Ident("order_external_id", "an order the conversation is about", about="conversation"),
        Text("topic", "of the conversation", limit=80, about="conversation"),
        Text("subject", "of the conversation", limit=500, cut=True, about="conversation"),
        Ident("buyer_key", "of the conversation", limit=64, pattern=KEY_PATTERN, about="conversation"),
    ],
)

survey_answer = RecordType(
    "survey_answer",
    SurveyAnswer,
    "file.survey_answers",
    "one answer to a survey; a later answer never overwrites it",
    [
        Choice("kind", SurveyKind, required=True),
        Ident("conversation_external_id", "the conversation; it may arrive later"),
        Ident("message_external_id", "the message the survey hung on"),
        Ident("order_external_id", ORDER_ID),
        Moment("asked_at"),
        Moment("answered_at", "absent: offered, not answered"),
        Flag("solved", "required when a solved survey was answered"),
        Number("value_number", "needs its scale beside it", digits=7, places=2, low=None),
        Number("scale_min", "lowest rating", digits=7, places=2, low=None),
        Number("scale_max", "highest rating", digits=7, places=2, low=None),
        Text("value_raw", "the answer as the source wrote it", limit=255, cut=True),
        long_text("comment"),
        Ident("question_id"),
        Ident("agent_external_id"),
    ],
    checks=[
        after("answered_at", "asked_at"),
        Check(
            ("value_number", "scale_min", "scale_max"),
            "value_number",
            _outside_scale,
            Sentence("value_number is outside scale_min..scale_max"),
        ),
        Check(
            ("kind", "answered_at", "solved"), "answered_at", _no_answer, Sentence("solved is missing"), missing=True
        ),
    ],
)

order = RecordType(
    "order",
    Order,
    "file.orders",
    "an order with its packages",
    [
        Moment("placed_at", required=True),
        Choice("status", OrderStatus, required=True),
        Choice("fulfilled_by", FulfilledBy),
        Text("sales_channel", limit=80),
        Moment(
            "ship_by_at",
            "latest promised; absent: by the account's handling time, else lateness is unknown",
            promise=True,
        ),
        Moment("deliver_by_at", "latest promised", promise=True),
        Moment("cancelled_at"),
        Choice("cancelled_by", CancelledBy),
        Text("cancel_reason", limit=255, cut=True),
        Moment("buyer_cancel_requested_at", "the buyer asked to cancel"),
        currency(),
        money("total_amount"),
        money("refunded_amount"),
        Text("name", "the number shown to people", limit=80),
        Text("marketplace_id", limit=32),
        Flag("is_replacement"),
        Flag("is_test"),
        items(),
        Parts(
            "shipments",
            package(),
            "its packages; a statement replaces them all",
            key="external_id",
            strict=True,
        ),
        Ident("buyer_key", "keyed hash of the buyer's ID, never a name or address", limit=64, pattern=KEY_PATTERN),
        Flag("is_business", "placed by a business customer; absent: unknown"),
        Moment("invoice_uploaded_at", "when its invoice was uploaded to the platform"),
        Flag("buyer_asked_to_cancel", "in the platform, where no source says when"),
        Flag("cancellation_counts", "whether the platform holds it against the seller; absent: by who cancelled"),
        Moment("refunded_at", "the last time money was given back"),
        Parts(
            "packages",
            package(),
            "facts about single packages, found by tracking_number; they fill in what shipments leave out",
            strict=True,
            about="packages",
        ),
    ],
    checks=[after("cancelled_at", "placed_at")],
    flat="shipments",
)

return_ = RecordType(
    "return",
    Return,
    "file.returns",
    "a buyer's request to send something back",
    [
        Ident("order_external_id", ORDER_ID),
        Moment("requested_at"),
        Day("requested_on"),
        Moment("received_at"),
        Day("received_on"),
        Choice("status", ReturnStatus, "without one, and without a moment below: not answered yet"),
        Moment("responded_at", "the seller's first valid answer"),
        Text("reason", limit=255, cut=True),
        long_text("comment"),
        Flag("in_policy"),
        Text("resolution", limit=255, cut=True),
        Moment("refunded_at"),
        money("refunded_amount"),
        currency(),
        Flag("a_to_z"),
        Choice("fulfilled_by", FulfilledBy),
        items(),
        Moment("closed_at", "the request was closed"),
        Flag("auto_authorized", "authorised by a rule, at once"),
        Flag("buyer_solved", "the buyer's answer whether the return was resolved"),
    ],
    checks=[after("responded_at", "requested_at")],
    one_of=("requested_at", "requested_on", "received_at", "received_on"),
)

feedback = RecordType(
    "feedback",
    Feedback,
    "file.feedback",
    "a buyer's rating of the seller",
    [
        Ident("order_external_id", ORDER_ID),
        Whole("rating", "stars", low=1, high=5, required=True),
        Moment("rated_at"),
        Day("rated_on"),
        long_text("comment"),
        long_text("seller_response"),
        Moment("removed_at"),
    ],
    one_of=("rated_at", "rated_on"),
)

claim = RecordType(
    "claim",
    Claim,
    "file.claims",
    "an A-to-z or other claim about an order",
    [
        Ident("order_external_id", ORDER_ID, required=True),
        Choice("kind", ClaimKind, "a_to_z if absent"),
        Moment("opened_at"),
        Day("opened_on"),
        Choice("status", ClaimStatus, "open if absent"),
        Moment("decided_at"),
        money("amount"),
        currency(),
        Flag("counts_in_odr", "what the platform says; absent: by the account's rule"),
    ],
    checks=[after("decided_at", "opened_at")],
)

chargeback = RecordType(
    "chargeback",
    Chargeback,
    "file.chargebacks",
    "a payment dispute through the buyer's bank",
    [
        Ident("order_external_id", ORDER_ID),
        Choice("kind", ChargebackKind, "chargeback if absent"),
        Text("reason", limit=80, cut=True),
        Text("network_reason_code", limit=40),
        Moment("initiated_at", required=True),
        Choice("status", ChargebackStatus, "needs_response if absent"),
        money("amount"),
        currency(),
        Moment("evidence_due_at", promise=True),
        Moment("finalized_at"),
        Flag("counts_in_odr", "what the platform says; absent: by its reason"),
    ],
)

policy_violation = RecordType(
    "policy_violation",
    PolicyViolation,
    "file.policy_violations",
    "a policy violation the platform holds against the account",
    [
        Choice("category", ViolationCategory, required=True),
        Moment("opened_at", "without a day it counts on the day it was last reported"),
        Day("opened_on"),
        Choice("status", ViolationStatus, "open if absent"),
        Text("asin", limit=20),
        Text("sku", limit=80),
        long_text("description"),
        Whole("count", "1 if absent", low=1),
    ],
)

platform_metric = RecordType(
    "platform_metric",
    OfficialFigure,
    "file.platform_metrics",
    "a figure as the platform itself reports it",
    [
        Choice("metric", OfficialMetric, required=True),
        Choice("fulfilled_by", FulfilledBy),
        Moment("period_from", required=True),
        Moment("period_to", required=True),
        Whole("numerator", high=2**63 - 1),
        Whole("denominator", high=2**63 - 1),
        Number("rate", "the figure: a share of 1, points or an amount", digits=24, places=12, low=None, rounds=True),
        Text("platform_status", limit=40),
        Number("target_value", digits=18, places=12, low=None, rounds=True),
        Text("target_condition", limit=40),
        Free("components", "what the figure is made of"),
    ],
    checks=[after("period_to", "period_from")],
)

RECORD_TYPES: dict[str, RecordType] = {
    one.name: one
    for one in (
        conversation, message, survey_answer, order, return_,
        feedback, claim, chargeback, policy_violation, platform_metric,
    )
}  # fmt: skip
