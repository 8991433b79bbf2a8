"""Rows that could not be taken in: kept with their reason and text, listed, and tried again on demand."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from intake.codes import printable
from intake.models import RejectedRow
from intake.rows import Row

if TYPE_CHECKING:
    from intake.gate import Outcome


def set_aside(
    raw_item_id: int,
    rows: Sequence[Row],
    outcomes: Sequence["Outcome"],
    source: str,
    now: datetime,
) -> dict[int, RejectedRow]:
    """Keep the rows that have a problem, each with the account it speaks of; returns them by position.

    A row set aside before is not kept twice.
    """
    bad = {position: outcome for position, outcome in enumerate(outcomes) if outcome.problem}
    if not bad:
        return {}
    pointers = [rows[position].pointer for position in bad]
    stored = {one.pointer: one for one in RejectedRow.objects.filter(raw_item_id=raw_item_id, pointer__in=pointers)}
    kept: dict[int, RejectedRow] = {}
    new = []
    for position, outcome in bad.items():
        row = rows[position]
        known = stored.get(row.pointer)
        if known is None:
            known = RejectedRow(
                account=outcome.account,
                raw_item_id=raw_item_id,
                pointer=row.pointer,
                row_text=printable(_text(row)),
                context=_context(row, source),
                created_at=now,
            )
            new.append(known)
            describe(known, outcome)
        elif known.state == RejectedRow.State.OPEN:
            known.attempts += 1
            describe(known, outcome)
            known.save()
        kept[position] = known
    RejectedRow.objects.bulk_create(new)
    return kept


def describe(row: RejectedRow, outcome: "Outcome") -> None:
    """Write down why the row was not taken in, as of the latest attempt."""
    problem = outcome.problem
    if problem is None:
        return
    row.code = str(problem.code)
    row.field = problem.field[:120]
    row.message = problem.message[:500]
    row.record_type = outcome.record_type
    row.external_id = outcome.external_id


def _text(row: Row) -> str:
    return row.text if row.text is not None else json.dumps(row.record, ensure_ascii=False, default=str)


def _context(row: Row, source: str) -> Mapping[str, Any]:
    """What a later attempt needs to read the row as it was read first."""
    defaults = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.defaults.items()
    }
    return {"source": source, **{name: printable(value) for name, value in defaults.items() if isinstance(value, str)}}
