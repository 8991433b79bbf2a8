"""Orders by what people know of them: the beginning of an ID, of an order number or of a tracking number."""

from django.db.models import Q, QuerySet

from orders.models import Order, Shipment
from sellers.models import SellerAccount
from sellers.prefixes import beginning_with


def find_orders(account: SellerAccount, text: str) -> QuerySet[Order]:
    """The account's orders whose ID, number or tracking number begins so, by ID; each of the three from its index."""
    own = Q(account=account)
    by_id = Order.objects.filter(own & beginning_with("external_id", text))
    # The indexes of names and tracking numbers leave out empty ones; SQLite wants to hear that from the query.
    by_name = Order.objects.filter(own & beginning_with("name", text)).exclude(name="")
    tracked = Shipment.objects.filter(own & beginning_with("tracking_number", text)).exclude(tracking_number="")
    keys = by_id.order_by().values("pk").union(by_name.order_by().values("pk"), tracked.order_by().values("order_id"))
    found: QuerySet[Order] = Order.objects.filter(pk__in=keys)
    return found.order_by("external_id", "pk")
