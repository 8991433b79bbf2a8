"""What the pages of the console share: a reason for each change, its history, and lists that stay quick.

No page of it counts or sorts a whole table: lists are bounded, days are browsed by the calendar, and searches read
indexes. Turning facts into figures is not done here; intake's admin states facts, sellers' admin changes accounts.
"""

from calendar import monthrange
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sellers.audit import entries_of, recording
from sellers.history import shown
from sellers.models import SellerAccount

REASON_LENGTH = 10
FOUND = 1000  # rows that one search reads at most
YEARS = 10  # how far back the calendar of a list goes; older days by their address or by search


class ReasonField(forms.CharField):
    """Why a change is made, in words that another person understands later."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "label": _("Reason"),
                "min_length": REASON_LENGTH,
                "max_length": 500,
                "widget": forms.Textarea(attrs={"rows": 2, "cols": 80}),
                "help_text": _("At least ten characters. Kept with the change for whoever asks later."),
                **options,
            }
        )


class ReasonForm(forms.Form):
    """A form that asks why."""

    reason = ReasonField()


class ReasonModelForm(ReasonForm, forms.ModelForm):
    """A form for a row that asks why it is changed."""


class BoundedPaginator(Paginator):
    """Pages through the first rows of a list and never counts beyond them."""

    LIMIT = 10_000

    @cached_property
    def _found(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin pages querysets only
        return rows.order_by().values("pk")[: self.LIMIT + 1].count()

    @property
    def count(self) -> int:  # type: ignore[override]  # Django's is cached; ours is cheap
        return min(self._found, self.LIMIT)

    @property
    def more(self) -> bool:
        """Whether the list goes on after the last page."""
        return self._found > self.LIMIT


class QuickList(ChangeList):
    """A list whose days are offered by the calendar, not by reading the table."""

    def day_steps(self) -> dict[str, Any]:
        """Where the list can go from the chosen year, month or day: one link back, and links forward."""
        name = self.date_hierarchy
        year, month, day = (_number(self.params.get(f"{name}__{part}")) for part in ("year", "month", "day"))

        def link(**parts: int | None) -> str:
            chosen = {f"{name}__{part}": value for part, value in parts.items() if value is not None}
            return str(self.get_query_string(chosen, remove=[f"{name}__"]))

        if year is None:
            this_year = timezone.now().year
            years = range(this_year, this_year - YEARS, -1)
            return {"choices": [{"title": str(one), "link": link(year=one)} for one in years]}
        if month is None or not 1 <= month <= 12:
            months = [{"title": MONTHS[one], "link": link(year=year, month=one)} for one in range(1, 13)]
            return {"back": {"title": _("All days"), "link": link()}, "here": str(year), "choices": months}
        days = range(1, monthrange(year, month)[1] + 1) if 1 <= year <= 9999 else ()
        here = f"{year}-{month:02}" + (f"-{day:02}" if day else "")
        choices = [
            {"title": str(one), "link": link(year=year, month=month, day=one), "here": one == day} for one in days
        ]
        return {"back": {"title": str(year), "link": link(year=year)}, "here": here, "choices": choices}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 4 else None


class AccountFilter(admin.RelatedFieldListFilter):
    """One account of many, chosen from a list that stays short on the page."""

    template = "admin/account_filter.html"

    def __init__(
        self, field: Any, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any, field_path: str
    ) -> None:
        name = f"{field_path}__{field.target_field.name}__exact"
        if params.get(name) == [""]:  # "All" of the form
            del params[name]
        super().__init__(field, request, params, model, model_admin, field_path)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = [pair for pair in changelist.params.items() if pair[0] != self.lookup_kwarg]
        yield {"name": self.lookup_kwarg, "others": others}
        yield {"value": "", "display": _("All"), "selected": not self.lookup_val}
        for value, display in self.lookup_choices:
            chosen = str(value) in (self.lookup_val or ())
            yield {"value": value, "display": display, "selected": chosen}

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(one.pk, f"{one.name} ({one.key})") for one in SellerAccount.objects.order_by("name", "key")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = super().queryset(request, queryset)
        if not self.lookup_val and any("__year" in name for name in request.GET):
            # Days are indexed behind their account: naming every account lets the database use that.
            return queryset.filter(account__in=[key for key, _name in self.lookup_choices])
        return queryset if chosen is None else chosen


class ConsoleAdmin(admin.ModelAdmin):
    """A list that stays quick, and a history from the audit log."""

    # What subclasses declare in several shapes.
    fieldsets: ClassVar[Any] = None
    list_filter: ClassVar[Any] = ()
    list_select_related: ClassVar[Any] = False
    form: Any = forms.ModelForm

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    change_list_template = "admin/quick_list.html"
    # A search is exact in these columns; the external ID may also be its beginning.
    found_by: ClassVar[tuple[str, ...]] = ()
    found_by_beginning: ClassVar[str] = ""

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return QuickList

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Whatever belongs to an account is filtered by it first."""
        owned = any(column.name == "account" for column in self.opts.fields)
        return (("account", AccountFilter), *self.list_filter) if owned else self.list_filter

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first: by day where an index of the account gives that order, else by when it was stored."""
        chosen = any(name.startswith("account__") or "__year" in name for name in request.GET)
        return (f"-{self.date_hierarchy}", "-id") if chosen and self.date_hierarchy else self.ordering

    def get_search_fields(self, request: HttpRequest | None) -> tuple[str, ...]:
        return (*filter(None, [self.found_by_beginning]), *self.found_by)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows with exactly this ID; where there are none, rows whose own ID begins with it."""
        term = search_term.strip().replace("\x00", "")
        if not term or not self.get_search_fields(request):
            return queryset, False
        rows = queryset.order_by()
        for lookups in self.searches(term):
            found: set[Any] = set()
            for lookup in lookups:
                found.update(rows.filter(**lookup).values_list("pk", flat=True)[:FOUND])
            if found:
                return queryset.filter(pk__in=sorted(found)[:FOUND]), False
        return queryset.none(), False

    def searches(self, term: str) -> list[list[dict[str, Any]]]:
        """The filters of a search, in steps: a step is taken only when the ones before it found nothing."""
        steps = [[{path: term} for path in self.get_search_fields(request=None)]]
        if self.found_by_beginning:
            steps.append([{f"{self.found_by_beginning}__startswith": term}])
        return steps

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed this row, when, why, from what, to what."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        page = Paginator(entries_of(row).select_related("content_type"), 50).get_page(request.GET.get(PAGE_VAR, 1))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History: %s") % row,
            "object": row,
            "opts": self.opts,
            "entries": [shown(entry) for entry in page],
            "page": page,
            "page_var": PAGE_VAR,
            "module_name": self.opts.verbose_name_plural,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that no person writes."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonedAdmin(ConsoleAdmin):
    """Rows that people change: not without a reason, which the audit entries of the change carry."""

    form: Any = ReasonModelForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with recording(request.POST.get("reason", "").strip()):  # an invalid one is refused before anything is saved
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.for_whoever_may(request, obj, super().get_fieldsets(request, obj))

    def for_whoever_may(self, request: HttpRequest, obj: Model | None, sections: Any) -> Any:
        """The sections of a page; whoever may only look is not asked for a reason."""
        may = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        return [(title, options) for title, options in sections if may or "reason" not in options["fields"]]


WHY: Any = (_("Why"), {"fields": ["reason"]})


def list_link(model: type[Model], title: Any, **filters: Any) -> SafeString:
    """A link to a list of the console with these filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(filters), title)


def row_link(row: Model | None, title: Any = None) -> SafeString | str:
    """A link to a row's own page; a dash where there is none."""
    if row is None:
        return "-"
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row if title is None else title)
