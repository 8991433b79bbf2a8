"""Shopify's order export: one row for each article, what holds for the whole order only on its first row.

Columns: https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.records import item, record
from intake.readers.reports import Record, Report, columns

SYSTEM = "shopify"
FULFILMENT = {
    "": "unshipped",
    "unfulfilled": "unshipped",
    "restocked": "unshipped",
    "pending": "unshipped",
    "scheduled": "unshipped",
    "on hold": "unshipped",
    "in progress": "unshipped",
    "partial": "partially_shipped",
    "partially fulfilled": "partially_shipped",
    "fulfilled": "shipped",
}
TIMES = ("created at", "paid at", "fulfilled at", "cancelled at")


def orders(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """The order that these rows are the articles of.

    The table does not say when it was exported. It knows everything that it dates, so it counts as of the last of its
    own times: what a pull or a notice says later stands, in whatever order they arrive.
    """
    order = rows[0]
    name = order.required("name")
    cancelled_at, fulfilled_at = order.moment("cancelled at"), order.moment("fulfilled at")
    moments = [moment for column in TIMES if (moment := order.moment(column)) is not None]
    mail = order.text("email")
    yield record(
        "order",
        order.ident("id") or name,
        source_updated_at=max(moments, key=instant, default=None),
        placed_at=order.moment("created at"),
        status="cancelled" if cancelled_at else _status(order),
        fulfilled_by="merchant",
        cancelled_at=cancelled_at,
        currency=order.text("currency"),
        total_amount=order.number("total"),
        refunded_amount=order.number("refunded amount"),
        name=name,
        buyer_key=context.pseudonym(mail) if mail else None,
        items=[
            item(
                sku=row.text("lineitem sku"),
                title=row.text("lineitem name"),
                quantity=row.whole("lineitem quantity"),
                unit_price=row.number("lineitem price"),
            )
            for row in rows
            if row.text("lineitem name", "lineitem sku")
        ]
        or None,
        packages=[{"confirmed_at": fulfilled_at}] if fulfilled_at else None,
    )


def _status(order: Cells) -> str:
    return order.word("fulfillment status", FULFILMENT) if order.text("fulfillment status") else FULFILMENT[""]


def instant(moment: str) -> datetime:
    """A time as readers write it, to be compared with others."""
    return datetime.fromisoformat(moment).astimezone(UTC)


ORDERS_CSV = Report(
    source="shopify.orders_csv",
    title=_("Shopify: order export"),
    system=SYSTEM,
    needs=columns("name, financial status, fulfillment status, created at, lineitem quantity"),
    together="name",
    build=orders,
    uses=columns(
        "name, email, paid at, fulfillment status, fulfilled at, currency, total, created at, lineitem quantity, "
        "lineitem name, lineitem price, lineitem sku, cancelled at, refunded amount, id"
    ),
    keeps=columns("financial status, source, risk level, shipping country, shipping method"),
    drops=columns(
        "accepts marketing, subtotal, shipping, taxes, discount code, discount amount, lineitem compare at price, "
        "lineitem requires shipping, lineitem taxable, lineitem fulfillment status, billing name, billing street, "
        "billing address1, billing address2, billing company, billing city, billing zip, billing province, "
        "billing country, billing phone, shipping name, shipping street, shipping address1, shipping address2, "
        "shipping company, shipping city, shipping zip, shipping province, shipping phone, notes, note attributes, "
        "payment method, payment reference, vendor, outstanding balance, employee, location, device id, tags, "
        "lineitem discount, tax 1 name, tax 1 value, tax 2 name, tax 2 value, tax 3 name, tax 3 value, tax 4 name, "
        "tax 4 value, tax 5 name, tax 5 value, phone, receipt number, duties, billing province name, "
        "shipping province name, payment id, payment terms name, next payment due at, payment references"
    ),
)
