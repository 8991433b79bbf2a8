"""The reply queue: every turn in which a buyer still waits, by the true clock, over as many accounts as one asks for.

Two deadlines run for each: the target that the turn opened with, and the 24 hours of the platforms. A wait is due at
the earlier one. Both are elapsed time, through nights, weekends and changes of the clock.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, DateTimeField, Expression, F, Q, QuerySet, When

from kpis.catalogue import waiting as declared
from sellers.days import local_day
from sellers.models import SellerAccount

# A turn that nobody answered for this long will not be answered any more; it stays in the rates of its day.
LOOK_BACK = timedelta(days=30)
HOUR = timedelta(hours=1)
MOST_CHOICES = 300  # a source that gives each conversation a topic of its own would fill the page with them
NOTHING = "-"  # a filter's word for rows in which nothing is said
MINE = "@me"  # and for the owner who looks at the queue


class Group(StrEnum):
    """How pressing a wait is, the most pressing first."""

    LATE = "late"  # the 24 hours are over: what "late" means everywhere
    MISSED = "missed"  # only its own target is over: "over the target" everywhere
    SOON = "soon"  # less than 4 hours are left
    TODAY = "today"  # 4 to 12 hours
    LATER = "later"


OVERDUE = (Group.LATE, Group.MISSED)


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks: their user, and the names by which a source may call them."""

    user: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which waits to show; an empty word leaves the choice open, and "-" means those where nothing is said."""

    channel: str = ""
    topic: str = ""
    language: str = ""
    owner: str = ""
    group: str = ""
    person: Person | None = None  # whose the owner "@me" is; without one that is nobody's

    @property
    def rows(self) -> Q:
        """The condition, but for the group."""
        owner = "" if self.owner == MINE else self.owner
        asked = {"channel": self.channel, "topic": self.topic, declared.LANGUAGE: self.language, "owner": owner}
        told = Q(**{path: "" if word == NOTHING else word for path, word in asked.items() if word})
        if self.owner != MINE:
            return told
        return told & (declared.assigned_to(self.person.user, self.person.names) if self.person else Q(pk__in=[]))


@dataclass(frozen=True, slots=True)
class Wait:
    """A turn without an answer. Exactly 24 hours, and exactly its target, are not over yet."""

    turn: int
    account: SellerAccount
    conversation_id: int
    conversation: str
    system: str
    status: str
    channel: str
    topic: str
    language: str
    priority: str
    assignee: str
    subject: str
    text: str  # how the opening message begins, if its text is kept
    url: str
    opened_at: datetime
    target_seconds: int
    target_due_at: datetime
    now: datetime

    @property
    def due_at(self) -> datetime:
        """When the 24 hours are over."""
        return self.opened_at + declared.LIMIT

    @property
    def seconds_left(self) -> int:
        """Of the 24 hours; negative when they are over."""
        return _whole(self.due_at - self.now)

    @property
    def overdue(self) -> bool:
        return self.seconds_left < 0

    @property
    def target_overdue(self) -> bool:
        return self.now > self.target_due_at

    @property
    def deadline(self) -> datetime:
        """The earlier one of target and 24 hours."""
        return min(self.due_at, self.target_due_at)

    @property
    def left(self) -> timedelta:
        """Until the deadline."""
        return self.deadline - self.now

    @property
    def group(self) -> Group:
        if self.left < timedelta():
            return Group.LATE if self.overdue else Group.MISSED
        if self.left < 4 * HOUR:
            return Group.SOON
        return Group.TODAY if self.left < 12 * HOUR else Group.LATER


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait: in all accounts asked for, and of those that match, by group and by the hour of their deadline."""

    known: int
    late: int  # of the known ones
    groups: Mapping[Group, int]
    hours: Sequence[int]  # between the edges that were asked for
    shown: int  # matching, in the group asked for
    accounts: int  # of the shown

    @property
    def hidden(self) -> int:
        return self.known - self.shown


@dataclass(frozen=True, slots=True)
class Choices:
    """What the waits of the accounts have to choose from, each with how many there are."""

    channels: list[tuple[str, int]]
    topics: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    owners: list[tuple[str, int]]


@dataclass(frozen=True)
class Queue:
    """Who waits in these accounts as of `now`, of the turns opened in the last 30 days."""

    accounts: Sequence[SellerAccount]
    now: datetime
    wanted: Wanted = field(default_factory=Wanted)

    @cached_property
    def count(self) -> int:
        return self._shown().count()

    def oldest(self, start: int, stop: int) -> list[Wait]:
        """Waits `start` up to `stop`, in the order in which they opened: that of the 24 hours."""
        return self._page(self._shown().order_by(declared.FACT.moment, "pk"), start, stop)

    def pressing(self, start: int, stop: int) -> list[Wait]:
        """Waits `start` up to `stop`, those beyond 24 hours first, then by deadline."""
        return self._page(self._pressing(), start, stop)

    def __iter__(self) -> Iterator[Wait]:
        """All of them in the order of `pressing`, in constant memory."""
        return self._waits(self._pressing())

    def counts(self, edges: Sequence[datetime] = (), among: Sequence[SellerAccount] | None = None) -> Counts:
        """One query. `edges` are the moments between which deadlines are counted; `known` counts in `among`, which
        are all of these accounts and perhaps more."""
        known = self.accounts if among is None else among
        # Each number below repeats its condition: the accounts are named in it only where some are left out.
        rows = self.wanted.rows if len(self.accounts) == len(known) else self.wanted.rows & _of(self.accounts)
        shown = rows & self._in(self.wanted.group)
        asked: dict[str, Any] = {"known": Count("pk"), "late": Count("pk", filter=late(self.now))}
        asked |= {f"group_{group}": Count("pk", filter=rows & self._in(group)) for group in Group}
        for number, (start, stop) in enumerate(pairwise(edges)):
            asked[f"hour_{number}"] = Count("pk", filter=rows & ~due_before(start) & due_before(stop))
        asked["shown"] = Count("pk", filter=shown)
        asked["in_accounts"] = Count("account", filter=shown, distinct=True)
        found = self._told(waits(known, self.now)).aggregate(**asked)
        return Counts(
            known=found["known"],
            late=found["late"],
            groups={group: found[f"group_{group}"] for group in Group},
            hours=[found[f"hour_{number}"] for number in range(max(0, len(edges) - 1))],
            shown=found["shown"],
            accounts=found["in_accounts"],
        )

    def choices(self) -> Choices:
        """Four queries, whatever is asked for of them now; the most frequent ones, sorted."""
        rows = waits(self.accounts, self.now)

        def each(rows: QuerySet, path: str) -> list[tuple[str, int]]:
            counted = rows.values_list(path).annotate(count=Count("pk")).order_by("-count", path)
            return sorted(counted[:MOST_CHOICES])

        owned = rows.annotate(owner=declared.OWNER)
        return Choices(each(rows, "channel"), each(rows, "topic"), each(rows, declared.LANGUAGE), each(owned, "owner"))

    def _shown(self) -> QuerySet:
        return self._told(waits(self.accounts, self.now)).filter(self.wanted.rows & self._in(self.wanted.group))

    def _told(self, rows: QuerySet) -> QuerySet:
        """The rows with what is asked of them; their conversations are looked up only for that."""
        return rows.alias(owner=declared.OWNER) if self.wanted.owner else rows

    def _pressing(self) -> QuerySet:
        return self._shown().order_by(Case(When(self._in(Group.LATE), then=0), default=1), DEADLINE, "pk")

    def _in(self, group: str) -> Q:
        """The condition of a group; every row's without one."""
        now = self.now
        conditions = {
            Group.LATE: late(now),
            Group.MISSED: missed(now),
            Group.SOON: ~due_before(now) & due_before(now + 4 * HOUR),
            Group.TODAY: ~due_before(now + 4 * HOUR) & due_before(now + 12 * HOUR),
            Group.LATER: ~due_before(now + 12 * HOUR),
        }
        return conditions[Group(group)] if group else Q()

    def _page(self, turns: QuerySet, start: int, stop: int) -> list[Wait]:
        """Waits `start` up to `stop` of these: two queries, of which only the second reads conversations and texts."""
        keys = list(turns.values_list("pk", flat=True)[start:stop])
        return list(self._waits(turns.filter(pk__in=keys)))

    def _waits(self, turns: QuerySet) -> Iterator[Wait]:
        accounts = {account.id: account for account in self.accounts}
        rows = turns.annotate(**declared.WORKED_OUT).values_list(*declared.SHOWN.values())
        for row in rows.iterator(chunk_size=500):
            shown = dict(zip(declared.SHOWN, row, strict=True))
            yield Wait(account=accounts[shown.pop("account_id")], now=self.now, **shown)


# Compared with bounds, a deadline needs no arithmetic in the database; only to sort by it, one has to be formed.
DEADLINE: Expression = Case(
    When(target_seconds__lte=declared.LIMIT.total_seconds(), then=F("due_at")),
    default=F("opened_at") + declared.LIMIT,
    output_field=DateTimeField(),
)


def late(now: datetime) -> Q:
    """Turns whose 24 hours are over."""
    return Q(opened_at__lt=now - declared.LIMIT)


def missed(now: datetime) -> Q:
    """Turns whose target is over, and whose 24 hours are not."""
    return Q(due_at__lt=now) & ~late(now)


def due_before(moment: datetime) -> Q:
    """Turns whose target or 24 hours are over by then."""
    return Q(due_at__lt=moment) | late(moment)


def waits(accounts: Sequence[SellerAccount], now: datetime) -> QuerySet:
    """Every turn that waits in these accounts, read from a small partial index."""
    fact = declared.FACT
    rows: QuerySet = fact.model._base_manager.filter(recent(accounts, now, fact.day) & fact.rows & declared.WAITS)
    return rows.order_by()


def recent(accounts: Sequence[SellerAccount], now: datetime, day: str) -> Q:
    """Rows of the accounts whose day is one of the last 30 in the account's own zone."""
    by_day = defaultdict(list)
    for account in accounts:
        by_day[local_day(now, account.zone)].append(account.id)
    condition = Q(pk__in=[])
    for today, ids in by_day.items():  # at most three: zones are at most 26 hours apart
        condition |= Q(account__among=ids, **{f"{day}__gte": today - LOOK_BACK})
    return condition


def late_count(accounts: Sequence[SellerAccount], now: datetime) -> int:
    """How many waits are beyond 24 hours; one query."""
    return waits(accounts, now).filter(late(now)).count()


def _of(accounts: Sequence[SellerAccount]) -> Q:
    return Q(account__among=[account.id for account in accounts])


def _whole(span: timedelta) -> int:
    return span.days * 86_400 + span.seconds


def hour_edges(now: datetime, zone: ZoneInfo, hours: int = 24) -> list[datetime]:
    """`now`, the full hours of the zone's clocks that follow, and the end `hours` hours from now."""
    now, shown = now.astimezone(UTC), now.astimezone(zone)
    first = now + HOUR - timedelta(minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond)
    end = now + hours * HOUR
    full = [first + number * HOUR for number in range(hours)]
    return [now, *(edge for edge in full if edge < end), end]
