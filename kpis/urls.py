"""The addresses of the REST API of figures, under /api/v1/."""

from datetime import date

from django.urls import path, register_converter

from kpis import api, api_compared, api_fleet, api_notes, api_parts, api_waits
from sellers import numbers as _numbers  # noqa: F401  # it registers the numbers of addresses


class AccountKey:
    """Only what can be a key reaches the database."""

    regex = "[a-z0-9][a-z0-9-]{0,62}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class LocalDay:
    """A day written as 2026-01-18."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(AccountKey, "account_key")
register_converter(LocalDay, "local_day")

urlpatterns = [
    path("metrics", api.MetricsView.as_view(), name="api_metrics"),
    path("accounts", api.AccountsView.as_view(), name="api_accounts"),
    path("accounts/<account_key:key>", api.AccountDetailView.as_view(), name="api_account"),
    path("accounts/<account_key:key>/readings", api.ReadingsView.as_view(), name="api_readings"),
    path("accounts/<account_key:key>/readings/<slug:metric>", api.ReadingView.as_view(), name="api_reading"),
    path("accounts/<account_key:key>/trend/<slug:metric>", api.TrendView.as_view(), name="api_trend"),
    path("accounts/<account_key:key>/official/<slug:metric>", api.OfficialView.as_view(), name="api_official"),
    path("accounts/<account_key:key>/rows/<slug:metric>", api.RowsView.as_view(), name="api_rows"),
    path("accounts/<account_key:key>/breakdown/<slug:metric>", api_parts.BreakdownView.as_view(), name="api_breakdown"),
    path("accounts/<account_key:key>/weeks/<local_day:ends_on>", api.WeekView.as_view(), name="api_week"),
    path("accounts/<account_key:key>/queue", api_waits.QueueView.as_view(), name="api_queue"),
    path("accounts/<account_key:key>/return-requests", api_waits.ReturnsView.as_view(), name="api_return_requests"),
    path("accounts/<account_key:key>/first-replies", api_waits.FirstRepliesView.as_view(), name="api_first_replies"),
    path("accounts/<account_key:key>/hours/<slug:metric>", api_parts.HoursView.as_view(), name="api_hours"),
    path("accounts/<account_key:key>/topics", api_parts.TopicsView.as_view(), name="api_topics"),
    path("accounts/<account_key:key>/agents", api_parts.AgentsView.as_view(), name="api_agents"),
    path(
        "accounts/<account_key:key>/notes/<row_number:note>/before-after/<slug:metric>",
        api_compared.BeforeAfterView.as_view(),
        name="api_before_after",
    ),
    path("accounts/<account_key:key>/notes", api_notes.NotesView.as_view(), name="api_notes"),
    path("weeks/<local_day:ends_on>", api_fleet.FleetWeekView.as_view(), name="api_fleet_week"),
    path("health", api.HealthView.as_view(), name="api_health"),
]
