"""/metrics in Prometheus' format: how the whole installation fares, read from the database when it is asked.

Every web process gives the same answer, because none counts anything for itself. Only this machine, or whoever knows
METRICS_TOKEN, gets it. Names and units follow https://prometheus.io/docs/practices/naming/.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from dashboard.models import Delivery
from intake.models import ImportRun, RejectedRow
from kpis.freshness import WORKER, to_be_counted
from kpis.models import AccountFailure, DayFailure, Heartbeat, ProofDifference

logger = logging.getLogger(__name__)

BROKER_PATIENCE_SECONDS = 0.5
BROKER_QUEUE = "celery"
PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
OPEN_IMPORTS = (ImportRun.State.CHECKING, ImportRun.State.QUEUED, ImportRun.State.RUNNING)
OPEN_DELIVERIES = (Delivery.State.WAITING, Delivery.State.SENDING)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The state of the installation for a monitor. Others are refused, and the log says what the operator can do."""
    refusal = why_refused(request)
    if refusal:
        logger.warning("Refused /metrics: %s", refusal)
        answer = HttpResponse("Not for you; the log of the web server says why.\n", content_type="text/plain")
        answer.status_code = 401 if settings.METRICS_TOKEN else 403
        if settings.METRICS_TOKEN:
            answer["WWW-Authenticate"] = "Bearer"
        return answer
    registry = CollectorRegistry()
    registry.register(Installation(timezone.now()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def why_refused(request: HttpRequest) -> str:
    """Why this caller does not get the metrics, or ""."""
    if settings.METRICS_TOKEN:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN):
            return ""
        return "no or another token than METRICS_TOKEN"
    # Behind a proxy on this machine everybody's address is this machine's.
    if settings.TRUSTED_PROXIES or any(name in request.headers for name in PROXY_HEADERS):
        return "it came through a proxy; set METRICS_TOKEN and have the monitor send it"
    if not _is_loopback(request.META.get("REMOTE_ADDR", "")):
        return "it came from another machine; set METRICS_TOKEN and have the monitor send it"
    return ""


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:  # a UNIX socket has no address
        return False


class Installation(Collector):
    """Everything that a monitor may ask about, as of `now`: a fixed number of queries, whatever the size."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from self._counting()
        yield from self._intake()
        yield from self._reports()
        yield from self._processes()

    def _counting(self) -> Iterator[Metric]:
        days = to_be_counted().values("account", "fact", "day").distinct()
        oldest = to_be_counted().aggregate(at=Min("marked_at"))["at"]
        open_differences = ProofDifference.objects.filter(healed_at=None)
        yield _gauge("marks_waiting", "Days of a fact that wait to be counted.", days.count())
        yield _gauge("oldest_mark_age_seconds", "Age of the oldest mark; 0 when none waits.", self._age(oldest))
        yield _gauge("days_set_aside", "Days of a fact that could not be counted.", DayFailure.set_aside().count())
        work = AccountFailure.set_aside().count()
        yield _gauge("work_set_aside", "Deadlines, weeks and proofs of accounts that failed three times.", work)
        yield _gauge(
            "proof_differences_open", "Stored totals that a recount does not confirm.", open_differences.count()
        )

    def _intake(self) -> Iterator[Metric]:
        rejected = RejectedRow.objects.filter(state=RejectedRow.State.OPEN)
        runs = ImportRun.objects.filter(state__in=OPEN_IMPORTS).order_by().values("state")
        found = {row["state"]: row for row in runs.annotate(n=Count("id"), oldest=Min("created_at"))}
        imports = GaugeMetricFamily(
            "staygreen_imports", "Imports of files that are not done, by state.", None, ["state"]
        )
        for state in OPEN_IMPORTS:
            imports.add_metric([state.value], found.get(state.value, {"n": 0})["n"])
        waiting = found.get(ImportRun.State.QUEUED.value, {"oldest": None})["oldest"]
        yield _gauge("rejected_rows_open", "Rows that were set aside and wait for a person.", rejected.count())
        yield imports
        yield _gauge(
            "import_lag_seconds", "How long the oldest import has waited; 0 when none waits.", self._age(waiting)
        )

    def _reports(self) -> Iterator[Metric]:
        counts = dict(Delivery.objects.order_by().values_list("state").annotate(n=Count("id")))
        deliveries = GaugeMetricFamily("staygreen_deliveries", "Reports by mail, by state.", None, ["state"])
        for state in Delivery.State.values:
            deliveries.add_metric([state], counts.get(state, 0))
        due = Delivery.objects.filter(state__in=OPEN_DELIVERIES, try_at__lte=self._now).aggregate(at=Min("try_at"))[
            "at"
        ]
        yield deliveries
        yield _gauge("delivery_lag_seconds", "How long the oldest report is overdue; 0 when none is.", self._age(due))

    def _processes(self) -> Iterator[Metric]:
        beats = GaugeMetricFamily(
            "staygreen_worker_heartbeat_timestamp_seconds", "Last sign of life of each worker.", None, ["worker"]
        )
        counted = CounterMetricFamily(
            "staygreen_days_counted", "Days of a fact that each worker has counted.", None, ["worker"]
        )
        schedule = GaugeMetricFamily(
            "staygreen_beat_timestamp_seconds", "When a tick of the beat last reached a worker and the database."
        )
        for row in Heartbeat.objects.order_by("name"):
            if row.name == WORKER:
                schedule.add_metric([], row.beat_at.timestamp())
            else:
                beats.add_metric([row.name], row.beat_at.timestamp())
                counted.add_metric([row.name], row.days_counted)
        yield from (schedule, beats, counted)
        if settings.REDIS_URL:
            tasks = _tasks_in_broker()
            yield _gauge(
                "broker_up", "1 when Redis answers; nothing is lost while it does not.", int(tasks is not None)
            )
            if tasks is not None:
                yield _gauge("broker_tasks", "Tasks that no worker has taken yet.", tasks)

    def _age(self, moment: datetime | None) -> float:
        return 0.0 if moment is None else max(0.0, (self._now - moment).total_seconds())


def _gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"staygreen_{name}", description, value)


def _tasks_in_broker() -> int | None:
    """The length of the queue, or None when the broker does not answer at once."""
    patience = {"socket_timeout": BROKER_PATIENCE_SECONDS, "socket_connect_timeout": BROKER_PATIENCE_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **patience) as broker:
            return int(broker.llen(BROKER_QUEUE))
    except redis.RedisError:
        return None
