"""Why a package has its verdicts on tracking and delivery, in sentences."""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard.verdict import Verdict, apart, at
from kpis.targets import Band
from orders.models import Delivery, FulfilledBy, Order, Shipment, Tracking
from orders.packages import CHINA, carrier_forms, entered_after_delivery

DELIVERED = {
    Delivery.ON_TIME: Band.GREEN,
    Delivery.PROTECTED: Band.GREEN,
    Delivery.LATE: Band.RED,
    Delivery.OVERDUE: Band.RED,
    Delivery.WAITING: Band.YELLOW,
}
TRACKED = {
    Tracking.VALID: Band.GREEN,
    Tracking.NUMBER: Band.RED,
    Tracking.CARRIER: Band.RED,
    Tracking.SCANS: Band.RED,
}


def of_delivery(package: Shipment, order: Order, zone: ZoneInfo) -> Verdict:
    """Whether it reached the buyer by the promised day."""
    verdict = Delivery(package.delivery)
    band = DELIVERED.get(verdict, Band.NONE) if order.fulfilled_by == FulfilledBy.MERCHANT else Band.NONE
    why = _why_delivery(verdict, package, zone)
    return Verdict(verdict.label, band, why, _("Delivery"), "on_time_delivery_rate")


def _why_delivery(verdict: Delivery, package: Shipment, zone: ZoneInfo) -> str:
    due = package.deliver_by_at
    known = [moment for moment in (package.attempted_at, package.delivered_at) if moment is not None]
    arrived = min(known, default=package.delivered_seen_at)
    words = {"due": at(due, zone), "arrived": at(arrived, zone)}
    if verdict is Delivery.UNTRACKED:
        return _("Without a tracking number nobody can tell when it arrived, so the rate leaves it out.")
    if verdict is Delivery.UNCONFIRMED:
        return _("It is not confirmed as shipped, so the rate leaves it out.")
    if due is None:
        return _("No source says by when it was promised, so it is in no figure.")
    if verdict is Delivery.LATE and entered_after_delivery(package):
        return (
            _("It was confirmed, or its number entered, only after delivery (%(arrived)s): that counts as late.")
            % words
        )
    if verdict is Delivery.NOT_VALID:
        return _("Its tracking is not valid, so the rate leaves it out.")
    if arrived is not None and verdict in (Delivery.ON_TIME, Delivery.LATE, Delivery.PROTECTED):
        words["apart"] = apart(arrived, due)
        if verdict is Delivery.ON_TIME and package.attempted_at == arrived != package.delivered_at:
            return _("First attempt to deliver on %(arrived)s, in time for %(due)s: it counts as arriving.") % words
        if verdict is Delivery.ON_TIME:
            return _("Delivered on %(arrived)s, %(apart)s before the promised end: %(due)s.") % words
        if verdict is Delivery.PROTECTED:
            return (
                _("Delivered on %(arrived)s, %(apart)s after the promised end, but the platform protects it.") % words
            )
        return _("Delivered on %(arrived)s, %(apart)s after the promised end: %(due)s.") % words
    if verdict is Delivery.PROTECTED:
        return _("Not delivered by %(due)s, but the platform protects it.") % words
    if verdict is Delivery.OVERDUE:
        return _("Promised by %(due)s. The carrier has had it and reports no delivery.") % words
    if verdict is Delivery.WAITING:
        return _("No delivery reported yet. Promised by %(due)s.") % words
    return _("Promised by %(due)s. Nothing was heard about its delivery that would decide it.") % words


def of_tracking(package: Shipment, order: Order, zone: ZoneInfo) -> Verdict:
    """Whether it could be followed: the first check that it fails."""
    verdict = Tracking(package.tracking)
    band = TRACKED.get(verdict, Band.NONE) if order.fulfilled_by == FulfilledBy.MERCHANT else Band.NONE
    return Verdict(verdict.label, band, _why_tracking(verdict, package, zone), _("Tracking"), "valid_tracking_rate")


def _why_tracking(verdict: Tracking, package: Shipment, zone: ZoneInfo) -> str:
    words = {
        "number": package.tracking_number,
        "carrier": package.carrier,
        "delivered": at(package.delivered_at, zone),
        "scans": package.scan_count or 0,
    }
    if verdict is Tracking.VALID:
        if package.tracking_valid:
            return _("The platform says that its tracking is valid.")
        return _("Its number, its carrier and the carrier's scans pass the three checks.")
    if verdict is Tracking.NUMBER:
        if not package.tracking_number:
            return _("It has no tracking number.")
        if entered_after_delivery(package):
            return _("It was confirmed, or its number entered, only after delivery (%(delivered)s).") % words
        return _("“%(number)s” holds characters that no carrier uses.") % words
    if verdict is Tracking.CARRIER:
        if package.origin_country == CHINA and carrier_forms(package.carrier) is None:
            return _("From China, and the platform does not follow the carrier “%(carrier)s”.") % words
        if package.carrier_typed:
            return _("“%(carrier)s” was typed under “Other”, although the platform follows it.") % words
        return _("“%(number)s” cannot be a number of %(carrier)s.") % words
    if verdict is Tracking.SCANS:
        if package.tracking_valid is False:
            return _("The platform says that its tracking is not valid.")
        return _("The carrier's scans are too few or came too late; %(scans)d known.") % words
    if verdict is Tracking.EXEMPT:
        return _("The platform asks for no tracking of it, so the rate leaves it out.")
    if verdict is Tracking.UNCONFIRMED:
        return _("It is not confirmed as shipped, so the rate leaves it out.")
    return _("Nothing was heard from the carrier, so its scans are unknown and the rate leaves it out.")
