"""The audit log, to look at."""

from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sellers.history import shown
from sellers.repair import ReadOnlyAdmin


class AuditedKind(admin.SimpleListFilter):
    """The kind of row that was changed; the choices are what is registered, so nothing is read for them."""

    title = _("kind")
    parameter_name = "content_type__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ContentType.objects.get_for_models(*auditlog.get_models())
        return sorted(
            ((str(kind.pk), capfirst(str(model._meta.verbose_name))) for model, kind in kinds.items()),
            key=lambda pair: pair[1],
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(content_type=self.value()) if (self.value() or "").isdecimal() else queryset


admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Every entry of the audit log. Nobody can change one, here or in the database."""

    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-id")
    list_display = ("when", "who", "action", "row", "columns", "why")
    list_filter = ("action", AuditedKind)
    list_select_related = ("content_type",)
    found_by = ("cid", "object_repr", "actor__username")
    search_help_text = _("A request ID, a person's name, or the name of what was changed, as written.")
    fields = ("row", "entry")
    readonly_fields = ("row", "entry")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return self.ordering

    @admin.display(description=_("when (UTC)"))
    def when(self, entry: LogEntry) -> str:
        return f"{entry.timestamp:%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("who"))
    def who(self, entry: LogEntry) -> str:
        return shown(entry).who

    @admin.display(description=_("row"))
    def row(self, entry: LogEntry) -> SafeString | str:
        kind = entry.content_type
        title = f"{kind.name} {entry.object_repr}"
        try:
            address = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[entry.object_pk])
        except NoReverseMatch:
            return title
        return format_html('<a href="{}">{}</a>', address, title)

    @admin.display(description=_("changed"))
    def columns(self, entry: LogEntry) -> str:
        if entry.action != LogEntry.Action.UPDATE:
            return ""
        return ", ".join(change.name for change in shown(entry).changes)

    @admin.display(description=_("why"))
    def why(self, entry: LogEntry) -> str:
        return shown(entry).reason

    @admin.display(description=_("entry"))
    def entry(self, entry: LogEntry) -> SafeString:
        return SafeString(render_to_string("admin/_entries.html", {"entries": [shown(entry)]}))
