"""The REST API of before and after: one figure on both sides of a note."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api_door import AccountView
from kpis.api_query import BeforeAfterQuery
from kpis.api_serializers import NumberField, ReadingSerializer, WindowSerializer
from kpis.comparison import WEEK_DAYS, Doubt, Verdict, compare, is_comparable
from sellers.days import last_complete_day, local_day


class BeforeAfterSerializer(serializers.Serializer):
    """A figure over two windows of one length around a change, and whether it really moved."""

    metric = serializers.CharField(source="metric.slug")
    around = WindowSerializer(help_text="The days of the change, which are in neither window.")
    days = serializers.IntegerField(help_text="The length of each side; 0 where no complete day is known on one.")
    before = ReadingSerializer(allow_null=True)
    after = ReadingSerializer(allow_null=True)
    difference = NumberField(
        allow_null=True, help_text="After less before, as people read both: of rates in percentage points."
    )
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="Where the true difference lies with 95 % confidence: [low, high], in the unit of `value`.",
    )
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    doubt = serializers.ChoiceField(
        choices=[doubt.value for doubt in Doubt], allow_null=True, help_text="Why there is no verdict."
    )
    settled_from = serializers.DateField(
        allow_null=True, help_text="Where the later side still ripens: the first day on which it does no more."
    )
    others = serializers.SerializerMethodField(help_text="The IDs of further notes inside the windows.")

    def get_others(self, found: object) -> list[int]:
        return [note.pk for note in found.others]  # type: ignore[attr-defined]  # a Comparison


class BeforeAfterView(AccountView):
    parameters = BeforeAfterQuery

    @extend_schema(operation_id="before_after", parameters=[BeforeAfterQuery], responses=BeforeAfterSerializer)
    def get(self, request: Request, key: str, metric: str, note: int) -> Response:
        """One figure before and after a note. What the platform itself states has windows of its own: 404."""
        if not is_comparable(self.metric):
            raise Http404
        around = get_object_or_404(self.account.notes, pk=note)
        newest, today = last_complete_day(self.now, self.account.zone), local_day(self.now, self.account.zone)
        found = compare(self.account, self.metric, around, newest, today, self.given["weeks"] * WEEK_DAYS)
        return Response(BeforeAfterSerializer(found, context={"now": self.now}).data)
