"""The words and verdicts of orders: what columns of this room may say."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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
    """What the platform itself reports figures about.

    Its counts of policy violations are called as their categories, rates that we count too as our figures.
    """

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
    POLICY_WARNINGS = "policy_violation_warnings", _("Policy violation warnings")
    ACCOUNT_STATUS = "account_status", _("Account status")
    NEGATIVE_FEEDBACK_RATE = "negative_feedback_rate", _("Negative feedback rate")
    ATOZ_CLAIM_RATE = "atoz_claim_rate", _("A-to-z claim rate")
    CHARGEBACK_RATE = "chargeback_rate", _("Chargeback rate")
    REFUND_RATE = "refund_rate", _("Refund rate")
    LATE_RESPONSE_RATE = "late_response_rate", _("Late responses")
    AVERAGE_RESPONSE_TIME = "average_response_time", _("Average response time")
    RETURN_DISSATISFACTION_RATE = "return_dissatisfaction_rate", _("Return dissatisfaction rate")
    DISSATISFACTION_RATE = "dissatisfaction_rate", _("Customer service dissatisfaction rate")


class ViolationStatus(models.TextChoices):
    OPEN = "open", _("Open")
    APPEALED = "appealed", _("Appealed")
    RESOLVED = "resolved", _("Resolved")
