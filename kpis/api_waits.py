"""The REST API of waiting: who waits for an answer, which return requests do, and how long buyers have waited."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api_door import AccountView, FileView, in_every_form
from kpis.api_query import OnQuery, QueueQuery, ReturnsQuery
from kpis.api_serializers import PageSerializer, StatsSerializer, WindowSerializer
from kpis.catalogue.first_replies import METRIC
from kpis.exports_queue import queue_table, returns_table
from kpis.files import Table
from kpis.first_replies import first_replies
from kpis.queue import Group, Queue, Wanted
from kpis.readings import reading_on
from kpis.return_queue import ReturnQueue


class WaitSerializer(serializers.Serializer):
    """A turn in which a buyer waits."""

    conversation = serializers.CharField(help_text="The conversation's ID at its source.")
    system = serializers.CharField(help_text="The source.")
    status = serializers.CharField()
    channel = serializers.CharField()
    topic = serializers.CharField()
    url = serializers.CharField(help_text="Where to answer it, or empty.")
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    seconds_left = serializers.IntegerField(help_text="Until the 24 hours are over; negative afterwards.")
    overdue = serializers.BooleanField(help_text="Late: the 24 hours are over.")
    target_seconds = serializers.IntegerField(help_text="What the account allows on this channel and priority.")
    target_due_at = serializers.DateTimeField(help_text="When that time is over.")
    target_overdue = serializers.BooleanField(help_text="That time is over; of a late wait too.")
    group = serializers.ChoiceField(
        choices=[group.value for group in Group],
        help_text="late: the 24 hours are over; missed: only its own target is. Else by what is left: soon under 4 "
        "hours, today under 12, later more.",
    )
    priority = serializers.CharField(help_text="Empty where none is known.")
    language = serializers.CharField(help_text="Empty where none is known.")
    assignee = serializers.CharField(help_text="Who is to answer; empty where nobody is named.")


class QueuePageSerializer(PageSerializer):
    late = serializers.IntegerField(help_text="Waits beyond 24 hours, on all pages and whatever group is asked for.")
    missed = serializers.IntegerField(help_text="Waits only beyond their own target.")
    results = WaitSerializer(many=True)


class RequestSerializer(serializers.Serializer):
    """A return request that nobody has answered."""

    order = serializers.CharField(help_text="The order's ID at its source.")
    number = serializers.CharField(help_text="The return's.")
    reason = serializers.CharField()
    comment = serializers.CharField()
    due_at = serializers.DateTimeField(help_text="48 hours after it came.")
    seconds_left = serializers.IntegerField(help_text="Until then; negative afterwards.")


class RequestPageSerializer(PageSerializer):
    results = RequestSerializer(many=True)


class StepSerializer(serializers.Serializer):
    """One step of waiting and the conversations that stand in it."""

    step = serializers.CharField(source="step.slug")
    title = serializers.CharField(source="step.title")
    count = serializers.IntegerField()


class FirstRepliesSerializer(serializers.Serializer):
    """How fast buyers get a first reply."""

    window = WindowSerializer(help_text="The local days that were read.")
    stats = StatsSerializer(allow_null=True, help_text="Of the answered ones, in seconds.")
    results = StepSerializer(many=True)


class QueueView(FileView):
    parameters = QueueQuery

    @extend_schema(operation_id="queue", parameters=[QueueQuery], responses=in_every_form(QueuePageSerializer))
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """Who waits for an answer, due when, the oldest first; as a file the most pressing first, as on the page."""
        return self.answer()

    @property
    def queue(self) -> Queue:
        asked = {name: self.given.get(name, "") for name in ("channel", "topic", "language", "owner", "group")}
        return Queue([self.account], self.now, Wanted(**asked))

    def table(self) -> Table:
        return queue_table(self.queue)

    def content(self) -> Any:
        queue = self.queue
        counts = queue.counts()
        page = self.page(counts.shown)
        found = {"late": counts.late, "missed": counts.groups[Group.MISSED]}
        return QueuePageSerializer({**page.links(), **found, "results": queue.oldest(page.start, page.stop)}).data


class ReturnsView(FileView):
    parameters = ReturnsQuery

    @extend_schema(operation_id="returns", parameters=[ReturnsQuery], responses=in_every_form(RequestPageSerializer))
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """Return requests that nobody has answered, by their deadline."""
        return self.answer()

    @property
    def queue(self) -> ReturnQueue:
        return ReturnQueue([self.account], self.now)

    def table(self) -> Table:
        return returns_table(self.queue)

    def content(self) -> Any:
        queue = self.queue
        page = self.page(queue.count)
        return RequestPageSerializer({**page.links(), "results": queue.pressing(page.start, page.stop)}).data


class FirstRepliesView(AccountView):
    parameters = OnQuery

    @extend_schema(operation_id="first_replies", parameters=[OnQuery], responses=FirstRepliesSerializer)
    def get(self, request: Request, key: str) -> Response:
        """How many conversations got their first reply within an hour, four, twelve, a day, later, or not yet."""
        reading = reading_on(METRIC, self.account, self.on)
        found = first_replies(self.account, reading.window)
        return Response(
            FirstRepliesSerializer({"window": reading.window, "stats": reading.stats, "results": found}).data
        )
