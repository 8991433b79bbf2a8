"""File formats: pure functions from bytes to rows, each registered once under its stable source name."""

from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.readers import archive
from intake.readers.context import Context
from intake.readers.formats import Format
from intake.readers.registry import FORMATS, recognise_text
from intake.readers.workbook import is_archive, is_workbook

READERS: dict[str, Format] = {
    **FORMATS,
    archive.SOURCE: Format(archive.SOURCE, _("Archive of files or mails"), lambda head: 0, archive.read, archive.again),
}


def recognise(stream: IO[bytes], context: Context) -> str:
    """The source name of a file, by what it contains and never by its name. Raises FileUnreadable when none fits."""
    if is_archive(stream) and not is_workbook(stream):
        return archive.SOURCE
    return recognise_text(stream, context)
