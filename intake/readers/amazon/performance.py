"""The account health report: every rate, count and rating that Amazon shows for the account, as one JSON document.

Amazon's schema and its own example disagree in many ways, so both spellings of a name are known, statuses are kept as
they are, and nothing is refused for numbers that do not fit together. Report: GET_V2_SELLER_PERFORMANCE_REPORT,
https://github.com/amzn/selling-partner-api-models/blob/main/schemas/reports/accountHealthReport-2020-11-18.json
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, WarningCode
from intake.readers.amazon.figures import country, figure, moment, of_account
from intake.readers.amazon.records import SYSTEM
from intake.readers.context import Context
from intake.readers.formats import Format, Head
from intake.readers.reports import Record
from intake.readers.strict_json import JsonStream, Malformed, loads
from intake.readers.text import FileUnreadable, as_utf8
from intake.rows import Bad, Row, RowWarning
from intake.sentences import Sentence

# Amazon's name, in small letters: ours, and where the numerator and the denominator stand.
RATES = {
    "lateshipmentrate": ("late_shipment_rate", "lateShipmentCount", "orderCount"),
    "prefulfillmentcancellationrate": ("prefulfillment_cancel_rate", "cancellationCount", "orderCount"),
    "prefulfillmentcancelrate": ("prefulfillment_cancel_rate", "cancellationCount", "orderCount"),
    "validtrackingrate": ("valid_tracking_rate", "validTrackingCount", "shipmentCount"),
    "ontimedeliveryrate": ("on_time_delivery_rate", "onTimeDeliveryCount", "shipmentCountWithValidTracking"),
    "unitontimedeliveryrate": ("unit_on_time_delivery_rate", "unitOnTimeDeliveryCount", "totalUnitCount"),
    "invoicedefectrate": ("invoice_defect_rate", "invoiceDefect", "orderCount"),
    "orderdefectrate": ("order_defect_rate", "orderWithDefects", "orderCount"),
}
VIOLATIONS = {
    "listingpolicyviolations": "listing_policy",
    "productauthenticitycustomercomplaints": "authenticity",
    "productconditioncustomercomplaints": "condition",
    "productsafetycustomercomplaints": "product_safety",
    "receivedintellectualpropertycomplaints": "received_ip",
    "suspectedintellectualpropertyviolations": "suspected_ip",
    "restrictedproductpolicyviolations": "restricted_product",
    "foodandproductsafetyissues": "food_safety",
    "customerproductreviewspolicyviolations": "customer_reviews",
    "otherpolicyviolations": "other",
    "documentrequests": "document_request",
    "documentrequest": "document_request",
    "policyviolationwarnings": "policy_violation_warnings",
}
CHANNELS = {"mfn": "merchant", "afn": "marketplace"}
WARNINGS = ("warningstates", "warningstate")
RATING = "accounthealthrating"


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """One figure for each metric of the account's marketplace."""
    walk = JsonStream(as_utf8(stream))
    value, _text = walk.value()
    if isinstance(value, Bad) or not isinstance(value, dict):
        raise FileUnreadable(Sentence("The report is not a JSON object with each of its names once."))
    if walk.peek():
        raise FileUnreadable(Sentence("Something follows the end of the report."))
    return _rows(value, context)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    """The figures of a report repaired by hand."""
    try:
        value = loads(text)
    except Malformed as error:
        value = Bad(error.code, error.message)
    if not isinstance(value, dict):
        problem = (
            value if isinstance(value, Bad) else Bad(ErrorCode.UNKNOWN_FORMAT, Sentence("the report must be an object"))
        )
        return iter([Row("", problem, text, context.defaults({"system": SYSTEM}))])
    return _rows(value, context)


def fit(head: Head) -> int:
    return 5 * (head.is_json and bool({"performanceMetrics", "accountStatuses"} & head.names))


def _rows(report: Mapping[str, Any], context: Context) -> Iterator[Row]:
    defaults = context.defaults({"system": SYSTEM})
    sections = _objects(report.get("performanceMetrics"))
    own = of_account(sections, context)
    about = sorted({country(str(one.get("marketplaceId"))) for one in sections if one not in own})
    until = max(filter(None, map(_newest, own)), default=None) or moment(context.arrived_at)
    if not own or until is None:
        whose = ", ".join(about) or "no marketplace"
        text = f"the report is about {whose}, the account about {context.marketplace or 'none that it names'}"
        yield Row("/", Bad(ErrorCode.UNKNOWN_ACCOUNT, text, "marketplaceId"), _as_json(report), defaults)
        return
    unknown = [f"marketplace {name}" for name in about]
    unknown += [name for section in own for name in section if not _is_known(name)]
    noted: tuple[RowWarning, ...] = tuple((name, WarningCode.UNKNOWN_COLUMN) for name in unknown)
    statuses = of_account(_objects(report.get("accountStatuses")), context)
    for index, status in enumerate(statuses):
        whole = {"accountStatuses": [status], "performanceMetrics": own}
        figures = [figure("account_status", (until, until), status, status=status.get("status"))]
        yield from _told(f"/accountStatuses/{index}", whole, figures, defaults, ())
    for index, section in enumerate(own):
        for name, value in section.items():
            whole = {"performanceMetrics": [{"marketplaceId": section.get("marketplaceId"), name: value}]}
            for row in _told(
                f"/performanceMetrics/{index}/{name}", whole, _figures(name, value, until), defaults, noted
            ):
                yield row
                noted = ()


def _told(
    place: str, whole: Any, figures: Iterable[Record], defaults: Mapping[str, Any], noted: tuple[RowWarning, ...]
) -> Iterator[Row]:
    for position, one in enumerate(figures):
        pointer = place if position == 0 else f"{place} {position}"
        yield Row(pointer, one, _as_json(whole), defaults, None, noted if position == 0 else ())


def _figures(name: str, value: Any, until: datetime) -> Iterator[Record]:
    key = name.lower()
    if key in WARNINGS:
        for warning in _objects(value):
            kind = str(warning.get("warningType") or "")[:80]
            yield figure("warning_state", (until, until), warning, name=kind, status=warning.get("status"))
    elif not isinstance(value, dict):
        return
    elif key == "orderdefectrate":
        for channel, fulfilled_by in CHANNELS.items():  # the key says who ships, whatever `fulfillmentType` says
            if isinstance(value.get(channel), dict):
                yield _rate(key, value[channel], until, fulfilled_by)
    elif key in RATES:
        yield _rate(key, value, until, None)
    elif key in VIOLATIONS:
        yield _one(VIOLATIONS[key], value, until, numerator=value.get("defectsCount"), rate=value.get("rate"))
    elif key == RATING:
        status = value.get("ahrStatus") or value.get("accountHealthRatingStatus") or value.get("status")
        score = value.get("ahrScore", value.get("score"))
        yield _one("account_health_rating", value, until, rate=score, status=status)


def _rate(key: str, value: Mapping[str, Any], until: datetime, fulfilled_by: str | None) -> Record:
    metric, hits, of = RATES[key]
    numerator = value.get(hits)
    if isinstance(numerator, dict):
        numerator = numerator.get("count")
    return _one(
        metric, value, until, fulfilled_by=fulfilled_by, numerator=numerator, denominator=value.get(of),
        rate=value.get("rate"),
    )  # fmt: skip


def _one(metric: str, value: Mapping[str, Any], until: datetime, **said: Any) -> Record:
    said.setdefault("status", value.get("status"))
    return figure(
        metric,
        _period(value) or (until, until),
        value,
        target=value.get("targetValue"),
        condition=value.get("targetCondition"),
        **said,
    )


def _period(value: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    given = value.get("reportingDateRange")
    if not isinstance(given, dict):
        return None
    began, ended = moment(given.get("reportingDateFrom")), moment(given.get("reportingDateTo"))
    if ended is None:
        return None
    return began or ended, ended


def _newest(section: Mapping[str, Any]) -> datetime | None:
    """Until when the newest of its figures reach: the day of the report."""
    periods = [period for value in section.values() if isinstance(value, dict) and (period := _period(value))]
    return max((ended for _began, ended in periods), default=None)


def _is_known(name: str) -> bool:
    key = name.lower()
    return key in RATES or key in VIOLATIONS or key in (*WARNINGS, RATING, "marketplaceid")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _as_json(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, default=lambda one: float(one) if isinstance(one, Decimal) else str(one)
    )


SELLER_PERFORMANCE = Format("amazon.seller_performance", _("Amazon: account health"), fit, read, again)
