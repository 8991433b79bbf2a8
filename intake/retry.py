"""Trying a rejected row again: the parser of today reads the stored or repaired row, as of when it first arrived."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from intake.codes import ErrorCode, printable
from intake.contexts import context_for
from intake.gate import Outcome, in_transaction, take
from intake.models import ImportProfile, ImportRun, RejectedRow
from intake.quarantine import describe, place_of
from intake.raw import open_item
from intake.readers import READERS
from intake.readers.context import Context
from intake.readers.text import FileUnreadable
from intake.rows import Bad, Row
from intake.sentences import Sentence
from intake.vault import Sealed
from sellers.models import SellerAccount, User

log = logging.getLogger(__name__)

MOST_RECORDS = 50  # that one row of a file may make


class AlreadyTakenIn(Exception):
    """The row was taken in by an earlier attempt."""


def retry(
    rejected_id: int,
    *,
    user: User | None,
    now: datetime,
    fixed_text: str | None = None,
    accounts: Mapping[str, SellerAccount] | None = None,
) -> tuple[RejectedRow, Outcome]:
    """Try one rejected row again, repaired or as it was; `accounts` are others that the row may name.

    A row that names none goes to the account it was set aside for. The row stays, whatever becomes of it.
    Raises AlreadyTakenIn.
    """

    def work() -> tuple[RejectedRow, Outcome]:
        row = RejectedRow.objects.select_for_update().get(pk=rejected_id)
        if row.state == RejectedRow.State.RESOLVED:
            raise AlreadyTakenIn
        row.account = SellerAccount.objects.get(pk=row.account_id)
        if fixed_text is not None:
            row.fixed_text = printable(fixed_text)
        again = _read_again(row, accounts or {})
        taken = take(
            again, account=row.account, now=now, raw_item_id=row.raw_item_id, accounts=accounts, routes=accounts
        )
        outcome = next((one for one in taken.outcomes if one.problem), taken.outcomes[0])
        row.account = outcome.account  # a repaired row may name another account, whose people alone may read it then
        row.attempts += 1
        row.retry_asked_at = row.retry_asked_by = None
        if outcome.problem:
            row.state = RejectedRow.State.OPEN
            describe(row, outcome)
        else:
            row.state, row.resolved_by, row.resolved_at = RejectedRow.State.RESOLVED, user, now
            row.record_type, row.external_id = outcome.record_type, outcome.external_id
        row.save()
        return row, outcome

    return in_transaction(work)


def ask(rows: QuerySet[RejectedRow], user: User, now: datetime) -> int:
    """Leave the open ones of these rows to the worker, which tries them one by one; returns how many."""
    return rows.filter(state=RejectedRow.State.OPEN).update(retry_asked_at=now, retry_asked_by=user)


def retry_asked(*, now: datetime, seconds: float) -> int:
    """Try the rows that people asked for, until none is left or the time is over; returns how many were tried.

    A row is asked for until its attempt is committed, so that a worker that dies has lost none.
    """
    end = time.monotonic() + seconds
    tried = 0
    asked = RejectedRow.objects.filter(retry_asked_at__isnull=False).order_by("pk")
    while time.monotonic() < end and (row := asked.select_related("retry_asked_by").first()):
        user = row.retry_asked_by
        mine = SellerAccount.objects.writable_by(user) if user else SellerAccount.objects.none()
        try:
            retry(row.pk, user=user, now=now, accounts={account.key: account for account in mine})
        except AlreadyTakenIn:
            _answered(row)
        except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
            raise  # it is not the row's fault, and the row stays asked for
        except Exception:  # it must not stop other rows and every import behind them
            log.exception("row %s could not be tried again", row.pk)
            said = Sentence("it could not be worked out")
            _answered(row, code=ErrorCode.INTERNAL_ERROR, field="", message=said, message_kept=said.kept())
        tried += 1
    return tried


def _answered(row: RejectedRow, **changes: Any) -> None:
    """The row is not asked for any more."""
    RejectedRow.objects.filter(pk=row.pk).update(retry_asked_at=None, retry_asked_by=None, **changes)


def dismiss(rows: QuerySet[RejectedRow], user: User, now: datetime) -> int:
    """Say of open rows that nobody needs them; they stay and can be tried again. Returns how many."""
    changes = {"resolved_by": user, "resolved_at": now, "retry_asked_at": None, "retry_asked_by": None}
    return rows.filter(state=RejectedRow.State.OPEN).update(state=RejectedRow.State.DISMISSED, **changes)


def restore(rows: QuerySet[RejectedRow]) -> int:
    """Open dismissed rows again; returns how many."""
    dismissed = rows.filter(state=RejectedRow.State.DISMISSED)
    return dismissed.update(state=RejectedRow.State.OPEN, resolved_by=None, resolved_at=None)


def _read_again(row: RejectedRow, accounts: Mapping[str, SellerAccount]) -> list[Row]:
    text = row.fixed_text or row.row_text
    number = row.context.get("profile", "")
    profile = ImportProfile.objects.filter(account=row.account_id, pk=number).first() if number.isdigit() else None
    context = context_for(
        row.account, row.context.get("observed_at", ""), row.context.get("system"), profile, accounts.values()
    )
    reader = READERS.get(row.context.get("source", ""), READERS["api.ingest"])
    try:
        whole = _in_its_file(row, context) if row.context.get("cut") and not row.fixed_text else []
        found = whole or list(islice(reader.again(text, row.context, context), MOST_RECORDS + 1))
    except (FileUnreadable, Sealed) as error:
        return [_unread(text, error.sentence)]
    if not 1 <= len(found) <= MOST_RECORDS:
        return [_unread(text, Sentence("must be exactly one row"))]
    return found


def _in_its_file(row: RejectedRow, context: Context) -> list[Row]:
    """The row as the file itself has it: of a very long one only the beginning is kept beside it."""
    run = ImportRun.objects.filter(raw_item=row.raw_item_id).exclude(source="").first()
    if run is None:
        return []
    rows = READERS[run.source].read(open_item(row.raw_item), context)
    return list(islice((one for one in rows if place_of(one) == row.pointer), 1))


def _unread(text: str, message: str) -> Row:
    return Row("", Bad(ErrorCode.UNKNOWN_FORMAT, message), text, {})
