"""Customer metrics, the older account health report: rates of 7, 30, 60 and 90 days, also of figures that the newer one
does not have. No schema was ever published: elements are found by the names that programs read.

Report: GET_V1_SELLER_PERFORMANCE_REPORT, https://github.com/amzn/selling-partner-api-models/issues/1353
"""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import Element  # nosec: only the type

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.figures import count, figure, moment, number
from intake.readers.amazon.records import SYSTEM
from intake.readers.context import Context
from intake.readers.formats import Format, Head
from intake.readers.reports import Record
from intake.readers.xml import elements, name_of, opens_with, text_of
from intake.rows import Row

REPORT = "sellerPerformanceReport"

# Elements beside a time frame that hold a rate and a count.
RATES = {
    "orderWithDefects": "order_defect_rate",
    "negativeFeedbacks": "negative_feedback_rate",
    "a_z_claims": "atoz_claim_rate",
    "chargebacks": "chargeback_rate",
    "lateShipment": "late_shipment_rate",
    "preFulfillmentCancellation": "prefulfillment_cancel_rate",
    "refunds": "refund_rate",
    "validTracking": "valid_tracking_rate",
    "onTimeDelivery": "on_time_delivery_rate",
    "returnDissatisfaction": "return_dissatisfaction_rate",
    "customerServiceDissatisfaction": "dissatisfaction_rate",
}
# The checklist judges a figure, not one of its time frames.
CHECKLIST = {
    "orderDefectRate": "order_defect_rate",
    "orderCancellationRate": "prefulfillment_cancel_rate",
    "lateShipmentRate": "late_shipment_rate",
    "contactResponseTime": "late_response_rate",
    "returnDissatisfactionRate": "return_dissatisfaction_rate",
    "customerServiceDissatisfactionRate": "dissatisfaction_rate",
}
POLICIES = {
    "policyViolation": "other",
    "listingPolicyStatus": "listing_policy",
    "productSafetyStatus": "product_safety",
    "productAuthenticityStatus": "authenticity",
    "intellectualProperty": "received_ip",
}
WITHIN, OVER, NONE, AVERAGE = (
    "responseUnder24Hours",
    "responseTimeGreaterThan24Hours",
    "noResponseForContactsOlderThan24Hours",
    "averageResponseTimeInHours",
)
HOUR = 3600  # seconds, in which times are stated

Period = tuple[datetime, datetime]


def fit(head: Head) -> int:
    return 10 * opens_with(head, REPORT)


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """Every figure of each report in the file."""
    defaults = context.defaults({"system": SYSTEM})
    told = (
        (one, text_of(report)) for report in elements(stream, context, {REPORT}) for one in _figures(report, context)
    )
    for place, (one, text) in enumerate(told, 1):
        yield Row(f"figure {place}", one, text, defaults)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    return read(io.BytesIO(text.encode()), context)


def _figures(report: Element, context: Context) -> Iterator[Record]:
    statuses = {name_of(one): _leaf(one, "status") for one in _inside(report, "performanceChecklist")}
    judged = {metric: statuses.get(name) for name, metric in CHECKLIST.items()}
    blocks = [(period, block) for block in report.iter() if (period := _period(block)) is not None]
    for period, block in blocks:
        for one in block:
            metric = RATES.get(name_of(one))
            if metric is not None:
                said = {**_flat(block, "timeFrame"), **_flat_of(one)}
                yield figure(
                    metric, period, said, numerator=said.get("count"), rate=said.get("rate"), status=judged.get(metric)
                )
        if any(name_of(one) in (WITHIN, OVER, NONE) for one in block):
            yield _late_responses(period, block, judged["late_response_rate"])
        hours = number(_leaf(block, AVERAGE))
        if hours is not None:
            yield figure("average_response_time", period, _flat_of(block), rate=Decimal(hours) * HOUR)
    until = max((ended for (_began, ended), _block in blocks), default=None) or moment(context.arrived_at)
    for name, metric in POLICIES.items():
        if name in statuses and until is not None:
            yield figure(metric, (until, until), {name: {"status": statuses[name]}}, status=statuses[name])


def _late_responses(period: Period, block: Element, status: str | None) -> Record:
    """Answered late or not at all, of all messages that needed an answer."""
    within, over, none = (count(_leaf(block, name)) for name in (WITHIN, OVER, NONE))
    whole = within is not None and over is not None and none is not None
    return figure(
        "late_response_rate",
        period,
        _flat_of(block),
        numerator=(over or 0) + (none or 0) if whole else None,
        denominator=(within or 0) + (over or 0) + (none or 0) if whole else None,
        status=status,
    )


def _period(block: Element) -> Period | None:
    """The time frame that stands in this element."""
    frame = next((one for one in block if name_of(one) == "timeFrame"), None)
    if frame is None:
        return None
    began, ended = moment(_leaf(frame, "start")), moment(_leaf(frame, "end"))
    return None if ended is None else (began or ended, ended)


def _inside(element: Element, name: str) -> Iterator[Element]:
    for one in element.iter():
        if name_of(one) == name:
            yield from one


def _leaf(element: Element, name: str) -> str | None:
    return next((text for one in element if name_of(one) == name and (text := (one.text or "").strip())), None)


def _flat(element: Element, name: str) -> dict[str, Any]:
    return {name_of(one): _flat_of(one) for one in element if name_of(one) == name}


def _flat_of(element: Element) -> dict[str, Any]:
    """What an element holds, as objects and texts."""
    return {name_of(one): _flat_of(one) if len(one) else (one.text or "").strip() for one in element}


CUSTOMER_METRICS = Format("amazon.customer_metrics", _("Amazon: customer metrics"), fit, read, again)
