"""Returns to the seller as XML, which has the time of the request: the same returns as in the flat file.

Report: GET_XML_RETURNS_DATA_BY_RETURN_DATE.
"""

import io
from collections.abc import Iterator, Mapping
from typing import IO
from xml.etree.ElementTree import Element  # nosec: only the type

from django.utils.translation import gettext_lazy as _

from intake.codes import Problem, WarningCode
from intake.readers.amazon.records import SYSTEM
from intake.readers.amazon.returns import requests
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.formats import Format, Head
from intake.readers.xml import elements, leaves, name_of, opens_with, text_of
from intake.rows import Bad, Row, RowWarning

RETURN, ITEM = "return_details", "item_details"

# The columns of the flat file, by the elements that say the same.
COLUMNS = {
    "order_id": "order id",
    "return_request_date": "return request date",
    "return_request_status": "return request status",
    "return_delivery_date": "return delivery date",
    "amazon_rma_id": "amazon rma id",
    "a_to_z_claim": "a-to-z claim",
    "currency_code": "currency code",
    "item_name": "item name",
    "asin": "asin",
    "merchant_sku": "merchant sku",
    "return_quantity": "return quantity",
    "return_reason_code": "return reason",
    "in_policy": "in policy",
    "resolution": "resolution",
    "refund_amount": "refunded amount",
}
KEPT = ("merchant_rma_id", "label_type", "label_cost", "label_to_be_paid_by", "return_type", "category", "is_prime")
DROPPED = ("order_date", "order_amount", "order_quantity", "return_carrier", "tracking_id", "invoice_number")
ELEMENTS = {column: element for element, column in COLUMNS.items()}


def fit(head: Head) -> int:
    return 10 * opens_with(head, RETURN)


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """Every return of the file."""
    for number, element in enumerate(elements(stream, context, {RETURN}), 1):
        yield from _rows(element, f"return {number}", context)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    return read(io.BytesIO(text.encode()), context)


def _rows(element: Element, pointer: str, context: Context) -> Iterator[Row]:
    text, defaults = text_of(element), context.defaults({"system": SYSTEM})
    articles = [one for one in element.iter() if name_of(one) == ITEM]
    shared = dict(leaf for one in element if name_of(one) != ITEM for leaf in leaves(one))
    rows = [
        Cells({COLUMNS.get(name, name): value for name, value in {**shared, **dict(leaves(one))}.items()}, context)
        for one in articles or [element]
    ]
    known = {*COLUMNS.values(), *KEPT, *DROPPED, RETURN, ITEM}
    warnings: tuple[RowWarning, ...] = tuple(
        (name[:80], WarningCode.UNKNOWN_COLUMN) for name in rows[0] if name not in known
    )
    try:
        records = list(requests(rows, context))
    except Problem as problem:
        field = ELEMENTS.get(problem.field, problem.field)
        yield Row(pointer, Bad(problem.code, problem.message, field), text, defaults)
        return
    extra = {name: rows[0][name] for name in KEPT if rows[0].text(name)} | rows[0].aside
    if extra:
        records[0]["extra"] = extra
    warnings += tuple(rows[0].warnings)
    for position, record in enumerate(records):
        place = pointer if position == 0 else f"{pointer} {record['type']}"
        yield Row(place, record, text, defaults, None, warnings if position == 0 else ())


RETURNS_XML = Format("amazon.returns_mfn_xml", _("Amazon: returns to the seller (XML)"), fit, read, again)
