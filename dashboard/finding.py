"""The pages of one conversation and one order, and the page on which people look them up."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard.access import account_or_404, may_write, visible_accounts
from dashboard.addresses import Lookup
from dashboard.pages.conversation import conversation_or_404, conversation_page
from dashboard.pages.find import find_page
from dashboard.pages.order import order_or_404, order_page
from dashboard.pages.shell import shell
from sellers.models import SellerAccount


def find(request: HttpRequest, key: str) -> HttpResponse:
    """Conversations and orders of an account by the beginning of an ID; a single exact hit opens at once."""
    shop = account_or_404(request, key)
    page = find_page(shop, Lookup(request.GET), request.GET.get("page", "1"))
    if page.only is not None:
        return redirect(*page.only)
    return _render(request, "dashboard/find.html", shop, page)


def conversation(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One conversation: who wrote what, who waited how long, and why each verdict is as it is."""
    shop = account_or_404(request, key)
    row = conversation_or_404(shop, number)
    page = conversation_page(shop, row, request.GET.get("page", ""), request.GET.get("message", ""))
    return _render(request, "dashboard/conversation.html", shop, page)


def order(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One order: what happened to it, and why each verdict is as it is."""
    shop = account_or_404(request, key)
    return _render(request, "dashboard/order.html", shop, order_page(shop, order_or_404(shop, number)))


def _render(request: HttpRequest, template: str, shop: SellerAccount, page: Any) -> HttpResponse:
    around = shell(visible_accounts(request), timezone.now(), shop)
    context = {"page": page, "shell": around, "section": "account", "may_write": may_write(request, shop)}
    return render(request, template, context)
