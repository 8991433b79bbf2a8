"""Order health: defects, cancellations and late shipments, each order on the day it was placed, each counted once."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import orders_placed
from kpis.metrics import Rule, Share
from kpis.targets import Below
from orders.models import CancellationVerdict, FulfilledBy, ShipmentVerdict, Standing

GROUP = _("Orders")

IN_RATES = Q(standing=Standing.COUNTS)
MERCHANT = Q(fulfilled_by=FulfilledBy.MERCHANT)
OUTSIDE = (
    (Q(standing=Standing.PENDING), _("Still pending at the platform")),
    (Q(standing=Standing.OTHER_CHANNEL), _("Sold outside the marketplace")),
    (Q(standing=Standing.TEST), _("A test order")),
    (Q(standing=Standing.DELETED), _("Deleted at the source")),
)
NOT_MERCHANT = (
    (Q(fulfilled_by=FulfilledBy.MARKETPLACE), _("Shipped by the marketplace")),
    (Q(fulfilled_by=""), _("Unknown who ships it")),
)
DEFECT_WINDOW = Rule(days=60, lag=15, target=Below(limit="1", goal="0.8"))
DEFECT_PART_WINDOW = Rule(days=60, lag=15)

ORDER_DEFECTS = "https://sellercentral.amazon.sa/gp/help/external/help.html?itemID=200285170&language=en_AE"
CANCELLATIONS = "https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=200285210&language=en_GB"
LATE_SHIPMENTS = "https://sellercentral.amazon.it/gp/help/external/200285190?language=it_IT"

order_defect_rate = Share(
    slug="order_defect_rate",
    title=_("Order defect rate"),
    short=_("ODR"),
    help=_(
        "Of the orders placed in the window, the share with at least one defect: one or two stars, an A-to-z claim "
        "that counts, or a service chargeback. An order counts once, on the day it was placed; the newest 15 days are "
        "left to ripen."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(defective=True),
    left_out=OUTSIDE,
    sides=(_("With a defect"), _("Without a defect"), _("Left out")),
    rule=DEFECT_WINDOW,
    source=ORDER_DEFECTS,
)

negative_feedback_rate = Share(
    slug="negative_feedback_rate",
    title=_("Negative feedback"),
    help=_("Of the orders placed in the window, the share that buyers rated with one or two stars. A part of ODR."),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(negative_feedback=True),
    left_out=OUTSIDE,
    sides=(_("One or two stars"), _("No negative feedback"), _("Left out")),
    rule=DEFECT_PART_WINDOW,
    parts_of="order_defect_rate",
    source=ORDER_DEFECTS,
)

atoz_claim_rate = Share(
    slug="atoz_claim_rate",
    title=_("A-to-z claims"),
    help=_(
        "Of the orders placed in the window, the share with an A-to-z Guarantee claim that counts: by default open and "
        "granted ones; denied, withdrawn and Amazon-funded ones do not. A part of ODR."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(claim_counts=True),
    left_out=OUTSIDE,
    sides=(_("With a claim that counts"), _("No claim that counts"), _("Left out")),
    rule=DEFECT_PART_WINDOW,
    parts_of="order_defect_rate",
    source=ORDER_DEFECTS,
)

chargeback_rate = Share(
    slug="chargeback_rate",
    title=_("Chargebacks"),
    help=_(
        "Of the orders placed in the window, the share whose payment a buyer disputed over the service; fraud is the "
        "platform's risk and does not count. A part of ODR."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(chargeback_counts=True),
    left_out=OUTSIDE,
    sides=(_("With a chargeback"), _("No chargeback"), _("Left out")),
    rule=DEFECT_PART_WINDOW,
    parts_of="order_defect_rate",
    source="https://sellercentral.amazon.com/gp/help/external/help.html?itemID=48781&language=en_US",
)

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
    left_out=(
        *OUTSIDE,
        *NOT_MERCHANT,
        (Q(cancellation=CancellationVerdict.UNKNOWN), _("Cancelled, but unknown by whom")),
    ),
    sides=(_("Cancelled by the seller"), _("Not the seller's cancellation"), _("Left out")),
    rule=Rule(days=7, lag=1, target=Below(limit="2.5", goal="2")),
    source=CANCELLATIONS,
)

SHIPS_WITH_DEADLINE = IN_RATES & MERCHANT & ~Q(shipment=ShipmentVerdict.UNKNOWN)
LATE = Q(shipment=ShipmentVerdict.LATE)
SHIPMENT_LEFT_OUT = (
    *OUTSIDE,
    *NOT_MERCHANT,
    (Q(shipment=ShipmentVerdict.UNKNOWN), _("No ship-by date or no time of confirmation, so lateness is unknown")),
)
SHIPMENT_SIDES = (_("Confirmed late"), _("Not late"), _("Left out"))
SHIPMENT_HELP = _(
    "Of the orders the seller ships, the share whose shipment was confirmed on the platform after the ship-by date. "
    "Orders that are overdue but not confirmed count as late only once they are confirmed."
)

late_shipment_rate = Share(
    slug="late_shipment_rate",
    title=_("Late shipments, 30 days"),
    short=_("Late ship."),
    help=SHIPMENT_HELP,
    group=GROUP,
    fact=orders_placed,
    of=SHIPS_WITH_DEADLINE,
    hit=LATE,
    left_out=SHIPMENT_LEFT_OUT,
    sides=SHIPMENT_SIDES,
    rule=Rule(days=30, target=Below(limit="4", goal="3.2")),
    source=LATE_SHIPMENTS,
)

late_shipment_rate_10d = Share(
    slug="late_shipment_rate_10d",
    title=_("Late shipments, 10 days"),
    help=SHIPMENT_HELP,
    group=GROUP,
    fact=orders_placed,
    of=SHIPS_WITH_DEADLINE,
    hit=LATE,
    left_out=SHIPMENT_LEFT_OUT,
    sides=SHIPMENT_SIDES,
    rule=Rule(days=10, target=Below(limit="4", goal="3.2")),
    source=LATE_SHIPMENTS,
)
