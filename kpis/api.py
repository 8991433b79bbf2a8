"""The REST API of figures: each view finds its account through one door, asks one function and shows the answer."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api_page import Page
from kpis.api_query import BreakdownQuery, Query, QueueQuery, ReadingsQuery, RowsQuery, TrendQuery, WeekQuery
from kpis.api_serializers import (
    AccountDetailSerializer,
    AccountSerializer,
    BreakdownSerializer,
    HealthSerializer,
    MetricSerializer,
    QueuePageSerializer,
    ReadingSerializer,
    RowPageSerializer,
    TrendPointSerializer,
    row_json,
)
from kpis.breakdowns import breakdown, split_of
from kpis.catalogue import DECLARED, METRICS
from kpis.exports import csv_breakdown, csv_rows, xlsx_rows
from kpis.freshness import health
from kpis.metrics import Column, Metric, Side
from kpis.published import as_known
from kpis.queue import Group, Queue, Wanted
from kpis.readings import Reading, reading_on, readings
from kpis.rows import Only, rows
from kpis.sheets import XLSX, xlsx_response
from kpis.trends import trend
from kpis.week_document import as_csv, as_json, as_xlsx
from sellers.api_auth import accounts_for, writable_for
from sellers.days import last_complete_day, local_day, moment_of
from sellers.models import ApiToken, SellerAccount

FIRST_DAY = date(2000, 1, 1)


class ReadView(APIView):
    """What every reading view shares: its scope and its parameters, which are refused when they are not understood."""

    required_scope = ApiToken.Scope.READ
    parameters: type[Query] = Query

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.given = self.parameters.read(request)

    @cached_property
    def now(self) -> datetime:
        """One moment for the whole answer."""
        return timezone.now()


class AccountView(ReadView):
    """A view of one account. One that the caller may not see is missing, like one that does not exist."""

    @cached_property
    def account(self) -> SellerAccount:
        return get_object_or_404(accounts_for(self.request), key=self.kwargs["key"])

    @property
    def metric(self) -> Metric:
        if self.kwargs["metric"] not in METRICS:
            raise Http404
        return METRICS[self.kwargs["metric"]]

    @property
    def on(self) -> date:
        """The report day asked for, or the account's last complete day."""
        on = self.given.get("on")
        if on is None:
            return last_complete_day(self.now, self.account.zone)
        last = local_day(self.now, self.account.zone) + timedelta(days=1)
        if not FIRST_DAY <= on <= last:
            message = _("The day must be from %(first)s to %(last)s.") % {"first": FIRST_DAY, "last": last}
            raise ValidationError({"on": [ErrorDetail(message, code="out_of_range")]})
        return on

    @property
    def known_at(self) -> datetime | None:
        """The moment up to which anything is known; None: now."""
        known = self.given.get("known_on")
        return None if known is None else moment_of(known, self.account.zone)

    @property
    def split(self) -> Column:
        """The column asked for, or the metric's first. One that the metric does not have is refused.

        Who only reads gets no figures of single persons.
        """
        personal = writable_for(self.request).filter(pk=self.account.pk).exists()
        column = split_of(self.metric, self.given.get("by", ""), personal=personal)
        if column is None:
            raise ValidationError({"by": [ErrorDetail(str(_("The metric has no such column.")), code="no_such_split")]})
        return column

    def page(self, count: int) -> Page:
        return Page(self.request, self.given["page"], self.given["limit"], count)


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


class TrendView(AccountView):
    parameters = TrendQuery

    @extend_schema(operation_id="trend", parameters=[TrendQuery], responses=TrendPointSerializer(many=True))
    def get(self, request: Request, key: str, metric: str) -> Response:
        """The published weeks of one metric, oldest first; a week without a value is a gap, never a zero."""
        points = trend(self.account, self.metric, self.given["weeks"], known_at=self.known_at)
        return Response(TrendPointSerializer(points, many=True).data)


class WeekView(AccountView):
    parameters = WeekQuery

    @extend_schema(
        operation_id="week",
        parameters=[WeekQuery],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
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


class CsvRenderer(BaseRenderer):
    """Lets a caller ask for CSV by its Accept header too; the file itself is streamed past it."""

    media_type = "text/csv"
    format = "csv"


class XlsxRenderer(BaseRenderer):
    """The same for a spreadsheet."""

    media_type = XLSX
    format = "xlsx"


class RowsView(AccountView):
    parameters = RowsQuery
    renderer_classes = [JSONRenderer, CsvRenderer, XlsxRenderer]

    @extend_schema(
        operation_id="rows",
        parameters=[RowsQuery],
        responses={
            (200, "application/json"): RowPageSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, key: str, metric: str) -> HttpResponseBase:
        """The rows behind a figure, newest first: page by page, or all of them as a CSV or XLSX file."""
        rowset = rows(self.account, self.metric, self.on, Side(self.given["part"]), self.only)
        form = self.given["format"]
        if form == "json":
            form = request.accepted_renderer.format
        name = f"{key}-{metric}-{self.on}-{rowset.side}.{form}"
        if form == "xlsx":
            return xlsx_response(xlsx_rows(rowset, self.account, self.on, self.now), name)
        if form == "csv":
            return StreamingHttpResponse(
                csv_rows(rowset, self.account),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        window = rowset.reading.window
        page = self.page(rowset.count)
        results = [row_json(rowset, row) for row in rowset.page(page.start, page.stop)]
        content = {"metric": metric, "part": rowset.side, "window": window, "columns": rowset.columns}
        shape = RowPageSerializer({**page.links(), **content, "results": results}, context={"rowset": rowset})
        return Response(shape.data)

    @property
    def only(self) -> Only | None:
        """The one value of a column whose rows are asked for."""
        if "value" not in self.given:
            return None
        return Only(self.split, self.given["value"])


class BreakdownView(AccountView):
    parameters = BreakdownQuery
    renderer_classes = [JSONRenderer, CsvRenderer]

    @extend_schema(
        operation_id="breakdown",
        parameters=[BreakdownQuery],
        responses={(200, "application/json"): BreakdownSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, key: str, metric: str) -> HttpResponseBase:
        """A figure by the values of one column of its rows, the largest first."""
        declared, column = self.metric, self.split
        reading = reading_on(declared, self.account, self.on)
        found = breakdown(reading, column)
        if self.given["format"] == "csv" or request.accepted_renderer.format == "csv":
            name = f"{key}-{metric}-by-{column.split}-{self.on}.csv"
            return HttpResponse(
                csv_breakdown(reading, column, found),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        content = {"metric": metric, "by": column.split, "window": reading.window, "results": found}
        return Response(BreakdownSerializer(content).data)


class QueueView(AccountView):
    parameters = QueueQuery

    @extend_schema(operation_id="queue", parameters=[QueueQuery], responses=QueuePageSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Who waits for an answer, due when, the oldest first."""
        queue = Queue([self.account], self.now, Wanted(group=self.given["group"]))
        counts = queue.counts()
        page = self.page(counts.shown)
        found = {"late": counts.late, "missed": counts.groups[Group.MISSED]}
        rows = queue.oldest(page.start, page.stop)
        return Response(QueuePageSerializer({**page.links(), **found, "results": rows}).data)


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
