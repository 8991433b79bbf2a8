"""File formats: pure functions from bytes to rows, each registered once under its stable source name."""

import codecs
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

from intake.contract import RECORD_TYPES
from intake.readers import documents, tables
from intake.readers.context import Context
from intake.readers.text import FileUnreadable, as_utf8
from intake.rows import Row

Read = Callable[[IO[bytes], Context], Iterator[Row]]

READERS: dict[str, Read] = {
    "api.ingest": documents.read,
    **{kind.source: partial(tables.read, record_type=kind) for kind in RECORD_TYPES.values()},
}

_ARCHIVE = b"PK\x03\x04"
HEAD = 64 * 1024


def recognise(stream: IO[bytes]) -> str:
    """The source name of a file, by what it contains and never by its name. Raises FileUnreadable when none fits."""
    stream.seek(0)
    head = stream.read(4)
    if head.startswith(_ARCHIVE):
        raise FileUnreadable("The file is a spreadsheet or an archive; save the sheet as CSV.")
    text = as_utf8(stream).read(HEAD)
    if b"\x00" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileUnreadable("The file is not text.")
    start = text.lstrip()[:1]
    if not start:
        raise FileUnreadable("The file is empty.")
    return "api.ingest" if start in (b"{", b"[") else tables.recognise(text).source
