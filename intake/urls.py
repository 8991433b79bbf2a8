"""The addresses of the REST API of data in, under /api/v1/."""

from django.urls import path

from intake import api
from sellers import numbers as _numbers  # noqa: F401  # it registers the numbers of addresses

urlpatterns = [
    path("ingest", api.IngestView.as_view(), name="api_ingest"),
    path("files", api.FilesView.as_view(), name="api_files"),
    path("imports/<row_number:import_id>", api.ImportView.as_view(), name="api_import"),
    path("imports/<row_number:import_id>/rejects", api.RejectsView.as_view(), name="api_rejects"),
    path("rejects/<row_number:rejected_id>/retry", api.RetryView.as_view(), name="api_retry"),
]
