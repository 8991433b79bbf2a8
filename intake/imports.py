"""Import runs: a stored file becomes rows, chunk by chunk; whatever interrupts it, it goes on where it was.

A chunk's rows, what follows from them, the marks, the counts and the position commit together. A worker owns a run by
its heartbeat, and every chunk checks that it still does, so two workers never read one file at the same time.
"""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import IO

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from intake import raw
from intake.codes import printable
from intake.contexts import context_for
from intake.gate import in_transaction, take
from intake.models import Counts, ImportProfile, ImportRun
from intake.quarantine import set_aside, settle
from intake.readers import READERS, mapped, recognise
from intake.readers.mapped import fingerprint
from intake.readers.registry import UnknownTable
from intake.readers.sheet import Sheet
from intake.readers.text import FileUnreadable
from intake.rows import Row
from intake.sentences import Sentence, keep
from intake.vault import Sealed
from sellers.models import SellerAccount, User
from sellers.planner import look_again

log = logging.getLogger(__name__)

CHUNK = 2000  # rows in one transaction; about a third of a second on SQLite
HEARTBEAT = timedelta(seconds=60)  # a run without a sign of life for longer than this is taken over
ATTEMPTS = 5  # a file whose reading is cut off this often in a row is given up
# As many turns in a row a file gets while no other waits. With those of 30 seconds that the beat gives, a task stays
# well below its time limit (config/celery.py), and passing over what is done stays a small part of the work.
TURNS = 4

Report = Callable[[ImportRun], None]


class UnknownSource(ValueError):
    """No reader has this name."""


class ImportBusy(Exception):
    """The run is done, or another worker has it."""


class LeaseLost(Exception):
    """Another worker has taken the run over; this one must stop without a trace."""


def store(
    account: SellerAccount,
    name: str,
    stream: IO[bytes],
    *,
    format: str | None = None,
    user: User | None = None,
    media_type: str = "",
    reserve: bool = False,
    check_first: bool = False,
    within: Iterable[SellerAccount] | None = None,
    now: datetime,
) -> ImportRun:
    """Keep a file and queue its import. `reserve` keeps it for the caller, who runs it with the run's `worker`;
    `check_first` lets a worker look at it and leaves the rest to a person (intake/checks.py). `within` are the only
    accounts that anything in the file may go to; a sender's own are those that it may write now.

    Raises UnknownSource for a format that is not in `READERS`.
    """
    if format and format not in READERS:
        raise UnknownSource(format)
    if within is None and user is not None:
        within = SellerAccount.objects.writable_by(user)
    item = raw.store_file(account, name, stream, media_type=media_type, now=now)
    run = ImportRun(
        account=account, raw_item=item, name=printable(name)[:255], source=format or "", created_by=user,
        created_at=now, within=None if within is None else sorted(one.key for one in within),
    )  # fmt: skip
    if reserve:
        run.state, run.worker, run.attempts = ImportRun.State.RUNNING, uuid.uuid4().hex, 1
    if check_first:
        run.state = ImportRun.State.CHECKING
    run.save()
    if reserve:
        ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=Now(), started_at=Now())
    return run


def run(
    import_id: int,
    *,
    now: datetime,
    worker: str | None = None,
    seconds: float | None = None,
    report: Report | None = None,
) -> ImportRun:
    """Read a stored file until it is done, or until its turn is over (it is then queued again and loses nothing).

    A turn has `seconds` after what is done was passed over, and is followed by the next one while no other file waits.
    `now` is the clock of verdicts and of what lies in the future. Raises ImportBusy when there is nothing to do, and
    OperationalError or InterfaceError when the database was busy or away: the run is then queued again too.
    """
    worker = worker or _claim(import_id)
    current = ImportRun.objects.select_related("account", "raw_item").get(pk=import_id)
    if current.worker != worker or current.state != ImportRun.State.RUNNING:
        raise ImportBusy
    reading = _Reading(current, now, report or (lambda run: None))
    try:
        reading.take_turn(seconds)
    except LeaseLost:
        log.warning("import %s was taken over by another worker", import_id)
        raise ImportBusy from None
    except (OperationalError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # a new one is opened by the next line
        reading.release()
        raise
    current.refresh_from_db()
    log.info("import %s of %s: %s, %s", current.pk, current.account.key, current.state, current.counts())
    return current


def run_open(*, now: datetime, seconds: float) -> int:
    """Give queued and abandoned imports a turn each, none after `seconds` are over; returns how many were worked on.

    What the database was too busy for is logged and left to the next call.
    """
    end = time.monotonic() + seconds
    worked = 0
    for import_id in _waiting():
        if time.monotonic() >= end:
            break
        try:
            run(import_id, now=now, seconds=seconds)
        except ImportBusy:
            continue
        except (OperationalError, InterfaceError) as error:
            log.warning("import %s waits: the database is busy or away (%s)", import_id, error)
            continue
        worked += 1
    return worked


def read_again(run: ImportRun) -> bool:
    """Queue a failed import again from where it broke off; False if it has not failed."""
    failed = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.FAILED)
    return bool(failed.update(state=ImportRun.State.QUEUED, attempts=0, worker="", error="", finished_at=None))


def _waiting() -> list[int]:
    """Runs that nobody is working on, in turns; those that were cut off often enough are given up instead."""
    waiting = []
    turns = _free().order_by(
        F("heartbeat_at").asc(nulls_first=True), "pk"
    )  # new ones first, then whose turn is longest ago
    for import_id, attempts in turns.values_list("pk", "attempts"):
        if attempts < ATTEMPTS:
            waiting.append(import_id)
        else:
            error = Sentence("Given up: %(attempts)s attempts to read it were cut off.", attempts=attempts)
            _free().filter(pk=import_id).update(
                state=ImportRun.State.FAILED, finished_at=Now(), error=error, error_kept=error.kept()
            )
            log.error("import %s was given up after %s attempts", import_id, attempts)
    return waiting


def _free() -> QuerySet[ImportRun]:
    silent = Q(state=ImportRun.State.RUNNING, heartbeat_at__lt=Now() - HEARTBEAT)
    return ImportRun.objects.filter(Q(state=ImportRun.State.QUEUED) | silent)


def _is_over(spent: float, seconds: float) -> bool:
    return spent > seconds and (spent > TURNS * seconds or _free().exists())


def _claim(import_id: int) -> str:
    worker = uuid.uuid4().hex
    claimed = _free().filter(pk=import_id).update(
        state=ImportRun.State.RUNNING,
        worker=worker,
        heartbeat_at=Now(),
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", Now()),
    )  # fmt: skip
    if not claimed:
        raise ImportBusy
    return worker


def identify(run: ImportRun, stream: IO[bytes]) -> tuple[str, ImportProfile | None]:
    """The format of a run's file; of a table that no format knows, the mapping somebody has made for its header.

    Raises FileUnreadable, among them UnknownTable where a person has to say what the columns mean.
    """
    context = context_for(run.account, run.raw_item.received_at)
    try:
        return recognise(stream, context), None
    except UnknownTable:
        header = fingerprint(Sheet(stream, context, {}).columns)
        known = ImportProfile.objects.filter(account=run.account, fingerprint=header).first()
        if known is None:
            raise
        return mapped.SOURCE, known


def routes_of(run: ImportRun) -> dict[str, SellerAccount]:
    """The other accounts that rows of this run may go to where their reader finds them to be for those: mail, sorted by
    its addresses.

    They are those of `run.within` that the sender may still write, of a pull whoever named the mailbox. A sender that
    is gone may write none; only a file from the command line never had one, and may go anywhere.
    """
    if run.within is None:
        may_write = SellerAccount.objects.all()
    else:
        person = run.created_by if run.connection is None else run.connection.created_by
        may_write = SellerAccount.objects.none() if person is None else SellerAccount.objects.writable_by(person)
        may_write = may_write.filter(key__in=run.within)
    return {account.key: account for account in may_write.exclude(pk=run.account_id)}


class _Reading:
    """One worker reading one run's file."""

    def __init__(self, run: ImportRun, now: datetime, report: Report) -> None:
        self.run = run
        self.now = now
        self.report = report
        self.stream = raw.open_item(run.raw_item)
        self.warnings = Counter(run.warnings)
        self.rows_before = run.rows_done
        self.routes = routes_of(run)

    def take_turn(self, seconds: float | None) -> None:
        """Read on, and leave the run finished or queued again."""
        try:
            finished = self._read_on(seconds)
        except (FileUnreadable, Sealed) as error:
            self._finish(ImportRun.State.FAILED, error.sentence)
        else:
            if finished:
                self._finish(ImportRun.State.DONE)
                look_again(self.run.created)
            else:
                self.release()

    def release(self) -> None:
        """Hand the run back; if it made progress, its attempts start anew."""
        anew = {"attempts": 0} if self.run.rows_done > self.rows_before else {}
        self._own().update(state=ImportRun.State.QUEUED, worker="", **anew)

    def _read_on(self, seconds: float | None) -> bool:
        """Take in the rest of the file; False if the turn ended before the file did."""
        source, profile = self.run.source, self.run.profile
        if not source:
            source, profile = identify(self.run, self.stream)
        self._own().update(source=source, profile=profile)
        self.run.source, self.run.profile = source, profile
        context = context_for(
            self.run.account, self.run.raw_item.received_at, profile=profile, others=self.routes.values()
        )
        rows = READERS[source].read(self.stream, context)
        self._skip(rows)
        began = time.monotonic()  # passing over is no part of the turn, or of a long file little more would be read
        chunk: list[Row] = []
        try:
            for row in rows:
                chunk.append(row)
                if len(chunk) == CHUNK:
                    self._commit(chunk)
                    chunk = []
                    if seconds is not None and _is_over(time.monotonic() - began, seconds):
                        return False
        except FileUnreadable:
            if chunk:
                self._commit(chunk)  # where a file breaks off, everything before that place still goes in
            raise
        if chunk:
            self._commit(chunk)
        return True

    def _finish(self, state: str, error: str = "") -> None:
        self._own().update(
            state=state,
            error=printable(error)[:500],
            error_kept=keep(printable(error)),
            finished_at=Now(),
            heartbeat_at=Now(),
            **({"bytes_done": self.run.raw_item.size} if state == ImportRun.State.DONE else {}),
        )

    def _skip(self, rows: Iterator[Row]) -> None:
        """Pass over the rows that an earlier attempt has committed."""
        left = self.run.rows_done
        while left > 0:
            step = min(left, 20 * CHUNK)
            for _row in islice(rows, step):
                pass
            left -= step
            self._own().update(heartbeat_at=Now())

    def _commit(self, chunk: list[Row]) -> None:
        run = self.run

        def work() -> tuple[Counter[str], Counter[str]]:
            if not self._own().update(heartbeat_at=Now()):
                raise LeaseLost
            taken = take(chunk, account=run.account, now=self.now, raw_item_id=run.raw_item_id, routes=self.routes)
            set_aside(run.raw_item_id, chunk, taken.outcomes, run.source, self.now)
            settle(run.raw_item_id, chunk, taken.outcomes, self.now)
            counts, warnings = taken.counts(), self.warnings + taken.warnings()
            self._own().update(
                **{name: F(name) + counts[name] for name in Counts.NAMES},
                rows_done=F("rows_done") + len(chunk),
                bytes_done=self.stream.tell(),
                warnings=dict(warnings),
            )
            return counts, warnings

        counts, self.warnings = in_transaction(work)
        for name in Counts.NAMES:
            setattr(run, name, getattr(run, name) + counts[name])
        run.rows_done += len(chunk)
        run.bytes_done = self.stream.tell()
        self.report(run)

    def _own(self) -> QuerySet[ImportRun]:
        return ImportRun.objects.filter(pk=self.run.pk, worker=self.run.worker, state=ImportRun.State.RUNNING)
