"""The product's settings for a server that is measured: one more address, and the clock of the bench's data."""

import time_machine

from bench.records import NOW
from config.settings import *  # noqa: F403  # everything else is as it is

ROOT_URLCONF = "bench.urls"

# The bench asks more often than anybody may; the yardstick counts nobody's requests either.
CACHES["rates"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}  # noqa: F405  # from the product's

# The data ends at its own moment; a month later its newest windows would be half empty.
time_machine.travel(NOW, tick=True).start()
