"""The one door to what a page may show: a person's own accounts, and nothing else exists."""

import re
from collections.abc import Sequence
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from dashboard.words import place
from kpis.catalogue import METRICS
from kpis.metrics import Metric
from kpis.people import own_people
from sellers.models import KEY_PATTERN, SellerAccount


def visible_accounts(request: HttpRequest) -> list[SellerAccount]:
    """Every account this person may see, by name."""
    return list(SellerAccount.objects.visible_to(request.user).select_related("owner").order_by("name", "key"))


def account_or_404(request: HttpRequest, key: str) -> SellerAccount:
    """The account with this key; one that is not there and one that is not theirs answer alike."""
    # From a query string anything may come, and PostgreSQL compares no text with a NUL in it.
    is_key = re.fullmatch(KEY_PATTERN, key) is not None
    account = SellerAccount.objects.visible_to(request.user).filter(key=key).first() if is_key else None
    if account is None:
        raise Http404
    return account


def named_like(accounts: Sequence[SellerAccount], text: str) -> list[SellerAccount]:
    """Those of the accounts whose name, key, platform or marketplace contain every word of the text."""
    wanted = text.casefold().split()
    return [account for account in accounts if all(word in _told(account) for word in wanted)]


def _told(account: SellerAccount) -> str:
    return f"{account.name} {account.key} {place(account)}".casefold()


def metric_or_404(slug: str) -> Metric:
    """The declared metric of this name."""
    if slug not in METRICS:
        raise Http404
    return METRICS[slug]


def may_write(request: HttpRequest, account: SellerAccount) -> bool:
    """Whether this person may correct the account's facts."""
    return SellerAccount.objects.writable_by(request.user).filter(pk=account.pk).exists()


def people_seen(request: HttpRequest, account: SellerAccount) -> frozenset[int] | None:
    """Whose figures this person may see: None means everybody's. Who may not write sees their own, or nobody's."""
    if may_write(request, account):
        return None
    return own_people(account, cast(int, request.user.pk))


def writable_ids(request: HttpRequest) -> set[int]:
    """The IDs of the accounts whose facts this person may correct."""
    return set(SellerAccount.objects.writable_by(request.user).values_list("id", flat=True))


def writable_or_403(request: HttpRequest, key: str) -> SellerAccount:
    """The account with this key for somebody who may correct it; who may only look is told so."""
    account = account_or_404(request, key)
    if not may_write(request, account):
        raise PermissionDenied
    return account
