"""What reaches a sample account only after its weeks were published: a mailbox that had been forgotten."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from intake.demo.accounts import BY_KEY, SATURDAY
from intake.demo.chance import Dice
from intake.demo.conversations import conversation
from intake.demo.incidents import conduct, this_monday
from intake.demo.scene import LocalClock, Placed, Scene

LATE_ACCOUNT = "demo-uk"
WEEKS_AGO = 4  # the weekend before the Monday so many weeks ago
HOW_MANY = 14
NUMBERS_FROM = 900  # no day has as many conversations, so that no number is given twice


def late_records(today: date, until: datetime) -> Iterator[dict[str, Any]]:
    """Conversations of one Saturday, half of them answered too late, that nobody had brought in until now."""
    profile = BY_KEY[LATE_ACCOUNT]
    day = this_monday(today) - timedelta(weeks=WEEKS_AGO) + timedelta(days=SATURDAY - 7)
    scene = Scene(
        profile=profile,
        conduct=replace(conduct(profile, day, today), late_share=0.5),
        day=day,
        until=until,
        clock=LocalClock(profile.zone),
        dice=Dice(f"{profile.key}/late"),
        orders=deque[Placed](),
    )
    for number in range(HOW_MANY):
        for record in conversation(scene, NUMBERS_FROM + number):
            yield {"account": profile.key, "system": profile.system, **record}
