"""How long buyers wait for a first reply, in steps: which rows stand in which."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.response import first_response_time
from kpis.metrics import Text
from messaging.models import Reply

HOUR = 3_600

METRIC = first_response_time


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One stretch of waiting: closed at its top, so that what is past the last one is late."""

    slug: str
    title: Text
    condition: Q
    late: bool = False  # answered past the 24 hours in which a buyer should hear from a person


def _answered(above: int, up_to: int | None) -> Q:
    """Answered after more than `above` seconds and at most `up_to`; 0 seconds stand in the first step."""
    more = Q(reply_seconds__gt=above) if above else Q(reply_seconds__gte=0)
    return METRIC.counted.condition & (more if up_to is None else more & Q(reply_seconds__lte=up_to))


STEPS = (
    Step(slug="1h", title=_("up to 1 h"), condition=_answered(0, HOUR)),
    Step(slug="4h", title=_("1–4 h"), condition=_answered(HOUR, 4 * HOUR)),
    Step(slug="12h", title=_("4–12 h"), condition=_answered(4 * HOUR, 12 * HOUR)),
    Step(slug="24h", title=_("12–24 h"), condition=_answered(12 * HOUR, 24 * HOUR)),
    Step(slug="late", title=_("over 24 h"), condition=_answered(24 * HOUR, None), late=True),
    Step(slug="none", title=_("none yet"), condition=METRIC.among & Q(reply__in=[Reply.PENDING, Reply.NONE])),
)
