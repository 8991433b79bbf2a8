"""Pages and files read from a replica of the database, where DATABASE_REPLICA_URL names one; everything else does not.

A replica is a moment behind. What says how fresh the figures are is read from it too, so a page never claims more than
it shows. Who may see what is always read from the primary: access that is taken away must end at once.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.db import DatabaseError, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

PRIMARY, REPLICA = "default", "replica"
WROTE_COOKIE = "wrote"
OWN_WRITES_SECONDS = 10
SILENT_SECONDS = 30  # how long a replica that did not answer is left alone

# Sign-in, rights and limits, and pages that are there to change or to watch things.
PRIMARY_APPS = {"account", "admin", "auditlog", "auth", "contenttypes", "django_cache", "knox", "mfa", "sessions"}
PRIMARY_MODELS = {"sellers.user", "sellers.membership", "sellers.apitoken", "sellers.selleraccount"}
PRIMARY_PATHS = ("/admin/", "/user/", "/metrics", "/readyz")

_reads_replica: ContextVar[bool] = ContextVar("reads_replica", default=False)
_silent_until = 0.0  # on the monotonic clock


class Router:
    """Sends the reads of a request that may be a moment behind to the replica."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        meta = model._meta
        kept = meta.app_label in PRIMARY_APPS or meta.label_lower in PRIMARY_MODELS
        # What a transaction of ours has changed, only its own connection can see.
        if kept or not _reads_replica.get() or connections[PRIMARY].in_atomic_block:
            return PRIMARY
        return REPLICA

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # they are the same rows

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        return database == PRIMARY


class ReplicaMiddleware:
    """Decides for each request, and remembers in a cookie that this browser has just changed something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if REPLICA not in connections.settings:
            return self.get_response(request)
        reading = request.method in ("GET", "HEAD")
        # Files are sent after this returns; request_finished ends what begins here.
        _reads_replica.set(reading and _may_be_behind(request) and _answers(time.monotonic()))
        response = self.get_response(request)
        if not reading:
            response.set_cookie(
                WROTE_COOKIE, "1", OWN_WRITES_SECONDS, httponly=True, secure=settings.HTTPS, samesite="Lax"
            )
        return response


def _may_be_behind(request: HttpRequest) -> bool:
    asks_anew = "no-cache" in request.headers.get("Cache-Control", "")  # a browser's reload past its cache
    return not (asks_anew or WROTE_COOKIE in request.COOKIES or request.path.startswith(PRIMARY_PATHS))


def _answers(now: float) -> bool:
    """Whether the replica can be reached; one that cannot is left alone for a while, and the primary does its work."""
    global _silent_until
    if now < _silent_until:
        return False
    replica = connections[REPLICA]
    try:
        replica.close_if_health_check_failed()
        replica.ensure_connection()
    except DatabaseError as error:
        _silent_until = now + SILENT_SECONDS
        logger.warning("The replica does not answer (%s); reading from the primary.", type(error).__name__)
        return False
    return True


def _forget(**_ignored: Any) -> None:
    _reads_replica.set(False)


request_finished.connect(_forget, dispatch_uid="config.replica")
