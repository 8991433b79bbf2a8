"""Files of Amazon, one module for each subject: reports of the Selling Partner API and downloads of Seller Central.

Column lists and their sources: https://developer-docs.amazon.com/sp-api/docs/report-type-values
"""

from intake.readers.amazon import (
    all_orders,
    confirmations,
    customer_metrics,
    downloads,
    feedback,
    finances,
    orders_api,
    performance,
    returns,
    returns_xml,
    shipping,
)
from intake.readers.formats import Format

FORMATS: tuple[Format, ...] = (
    all_orders.ALL_ORDERS.format(),
    shipping.ORDER_REPORT.format(),
    shipping.UNSHIPPED.format(),
    confirmations.SHIPPING_CONFIRMATION.format(),
    returns.SELLER_FULFILLED.format(),
    returns_xml.RETURNS_XML,
    returns.BY_AMAZON.format(),
    feedback.SELLER_FEEDBACK.format(),
    performance.SELLER_PERFORMANCE,
    customer_metrics.CUSTOMER_METRICS,
    orders_api.ORDERS_API.format(),
    finances.FINANCES.format(),
    *(download.format() for download in downloads.DOWNLOADS),
)
