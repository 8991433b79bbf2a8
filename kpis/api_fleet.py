"""The API of all accounts together: one published week of them, in one answer."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from json import JSONEncoder
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import NullIf
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kpis.api_door import ReadView
from kpis.api_page import Page
from kpis.api_query import PageQuery
from kpis.api_serializers import EXACT, STATES
from kpis.catalogue import METRICS
from kpis.metrics import Metric
from kpis.models import WeekReading, WeekReport
from kpis.targets import Band
from kpis.weekly import JUDGED
from sellers.api_auth import accounts_for
from sellers.models import SellerAccount

NULL = "null"
_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@extend_schema_field(OpenApiTypes.STR)
class MetricsField(serializers.Field):
    """Slugs of the catalogue, separated by commas."""

    default_error_messages = {"unknown": _("There is no metric {slug}.")}

    def to_internal_value(self, data: Any) -> list[Metric]:
        slugs = dict.fromkeys(str(data).split(","))
        for slug in slugs:
            if slug not in METRICS:
                self.fail("unknown", slug=slug[:40])
        return [METRICS[slug] for slug in slugs]

    def to_representation(self, value: Any) -> str:
        return ",".join(metric.slug for metric in value)


class FleetWeekQuery(PageQuery):
    metrics = MetricsField(
        required=False,
        help_text="Slugs, separated by commas. Default: all with a target that are no part or other window of one.",
    )


class FleetFigureSerializer(serializers.Serializer):
    """One published figure of one account."""

    value = serializers.FloatField(allow_null=True, help_text=EXACT)
    value_exact = serializers.CharField(allow_null=True, help_text="The same value as a reduced fraction, such as 4/5.")
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField(help_text="How many rows the value rests on.")
    band = serializers.ChoiceField(choices=[band.value for band in Band])
    state = serializers.ChoiceField(choices=STATES)


class FleetAccountSerializer(serializers.Serializer):
    """One account's published week, in its newest revision."""

    account = serializers.CharField(help_text="Its key.")
    name = serializers.CharField()
    ends_on = serializers.DateField(help_text="Accounts may begin their weeks on different days.")
    revision = serializers.IntegerField()
    figures = serializers.DictField(child=FleetFigureSerializer(), help_text="By the metric's slug.")


class FleetWeekSerializer(serializers.Serializer):
    """A page of the accounts with a published week."""

    count = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FleetAccountSerializer(many=True)


class FleetWeekView(ReadView):
    parameters = FleetWeekQuery

    @extend_schema(operation_id="fleet_week", parameters=[FleetWeekQuery], responses=FleetWeekSerializer)
    def get(self, request: Request, ends_on: date) -> HttpResponse:
        """The published week of every account that the caller may see: its figures in their newest revision.

        It is the week that ended on the day or in the six before it. Accounts stand in the order of their keys; those
        that published nothing for it are left out.
        """
        reports = newest_reports(accounts_for(request), ends_on)
        page = Page(request, self.given["page"], self.given["limit"], len(reports))
        shown = reports[page.start : page.stop]
        figures = figures_of([report.id for report in shown], self.given.get("metrics", JUDGED))
        results = (_account(report, figures[report.id]) for report in shown)
        text = f'{_json(page.links())[:-1]},"results":[{",".join(results)}]}}'
        return HttpResponse(text, content_type="application/json")


def _account(report: Any, figures: Iterable[str]) -> str:
    """An account's week as JSON text: what its figures say is text already."""
    said = {
        "account": report.account__key,
        "name": report.account__name,
        "ends_on": report.ends_on.isoformat(),
        "revision": report.revision,
    }
    return f'{_json(said)[:-1]},"figures":{{{",".join(figures)}}}}}'


def newest_reports(accounts: QuerySet[SellerAccount], day: date) -> list[Any]:
    """The newest revision of the newest week of each account that ended in the seven days up to `day`. One query.

    Of each what the answer says, without the objects.
    """
    reports = WeekReport.objects.filter(account__in=accounts, ends_on__range=(day - timedelta(days=6), day))
    ordered = reports.order_by("account__key", "ends_on", "revision")
    said = ordered.values_list("id", "account__key", "account__name", "ends_on", "revision", named=True)
    return list({report.account__key: report for report in said}.values())


def figures_of(reports: Sequence[int], metrics: Collection[Metric]) -> dict[int, list[str]]:
    """The figures of some reports by the report's id, each as a member of a JSON object. One query.

    Thousands of them are asked for at once, so a row becomes its text without an object between. Names of metrics,
    bands and states need no escapes.
    """
    # The name in this form is looked up in no index: PostgreSQL would add every week's rows of these metrics to those
    # of the reports, which it finds faster alone.
    named = NullIf("metric", Value(""))
    slugs = [metric.slug for metric in metrics]
    rows = WeekReading.objects.alias(named=named).filter(report__among=reports, named__in=slugs).order_by()
    found: dict[int, list[str]] = {report: [] for report in reports}
    for report, metric, over, under, numerator, denominator, n, band, state in rows.values_list(
        "report_id", "metric", "value_numerator", "value_denominator", "numerator", "denominator", "n", "band", "state"
    ):
        value: Any = over
        exact = over if over is None else f'"{over}"' if under == 1 else f'"{over}/{under}"'
        if over and under and under > 1:
            value = over / under
        found[report].append(
            f'"{metric}":{{"value":{NULL if value is None else value},"value_exact":{NULL if exact is None else exact},'
            f'"numerator":{NULL if numerator is None else numerator},'
            f'"denominator":{NULL if denominator is None else denominator},'
            f'"n":{n},"band":"{band}","state":"{state}"}}'
        )
    return found
