"""Returns as flat files: those of orders that the seller ships, and those that Amazon received.

Reports: GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE, GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA.
"""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.records import SYSTEM, any_flag, item, record, summed
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.reports import Record, Report, columns

STATUSES = {
    "pending approval": "requested",
    "pending": "requested",
    "approved": "approved",
    "authorized": "approved",
    "authorised": "approved",
    "declined": "rejected",
    "rejected": "rejected",
    "closed": "closed",
}


def requests(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """A request with its articles; one that has become an A-to-z claim opens the claim of its order."""
    first = rows[0]
    order_id = first.required("order id")
    asked = _asked(first)
    claimed = any_flag(rows, "a-to-z claim")
    yield record(
        "return",
        first.ident("amazon rma id") or f"{order_id}:{first.text('asin') or ''}:{next(iter(asked.values()), '')[:10]}",
        order_external_id=order_id,
        **asked,
        received_on=first.day("return delivery date"),
        status=first.choice("return request status", STATUSES),
        reason=first.text("return reason"),
        in_policy=first.flag("in policy"),
        resolution=first.text("resolution"),
        refunded_amount=summed(rows, "refunded amount"),
        currency=first.text("currency code"),
        a_to_z=claimed,
        fulfilled_by="merchant",
        items=[
            item(
                sku=row.text("merchant sku"), asin=row.text("asin"), title=row.text("item name"),
                quantity=row.whole("return quantity"),
            )
            for row in rows
        ],
    )  # fmt: skip
    if claimed:
        yield claim(order_id)


def _asked(row: Cells) -> dict[str, str]:
    """When it was asked for: the flat file knows the day, the XML the moment."""
    name = "return request date"
    if ":" in (row.text(name) or ""):
        return {"requested_at": row.moment(name) or ""}
    day = row.day(name)
    return {"requested_on": day} if day else {}


def claim(order_id: str) -> Record:
    """The A-to-z claim of an order. How it stands is for the notices to say; until one comes it is open."""
    return record("claim", f"a2z:{order_id}", order_external_id=order_id, kind="a_to_z")


SELLER_FULFILLED = Report(
    source="amazon.returns_mfn",
    title=_("Amazon: returns to the seller"),
    system=SYSTEM,
    needs=columns("order id, return request date, return request status"),
    together="amazon rma id",
    build=requests,
    aliases={"seller rma id": "merchant rma id"},
    uses=columns(
        "order id, return request date, return request status, amazon rma id, currency code, a-to-z claim, asin, "
        "merchant sku, item name, return quantity, return reason, in policy, resolution, return delivery date, "
        "refunded amount"
    ),
    keeps=columns(
        "merchant rma id, label type, label cost, label to be paid by, return type, category, is prime, "
        "safet action reason, safet claim id, safet claim state, safet claim creation time, "
        "safet claim reimbursement amount"
    ),
    drops=columns("order date, return carrier, tracking id, invoice number, order amount, order quantity"),
)


def receipts(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An article that came back to Amazon; when it was asked for is not told."""
    for row in rows:
        order_id, sku = row.required("order-id"), row.text("sku") or ""
        received_at = row.moment("return-date")
        yield record(
            "return",
            row.ident("license-plate-number") or f"{order_id}:{sku}:{row.text('return-date') or ''}",
            order_external_id=order_id,
            received_at=received_at,
            status="received",
            reason=row.text("reason"),
            comment=row.text("customer-comments"),
            fulfilled_by="marketplace",
            items=[
                item(
                    sku=sku or None, asin=row.text("asin"), title=row.text("product-name"),
                    quantity=row.whole("quantity"),
                )
            ],
        )  # fmt: skip


BY_AMAZON = Report(
    source="amazon.returns_fba",
    title=_("Amazon: returns to Amazon"),
    system=SYSTEM,
    needs=columns("return-date, order-id, detailed-disposition"),
    build=receipts,
    uses=columns(
        "return-date, order-id, sku, asin, product-name, quantity, reason, license-plate-number, customer-comments"
    ),
    keeps=columns("detailed-disposition, status, fulfillment-center-id"),
    drops=columns("fnsku"),
)
