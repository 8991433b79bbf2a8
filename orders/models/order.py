"""Orders with their verdicts, and the conversations that mention them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.choices import (
    CancellationVerdict,
    CancelledBy,
    FulfilledBy,
    InvoiceVerdict,
    OrderStatus,
    Purchase,
    ShipmentVerdict,
    Standing,
)
from sellers.facts import SourceRow, source_constraint


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
    buyer_asked_to_cancel = models.BooleanField(_("buyer asked to cancel"), null=True, blank=True)
    cancellation_counts = models.BooleanField(
        _("platform counts the cancellation"),
        null=True,
        blank=True,
        help_text=_("Unknown means: by who cancelled."),
    )
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)

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
            # A claim, feedback or chargeback finds its order by ID, whichever of them came first. People look orders up
            # by the beginning of an ID or number; the operator classes serve PostgreSQL's LIKE, and equality as well.
            models.Index(
                fields=["account", "external_id"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="order_by_external_id",
            ),
            models.Index(
                fields=["account", "name"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                condition=~Q(name=""),
                name="order_by_name",
            ),
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
