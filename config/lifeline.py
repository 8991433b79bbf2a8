"""A process started by `manage.py up` never outlives the one that started it, however that one ends.

Two independent means, because neither covers everything: Linux kills us when our parent dies (not on other systems, and
not when the parent died before we asked), and the pipe that `up` holds open reads as ended (only noticed by a thread,
which the gunicorn master must not have, since it forks). Both end in SIGKILL: nothing that runs here needs a farewell.
"""

import ctypes
import os
import signal
import sys
import threading

PIPE = "STAYGREEN_LIFELINE"
PR_SET_PDEATHSIG = 1


def ask_kernel() -> None:
    """On Linux: be killed when the parent dies. Elsewhere, and when `up` did not start us, nothing happens."""
    if PIPE in os.environ and sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def watch() -> None:
    """Kill our whole process group when `up` is gone; to be called in processes that do not fork any more."""
    if PIPE not in os.environ:
        return
    ask_kernel()
    threading.Thread(target=_wait_for_the_end, args=[int(os.environ[PIPE])], name="lifeline", daemon=True).start()


def _wait_for_the_end(pipe: int) -> None:
    os.read(pipe, 1)  # nobody ever writes: this returns when the last writer, `up`, is gone
    os.killpg(os.getpgrp(), signal.SIGKILL)
