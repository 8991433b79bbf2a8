"""Conversations by what people know of them: the beginning of an ID."""

from django.db.models import QuerySet

from messaging.models import Conversation
from sellers.models import SellerAccount
from sellers.prefixes import beginning_with


def find_conversations(account: SellerAccount, text: str) -> QuerySet[Conversation]:
    """The account's conversations whose ID begins so, by ID; read from `conversation_by_external_id`."""
    found: QuerySet[Conversation] = Conversation.objects.filter(account=account)
    return found.filter(beginning_with("external_id", text)).order_by("external_id", "pk")
