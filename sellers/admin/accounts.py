"""Accounts, their switches and their members."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sellers.locks import lock_for_writing
from sellers.models import Membership, SellerAccount
from sellers.repair import WHY, ReasonedAdmin
from sellers.switches import follow


class MembershipInline(admin.TabularInline):
    """Who is let in already: the role can change, the person cannot. Read in one query, however many there are."""

    model = Membership
    extra = 0
    readonly_fields = ("user", "account")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).select_related("user", "account").order_by("account__name", "user__username")
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewMembershipInline(admin.TabularInline):
    """Whom to let in as well."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user", "account")
    verbose_name_plural = _("further memberships")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).none()


@admin.register(SellerAccount)
class SellerAccountAdmin(ReasonedAdmin):
    """Accounts and their switches; what follows from a switch happens in the same transaction."""

    list_display = ("name", "key", "platform", "marketplace", "time_zone", "week_start", "score_window_days", "demo")
    list_filter = ("platform", "demo")
    ordering = ("name", "key")
    search_fields = ("key", "name")
    found_by = ("key", "name", "platform_account_id")
    found_by_beginning = "name"
    inlines = (MembershipInline, NewMembershipInline)
    readonly_fields = ("demo", "created_at")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["key", "name", "platform", "marketplace", "platform_account_id", "currency", "demo"]}),
        (
            _("Rules"),
            {
                "fields": ["time_zone", "week_start", "score_window_days", "atoz_rule", "bots_count", "created_at"],
                "description": _(
                    "A new time zone cuts the days of all its rows anew, a new rule judges all its orders or "
                    "conversations anew, before this page answers. For an account with more than a hundred thousand "
                    "rows use `manage.py account` at a quiet time."
                ),
            },
        ),
        WHY,
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return admin.ModelAdmin.get_search_results(self, request, queryset, search_term)  # a short table, any part

    def get_search_fields(self, request: HttpRequest | None) -> tuple[str, ...]:
        return tuple(self.search_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else ("key", *self.readonly_fields)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if request.method == "POST" and object_id.isdecimal() and transaction.get_connection().in_atomic_block:
            lock_for_writing(int(object_id))  # before anything is read, so that no import writes by the old switches
        return super().get_object(request, object_id, from_field)

    def save_model(self, request: HttpRequest, obj: SellerAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            follow(obj, set(form.changed_data), timezone.now())
