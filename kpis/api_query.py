"""What the API understands in a query string. Everything else is refused by name, so that no typing slip passes."""

import re
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from kpis.catalogue import DECLARED
from kpis.files import Form
from kpis.metrics import Side
from kpis.queue import Group
from sellers.channels import Channel
from sellers.days import day_or_moment

SHOWN = 40  # characters of an unknown name that are repeated in the answer


class DayField(serializers.DateField):
    """A day written as 2026-01-18 and in no other way."""

    def to_internal_value(self, value: Any) -> date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class WholeNumberField(serializers.IntegerField):
    """Plain digits; no sign, no space, no digits of other scripts."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Query(serializers.Serializer):
    """A query string without parameters; views that take some name them in a subclass."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The parameters, checked. Raises ValidationError that names each one that is not understood."""
        query = cls(data=request.query_params.dict())
        problems = {}
        for name, values in request.query_params.lists():
            if name not in query.fields:
                problems[name[:SHOWN]] = [ErrorDetail(_("There is no such parameter."), code="unknown_parameter")]
            elif len(values) > 1:
                problems[name] = [ErrorDetail(_("It is given more than once."), code="repeated_parameter")]
        if problems:
            raise ValidationError(problems)
        query.is_valid(raise_exception=True)
        return query.validated_data


class OnQuery(Query):
    on = DayField(
        required=False,
        help_text="Report day, the last day of a window without lag. Default: the account's last complete day.",
    )


@extend_schema_field(OpenApiTypes.STR)
class KnownField(serializers.Field):
    """A day, which means its end in the account's zone, or an ISO 8601 moment with an offset."""

    default_error_messages = {"invalid": _lazy("Write a day (2026-01-18) or a moment with its offset (…T09:00:00Z).")}

    def to_internal_value(self, data: Any) -> date | datetime:
        try:
            return day_or_moment(str(data))
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: Any) -> str:
        return str(value)


class KnownQuery(Query):
    known_on = KnownField(
        required=False,
        help_text="What was known at the end of that day, or at that moment: revisions published later do not exist.",
    )


class ReadingsQuery(OnQuery, KnownQuery):
    """With `known_on`, the newest week that ends on or before `on`, as it was published by then."""


class WeekQuery(KnownQuery):
    format = serializers.ChoiceField(choices=["json", "csv", "xlsx"], default="json", help_text="The document's form.")


class TrendQuery(KnownQuery):
    weeks = WholeNumberField(default=52, min_value=1, max_value=520, help_text="How many published weeks at most.")


class OfficialQuery(OnQuery):
    weeks = WholeNumberField(
        default=52, min_value=1, max_value=520, help_text="How many weeks up to the report day its periods end in."
    )


class PageQuery(Query):
    page = WholeNumberField(default=1, min_value=1, max_value=100_000)
    limit = WholeNumberField(default=100, min_value=1, max_value=1000, help_text="Rows on a page.")


SPLITS = sorted({column.split for metric in DECLARED for column in metric.splits})


class SplitQuery(Query):
    by = serializers.ChoiceField(
        choices=SPLITS,
        required=False,
        help_text="The column by which the figure is broken down; the metric's own `splits` name those it has.",
    )


class FileQuery(Query):
    format = serializers.ChoiceField(
        choices=["json", *(form.value for form in Form)],
        default="json",
        help_text="csv and xlsx give all rows at once, as a file.",
    )


class DaysQuery(OnQuery):
    days = WholeNumberField(
        required=False, min_value=1, max_value=366, help_text="Over so many days instead of the metric's own window."
    )


class ReadingQuery(DaysQuery):
    """One metric, over its own window or another."""


class BreakdownQuery(SplitQuery, OnQuery, FileQuery):
    """A figure by one column."""


class HoursQuery(DaysQuery, FileQuery):
    """A figure by the hour of the week."""


class TopicsQuery(OnQuery, FileQuery):
    by = serializers.ChoiceField(choices=["topic", "channel"], default="topic")


class AgentsQuery(OnQuery, FileQuery):
    days = WholeNumberField(
        default=28, min_value=1, max_value=366, help_text="How many days up to the report day; compared with as many."
    )


class BeforeAfterQuery(Query):
    weeks = WholeNumberField(default=4, min_value=1, max_value=52, help_text="On each side of the note at most.")


class QueueQuery(PageQuery, FileQuery):
    """Which waits; "-" stands for those in which nothing is said."""

    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    topic = serializers.CharField(required=False, max_length=80)
    language = serializers.CharField(required=False, max_length=16)
    owner = serializers.CharField(required=False, max_length=255, help_text="Who is to answer.")
    group = serializers.ChoiceField(
        choices=[group.value for group in Group],
        required=False,
        help_text="Only waits of this group: late are those beyond 24 hours, missed those only beyond their target.",
    )


class ReturnsQuery(PageQuery, FileQuery):
    """Return requests without an answer."""


class RowsQuery(PageQuery, SplitQuery, OnQuery, FileQuery):
    value = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=255,
        help_text="Only rows with this value of the column `by`; empty: those of which it is unknown.",
    )
    part = serializers.ChoiceField(
        choices=[side.value for side in Side],
        default=Side.FOR.value,
        help_text="In the numerator, only in the denominator, or left out with the reason.",
    )
