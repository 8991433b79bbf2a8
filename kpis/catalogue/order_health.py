"""Order health besides defects: cancellations, shipments, perfect orders, invoices, refunds, returning buyers."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import orders_placed
from kpis.catalogue.placed import (
    GROUP,
    IN_RATES,
    LATENESS_UNKNOWN,
    MARKETPLACE,
    MERCHANT,
    NOT_MERCHANT,
    OUTSIDE,
    WHO_CANCELLED_UNKNOWN,
    WHO_SHIPS_UNKNOWN,
)
from kpis.metrics import LatestShare, Rule, Share, Tally
from kpis.targets import AtLeast, Below
from orders.models import CancellationVerdict, InvoiceVerdict, OfficialMetric, Purchase, ShipmentVerdict

CANCELLATIONS = "https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=200285210&language=en_GB"
LATE_SHIPMENTS = "https://sellercentral.amazon.it/gp/help/external/200285190?language=it_IT"
PERFECT_ORDERS = "https://www.channeladvisor.com/blog/marketplaces/what-is-amazons-perfect-order-percentage-metric/"
INVOICES = "https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=44QSYRCU27EW4UK&language=en_GB"
REFUNDS = "https://sellercentral-europe.amazon.com/gp/help/external/help.html?itemID=202131610&language=en_GB"
RETURNING_BUYERS = "https://littlestreamsoftware.com/glossary/returning-customer-rate"

cancellation_rate = Share(
    slug="cancellation_rate",
    title=_("Cancelled before shipping"),
    short=_("Cancelled"),
    help=_(
        "Of the orders the seller ships, the share the seller cancelled. A cancellation that the buyer requested in "
        "their account does not count; one that came only as a message does."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES & MERCHANT & ~Q(cancellation=CancellationVerdict.UNKNOWN),
    hit=Q(cancellation=CancellationVerdict.SELLER),
    left_out=(*OUTSIDE, *NOT_MERCHANT, WHO_CANCELLED_UNKNOWN),
    sides=(_("Cancelled by the seller"), _("Not the seller's cancellation"), _("Left out")),
    rule=Rule(days=7, lag=1, target=Below(limit="2.5", goal="2")),
    official=Q(metric=OfficialMetric.PREFULFILLMENT_CANCEL_RATE),
    source=CANCELLATIONS,
)

late_shipment_rate = Share(
    slug="late_shipment_rate",
    title=_("Late shipments, 30 days"),
    short=_("Late ship."),
    help=_(
        "Of the orders the seller ships, the share whose shipment was confirmed on the platform after the ship-by "
        "date. Where no source states that date, it is worked out from the handling time in working days. Orders that "
        "are overdue but not confirmed count as late only once they are confirmed."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES & MERCHANT & ~Q(shipment=ShipmentVerdict.UNKNOWN),
    hit=Q(shipment=ShipmentVerdict.LATE),
    left_out=(*OUTSIDE, *NOT_MERCHANT, *LATENESS_UNKNOWN),
    sides=(_("Confirmed late"), _("Not late"), _("Left out")),
    rule=Rule(days=30, target=Below(limit="4", goal="3.2")),
    official=Q(metric=OfficialMetric.LATE_SHIPMENT_RATE),
    source=LATE_SHIPMENTS,
)

late_shipment_rate_10d = replace(
    late_shipment_rate,
    slug="late_shipment_rate_10d",
    title=_("Late shipments, 10 days"),
    short="",
    rule=Rule(days=10, target=Below(limit="4", goal="3.2")),
    variant_of="late_shipment_rate",
)

overdue_orders = Tally(
    slug="overdue_orders",
    title=_("Overdue orders"),
    short=_("Overdue"),
    help=_(
        "How many orders of the window are past their ship-by date now and still not confirmed. They are not late "
        "shipments yet: an order becomes one when it is confirmed."
    ),
    group=GROUP,
    fact=orders_placed,
    among=Q(shipment=ShipmentVerdict.OVERDUE),
    of=IN_RATES & MERCHANT,
    left_out=(*OUTSIDE, *NOT_MERCHANT),
    sides=(_("Overdue"), "", _("Left out")),
    rule=Rule(days=30),
    source=LATE_SHIPMENTS,
)

perfect_order_percentage = Share(
    slug="perfect_order_percentage",
    title=_("Perfect orders"),
    short=_("POP"),
    help=_(
        "Of the orders placed in the window, the share with which nothing went wrong: no bad feedback, no A-to-z claim "
        "that counts, no chargeback that counts, no refund, no conversation that the buyer started, and, where the "
        "seller ships, no cancellation by the seller and no late shipment. Whether such conversations count is a "
        "switch of the account."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES
    & (MARKETPLACE | (MERCHANT & ~Q(cancellation=CancellationVerdict.UNKNOWN) & ~Q(shipment=ShipmentVerdict.UNKNOWN))),
    hit=Q(perfect=True),
    left_out=(*OUTSIDE, WHO_SHIPS_UNKNOWN, WHO_CANCELLED_UNKNOWN, *LATENESS_UNKNOWN),
    sides=(_("Perfect"), _("Something went wrong"), _("Left out")),
    rule=Rule(days=90, target=AtLeast(limit="95", goal="96")),
    ripens_days=90,
    source=PERFECT_ORDERS,
)

invoice_defect_rate = Share(
    slug="invoice_defect_rate",
    title=_("Invoice defects"),
    short=_("Invoices"),
    help=_(
        "Of the orders of business customers, the share whose invoice was uploaded late or not at all. It is due by "
        "the end of the first business day after the day on which the shipment was confirmed. The newest 7 days are "
        "left out."
    ),
    group=GROUP,
    fact=orders_placed,
    among=~Q(invoice=InvoiceVerdict.NONE),
    of=IN_RATES & Q(invoice__in=[InvoiceVerdict.ON_TIME, InvoiceVerdict.LATE, InvoiceVerdict.MISSING]),
    hit=Q(invoice__in=[InvoiceVerdict.LATE, InvoiceVerdict.MISSING]),
    left_out=(
        *OUTSIDE,
        (Q(invoice=InvoiceVerdict.WAITING), _("The invoice is not due yet")),
        (Q(invoice=InvoiceVerdict.UNKNOWN), _("No confirmed shipment, so no invoice is due")),
        (Q(invoice=InvoiceVerdict.UNTOLD), _("Due, but no invoice of this account was ever reported")),
    ),
    sides=(_("Late or missing"), _("In time"), _("Left out")),
    rule=Rule(days=7, lag=7, target=Below(limit="5", goal="4")),
    official=Q(metric=OfficialMetric.INVOICE_DEFECT_RATE),
    source=INVOICES,
)

refund_rate = Share(
    slug="refund_rate",
    title=_("Refunds, 30 days"),
    short=_("Refunds"),
    help=_(
        "Of the orders placed in the window, the share that got money back, in full or in part. An order counts once "
        "however many refunds it had, on the day it was placed. The limit is the one the platform used to set."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(refunded=True),
    left_out=OUTSIDE,
    sides=(_("Refunded"), _("Not refunded"), _("Left out")),
    rule=Rule(days=30, target=Below(limit="5", goal="4")),
    ripens_days=60,  # a month to send it back, and as long again until the money is returned
    official=Q(metric=OfficialMetric.REFUND_RATE),
    source=REFUNDS,
)

refund_rate_7d = replace(
    refund_rate,
    slug="refund_rate_7d",
    title=_("Refunds, 7 days"),
    short="",
    rule=Rule(days=7, target=Below(limit="5", goal="4")),
    variant_of="refund_rate",
)

refund_rate_90d = replace(
    refund_rate,
    slug="refund_rate_90d",
    title=_("Refunds, 90 days"),
    short="",
    rule=Rule(days=90, target=Below(limit="5", goal="4")),
    variant_of="refund_rate",
)

repeat_purchase_rate = LatestShare(
    slug="repeat_purchase_rate",
    title=_("Buyers who came back"),
    short=_("Repeat"),
    help=_(
        "Of the buyers who ordered in the window, the share who had ordered before, however long ago. A buyer counts "
        "once, by the latest order; cancelled orders are no purchases, and buyers that the source does not tell apart "
        "cannot be counted."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES & Q(purchase__in=[Purchase.FIRST, Purchase.REPEAT]),
    hit=Q(purchase=Purchase.REPEAT),
    per="buyer_key",
    left_out=(
        *OUTSIDE,
        (Q(purchase=Purchase.UNKNOWN), _("The source does not say which buyer it was")),
        (Q(purchase=Purchase.NONE), _("Cancelled, so no purchase")),
        (IN_RATES, _("A later order of the same buyer counts")),
    ),
    sides=(_("Had ordered before"), _("First order"), _("Left out")),
    rule=Rule(days=30),
    source=RETURNING_BUYERS,
)
