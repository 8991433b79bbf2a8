"""Orders with their verdicts, and what was said about them: shipments, returns, feedback, claims, chargebacks."""

from datetime import UTC, date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.handling import HandlingTime as HandlingTime  # a table of this room, kept with its rules
from sellers.facts import DatedRow, SourceRow, source_constraint


class OrderStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    UNSHIPPED = "unshipped", _("Unshipped")
    PARTIALLY_SHIPPED = "partially_shipped", _("Partially shipped")
    SHIPPED = "shipped", _("Shipped")
    CANCELLED = "cancelled", _("Cancelled")
    UNFULFILLABLE = "unfulfillable", _("Unfulfillable")


class FulfilledBy(models.TextChoices):
    MERCHANT = "merchant", _("Seller (MFN)")
    MARKETPLACE = "marketplace", _("Marketplace (AFN)")


class CancelledBy(models.TextChoices):
    BUYER = "buyer", _("Buyer")
    SELLER = "seller", _("Seller")
    MARKETPLACE = "marketplace", _("Marketplace")
    UNKNOWN = "unknown", _("Unknown")


class Standing(models.IntegerChoices):
    """Whether an order belongs in the order-health rates at all."""

    COUNTS = 0, _("Counts")
    PENDING = 1, _("Still pending")
    OTHER_CHANNEL = 2, _("Sold outside the marketplace")
    TEST = 3, _("Test order")
    DELETED = 4, _("Deleted at the source")
    EXCLUDED = 5, _("Excluded by a person")


class ShipmentVerdict(models.IntegerChoices):
    ON_TIME = 0, _("Confirmed by the ship-by date")
    LATE = 1, _("Confirmed after the ship-by date")
    OVERDUE = 2, _("Not confirmed, ship-by date passed")
    WAITING = 3, _("Not confirmed, not due yet")
    UNKNOWN = 4, _("No ship-by date or no time of confirmation")
    CANCELLED = 5, _("Cancelled before it was confirmed")


class Delivery(models.IntegerChoices):
    """Whether a package reached the buyer by the promised day."""

    ON_TIME = 0, _("Delivered by the promised day")
    PROTECTED = 1, _("Late, but protected by the platform")
    LATE = 2, _("Delivered late")
    OVERDUE = 3, _("Not delivered, promised day is over")
    WAITING = 4, _("Not delivered, promised day still to come")
    UNTRACKED = 5, _("No tracking number")
    NOT_VALID = 6, _("No valid tracking")
    UNCONFIRMED = 7, _("Not confirmed as shipped")
    UNKNOWN = 8, _("Unknown when it was delivered")


class Tracking(models.IntegerChoices):
    """Whether a package could be followed: the first of the three checks that it fails, if any."""

    VALID = 0, _("Valid")
    NUMBER = 1, _("Number missing, unusable or entered after delivery")
    CARRIER = 2, _("Number and carrier do not match")
    SCANS = 3, _("Scans of the carrier missing or too late")
    EXEMPT = 4, _("Exempt from valid tracking")
    UNCONFIRMED = 5, _("Not confirmed as shipped")
    UNKNOWN = 6, _("Unknown whether the carrier scanned it")


class CancellationVerdict(models.IntegerChoices):
    NONE = 0, _("Not cancelled before shipping")
    SELLER = 1, _("Cancelled for a reason of the seller")
    BUYER = 2, _("Cancelled at the buyer's request")
    MARKETPLACE = 3, _("Cancelled by the marketplace, not the seller's fault")
    UNKNOWN = 4, _("Cancelled, unknown by whom")


class Purchase(models.IntegerChoices):
    """Which purchase of its buyer an order is, among those that count and were not cancelled."""

    UNKNOWN = 0, _("Buyer unknown")
    FIRST = 1, _("The buyer's first")
    REPEAT = 2, _("The buyer has bought before")
    NONE = 3, _("No purchase: cancelled, or outside the rates")


class InvoiceVerdict(models.IntegerChoices):
    """Whether the invoice of a business order was uploaded in time."""

    NONE = 0, _("Not known as a business order")
    ON_TIME = 1, _("Uploaded in time")
    LATE = 2, _("Uploaded late")
    MISSING = 3, _("Not uploaded, and due")
    WAITING = 4, _("Not uploaded, not due yet")
    UNKNOWN = 5, _("No confirmed shipment, so nothing is due")
    UNTOLD = 6, _("Due, but no invoice of this account was ever reported")


class ClaimKind(models.TextChoices):
    A_TO_Z = "a_to_z", _("A-to-z Guarantee claim")
    SAFE_T = "safe_t", _("SAFE-T claim")
    OTHER = "other", _("Other")


class ClaimStatus(models.TextChoices):
    OPEN = "open", _("Open")
    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Denied")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    APPEALED = "appealed", _("Appealed")


class ChargebackKind(models.TextChoices):
    CHARGEBACK = "chargeback", _("Chargeback")
    INQUIRY = "inquiry", _("Inquiry")


class ChargebackStatus(models.TextChoices):
    NEEDS_RESPONSE = "needs_response", _("Needs a response")
    UNDER_REVIEW = "under_review", _("Under review")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    ACCEPTED = "accepted", _("Accepted")
    REFUNDED = "refunded", _("Refunded")


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RECEIVED = "received", _("Received")
    REFUNDED = "refunded", _("Refunded")
    CLOSED = "closed", _("Closed")


class ReturnStanding(models.IntegerChoices):
    """Whether a return is a request that the seller had to answer."""

    COUNTS = 0, _("Counts")
    NO_REQUEST = 1, _("Only its receipt is known")
    MARKETPLACE = 2, _("Handled by the marketplace")
    UNKNOWN_SHIPPER = 3, _("Unknown who shipped it")
    OTHER_CHANNEL = 4, _("Sold outside the marketplace")
    TEST = 5, _("Test order")
    DELETED = 6, _("Deleted at the source")
    EXCLUDED = 7, _("Excluded by a person")


class ReturnAnswer(models.IntegerChoices):
    """Whether the seller authorised, refunded or closed the request within 48 hours."""

    ON_TIME = 0, _("Answered within 48 hours")
    LATE = 1, _("Answered after 48 hours")
    NONE = 2, _("Not answered within 48 hours")
    WAITING = 3, _("Not answered, 48 hours are not over")
    UNKNOWN = 4, _("Unknown when it was answered")


class Rejection(models.IntegerChoices):
    NONE = 0, _("Not turned down")
    FAIR = 1, _("Turned down fairly, or settled all the same")
    INVALID = 2, _("Turned down although within the policy")
    UNKNOWN = 3, _("Turned down, unknown whether within the policy")


class RatingStanding(models.IntegerChoices):
    """Whether a rating is the one that stands for its order."""

    COUNTS = 0, _("Counts")
    REMOVED = 1, _("Removed or struck through")
    REPLACED = 2, _("Replaced by a later rating of the order")
    DELETED = 3, _("Deleted at the source")
    EXCLUDED = 4, _("Excluded by a person")


class ViolationCategory(models.TextChoices):
    LISTING_POLICY = "listing_policy", _("Listing policy")
    RECEIVED_IP = "received_ip", _("Received intellectual property complaints")
    SUSPECTED_IP = "suspected_ip", _("Suspected intellectual property violations")
    AUTHENTICITY = "authenticity", _("Product authenticity complaints")
    CONDITION = "condition", _("Product condition complaints")
    PRODUCT_SAFETY = "product_safety", _("Product safety complaints")
    FOOD_SAFETY = "food_safety", _("Food and product safety")
    RESTRICTED_PRODUCT = "restricted_product", _("Restricted products")
    CUSTOMER_REVIEWS = "customer_reviews", _("Customer product reviews")
    DOCUMENT_REQUEST = "document_request", _("Document requests")
    OTHER = "other", _("Other")


class OfficialMetric(models.TextChoices):
    """What the platform itself reports figures about; the last ones are its counts of policy violations."""

    LATE_SHIPMENT_RATE = "late_shipment_rate", _("Late shipment rate")
    ORDER_DEFECT_RATE = "order_defect_rate", _("Order defect rate")
    PREFULFILLMENT_CANCEL_RATE = "prefulfillment_cancel_rate", _("Pre-fulfilment cancel rate")
    VALID_TRACKING_RATE = "valid_tracking_rate", _("Valid tracking rate")
    ON_TIME_DELIVERY_RATE = "on_time_delivery_rate", _("On-time delivery rate, by packages")
    UNIT_ON_TIME_DELIVERY_RATE = "unit_on_time_delivery_rate", _("On-time delivery rate, by units")
    INVOICE_DEFECT_RATE = "invoice_defect_rate", _("Invoice defect rate")
    ACCOUNT_HEALTH_RATING = "account_health_rating", _("Account health rating")
    WARNING_STATE = "warning_state", _("Warning")
    LISTING_BOUNCE_RATE = "listing_bounce_rate", _("Listing bounce rate")
    SALES_AMOUNT = "sales_amount", _("Sales")
    LISTING_POLICY = ViolationCategory.LISTING_POLICY.value, ViolationCategory.LISTING_POLICY.label
    RECEIVED_IP = ViolationCategory.RECEIVED_IP.value, ViolationCategory.RECEIVED_IP.label
    SUSPECTED_IP = ViolationCategory.SUSPECTED_IP.value, ViolationCategory.SUSPECTED_IP.label
    AUTHENTICITY = ViolationCategory.AUTHENTICITY.value, ViolationCategory.AUTHENTICITY.label
    CONDITION = ViolationCategory.CONDITION.value, ViolationCategory.CONDITION.label
    PRODUCT_SAFETY = ViolationCategory.PRODUCT_SAFETY.value, ViolationCategory.PRODUCT_SAFETY.label
    FOOD_SAFETY = ViolationCategory.FOOD_SAFETY.value, ViolationCategory.FOOD_SAFETY.label
    RESTRICTED_PRODUCT = ViolationCategory.RESTRICTED_PRODUCT.value, ViolationCategory.RESTRICTED_PRODUCT.label
    CUSTOMER_REVIEWS = ViolationCategory.CUSTOMER_REVIEWS.value, ViolationCategory.CUSTOMER_REVIEWS.label
    DOCUMENT_REQUEST = ViolationCategory.DOCUMENT_REQUEST.value, ViolationCategory.DOCUMENT_REQUEST.label
    OTHER = ViolationCategory.OTHER.value, ViolationCategory.OTHER.label


class ViolationStatus(models.TextChoices):
    OPEN = "open", _("Open")
    APPEALED = "appealed", _("Appealed")
    RESOLVED = "resolved", _("Resolved")


class Order(SourceRow):
    """An order: what it promised, what happened, and the verdicts that follow. It counts on the day it was placed."""

    days = {"day": "placed_at"}
    facts = {"orders": "day"}
    derived = (
        "day", "confirmed_at", "standing", "shipment", "cancellation",
        "negative_feedback", "claimed", "claim_counts", "chargeback_counts", "defective",
        "expected_ship_at", "due_at", "refunded", "buyer_wrote", "perfect", "purchase", "invoice_due_at", "invoice",
    )  # fmt: skip

    placed_at = models.DateTimeField(_("placed at"))
    status = models.CharField(_("status"), max_length=20, choices=OrderStatus.choices)
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default=""
    )
    sales_channel = models.CharField(_("sales channel"), max_length=80, blank=True)
    ship_by_at = models.DateTimeField(_("ship by"), null=True, blank=True)
    deliver_by_at = models.DateTimeField(_("deliver by"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.CharField(
        _("cancelled by"), max_length=12, choices=CancelledBy.choices, blank=True, default=""
    )
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=255, blank=True)
    buyer_cancel_requested_at = models.DateTimeField(_("buyer asked to cancel at"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    total_amount = models.DecimalField(_("total"), max_digits=14, decimal_places=3, null=True, blank=True)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=14, decimal_places=3, null=True, blank=True)
    name = models.CharField(_("order number"), max_length=80, blank=True)
    marketplace_id = models.CharField(_("marketplace ID"), max_length=32, blank=True)
    is_replacement = models.BooleanField(_("replacement"), default=False)
    is_test = models.BooleanField(_("test order"), default=False)
    items = models.JSONField(_("items"), default=list, blank=True)
    buyer_key = models.CharField(_("buyer key"), max_length=64, blank=True)
    is_business = models.BooleanField(_("business order"), null=True, blank=True)
    invoice_uploaded_at = models.DateTimeField(_("invoice uploaded at"), null=True, blank=True)

    day = models.DateField(_("day"), editable=False)
    confirmed_at = models.DateTimeField(
        _("shipment confirmed at"),
        null=True,
        editable=False,
        help_text=_("When the last of its packages was confirmed; unknown while one is not."),
    )
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=Standing.choices, default=Standing.COUNTS, editable=False
    )
    shipment = models.PositiveSmallIntegerField(
        _("shipment"), choices=ShipmentVerdict.choices, default=ShipmentVerdict.UNKNOWN, editable=False
    )
    cancellation = models.PositiveSmallIntegerField(
        _("cancellation"), choices=CancellationVerdict.choices, default=CancellationVerdict.NONE, editable=False
    )
    negative_feedback = models.BooleanField(_("negative feedback"), default=False, editable=False)
    claimed = models.BooleanField(_("A-to-z claim of any outcome"), default=False, editable=False)
    claim_counts = models.BooleanField(_("A-to-z claim that counts"), default=False, editable=False)
    chargeback_counts = models.BooleanField(_("service chargeback"), default=False, editable=False)
    defective = models.BooleanField(_("order defect"), default=False, editable=False)
    refunded = models.BooleanField(_("refunded at least in part"), default=False, editable=False)
    buyer_wrote = models.BooleanField(
        _("the buyer wrote about it"),
        default=False,
        editable=False,
        help_text=_("A conversation about this order was started by the buyer."),
    )
    perfect = models.BooleanField(_("perfect order"), default=False, editable=False)
    purchase = models.PositiveSmallIntegerField(
        _("purchase"), choices=Purchase.choices, default=Purchase.UNKNOWN, editable=False
    )
    expected_ship_at = models.DateTimeField(
        _("expected ship date"),
        null=True,
        editable=False,
        help_text=_("Worked out from the handling time, where no source says by when it ships."),
    )
    due_at = models.DateTimeField(
        _("shipment due"),
        null=True,
        editable=False,
        help_text=_("The ship-by date of the source, else the expected one."),
    )
    invoice_due_at = models.DateTimeField(_("invoice due"), null=True, editable=False)
    invoice = models.PositiveSmallIntegerField(
        _("invoice"), choices=InvoiceVerdict.choices, default=InvoiceVerdict.NONE, editable=False
    )

    class Meta(SourceRow.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            source_constraint("order"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(cancelled_at__gte=F("placed_at")),
                name="order_cancelled_after_placed",
            ),
            models.CheckConstraint(
                condition=Q(total_amount=None) | Q(total_amount__gte=0), name="order_total_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=None) | Q(refunded_amount__gte=0), name="order_refund_not_negative"
            ),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status"),
            models.CheckConstraint(
                condition=Q(defective=Q(negative_feedback=True) | Q(claim_counts=True) | Q(chargeback_counts=True)),
                name="order_defective_is_any_part",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "day"],
                include=[
                    "standing",
                    "fulfilled_by",
                    "shipment",
                    "cancellation",
                    "negative_feedback",
                    "claimed",
                    "claim_counts",
                    "chargeback_counts",
                    "defective",
                    "refunded",
                    "perfect",
                    "purchase",
                    "invoice",
                ],
                name="order_by_day",
            ),
            # Which orders of a buyer came before this one.
            models.Index(
                fields=["account", "buyer_key", "placed_at"], condition=~Q(buyer_key=""), name="order_by_buyer"
            ),
            # A claim, feedback or chargeback finds its order by ID, whichever of them came first.
            models.Index(fields=["account", "external_id"], name="order_by_external_id"),
            models.Index(
                fields=["account", "due_at"], condition=Q(shipment=ShipmentVerdict.WAITING), name="order_waiting"
            ),
            models.Index(
                fields=["account", "invoice_due_at"],
                condition=Q(invoice=InvoiceVerdict.WAITING),
                name="order_invoice_waiting",
            ),
            # Business orders are few: whether any invoice is told at all, and which verdicts rest on that.
            models.Index(
                fields=["account", "invoice"], condition=~Q(invoice=InvoiceVerdict.NONE), name="order_invoices"
            ),
        ]


class Shipment(DatedRow):
    """One package of an order. It counts on the day its order promised to deliver it; without a promise, on none."""

    days = {"day": "deliver_by_at"}
    facts = {"packages": "day"}
    derived = ("day", "deliver_by_at", "standing", "fulfilled_by", "units", "weight", "tracking", "delivery")

    order = models.ForeignKey(Order, models.CASCADE, related_name="shipments", verbose_name=_("order"))
    external_id = models.CharField(_("external ID"), max_length=255)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    service = models.CharField(_("service"), max_length=80, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=120, blank=True)
    status = models.CharField(_("status"), max_length=40, blank=True)
    first_scan_at = models.DateTimeField(_("first scan at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    delivered_seen_at = models.DateTimeField(_("seen as delivered at"), null=True, blank=True)
    tracking_valid = models.BooleanField(_("tracking valid"), null=True, blank=True)
    items = models.JSONField(_("items"), default=list, blank=True)
    product_category = models.CharField(_("product category"), max_length=80, blank=True)
    origin_country = models.CharField(_("shipped from"), max_length=2, blank=True)
    value_usd = models.DecimalField(
        _("value with shipping, in US dollars"), max_digits=14, decimal_places=3, null=True, blank=True
    )
    scan_count = models.PositiveIntegerField(
        _("scans of the carrier"), null=True, blank=True, help_text=_("0: known to have none; empty: unknown.")
    )
    attempted_at = models.DateTimeField(_("first attempt to deliver at"), null=True, blank=True)
    tracking_changed_at = models.DateTimeField(_("tracking last entered or changed at"), null=True, blank=True)
    carrier_typed = models.BooleanField(_("carrier typed under “Other”"), null=True, blank=True)
    tracking_exempt = models.BooleanField(_("exempt from valid tracking"), null=True, blank=True)
    delivery_protected = models.BooleanField(_("protected against late delivery"), null=True, blank=True)

    deliver_by_at = models.DateTimeField(_("deliver by"), null=True, editable=False)
    day = models.DateField(_("day"), null=True, editable=False)
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=Standing.choices, default=Standing.COUNTS, editable=False
    )
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default="", editable=False
    )
    units = models.PositiveIntegerField(_("units"), default=1, editable=False)
    weight = models.PositiveIntegerField(
        _("counts as"),
        default=1,
        editable=False,
        help_text=_("In on-time delivery: its units in the US, one package elsewhere."),
    )
    tracking = models.PositiveSmallIntegerField(
        _("tracking"), choices=Tracking.choices, default=Tracking.UNKNOWN, editable=False
    )
    delivery = models.PositiveSmallIntegerField(
        _("delivery"), choices=Delivery.choices, default=Delivery.UNKNOWN, editable=False
    )

    class Meta(DatedRow.Meta):
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="shipment_once")]
        indexes = [
            models.Index(
                fields=["account", "day"],
                include=["standing", "fulfilled_by", "weight", "tracking", "delivery"],
                name="shipment_by_day",
            ),
            models.Index(
                fields=["account", "deliver_by_at"],
                condition=Q(delivery=Delivery.WAITING),
                name="shipment_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.external_id}"


class Mention(models.Model):
    """A conversation is about an order: what the order needs to know of it, and no more.

    Written by intake whenever the conversation changes; the order may arrive later.
    """

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    order_external_id = models.CharField(_("order ID"), max_length=255)
    conversation_id = models.BigIntegerField(_("conversation"))
    by_buyer = models.BooleanField(_("started by the buyer"))

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            models.UniqueConstraint(fields=["conversation_id", "order_external_id"], name="mention_once"),
        ]
        indexes = [models.Index(fields=["account", "order_external_id"], name="mention_by_order")]

    def __str__(self) -> str:
        return f"{self.order_external_id} {self.conversation_id}"


class OrderEvent(SourceRow):
    """Something reported about an order. It keeps the order's ID and joins the order whenever that arrives."""

    order_external_id = models.CharField(_("order ID"), max_length=255, blank=True)

    class Meta(SourceRow.Meta):
        abstract = True


def by_order(name: str) -> list[models.Index]:
    return [models.Index(fields=["account", "order_external_id"], name=f"{name}_by_order")]


class Return(OrderEvent):
    """A buyer's request to send something back; some reports know only when it was received.

    It counts on the day of the request.
    """

    days = {"day": "requested_moment"}
    facts = {"returns": "day"}
    derived = ("day", "answer_due_at", "standing", "answer", "rejection", "negative_feedback", "dissatisfied")

    requested_at = models.DateTimeField(_("requested at"), null=True, blank=True)
    requested_on = models.DateField(_("requested on"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=ReturnStatus.choices, blank=True, default="")
    responded_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    in_policy = models.BooleanField(_("within the policy"), null=True, blank=True)
    resolution = models.CharField(_("resolution"), max_length=255, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    a_to_z = models.BooleanField(_("A-to-z claim"), null=True, blank=True)
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default=""
    )
    items = models.JSONField(_("items"), default=list, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    auto_authorized = models.BooleanField(_("authorised automatically"), null=True, blank=True)
    buyer_solved = models.BooleanField(
        _("the buyer says it was resolved"), null=True, blank=True, help_text=_("Unknown: the buyer was not asked yet.")
    )

    day = models.DateField(_("day"), editable=False)
    answer_due_at = models.DateTimeField(_("answer due at"), null=True, editable=False)
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=ReturnStanding.choices, default=ReturnStanding.COUNTS, editable=False
    )
    answer = models.PositiveSmallIntegerField(
        _("answer"), choices=ReturnAnswer.choices, default=ReturnAnswer.UNKNOWN, editable=False
    )
    rejection = models.PositiveSmallIntegerField(
        _("rejection"), choices=Rejection.choices, default=Rejection.NONE, editable=False
    )
    negative_feedback = models.BooleanField(_("negative return feedback"), default=False, editable=False)
    dissatisfied = models.BooleanField(_("with a fault"), default=False, editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            source_constraint("return"),
            models.CheckConstraint(
                condition=Q(responded_at=None) | Q(requested_at=None) | Q(responded_at__gte=F("requested_at")),
                name="return_answered_after_request",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=None) | Q(refunded_amount__gte=0), name="return_refund_not_negative"
            ),
        ]
        indexes = [
            *by_order("return"),
            models.Index(
                fields=["account", "day"],
                include=["standing", "answer", "rejection", "negative_feedback", "dissatisfied"],
                name="return_by_day",
            ),
            models.Index(
                fields=["account", "answer_due_at"],
                condition=Q(answer=ReturnAnswer.WAITING),
                name="return_waiting",
            ),
        ]

    @property
    def requested_moment(self) -> datetime | date | None:
        return self.requested_at or self.requested_on or self.received_at or self.received_on


class Feedback(OrderEvent):
    """A buyer's rating of the seller, one to five stars. It counts on the day it was left."""

    days = {"day": "rated_moment"}
    facts = {"feedback": "day"}
    derived = ("day", "standing")

    rating = models.PositiveSmallIntegerField(_("stars"))
    rated_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    rated_on = models.DateField(_("rated on"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    seller_response = models.TextField(_("seller's answer"), blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    day = models.DateField(_("day"), editable=False)
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=RatingStanding.choices, default=RatingStanding.COUNTS, editable=False
    )

    class Meta(OrderEvent.Meta):
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            source_constraint("feedback"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="feedback_one_to_five"),
        ]
        indexes = [
            *by_order("feedback"),
            models.Index(fields=["account", "day"], include=["standing", "rating"], name="feedback_by_day"),
        ]

    @property
    def rated_moment(self) -> datetime | date | None:
        return self.rated_at or self.rated_on


class Claim(OrderEvent):
    """An A-to-z Guarantee claim or another claim about an order."""

    days = {"day": "opened_moment"}
    derived = ("day",)

    kind = models.CharField(_("kind"), max_length=8, choices=ClaimKind.choices, default=ClaimKind.A_TO_Z)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ClaimStatus.choices, default=ClaimStatus.OPEN)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    counts_in_odr = models.BooleanField(
        _("platform counts it in ODR"),
        null=True,
        blank=True,
        help_text=_("Unknown means: by the account's A-to-z rule."),
    )
    day = models.DateField(_("day"), null=True, editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            source_constraint("claim"),
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(opened_at=None) | Q(decided_at__gte=F("opened_at")),
                name="claim_decided_after_opened",
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="claim_amount_not_negative"),
        ]
        indexes = [*by_order("claim"), models.Index(fields=["account", "day"], name="claim_by_day")]

    @property
    def opened_moment(self) -> datetime | date | None:
        return self.opened_at or self.opened_on


class Chargeback(OrderEvent):
    """A buyer's payment dispute through the bank."""

    days = {"day": "initiated_at"}
    derived = ("day",)

    kind = models.CharField(_("kind"), max_length=10, choices=ChargebackKind.choices, default=ChargebackKind.CHARGEBACK)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    network_reason_code = models.CharField(_("bank's reason code"), max_length=40, blank=True)
    initiated_at = models.DateTimeField(_("initiated at"))
    status = models.CharField(
        _("status"), max_length=14, choices=ChargebackStatus.choices, default=ChargebackStatus.NEEDS_RESPONSE
    )
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    evidence_due_at = models.DateTimeField(_("evidence due at"), null=True, blank=True)
    finalized_at = models.DateTimeField(_("final at"), null=True, blank=True)
    counts_in_odr = models.BooleanField(
        _("platform counts it in ODR"), null=True, blank=True, help_text=_("Unknown means: by its reason.")
    )
    day = models.DateField(_("day"), editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("chargeback")
        verbose_name_plural = _("chargebacks")
        constraints = [
            source_constraint("chargeback"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="chargeback_amount_not_negative"),
        ]
        indexes = [*by_order("chargeback"), models.Index(fields=["account", "day"], name="chargeback_by_day")]


class PolicyViolation(SourceRow):
    """A policy violation or complaint that the platform holds against the account.

    It counts on the day it was opened; where nobody says which day that was, on the day it was last reported, so that a
    violation without a date is not overlooked.
    """

    days = {"day": "opened_moment"}
    facts = {"violations": "day"}
    derived = ("day",)

    category = models.CharField(_("category"), max_length=20, choices=ViolationCategory.choices)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ViolationStatus.choices, default=ViolationStatus.OPEN)
    asin = models.CharField("ASIN", max_length=20, blank=True)
    sku = models.CharField("SKU", max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    count = models.PositiveIntegerField(_("count"), default=1)
    day = models.DateField(_("day"), null=True, editable=False)

    class Meta(SourceRow.Meta):
        verbose_name = _("policy violation")
        verbose_name_plural = _("policy violations")
        constraints = [
            source_constraint("policy_violation"),
            models.CheckConstraint(condition=Q(count__gte=1), name="policy_violation_count"),
        ]
        indexes = [models.Index(fields=["account", "day"], name="policy_violation_by_day")]

    @property
    def opened_moment(self) -> datetime | date | None:
        return self.opened_at or self.opened_on or self.reported_at

    @property
    def reported_at(self) -> datetime | None:
        """The newest version that any source stated."""
        newest = max((int(version) for version in self.stated if version.isdigit()), default=None)
        return None if newest is None else datetime.fromtimestamp(newest / 1000, UTC)


class OfficialFigure(SourceRow):
    """A figure as the platform itself reports it, shown beside ours and never mixed with it."""

    days = {"day": "period_to"}
    facts = {"official": "day"}
    derived = ("day",)

    metric = models.CharField(_("figure"), max_length=80, choices=OfficialMetric.choices)
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default=""
    )
    period_from = models.DateTimeField(_("period from"))
    period_to = models.DateTimeField(_("period to"))
    numerator = models.PositiveBigIntegerField(_("numerator"), null=True, blank=True)
    denominator = models.PositiveBigIntegerField(_("denominator"), null=True, blank=True)
    rate = models.DecimalField(_("rate or value"), max_digits=24, decimal_places=12, null=True, blank=True)
    platform_status = models.CharField(_("platform's verdict"), max_length=40, blank=True)
    target_value = models.DecimalField(_("platform's target"), max_digits=18, decimal_places=12, null=True, blank=True)
    target_condition = models.CharField(_("platform's condition"), max_length=40, blank=True)
    components = models.JSONField(_("components"), default=dict, blank=True)
    day = models.DateField(_("day"), editable=False)

    class Meta(SourceRow.Meta):
        verbose_name = _("official figure")
        verbose_name_plural = _("official figures")
        constraints = [
            source_constraint("official_figure"),
            models.CheckConstraint(condition=Q(period_to__gte=F("period_from")), name="official_figure_period"),
        ]
        indexes = [models.Index(fields=["account", "metric", "day"], name="official_figure_by_day")]
