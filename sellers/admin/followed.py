"""What the pages of dated things share: a reason for each change and each removal, and everything that follows."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sellers.audit import recording
from sellers.repair import ReasonedAdmin, ReasonForm, ReasonModelForm
from sellers.switches import follow_dated

TOGETHER = 1000  # rows that one action removes at most
SLOW = _(
    "The rows of the accounts that this concerns are judged anew before this page answers. Where these are more than a "
    "hundred thousand, do it at a quiet time."
)


class DatedForm(ReasonModelForm):
    """A form for a row that stands once for an account and a day."""

    # Columns that no field of the page shows, and that decide whether the row stands there already.
    unseen: ClassVar[set[str]] = {"account"}

    def _get_validation_exclusions(self) -> set[str]:
        return set(super()._get_validation_exclusions()) - self.unseen  # type: ignore[misc]  # unknown to the stubs


class FollowedAdmin(ReasonedAdmin):
    """Rows that say what holds for one account or for all; whatever depends on them is brought in line at once."""

    form = DatedForm
    list_select_related = ("account",)
    autocomplete_fields = ("account",)
    actions = ("remove",)

    def names(self, row: Any) -> set[str]:
        """What this row changes, as `sellers.switches.switched` tells it."""
        raise NotImplementedError

    @admin.display(description=_("account"))
    def whose(self, row: Any) -> str | SafeString:
        return row.account.name if row.account_id else gettext("All accounts")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A row never moves to another account: remove it there and add it here."""
        return () if obj is None else ("account",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or set(form.changed_data) - {"reason"}:
            follow_dated(obj.account_id, self.names(obj), timezone.now())

    # --- Removing ----------------------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)  # it asks for no reason
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        return self._remove(request, [row], [])

    @admin.action(description=_("Remove"), permissions=["delete"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = list(queryset.select_related("account")[: TOGETHER + 1])
        if len(rows) > TOGETHER:
            text = gettext("At most %(limit)s rows at once. Choose fewer.")
            self.message_user(request, text % {"limit": TOGETHER}, messages.ERROR)
            return None
        return self._remove(request, rows, [("action", "remove"), ("index", 0)])

    def _remove(self, request: HttpRequest, rows: Sequence[Any], hidden: list[tuple[str, Any]]) -> HttpResponse:
        """Ask why; then remove the rows and bring in line what they decided."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            with transaction.atomic(), recording(form.cleaned_data["reason"]):
                self._do_remove(rows)
            text = ngettext("%(count)s row was removed.", "%(count)s rows were removed.", len(rows))
            self.message_user(request, text % {"count": len(rows)}, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Remove"),
            "opts": self.opts,
            "form": form,
            "question": gettext("What these rows said no longer holds, on past days neither."),
            "reach": SLOW,
            "rows": [f"{self.whose(row)}: {row}" for row in rows[:20]] + ["…"] * (len(rows) > 20),
            "hidden": [*hidden, *((ACTION_CHECKBOX_NAME, row.pk) for row in rows)],
            "go": gettext("Remove"),
        }
        return TemplateResponse(request, "admin/ask_why.html", context)

    def _do_remove(self, rows: Iterable[Any]) -> None:
        """One row after another, because each leaves an audit entry; each account is brought in line once."""
        concerned: dict[int | None, set[str]] = {}
        for row in rows:
            concerned.setdefault(row.account_id, set()).update(self.names(row))
            row.delete()
        if None in concerned:  # every account is brought in line
            concerned = {None: set().union(*concerned.values())}
        for account_id in sorted(concerned, key=lambda key: key or 0):
            follow_dated(account_id, concerned[account_id], timezone.now())
