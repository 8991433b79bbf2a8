"""Downloads of Seller Central about single orders: what Amazon's own rates are made of.

They speak of orders that another file reports, so they only add facts to them. Their columns are those that sellers
show (there is no description of them): https://sellercentral.amazon.com/help/hub/reference/G201817070 names some.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from intake.codes import Problem
from intake.readers.amazon.feedback import DATES
from intake.readers.amazon.records import SYSTEM, any_flag, item, record
from intake.readers.amazon.returns import claim
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.reports import Record, Report, columns
from intake.readers.times import read_day

_IN_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
COUNTRIES = {"united states": "US", "usa": "US", "china": "CN", "mainland china": "CN", "hong kong": "HK",
             "united kingdom": "GB", "germany": "DE", "canada": "CA", "japan": "JP"}  # fmt: skip
CHANNELS = {"seller": "merchant", "merchant": "merchant", "mfn": "merchant", "fbm": "merchant",
            "amazon": "marketplace", "afn": "marketplace", "fba": "marketplace"}  # fmt: skip


def moment(row: Cells, *names: str) -> str | None:
    """A time in GMT; what stands in brackets behind it says the same in another zone. A day is no time."""
    for name in names:
        if row.text(name):
            plain = Cells({name: _IN_BRACKETS.sub("", row[name])}, row.context)
            return None if _day(plain, name) else plain.moment(name, zone="UTC")
    return None


def end(row: Cells, *names: str) -> str | None:
    """A time as above, or the end of a day where only the day is told: Amazon's deadlines end at 23:59:59."""
    for name in names:
        day = _day(row, name)
        if day:
            last = datetime.combine(datetime.fromisoformat(day), time(23, 59, 59), ZoneInfo(row.context.zone or "UTC"))
            return last.astimezone(UTC).isoformat()
        if row.text(name):
            return moment(row, name)
    return None


def _day(row: Cells, name: str) -> str | None:
    """The day that a cell holds, if it holds no time."""
    text = _IN_BRACKETS.sub("", row.text(name) or "")
    try:
        return read_day(text, DATES.get(row.context.marketplace.upper(), ())).isoformat()
    except Problem:
        return None


def order(rows: Sequence[Cells], **values: Any) -> Record:
    """Facts about an order that another file reports."""
    return record("order", rows[0].required("order id"), partial=True, **values)


# --- Cancelled before fulfilment -------------------------------------------------------------------------------------


def cancellations(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """A cancelled order, and whether Amazon holds that against the seller."""
    yield order(
        rows,
        placed_at=moment(rows[0], "order date"),
        status="cancelled",
        fulfilled_by="merchant",
        cancellation_counts=any_flag(rows, "impacts account health"),
    )


CANCEL_RATE = Report(
    source="amazon.cancel_rate",
    title=_("Amazon: cancel rate, by order"),
    system=SYSTEM,
    needs=columns("order id, impacts account health"),
    together="order id",
    build=cancellations,
    uses=columns("order date, order id, impacts account health"),
)


# --- Valid tracking --------------------------------------------------------------------------------------------------


def tracked(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order's packages, with Amazon's verdict on their tracking."""
    yield order(
        rows,
        deliver_by_at=_latest(end(row, "promised delivery date") for row in rows),
        fulfilled_by="merchant",
        packages=by_package(rows, _tracking) or None,
    )


def _tracking(rows: Sequence[Cells]) -> dict[str, Any]:
    first = rows[0]
    scanned = first.flag("any physical scan from carrier")
    return item(
        carrier=first.text("carrier name"),
        service=first.text("ship method"),
        origin_country=_country(first),
        tracking_valid=first.flag("has valid tracking"),
        scan_count=None if scanned is None else int(scanned),
        value_usd=first.number("package value") if first.context.marketplace == "US" else None,
        product_category=first.text("product category"),
    )


def _country(row: Cells) -> str | None:
    text = row.text("origin country") or ""
    return text.upper() if re.fullmatch("[A-Za-z]{2}", text) else row.choice("origin country", COUNTRIES)


VALID_TRACKING = Report(
    source="amazon.vtr",
    title=_("Amazon: valid tracking, by package"),
    system=SYSTEM,
    needs=columns("order id, tracking id, has valid tracking"),
    together="order id",
    build=tracked,
    uses=columns(
        "order id, carrier name, tracking id, origin country, promised delivery date, ship method, "
        "has valid tracking, any physical scan from carrier, package value, product category"
    ),
    keeps=columns("ship option, delivery scan or attempt"),
    drops=columns("has tracking id"),
)


# --- On-time delivery ------------------------------------------------------------------------------------------------

PROMISED = (
    "promised delivery date without extension",
    "promised delivery date",
    "promised delivery date with extension",
)


def delivered(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order's packages: when they were confirmed, first seen by the carrier and delivered."""
    yield order(
        rows,
        placed_at=moment(rows[0], "order date"),
        ship_by_at=_latest(end(row, "promised ship date") for row in rows),
        deliver_by_at=_latest(end(row, *PROMISED) for row in rows),
        fulfilled_by="merchant",
        packages=by_package(rows, _delivery) or None,
    )


def _delivery(rows: Sequence[Cells]) -> dict[str, Any]:
    first = rows[0]
    articles = [item(sku=row.text("sku"), quantity=row.whole("units")) for row in rows if row.text("sku")]
    return item(
        carrier=first.text("carrier"),
        service=first.text("ship method"),
        confirmed_at=moment(first, "ship confirmation date"),
        first_scan_at=moment(first, "carrier first scan date"),
        delivered_at=end(first, "actual delivery date"),
        items=articles or None,
    )


ON_TIME_DELIVERY = Report(
    source="amazon.otdr",
    title=_("Amazon: on-time delivery, by order"),
    system=SYSTEM,
    needs=columns("order id, actual delivery date"),
    together="order id",
    build=delivered,
    aliases={"quantity": "units", "carrier name": "carrier"},
    uses=columns(
        "order id, sku, units, order date, promised ship date, ship confirmation date, carrier first scan date, "
        "actual delivery date, carrier, ship method, tracking id"
    )
    | set(PROMISED),
    keeps=columns("sku and units, delivered after promised date without extension"),
)


def by_package(rows: Sequence[Cells], facts: Callable[[Sequence[Cells]], dict[str, Any]]) -> list[dict[str, Any]]:
    """Facts about each package: by its tracking number or, of an order's only one, without. Of several packages without
    numbers nobody could tell which is which."""
    packages: dict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        packages[row.ident("tracking id") or ""].append(row)
    found = []
    for number, own in packages.items():
        each = [facts([row]) for row in own]
        same = all({**one, "items": None} == {**each[0], "items": None} for one in each)
        if number or same:
            found.append({**facts(own), **({"tracking_number": number} if number else {})})
    return found


def _latest(moments: Iterator[str | None]) -> str | None:
    return max((one for one in moments if one), default=None, key=datetime.fromisoformat)


# --- Order defects ---------------------------------------------------------------------------------------------------


def defects(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order with a defect. A claim is known by its order; stars and the day of a chargeback are not told."""
    told = {name: any_flag(rows, name) for name in ("negative feedback", "a-to-z claim", "chargeback")}
    yield order(
        rows,
        placed_at=moment(rows[0], "order date"),
        fulfilled_by=rows[0].choice("fulfilment", CHANNELS),
        extra={name: flag for name, flag in told.items() if flag is not None} or None,
    )
    if told["a-to-z claim"]:
        yield {**claim(rows[0].required("order id")), "counts_in_odr": True}


ORDER_DEFECTS = Report(
    source="amazon.odr",
    title=_("Amazon: order defects, by order"),
    system=SYSTEM,
    needs=columns("order id, negative feedback, a-to-z claim, chargeback"),
    together="order id",
    build=defects,
    aliases={
        "fulfillment": "fulfilment",
        "fulfilled by": "fulfilment",
        "fulfillment channel": "fulfilment",
        "a-to-z claims": "a-to-z claim",
        "a-to-z guarantee claim": "a-to-z claim",
        "chargebacks": "chargeback",
        "chargeback claim": "chargeback",
    },
    uses=columns("order date, order id, fulfilment, negative feedback, a-to-z claim, chargeback"),
)


# --- Invoice defects -------------------------------------------------------------------------------------------------


def invoices(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order whose invoice was late or missing: one of a business customer. When it was uploaded is not told."""
    names = ("shipment id", "ship date utc", "defect type", "defect reason")
    told: list[Mapping[str, str]] = [{name: row[name] for name in names if row.text(name)} for row in rows]
    yield order(rows, is_business=True, extra={"invoice defects": told})


INVOICE_DEFECTS = Report(
    source="amazon.idr",
    title=_("Amazon: invoice defects, by order"),
    system=SYSTEM,
    needs=columns("order id, defect type"),
    together="order id",
    build=invoices,
    uses=columns("shipment id, order id, ship date utc, defect type, defect reason"),
)

DOWNLOADS = (CANCEL_RATE, VALID_TRACKING, ON_TIME_DELIVERY, ORDER_DEFECTS, INVOICE_DEFECTS)
