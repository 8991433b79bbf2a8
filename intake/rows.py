"""What a reader hands to the gate: one row with its place and its text, readable or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake.codes import ErrorCode, Problem, WarningCode
from intake.record import RecordType

RowWarning = tuple[str, WarningCode]  # the field (empty: the row, or the whole file) and what is odd about it


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that no record could be read from."""

    code: ErrorCode
    message: str
    field: str = ""

    def problem(self) -> Problem:
        return Problem(self.code, self.message, self.field)


@dataclass(frozen=True, slots=True)
class Clue:
    """What a mail tells about the thread it belongs to, for mails that name none themselves (intake/linking.py).

    `name_key` and `text_key` are keyed hashes of the buyer's name and of what was written, "" where unknown.
    """

    COPY, QUESTION, REPLY, OTHER = "copy", "question", "reply", "other"

    kind: str
    sent_at: datetime
    token: str = ""
    order_external_id: str = ""
    name_key: str = ""
    text_key: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a delivery. `text` is what arrived, `defaults` what the delivery says for all its rows.

    `record_type` is given where the record is a table's row, whose cells are all text. `warnings` are what the reader
    noticed, `source` is the format where a file holds several. `account` is the key of the account that the reader
    found the row to be for, "" where that is the delivery's. Of a row whose clue is a copy, the conversation that the
    record names stands for one that is still to be found.
    """

    pointer: str
    record: Any  # a dict, or Bad, or whatever stood where a record should be
    text: str | None
    defaults: Mapping[str, Any]
    record_type: RecordType | None = None
    warnings: tuple[RowWarning, ...] = ()
    source: str = ""
    account: str = ""
    clue: Clue | None = None
