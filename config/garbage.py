"""What the garbage collector need not look at."""

import gc


def settle() -> None:
    """Leave out of every later collection what is loaded by now: code, models, addresses, which stay until the end.

    For processes that serve or work for long, called before they fork, so that the memory stays shared, too. Python's
    own advice: https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()
