"""From a file to the sources of its mails, one at a time, and from a source to a text that people can read and mend.

A file that begins with a "From " line is an mbox in mboxrd form: https://www.rfc-editor.org/rfc/rfc4155 and
http://qmail.org/man/man5/mbox.html. Everything else is one mail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from intake.readers.formats import Head

MAIL_LIMIT = 25 * 1024 * 1024  # bytes of one mail; servers take 20 to 25 MB
PIECE = 64 * 1024  # bytes of a line that are read at once
TEXT_LIMIT = 256 * 1024  # bytes of a mail that are kept as the text of its row

_SEPARATOR = re.compile(rb"From (?:\"[^\"\n]{0,200}\"|[^\s\"]{1,320}) .{0,60}\d\d:\d\d")
_ASCTIME = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d):(\d\d)(?: +([+-]\d{4}|[A-Z]{1,5}))? +(\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEADER = re.compile(rb"([!-9;-~]{1,76}):(?:[ \t]|\r?$)")
_TELLING = frozenset(
    (
        b"from", b"to", b"cc", b"date", b"subject", b"message-id", b"received", b"return-path", b"delivered-to",
        b"reply-to", b"mime-version", b"content-type", b"authentication-results", b"x-original-to",
    )
)  # fmt: skip
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPELLED = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Source:
    """One mail as it arrived; `bytes` is None where it is beyond the limit. `came_at` is its "From " line's time."""

    number: int
    bytes: bytes | None
    came_at: datetime | None = None


def fit(head: Head) -> int:
    """How well a beginning suits: the separator of an mbox, or lines that are a mail's header."""
    text = head.text.lstrip(b"\r\n")
    if head.is_json:
        return 0
    if _SEPARATOR.match(text):
        return 9
    names = []
    for line in text.split(b"\n", 60)[:60]:
        if not line.strip():
            break
        found = _HEADER.match(line)
        if found is not None:
            names.append(found[1].lower())
        elif not names or line[:1] not in (b" ", b"\t"):
            return 0
    return 9 if len(_TELLING.intersection(names)) >= 2 else 0


def sources(stream: IO[bytes]) -> Iterator[Source]:
    """Every mail of the file in turn; never more than one of them is in memory."""
    stream.seek(0)
    lines = _lines(stream)
    first = next(lines, None)
    while first is not None and first[0] and not first[1].strip():
        first = next(lines, None)
    if first is None:
        return
    start = first[1].removeprefix(b"\xef\xbb\xbf")
    if _SEPARATOR.match(start):
        yield from _mbox(start, lines)
        return
    mail = _Collected()
    mail.add(start)
    for _begins, piece in lines:
        mail.add(piece)
    yield Source(1, mail.bytes())


class _Collected:
    """The pieces of one mail, given up once they are too many."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= MAIL_LIMIT:
            self.pieces.append(piece)
        else:
            self.pieces.clear()

    def bytes(self) -> bytes | None:
        return b"".join(self.pieces) if self.size <= MAIL_LIMIT else None


def _lines(stream: IO[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Pieces of lines, each with whether a line begins there."""
    begins = True
    while piece := stream.readline(PIECE):
        yield begins, piece
        begins = piece.endswith(b"\n")


def _mbox(separator: bytes, lines: Iterator[tuple[bool, bytes]]) -> Iterator[Source]:
    number, mail, blank = 1, _Collected(), False
    for begins, piece in lines:
        if begins and blank and _SEPARATOR.match(piece):
            yield Source(number, mail.bytes(), _time(separator))
            number, mail, separator, blank = number + 1, _Collected(), piece, False
            continue
        if begins and piece.startswith(b">") and piece.lstrip(b">").startswith(b"From "):
            piece = piece[1:]
        blank = begins and piece in (b"\n", b"\r\n")
        mail.add(piece)
    yield Source(number, mail.bytes(), _time(separator))


def _time(separator: bytes) -> datetime | None:
    """The time of a "From " line: UTC where it names no offset (RFC 4155). Mail programs write 1970 for "unknown"."""
    found = _ASCTIME.search(separator.decode("latin-1"))
    if found is None or found[1] not in _MONTHS:
        return None
    offset = found[6] if found[6] and found[6][0] in "+-" else "+0000"
    month = _MONTHS.index(found[1]) + 1
    text = f"{found[7]}-{month:02}-{int(found[2]):02}T{found[3]}:{found[4]}:{found[5]}{offset[:3]}:{offset[3:]}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1970 else None


def as_text(source: bytes) -> tuple[str, bool]:
    """The beginning of a mail's source as text with LF line ends, and whether bytes had to be spelled out as \\xNN."""
    source = source.replace(b"\r\n", b"\n")
    if len(source) > TEXT_LIMIT:
        source = source[: source.rfind(b"\n", 0, TEXT_LIMIT) + 1 or TEXT_LIMIT]
    text = source.decode("utf-8", "surrogateescape")
    if not _UNPRINTABLE.search(text):
        return text, False
    text = text.replace("\\x", "\\x5cx")
    return _UNPRINTABLE.sub(lambda found: _spell(found[0]), text), True


def is_cut(source: bytes) -> bool:
    """Whether `as_text` gives only the beginning of it."""
    return len(source) > TEXT_LIMIT and len(source) - source.count(b"\r\n") > TEXT_LIMIT


def _spell(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def as_bytes(text: str, spelled: bool) -> bytes:
    """What `as_text` was given, from its text or from a repaired one."""
    source = text.encode("utf-8", "replace")
    return _SPELLED.sub(lambda found: bytes([int(found[1], 16)]), source) if spelled else source
