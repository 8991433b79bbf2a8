"""The REST API of figures: each view finds its account through one door, asks one function and shows the answer."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api_door import AccountView, FileView, ReadView, in_every_form
from kpis.api_query import OfficialQuery, ReadingQuery, ReadingsQuery, RowsQuery, TrendQuery, WeekQuery
from kpis.api_serializers import (
    AccountDetailSerializer,
    AccountSerializer,
    HealthSerializer,
    MetricSerializer,
    ReadingSerializer,
    RowPageSerializer,
    StatedSerializer,
    TrendPointSerializer,
    row_json,
)
from kpis.breakdowns import is_withheld
from kpis.catalogue import DECLARED
from kpis.exports import rows_table
from kpis.files import CSV, Table
from kpis.freshness import health
from kpis.metrics import Imported, Side
from kpis.official import WEEK, stated
from kpis.published import as_known
from kpis.readings import Reading, reading_on, readings
from kpis.rows import Only, RowSet, rows, rows_behind
from kpis.sheets import XLSX, xlsx_response
from kpis.trends import trend
from kpis.week_document import as_csv, as_json, as_xlsx
from sellers.api_auth import accounts_for


class MetricsView(ReadView):
    @extend_schema(operation_id="metrics", responses=MetricSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The catalogue: every metric with its meaning, unit, rule and source."""
        return Response(MetricSerializer(DECLARED, many=True).data)


class AccountsView(ReadView):
    @extend_schema(operation_id="accounts", responses=AccountSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The seller accounts that the caller may see."""
        return Response(AccountSerializer(accounts_for(request), many=True).data)


class AccountDetailView(AccountView):
    @extend_schema(operation_id="account", responses=AccountDetailSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One seller account, its switches, and how far its data has come."""
        return Response(AccountDetailSerializer(self.account).data)


class ReadingsView(AccountView):
    parameters = ReadingsQuery

    @extend_schema(operation_id="readings", parameters=[ReadingsQuery], responses=ReadingSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Every metric of the account on a report day, or of the week up to it as it was known then."""
        found = readings(self.account, self.on) if self.known_at is None else self._as_known()
        return Response(ReadingSerializer(found, many=True, context={"now": self.now}).data)

    def _as_known(self) -> list[Reading]:
        published = as_known(self.account, self.on, self.known_at)
        return [] if published is None else published.readings


class ReadingView(AccountView):
    parameters = ReadingQuery

    @extend_schema(operation_id="reading", parameters=[ReadingQuery], responses=ReadingSerializer)
    def get(self, request: Request, key: str, metric: str) -> Response:
        """One metric on a report day; with `days` over so many days instead, judged by nothing."""
        days = self.given.get("days")
        if days is not None and isinstance(self.metric, Imported):
            message = _("What the platform itself states has its own window.")
            raise ValidationError({"days": [ErrorDetail(message, code="no_other_window")]})
        found = reading_on(self.metric, self.account, self.on, days)
        return Response(ReadingSerializer(found, context={"now": self.now}).data)


class TrendView(AccountView):
    parameters = TrendQuery

    @extend_schema(operation_id="trend", parameters=[TrendQuery], responses=TrendPointSerializer(many=True))
    def get(self, request: Request, key: str, metric: str) -> Response:
        """The published weeks of one metric, oldest first; a week without a value is a gap, never a zero."""
        points = trend(self.account, self.metric, self.given["weeks"], known_at=self.known_at)
        return Response(TrendPointSerializer(points, many=True).data)


class OfficialView(AccountView):
    parameters = OfficialQuery

    @extend_schema(operation_id="official", parameters=[OfficialQuery], responses=StatedSerializer(many=True))
    def get(self, request: Request, key: str, metric: str) -> Response:
        """What the platform itself said about the same thing and windows of the same length, oldest first."""
        on, days = self.on, reading_on(self.metric, self.account, self.on).rule.days
        found = stated(self.account, self.metric, on - WEEK * self.given["weeks"], on, days)
        return Response(StatedSerializer(found, many=True).data)


class WeekView(AccountView):
    parameters = WeekQuery

    @extend_schema(
        operation_id="week",
        parameters=[WeekQuery],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, CSV): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, key: str, ends_on: date) -> HttpResponseBase:
        """The report of a week as it was issued: the same bytes whenever it is asked for again."""
        published = as_known(self.account, ends_on, self.known_at)
        if published is None or published.report.ends_on != ends_on:
            raise Http404
        form = self.given["format"]
        name = f"{key}-week-{ends_on}-{published.report.revision}.{form}"
        if form == "xlsx":
            return xlsx_response(as_xlsx(published.report), name)
        write, kind = (as_csv, "text/csv; charset=utf-8") if form == "csv" else (as_json, "application/json")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(write(published.report), content_type=kind, headers=headers)


class RowsView(FileView):
    parameters = RowsQuery

    @extend_schema(operation_id="rows", parameters=[RowsQuery], responses=in_every_form(RowPageSerializer))
    def get(self, request: Request, key: str, metric: str) -> HttpResponseBase:
        """The rows behind a figure, newest first: page by page, or all of them as a CSV or XLSX file."""
        return self.answer()

    @property
    def rowset(self) -> RowSet:
        every = rows(self.account, self.metric, self.on, Side(self.given["part"]))
        if "value" not in self.given:
            return every
        only = Only(self.split, self.given["value"])
        if is_withheld(every.reading, only):
            message = _("This person has too few cases for a figure of their own.")
            raise ValidationError({"value": [ErrorDetail(str(message), code="withheld")]})
        return rows_behind(every.reading, every.side, only)

    def table(self) -> Table:
        return rows_table(self.rowset, self.on)

    def content(self) -> Any:
        rowset = self.rowset
        page = self.page(rowset.count)
        results = [row_json(rowset, row) for row in rowset.page(page.start, page.stop)]
        told = {"metric": rowset.reading.metric.slug, "part": rowset.side, "window": rowset.reading.window}
        shape = {**page.links(), **told, "columns": rowset.columns, "results": results}
        return RowPageSerializer(shape, context={"rowset": rowset}).data


class HealthView(ReadView):
    @extend_schema(operation_id="health", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Up to when figures are counted, what waits, whether a worker is alive, and what the last proof found."""
        return Response(HealthSerializer(health(list(accounts_for(request)), self.now)).data)


@extend_schema(exclude=True)
class MissingView(APIView):
    """Addresses under /api/ that nothing else answers."""

    permission_classes = [IsAuthenticated]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
