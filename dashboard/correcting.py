"""The pages on which people correct data: each finds what the person may write, calls one function, and renders."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access import account_or_404, may_write, visible_accounts, writable_or_403
from dashboard.pages import correct, corrections
from dashboard.pages.shell import shell
from intake.corrections import CorrectionError
from sellers.models import SellerAccount


def listing(request: HttpRequest, key: str) -> HttpResponse:
    """The conflicts and corrections of one account."""
    shop = account_or_404(request, key)
    wanted = request.GET.get("list", "")
    page = corrections.corrections_page(
        shop,
        wanted if wanted in corrections.LISTS else "",
        request.GET.get("page", "1"),
        may_write(request, shop),
    )
    return _render(request, "dashboard/corrections.html", shop, page)


def one(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One correction, and what it moves."""
    shop = account_or_404(request, key)
    page = corrections.correction_page(
        shop,
        corrections.correction_or_404(shop, number),
        timezone.now(),
        may_write=may_write(request, shop),
        is_staff=bool(request.user.is_staff),
        asked="preview" in request.GET,
    )
    return _render(request, "dashboard/correction.html", shop, page)


def propose(request: HttpRequest, key: str, table: str, row: int) -> HttpResponse:
    """Propose a change of a row; a good form leads to the page that shows what it would move."""
    shop = writable_or_403(request, key)
    found = correct.row_or_404(shop, table, row)
    data = request.POST if request.method == "POST" else None
    kind = request.GET.get("kind", "")
    page = correct.correct_page(shop, found, kind, data, is_staff=bool(request.user.is_staff))
    if data is not None:
        proposal = correct.propose(page, timezone.now(), request.user)  # type: ignore[arg-type]  # signed in
        if proposal is not None:
            return redirect("correction", shop.key, proposal.pk)
    return _render(request, "dashboard/correct.html", shop, page)


@require_POST
def step(request: HttpRequest, key: str, number: int, step: str) -> HttpResponse:
    """Apply, withdraw or undo a correction."""
    shop = writable_or_403(request, key)
    correction = corrections.correction_or_404(shop, number)
    _do(request, corrections.STEPS, step, correction)
    return redirect("correction", shop.key, correction.pk)


@require_POST
def decide(request: HttpRequest, key: str, number: int, decision: str) -> HttpResponse:
    """Keep a correction against what the source says now, or take the source's value."""
    shop = writable_or_403(request, key)
    _do(request, corrections.DECISIONS, decision, corrections.conflict_or_404(shop, number))
    return redirect("corrections", shop.key)


def _do(request: HttpRequest, known: dict[str, Callable[..., Any]], name: str, record: Any) -> None:
    if name not in known:
        raise Http404
    try:
        known[name](record, timezone.now(), request.user)
    except CorrectionError as error:
        messages.warning(request, str(error))


def _render(request: HttpRequest, template: str, shop: SellerAccount, page: Any) -> HttpResponse:
    around = shell(visible_accounts(request), timezone.now(), shop)
    return render(request, template, {"page": page, "shell": around, "section": "account"})
