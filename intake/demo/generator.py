"""Tells the history of the sample accounts day by day, as canonical records."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from intake.demo.accounts import BY_KEY, PROFILES, Profile
from intake.demo.chance import Dice
from intake.demo.conversations import conversation
from intake.demo.incidents import HISTORY_DAYS, closed_days, conduct, season, silences
from intake.demo.orders import order
from intake.demo.reports import Till, violations, weekly
from intake.demo.scene import BUYER_WEEKDAYS, RECENT_ORDERS, LocalClock, Placed, Scene


def data_end(today: date) -> datetime:
    """Noon UTC, when it is `today` for every sample account, from Los Angeles to Sydney."""
    return datetime.combine(today, time(12), tzinfo=UTC)


def generate(
    *,
    today: date,
    scale: float = 1.0,
    accounts: Iterable[str] | None = None,
    until: datetime | None = None,
    days: int = HISTORY_DAYS,
) -> Iterator[dict[str, Any]]:
    """The records of the accounts with these keys (all by default), account by account, day by day.

    The same arguments give the same records on every machine. Nothing happens after `until` (an aware instant, by
    default noon UTC of `today`): orders placed just before are not shipped yet, and buyers wait. `scale` multiplies how
    much happens, not how well; `days` is how long before `today` the telling begins. Raises KeyError for an account
    that is not a sample account.
    """
    chosen = PROFILES if accounts is None else [BY_KEY[key] for key in accounts]
    for profile in chosen:
        yield from _account(profile, today, scale, until or data_end(today), days)


def _account(profile: Profile, today: date, scale: float, until: datetime, days: int) -> Iterator[dict[str, Any]]:
    clock, dice = LocalClock(profile.zone), Dice(profile.key)
    orders: deque[Placed] = deque(maxlen=RECENT_ORDERS)
    till = Till()
    silent = silences(profile, today)
    closed, bots = closed_days(profile, today), closed_days(profile, today, bot_answers=True)
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        scene = Scene(
            profile=profile,
            conduct=conduct(profile, day, today),
            day=day,
            until=until,
            clock=clock,
            dice=dice,
            orders=orders,
            closed_days=closed,
            bot_days=bots,
            silences=silent,
        )
        busy = scale * season(day) * BUYER_WEEKDAYS[day.weekday()]
        told: tuple[Iterable[dict[str, Any]], ...] = (
            # First the conversations: buyers write about orders of earlier days.
            *(conversation(scene, number) for number in range(scene.chance.count(busy * profile.conversations_a_day))),
            *(order(scene, number) for number in range(scene.chance.count(busy * profile.orders_a_day))),
            violations(scene, today),
        )
        for records in told:
            for record in records:
                till.take(record)
                if record["type"] not in profile.never:
                    yield {"account": profile.key, "system": profile.system, **record}
        for record in weekly(scene, till):
            yield {"account": profile.key, "system": profile.system, **record}
