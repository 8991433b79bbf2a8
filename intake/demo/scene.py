"""The stage of one account's day: its clock, its chance, and what is visible up to the moment the data ends."""

from collections import deque
from collections.abc import Mapping
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple, Self, TypeGuard
from zoneinfo import ZoneInfo

from intake.demo.accounts import Profile
from intake.demo.chance import Chance, Dice
from intake.demo.incidents import Conduct

HOUR = 3600
DAY_SECONDS = 24 * HOUR
RECENT_ORDERS = 300  # what buyers still write about

# How likely each hour of the local day is, for buyers: a hump at noon, a larger one in the evening.
BUYER_HOURS = dict(enumerate((6, 3, 2, 1, 1, 2, 4, 8, 13, 17, 20, 22, 24, 22, 20, 19, 19, 20, 23, 27, 30, 28, 20, 11)))
BUYER_WEEKDAYS = (1.15, 1.1, 1.05, 1.0, 0.95, 0.85, 0.9)

# When people answer, by weekday from Monday: from and to, hours of the local day.
OPEN_HOURS = ((8, 20), (8, 20), (8, 20), (8, 20), (8, 19), (9, 17), (10, 17))


# Where people talk while both are there: a call or a chat begins in opening hours only.
AT_ONCE = frozenset({"phone", "live_chat"})


class Placed(NamedTuple):
    """An order that buyers still write about, and whose buyer may order again."""

    id: str
    buyer_key: str


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return f"{moment.isoformat()[:19]}Z"


class LocalClock:
    """Turns moments of the local day into instants."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def at(self, day: date, seconds: float) -> datetime:
        """The instant when the wall clock of `day` shows this many seconds after midnight."""
        wall = datetime.combine(day, time.min) + timedelta(seconds=int(seconds))
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)


class Scene:
    """Everything one local day of one account is told with."""

    def __init__(
        self,
        *,
        profile: Profile,
        conduct: Conduct,
        day: date,
        until: datetime,
        clock: LocalClock,
        dice: Dice,
        orders: deque[Placed],
        closed_days: frozenset[date] = frozenset(),
        bot_days: frozenset[date] = frozenset(),
        silences: Mapping[str, datetime] | None = None,
    ) -> None:
        self.profile = profile
        self.conduct = conduct
        self.day = day
        self.until = until
        self.clock = clock
        self.dice = dice
        self.orders = orders
        self.closed_days = closed_days  # nobody answers
        self.bot_days = bot_days  # nobody but a bot answers
        self.silences = silences or {}  # systems from which nothing comes after a moment
        self.chance = Chance(f"{profile.key}/{day.isoformat()}")

    def as_heard_by(self, system: str) -> Self:
        """This stage as far as one system tells of it; one that has fallen silent saw less."""
        silent_from = self.silences.get(system)
        if silent_from is None:
            return self
        heard = copy(self)
        heard.until = min(self.until, silent_from)
        return heard

    def buyer_moment(self) -> datetime:
        """When a buyer does something on this day."""
        hour = self.chance.weighted(BUYER_HOURS)
        return self.clock.at(self.day, (hour + self.chance.random()) * HOUR)

    def sku(self, product: int) -> str:
        """The seller's number of the product at this place of the account's list."""
        return f"{self.profile.key.removeprefix('demo-').upper()}-{100 + product}"

    def open_moment(self) -> datetime:
        """When a buyer calls or chats on this day: spread over the opening hours."""
        opens, closes = OPEN_HOURS[self.day.weekday()]
        return self.clock.at(self.day, (opens + (closes - opens) * self.chance.random()) * HOUR)

    def buyer_key(self, said: str) -> str:
        """The keyed hash that stands for a buyer of this account."""
        return blake2b(f"{self.profile.key}/{said}".encode(), digest_size=16).hexdigest()

    def after_work(self, start: datetime, seconds: float) -> datetime:
        """The instant `start` plus this many seconds of opening hours."""
        wall = self.clock.wall(start)
        day, now = wall.date(), (wall - datetime.combine(wall.date(), time.min)).total_seconds()
        while True:
            opens, closes = (hour * HOUR for hour in OPEN_HOURS[day.weekday()])
            begin = max(now, opens)
            if begin < closes and day not in self.closed_days:
                if begin + seconds <= closes:
                    return max(self.clock.at(day, begin + seconds), start + timedelta(seconds=1))
                seconds -= closes - begin
            day, now = day + timedelta(days=1), 0.0

    def closed_between(self, start: datetime, end: datetime) -> bool:
        """Whether these instants touch a day on which nobody answers."""
        if not self.closed_days:
            return False
        first, last = self.clock.wall(start).date(), self.clock.wall(end).date()
        return any(first <= day <= last for day in self.closed_days)

    def seen(self, moment: datetime | None) -> TypeGuard[datetime]:
        """Whether this has happened by the moment the data ends."""
        return moment is not None and moment <= self.until

    def record(self, kind: str, external_id: str, updated_at: datetime, /, **fields: Any) -> dict[str, Any]:
        """A canonical record; unknown fields (None) are left out."""
        stated = {name: value for name, value in fields.items() if value is not None}
        return {"type": kind, "external_id": external_id, "source_updated_at": stamp(updated_at), **stated}
