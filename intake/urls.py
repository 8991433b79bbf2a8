"""The addresses of the REST API of data in, under /api/v1/."""

from django.urls import path, register_converter

from intake import api


class RowNumber:
    """Only what can be a key reaches the database."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RowNumber, "row_number")

urlpatterns = [
    path("ingest", api.IngestView.as_view(), name="api_ingest"),
    path("files", api.FilesView.as_view(), name="api_files"),
    path("imports/<row_number:import_id>", api.ImportView.as_view(), name="api_import"),
    path("imports/<row_number:import_id>/rejects", api.RejectsView.as_view(), name="api_rejects"),
    path("rejects/<row_number:rejected_id>/retry", api.RetryView.as_view(), name="api_retry"),
]
