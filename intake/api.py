"""The REST API of data in: each view checks the envelope, calls one function and shows its answer."""

import zlib
from typing import Any, cast

from django.db.models import QuerySet
from django.http import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from intake.api_serializers import (
    AnswerSerializer,
    FileSerializer,
    ImportSerializer,
    RejectedPageSerializer,
    RejectedSerializer,
    RetrySerializer,
)
from intake.describe import batch_schema
from intake.gate import BATCH_BYTES, BatchConflict, BatchInProgress, BatchTooLarge, EnvelopeError, ingest
from intake.imports import UnknownSource, store
from intake.models import ImportRun, RejectedRow
from intake.readers import READERS
from intake.readers.strict_json import Malformed, loads
from intake.retry import AlreadyTakenIn, retry
from sellers.api_auth import accounts_for, writable_for
from sellers.models import ApiToken, User

PAGE_ROWS, MOST_PAGE_ROWS = 100, 1000


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("At most 1,000 records and 5 MiB a batch.")


class LengthRequired(APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = _("State the length of the body, so that a truncated one is never taken for a short one.")


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class IntakeView(APIView):
    """What every view here shares: who may come in."""

    required_scope: Any = ApiToken.Scope.INGEST


class LookingView(IntakeView):
    """Who may bring data in may look at what became of it, and so may who may read."""

    @property
    def required_scope(self) -> ApiToken.Scope:  # type: ignore[override]  # depends on the token
        scopes = getattr(getattr(self, "request", None) and self.request.auth, "scopes", [])
        return ApiToken.Scope.INGEST if ApiToken.Scope.INGEST in scopes else ApiToken.Scope.READ


class IngestView(IntakeView):
    """One batch of records."""

    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="ingest",
        request={"application/json": batch_schema()},
        responses={200: AnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        """Bring records in. The answer is 200 whenever the batch itself is well formed, even if every row is bad."""
        body = _body(request)
        batch = _parsed(body)
        if not isinstance(batch, dict):
            raise ParseError(_("The body must be an object."))
        accounts = {account.key: account for account in writable_for(request)}
        key = batch.get("account")
        if isinstance(key, str) and key not in accounts:
            raise NotFound
        account = accounts.get(key) if isinstance(key, str) else None
        try:
            if account is None:
                raise EnvelopeError("account", str(_("account must be the key of a seller account")))
            answer = ingest(account, batch, owner=_owner(request), now=timezone.now(), body=body, accounts=accounts)
        except EnvelopeError as error:
            raise ValidationError({error.field: [str(error)]}, code="envelope") from None
        except BatchTooLarge:
            raise TooLarge from None
        except BatchConflict:
            raise Conflict(_("This batch ID was used for another body."), code="batch_id_used") from None
        except BatchInProgress:
            conflict = Conflict(_("The same batch is being taken in right now."), code="in_progress")
            conflict.wait = 2  # type: ignore[attr-defined]  # becomes Retry-After
            raise conflict from None
        return Response(answer)


def _owner(request: Request) -> str:
    token = request.auth
    return f"token:{token.pk[:64]}" if isinstance(token, ApiToken) else f"user:{request.user.pk}"


def _refuse_unknown(sent: Serializer) -> None:
    """No field is ignored: it may be a typing slip."""
    unknown = sorted(set(sent.initial_data) - set(sent.fields))
    if unknown:
        raise ValidationError({name[:40]: [_("There is no such field.")] for name in unknown}, code="unknown_field")


def _body(request: Request, *, may_be_empty: bool = False) -> bytes:
    """The whole body, unpacked; never a part of it."""
    if may_be_empty and request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return b""
    media_type, _separator, parameters = request.META.get("CONTENT_TYPE", "").lower().partition(";")
    if media_type.strip() != "application/json" or parameters.strip() not in ("", "charset=utf-8"):
        raise UnsupportedMediaType(request.META.get("CONTENT_TYPE", ""))
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        raise LengthRequired
    if int(length) > BATCH_BYTES:
        raise TooLarge
    try:
        body = request._request.read(int(length))
    except UnreadablePostError:
        body = b""
    if len(body) != int(length):
        raise ParseError(_("The body ended before its stated length."))
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if encoding == "gzip":
        return _unpacked(body)
    if encoding != "identity":
        raise UnsupportedMediaType(encoding)
    return body


def _unpacked(body: bytes) -> bytes:
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpack.decompress(body, BATCH_BYTES + 1)
    except zlib.error:
        raise ParseError(_("The body is not valid gzip.")) from None
    if len(plain) > BATCH_BYTES:
        raise TooLarge
    if not unpack.eof or unpack.unused_data:
        raise ParseError(_("The gzip body does not end properly."))
    return plain


def _parsed(body: bytes) -> Any:
    try:
        return loads(body.decode())
    except UnicodeDecodeError:
        raise ParseError(_("The body is not valid UTF-8.")) from None
    except Malformed as error:
        raise ParseError(error.message) from None


class FilesView(IntakeView):
    """Files of any size."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="files", request={"multipart/form-data": FileSerializer}, responses={202: ImportSerializer}
    )
    def post(self, request: Request) -> Response:
        """Keep a file and queue its import. Without `source` its format is recognised by its content."""
        sent = FileSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        _refuse_unknown(sent)
        account = get_object_or_404(writable_for(request), key=sent.validated_data["account"])
        file = sent.validated_data["file"]
        try:
            run = store(
                account,
                file.name,
                file,
                format=sent.validated_data.get("source"),
                user=cast(User, request.user),
                media_type=file.content_type or "",
                within=writable_for(request),
                now=timezone.now(),
            )
        except UnknownSource:
            raise ValidationError(
                {"source": [_("Known are %s.") % ", ".join(READERS)]}, code="unknown_source"
            ) from None
        location = reverse("api_import", args=[run.pk])
        return Response(ImportSerializer(run).data, status=status.HTTP_202_ACCEPTED, headers={"Location": location})


class ImportView(LookingView):
    @extend_schema(operation_id="import", responses=ImportSerializer)
    def get(self, request: Request, import_id: int) -> Response:
        """How far an import is, and what became of its rows."""
        return Response(ImportSerializer(_import(request, import_id, accounts_for(request))).data)


class RejectsView(LookingView):
    @extend_schema(
        operation_id="rejects",
        parameters=[
            OpenApiParameter("page", int, description="From 1."),
            OpenApiParameter("limit", int, description=f"Rows on a page, at most {MOST_PAGE_ROWS:,}."),
        ],
        responses=RejectedPageSerializer,
    )
    def get(self, request: Request, import_id: int) -> Response:
        """The rows of an import that were set aside, as they arrived; for those who may repair them."""
        run = _import(request, import_id, writable_for(request))
        rows = RejectedRow.objects.filter(raw_item=run.raw_item_id, account__in=writable_for(request)).order_by("pk")
        unknown = set(request.query_params) - {"page", "limit"}
        if unknown:
            raise ValidationError({name[:40]: [_("There is no such parameter.")] for name in sorted(unknown)})
        page = _number(request, "page", default=1, highest=100_000)
        limit = _number(request, "limit", default=PAGE_ROWS, highest=MOST_PAGE_ROWS)
        count = rows.count()
        here = request.build_absolute_uri()
        shown = RejectedSerializer(rows[(page - 1) * limit : page * limit], many=True)
        return Response(
            {
                "count": count,
                "page": page,
                "limit": limit,
                "next": replace_query_param(here, "page", page + 1) if page * limit < count else None,
                "previous": replace_query_param(here, "page", page - 1) if page > 1 else None,
                "results": shown.data,
            }
        )


class RetryView(IntakeView):
    parser_classes = [JSONParser]

    @extend_schema(operation_id="retry", request=RetrySerializer, responses=RejectedSerializer)
    def post(self, request: Request, rejected_id: int) -> Response:
        """Try a row again, as it arrived or repaired. It counts as of when it first arrived."""
        sent = RetrySerializer(data=_parsed(_body(request, may_be_empty=True) or b"{}"))
        sent.is_valid(raise_exception=True)
        _refuse_unknown(sent)
        accounts = {account.key: account for account in writable_for(request)}
        row = get_object_or_404(RejectedRow, pk=rejected_id, account__in=accounts.values())
        try:
            row, _outcome = retry(
                row.pk,
                user=cast(User, request.user),
                now=timezone.now(),
                fixed_text=sent.validated_data.get("fixed_text"),
                accounts=accounts,
            )
        except AlreadyTakenIn:
            raise Conflict(_("This row has been taken in already."), code="resolved") from None
        return Response(RejectedSerializer(row).data)


def _import(request: Request, import_id: int, accounts: QuerySet[Any]) -> ImportRun:
    return get_object_or_404(
        ImportRun.objects.select_related("account", "raw_item"), pk=import_id, account__in=accounts
    )


def _number(request: Request, name: str, *, default: int, highest: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= highest):
        raise ValidationError({name: [_("Must be a whole number from 1 to %s.") % highest]})
    return int(text)
