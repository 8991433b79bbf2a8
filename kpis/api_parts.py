"""The REST API of figures told apart: by a column of their rows, by hour of the week, by topic, by person."""

from typing import Any

from django.http import Http404, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kpis.api_door import FileView, in_every_form
from kpis.api_parts_shapes import AgentsSerializer, BreakdownSerializer, HoursSerializer, TopicsSerializer
from kpis.api_query import AgentsQuery, BreakdownQuery, HoursQuery, TopicsQuery
from kpis.breakdowns import breakdown
from kpis.exports import breakdown_table, hours_table
from kpis.exports_people import people_table, topics_table
from kpis.files import Table
from kpis.hours import has_hours, hours
from kpis.people import People, own_people, people
from kpis.readings import reading_on
from kpis.topics import Topics, topics


class BreakdownView(FileView):
    parameters = BreakdownQuery

    @extend_schema(operation_id="breakdown", parameters=[BreakdownQuery], responses=in_every_form(BreakdownSerializer))
    def get(self, request: Request, key: str, metric: str) -> HttpResponseBase:
        """A figure by the values of one column of its rows, the largest first."""
        self.column = self.split
        self.reading = reading_on(self.metric, self.account, self.on)
        self.found = breakdown(self.reading, self.column)
        return self.answer()

    def table(self) -> Table:
        return breakdown_table(self.reading, self.on, self.column, self.found)

    def content(self) -> Any:
        told = {"metric": self.metric.slug, "by": self.column.split, "window": self.reading.window}
        return BreakdownSerializer({**told, "results": self.found}).data


class HoursView(FileView):
    parameters = HoursQuery

    @extend_schema(operation_id="hours", parameters=[HoursQuery], responses=in_every_form(HoursSerializer))
    def get(self, request: Request, key: str, metric: str) -> HttpResponseBase:
        """How slow the answers are by the hour of the week in which buyers wrote, on the account's clock.

        A metric that does not tell slowness by row has no hours: 404.
        """
        if not has_hours(self.metric):
            raise Http404
        self.reading = reading_on(self.metric, self.account, self.on, self.given.get("days"))
        self.found = hours(self.reading)
        return self.answer()

    def table(self) -> Table:
        return hours_table(self.reading, self.on, self.found)

    def content(self) -> Any:
        told = {"metric": self.metric.slug, "window": self.reading.window, "time_zone": self.account.time_zone}
        return HoursSerializer({**told, "results": self.found}, context={"unit": self.metric.unit}).data


class TopicsView(FileView):
    parameters = TopicsQuery

    @extend_schema(operation_id="topics", parameters=[TopicsQuery], responses=in_every_form(TopicsSerializer))
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """How much each topic or channel adds to late turns and to problems that were not solved."""
        return self.answer()

    @property
    def found(self) -> Topics:
        return topics(self.account, self.on, self.given["by"])

    def table(self) -> Table:
        return topics_table(self.found, self.on, self.given["by"])

    def content(self) -> Any:
        return TopicsSerializer({"by": self.given["by"], "topics": self.found}).data


class AgentsView(FileView):
    parameters = AgentsQuery

    @extend_schema(operation_id="agents", parameters=[AgentsQuery], responses=in_every_form(AgentsSerializer))
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """What is credited to each person who answers, beside the account's own figures and as many days before.

        Who manages the account sees everybody, others the people they are themselves. A figure of fewer than five
        cases is withheld, and so is one that would give such a figure away.
        """
        return self.answer()

    @property
    def found(self) -> People:
        own = None if self.may_write else own_people(self.account, self.request.user.pk or 0)
        return people(self.account, self.on, self.given["days"], own)

    def table(self) -> Table:
        return people_table(self.found)

    def content(self) -> Any:
        return AgentsSerializer(self.found).data
