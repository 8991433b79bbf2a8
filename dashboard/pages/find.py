"""Looking up conversations and orders of one account: by the beginning of an ID, or the newest."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from dashboard.addresses import Lookup
from dashboard.verdict import at
from kpis.metrics import Text
from messaging.lookup import find_conversations
from messaging.models import Conversation
from orders.lookup import find_orders
from orders.models import Mention, Order
from sellers.models import SellerAccount

PER_PAGE = 50


@dataclass(frozen=True)
class Tab:
    """One of the two lists, and how many it holds."""

    name: str
    title: Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class FindPage:
    """Everything the page shows. `only` names the page of the one row that was meant, if there is just one."""

    account: SellerAccount
    q: str
    tabs: list[Tab]
    current: str
    page: Page
    only: tuple[Any, ...] | None

    @property
    def conversations(self) -> list[tuple[Conversation, str]]:
        """The conversations of this page of the list, each with when it began."""
        return [(row, at(row.opened_moment, self.account.zone)) for row in self.page]

    @property
    def orders(self) -> list[tuple[Order, str]]:
        """The orders of this page of the list, each with when it was placed."""
        return [(row, at(row.placed_at, self.account.zone)) for row in self.page]


def find_page(account: SellerAccount, address: Lookup, number: str) -> FindPage:
    """What begins as the address says; where it says nothing, the newest of the account."""
    q = str(address.value("q")).strip()
    found: dict[str, QuerySet[Any]] = {
        "conversations": _conversations(account, q),
        "orders": _orders(account, q),
    }
    counts = {name: rows.count() for name, rows in found.items()}
    current = str(address.value("show")) or ("orders" if counts["orders"] and not counts["conversations"] else "")
    current = current or "conversations"
    paginator = Paginator(found[current], PER_PAGE)
    paginator.count = counts[current]  # type: ignore[misc]  # counted already for its tab
    return FindPage(
        account=account,
        q=q,
        tabs=[Tab(name, title, counts[name], name == current) for name, title in Lookup.LISTS],
        current=current,
        page=paginator.get_page(number),
        only=_only(account, q, found, counts) if q and not address.data.get("show") else None,
    )


def _conversations(account: SellerAccount, q: str) -> QuerySet[Any]:
    if not q:
        return Conversation.objects.filter(account=account, day__isnull=False).order_by("-day", "-pk")
    about = Mention.objects.filter(account=account, order_external_id=q).values("conversation_id")
    begin = find_conversations(account, q).order_by().values("pk")
    return Conversation.objects.filter(account=account, pk__in=begin.union(about)).order_by("external_id", "pk")


def _orders(account: SellerAccount, q: str) -> QuerySet[Any]:
    return find_orders(account, q) if q else Order.objects.filter(account=account).order_by("-day", "-pk")


def _only(
    account: SellerAccount, q: str, found: dict[str, QuerySet[Any]], counts: dict[str, int]
) -> tuple[Any, ...] | None:
    """The page of the row whose whole ID was typed, where there is one; an order before conversations about it."""
    for name, address in (("orders", "order"), ("conversations", "conversation")):
        exact = list(found[name].filter(external_id=q)[:2]) if counts[name] else []
        if len(exact) == 1:
            return address, account.key, exact[0].pk
    return None
