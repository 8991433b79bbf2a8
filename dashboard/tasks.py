"""Scheduled work of the dashboard: weekly reports by mail. Each task calls one function that a command calls too."""

from celery import shared_task
from django.utils import timezone

from dashboard.mailing import sending

AT_ONCE = 20


@shared_task(name="dashboard.tasks.send_reports")
def send_reports(**_ignored: object) -> None:
    """Note what has become due, and hand out each delivery: a mail server may take its time."""
    now = timezone.now()
    sending.plan(now)
    # The next tick hands out the same ones again while they wait, so that few are enough and none is lost.
    for number in sending.due_deliveries(now)[:AT_ONCE]:
        deliver.apply_async(kwargs={"number": number}, expires=60)


@shared_task(name="dashboard.tasks.deliver")
def deliver(*, number: int, **_ignored: object) -> None:
    """Send this report, unless another worker does."""
    sending.deliver(number, timezone.now())
