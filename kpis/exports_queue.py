"""The reply queue and the return requests as files: every line that the filters leave, in the order of the page."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kpis.exports import csv_table
from kpis.queue import Queue, Wait
from kpis.return_queue import Request, ReturnQueue
from kpis.sheets import Cell

UTC_ZONE = ZoneInfo("UTC")
FIRST_PAGE = 100_000  # more return requests of the last 30 days than anybody has


def queue_csv(queue: Queue) -> Iterator[str]:
    """Everybody who waits, in constant memory. Moments are on the account's clock, with their offset."""
    titles = [
        _("Account"), _("Account key"), _("Conversation"), _("Subject"), _("Channel"), _("Priority"), _("Topic"),
        _("Language"), _("Owner"), _("Opened"), _("Seconds allowed"), _("Due by its target"), _("24 hours end"),
        _("Due"), _("Seconds left"), _("Address on the platform"),
    ]  # fmt: skip
    return csv_table(titles, (_wait(wait) for wait in queue), UTC_ZONE)


def _wait(wait: Wait) -> list[Cell]:
    zone = wait.account.zone
    return [
        wait.account.name, wait.account.key, wait.conversation, wait.subject, wait.channel, wait.priority, wait.topic,
        wait.language, wait.assignee, _moment(wait.opened_at, zone), wait.target_seconds,
        _moment(wait.target_due_at, zone), _moment(wait.due_at, zone), _moment(wait.deadline, zone),
        wait.left.days * 86_400 + wait.left.seconds, wait.url,
    ]  # fmt: skip


def returns_csv(queue: ReturnQueue) -> Iterator[str]:
    """Every return request without an answer."""
    titles = [
        _("Account"), _("Account key"), _("Order"), _("Return"), _("Reason"), _("Comment"), _("Due"), _("Seconds left"),
    ]  # fmt: skip
    return csv_table(titles, (_request(request) for request in queue.pressing(0, FIRST_PAGE)), UTC_ZONE)


def _request(request: Request) -> list[Cell]:
    account = request.account
    due_at = _moment(request.due_at, account.zone)
    return [
        account.name, account.key, request.order, request.number, request.reason, request.comment, due_at,
        request.seconds_left,
    ]  # fmt: skip


def _moment(at: datetime, zone: ZoneInfo) -> str:
    """On the clock of the line's own account; one file may hold many zones."""
    return at.astimezone(zone).isoformat()
