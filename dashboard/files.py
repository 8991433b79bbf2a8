"""What a page shows as a file: one view for each table, one address for each form it can be had in."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.http.request import QueryDict
from django.urls import URLPattern, path
from django.utils import timezone

from dashboard.pages.account import report_day
from kpis.files import Form, Table, file_response
from sellers.models import SellerAccount

Maker = Callable[..., Table]  # of the request, the moment and what the address names


def file_addresses(route: str, name: str, make: Maker) -> list[URLPattern]:
    """`route` with the ending of each form, called `name` with that ending."""
    return [path(f"{route}.{form}", partial(_download, make, form), name=f"{name}_{form}") for form in Form]


def _download(make: Maker, form: Form, request: HttpRequest, **named: Any) -> HttpResponseBase:
    now = timezone.now()
    return file_response(make(request, now, **named), form, now)


def said_day(account: SellerAccount, query: QueryDict, now: datetime) -> date:
    """The report day of a file. A day that is not understood is missing, and one of knowledge too: rows stand now."""
    day = report_day(account, query, now)
    if day.problem or day.known is not None:
        raise Http404
    return day.on
