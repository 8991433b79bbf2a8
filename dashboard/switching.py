"""The account switcher, which every page has: the same page of another account, found by a few letters of its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from dashboard.access import named_like, visible_accounts
from sellers.models import SellerAccount

MOST = 30
# What a page's address may repeat for another account: a row's number means nothing there.
SHARED = {"key", "metric", "ends_on"}
KEPT = ("on", "known_on", "weeks", "days", "by", "columns")


@dataclass(frozen=True)
class Place:
    """An account one can go to, and the address there."""

    account: SellerAccount
    address: str
    is_current: bool


def switch(request: HttpRequest) -> HttpResponse:
    """The accounts that match `q`, each with the page that `from` shows of it; a piece of HTML for the switcher."""
    found = named_like(visible_accounts(request), request.GET.get("q", ""))
    places = _places(found[:MOST], request.GET.get("from", ""))
    return render(request, "dashboard/_places.html", {"places": places, "more": max(0, len(found) - MOST)})


def _places(accounts: Sequence[SellerAccount], address: str) -> list[Place]:
    name, given, query = _page_of(address)
    key = given.get("key")
    return [
        Place(account, reverse(name, kwargs={**given, "key": account.key}) + query, account.key == key)
        for account in accounts
    ]


def _page_of(address: str) -> tuple[str, dict[str, object], str]:
    """The page to open: its name, its arguments and its query; the account page where `address` has no counterpart."""
    try:
        parts = urlsplit(address)
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return "account", {}, ""
    if match.url_name is None or "key" not in match.kwargs or match.namespaces:
        return "account", {}, ""
    asked, kept = QueryDict(parts.query), QueryDict(mutable=True)
    for name in KEPT:
        if name in asked:
            kept[name] = asked[name]
    query = f"?{kept.urlencode()}" if kept else ""
    if match.kwargs.keys() <= SHARED:
        return match.url_name, match.kwargs, query
    return "account", {"key": match.kwargs["key"]}, ""
