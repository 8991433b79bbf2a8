"""The addresses of the REST API of figures, under /api/v1/."""

from django.urls import path, register_converter

from kpis import api


class AccountKey:
    """Only what can be a key reaches the database."""

    regex = "[a-z0-9][a-z0-9-]{0,62}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AccountKey, "account_key")

urlpatterns = [
    path("metrics", api.MetricsView.as_view(), name="api_metrics"),
    path("accounts", api.AccountsView.as_view(), name="api_accounts"),
    path("accounts/<account_key:key>", api.AccountDetailView.as_view(), name="api_account"),
    path("accounts/<account_key:key>/readings", api.ReadingsView.as_view(), name="api_readings"),
    path("accounts/<account_key:key>/trend/<slug:metric>", api.TrendView.as_view(), name="api_trend"),
    path("accounts/<account_key:key>/rows/<slug:metric>", api.RowsView.as_view(), name="api_rows"),
    path("accounts/<account_key:key>/queue", api.QueueView.as_view(), name="api_queue"),
    path("health", api.HealthView.as_view(), name="api_health"),
]
