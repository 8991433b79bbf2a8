"""Scheduled work on deliveries. Each task calls one function that a command and a test can call too."""

import threading

from celery import shared_task
from django.utils import timezone

from intake import imports

# A long file is read in turns, so that counting and other files get theirs; the next tick goes on at the same place.
TURN_SECONDS = 30
# One import at a time in a process: where tasks are threads, the others stay free for counting.
_one_at_a_time = threading.Lock()


@shared_task(name="intake.tasks.run_imports")
def run_imports(**_ignored: object) -> None:
    """Take in files that wait, and those whose worker died."""
    if not _one_at_a_time.acquire(blocking=False):
        return
    try:
        imports.run_open(now=timezone.now(), seconds=TURN_SECONDS)
    finally:
        _one_at_a_time.release()
