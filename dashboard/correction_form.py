"""The form in which a person proposes a correction: why, and what. Moments are on the account's clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, DateTimeField, JSONField, URLField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.fields import Choice, Field
from intake.models import Correction
from intake.repair import repairable
from messaging.models import Conversation
from sellers.facts import SourceRow
from sellers.models import SellerAccount
from sellers.repair import ReasonField

Kind = Correction.Kind
CLOCK = "%Y-%m-%dT%H:%M:%S"
YES_NO = [("", _("Unknown")), ("true", _("Yes")), ("false", _("No"))]


class MomentField(forms.CharField):
    """A moment on the account's clock. What is sent back as it was shown is the very moment it was shown for."""

    def __init__(self, *, moment: datetime | None, zone: ZoneInfo, **options: Any) -> None:
        self.moment, self.zone = moment, zone
        self.text = "" if moment is None else moment.astimezone(zone).strftime(CLOCK)
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})
        super().__init__(initial=self.text, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        if text == self.text:
            return self.moment
        if not text:
            return None
        try:
            naive = datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError(gettext("This is not a date and time.")) from None
        return timezone.make_aware(naive.replace(tzinfo=None), self.zone)


class CorrectionForm(forms.Form):
    """One kind of change of one row. Only what differs from the row is proposed."""

    def __init__(self, data: Mapping[str, Any] | None, *, row: SourceRow, kind: str, account: SellerAccount) -> None:
        super().__init__(data)
        self.row, self.kind, self.account = row, kind, account
        self.target: Conversation | None = None
        self.known: dict[str, Field] = {}
        if kind == Kind.VALUES:
            self._add_values()
        elif kind == Kind.MERGE:
            self.fields["target"] = forms.CharField(
                label=_("ID of the other conversation"),
                max_length=255,
                help_text=_("Messages and answers of this conversation move there."),
            )
        self.fields["reason"] = ReasonField(
            initial=gettext("The buyer asked for nothing.") if kind == Kind.NO_REPLY_NEEDED else "",
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        self.fields["case_number"] = forms.CharField(
            label=_("Case number"), max_length=120, required=False, help_text=_("For example of the platform's case.")
        )

    def _add_values(self) -> None:
        for column, field in repairable(type(self.row)).items():
            built = self._field(column, field)
            if built is not None:
                self.known[column] = field
                self.fields[column] = built

    def _field(self, column: str, field: Field) -> forms.Field | None:
        """A form field for one column; lists of objects are repaired in the console."""
        model_field: Any = self.row._meta.get_field(column)
        value = getattr(self.row, column)
        options: dict[str, Any] = {"label": capfirst(str(model_field.verbose_name)), "required": field.required}
        if isinstance(model_field, JSONField):
            return None
        if model_field.is_relation:
            return forms.CharField(initial="" if value is None else value.external_id, max_length=255, **options)
        if isinstance(model_field, DateTimeField):
            return MomentField(moment=value, zone=self.account.zone, **options)
        if isinstance(model_field, BooleanField):
            shown = "" if value is None else str(value).lower()
            choices = YES_NO if model_field.null else YES_NO[1:]
            return forms.ChoiceField(choices=choices, initial=shown, **{**options, "required": False})
        if isinstance(field, Choice):
            labels = dict(model_field.flatchoices)
            words = [("", "–"), *((word, labels.get(word, word)) for word in field.words)]
            return forms.ChoiceField(choices=words, initial=value, **options)
        if isinstance(model_field, URLField):
            options["assume_scheme"] = "https"
        built: forms.Field | None = model_field.formfield(initial=value, **options)
        if built is not None and isinstance(built.widget, forms.DateInput):
            built.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        if built is not None and isinstance(built.widget, forms.Textarea):
            built.widget.attrs["rows"] = 3
        return built

    def clean_target(self) -> str:
        """The other conversation, of the same system where there is one, else of any."""
        name = str(self.cleaned_data["target"]).strip()
        found = list(Conversation.objects.filter(account=self.account, external_id=name).order_by("pk"))
        own = [one for one in found if one.system == self.row.system] or found
        if len(own) != 1:
            raise ValidationError(gettext("This account has no conversation with this ID."))
        self.target = own[0]
        return name

    def changed_values(self) -> dict[str, Any]:
        """What the person changed, as the contract writes it."""
        values: dict[str, Any] = {}
        for column, field in self.known.items():
            if column not in self.changed_data:
                continue
            given = self.cleaned_data[column]
            if given in ("true", "false"):
                given = given == "true"
            values[field.name] = None if given in (None, "") else field.to_wire(given)
        return values

    def name_of(self, contract_name: str) -> str | None:
        """The form's field for a field of the contract; None where the form has none."""
        if contract_name in self.fields:
            return contract_name
        return next((column for column, field in self.known.items() if field.name == contract_name), None)
