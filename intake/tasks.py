"""Scheduled work on deliveries. Each task calls one function that a command and a test can call too."""

import threading

from celery import shared_task
from django.utils import timezone

from intake import checks, imports, retry
from intake.connectors import pulling

# A long file is read in turns, so that counting and other files get theirs; the next tick goes on at the same place.
TURN_SECONDS = 30
RETRY_SECONDS = 5
LOOKING_SECONDS = 120  # no look is begun later; a long one then still ends before the task's time limit
# One import at a time in a process: where tasks are threads, the others stay free for counting.
_one_at_a_time, _one_look_at_a_time, _one_pull_at_a_time = (threading.Lock() for _task in range(3))


@shared_task(name="intake.tasks.run_imports")
def run_imports(**_ignored: object) -> None:
    """Take in files that wait, those whose worker died, and rows that people want tried again."""
    if not _one_at_a_time.acquire(blocking=False):
        return
    try:
        retry.retry_asked(now=timezone.now(), seconds=RETRY_SECONDS)
        imports.run_open(now=timezone.now(), seconds=TURN_SECONDS)
    finally:
        _one_at_a_time.release()


@shared_task(name="intake.tasks.check_files")
def check_files(**_ignored: object) -> None:
    """Look at files before people have them taken in."""
    if not _one_look_at_a_time.acquire(blocking=False):
        return
    try:
        checks.check_open(now=timezone.now(), seconds=LOOKING_SECONDS)
    finally:
        _one_look_at_a_time.release()


@shared_task(name="intake.tasks.pull_connections")
def pull_connections(**_ignored: object) -> None:
    """Read the mailboxes whose time has come."""
    if not _one_pull_at_a_time.acquire(blocking=False):
        return
    try:
        pulling.pull_due(now=timezone.now())
    finally:
        _one_pull_at_a_time.release()
