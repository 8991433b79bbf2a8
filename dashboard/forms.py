"""What people fill in and send: files, a new account, a mailbox, a subscription."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, count
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from dashboard.models import Subscription
from intake import secrets
from intake.connectors import pulling
from intake.models import Connection
from intake.routing import HEAD, account_of
from sellers.days import validate_zone
from sellers.models import Membership, Platform, SellerAccount, User


class ManyFiles(forms.FileField):
    """Several files under one name."""

    widget = type("ManyFilesInput", (forms.FileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [self._clean_one(file, initial) for file in files]

    def _clean_one(self, file: Any, initial: Any) -> UploadedFile:
        try:
            return super().clean(file, initial)
        except forms.ValidationError as error:
            if not file:  # None was chosen at all.
                raise
            # Of many files people must know which one to leave out.
            raise forms.ValidationError([f"{file.name}: {text}" for text in error.messages]) from error


class Upload(forms.Form):
    """Files, and the account they belong to; without one it is recognised, where the files name it."""

    sent = ManyFiles(label=_("Files"))
    account = forms.ChoiceField(label=_("Account"), required=False)

    def __init__(self, *args: Any, accounts: Sequence[SellerAccount], chosen: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.accounts = accounts
        choices = [("", _("Recognise it by the contents")), *((one.key, f"{one.name} ({one.key})") for one in accounts)]
        self.fields["account"].choices = choices  # type: ignore[attr-defined]  # a field of choices
        self.fields["account"].initial = accounts[0].key if len(accounts) == 1 else chosen

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        chosen = next((one for one in self.accounts if one.key == said.get("account")), None)
        self._deliveries = []
        for file in said.get("sent") or []:
            account = chosen or account_of(file.read(HEAD), self.accounts)
            file.seek(0)
            if account is None:
                text = _("%(file)s does not say which account it belongs to. Choose one and send the files again.")
                raise forms.ValidationError(text % {"file": file.name})
            self._deliveries.append((account, file))
        return said

    def deliveries(self) -> list[tuple[SellerAccount, UploadedFile]]:
        """Each file with its account."""
        return self._deliveries


class NewAccount(forms.Form):
    """A seller account with what no figure can do without: its platform and its zone."""

    name = forms.CharField(label=_("Name"), max_length=120)
    platform = forms.ChoiceField(label=_("Platform"), choices=Platform.choices)
    marketplace = forms.CharField(
        label=_("Marketplace"), max_length=32, required=False, help_text=_("For example US, DE, JP.")
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        help_text=_("Its days begin at midnight there, for example America/Los_Angeles."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        validators=[validate_zone],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""

    def clean_marketplace(self) -> str:
        return str(self.cleaned_data["marketplace"]).strip().upper()

    def make(self, user: User) -> SellerAccount:
        """The account; its key is made of its name."""
        said = self.cleaned_data
        account = SellerAccount(key=free_key(said["name"], said["marketplace"]), **said)
        account.full_clean()
        account.save()
        Membership.objects.create(user=user, account=account, role=Membership.Role.MANAGER)
        return account


def free_key(name: str, marketplace: str) -> str:
    """A key that nobody has, made of the account's name."""
    place = slugify(marketplace)
    base = slugify(name)[:50]
    if place and place not in base.split("-"):
        base = f"{base}-{place}".strip("-")
    base = base or "shop"
    taken = set(SellerAccount.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for key in chain([base], (f"{base}-{number}" for number in count(2))) if key not in taken)


HOST = RegexValidator(
    r"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$",
    _("This is not the name of a server such as imap.example.com."),
)


class ConnectionForm(forms.Form):
    """A mailbox to read. Its password is written and never shown; left empty it stays as it is."""

    name = forms.CharField(label=_("Name"), max_length=120)
    account = forms.ChoiceField(label=_("Account"))
    host = forms.CharField(label=_("Server"), max_length=253)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    user = forms.CharField(label=_("User"), max_length=254, help_text=_("As a rule the whole e-mail address."))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("An app password, where the provider has them. It is kept sealed and never shown again."),
    )
    folders = forms.CharField(
        label=_("Folders"),
        max_length=500,
        initial="INBOX, Sent",
        help_text=_("The inbox and the folder of sent mails, with a comma between them."),
    )
    since = forms.DateField(
        label=_("Mails from this day on"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, accounts: Sequence[SellerAccount], connection: Connection | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.accounts = {one.key: one for one in accounts}
        self.connection = connection
        self.fields["account"].choices = [(one.key, one.name) for one in accounts]  # type: ignore[attr-defined]

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).lower()
        if host not in settings.IMAP_WITHOUT_TLS:
            HOST(host)
        return host

    def clean_folders(self) -> list[str]:
        names = [name.strip() for name in str(self.cleaned_data["folders"]).split(",")]
        return list(dict.fromkeys(name for name in names if name))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        account = self.accounts.get(said.get("account", ""))
        if self.connection is None and not said.get("password"):
            self.add_error("password", _("A new connection needs its password."))
        elif self._is_another() and not said.get("password"):
            # Whoever may write the account could have it sent to a server of their own.
            self.add_error("password", _("Another server, port or user needs its password entered anew."))
        same = Connection.objects.filter(account=account, host=said.get("host"), user=said.get("user"))
        others = same if self.connection is None else same.exclude(pk=self.connection.pk)
        if others.exists():
            raise forms.ValidationError(_("This mailbox is connected to the account already."))
        return said

    def _is_another(self) -> bool:
        """Whether another mailbox is named than the one that is kept, as far as can be seen."""
        kept = self.connection
        return kept is not None and any(
            name in self.cleaned_data and self.cleaned_data[name] != getattr(kept, name)
            for name in ("host", "port", "user")
        )

    def keep(self, user: User, now: datetime) -> Connection:
        """The connection as it was said, its folders ready to be pulled.

        Who names another mailbox answers for its mails from then on, and it is read from its first day on, as one is
        of which an earlier day is asked for: what is known already changes nothing.
        """
        said = self.cleaned_data
        kept = self.connection or Connection(created_by=user, created_at=now)
        if self._is_another():
            kept.created_by = user
        if kept.pk and (self._is_another() or said["since"] < kept.since):
            kept.streams.all().delete()
        kept.account = self.accounts[said["account"]]
        for name in ("name", "host", "port", "user", "folders", "since"):
            setattr(kept, name, said[name])
        if said["password"]:
            secrets.keep(kept, {"password": said["password"]})
        kept.save()
        kept.streams.exclude(stream__in=kept.folders).delete()
        for folder in kept.folders:
            kept.streams.get_or_create(stream=folder, defaults={"next_run_at": now})
        pulling.run_now(kept, now)
        return kept


class SubscriptionForm(forms.ModelForm):
    """A weekly report by mail: of which accounts, in which language, when."""

    class Meta:
        model = Subscription
        fields = ("every_account", "accounts", "language", "weekday", "hour", "time_zone", "skip_unchanged")
        labels = {"every_account": _("All accounts, future ones too"), "accounts": _("Only these")}
        widgets = {
            "accounts": forms.CheckboxSelectMultiple,
            "hour": forms.Select,
            "time_zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, accounts: Sequence[SellerAccount], **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.fields["hour"] = forms.TypedChoiceField(
            label=_("Hour"), choices=[(hour, f"{hour:02d}:00") for hour in range(24)], coerce=int, initial=8
        )
        chosen = self.fields["accounts"]
        chosen.queryset = SellerAccount.objects.filter(pk__in=[one.pk for one in accounts]).order_by("name", "key")  # type: ignore[attr-defined]  # a field of rows

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("every_account") and not said.get("accounts"):
            self.add_error("accounts", _("Choose at least one account, or all of them."))
        return said

    CLOCK = ("weekday", "hour", "time_zone")

    def keep(self, now: datetime) -> Subscription:
        """The subscription as it was said, with the moment it is due next. The same one twice is one.

        One that is due and that no worker has noted yet stays due, unless its time itself is another one now.
        """
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.instance.user_id)  # two clicks come at once
            return self._same() or self._kept(now)

    def _same(self) -> Subscription | None:
        """An active subscription of the person that says the same as a new one."""
        if self.instance.pk is not None:
            return None
        said = {name: value for name, value in self.cleaned_data.items() if name != "accounts"}
        chosen = set(self.cleaned_data["accounts"])
        alike = Subscription.objects.filter(user=self.instance.user_id, active=True, **said)
        return next((one for one in alike if one.every_account or set(one.accounts.all()) == chosen), None)

    def _kept(self, now: datetime) -> Subscription:
        kept: Subscription = self.save(commit=False)
        if kept.active and (kept.next_at is None or set(self.CLOCK) & set(self.changed_data)):
            kept.next_at = kept.due_after(now)
        kept.save()
        self.save_m2m()
        return kept
