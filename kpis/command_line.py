"""What the commands about figures take: a metric by its slug, a moment of knowing. What is wrong is one sentence."""

from datetime import datetime

from django.core.management.base import CommandError, CommandParser

from kpis.catalogue import METRICS
from kpis.metrics import Metric
from sellers.days import day_or_moment, moment_of
from sellers.models import SellerAccount


def metric_named(slug: str) -> Metric:
    """The metric with this slug. Raises CommandError."""
    if slug not in METRICS:
        raise CommandError(f"There is no metric “{slug}”; there are {', '.join(METRICS)}.")
    return METRICS[slug]


def add_known_on(parser: CommandParser) -> None:
    parser.add_argument(
        "--known-on", metavar="ISO", help="as known at the end of that day in the account's zone, or at that moment"
    )


def known_moment(text: str | None, account: SellerAccount) -> datetime | None:
    """The moment meant by --known-on. Raises CommandError."""
    if text is None:
        return None
    try:
        return moment_of(day_or_moment(text), account.zone)
    except ValueError:
        raise CommandError(f"--known-on is a day or a moment with its offset, not “{text}”.") from None
