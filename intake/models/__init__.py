"""What came in: raw items kept verbatim, import runs, rows set aside, answered batches, early notices. And what
people changed over it: corrections, and conflicts with what sources say later."""

from intake.models.connections import Connection, StreamState
from intake.models.corrections import Conflict, Correction
from intake.models.early import DeleteNotice, MailClue
from intake.models.raw import RawChunk, RawItem, RawKind
from intake.models.rejects import RejectedRow
from intake.models.runs import BatchReceipt, Counts, ImportCheck, ImportProfile, ImportRun

__all__ = [
    "BatchReceipt",
    "Conflict",
    "Connection",
    "Correction",
    "Counts",
    "DeleteNotice",
    "ImportCheck",
    "ImportProfile",
    "ImportRun",
    "MailClue",
    "RawChunk",
    "RawItem",
    "RawKind",
    "RejectedRow",
    "StreamState",
]
