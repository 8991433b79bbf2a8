"""The account switcher, which every page has: the same page of another account, found by a few letters of its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from dashboard.access import named_like, visible_accounts
from sellers.models import SellerAccount

MOST = 30
# What a page's address may repeat for another account: a row's number means nothing there.
SHARED = {"key", "metric", "ends_on"}
KEPT = ("on", "known_on", "weeks", "days", "by", "sort", "wait", "columns")
# What stands for a page that no other account has.
INSTEAD = {"agent": "agents", "note": "notes", "note_new": "notes", "correction": "corrections"}
# Pages of all accounts that show one account too; what the queue's address asks of accounts is not kept.
QUEUES = ("queue", "queue_dismissed")
OF_ONE = {"reports": "weeks", "report": "weeks"}  # its week may end on another day
IN_QUEUE = ("owner", "topic", "language", "channel", "group", "list")


@dataclass(frozen=True)
class Page:
    """A page that every account has: the name of its address, what stands in it beside the account, and its query."""

    name: str = "account"
    given: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)

    def address(self, account: SellerAccount) -> str:
        asked = dict(self.asked)
        if self.name in QUEUES:  # they name the account in the query
            return f"{reverse(self.name)}?{urlencode({'account': account.key, **asked})}"
        path = reverse(self.name, kwargs={**self.given, "key": account.key})
        return f"{path}?{urlencode(asked)}" if asked else path


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
    page, key = _page_of(address)
    return [Place(account, page.address(account), account.key == key) for account in accounts]


def _page_of(address: str) -> tuple[Page, str]:
    """The page to open, the account page where `address` has no counterpart; and the account that is open."""
    try:
        parts = urlsplit(address)
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return Page(), ""
    asked, name = QueryDict(parts.query), match.url_name or ""
    if match.namespaces:
        return Page(), ""
    if name in QUEUES:
        return Page(name, {}, _only(asked, IN_QUEUE)), asked.get("account") or ""
    if name in OF_ONE:
        return Page(OF_ONE[name]), ""
    if "key" not in match.kwargs:
        return Page(), ""
    key, kept = match.kwargs["key"], _only(asked, KEPT)
    if name in INSTEAD:
        return Page(INSTEAD[name], {}, kept), key
    return (Page(name, match.kwargs, kept) if match.kwargs.keys() <= SHARED else Page(asked=kept)), key


def _only(asked: QueryDict, names: Sequence[str]) -> dict[str, str]:
    return {name: str(asked[name]) for name in names if name in asked}
