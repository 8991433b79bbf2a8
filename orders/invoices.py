"""Whether an account's invoices are told at all: until one is, a missing one is not missing but unknown."""

from orders.models import InvoiceVerdict, Order
from sellers.models import SellerAccount

UPLOADED = (InvoiceVerdict.ON_TIME, InvoiceVerdict.LATE)


def invoices_are_told(account: SellerAccount) -> bool:
    """Whether the upload of any invoice of this account has ever been reported; read from a small partial index."""
    told = Order.objects.filter(account=account, invoice__in=UPLOADED)
    return told.exclude(invoice=InvoiceVerdict.NONE).exists()


def wrongly_judged(account: SellerAccount) -> list[str]:
    """The IDs of the orders whose missing invoice was judged before the first upload came in, or the last went away."""
    stale = InvoiceVerdict.UNTOLD if invoices_are_told(account) else InvoiceVerdict.MISSING
    orders = Order.objects.filter(account=account, invoice=stale).exclude(invoice=InvoiceVerdict.NONE)
    return list(orders.order_by("external_id").values_list("external_id", flat=True))
