"""Errors of the API: RFC 9457 problem documents, each with a code that a program can act on.

A view raises an exception of the REST framework; its code becomes the problem's code. What does not exist and what
somebody may not see give the same answer.
"""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from sellers.outage import Outage, outage

API = "/api/"
CONTENT_TYPE = "application/problem+json"


class Unavailable(exceptions.APIException):
    """The database is away, busy or too slow: nothing happened, and the same request may be sent again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = _("The database does not answer just now. Send the same again in a moment.")

    def __init__(self, kind: Outage) -> None:
        slow = _("The database took too long. Send the same again in a while, or ask for fewer days or rows.")
        super().__init__(slow if kind is Outage.SLOW else None)
        self.wait = kind.wait_seconds


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception in a view; None for one that nobody expected, which is a 500 and goes to the log."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, SuspiciousOperation):  # for example more than a thousand query parameters
        error = exceptions.ParseError()
    elif kind := outage(error):
        error = Unavailable(kind)
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    set_rollback()
    # A caller who asked for CSV or a schema still gets the problem in the format its content type promises.
    context["request"].accepted_renderer = JSONRenderer()
    context["request"].accepted_media_type = JSONRenderer.media_type
    return Response(problem(error), status=error.status_code, headers=headers, content_type=CONTENT_TYPE)


def problem(error: exceptions.APIException) -> dict[str, Any]:
    """The document for an exception: one detail, or the list of what is wrong where."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "code": error.default_code,
    }
    if isinstance(error.detail, exceptions.ErrorDetail):
        return {**document, "code": error.detail.code, "detail": str(error.detail)}
    errors = list(_flat(error.detail))
    detail = " ".join(f"{entry['name']}: {entry['detail']}" if entry["name"] else entry["detail"] for entry in errors)
    return {**document, "detail": detail, "errors": errors}


def _flat(detail: Any, name: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flat(value, name)
    else:
        yield {"name": name, "code": detail.code, "detail": str(detail)}


# --- Where no view answers -------------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to a request that no view saw; under /api/ a problem."""
    if not request.path.startswith(API):
        return defaults.bad_request(request, exception)
    return JsonResponse(problem(exceptions.ParseError()), status=400, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's answer when a view failed; under /api/ a problem. What happened is in the log, not in the answer.

    It is called while the error is being handled. Where the database is away, it is a 503 that says when to come again.
    """
    if kind := outage(sys.exception()):
        return unavailable(request, kind)
    if not request.path.startswith(API):
        return defaults.server_error(request)
    return JsonResponse(problem(exceptions.APIException()), status=500, content_type=CONTENT_TYPE)


def unavailable(request: HttpRequest, kind: Outage) -> HttpResponse:
    """The answer while the database is away. Nothing of it reads the database: who asks stays unknown."""
    wait = {"Retry-After": str(kind.wait_seconds)}
    if not request.path.startswith(API):
        page = loader.get_template("503.html").render({"slow": kind is Outage.SLOW})
        return HttpResponse(page, status=503, headers=wait)
    return JsonResponse(problem(Unavailable(kind)), status=503, content_type=CONTENT_TYPE, headers=wait)


# --- In the OpenAPI schema -------------------------------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs: stays the same when the words change."},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "What is wrong where, if several things are or a parameter or field is to blame.",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["name", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
EVERYWHERE = {
    status.HTTP_400_BAD_REQUEST: "A parameter or the body is not understood.",
    status.HTTP_401_UNAUTHORIZED: "No token, or one that is unknown, expired or revoked.",
    status.HTTP_403_FORBIDDEN: "The token lacks the scope, or the person the right.",
    status.HTTP_404_NOT_FOUND: "There is no such thing, or not for this caller.",
    status.HTTP_429_TOO_MANY_REQUESTS: "Too many requests; Retry-After says how many seconds to wait.",
    status.HTTP_503_SERVICE_UNAVAILABLE: "The database is away or busy; Retry-After says how many seconds to wait.",
}


def document_problems(result: dict[str, Any], **_ignored: Any) -> dict[str, Any]:
    """Post-processing hook of the schema: every operation can answer these problems."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = SCHEMA
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for code, description in EVERYWHERE.items():
                operation["responses"].setdefault(str(code), {"description": description, "content": content})
    return result
