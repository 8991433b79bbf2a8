"""What the garbage collector looks at, and how often."""

import gc

# New objects after which Python looks for rings among them; its own 700 are for small programs. A chunk of an import
# makes a hundred thousand rows and dictionaries that all stay until it is stored: a fifth of its time went to looking.
LOOK_AFTER = 5_000


def look_less_often() -> None:
    """For every process of ours, once its apps are loaded."""
    gc.set_threshold(LOOK_AFTER)


def settle() -> None:
    """Leave out of every later collection what is loaded by now: code, models, addresses, which stay until the end.

    For processes that serve or work for long, called before they fork, so that the memory stays shared, too. Python's
    own advice: https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()
