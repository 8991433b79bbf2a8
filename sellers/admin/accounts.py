"""Accounts, their switches and their members."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sellers.channels import Channel, expected_by_default
from sellers.locks import lock_for_writing
from sellers.mailboxes import validate_mailbox_tags
from sellers.models import Membership, SellerAccount
from sellers.repair import WHY, ReasonedAdmin, ReasonModelForm
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


class AccountForm(ReasonModelForm):
    """An account, its expected channels as boxes to tick, and why this is changed."""

    expected_channels = forms.MultipleChoiceField(
        label=_("Expected channels"),
        help_text=SellerAccount._meta.get_field("expected_channels").help_text,
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=expected_by_default,
    )

    mailbox_tags = forms.CharField(
        label=SellerAccount._meta.get_field("mailbox_tags").verbose_name,
        help_text=SellerAccount._meta.get_field("mailbox_tags").help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["mailbox_tags"] = "\n".join(self.instance.mailbox_tags)

    def clean_mailbox_tags(self) -> list[str]:
        """One on each line; a comma does as well."""
        tags = self.cleaned_data["mailbox_tags"].replace(",", "\n").split()
        validate_mailbox_tags(tags)
        return tags

    def clean_expected_channels(self) -> list[str]:
        """The boxes that are ticked; the order in which they were once named stays."""
        ticked: list[str] = self.cleaned_data["expected_channels"]
        known: list[str] = self.instance.expected_channels
        return known if set(ticked) == set(known) else ticked


@admin.register(SellerAccount)
class SellerAccountAdmin(ReasonedAdmin):
    """Accounts and their switches; what follows from a switch happens in the same transaction."""

    form = AccountForm
    list_display = ("name", "key", "platform", "marketplace", "time_zone", "week_start", "score_window_days", "demo")
    list_filter = ("platform", "demo")
    ordering = ("name", "key")
    search_fields = ("key", "name")
    autocomplete_fields = ("owner",)
    found_by = ("key", "name", "platform_account_id")
    found_by_beginning = "name"
    inlines = (MembershipInline, NewMembershipInline)
    readonly_fields = ("demo", "created_at")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": [
                    "key",
                    "name",
                    "platform",
                    "marketplace",
                    "team",
                    "owner",
                    "platform_account_id",
                    "currency",
                    "demo",
                ]
            },
        ),
        (
            _("Rules"),
            {
                "fields": [
                    "time_zone",
                    "week_start",
                    "score_window_days",
                    "atoz_rule",
                    "bots_count",
                    "pop_counts_messages",
                    "expected_channels",
                    "mailbox_tags",
                    "created_at",
                ],
                "description": _(
                    "A new time zone cuts the days of all its rows anew, a new rule judges all its orders or "
                    "conversations anew, before this page answers. For an account with more than a hundred thousand "
                    "rows use `manage.py account` at a quiet time."
                ),
            },
        ),
        (
            _("Shipping"),
            {
                "fields": ["handling_days", "ships_saturday", "ships_sunday", "same_day_cutoff"],
                "description": _("Orders that came without a ship-by date get theirs from these."),
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
