"""Shipping confirmations: the file that a seller uploads to tell Amazon what was shipped.

Amazon counts an order as confirmed when it gets the file, whatever ship date the file names. We know when we got it:
that is the confirmation where the file is as fresh as it is when it is uploaded to both. Of an older one, imported for
its history, the moment of the confirmation stays unknown; what an order's own source says of it stands in any case.
File: https://sellercentral.amazon.com/gp/help/external/G641
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.records import SYSTEM, item, record
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.reports import Record, Report, columns

FRESH = timedelta(days=3)  # what is shipped on a Friday may be confirmed on Monday
OTHER = "other"


def confirmations(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """The packages of an order that the file speaks of; a package has a row for each of its articles."""
    packages: dict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        packages[row.ident("tracking-number") or row.required("ship-date")].append(row)
    yield record(
        "order",
        rows[0].required("order-id"),
        partial=True,
        fulfilled_by="merchant",
        packages=[_package(articles, context) for articles in packages.values()],
    )


def _package(rows: Sequence[Cells], context: Context) -> dict[str, Any]:
    first = rows[0]
    code, number = first.text("carrier-code") or "", first.ident("tracking-number")
    first.required("ship-date")
    shipped_on = date.fromisoformat(first.day("ship-date") or "")
    return item(
        external_id=None if number else shipped_on.isoformat(),
        tracking_number=number,
        confirmed_at=context.arrived_at if _is_fresh(shipped_on, context) else None,
        carrier=first.text("carrier-name") or code if code.lower() == OTHER else code or first.text("carrier-name"),
        carrier_typed=code.lower() == OTHER if code else None,
        service=first.text("ship-method"),
        items=[item(external_id=row.ident("order-item-id"), quantity=row.whole("quantity")) for row in rows],
    )


def _is_fresh(shipped_on: date, context: Context) -> bool:
    arrived_on = datetime.fromisoformat(context.arrived_at).astimezone(ZoneInfo(context.zone or "UTC")).date()
    return timedelta(days=-1) <= arrived_on - shipped_on <= FRESH


SHIPPING_CONFIRMATION = Report(
    source="amazon.shipping_confirmation",
    title=_("Amazon: shipping confirmation"),
    system=SYSTEM,
    needs=columns("order-id, ship-date, carrier-code"),
    together="order-id",
    build=confirmations,
    uses=columns(
        "order-id, order-item-id, quantity, ship-date, carrier-code, carrier-name, tracking-number, ship-method"
    ),
    drops=columns(
        "transparency_code, ship_from_address_name, ship_from_address_line1, ship_from_address_line2, "
        "ship_from_address_line3, ship_from_address_city, ship_from_address_county, "
        "ship_from_address_state_or_region, ship_from_address_postalcode, ship_from_address_countrycode"
    ),
)
