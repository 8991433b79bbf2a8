"""All orders, as flat files by order date or by last update, archived ones too: one row for each article.

What the files do not say stays unknown: by when an order was to ship, when it was confirmed, who cancelled it.
Reports: GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL, ..._BY_LAST_UPDATE_GENERAL and
GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from intake.readers.amazon.records import SYSTEM, any_flag, item, record
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.reports import Record, Report, columns

STATUSES = {
    "pending": "pending",
    "pendingavailability": "pending",
    "unshipped": "unshipped",
    "shipping": "unshipped",
    "invoiceunconfirmed": "unshipped",
    "partiallyshipped": "partially_shipped",
    "partially shipped": "partially_shipped",
    "shipped": "shipped",
    "complete": "shipped",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "unfulfillable": "unfulfillable",
    # Marketplaces in which the carrier reports back say how far a shipped order has come.
    "shipped - picked up": "shipped",
    "shipped - out for delivery": "shipped",
    "shipped - delivered to buyer": "shipped",
    "shipped - rejected by buyer": "shipped",
    "shipped - returning to seller": "shipped",
    "shipped - returned to seller": "shipped",
    "shipped - lost in transit": "shipped",
    "shipped - undeliverable": "shipped",
    "shipped - damaged": "shipped",
}
CHANNELS = {"merchant": "merchant", "amazon": "marketplace", "mfn": "merchant", "afn": "marketplace"}
PRICES = ("item-price", "shipping-price", "gift-wrap-price")
DISCOUNTS = ("item-promotion-discount", "ship-promotion-discount")


def orders(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """The order that these rows are the articles of."""
    first = rows[0]
    yield record(
        "order",
        first.required("amazon-order-id"),
        source_updated_at=first.moment("last-updated-date", "purchase-date"),
        placed_at=first.moment("purchase-date"),
        status=first.word("order-status", STATUSES),
        fulfilled_by=first.choice("fulfillment-channel", CHANNELS),
        sales_channel=first.text("sales-channel"),
        currency=first.text("currency"),
        total_amount=total(rows),
        is_replacement=first.flag("is-replacement-order"),
        is_business=first.flag("is-business-order"),
        buyer_asked_to_cancel=any_flag(rows, "is-buyer-requested-cancellation"),
        items=[
            item(
                sku=row.text("sku"), asin=row.text("asin"), title=row.text("product-name"),
                quantity=row.whole("quantity"),
            )
            for row in rows
        ],
    )  # fmt: skip


def total(rows: Sequence[Cells]) -> str | None:
    """What the articles cost with shipping and wrapping, less discounts; taxes are not added, for some marketplaces
    name taxes that the prices hold already. None where an article has no price, as of a cancelled order."""
    if any(row.text("item-price") is None for row in rows):
        return None
    paid = Decimal(0)
    for row in rows:
        paid += sum(_amount(row, name) for name in PRICES) - sum(abs(_amount(row, name)) for name in DISCOUNTS)
    return str(paid) if paid >= 0 else None


def _amount(row: Cells, column: str) -> Decimal:
    return Decimal(row.number(column) or 0)


ALL_ORDERS = Report(
    source="amazon.all_orders",
    title=_("Amazon: all orders"),
    system=SYSTEM,
    needs=columns("amazon-order-id, purchase-date, order-status"),
    together="amazon-order-id",
    build=orders,
    uses=columns(
        "amazon-order-id, purchase-date, last-updated-date, order-status, fulfillment-channel, sales-channel, "
        "product-name, sku, asin, quantity, currency, item-price, shipping-price, gift-wrap-price, "
        "item-promotion-discount, ship-promotion-discount, is-business-order, is-replacement-order, "
        "is-buyer-requested-cancellation"
    ),
    keeps=columns("ship-service-level, ship-country, order-channel, original-order-id, is-exchange-order"),
    drops=columns(
        "merchant-order-id, url, item-status, item-tax, shipping-tax, gift-wrap-tax, ship-city, ship-state, "
        "ship-postal-code, promotion-ids, purchase-order-number, price-designation, is-iba, cpf, number-of-items, "
        "address-type, payment-method-details, is-sold-by-ab, is-amazon-invoiced, is-heavy-or-bulky, "
        "is-pickup-point-order, fulfilled-by, buyer-company-name, buyer-citizen-name, buyer-citizen-id, "
        "buyer-identification-number, buyer-identification-type, buyer-tax-registration-country, "
        "buyer-tax-registration-type, customized-page, customized-url, is-transparency, ioss-number, "
        "licensee-name, license-number, license-state, license-expiration-date, default-ship-from-address-name, "
        "signature-confirmation-recommended, vat-exclusive-item-price, vat-exclusive-shipping-price, "
        "vat-exclusive-giftwrap-price, order-invoice-type, invoice-business-legal-name, invoice-business-address, "
        "invoice-business-tax-id, invoice-business-tax-office, automated-shipping-settings, is-prime, "
        "is-global-express, ship-phone-number, buyer-email, buyer-name, recipient-name"
    ),
)
