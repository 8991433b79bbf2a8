"""The pages of notes: each finds what the person may see or write, calls one function, and renders."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.access import account_or_404, may_write, visible_accounts, writable_or_403
from dashboard.note_form import NewNote, NoteFilter, NoteForm
from dashboard.pages import notes
from dashboard.pages.shell import shell
from sellers.days import local_day
from sellers.models import SellerAccount, User


def listing(request: HttpRequest, key: str) -> HttpResponse:
    """What was noted about one account."""
    shop = account_or_404(request, key)
    page = notes.notes_page(
        shop, NoteFilter(request.GET), request.GET.get("page", "1"), may_write=may_write(request, shop)
    )
    return _render(request, "dashboard/notes.html", shop, page)


def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a note; then back to where one came from."""
    shop = writable_or_403(request, key)
    asked = NewNote(request.GET)
    initial = {
        "metric": asked.value("metric"),
        "starts_on": asked.value("on") or local_day(timezone.now(), shop.zone),
    }
    form = NoteForm(request.POST if request.method == "POST" else None, account=shop, initial=initial)
    if request.method == "POST" and form.is_valid():
        note = form.keep(cast(User, request.user))
        messages.success(request, _("“%(title)s” was noted.") % {"title": note.title})
        return redirect(_back(request, shop))
    return _render(request, "dashboard/note.html", shop, notes.NotePage(shop, None, form, _back(request, shop)))


def one(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One note; who may write its account changes it here."""
    shop = account_or_404(request, key)
    note = notes.note_or_404(shop, number)
    # A form puts what was typed on its note, right or wrong: the page tells what is kept.
    shown = notes.noted(shop, [notes.note_or_404(shop, number)])[0]
    form = None
    if may_write(request, shop):
        form = NoteForm(request.POST if request.method == "POST" else None, account=shop, instance=note)
        if request.method == "POST" and form.is_valid():
            form.keep(cast(User, request.user))
            messages.success(request, _("The note was changed."))
            return redirect(_back(request, shop))
    elif request.method == "POST":
        raise PermissionDenied
    return _render(request, "dashboard/note.html", shop, notes.NotePage(shop, shown, form, _back(request, shop)))


@require_POST
def remove(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Remove a note, which its page asks twice about; the audit log remembers it."""
    shop = writable_or_403(request, key)
    note = notes.note_or_404(shop, number)
    note.delete()
    messages.success(request, _("The note “%(title)s” is gone.") % {"title": note.title})
    return redirect("notes", shop.key)


def _back(request: HttpRequest, shop: SellerAccount) -> str:
    """The page of ours that one came from, by `next`; an address of anybody else's leads to the list of notes."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else reverse("notes", args=[shop.key])


def _render(request: HttpRequest, template: str, shop: SellerAccount, page: Any) -> HttpResponse:
    around = shell(visible_accounts(request), timezone.now(), shop)
    return render(request, template, {"page": page, "shell": around, "section": "account"})
