"""What stands in a page's address: filters, the report day, the part of the rows. A wrong value never breaks a page."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kpis.metrics import Side
from kpis.targets import Band
from sellers.models import Platform

WEEKS = (12, 26, 52)


class Address(forms.Form):
    """A query string. What it does not understand is as if it were not there."""

    def value(self, name: str) -> Any:
        """The cleaned value of a field, or its initial value where the address says nothing usable."""
        self.is_valid()
        given = self.cleaned_data.get(name)
        return self.fields[name].initial if given in (None, "") else given


class FleetFilter(Address):
    BANDS = ((Band.RED, _("Red")), (Band.YELLOW, _("Yellow")), (Band.GREEN, _("Green")), (Band.NONE, _("No score")))

    q = forms.CharField(max_length=100, required=False, initial="")
    platform = forms.ChoiceField(choices=Platform.choices, required=False, initial="")
    band = forms.ChoiceField(choices=BANDS, required=False, initial="")


class ReportDay(Address):
    """The day a page reports on (by default the last complete one), and the day whose knowledge it shows."""

    on = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    known_on = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def __init__(self, *args: Any, last: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["on"].initial = last
        self.last = last

    def clean_on(self) -> date | None:
        return self._past("on")

    def clean_known_on(self) -> date | None:
        return self._past("known_on")

    def _past(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and day > self.last:
            raise forms.ValidationError(_("This day is not over yet."))
        # Windows reach back from the day; the calendar has a first day.
        if day is not None and day.year < 2000:
            raise forms.ValidationError(_("There are no figures for this day."))
        return day

    @property
    def problem(self) -> str:
        """Why the day asked for is not shown, or nothing."""
        if self.is_valid():
            return ""
        return " ".join(dict.fromkeys(str(message) for messages in self.errors.values() for message in messages))


class Rows(Address):
    """Which of the rows behind a figure, and how many weeks its chart goes back."""

    part = forms.ChoiceField(choices=[(side.value, side.value) for side in Side], required=False)
    weeks = forms.TypedChoiceField(choices=[(n, n) for n in WEEKS], coerce=int, required=False, initial=26)
