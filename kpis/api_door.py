"""What the reading views of the API share: scope and parameters, the account, its day, and the answer as a file."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api_page import Page
from kpis.api_query import Query
from kpis.breakdowns import split_of
from kpis.catalogue import METRICS
from kpis.files import CSV, Table, file_response
from kpis.metrics import Column, Metric
from kpis.sheets import XLSX
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

    @cached_property
    def may_write(self) -> bool:
        """Whether the caller manages the account: who only reads gets no figures of single persons."""
        return writable_for(self.request).filter(pk=self.account.pk).exists()

    @property
    def split(self) -> Column:
        """The column asked for, or the metric's first. One that the metric does not have is refused."""
        column = split_of(self.metric, self.given.get("by", ""), personal=self.may_write)
        if column is None:
            raise ValidationError({"by": [ErrorDetail(str(_("The metric has no such column.")), code="no_such_split")]})
        return column

    def page(self, count: int) -> Page:
        return Page(self.request, self.given["page"], self.given["limit"], count)


class CsvRenderer(BaseRenderer):
    """Lets a caller ask for CSV by its Accept header too; the file itself is streamed past it."""

    media_type = CSV
    format = "csv"


class XlsxRenderer(BaseRenderer):
    """The same for a spreadsheet."""

    media_type = XLSX
    format = "xlsx"


class FileView(AccountView):
    """A view whose answer can also be had as a file: by the parameter `format` (FileQuery) or the Accept header."""

    renderer_classes = [JSONRenderer, CsvRenderer, XlsxRenderer]

    def table(self) -> Table:
        """The answer as a table, all of it."""
        raise NotImplementedError

    def content(self) -> Any:
        """The answer as JSON."""
        raise NotImplementedError

    def answer(self) -> HttpResponseBase:
        """The one that is asked for."""
        form = self.given["format"]
        if form == "json":
            form = self.request.accepted_renderer.format
        return Response(self.content()) if form == "json" else file_response(self.table(), form, self.now)


def in_every_form(shape: Any) -> dict[tuple[int, str], Any]:
    """What such a view answers, for the schema."""
    return {
        (200, "application/json"): shape,
        (200, CSV): OpenApiTypes.STR,
        (200, XLSX): OpenApiTypes.BINARY,
    }
