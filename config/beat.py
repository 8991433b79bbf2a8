"""Beat as a thread inside the worker: `celery --app config worker --with-beat --pool threads`.

Celery's own embedded beat (`-B`) is a second process: on the in-memory broker its ticks would reach nobody, and it
would outlive a killed worker. The schedule is fixed, so it needs no file either.
"""

import logging
import os
import signal
import threading
from typing import Any

import click
from celery import Celery, bootsteps
from celery.beat import EmbeddedService, Scheduler
from celery.signals import beat_init

from config import lifeline, pulse

logger = logging.getLogger(__name__)


class MemoryScheduler(Scheduler):
    """The beat table as it stands in config.celery, with nothing remembered between two starts."""

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **options: Any) -> float:
        pulse.touch_file()
        return float(super().tick(*args, **options))


@beat_init.connect
def end_at_once(**kwargs: Any) -> None:
    """Let SIGTERM end `celery beat` by itself: nothing is remembered, so nothing has to be saved first.

    Celery's handler raises SystemExit wherever the program happens to be; once it was lost there and beat went on.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


class BeatThread(bootsteps.StartStopStep):
    """Starts with the worker when it was called with --with-beat; takes the worker down if it breaks."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, with_beat: bool = False, **options: Any) -> None:
        super().__init__(parent, **options)
        self.enabled = with_beat
        self.thread: Any = None

    def include_if(self, parent: Any) -> bool:
        return self.enabled

    def start(self, parent: Any) -> None:
        self.thread = EmbeddedService(parent.app, thread=True, scheduler_cls=MemoryScheduler)
        beat, run = self.thread, self.thread.run

        def run_or_fall() -> None:
            try:
                run()
            except Exception:
                # A worker without beat looks healthy and does nothing; whoever supervises us starts both again.
                logger.exception("Beat broke; the worker stops.")
                os.kill(os.getpid(), signal.SIGTERM)

        beat.run = run_or_fall
        beat.start()

    def stop(self, parent: Any) -> None:
        if self.thread is not None and self.thread.is_alive():
            self.thread.stop()


class Lifeline(bootsteps.Step):
    """A worker that `up` started ends with it."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        lifeline.watch()


def install(app: Celery) -> None:
    """Give the app's worker the --with-beat option."""
    app.user_options["worker"].add(
        click.Option(["--with-beat"], is_flag=True, help="Run beat as a thread of this worker.")
    )
    app.steps["worker"].update({BeatThread, Lifeline, pulse.Pulse})
