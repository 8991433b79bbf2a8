"""Whether this process answers (/healthz), and whether the whole is fit to be used (/readyz)."""

import logging
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kpis import freshness

logger = logging.getLogger(__name__)
_schema_is_current = False  # once true it stays true: newer code comes with a new process


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, so that a slow database never gets a web server restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, schema and worker are there: 200, else 503. Strangers learn no more; the log names the reason."""
    reason = why_not_ready(timezone.now())
    if reason:
        logger.warning("Not ready: %s", reason)
        return HttpResponse("not ready\n", content_type="text/plain", status=503, headers={"Retry-After": "10"})
    return HttpResponse("ready\n", content_type="text/plain")


def why_not_ready(now: datetime) -> str:
    """What is missing, or "" when nothing is."""
    global _schema_is_current
    try:
        if not _schema_is_current:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "the schema is older than the code; run manage.py prepare"
            _schema_is_current = True
        if not freshness.health([], now).worker_alive:
            return f"no worker has given a sign for {freshness.WORKER_SILENT_AFTER.total_seconds():.0f} seconds"
    except DatabaseError as error:
        return f"the database does not answer ({type(error).__name__})"
    return ""
