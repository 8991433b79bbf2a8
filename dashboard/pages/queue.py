"""The reply queue: who waits for an answer, due when, whose turn it is, and which return requests wait beside them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashboard import clocks
from dashboard.addresses import QUEUE_WORDS, QueueFilter
from dashboard.pages.queue_rows import BAR, CHANNELS, TITLES, Hour, Part, RequestRow, Row
from dashboard.pages.shell import UTC_ZONE
from dashboard.traits import TRAITS, matching
from kpis.metrics import Text
from kpis.queue import MINE, NOTHING, Counts, Group, Person, Queue, Wanted, hour_edges
from kpis.return_queue import ReturnQueue
from sellers.models import Platform, SellerAccount

PER_PAGE = 50
RETURNS = "returns"
BY_ACCOUNT = ("account", "platform", "marketplace", "team", "keeper", "q")  # known of a return request too
ASKED: dict[str, Text] = {
    "account": _("Account"),
    "platform": _("Platform"),
    "marketplace": _("Marketplace"),
    "team": _("Team"),
    "keeper": _("Looked after by"),
    "q": _("Account"),
    "owner": _("Owner"),
    "topic": _("Topic"),
    "language": _("Language"),
    "channel": _("Channel"),
    "group": _("Time left"),
}


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    title: Text
    said: Text
    href: str


class _Slices:
    """A list that knows its length and fetches what is shown of it, for the paginator."""

    def __init__(self, length: int, fetch: Callable[[int, int], list[Any]]) -> None:
        self.length, self.fetch = length, fetch

    def count(self) -> int:
        return self.length

    def __getitem__(self, part: slice) -> list[Any]:
        return self.fetch(part.start, part.stop)


@dataclass(frozen=True)
class QueuePage:
    """Everything the page and its list show. `account` is set on the queue of one account."""

    filter: QueueFilter
    known: Sequence[SellerAccount]
    account: SellerAccount | None
    queue: Queue
    counts: Counts
    returns: ReturnQueue
    returns_hidden: int
    page: Page
    rows: list[Row]
    requests: list[RequestRow]
    edges: Sequence[datetime]
    zone: ZoneInfo

    @property
    def now(self) -> datetime:
        return self.queue.now

    @property
    def checked(self) -> str:
        return clocks.time(self.now, self.zone)

    @property
    def zone_name(self) -> str:
        return clocks.zone_at(self.now, self.zone)

    @property
    def left_words(self) -> Mapping[str, Text]:
        return clocks.LEFT

    @property
    def is_returns(self) -> bool:
        return bool(self.filter.value("list") == RETURNS)

    @property
    def hidden(self) -> int:
        """What the filter keeps from the list."""
        return self.returns_hidden if self.is_returns else self.counts.hidden

    @property
    def may_write(self) -> bool:
        return any(row.may_write for row in self.rows)

    @cached_property
    def parts(self) -> list[Part]:
        """The groups; that of missed targets only where a target is shorter than 24 hours."""
        chosen = self.filter.value("group")
        return [
            Part(group, count, self.address(group="" if group == chosen else group.value), group == chosen)
            for group, count in self.counts.groups.items()
            if group is not Group.MISSED or count or group == chosen
        ]

    @property
    def sections(self) -> list[tuple[Part, list[Row]]]:
        """The rows of this page of the list under their groups."""
        parts = {part.group: part for part in self.parts}
        return [(parts[group], list(rows)) for group, rows in groupby(self.rows, key=lambda row: row.wait.group)]

    @cached_property
    def hours(self) -> list[Hour]:
        most = max(self.counts.hours, default=0)
        bars = []
        for number, (start, stop) in enumerate(pairwise(self.edges)):
            ahead, count = (start - self.now).total_seconds() / clocks.HOUR, self.counts.hours[number]
            begins = start.astimezone(self.zone)
            colour = "red" if ahead < 4 else "yellow" if ahead < 12 else "calm"
            height = 2 if not count else max(6, round(BAR * count / most))
            named = number > 1 and begins.hour % 4 == 0
            bars.append(Hour(f"{begins:%H:%M}", f"{stop.astimezone(self.zone):%H:%M}", count, colour, height, named))
        return bars

    @property
    def ahead(self) -> int:
        """How many become due in the 24 hours ahead."""
        return sum(self.counts.hours)

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force."""
        names = BY_ACCOUNT if self.is_returns else ASKED
        return [Chip(ASKED[name], said, self.address(**{name: ""})) for name in names if (said := self.said(name))]

    def said(self, name: str) -> str:
        """What a filter asks for, in words."""
        said = str(self.filter.value(name))
        if said == NOTHING:
            return {"owner": gettext("Unassigned"), "topic": gettext("No topic")}.get(name, gettext("Not known"))
        if name == "owner" and said == MINE:
            return gettext("Mine")
        words_of: dict[str, Callable[[str], Text]] = {
            "account": lambda key: key if self.account is None else self.account.name,
            "platform": lambda value: Platform(value).label,
            "language": clocks.language,
            "channel": lambda value: CHANNELS.get(value, value),
            "group": lambda value: TITLES[Group(value)],
        }
        return str(words_of.get(name, str)(said)) if said else ""

    @property
    def is_mine(self) -> bool:
        return bool(self.filter.value("owner") == MINE)

    @property
    def here(self) -> str:
        return self.address()

    @property
    def group(self) -> str:
        return str(self.filter.value("group"))

    @property
    def in_accounts(self) -> str:
        count = self.counts.accounts
        return ngettext("%(count)s account", "%(count)s accounts", count) % {"count": count}

    @property
    def others(self) -> str:
        """The address of the other list, with the same accounts."""
        return self.address(list="" if self.is_returns else RETURNS)

    @property
    def query(self) -> str:
        """What the address says, for the list alone and for the file."""
        return urlencode(self.given)

    def address(self, **changes: str) -> str:
        """The address with other filters, from its first page."""
        given = {**self.given, **changes}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"?{query}" if query else "?"

    @property
    def given(self) -> dict[str, str]:
        """What the address asks for."""
        given = {name: str(self.filter.value(name)) for name in self.filter.fields if name != "page"}
        return {name: value for name, value in given.items() if value}


def queue_page(
    known: Sequence[SellerAccount],
    account: SellerAccount | None,
    address: QueueFilter,
    page: str,
    writable: Collection[int],
    person: Person,
    now: datetime,
) -> QueuePage:
    """The queue of the accounts that the address leaves. Its queries grow neither with accounts nor with rows."""
    shown = accounts_in(known, account, address)
    queue = Queue(shown, now, wanted(address, person))
    zones = {one.time_zone: one.zone for one in shown}
    zone = next(iter(zones.values())) if len(zones) == 1 else UTC_ZONE
    edges = hour_edges(now, zone)
    counts = queue.counts(edges, known)
    returns, all_returns = ReturnQueue(shown, now), ReturnQueue(known, now)
    is_returns = address.value("list") == RETURNS
    length, fetch = (returns.count, returns.pressing) if is_returns else (counts.shown, queue.pressing)
    numbered: Page = Paginator(_Slices(length, fetch), PER_PAGE).get_page(page)  # type: ignore[arg-type]  # it has both methods
    found = list(numbered)
    return QueuePage(
        filter=address,
        known=known,
        account=account,
        queue=queue,
        counts=counts,
        returns=returns,
        returns_hidden=all_returns.count - returns.count if is_returns else 0,
        page=numbered,
        rows=[] if is_returns else [Row(wait, wait.account.pk in writable) for wait in found],
        requests=[RequestRow(request) for request in found] if is_returns else [],
        edges=edges,
        zone=zone,
    )


def accounts_in(
    known: Sequence[SellerAccount], account: SellerAccount | None, address: QueueFilter
) -> list[SellerAccount]:
    """The accounts that the address leaves."""
    wanted = {trait: str(address.value(QUEUE_WORDS.get(trait, trait))) for trait in TRAITS}
    return matching(known if account is None else [account], wanted, str(address.value("q")))


def wanted(address: QueueFilter, person: Person) -> Wanted:
    """What the address asks of the waits themselves."""
    asked = {name: str(address.value(name)) for name in ("channel", "topic", "language", "owner", "group")}
    return Wanted(**asked, person=person)
