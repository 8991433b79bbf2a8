"""The packages of orders, with the verdicts about their way."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.choices import Delivery, FulfilledBy, Standing, Tracking
from orders.models.order import Order
from sellers.facts import DatedRow


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
            # People look packages up by the beginning of a tracking number.
            models.Index(
                fields=["account", "tracking_number"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                condition=~Q(tracking_number=""),
                name="shipment_by_tracking_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.external_id}"
