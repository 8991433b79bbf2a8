"""The REST API of notes: read them, and mark a change, as a deploy script does."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api_page import Page
from kpis.api_query import SHOWN, DayField, PageQuery
from kpis.api_serializers import PageSerializer
from kpis.catalogue import METRICS
from sellers.api_auth import accounts_for, writable_for
from sellers.days import local_day
from sellers.models import ApiToken, Note, SellerAccount, User
from sellers.notes import DAY_LIMITS, TEXT_LENGTH


class NotesQuery(PageQuery):
    kind = serializers.ChoiceField(choices=Note.Kind.choices, required=False)
    metric = serializers.SlugField(max_length=64, required=False, help_text="Only notes about this one figure.")


class NoteSerializer(serializers.Serializer):
    """What was done or what happened, on a day or over a period."""

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(max_length=120, help_text="Stands on the charts.")
    kind = serializers.ChoiceField(choices=Note.Kind.choices, default=Note.Kind.MEASURE)
    starts_on = DayField(required=False, validators=DAY_LIMITS, help_text="Default: today in the account's zone.")
    ends_on = DayField(
        required=False, allow_null=True, validators=DAY_LIMITS, help_text="Of a period; null: one day, or from then on."
    )
    metric = serializers.CharField(
        required=False, allow_blank=True, help_text="The one figure it is about; empty: the whole account."
    )
    people = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Who did it.")
    text = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    author = serializers.CharField(
        read_only=True, allow_null=True, source="author.username", default=None, help_text="Whose token or session."
    )
    created_at = serializers.DateTimeField(read_only=True)

    def to_internal_value(self, data: Any) -> Any:
        """No field is ignored: it may be a typing slip."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            problem = ErrorDetail(_("There is no such field."), code="unknown_field")
            raise ValidationError({name[:SHOWN]: [problem] for name in unknown})
        return super().to_internal_value(data)

    def validate_metric(self, slug: str) -> str:
        if slug and slug not in METRICS:
            raise ValidationError(_("There is no such metric."), code="unknown_metric")
        return slug

    def validate(self, note: dict[str, Any]) -> dict[str, Any]:
        note.setdefault("starts_on", self.context.get("today"))
        if note.get("ends_on") is not None and note["ends_on"] < note["starts_on"]:
            raise ValidationError({"ends_on": [ErrorDetail(_("It cannot end before it begins."), code="out_of_order")]})
        return note


class NotePageSerializer(PageSerializer):
    """A page of notes, by the day they begin, newest first."""

    results = NoteSerializer(many=True)


class NotesView(APIView):
    """The notes of one account: whoever reads figures reads them, whoever brings data in writes them."""

    parser_classes = [JSONParser]

    @property
    def required_scope(self) -> ApiToken.Scope:
        """By what is asked for: a token that only reads marks nothing."""
        request = getattr(self, "request", None)
        reads = request is None or request.method in SAFE_METHODS
        return ApiToken.Scope.READ if reads else ApiToken.Scope.INGEST

    @cached_property
    def account(self) -> SellerAccount:
        may = accounts_for if self.request.method in SAFE_METHODS else writable_for
        return get_object_or_404(may(self.request), key=self.kwargs["key"])

    @property
    def today(self) -> date:
        return local_day(timezone.now(), self.account.zone)

    @extend_schema(operation_id="notes", parameters=[NotesQuery], responses=NotePageSerializer)
    def get(self, request: Request, key: str) -> Response:
        """What was noted about the account."""
        given = NotesQuery.read(request)
        notes = self.account.notes.select_related("author")
        notes = notes.filter(**{name: given[name] for name in ("kind", "metric") if name in given})
        page = Page(request, given["page"], given["limit"], notes.count())
        return Response(NotePageSerializer({**page.links(), "results": notes[page.start : page.stop]}).data)

    @extend_schema(operation_id="note", request=NoteSerializer, responses={201: NoteSerializer, 200: NoteSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Note a change. Title, day and metric once more are the same note: 200 with what stands, which stays."""
        sent = NoteSerializer(data=request.data, context={"today": self.today})
        sent.is_valid(raise_exception=True)
        said = dict(sent.validated_data)
        one = {"account": self.account, "metric": said.pop("metric", ""), "title": said.pop("title")}
        one["starts_on"] = said.pop("starts_on")
        note, is_new = Note.objects.get_or_create(**one, defaults={**said, "author": cast(User, request.user)})
        answer = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(NoteSerializer(note).data, status=answer)
