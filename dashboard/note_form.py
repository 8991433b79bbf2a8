"""What people type about a note, and what the address of the list of notes says."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.addresses import Address
from kpis.catalogue import DECLARED
from sellers.models import Note, SellerAccount, User

SIDES = (4, 8, 12)  # weeks
MOST = 10**17  # numbers of rows are smaller


def metric_choices() -> list[tuple[str, Any]]:
    """Every metric by its group, for a list to choose from."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for metric in DECLARED:
        groups.setdefault(str(metric.group), []).append((metric.slug, metric.title))
    return [("", _("The whole account")), *groups.items()]


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class NoteForm(forms.ModelForm):
    """One note of an account."""

    metric = forms.ChoiceField(label=_("What it is about"), required=False)
    starts_on = forms.DateField(label=_("Day"), input_formats=["%Y-%m-%d"], widget=DayInput)
    ends_on = forms.DateField(
        label=_("Until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DayInput,
        help_text=Note._meta.get_field("ends_on").help_text,  # type: ignore[union-attr]  # it is a column
    )

    class Meta:
        model = Note
        fields = ("title", "kind", "starts_on", "ends_on", "metric", "people", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, account: SellerAccount, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.instance.account = account
        self.fields["metric"].choices = metric_choices()  # type: ignore[attr-defined]  # a field of choices

    def _get_validation_exclusions(self) -> set[str]:
        """The account is no field of the form, but decides whether the note stands there already."""
        return set(super()._get_validation_exclusions()) - {"account"}  # type: ignore[misc]  # unknown to the stubs

    def keep(self, user: User) -> Note:
        """The note as it was said; its first writer stays its author. One that is sent twice at once is one note."""
        if self.instance.pk is not None:
            changed: Note = self.save()
            return changed
        said = dict(self.cleaned_data)
        one = {name: said.pop(name) for name in ("starts_on", "metric", "title")}
        kept, _new = Note.objects.get_or_create(account=self.instance.account, **one, defaults={**said, "author": user})
        return kept


class NoteFilter(Address):
    """Which notes of an account are listed."""

    kind = forms.ChoiceField(choices=Note.Kind.choices, required=False, initial="")
    metric = forms.SlugField(max_length=64, required=False, initial="")


class NewNote(Address):
    """What a page that leads to a new note knows of it already."""

    metric = forms.SlugField(max_length=64, required=False, initial="")
    on = forms.DateField(required=False, input_formats=["%Y-%m-%d"])


class Compared(Address):
    """Around which note a figure is compared, and how many weeks on each side."""

    note = forms.IntegerField(min_value=1, max_value=MOST, required=False, initial=0)
    sides = forms.TypedChoiceField(choices=[(n, n) for n in SIDES], coerce=int, required=False, initial=SIDES[0])
