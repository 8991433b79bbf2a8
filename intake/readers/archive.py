"""A zip archive of files or mails: each member is read in its own format, in the order of their names."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO

from intake.codes import ErrorCode, printable
from intake.readers.context import Context
from intake.readers.registry import FORMATS, recognise_text
from intake.readers.text import FileUnreadable
from intake.readers.workbook import is_archive, is_workbook, unpackable, unpacked
from intake.rows import Bad, Row
from intake.sentences import Sentence

SOURCE = "archive"
UNPACKED_LIMIT = 4 * 1024 * 1024 * 1024  # bytes of all members
NAME_SHOWN = 60  # characters of a member's name in the place of a row


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """Every row of every member. A member that cannot be read is one row that is set aside."""
    with unpackable(stream) as archive:
        members = sorted((one for one in archive.infolist() if _is_file(one)), key=lambda one: one.filename)
        if sum(member.file_size for member in members) > UNPACKED_LIMIT:
            raise FileUnreadable(Sentence("The archive unpacks into more than 4 GiB; send it in parts."))
        if not members:
            raise FileUnreadable(Sentence("The archive is empty."))
        for number, member in enumerate(members, 1):
            place = f"file {number} {printable(member.filename)[-NAME_SHOWN:]}"
            yield from _read_member(archive, member, place, context)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    """A member that could not be read has no text to repair."""
    message = "a file that could not be read cannot be repaired here; send it by itself"
    yield Row("", Bad(ErrorCode.UNKNOWN_FORMAT, message), text, {})


def _is_file(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a file of the sender, not of his operating system."""
    parts = member.filename.split("/")
    return not member.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in parts)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: str, context: Context) -> Iterator[Row]:
    try:
        content = unpacked(archive, member)
    except FileUnreadable as error:
        yield Row(place, Bad(ErrorCode.UNDECODABLE, error.sentence), place, {})
        return
    source = ""
    with content:
        try:
            if is_archive(content) and not is_workbook(content):
                raise FileUnreadable(Sentence("An archive within an archive is not read."))
            source = recognise_text(content, context)
            for row in FORMATS[source].read(content, context):
                yield replace(row, pointer=f"{place}: {row.pointer}", source=source)
        except FileUnreadable as error:
            yield Row(f"{place}: end" if source else place, Bad(ErrorCode.UNKNOWN_FORMAT, error.sentence), place, {})
