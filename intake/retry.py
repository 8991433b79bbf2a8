"""Trying a rejected row again: the parser of today reads the stored or repaired row, as of when it first arrived."""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from intake.codes import ErrorCode, printable
from intake.contract import RECORD_TYPES
from intake.gate import Outcome, in_transaction, take
from intake.models import RejectedRow
from intake.quarantine import describe
from intake.readers import tables
from intake.readers.context import Context
from intake.readers.strict_json import Malformed, loads
from intake.readers.text import FileUnreadable
from intake.rows import Bad, Row
from sellers.models import SellerAccount, User

TABLES = {kind.source: kind for kind in RECORD_TYPES.values()}


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
        again = _read_again(row)
        taken = take([again], account=row.account, now=now, raw_item_id=row.raw_item_id, accounts=accounts)
        outcome = taken.outcomes[0]
        row.account = outcome.account  # a repaired row may name another account, whose people alone may read it then
        row.attempts += 1
        if outcome.problem:
            row.state = RejectedRow.State.OPEN
            describe(row, outcome)
        else:
            row.state, row.resolved_by, row.resolved_at = RejectedRow.State.RESOLVED, user, now
            row.record_type, row.external_id = outcome.record_type, outcome.external_id
        row.save()
        return row, outcome

    return in_transaction(work)


def _read_again(row: RejectedRow) -> Row:
    text = row.fixed_text or row.row_text
    context = Context(row.context.get("observed_at", ""), row.context.get("system"))
    kind = TABLES.get(row.context.get("source", ""))
    if kind is None:
        return Row(row.pointer, _record(text), text, context.defaults())
    whole = f"{row.context.get('header', '')}\n{text}\n".encode()
    found = list(_first_two(tables.read(io.BytesIO(whole), context, kind)))
    if len(found) != 1:
        return Row(row.pointer, Bad(ErrorCode.UNKNOWN_FORMAT, "must be exactly one row"), text, {}, kind)
    return found[0]


def _record(text: str) -> object:
    try:
        return loads(text)
    except Malformed as error:
        return Bad(error.code, error.message)


def _first_two(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        for _number, row in zip(range(2), rows, strict=False):
            yield row
    except FileUnreadable:
        return
