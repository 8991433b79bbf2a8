"""Whether this process answers (/healthz), and whether it is fit to serve (/readyz)."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
_schema_is_current = False  # once true it stays true: newer code comes with a new process


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, so that a slow database never gets a web server restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has the schema of this code: 200, else 503. The log names the reason, not the answer.

    A silent worker leaves this process fit: it takes data in and shows what is counted; /metrics tells of the worker.
    """
    reason = why_not_ready()
    if reason:
        logger.warning("Not ready: %s", reason)
        return HttpResponse("not ready\n", content_type="text/plain", status=503, headers={"Retry-After": "10"})
    return HttpResponse("ready\n", content_type="text/plain")


def why_not_ready() -> str:
    """What is missing, or "" when nothing is."""
    global _schema_is_current
    try:
        if _schema_is_current:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        else:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "the schema is older than the code; run manage.py prepare"
            _schema_is_current = True
    except DatabaseError as error:
        return f"the database does not answer ({type(error).__name__})"
    return ""
