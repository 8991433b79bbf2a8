"""The one door to what a page may show: a person's own accounts, and nothing else exists."""

from django.http import Http404, HttpRequest

from kpis.catalogue import METRICS
from kpis.metrics import Metric
from sellers.models import SellerAccount


def visible_accounts(request: HttpRequest) -> list[SellerAccount]:
    """Every account this person may see, by name."""
    return list(SellerAccount.objects.visible_to(request.user).order_by("name", "key"))


def account_or_404(request: HttpRequest, key: str) -> SellerAccount:
    """The account with this key; one that is not there and one that is not theirs answer alike."""
    account = SellerAccount.objects.visible_to(request.user).filter(key=key).first()
    if account is None:
        raise Http404
    return account


def metric_or_404(slug: str) -> Metric:
    """The declared metric of this name."""
    if slug not in METRICS:
        raise Http404
    return METRICS[slug]
