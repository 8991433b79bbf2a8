"""The pages of connections: how each mailbox stands, folder by folder, in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.http import Http404
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from dashboard import words
from intake.models import Connection, ImportRun, RejectedRow, StreamState
from sellers.models import SellerAccount

LATE = timedelta(hours=1)  # without a success for longer than this a folder is behind
LOST = timedelta(days=1)
RUNS = 10
State = Connection.State


@dataclass(frozen=True)
class Folder:
    """One folder of a mailbox: its light with a word, and what was last heard of it."""

    stream: StreamState
    connection: Connection
    now: datetime

    @property
    def light(self) -> str:
        if self.connection.state == State.PAUSED:
            return "none"
        if self.stream.error_code and self.connection.state == State.NEEDS_ATTENTION:
            return "red"
        if self._silent > LOST:
            return "red"
        return "yellow" if self.stream.failures or self._silent > LATE else "green"

    @property
    def word(self) -> str:
        if self.connection.state == State.PAUSED:
            return _("Paused")
        if self.light == "green" and self.stream.last_success_at is None:
            return _("Not read yet")
        return {"red": _("Not working"), "yellow": _("Delayed"), "green": _("Working")}[self.light]

    @property
    def _silent(self) -> timedelta:
        return self.now - (self.stream.last_success_at or self.connection.created_at)

    @property
    def last(self) -> str:
        at = self.stream.last_success_at
        return _("%(time)s ago") % {"time": timesince(at, self.now)} if at else "–"

    @property
    def lag(self) -> str:
        """How old the newest mail is that was read."""
        at = self.stream.newest_at
        return timesince(at, self.now) if at else "–"

    @property
    def next(self) -> str:
        if self.connection.state != State.ACTIVE:
            return "–"
        at = self.stream.next_run_at
        return _("now") if at <= self.now else _("in %(time)s") % {"time": timeuntil(at, self.now)}

    @property
    def error(self) -> str:
        """What went wrong last, and what to do about it."""
        said = {"folder": self.stream.stream, "details": self.stream.error}
        sentences = {
            "login": _("The server does not accept the user or the password. Enter the password anew."),
            "no_folder": _("There is no folder “%(folder)s”. Name it as the mail program does."),
            "certificate": _(
                "The server does not prove who it is (%(details)s). Check its name; no password was sent."
            ),
            "sealed": _("The password cannot be opened with the keys of this installation. Enter it anew."),
            "internal": _("Staygreen failed inside; its log says why. It is tried again by itself."),
            "unreachable": _("The server could not be reached (%(details)s). It is tried again by itself."),
        }
        return sentences.get(self.stream.error_code, "") % said


@dataclass(frozen=True)
class Shown:
    """One connection with its folders."""

    connection: Connection
    folders: list[Folder]
    open_rows: int
    may_write: bool

    @property
    def worst(self) -> Folder | None:
        order = ("red", "yellow", "green", "none")
        return min(self.folders, key=lambda folder: order.index(folder.light), default=None)

    @property
    def is_paused(self) -> bool:
        return self.connection.state == State.PAUSED


def connections(accounts: Sequence[SellerAccount], writable: Iterable[int], now: datetime) -> list[Shown]:
    """The connections of these accounts by account and name. Three queries."""
    may_write = set(writable)
    found = list(Connection.objects.filter(account__in=accounts).select_related("account").prefetch_related("streams"))
    waiting = _open_rows(found)
    return [
        Shown(
            connection=one,
            folders=[Folder(stream, one, now) for stream in one.streams.all()],
            open_rows=waiting.get(one.pk, 0),
            may_write=one.account_id in may_write,
        )
        for one in found
    ]


def broken_connections(account: SellerAccount, now: datetime) -> list[Connection]:
    """The connections of an account whose light is red: without them its newest days may lack messages. One query."""
    return broken([account], now)


def broken(accounts: Sequence[SellerAccount], now: datetime) -> list[Connection]:
    """The same for several accounts, by account and name. One query."""
    stands_still = Q(state=State.NEEDS_ATTENTION) | Q(
        state=State.ACTIVE, created_at__lt=now - LOST, streams__last_success_at=None
    )
    behind = Q(state=State.ACTIVE, streams__last_success_at__lt=now - LOST)
    found = Connection.objects.filter(stands_still | behind, account__in=accounts)
    return list(found.select_related("account").distinct())


def connection_or_404(accounts: Sequence[SellerAccount], number: int) -> Connection:
    """The connection with this number, if it is one of theirs."""
    found = Connection.objects.select_related("account").filter(pk=number).first()
    if found is None or found.account not in accounts:
        raise Http404
    return found


def newest_runs(connection: Connection) -> list[tuple[ImportRun, str]]:
    """What it brought in last."""
    runs = connection.runs.order_by("-id")[:RUNS]
    return [(run, words.moment(run.created_at, connection.account.zone)) for run in runs]


def _open_rows(found: Sequence[Connection]) -> dict[int, int]:
    """How many rows of what each connection brought in wait for somebody."""
    rows = RejectedRow.objects.filter(raw_item__runs__connection__in=found, state=RejectedRow.State.OPEN)
    counted = rows.order_by().values_list("raw_item__runs__connection").annotate(count=Count("id", distinct=True))
    return dict(counted)
