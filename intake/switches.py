"""What intake derives follows a newer release: which orders buyers wrote about."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from intake.mentions import write_mentions
from messaging.models import Conversation
from orders.recompute import recompute_orders
from sellers.models import SellerAccount
from sellers.switches import DERIVED, switched


@receiver(switched)
def follow_release(account: SellerAccount, names: set[str], now: datetime, **signal: Any) -> None:
    if DERIVED in names:
        conversations = list(Conversation.objects.filter(account=account).values_list("id", flat=True))
        recompute_orders(account, write_mentions(account, conversations), now)
