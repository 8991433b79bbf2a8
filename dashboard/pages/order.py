"""One order: what was promised, what happened, and why each of its verdicts is as it is."""

from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import gettext as _

from dashboard.pages.correct import Ways, ways_with
from dashboard.verdict import at
from kpis.metrics import Text
from orders.models import Order
from sellers.models import SellerAccount


@dataclass(frozen=True)
class OrderPage:
    """Everything the page shows."""

    account: SellerAccount
    order: Order
    facts: list[tuple[Text, str]]
    ways: Ways

    @property
    def title(self) -> str:
        return _("Order %(id)s") % {"id": self.order.external_id}


def order_or_404(account: SellerAccount, key: int) -> Order:
    """One order of this account."""
    found = Order.objects.filter(account=account, pk=key).first()
    if found is None:
        raise Http404
    found.account = account
    return found


def order_page(account: SellerAccount, order: Order) -> OrderPage:
    """The order with its verdicts."""
    facts: list[tuple[Text, str]] = [
        (_("Status"), str(order.get_status_display())),
        (_("Placed"), at(order.placed_at, account.zone)),
        (_("Shipment"), str(order.get_shipment_display())),
        (_("Cancellation"), str(order.get_cancellation_display())),
    ]
    return OrderPage(account, order, facts, ways_with(Order))
