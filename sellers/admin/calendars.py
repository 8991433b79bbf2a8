"""Business calendars and holidays in the console; many holidays are added at once, a line each."""

import re
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sellers.admin.followed import SLOW, DatedForm, FollowedAdmin
from sellers.calendars import validate_window
from sellers.models import BusinessCalendar, Holiday, Weekday
from sellers.repair import WHY, ReasonModelForm
from sellers.switches import CALENDARS, HOLIDAYS, follow_dated

MOST_LINES = 400

# --- Calendars -------------------------------------------------------------------------------------------------------


class HoursField(forms.CharField):
    """The opening hours of a weekday as people write them: 09:00-12:30, 13:30-18:00."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 200, **options})

    def to_python(self, value: Any) -> str:
        windows = hours(super().to_python(value) or "")
        for window in windows:
            validate_window(window)
        return written(windows)


def hours(text: str) -> list[list[str]]:
    """The windows of a text: [["09:00", "12:30"], ["13:30", "18:00"]]. What is no time is left for the check."""
    pieces = (piece.strip() for piece in re.split(r"[,;]", text))
    return [[clock.strip() for clock in re.split(r"[-–—]", piece)] for piece in pieces if piece]


def written(windows: list[list[str]]) -> str:
    """The windows as people write them."""
    return ", ".join("-".join(window) for window in windows)


class CalendarForm(DatedForm):
    """A calendar with a line of opening hours for each weekday."""

    monday = HoursField(label=Weekday.MONDAY.label)
    tuesday = HoursField(label=Weekday.TUESDAY.label)
    wednesday = HoursField(label=Weekday.WEDNESDAY.label)
    thursday = HoursField(label=Weekday.THURSDAY.label)
    friday = HoursField(label=Weekday.FRIDAY.label)
    saturday = HoursField(label=Weekday.SATURDAY.label)
    sunday = HoursField(label=Weekday.SUNDAY.label)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for weekday in Weekday:
            self.initial.setdefault(weekday.name.lower(), written(self.instance.windows.get(str(weekday.value), [])))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.windows = {
            str(weekday.value): hours(given[weekday.name.lower()])
            for weekday in Weekday
            if given.get(weekday.name.lower())
        }
        return given


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(FollowedAdmin):
    """When shops are open, from a day on. A change is another row: past figures keep the hours of their time."""

    form = CalendarForm
    list_display = ("whose", "valid_from", "time_zone", "opening_hours")
    ordering = ("-valid_from", "-id")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["account", "valid_from", "time_zone"], "description": SLOW}),
        (
            _("Opening hours"),
            {
                "fields": [weekday.name.lower() for weekday in Weekday],
                "description": _(
                    "For example 09:00-12:30, 13:30-18:00. An end before the start lies on the next day. 24:00 is the "
                    "end of the day, an empty line a day without hours. Without any hours, business times are unknown "
                    "from this day on."
                ),
            },
        ),
        WHY,
    )

    def names(self, row: Any) -> set[str]:
        return {CALENDARS}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ["account", "valid_from", "time_zone", "opening_hours"]}),)
        return super().get_fieldsets(request, obj)

    @admin.display(description=_("opening hours"))
    def opening_hours(self, calendar: BusinessCalendar) -> str:
        days = sorted((int(weekday), windows) for weekday, windows in calendar.windows.items() if windows)
        return "; ".join(f"{WEEKDAYS_ABBR[weekday]} {written(windows)}" for weekday, windows in days)


# --- Holidays --------------------------------------------------------------------------------------------------------


class NewHolidaysForm(ReasonModelForm):
    """Holidays of one account or of all, as they are copied from a list: a line each."""

    days = forms.CharField(
        label=_("Days"),
        widget=forms.Textarea(attrs={"rows": 12, "cols": 60}),
        help_text=_("A line for each: 2026-12-25 Christmas. Days that are stored already stay as they are."),
    )

    class Meta:
        model = Holiday
        fields = ("account",)

    def clean_days(self) -> dict[date, str]:
        """The name of each day."""
        lines = [line.strip() for line in self.cleaned_data["days"].splitlines()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("At most %(limit)s lines at once."), params={"limit": MOST_LINES})
        found: dict[date, str] = {}
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            day, name = self._read(number, line)
            if day in found:
                raise ValidationError(_("Line %(number)s names %(day)s again."), params={"number": number, "day": day})
            found[day] = name
        return found

    @staticmethod
    def _read(number: int, line: str) -> tuple[date, str]:
        """The day and the name of a line. Raises ValidationError."""
        matched = re.match(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[\s,;]+(.*))?$", line)
        try:
            if matched is None:
                raise ValueError(line)
            day = date.fromisoformat(matched[1])
        except ValueError:
            raise ValidationError(
                _("Line %(number)s: “%(line)s” does not begin with a day such as 2026-12-25."),
                params={"number": number, "line": line[:40]},
            ) from None
        name = matched[2] or ""
        longest = Holiday._meta.get_field("name").max_length or 0
        if len(name) > longest:
            raise ValidationError(
                _("Line %(number)s: a name has at most %(limit)s characters."),
                params={"number": number, "limit": longest},
            )
        return day, name

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        days = given.get("days", {})
        stored = Holiday.objects.filter(account=given.get("account"), day__in=days).values_list("day", flat=True)
        self.fresh = {day: name for day, name in sorted(days.items()) if day not in set(stored)}
        if days and not self.fresh:
            raise ValidationError(_("All these days are stored already."))
        return given


@admin.register(Holiday)
class HolidayAdmin(FollowedAdmin):
    """Days on which shops are closed and do not ship."""

    list_display = ("whose", "day", "name")
    list_display_links = ("day",)
    ordering = ("-day", "-id")

    def names(self, row: Any) -> set[str]:
        return {HOLIDAYS}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is None:
            options["form"] = NewHolidaysForm
        return super().get_form(request, obj, change=change, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = ["account", "days"] if obj is None else ["account", "day", "name"]
        return self.for_whoever_may(request, obj, ((None, {"fields": fields, "description": SLOW}), WHY))

    def save_model(self, request: HttpRequest, obj: Holiday, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        (obj.day, obj.name), *others = form.fresh.items()
        for holiday in [obj, *(Holiday(account=obj.account, day=day, name=name) for day, name in others)]:
            holiday.save()  # one by one, because each leaves an audit entry
        follow_dated(obj.account_id, {HOLIDAYS}, timezone.now())
        text = ngettext("%(count)s day was added.", "%(count)s days were added.", len(form.fresh))
        known = len(form.cleaned_data["days"]) - len(form.fresh)
        said = [text % {"count": len(form.fresh)}]
        if known:
            said.append(gettext("Stored already: %(count)s.") % {"count": known})
        self.message_user(request, " ".join(said), messages.SUCCESS)
