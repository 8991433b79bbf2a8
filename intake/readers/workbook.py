"""Spreadsheets (XLSX): their first sheet with rows, as CSV; an archive that unpacks into too much is refused unread."""

import csv
import io
import struct
import tempfile
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from intake.readers.text import FileUnreadable
from intake.sentences import Sentence

ARCHIVE = b"PK\x03\x04"
UNPACKED_LIMIT = 150 * 1024 * 1024  # bytes; such a sheet takes some 300 MB to read
MEMBERS_LIMIT = 10_000
RATIO_LIMIT = 500  # honest sheets shrink to a twentieth; what shrinks to a thousandth is a bomb
SMALL = 10 * 1024 * 1024  # below this the ratio does no harm
IN_MEMORY = 8 * 1024 * 1024
# What the library raises for archives that are not what they say: bad sums, bad places, unknown packing, cut ends.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError, OSError, RuntimeError, struct.error,
    OverflowError,
)  # fmt: skip


def is_archive(stream: IO[bytes]) -> bool:
    """Whether the file is a zip archive, as spreadsheets are too."""
    stream.seek(0)
    return stream.read(4) == ARCHIVE


def is_workbook(stream: IO[bytes]) -> bool:
    """Whether the file is a spreadsheet."""
    if not is_archive(stream):
        return False
    with unpackable(stream) as archive:
        return "xl/workbook.xml" in archive.namelist() or "content.xml" in archive.namelist()


def unpackable(stream: IO[bytes]) -> zipfile.ZipFile:
    """The file as an archive whose members, by what it says of them, are not too many and not too large.

    Raises FileUnreadable. The archive is copied to a temporary file: raw items can only be read from the beginning.
    """
    stream.seek(0)
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # the archive closes it
    while piece := stream.read(1024 * 1024):
        copy.write(piece)
    packed = copy.tell()
    try:
        archive = zipfile.ZipFile(copy)
        members = archive.infolist()
    except DAMAGE as error:
        raise FileUnreadable(Sentence("The archive is damaged.")) from error
    size = sum(member.file_size for member in members)
    if len(members) > MEMBERS_LIMIT:
        raise FileUnreadable(
            Sentence("The archive holds more than %(members_limit)s files.", members_limit=f"{MEMBERS_LIMIT:,}")
        )
    if any(member.flag_bits & 1 for member in members):
        raise FileUnreadable(Sentence("The archive is protected by a password."))
    if size > SMALL and size > RATIO_LIMIT * max(packed, 1):
        raise FileUnreadable(Sentence("The archive unpacks into far more than any honest file does."))
    return archive


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """A member's bytes as a file of their own. Raises FileUnreadable where the archive is damaged."""
    content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed by the caller
    try:
        with archive.open(member) as packed:
            while piece := packed.read(1024 * 1024):
                content.write(piece)
    except DAMAGE as error:
        content.close()
        raise FileUnreadable(Sentence("The archive is damaged here.")) from error
    content.seek(0)
    return content  # type: ignore[return-value]  # a spooled file is one in all but name


def as_csv(stream: IO[bytes]) -> IO[bytes]:
    """The first sheet that has rows, as CSV in UTF-8. Raises FileUnreadable."""
    with unpackable(stream) as archive:
        if sum(member.file_size for member in archive.infolist()) > UNPACKED_LIMIT:
            raise FileUnreadable(Sentence("The spreadsheet is too large; save the sheet as CSV."))
        try:
            damaged = archive.testzip()
        except DAMAGE as error:
            raise FileUnreadable(Sentence("The spreadsheet is damaged.")) from error
        if damaged is not None:
            raise FileUnreadable(Sentence("The spreadsheet is damaged."))
    stream.seek(0)
    text = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # read by the caller, closed with him
    lines = io.TextIOWrapper(text, encoding="utf-8", newline="", write_through=True)  # type: ignore[type-var]  # it is a file
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
        for name in book.sheet_names:
            writer = csv.writer(lines)
            for row in book.get_sheet_by_name(name).iter_rows():
                writer.writerow([_as_text(cell) for cell in row])
            if text.tell():
                break
    except (CalamineError, ValueError, OSError) as error:
        raise FileUnreadable(Sentence("The spreadsheet is damaged.")) from error
    lines.detach()
    text.seek(0)
    return text  # type: ignore[return-value]  # a spooled file is one in all but name


def _as_text(cell: Any) -> str:
    """A cell as a report in text would say it; a number that is whole loses the fraction that spreadsheets add."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            seconds = int(cell.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(cell)
