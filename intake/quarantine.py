"""Rows that could not be taken in: kept with their reason and text, listed, and tried again on demand."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS

from intake.codes import printable
from intake.models import RejectedRow
from intake.pieces import in_pieces
from intake.rows import Row
from intake.sentences import keep
from sellers.bulk import update_rows

if TYPE_CHECKING:
    from intake.gate import Outcome

PLACE = 120  # letters of the column of places
DESCRIBED = ("code", "field", "message", "message_kept", "record_type", "external_id")


def set_aside(
    raw_item_id: int,
    rows: Sequence[Row],
    outcomes: Sequence["Outcome"],
    source: str,
    now: datetime,
) -> dict[int, RejectedRow]:
    """Keep the rows that have a problem, each with the account it speaks of; returns them by position.

    A row set aside before is not kept twice; it is kept as it was read now, perhaps in another format than then.
    """
    bad = {position: outcome for position, outcome in enumerate(outcomes) if outcome.problem}
    if not bad:
        return {}
    pointers = [place_of(rows[position]) for position in bad]
    stored = {
        one.pointer: one
        for piece in in_pieces(pointers)
        for one in RejectedRow.objects.filter(raw_item_id=raw_item_id, pointer__among=piece)
    }
    kept: dict[int, RejectedRow] = {}
    new, again = [], []
    for position, outcome in bad.items():
        row = rows[position]
        known = stored.get(place_of(row))
        if known is None:
            known = RejectedRow(
                account=outcome.account,
                raw_item_id=raw_item_id,
                pointer=place_of(row),
                created_at=now,
            )
            new.append(known)
        elif known.state == RejectedRow.State.OPEN:
            known.attempts += 1
            again.append(known)
        kept[position] = known
        if known.state == RejectedRow.State.OPEN:
            known.row_text, known.context = printable(_text(row)), _context(row, source)
            describe(known, outcome)
    RejectedRow.objects.bulk_create(new)
    update_rows(RejectedRow, again, ["row_text", "context", "attempts", *DESCRIBED], DEFAULT_DB_ALIAS)
    return kept


def settle(raw_item_id: int, rows: Sequence[Row], outcomes: Sequence["Outcome"], now: datetime) -> None:
    """Resolve rows that were set aside when the item was read before, and that were taken in now."""
    taken = {place_of(row): outcome for row, outcome in zip(rows, outcomes, strict=True) if not outcome.problem}
    settled = []
    waiting = RejectedRow.objects.filter(raw_item_id=raw_item_id, state=RejectedRow.State.OPEN)
    for pointers in in_pieces(taken):
        for row in waiting.filter(pointer__among=pointers):
            row.state, row.resolved_at = RejectedRow.State.RESOLVED, now
            row.record_type, row.external_id = taken[row.pointer].record_type, taken[row.pointer].external_id
            settled.append(row)
    update_rows(RejectedRow, settled, ["state", "resolved_at", "record_type", "external_id"], DEFAULT_DB_ALIAS)


def describe(row: RejectedRow, outcome: "Outcome") -> None:
    """Write down why the row was not taken in, as of the latest attempt."""
    problem = outcome.problem
    if problem is None:
        return
    row.code = str(problem.code)
    row.field = problem.field[:120]
    row.message, row.message_kept = problem.message[:500], keep(problem.message)
    row.record_type = outcome.record_type
    row.external_id = outcome.external_id


def place_of(row: Row) -> str:
    """Where the row stands; of a place too long for its column the beginning, and a digest that tells it from others.

    Objects of a file may lie within objects as deep as its writer likes.
    """
    if len(row.pointer) <= PLACE:
        return row.pointer
    digest = blake2b(row.pointer.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{row.pointer[: PLACE - len(digest) - 1]}…{digest}"


def _text(row: Row) -> str:
    return row.text if row.text is not None else _as_json(row.record)


def _as_json(record: Any) -> str:
    """A record that was read from JSON as JSON again: decimals are numbers, with the digits they came with."""
    numbers: list[str] = []
    place = uuid.uuid4().hex  # json.dumps writes no Decimal, so each leaves a place that no text can hold by chance

    def leave_place(value: Any) -> str:
        if not isinstance(value, Decimal):
            return str(value)
        numbers.append(str(value))
        return place

    first, *others = json.dumps(record, ensure_ascii=False, default=leave_place).split(f'"{place}"')
    return first + "".join(number + text for number, text in zip(numbers, others, strict=True))


def _context(row: Row, source: str) -> Mapping[str, Any]:
    """What a later attempt needs to read the row as it was read first."""
    defaults = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.defaults.items()
    }
    return {
        "source": row.source or source,
        **{name: printable(value) for name, value in defaults.items() if isinstance(value, str)},
    }
