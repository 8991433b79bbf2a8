"""Packages: delivered by the promised day, and valid tracking, each package on the day it was promised for."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import packages
from kpis.catalogue.placed import IN_RATES, MERCHANT, NOT_MERCHANT, OUTSIDE
from kpis.metrics import Rule, Share
from kpis.targets import AtLeast
from orders.models import Delivery, OfficialMetric, Tracking

GROUP = _("Delivery")

ARRIVED_OR_DUE = Q(delivery__in=[Delivery.ON_TIME, Delivery.PROTECTED, Delivery.LATE, Delivery.OVERDUE])

on_time_delivery_rate = Share(
    slug="on_time_delivery_rate",
    title=_("Delivered on time"),
    short=_("On time"),
    help=_(
        "Of the packages that the seller ships and that can be followed, the share delivered by the promised day; the "
        "first documented attempt counts. In the US every article of a package counts, and late articles that the "
        "platform protects count as on time; elsewhere packages count, and only those with valid tracking. Orders "
        "without a promised day of delivery are in no figure."
    ),
    group=GROUP,
    fact=packages,
    of=IN_RATES & MERCHANT & ARRIVED_OR_DUE,
    hit=Q(delivery__in=[Delivery.ON_TIME, Delivery.PROTECTED]),
    weight="weight",
    open=IN_RATES & MERCHANT & Q(delivery=Delivery.WAITING),
    left_out=(
        *OUTSIDE,
        *NOT_MERCHANT,
        (Q(delivery=Delivery.UNTRACKED), _("No tracking number")),
        (Q(delivery=Delivery.NOT_VALID), _("No valid tracking")),
        (Q(delivery=Delivery.UNCONFIRMED), _("Not confirmed as shipped")),
        (Q(delivery=Delivery.WAITING), _("The promised day is not over")),
        (Q(delivery=Delivery.UNKNOWN), _("Unknown when it was delivered")),
    ),
    sides=(_("On time"), _("Late"), _("Left out")),
    rule=Rule(days=30, lag=10, target=AtLeast(limit="97", goal="97.6")),
    marketplace_rules={"US": Rule(days=14, lag=7, target=AtLeast(limit="90", goal="95"))},
    source="https://sellercentral.amazon.com/help/hub/reference/G200847280",
    official=Q(metric__in=[OfficialMetric.ON_TIME_DELIVERY_RATE, OfficialMetric.UNIT_ON_TIME_DELIVERY_RATE]),
)

VALID_TRACKING = "https://sellercentral.amazon.com/help/hub/reference/G201817070"

CHECKED = IN_RATES & MERCHANT & Q(tracking__in=[Tracking.VALID, Tracking.NUMBER, Tracking.CARRIER, Tracking.SCANS])
NOT_CHECKED = (
    *OUTSIDE,
    *NOT_MERCHANT,
    (Q(tracking=Tracking.EXEMPT), _("Exempt from valid tracking")),
    (Q(tracking=Tracking.UNCONFIRMED), _("Not confirmed as shipped")),
    (Q(tracking=Tracking.UNKNOWN), _("Nothing was heard from the carrier, so its scans are unknown")),
)
TRACKED_WINDOW = Rule(days=30, lag=10)

valid_tracking_rate = Share(
    slug="valid_tracking_rate",
    title=_("Valid tracking"),
    short=_("Tracking"),
    help=_(
        "Of the packages that the seller confirmed as shipped, the share that could be followed: the number is there "
        "and was entered before delivery, it fits the carrier, and the carrier scanned the package as often as its "
        "origin and value ask. Where the platform itself says whether tracking is valid, that decides. Each product "
        "category is judged by itself as well."
    ),
    group=GROUP,
    fact=packages,
    of=CHECKED,
    hit=Q(tracking=Tracking.VALID),
    left_out=NOT_CHECKED,
    sides=(_("Valid"), _("Not valid"), _("Left out")),
    by="product_category",
    rule=Rule(days=30, lag=10, target=AtLeast(limit="95", goal="96")),
    official=Q(metric=OfficialMetric.VALID_TRACKING_RATE),
    source=VALID_TRACKING,
)

tracking_number_fault_rate = Share(
    slug="tracking_number_fault_rate",
    title=_("Tracking number missing or unusable"),
    help=_(
        "Of the confirmed packages, the share whose tracking number is blank, holds characters that no carrier uses, "
        "or was entered or changed only after delivery. A part of valid tracking: each package stands under the first "
        "check that it fails."
    ),
    group=GROUP,
    fact=packages,
    of=CHECKED,
    hit=Q(tracking=Tracking.NUMBER),
    left_out=NOT_CHECKED,
    sides=(_("Number at fault"), _("Number usable"), _("Left out")),
    rule=TRACKED_WINDOW,
    parts_of="valid_tracking_rate",
    source=VALID_TRACKING,
)

tracking_carrier_fault_rate = Share(
    slug="tracking_carrier_fault_rate",
    title=_("Carrier does not match"),
    help=_(
        "Of the confirmed packages, the share whose number cannot be one of the named carrier, whose well-known "
        "carrier was typed under “Other”, or that came from China with a carrier the platform does not follow. A part "
        "of valid tracking."
    ),
    group=GROUP,
    fact=packages,
    of=CHECKED,
    hit=Q(tracking=Tracking.CARRIER),
    left_out=NOT_CHECKED,
    sides=(_("Carrier at fault"), _("Carrier matches"), _("Left out")),
    rule=TRACKED_WINDOW,
    parts_of="valid_tracking_rate",
    source=VALID_TRACKING,
)

tracking_scan_fault_rate = Share(
    slug="tracking_scan_fault_rate",
    title=_("Carrier scans missing"),
    help=_(
        "Of the confirmed packages, the share that the carrier did not scan as often as asked: once; from China and "
        "worth five US dollars or more twice, once of them at delivery, and not later than 16 days after the promised "
        "day. A part of valid tracking."
    ),
    group=GROUP,
    fact=packages,
    of=CHECKED,
    hit=Q(tracking=Tracking.SCANS),
    left_out=NOT_CHECKED,
    sides=(_("Scans missing"), _("Scans there"), _("Left out")),
    rule=TRACKED_WINDOW,
    parts_of="valid_tracking_rate",
    source=VALID_TRACKING,
)
