"""Files of Amazon, one module for each subject: reports of the Selling Partner API and downloads of Seller Central.

Column lists and their sources: https://developer-docs.amazon.com/sp-api/docs/report-type-values
"""

from intake.readers.amazon import all_orders, feedback, finances, orders_api, performance, returns, shipping
from intake.readers.formats import Format

FORMATS: tuple[Format, ...] = (
    all_orders.ALL_ORDERS.format(),
    shipping.ORDER_REPORT.format(),
    shipping.UNSHIPPED.format(),
    returns.SELLER_FULFILLED.format(),
    returns.BY_AMAZON.format(),
    feedback.SELLER_FEEDBACK.format(),
    performance.SELLER_PERFORMANCE,
    orders_api.ORDERS_API.format(),
    finances.FINANCES.format(),
)
