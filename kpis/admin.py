"""What counting leaves behind, to look at: marks, day totals, published weeks, days that cannot be counted."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kpis import admin_notes, admin_rules  # noqa: F401  # importing registers their pages
from kpis.catalogue import FACTS, METRICS
from kpis.freshness import Health, health
from kpis.layouts import LAYOUTS
from kpis.metrics import Text
from kpis.models import AccountFailure, DayFailure, DayTotal, Heartbeat, WeekReading, WeekReport
from kpis.readings import State
from kpis.targets import Band
from sellers.marks import Mark
from sellers.models import SellerAccount
from sellers.repair import ReadOnlyAdmin

BANDS = {Band.RED: _("Red"), Band.YELLOW: _("Yellow"), Band.GREEN: _("Green"), Band.NONE: _("No colour")}
STATES = {
    State.COMPUTED: _("Worked out"),
    State.CARRIED: _("Kept from an earlier week"),
    State.PROVISIONAL: _("May still change"),
    State.TOO_FEW: _("Too few"),
    State.NO_DATA: _("No data"),
    State.NOT_IMPORTABLE: _("Not imported"),
}


class CountedAdmin(ReadOnlyAdmin):
    """A list that says first how fresh the figures are."""

    date_hierarchy = "day"
    list_select_related = ("account",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        accounts = SellerAccount.objects.visible_to(request.user)
        chosen = request.GET.get("account__id__exact", "")
        if chosen.isdecimal():
            accounts = accounts.filter(pk=int(chosen))
        said = freshness_said(health(list(accounts), timezone.now()))
        return super().changelist_view(request, {"freshness": said, **(extra_context or {})})

    @admin.display(description=_("fact"))
    def fact_title(self, row: Any) -> Text:
        """What is counted, in words; of a fact that is declared no longer, its slug."""
        return FACTS[row.fact].title if row.fact in FACTS else row.fact


def freshness_said(state: Health) -> str:
    """How many changed days wait, since when, how many cannot be counted, and whether anybody is counting."""
    said = []
    if state.marks_waiting:
        text = gettext("%(marks)s marks wait, the oldest for %(seconds)s seconds.")
        said.append(text % {"marks": state.marks_waiting, "seconds": state.oldest_mark_seconds})
    else:
        said.append(gettext("No mark waits: every change is counted."))
    if state.days_set_aside:
        said.append(gettext("%(days)s days cannot be counted.") % {"days": state.days_set_aside})
    if state.worker_alive:
        said.append(gettext("The worker is alive."))
    elif state.worker_beat_at:
        seen = formats.date_format(state.worker_beat_at, "DATETIME_FORMAT")
        said.append(gettext("The worker was last seen %(seen)s UTC.") % {"seen": seen})
    else:
        said.append(gettext("No worker has ever been seen."))
    return " ".join(said)


@admin.register(Mark)
class MarkAdmin(CountedAdmin):
    """Days that changed and wait to be counted. The sweep takes them away within seconds."""

    list_display = ("account", "fact_title", "day", "marked_at")


@admin.register(DayTotal)
class DayTotalAdmin(CountedAdmin):
    list_display = ("account", "fact_title", "day", "counted_at", "current")
    fields = ("account", "fact_title", "day", "counted_at", "recipe", "current", "parts")
    readonly_fields = ("fact_title", "current", "parts")

    @admin.display(description=_("by today's declaration"), boolean=True)
    def current(self, total: DayTotal) -> bool:
        layout = LAYOUTS.get(total.fact)
        return layout is not None and layout.recipe == total.recipe

    @admin.display(description=_("sums"))
    def parts(self, total: DayTotal) -> SafeString | str:
        """Each sum beside what it sums; of another declaration only the numbers are known."""
        if not self.current(total):
            return ", ".join(map(str, total.sums))
        lines = zip(total.sums, LAYOUTS[total.fact].parts, strict=True)
        return format_html_join(
            "", "<div>{} = {} {}</div>", ((number, part.column or _("rows"), part.condition) for number, part in lines)
        )


@admin.register(DayFailure)
class DayFailureAdmin(CountedAdmin):
    """Days whose counting failed: the error says why. A repair of a row of that day starts a new attempt."""

    list_display = ("account", "fact_title", "day", "attempts", "failed_at", "error")


@admin.register(AccountFailure)
class AccountFailureAdmin(ReadOnlyAdmin):
    """Work on whole accounts that failed. The page System health has what is set aside tried again."""

    list_display = ("account", "work", "attempts", "failed_at", "error")
    list_select_related = ("account",)


class WeekReadingInline(admin.TabularInline):
    model = WeekReading
    fields = ("title", "value", "numerator", "denominator", "n", "colour", "how", "window_from", "window_to")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("metric"))
    def title(self, reading: WeekReading) -> Text:
        """The metric in words; of one that is declared no longer, its slug."""
        return METRICS[reading.metric].title if reading.metric in METRICS else reading.metric

    @admin.display(description=_("band"))
    def colour(self, reading: WeekReading) -> Text:
        return BANDS[Band(reading.band)]

    @admin.display(description=_("state"))
    def how(self, reading: WeekReading) -> Text:
        return STATES[State(reading.state)]

    @admin.display(description=_("value"))
    def value(self, reading: WeekReading) -> str:
        return "–" if reading.value is None else str(reading.value)


@admin.register(WeekReport)
class WeekReportAdmin(CountedAdmin):
    """Published weeks, each revision with its reason. Nothing in them is ever overwritten."""

    date_hierarchy = "ends_on"
    list_display = ("account", "ends_on", "revision", "reason", "published_at")
    list_filter = ("reason",)
    inlines = (WeekReadingInline,)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "beat_at", "days_counted")
