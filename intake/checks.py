"""Looking at a file before it is taken in: its format, its first rows as they will be stored, its errors by line.

A worker reads the file as an import would, against the same contract, and writes nothing but what it found. A person
looks at that and has the file imported, read in another way, or discarded.
"""

import json
import logging
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import IO, Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from intake import raw
from intake.codes import Problem, printable
from intake.contexts import context_for
from intake.fields import Cleaning
from intake.imports import ATTEMPTS, HEARTBEAT, LeaseLost, identify, routes_of
from intake.models import ImportCheck, ImportProfile, ImportRun
from intake.readers import READERS, mapped
from intake.readers.column_map import ColumnMap
from intake.readers.context import Context
from intake.readers.guessing import guess
from intake.readers.registry import UnknownTable
from intake.readers.sheet import Sheet
from intake.readers.text import FileUnreadable
from intake.rows import Bad, Row
from intake.sentences import Sentence, keep
from intake.statements import Statement, read_statement
from intake.vault import Sealed, seal, unseal

log = logging.getLogger(__name__)

ROWS, SECONDS = 200_000, 45  # as much of a file is looked at
SHOWN_ROWS, SHOWN_ERRORS, SHOWN_CHARACTERS = 20, 100, 300
SAMPLES, SAMPLED_ROWS = 25, 20_000  # different cells of a column that are kept, from the first rows
SAMPLE_CHARACTERS = 80
BEAT_ROWS = 1000

State = ImportRun.State


@dataclass
class Found:
    """What a look at a file found. `whole` says that all of it was looked at, `problem` why it cannot be taken in yet.

    Of a table that no format knows, the rows are what they would be if the guess at its columns were right.
    """

    source: str = ""
    problem: str = ""
    problem_kept: list[Any] | None = None  # to say it in other languages
    whole: bool = False
    rows: int = 0
    bad: int = 0
    records: dict[str, int] = field(default_factory=dict)  # by type
    warnings: dict[str, int] = field(default_factory=dict)
    # place, type, external_id, values, and the other account that the row goes to
    preview: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)  # place, field, code, message, text, account
    columns: list[dict[str, Any]] = field(default_factory=list)  # of a table of somebody's own: name, samples
    mapping: dict[str, Any] | None = None  # of such a table: as it is read, or as it is guessed to be


def check_open(*, now: datetime, seconds: float | None = None) -> int:
    """Look at the files that wait for it, and at those whose worker died; returns how many were looked at.

    None is begun after `seconds`. What the database was too busy for is logged and left to the next call.
    """
    end = None if seconds is None else time.monotonic() + seconds
    looked = 0
    for number in list(_free().order_by("pk").values_list("pk", flat=True)):
        if end is not None and time.monotonic() >= end:
            break
        try:
            looked += check(number, now=now)
        except (OperationalError, InterfaceError) as error:
            log.warning("check %s waits: the database is busy or away (%s)", number, error)
    return looked


def check(number: int, *, now: datetime) -> bool:
    """Look at one file; False if there was nothing to do, or somebody else does it."""
    worker = uuid.uuid4().hex
    claimed = _free().filter(pk=number).update(worker=worker, heartbeat_at=Now(), attempts=F("attempts") + 1)
    if not claimed:
        return False
    run = ImportRun.objects.select_related("account", "raw_item", "profile").get(pk=number)
    own = ImportRun.objects.filter(pk=number, worker=worker, state=State.CHECKING)
    if run.attempts > ATTEMPTS:
        error = Sentence("Given up after %(attempts)s attempts.", attempts=ATTEMPTS)
        own.update(state=State.FAILED, worker="", finished_at=Now(), error=error, error_kept=error.kept())
        log.error("check %s was given up", number)
        return True
    try:
        found = _look(run, own, now)
    except LeaseLost:
        log.info("check %s was discarded or taken over", number)
        return True
    except Sealed as error:
        own.update(
            state=State.FAILED, worker="", finished_at=Now(), error=error.sentence, error_kept=error.sentence.kept()
        )
        return True
    except (OperationalError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # a new one is opened by the next line
        own.update(worker="", heartbeat_at=None)
        raise
    with transaction.atomic():
        done = own.update(
            state=State.READY, worker="", heartbeat_at=None, attempts=0, source=found.source, profile=run.profile,
            rows_done=0, bytes_done=0, rows_total=found.rows if found.whole else None, warnings={},
        )  # fmt: skip
        if done:
            sealed = seal(json.dumps(asdict(found), ensure_ascii=False, default=str).encode())
            ImportCheck.objects.update_or_create(run_id=number, defaults={"sealed": sealed, "checked_at": now})
    log.info("check %s of %s: %s, %s rows, %s bad", number, run.account.key, found.source, found.rows, found.bad)
    return True


def found_of(run: ImportRun) -> Found | None:
    """What the last look at this run's file found."""
    kept = ImportCheck.objects.filter(run=run).first()
    if kept is None:
        return None
    try:
        return Found(**json.loads(unseal(bytes(kept.sealed))))
    except Sealed as error:
        return Found(problem=error.sentence, problem_kept=error.sentence.kept())


def check_again(run: ImportRun, *, source: str = "", profile: ImportProfile | None = None) -> bool:
    """Have the file looked at as `source`, or with a mapping; False if it is not a person's turn."""
    waiting = ImportRun.objects.filter(pk=run.pk, state__in=[State.READY, State.FAILED], received=0)
    return bool(
        waiting.update(
            state=State.CHECKING, source=source, profile=profile, worker="", heartbeat_at=None, attempts=0, error="",
            finished_at=None,
        )
    )  # fmt: skip


def take_in(run: ImportRun) -> bool:
    """Queue the import of a file that was looked at; False if it is not ready."""
    return bool(ImportRun.objects.filter(pk=run.pk, state=State.READY).exclude(source="").update(state=State.QUEUED))


def discard(run: ImportRun) -> bool:
    """Leave a file that was looked at; what arrived stays sealed. False if it is being imported or was."""
    waiting = ImportRun.objects.filter(pk=run.pk, state__in=[State.READY, State.CHECKING])
    return bool(waiting.update(state=State.DISCARDED, finished_at=Now(), worker=""))


def _free() -> QuerySet[ImportRun]:
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=Now() - HEARTBEAT)
    return ImportRun.objects.filter(silent, state=State.CHECKING)


def _look(run: ImportRun, own: QuerySet[ImportRun], now: datetime) -> Found:
    """Read the file dry; sets the run's profile where its header is known."""
    found = Found(source=run.source)
    stream = raw.open_item(run.raw_item)
    try:
        if not run.source:
            found.source, run.profile = identify(run, stream)
        context = context_for(
            run.account, run.raw_item.received_at, profile=run.profile, others=routes_of(run).values()
        )
        if found.source == mapped.SOURCE:
            _sample(run, stream, found)
        _read(found.source, context, own, stream, found, now)
    except UnknownTable as error:
        found.problem, found.problem_kept = error.sentence, error.sentence.kept()
        _sample(run, stream, found)
        if found.mapping is not None:
            context = context_for(run.account, run.raw_item.received_at)
            guessed = replace(context, columns=ColumnMap.from_json(found.mapping))
            _read(mapped.SOURCE, guessed, own, stream, found, now)
    except FileUnreadable as error:
        found.problem, found.problem_kept = error.sentence, error.sentence.kept()
    return found


def _read(
    source: str, context: Context, own: QuerySet[ImportRun], stream: IO[bytes], found: Found, now: datetime
) -> None:
    cleaning = Cleaning(now)
    records: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    try:
        for row in READERS[source].read(stream, context):
            if found.rows == ROWS or time.monotonic() > end:
                return
            found.rows += 1
            warnings.update(str(code) for _field, code in row.warnings)
            try:
                statement = _statement(row, cleaning.fresh())
            except Problem as problem:
                found.bad += 1
                if len(found.errors) < SHOWN_ERRORS:
                    found.errors.append(_error(row, problem))
            else:
                records[statement.record_type.name] += 1
                warnings.update(str(code) for _field, code in statement.warnings)
                if len(found.preview) < SHOWN_ROWS:
                    found.preview.append(_shown(row, statement))
            if found.rows % BEAT_ROWS == 0:
                _beat(own, found.rows, stream.tell())
        found.whole = True
    finally:
        found.records, found.warnings = dict(records), dict(warnings)


def _beat(own: QuerySet[ImportRun], rows: int, position: int) -> None:
    """Say that this worker is alive and how far it is. Raises LeaseLost where it is no longer its turn."""
    if not own.update(heartbeat_at=Now(), rows_done=rows, bytes_done=position):
        raise LeaseLost


def _statement(row: Row, cleaning: Cleaning) -> Statement:
    if isinstance(row.record, Bad):
        raise row.record.problem()
    return read_statement(row.record, cleaning=cleaning, defaults=row.defaults, record_type=row.record_type)


def _error(row: Row, problem: Problem) -> dict[str, Any]:
    return {
        "place": row.pointer, "field": problem.field, "code": str(problem.code), "message": problem.message,
        "kept": keep(problem.message), "text": (row.text or "")[:SHOWN_CHARACTERS], "account": row.account,
    }  # fmt: skip


def _shown(row: Row, statement: Statement) -> dict[str, Any]:
    """A row as it will be stored, and what it says about its conversation or agent."""
    fields = statement.record_type.fields
    said = {**statement.values, **statement.about}
    values = {name: fields[name].to_wire(value) for name, value in said.items() if value not in (None, "", [], {})}
    shown = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
             for name, value in values.items() if name != "external_id"}  # fmt: skip
    return {
        "place": row.pointer,
        "account": row.account,
        "type": statement.record_type.name,
        "external_id": statement.external_id,
        "values": {name: value[:SHOWN_CHARACTERS] for name, value in shown.items()},
    }


def _sample(run: ImportRun, stream: IO[bytes], found: Found) -> None:
    """The columns of a table with some of their cells, and what they mean: as was said, or as can be guessed."""
    sheet = Sheet(stream, context_for(run.account, run.raw_item.received_at), {})
    samples: dict[str, dict[str, None]] = {name: {} for name in sheet.columns}
    for number, line in enumerate(sheet):
        if number == SAMPLED_ROWS:
            break
        if isinstance(line.cells, dict):
            for name, cell in line.cells.items():
                if len(samples[name]) < SAMPLES and (shown := printable(cell.strip())[:SAMPLE_CHARACTERS]):
                    samples[name][shown] = None
    found.columns = [{"name": name, "samples": list(cells)} for name, cells in samples.items()]
    if run.profile is not None:
        found.mapping = run.profile.mapping
    else:
        said = guess(sheet.columns, {name: list(cells) for name, cells in samples.items()}, run.account.time_zone)
        found.mapping = None if said is None else said.as_json()
