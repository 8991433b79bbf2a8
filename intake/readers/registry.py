"""Every format of a single file, each registered once, and which of them a file is."""

import codecs
from collections.abc import Iterator
from functools import partial
from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.contract import RECORD_TYPES
from intake.readers import amazon, documents, mail, mapped, shops_and_desks, tables
from intake.readers.context import Context
from intake.readers.formats import HEAD, Format, Head
from intake.readers.text import FileUnreadable, decoded
from intake.readers.workbook import as_csv, is_workbook
from intake.record import RecordType
from intake.sentences import Sentence


def _canonical() -> Iterator[Format]:
    yield Format("api.ingest", _("Records as JSON"), lambda head: int(head.is_json), documents.read, documents.again)
    for kind in RECORD_TYPES.values():
        yield Format(
            kind.source,
            kind.model._meta.verbose_name_plural,
            partial(_fit_table, kind),
            partial(tables.read, record_type=kind),
            partial(tables.again, record_type=kind),
        )


def _fit_table(kind: RecordType, head: Head) -> int:
    return 0 if head.is_json else tables.fit(head.first_line, kind)


MAPPED = Format(mapped.SOURCE, _("Table of your own"), lambda head: 0, mapped.read, mapped.again)

FORMATS: dict[str, Format] = {
    one.source: one
    for one in (
        *_canonical(),
        MAPPED,
        *amazon.FORMATS,
        *shops_and_desks.FORMATS,
        *mail.FORMATS,
    )
}


class UnknownTable(FileUnreadable):
    """A table whose header no format knows: a person may say what its columns mean."""


# How pictures, PDF files and Excel files older than XLSX begin, all of which decode as some text.
NO_TABLES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"\xd0\xcf\x11\xe0")


def recognise_text(stream: IO[bytes], context: Context) -> str:
    """The source name of a file that is no archive. Raises FileUnreadable when no format fits, or two fit alike."""
    head = Head(as_csv(stream).read(HEAD) if is_workbook(stream) else _beginning(stream, context))
    fits = {source: score for source, one in FORMATS.items() if (score := one.fit(head))}
    best = [source for source, score in fits.items() if score == max(fits.values())]
    if len(best) == 1:
        return best[0]
    if best:
        raise FileUnreadable(
            Sentence("The header fits more than one format: name %(allowed)s.", allowed=" or ".join(best))
        )
    raise UnknownTable(
        Sentence("The first line is not the header of a known format; docs/data-in.md lists the columns.")
    )


def _beginning(stream: IO[bytes], context: Context) -> bytes:
    stream.seek(0)
    first = stream.read(8)
    is_utf16 = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if first.startswith(NO_TABLES) or (b"\x00" in first[:4] and not is_utf16):
        raise FileUnreadable(Sentence("The file is not text."))
    head = decoded(stream, context.marketplace)[0].read(HEAD)
    if not head.strip():
        raise FileUnreadable(Sentence("The file is empty."))
    return head
