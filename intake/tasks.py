"""Scheduled work on deliveries. Each task calls one function that a command and a test can call too."""

import logging

from celery import shared_task
from django.utils import timezone

from intake import imports

log = logging.getLogger(__name__)

SECONDS = 200  # well within the worker's time limit; what is not done by then goes on at the next tick


@shared_task(name="intake.tasks.run_imports")
def run_imports(**_unknown: object) -> None:
    """Take in files that wait, and those whose worker died."""
    worked = imports.run_open(now=timezone.now(), seconds=SECONDS)
    if worked:
        log.info("%s imports worked on", worked)
