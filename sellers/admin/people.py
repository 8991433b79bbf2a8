"""People and groups, and what lets them and their integrations in."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    SetUnusablePasswordMixin,
    UserChangeForm,
)
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sellers.admin.accounts import MembershipInline, NewMembershipInline
from sellers.audit import recording
from sellers.models import ApiToken, User
from sellers.repair import WHY, ReadOnlyAdmin, ReasonedAdmin, ReasonForm

GUARDED = ("is_staff", "is_superuser", "groups", "user_permissions")  # whoever could set them could do everything


RIGHTS = {
    "add": _("Can add %(rows)s"),
    "change": _("Can change %(rows)s"),
    "delete": _("Can delete %(rows)s"),
    "view": _("Can view %(rows)s"),
}


class RightsField(forms.ModelMultipleChoiceField):
    """Rights to choose from, in words of the reader's language; Django keeps their names in English."""

    def label_from_instance(self, right: Permission) -> str:  # type: ignore[override]  # only rights are offered
        action = right.codename.partition("_")[0]
        model = right.content_type.model_class()
        if model is None or action not in RIGHTS:
            return str(right)
        return f"{model._meta.app_config.verbose_name} | {RIGHTS[action] % {'rows': model._meta.verbose_name}}"


class RightsAdmin(admin.ModelAdmin):
    """A page that gives rights."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.remote_field.model is Permission:
            options["form_class"] = RightsField
        return super().formfield_for_manytomany(db_field, request, **options)


class UserForm(ReasonForm, UserChangeForm):
    """A person, and why this is changed."""


class NewUserForm(ReasonForm, AdminUserCreationForm):
    """A new person, and why they are let in."""


class PasswordForm(ReasonForm, AdminPasswordChangeForm):
    """Another person's password, and why somebody else sets it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Django puts this text together when it starts, in the language of the installation; its script shows the list.
        self.fields["usable_password"].help_text = format_html(
            '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
            SetUnusablePasswordMixin.usable_password_help_text,
            gettext("If disabled, the current password for this user will be lost."),
        )


@admin.register(User)
class UserAdmin(RightsAdmin, ReasonedAdmin, DjangoUserAdmin):
    """People. They are switched off, not deleted: what they did stays theirs."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    change_user_password_template = "admin/password.html"  # noqa: S105  # the name of a template
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_superuser", "is_active")
    list_filter = ("is_staff", "is_superuser", "is_active")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline, NewMembershipInline)
    fieldsets: ClassVar[Any] = (*(DjangoUserAdmin.fieldsets or ()), WHY)
    add_fieldsets = (*DjangoUserAdmin.add_fieldsets, WHY)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return admin.ModelAdmin.get_search_results(self, request, queryset, search_term)  # a short table, any part

    def get_search_fields(self, request: HttpRequest | None) -> tuple[str, ...]:
        return tuple(self.search_fields)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Only a superuser gives the rights that would let someone take all others."""
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *GUARDED)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:  # an address that is no longer theirs must not reset their password
            EmailAddress.objects.filter(user=obj).exclude(email__iexact=obj.email).delete()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody but a superuser changes a superuser or a colleague of the staff: their password would do the rest."""
        above = obj is not None and (obj.is_superuser or obj.is_staff) and obj != request.user
        may = super().has_change_permission(request, obj)
        return may and (request.user.is_superuser or not above)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic(), recording(request.POST.get("reason", "").strip()):
            return super().user_change_password(request, id, form_url)


admin.site.unregister([Group, EmailAddress, Authenticator])  # the packages' own pages ask for no reason


@admin.register(Group)
class GroupAdmin(RightsAdmin, ReasonedAdmin, DjangoGroupAdmin):  # type: ignore[misc]  # stubs name an argument apart
    """Named sets of rights. Only superusers change them: whoever could would give themselves every right."""

    ordering = ("name",)
    fieldsets: ClassVar[Any] = ((None, {"fields": ["name", "permissions"]}), WHY)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class RevokedAdmin(ReadOnlyAdmin):
    """What opens a door: nobody edits it here, it is only taken away, with a reason.

    `revoked_by` is the column that names the row in addresses: never the secret itself, nor what it is checked against.
    """

    revoked_by: ClassVar[str] = "pk"
    list_display_links = None

    @admin.display(description="")
    def revoke_link(self, row: Any) -> SafeString:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_revoke"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[getattr(row, self.revoked_by)]), _("Revoke"))

    def get_urls(self) -> list[URLPattern]:
        """The list and the revocation. Django's pages for single rows would show everything that is stored."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        revoke = path("<str:key>/revoke/", self.admin_site.admin_view(self.revoke_view), name=f"{name}_revoke")
        return [revoke, *(one for one in super().get_urls() if getattr(one, "name", None) == f"{name}_changelist")]

    def consequence(self, row: Any) -> str:
        """What happens when this is taken away."""
        raise NotImplementedError

    def revoke_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask why, then remove the row: from the next request on it opens nothing."""
        if not request.user.has_perm(f"{self.opts.app_label}.delete_{self.opts.model_name}"):
            raise PermissionDenied
        row = get_object_or_404(self.model._default_manager.select_related("user"), **{self.revoked_by: key})
        if row.user.is_superuser and not request.user.is_superuser:
            raise PermissionDenied
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic(), recording(form.cleaned_data["reason"]):
                row.delete()
            self.message_user(request, gettext("%s is revoked.") % row, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Revoke %s") % row,
            "opts": self.opts,
            "form": form,
            "question": self.consequence(row),
            "go": gettext("Revoke"),
            "hidden": [],
        }
        return TemplateResponse(request, "admin/ask_why.html", context)


@admin.register(ApiToken)
class ApiTokenAdmin(RevokedAdmin):
    """Keys of integrations: who owns them, what they may do. `manage.py token` makes them."""

    revoked_by = "token_key"  # the primary key is the digest that a token is checked against
    list_display = ("name", "user", "words", "account_keys", "created", "expiry", "last_used_at", "revoke_link")
    list_select_related = ("user",)
    ordering = ("name", "-created")
    found_by = ("name", "user__username")

    @admin.display(description=_("scopes"))
    def words(self, token: ApiToken) -> str:
        words = dict(ApiToken.Scope.choices)
        return ", ".join(str(words.get(scope, scope)) for scope in token.scopes)

    @admin.display(description=_("seller accounts"))
    def account_keys(self, token: ApiToken) -> str:
        return ", ".join(account.key for account in token.accounts.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("accounts")

    def consequence(self, row: Any) -> str:
        text = gettext("The token %(name)s of %(user)s stops working at once; integrations need another one.")
        return text % {"name": row.name, "user": row.user}


@admin.register(Authenticator)
class AuthenticatorAdmin(RevokedAdmin):
    """Second factors. Their secrets are shown to nobody; a lost one is revoked, and its owner sets up another."""

    list_display = ("user", "type", "created_at", "last_used_at", "revoke_link")
    list_filter = ("type",)
    list_select_related = ("user",)
    found_by = ("user__username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("data")

    def consequence(self, row: Any) -> str:
        text = gettext("%(user)s signs in without this second factor (%(kind)s) from now on.")
        return text % {"user": row.user, "kind": row.get_type_display()}
