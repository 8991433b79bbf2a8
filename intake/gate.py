"""The one gate: every delivery, whatever its way in, becomes rows here and nowhere else.

`take` brings a chunk of rows in and says what became of each; `ingest` does a whole batch of the API with its receipt.
"""

import hashlib
import json
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from intake import arriving, raw
from intake.codes import ErrorCode, Problem, WarningCode, printable
from intake.contract import SCHEMA
from intake.fields import Cleaning
from intake.linking import Found, Linking
from intake.merge import Result
from intake.models import BatchReceipt, Counts, RawKind, RejectedRow
from intake.quarantine import set_aside
from intake.rows import Bad, Clue, Row
from intake.sentences import Sentence
from intake.statements import OBSERVED_AT, SYSTEM, Statement, read_statement
from intake.writing import write
from sellers.arrivals import note_nothing_new
from sellers.models import SellerAccount

log = logging.getLogger(__name__)

BATCH_RECORDS = 1000
BATCH_BYTES = 5 * 1024 * 1024
RETRYABLE = {"40P01", "40001"}  # deadlock, serialization failure
LOCKED = "55P03"  # another transaction holds the row

T = TypeVar("T")


class EnvelopeError(Exception):
    """The batch itself is not well formed; nothing of it was looked at."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class BatchTooLarge(Exception):
    """More records than a batch may have."""


class BatchConflict(Exception):
    """The batch ID was used for another body."""


class BatchInProgress(Exception):
    """The same batch is being taken in right now."""


@dataclass(slots=True)
class Outcome:
    """What became of one row: a result, or the problem it was set aside for, and the account it speaks of.

    That is the account it names, where the sender may write it; otherwise the delivery's.
    """

    account: SellerAccount
    result: Result | None = None
    problem: Problem | None = None
    record_type: str = ""
    external_id: str = ""
    warnings: list[tuple[str, WarningCode]] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """The outcomes of a chunk, in the order of its rows."""

    outcomes: list[Outcome]

    def counts(self) -> Counter[str]:
        found = Counter("quarantined" if one.problem else str(one.result) for one in self.outcomes)
        found["received"] = len(self.outcomes)
        return found

    def warnings(self) -> Counter[str]:
        return Counter(str(code) for one in self.outcomes for _field, code in one.warnings)


def take(
    rows: Sequence[Row],
    *,
    account: SellerAccount,
    now: datetime,
    raw_item_id: int | None,
    accounts: Mapping[str, SellerAccount] | None = None,
    routes: Mapping[str, SellerAccount] | None = None,
) -> Taken:
    """Bring rows in; call inside a transaction that also stores what becomes of the outcomes.

    A record that names an account of its own goes there if it is among `accounts`, a row that its reader found to be
    for another one if that is among `routes`. No row fails the others.
    """
    named = {account.key: account, **(accounts or {})}
    known = {**(routes or {}), **named}
    cleaning = Cleaning(now)
    outcomes = [Outcome(_account_of(row, account, named, known)) for row in rows]
    statements: dict[int, Statement] = {}
    for position, row in enumerate(rows):
        outcome = outcomes[position]
        own = cleaning.fresh()
        try:
            statement = _read(row, own, named, known)
        except Problem as problem:
            outcome.problem = problem
            record = row.record if isinstance(row.record, dict) else {}
            outcome.record_type = row.record_type.name if row.record_type else _shown(record.get("type"), 24)
            outcome.external_id = _shown(record.get("external_id"), 255)
            continue
        outcome.warnings = [*row.warnings, *statement.warnings]
        outcome.record_type, outcome.external_id = statement.record_type.name, statement.external_id
        statements[position] = statement
    by_account: dict[str, list[int]] = defaultdict(list)
    for position in statements:
        by_account[outcomes[position].account.key].append(position)
    for key, positions in sorted(by_account.items(), key=lambda pair: known[pair[0]].id):
        wanted = _sift([(position, statements[position], outcomes[position]) for position in positions])
        copies = [one for one in wanted if _is_copy(rows[one])]
        plain = [one for one in wanted if not _is_copy(rows[one])]
        _store(known[key], [statements[one] for one in plain], [outcomes[one] for one in plain], now, raw_item_id)
        clues = [one for one in plain if rows[one].clue is not None and outcomes[one].problem is None]
        if clues or copies:
            linking = Linking(known[key], now, raw_item_id)
            threads = linking.place([Found(rows[one], statements[one]) for one in (*clues, *copies)])
            placed = _placed(copies, threads, statements, outcomes)
            _store(known[key], [statements[one] for one in placed], [outcomes[one] for one in placed], now, raw_item_id)
            linking.finish()
        arriving.note(known[key], [statements[one] for one in positions if outcomes[one].problem is None], now)
    return Taken(outcomes)


def _is_copy(row: Row) -> bool:
    return row.clue is not None and row.clue.kind == Clue.COPY


def _placed(
    copies: Sequence[int],
    threads: Sequence[str | Problem],
    statements: Mapping[int, Statement],
    outcomes: Sequence[Outcome],
) -> list[int]:
    """The copies whose thread is known, which they name now; the others have a problem."""
    placed = []
    for position, thread in zip(copies, threads, strict=True):
        if isinstance(thread, Problem):
            outcomes[position].problem = thread
        else:
            statements[position].values["conversation_external_id"] = thread
            placed.append(position)
    return placed


def _read(
    row: Row, cleaning: Cleaning, named: Mapping[str, SellerAccount], known: Mapping[str, SellerAccount]
) -> Statement:
    if isinstance(row.record, Bad):
        raise row.record.problem()
    statement = read_statement(row.record, cleaning=cleaning, defaults=row.defaults, record_type=row.record_type)
    key = statement.account_key
    unknown = key is not None and (not isinstance(key, str) or key not in named)
    if unknown or (row.account and row.account not in known):
        raise Problem(ErrorCode.UNKNOWN_ACCOUNT, Sentence("no such account, or not one you may write"), "account")
    return statement


def _account_of(
    row: Row, default: SellerAccount, named: Mapping[str, SellerAccount], known: Mapping[str, SellerAccount]
) -> SellerAccount:
    """The account whose data the row is, readable or not."""
    if row.account:
        return known.get(row.account, default)
    key = row.record.get("account") if isinstance(row.record, dict) else None
    return named.get(key, default) if isinstance(key, str) else default


def _shown(value: Any, limit: int) -> str:
    text = value if isinstance(value, str) else ""
    return printable(text)[:limit]


def _sift(rows: Sequence[tuple[int, Statement, Outcome]]) -> list[int]:
    """Deal with the same key twice in one batch; returns the positions that are left to be stored."""
    seen: dict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    wanted = []
    for position, statement, outcome in rows:
        earlier = [one for one in seen[statement.key] if one.version == statement.version]
        if any(one.values == statement.values and one.about == statement.about for one in earlier):
            outcome.result = Result.UNCHANGED
            outcome.warnings.append(("external_id", WarningCode.DUPLICATE_ROW))
            continue
        contradicted = next((name for one in earlier for name in _contradictions(one, statement)), None)
        if contradicted is not None:
            outcome.problem = Problem(
                ErrorCode.CONFLICTING_DUPLICATE, Sentence("another row of this batch says otherwise"), contradicted
            )
            continue
        seen[statement.key].append(statement)
        wanted.append(position)
    return wanted


def _contradictions(one: Statement, other: Statement) -> list[str]:
    return [name for name, value in other.values.items() if name in one.values and one.values[name] != value]


def _store(
    account: SellerAccount,
    statements: Sequence[Statement],
    outcomes: Sequence[Outcome],
    now: datetime,
    raw_item_id: int | None,
) -> None:
    """Store statements; if the database refuses, halve the chunk until the row that cannot be stored stands alone."""
    if not statements:
        return
    try:
        with transaction.atomic():
            results = write(account, statements, now, raw_item_id)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the database is away or busy, or the worker's time is over: the whole chunk is done again
    except Exception as error:
        if len(statements) == 1:
            log.exception("a %s of account %s could not be stored", statements[0].record_type.name, account.key)
            refused = isinstance(error, DatabaseError)
            why = Sentence("the database refused it") if refused else Sentence("it could not be worked out")
            outcomes[0].problem = Problem(ErrorCode.INTERNAL_ERROR, why)
            return
        middle = len(statements) // 2
        _store(account, statements[:middle], outcomes[:middle], now, raw_item_id)
        _store(account, statements[middle:], outcomes[middle:], now, raw_item_id)
        return
    for outcome, result in zip(outcomes, results, strict=True):
        outcome.result = result


def in_transaction(work: Callable[[], T]) -> T:
    """Do the work in one transaction; a deadlock or serialization failure is tried again, three times at most."""
    for attempt in range(4):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None)
            if code not in RETRYABLE or attempt == 3 or transaction.get_connection().in_atomic_block:
                raise
            time.sleep(0.02 * 2**attempt)
    raise AssertionError("not reached")


def ingest(
    account: SellerAccount,
    batch: Mapping[str, Any],
    *,
    owner: str,
    now: datetime,
    body: bytes | None = None,
    accounts: Mapping[str, SellerAccount] | None = None,
) -> dict[str, Any]:
    """Take in one batch of the API and return its answer; the same batch again returns the first answer.

    `owner` is the sender the batch ID belongs to, `body` the bytes as they arrived, `accounts` others that records may
    name. Raises EnvelopeError, BatchTooLarge, BatchConflict or BatchInProgress; nothing is stored then.
    """
    records, defaults = _envelope(batch, now)
    body = body if body is not None else json.dumps(batch, sort_keys=True, default=str).encode()
    receipt = _receipt(account, str(batch["batch_id"]), owner, body, now, system=str(defaults["system"]))
    if receipt.answer is not None:
        return dict(receipt.answer)
    rows = [Row(f"/records/{index}", record, None, defaults) for index, record in enumerate(records)]

    def work() -> dict[str, Any]:
        held = _hold(receipt)
        if held.answer is not None:
            return dict(held.answer)
        taken = take(rows, account=account, now=now, raw_item_id=receipt.raw_item_id, accounts=accounts)
        if not rows:
            note_nothing_new(account.id, defaults["system"], min(defaults["observed_at"], now))
        rejected = set_aside(receipt.raw_item_id, rows, taken.outcomes, "api.ingest", now)
        counts = taken.counts()
        answer = _answer(receipt.batch_id, counts, taken.outcomes, rejected)
        values = {name: counts[name] for name in Counts.NAMES}
        BatchReceipt.objects.filter(pk=receipt.pk).update(answer=answer, answered_at=now, **values)
        return answer

    return in_transaction(work)


def _envelope(batch: Mapping[str, Any], now: datetime) -> tuple[list[Any], dict[str, Any]]:
    """The records and what holds for all of them."""
    for name in ("schema", "batch_id", "account", "system", "observed_at", "records"):
        if batch.get(name) is None:
            raise EnvelopeError(name, _("%(name)s is missing") % {"name": name})
    if batch["schema"] != SCHEMA:
        raise EnvelopeError("schema", _("this version understands schema “%(schema)s”") % {"schema": SCHEMA})
    batch_id = batch["batch_id"]
    if not isinstance(batch_id, str) or not 1 <= len(batch_id) <= 255 or printable(batch_id) != batch_id:
        raise EnvelopeError("batch_id", _("batch_id must be 1 to 255 printable characters"))
    records = batch["records"]
    if not isinstance(records, list):
        raise EnvelopeError("records", _("records must be a list"))
    if len(records) > BATCH_RECORDS:
        raise BatchTooLarge(f"{len(records)} records, {BATCH_RECORDS} are allowed")
    cleaning = Cleaning(now)
    try:
        observed_at = OBSERVED_AT.clean(batch["observed_at"], cleaning)
        system = SYSTEM.clean(batch["system"], cleaning)
    except Problem as problem:
        raise EnvelopeError(problem.field, f"{problem.field}: {problem.message}") from None
    return records, {"system": system, "observed_at": observed_at}


def _receipt(
    account: SellerAccount, batch_id: str, owner: str, body: bytes, now: datetime, *, system: str
) -> BatchReceipt:
    """The receipt of this batch: new with its raw item, or the one of an interrupted or finished earlier try."""
    digest = hashlib.sha256(body).hexdigest()
    for _attempt in range(2):
        found = BatchReceipt.objects.filter(owner=owner, batch_id=batch_id).first()
        if found is not None:
            if found.body_sha256 != digest:
                raise BatchConflict
            return found
        try:
            with transaction.atomic():
                item = raw.store_bytes(account, RawKind.API_BATCH, body, name=batch_id, system=system, now=now)
                return BatchReceipt.objects.create(
                    account=account, owner=owner, batch_id=batch_id, body_sha256=digest, raw_item=item, started_at=now
                )
        except IntegrityError:
            continue  # the same batch from another connection was a moment faster
    raise BatchInProgress


def _hold(receipt: BatchReceipt) -> BatchReceipt:
    """The receipt as it is now, locked until the transaction ends, so that a batch is taken in once.

    A process that died in the middle has let go of the lock, and its batch is taken in by whoever sends it again.
    SQLite has no such locks: there the second sender waits for the first one's transaction and finds its answer.
    """
    try:
        return BatchReceipt.objects.select_for_update(nowait=True).get(pk=receipt.pk)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCKED:
            raise BatchInProgress from None
        raise


def _answer(
    batch_id: str, counts: Mapping[str, int], outcomes: Sequence[Outcome], rejected: Mapping[int, RejectedRow]
) -> dict[str, Any]:
    errors = [
        {
            "index": index,
            "type": outcome.record_type,
            "external_id": outcome.external_id,
            "field": outcome.problem.field,
            "code": str(outcome.problem.code),
            "message": outcome.problem.message,
            "rejected_row": rejected[index].pk,
        }
        for index, outcome in enumerate(outcomes)
        if outcome.problem
    ]
    warnings = [
        {"index": index, "field": name, "code": str(code)}
        for index, outcome in enumerate(outcomes)
        for name, code in outcome.warnings
    ]
    return {
        "batch_id": batch_id,
        **{name: counts[name] for name in Counts.NAMES},
        "errors": errors,
        "warnings": warnings,
    }
