"""What stands in a page's address: filters, the report day, the part of the rows. A wrong value never breaks a page."""

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from dashboard.pages.fleet_columns import ASCENDING, DESCENDING, SORTS
from kpis.catalogue.first_replies import STEPS
from kpis.metrics import Side
from kpis.queue import Group
from kpis.targets import Band
from sellers.channels import Channel
from sellers.models import Platform

WEEKS = (4, 12, 26, 52)
WINDOWS = (7, 30, 90)  # days
QUEUE_WORDS = {"owner": "keeper"}  # in the reply queue the owner is whoever is to answer


def queue_address(asked: dict[str, str]) -> str:
    """The reply queue with these filters."""
    return f"{reverse('queue')}?{urlencode(asked)}" if asked else reverse("queue")


class Address(forms.Form):
    """A query string. What it does not understand is as if it were not there."""

    def value(self, name: str) -> Any:
        """The cleaned value of a field, or its initial value where the address says nothing usable."""
        self.is_valid()
        given = self.cleaned_data.get(name)
        return self.fields[name].initial if given in (None, "") else given


class FleetFilter(Address):
    """Which accounts the fleet shows, beside which earlier time, and in which order."""

    BANDS = ((Band.RED, _("Red")), (Band.YELLOW, _("Yellow")), (Band.GREEN, _("Green")), (Band.NONE, _("No score")))

    q = forms.CharField(max_length=100, required=False, initial="")
    platform = forms.ChoiceField(choices=Platform.choices, required=False, initial="")
    marketplace = forms.CharField(max_length=32, required=False, initial="")
    team = forms.CharField(max_length=60, required=False, initial="")
    owner = forms.CharField(max_length=150, required=False, initial="")
    band = forms.ChoiceField(choices=BANDS, required=False, initial="")
    compare = forms.ChoiceField(choices=[("prev", "prev"), ("year", "year")], required=False, initial="")
    sort = forms.ChoiceField(choices=[(name, name) for name in SORTS], required=False, initial="")
    order = forms.ChoiceField(choices=[(way, way) for way in (ASCENDING, DESCENDING)], required=False, initial="")
    attention = forms.ChoiceField(choices=[("1", "1")], required=False, initial="")  # a red figure of any kind

    VIEW = ("compare", "sort", "order")  # how the accounts are shown, not which

    def given(self) -> dict[str, str]:
        """What the address asks for, in the order of the fields."""
        return {name: str(self.value(name)) for name in self.fields if self.value(name)}

    def filters(self) -> dict[str, str]:
        """What leaves accounts out."""
        return {name: value for name, value in self.given().items() if name not in self.VIEW}

    def view(self) -> dict[str, str]:
        """What stays when every filter is taken away."""
        return {name: value for name, value in self.given().items() if name in self.VIEW}

    def in_queue(self) -> dict[str, str] | None:
        """The same accounts as the reply queue's address names them; None where a colour chooses: it knows none."""
        asked = self.filters()
        if asked.keys() & {"band", "attention"}:
            return None
        return {QUEUE_WORDS.get(name, name): value for name, value in asked.items()}

    def canonical(self) -> str:
        """What the address asks for as a query string that is the same however the address was written."""
        return urlencode(sorted(self.given().items()))


class QueueFilter(Address):
    """Which waits the reply queue shows; "-" stands for those in which nothing is said.

    `q` and `keeper` are the fleet's `q` and `owner`: words of the account's name and who looks after it.
    """

    account = forms.SlugField(required=False, initial="")
    platform = forms.ChoiceField(choices=Platform.choices, required=False, initial="")
    marketplace = forms.CharField(max_length=32, required=False, initial="")
    team = forms.CharField(max_length=60, required=False, initial="")
    keeper = forms.CharField(max_length=150, required=False, initial="")
    q = forms.CharField(max_length=100, required=False, initial="")
    owner = forms.CharField(max_length=255, required=False, initial="")
    topic = forms.CharField(max_length=80, required=False, initial="")
    language = forms.CharField(max_length=16, required=False, initial="")
    channel = forms.ChoiceField(choices=Channel.choices, required=False, initial="")
    group = forms.ChoiceField(choices=[(group.value, group.value) for group in Group], required=False, initial="")
    list = forms.ChoiceField(choices=[("returns", "returns")], required=False, initial="")


class Lookup(Address):
    """What is looked up in an account: the beginning of an ID, and which of the two lists is shown."""

    LISTS = (("conversations", _("Conversations")), ("orders", _("Orders")))

    q = forms.CharField(max_length=255, required=False, initial="")
    show = forms.ChoiceField(choices=LISTS, required=False, initial="")


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
    """Which of the rows behind a figure, its breakdown, and how many weeks its chart goes back.

    `by` names a column of the breakdown, `value` one of its values whose rows are shown; an empty value is the unknown.
    `days` asks for the figure over another window too, `compare` for the period before or the same weeks a year before.
    """

    part = forms.ChoiceField(choices=[(side.value, side.value) for side in Side], required=False)
    by = forms.SlugField(max_length=20, required=False, initial="")
    weeks = forms.TypedChoiceField(choices=[(n, n) for n in WEEKS], coerce=int, required=False, initial=26)
    days = forms.TypedChoiceField(choices=[(n, n) for n in WINDOWS], coerce=int, required=False)
    compare = forms.ChoiceField(choices=[("prev", "prev"), ("year", "year")], required=False, initial="")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        given = self.data.get("value")
        if given is not None:
            said["only"] = forms.CharField(max_length=255, required=False, strip=False).clean(given)
        return said

    @property
    def only(self) -> str | None:
        """The one value whose rows are asked for; None: all rows."""
        self.is_valid()
        return self.cleaned_data.get("only")


class Stretch(Address):
    """How many days up to the report day are looked at."""

    DAYS = (28, 90)

    days = forms.TypedChoiceField(choices=[(n, n) for n in DAYS], coerce=int, required=False, initial=28)


class People(Stretch):
    """In which order the people who answer stand. Not by speed: who answers quickest has not answered best."""

    SORTS = (("name", _("By name")), ("answers", _("By answers")))

    sort = forms.ChoiceField(choices=SORTS, required=False, initial="name")


class PersonRows(Stretch):
    """Which rows credited to a person are listed."""

    list = forms.ChoiceField(
        choices=[(name, name) for name in ("late", "unsolved", "solved")], required=False, initial="late"
    )


class Chart(Address):
    """How many weeks the chart of a page goes back."""

    weeks = forms.TypedChoiceField(choices=[(n, n) for n in WEEKS], coerce=int, required=False, initial=12)


class WaitedFor(Address):
    """Which step of waiting a list of conversations shows."""

    wait = forms.ChoiceField(choices=[(step.slug, step.title) for step in STEPS], required=False, initial="late")


class Subjects(Address):
    """What turns and answers are told apart by."""

    by = forms.ChoiceField(choices=[("topic", _("Topic")), ("channel", _("Channel"))], required=False, initial="topic")
