"""What is done with many rows at once: taken out of the figures, put back, or said to need no reply."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from intake.corrections import Change, CorrectionError, correct, undo_exclusions
from intake.models import Correction
from messaging.models import Author
from sellers.facts import SourceRow
from sellers.models import SellerAccount, User
from sellers.repair import ReasonForm

TOGETHER = 1000  # rows that one action changes at most
Kind = Correction.Kind


class CaseForm(ReasonForm):
    """A form that asks why, and for the number of a case."""

    case_number = forms.CharField(
        label=_("Case number"), max_length=120, required=False, help_text=_("For example of the platform's case.")
    )


@dataclass(frozen=True)
class Why:
    """Who does it, when and why."""

    by: User | None
    now: datetime
    reason: str
    case_number: str


def _exclude(account: SellerAccount, rows: list[SourceRow], why: Why) -> int:
    return _correct(account, rows, Change(Kind.EXCLUDE), why)


def _no_reply(account: SellerAccount, rows: list[SourceRow], why: Why) -> int:
    return _correct(account, rows, Change(Kind.NO_REPLY_NEEDED), why)


def _put_back(account: SellerAccount, rows: list[SourceRow], why: Why) -> int:
    """Excluded rows count again; rows that a source has deleted are said to be there all the same."""
    excluded = [row for row in rows if row.excluded]
    deleted = [row for row in rows if row.deleted_at is not None]
    changed = undo_exclusions(account, excluded, why.now, why.by, why.reason) if excluded else 0
    if deleted:
        changed += _correct(account, deleted, Change(Kind.VALUES, {"deleted_at": None}), why)
    return changed


def _correct(account: SellerAccount, rows: list[SourceRow], change: Change, why: Why) -> int:
    more = {"reason": why.reason, "case_number": why.case_number}
    return correct(account, rows, change, by=why.by, now=why.now, **more)


@dataclass(frozen=True)
class Deed:
    """One action: which rows need it, what the page asks, and what is done."""

    title: Any
    question: Any
    go: Any
    rows: Q
    do: Callable[[SellerAccount, list[SourceRow], Why], int]


DEEDS = {
    "take_out": Deed(
        _("Take out of the figures"),
        _("These rows stay stored, but no figure counts them any longer."),
        _("Take out"),
        Q(deleted_at=None, excluded=False),
        _exclude,
    ),
    "put_back": Deed(
        _("Put back into the figures"),
        _("These rows count again, as they did before they were taken out."),
        _("Put back"),
        Q(deleted_at__isnull=False) | Q(excluded=True),
        _put_back,
    ),
    "no_reply_needed": Deed(
        _("No reply needed"),
        _("These messages do not wait for an answer: they open no turn and are never late."),
        _("No reply needed"),
        Q(author_kind=Author.BUYER) & ~Q(needs_reply=False),
        _no_reply,
    ),
}


class TogetherAdmin(admin.ModelAdmin):
    """A list whose rows can be chosen and corrected together, with one reason."""

    @admin.action(description=_("Take out of the figures"), permissions=["change"])
    def take_out(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._together(request, queryset, "take_out")

    @admin.action(description=_("Put back into the figures"), permissions=["change"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._together(request, queryset, "put_back")

    @admin.action(description=_("No reply needed"), permissions=["change"])
    def no_reply_needed(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._together(request, queryset, "no_reply_needed")

    def _together(self, request: HttpRequest, queryset: QuerySet[Any], action: str) -> HttpResponse | None:
        """Show what the action would reach and ask why; do it when the reason is good."""
        deed = DEEDS[action]
        chosen = queryset.filter(deed.rows).order_by("account_id", "pk").select_related("account")
        found = list(chosen[: TOGETHER + 1])
        if not found:
            self.message_user(request, gettext("None of these rows needs it."), messages.WARNING)
            return None
        if len(found) > TOGETHER:
            text = gettext("At most %(limit)s rows at once. Choose fewer.")
            self.message_user(request, text % {"limit": TOGETHER}, messages.ERROR)
            return None
        form = CaseForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            try:
                changed = self._do(found, deed, request.user, form.cleaned_data)
            except CorrectionError as error:
                self.message_user(request, str(error), messages.ERROR)
                return None
            text = ngettext("%(count)s row was changed.", "%(count)s rows were changed.", changed)
            self.message_user(request, text % {"count": changed}, messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        days = {(row.account_id, row.day) for row in found if row.day is not None}
        context = {
            **self.admin_site.each_context(request),
            "title": deed.title,
            "opts": self.opts,
            "form": form,
            "question": deed.question,
            "reach": gettext("Rows: %(rows)s. Accounts: %(accounts)s. Days: %(days)s.")
            % {"rows": len(found), "accounts": len({row.account_id for row in found}), "days": len(days)},
            "rows": [f"{row.account.key} {row.day or ''} {row}" for row in found[:20]] + ["…"] * (len(found) > 20),
            "hidden": [("action", action), ("index", 0), *((ACTION_CHECKBOX_NAME, row.pk) for row in found)],
            "go": deed.go,
        }
        return TemplateResponse(request, "admin/ask_why.html", context)

    def _do(self, rows: Iterable[SourceRow], deed: Deed, by: Any, given: dict[str, Any]) -> int:
        why = Why(by, timezone.now(), given["reason"], given["case_number"])
        by_account: dict[int, list[int]] = {}
        for row in rows:
            by_account.setdefault(row.account_id, []).append(row.pk)
        changed = 0
        with transaction.atomic():
            for account in SellerAccount.objects.filter(pk__in=by_account).order_by("pk"):
                own = self.model._default_manager.filter(pk__in=by_account[account.pk]).order_by("pk")
                changed += deed.do(account, list(own), why)
        return changed
