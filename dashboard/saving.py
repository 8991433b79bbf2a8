"""Saving, changing and removing views of the list of accounts. Each returns to the list and says what was done."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dashboard.addresses import FleetFilter
from dashboard.models import SavedView
from dashboard.pages.saved_views import BUILT_IN
from sellers.models import User


class ViewForm(forms.ModelForm):
    """The name of a view, and whether everybody sees it."""

    class Meta:
        model = SavedView
        fields = ("name", "shared")

    def _get_validation_exclusions(self) -> set[str]:
        """The owner is no field of the form, but a name is taken only among one's own."""
        return set(super()._get_validation_exclusions()) - {"user"}  # type: ignore[misc]  # unknown to the stubs


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of `query` under a name."""
    query = FleetFilter(QueryDict(request.POST.get("query", ""))).canonical()
    with transaction.atomic():
        user = _locked(request)
        form = ViewForm(request.POST, instance=SavedView(user=user, query=query))
        refusal = _refusal(user, query) or _mistake(form)
        if not refusal:
            form.save()
    return _back(request, query, refusal, _("The view “%(name)s” was saved.") % {"name": form.instance.name})


@require_POST
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Rename a view of one's own, share it or keep it to oneself."""
    with transaction.atomic():
        user = _locked(request)
        view = get_object_or_404(SavedView, pk=number, user=user)
        form = ViewForm(request.POST, instance=view)
        refusal = _mistake(form)
        if not refusal:
            form.save()
    return _back(request, view.query, refusal, _("The view “%(name)s” was changed.") % {"name": view.name})


@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a view of one's own; its filters stay in force."""
    view = get_object_or_404(SavedView, pk=number, user=cast(User, request.user))
    view.delete()
    return _back(request, view.query, "", _("The view “%(name)s” is gone.") % {"name": view.name})


def _locked(request: HttpRequest) -> User:
    """The person, held until the end of the transaction: two clicks at once neither pass the limit nor share a name."""
    return User.objects.select_for_update().get(pk=cast(User, request.user).pk)


def _refusal(user: User, query: str) -> str:
    """Why this person cannot save these filters, or nothing."""
    if not query:
        return _("Filter or sort the list first: a view without either shows all accounts.")
    if query in BUILT_IN or user.saved_views.filter(query=query).exists():
        return _("There is a view with these filters already.")
    if user.saved_views.count() >= SavedView.MOST:
        told = ngettext(
            "You have %(count)d view, the most one may have. Remove one first.",
            "You have %(count)d views, the most one may have. Remove one first.",
            SavedView.MOST,
        )
        return told % {"count": SavedView.MOST}
    return ""


def _mistake(form: ViewForm) -> str:
    """The first thing that is wrong with what was typed, or nothing."""
    errors: list[Any] = [error for found in form.errors.values() for error in found]
    if "name" in form.errors:
        return _("The name cannot be used: %(why)s") % {"why": errors[0]}
    return str(errors[0]) if errors else ""


def _back(request: HttpRequest, query: str, refusal: str, done: str) -> HttpResponse:
    if refusal:
        messages.error(request, refusal)
    else:
        messages.success(request, done)
    return redirect(f"{reverse('fleet')}?{query}" if query else reverse("fleet"))
