"""Orders that the seller ships: the order report, with its promises, and the unshipped orders.

Neither says what became of an order later. So that an old file never undoes what a newer one said, the order report
speaks as of the payment, since when the order could be shipped, the unshipped orders as of the day of the report.
Reports: GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING, GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.records import SYSTEM, any_flag, item, record
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.reports import Record, Report, columns


def to_ship(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order that is ready to be shipped."""
    yield _order(
        rows,
        context,
        source_updated_at=rows[0].moment("payments-date", "purchase-date"),
        ship_by_at=rows[0].moment("latest-ship-date"),
    )


def unshipped(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """An order that was not shipped, or not all of it, when the report was made."""
    first = rows[0]
    shipped = sum(row.whole("quantity-shipped") or 0 for row in rows)
    yield _order(
        rows,
        context,
        source_updated_at=first.moment("reporting-date", "payments-date", "purchase-date"),
        status="partially_shipped" if shipped else "unshipped",
        ship_by_at=first.moment("promise-date", "latest-ship-date"),
    )


def _order(rows: Sequence[Cells], context: Context, **more: Any) -> Record:
    first = rows[0]
    mail = first.text("buyer-email")
    return record(
        "order",
        first.required("order-id"),
        **{
            "placed_at": first.moment("purchase-date"),
            "status": "unshipped",
            "fulfilled_by": "merchant",
            "deliver_by_at": first.moment("latest-delivery-date"),
            "buyer_asked_to_cancel": any_flag(rows, "is-buyer-requested-cancellation"),
            "currency": first.text("currency"),
            "is_business": first.flag("is-business-order"),
            "buyer_key": context.pseudonym(mail) if mail else None,
            "items": [_article(row) for row in rows],
            **more,
        },
    )


def _article(row: Cells) -> dict[str, Any]:
    return item(
        external_id=row.ident("order-item-id"),
        sku=row.text("sku"),
        title=row.text("product-name"),
        quantity=row.whole("quantity-purchased"),
        quantity_shipped=row.whole("quantity-shipped"),
    )


COMMON = columns(
    "order-id, order-item-id, purchase-date, payments-date, buyer-email, sku, product-name, quantity-purchased, "
    "currency, latest-ship-date, latest-delivery-date, is-business-order, is-buyer-requested-cancellation"
)
KEPT = columns(
    "ship-service-level, ship-country, is-prime, buyer-requested-cancel-reason, earliest-ship-date, "
    "earliest-delivery-date"
)
PERSONAL = columns(
    "buyer-name, buyer-phone-number, recipient-name, ship-address-1, ship-address-2, ship-address-3, ship-city, "
    "ship-state, ship-postal-code, ship-phone-number, buyer-company-name, delivery-instructions, "
    "purchase-order-number, gift-message-text, default-ship-from-address-name, default-ship-from-address-field-1, "
    "default-ship-from-address-field-2, default-ship-from-address-field-3, default-ship-from-city, "
    "default-ship-from-state, default-ship-from-country, default-ship-from-postal-code, "
    "actual-ship-from-address-name, actual-ship-from-address-1, actual-ship-from-address-field-2, "
    "actual-ship-from-address-field-3, actual-ship-from-city, actual-ship-from-state, actual-ship-from-country, "
    "actual-ship-from-postal-code, licensee-name, license-number, license-state, license-expiration-date, "
    "address-type, cpf, buyer-citizen-name, buyer-citizen-id"
)
OTHERS = columns(
    "number-of-items, item-price, item-tax, shipping-price, shipping-tax, item-promotion-discount, "
    "item-promotion-id, ship-promotion-discount, ship-promotion-id, delivery-start-date, delivery-end-date, "
    "delivery-time-zone, price-designation, is-iba, is-global-express, gift-wrap-type, gift-wrap-price, "
    "gift-wrap-tax, customized-page, customized-url, is-sold-by-ab, sales-channel, order-channel"
)

ORDER_REPORT = Report(
    source="amazon.order_report",
    title=_("Amazon: orders to be shipped by the seller"),
    system=SYSTEM,
    needs=columns("order-id, order-item-id, purchase-date, payments-date"),
    together="order-id",
    build=to_ship,
    uses=COMMON,
    keeps=KEPT,
    drops=PERSONAL | OTHERS,
)

UNSHIPPED = Report(
    source="amazon.unshipped",
    title=_("Amazon: unshipped orders"),
    system=SYSTEM,
    needs=columns("order-id, order-item-id, purchase-date, promise-date"),
    together="order-id",
    build=unshipped,
    uses=COMMON | columns("reporting-date, promise-date, quantity-shipped"),
    keeps=KEPT | columns("verge-of-cancellation, verge-of-lateshipment, is-shipping-settings-automation-enabled"),
    drops=PERSONAL
    | OTHERS
    | columns(
        "days-past-promise, quantity-to-ship, ssa-carrier, ssa-ship-method, amazon-programs, "
        "delivery-preferred-time, drop-off-location, pallet-delivery"
    ),
)
