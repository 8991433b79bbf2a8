"""What the metrics of placed orders share: which orders are in the rates at all, and why the others are not."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models import CancellationVerdict, FulfilledBy, ShipmentVerdict, Standing

GROUP = _("Orders")

IN_RATES = Q(standing=Standing.COUNTS)
OUTSIDE = (
    (Q(standing=Standing.EXCLUDED), _("Excluded by a person")),
    (Q(standing=Standing.PENDING), _("Still pending at the platform")),
    (Q(standing=Standing.OTHER_CHANNEL), _("Sold outside the marketplace")),
    (Q(standing=Standing.TEST), _("A test order")),
    (Q(standing=Standing.DELETED), _("Deleted at the source")),
)

MERCHANT = Q(fulfilled_by=FulfilledBy.MERCHANT)
MARKETPLACE = Q(fulfilled_by=FulfilledBy.MARKETPLACE)
WHO_SHIPS_UNKNOWN = (Q(fulfilled_by=""), _("Unknown who ships it"))
NOT_MERCHANT = ((MARKETPLACE, _("Shipped by the marketplace")), WHO_SHIPS_UNKNOWN)
NOT_MARKETPLACE = ((MERCHANT, _("Shipped by the seller")), WHO_SHIPS_UNKNOWN)

WHO_CANCELLED_UNKNOWN = (Q(cancellation=CancellationVerdict.UNKNOWN), _("Cancelled, but unknown by whom"))
LATENESS_UNKNOWN = (
    (
        Q(shipment=ShipmentVerdict.UNKNOWN, due_at=None),
        _("No ship-by date and no handling time, so lateness is unknown"),
    ),
    (Q(shipment=ShipmentVerdict.UNKNOWN), _("No time of confirmation, so lateness is unknown")),
)
