"""What came in, what became of it, and what people corrected, to look at. What was sealed stays sealed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.models import BatchReceipt, Conflict, Correction, Counts, DeleteNotice, ImportRun, RawItem, RejectedRow
from sellers.repair import ReadOnlyAdmin, list_link


@admin.register(RawItem)
class RawItemAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "account", "kind", "system", "size", "received_at", "state")
    list_filter = ("kind", "state")
    list_select_related = ("account",)
    found_by = ("name", "sha256")
    search_help_text = _("A name or a SHA-256 digest, exactly.")
    fields = ("account", "kind", "system", "name", "media_type", "sha256", "size", "received_at", "state", "links")
    readonly_fields = ("links",)

    @admin.display(description=_("belongs together"))
    def links(self, row: RawItem) -> SafeString:
        return format_html(
            "{} · {}",
            list_link(ImportRun, _("Imports"), raw_item__id__exact=row.pk),
            list_link(RejectedRow, _("Rejected rows"), raw_item__id__exact=row.pk),
        )


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "account", "source", "state", *Counts.NAMES, "created_by", "created_at")
    list_filter = ("state",)
    list_select_related = ("account", "created_by")
    found_by = ("name",)
    search_help_text = _("The name of a file, exactly.")
    fields = (
        "account", "name", "source", "state", "error", *Counts.NAMES, "warnings", "bytes_done", "rows_done",
        "attempts", "created_by", "created_at", "started_at", "finished_at", "heartbeat_at", "raw_item", "links",
    )  # fmt: skip
    readonly_fields = ("links",)

    @admin.display(description=_("belongs together"))
    def links(self, row: ImportRun) -> SafeString:
        return list_link(RejectedRow, _("Rejected rows"), raw_item__id__exact=row.raw_item_id)


@admin.register(BatchReceipt)
class BatchReceiptAdmin(ReadOnlyAdmin):
    list_display = ("batch_id", "account", "owner", *Counts.NAMES, "started_at", "answered_at")
    list_select_related = ("account",)
    found_by = ("owner",)
    found_by_beginning = "batch_id"
    search_help_text = _("A batch ID or a sender.")


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    """Rows set aside. Their text may hold what a buyer wrote: it is shown to whoever may read messages."""

    list_display = ("id", "account", "raw_item", "pointer", "code", "field", "record_type", "external_id", "state")
    list_filter = ("state", "code")
    list_select_related = ("account", "raw_item")
    found_by_beginning = "external_id"
    search_help_text = _("The ID that the row gave, exactly; else IDs that begin with it.")
    fields = (
        "account", "raw_item", "pointer", "code", "field", "message", "record_type", "external_id", "state", "attempts",
        "row", "repaired_row", "resolved_by", "resolved_at", "created_at",
    )  # fmt: skip
    readonly_fields = ("row", "repaired_row")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is not None:
            obj.text_may_be_read = request.user.has_perm("messaging.view_messagebody")
        return super().get_form(request, obj, change, **options)

    @admin.display(description=_("row"))
    def row(self, row: RejectedRow) -> str:
        return self._readable(row, row.row_text)

    @admin.display(description=_("row as repaired"))
    def repaired_row(self, row: RejectedRow) -> str:
        return self._readable(row, row.fixed_text) if row.fixed_text else "–"

    def _readable(self, row: RejectedRow, text: str) -> str:
        if getattr(row, "text_may_be_read", False):
            return text
        hidden = gettext("••• %(chars)s characters. Reading it needs the right “Can view message text”.")
        return hidden % {"chars": len(text)}


@admin.register(DeleteNotice)
class DeleteNoticeAdmin(ReadOnlyAdmin):
    list_display = ("external_id", "account", "system", "record_type")
    list_select_related = ("account",)
    found_by_beginning = "external_id"
    fields = ("account", "record_type", "system", "external_id")


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    """Corrections of all accounts; they are applied and undone on the pages of their account."""

    list_display = (
        "id", "account", "kind", "record_type", "external_id", "state", "case_number", "proposed_by", "proposed_at",
    )  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("account", "proposed_by")
    found_by = ("external_id", "case_number")
    search_help_text = _("An ID or a case number, exactly.")
    fields = (
        "account", "kind", "record_type", "system", "external_id", "before", "after", "released", "reason",
        "case_number", "state", "proposed_by", "proposed_at", "applied_by", "applied_at", "ended_by", "ended_at",
        "links",
    )  # fmt: skip
    readonly_fields = ("links",)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A row's page leads to its own corrections."""
        return lookup in ("record_type", "row_id") or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("belongs together"))
    def links(self, row: Correction) -> SafeString:
        address = reverse("correction", args=[row.account.key, row.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("What it moves"))


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyAdmin):
    """What sources said against corrections; it is decided on the account's page of corrections."""

    list_display = ("id", "account", "record_type", "external_id", "field", "decision", "decided_by", "opened_at")
    list_filter = ("decision",)
    list_select_related = ("account", "decided_by")
    found_by = ("external_id",)
    search_help_text = _("An ID, exactly.")
    fields = (
        "account", "record_type", "system", "external_id", "field", "pinned", "said", "opened_at", "closed_at",
        "decision", "decided_by", "links",
    )  # fmt: skip
    readonly_fields = ("links",)

    @admin.display(description=_("belongs together"))
    def links(self, row: Conflict) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("corrections", args=[row.account.key]), gettext("Decide"))
