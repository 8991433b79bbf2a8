"""Bytes of a file as UTF-8, whatever character set it came in, and lines of bounded length."""

import codecs
import io
from collections.abc import Iterator
from typing import IO

from charset_normalizer import from_bytes

from intake.sentences import Sentence

LINE_LIMIT = 2 * 1024 * 1024
SAMPLE = 256 * 1024  # bytes of lines that are no UTF-8, for guessing at what they are
LEAST_EVIDENCE = 3  # bytes beyond ASCII; fewer say nothing about a character set
# Character sets that spreadsheets and marketplaces still write, and the one that a marketplace's reports come in.
LEGACY = ("cp1252", "gb18030", "big5", "cp932")
MARKETPLACE_CHARSETS = {"JP": "cp932", "CN": "gb18030"}


class FileUnreadable(Exception):
    """Nothing, or nothing more, can be read from this file; the sentence is for the person who sent it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LineTooLong(Exception):
    """A line beyond the limit; it has been skipped."""


def as_utf8(stream: IO[bytes]) -> IO[bytes]:
    """The stream from its beginning, without byte order mark; UTF-16 is recognised by its mark and converted."""
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.BufferedReader(_Converted(stream), buffer_size=64 * 1024)
    if head.startswith(codecs.BOM_UTF8):
        stream.read(3)
    return stream


def decoded(stream: IO[bytes], marketplace: str = "") -> tuple[IO[bytes], bool]:
    """The stream from its beginning as UTF-8, and whether its character set had to be guessed.

    A byte order mark decides; then UTF-8, if more lines beyond ASCII are UTF-8 than not; then the character set of the
    marketplace's reports; then the likeliest of `LEGACY`. Lines that are none of them are left as they are.
    """
    stream.seek(0)
    if stream.read(4).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
        return as_utf8(stream), False
    sample = _lines_beyond_utf8(stream)
    charset, guessed = _charset(sample, marketplace) if sample else (None, False)
    if charset is None or not _decodes(stream, charset):
        return as_utf8(stream), False
    stream.seek(0)
    return io.BufferedReader(_Converted(stream, charset), buffer_size=64 * 1024), guessed


def _lines_beyond_utf8(stream: IO[bytes]) -> bytes:
    """The first lines that are no UTF-8; none where they are the exception."""
    stream.seek(0)
    good = bad = 0
    sample = b""
    for _number, line in numbered_lines(stream):
        if line is None or line.isascii():
            continue
        try:
            line.decode()
            good += 1
        except UnicodeDecodeError:
            bad += 1
            if len(sample) < SAMPLE:
                sample += line[: SAMPLE - len(sample)]
    return sample if bad > good else b""


def _charset(sample: bytes, marketplace: str) -> tuple[str | None, bool]:
    usual = MARKETPLACE_CHARSETS.get(marketplace)
    if usual is not None:
        return usual, False
    if sum(byte > 127 for byte in sample[:1000]) < LEAST_EVIDENCE:
        return ("cp1252", False) if marketplace else (None, False)
    best = from_bytes(sample, cp_isolation=list(LEGACY)).best()
    if best is None:
        return None, False
    return best.encoding, not (marketplace and best.encoding == "cp1252")


def _decodes(stream: IO[bytes], charset: str) -> bool:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(charset)()
    try:
        while piece := stream.read(64 * 1024):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


class _Converted(io.RawIOBase):
    def __init__(self, stream: IO[bytes], charset: str = "utf-16") -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder(charset)()
        self.left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than the base says
        while not self.left:
            piece = self.stream.read(64 * 1024)
            try:
                self.left = self.decoder.decode(piece, final=not piece).encode()
            except UnicodeError:
                raise FileUnreadable(Sentence("The file begins in one character set and goes on in another.")) from None
            if not piece and not self.left:
                return 0
        count = min(len(buffer), len(self.left))
        buffer[:count] = self.left[:count]
        self.left = self.left[count:]
        return count


def next_line(stream: IO[bytes]) -> bytes:
    """The next line with its end, b"" at the end of the file. Raises LineTooLong after skipping such a line."""
    line = stream.readline(LINE_LIMIT)
    if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
        while line and not line.endswith(b"\n"):
            line = stream.readline(LINE_LIMIT)
        raise LineTooLong
    return line


def numbered_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Every line with its number, counted from 1; None for one beyond the limit."""
    number = 0
    while True:
        number += 1
        try:
            line = next_line(stream)
        except LineTooLong:
            yield number, None
            continue
        if not line:
            return
        yield number, line


def spelled_out(text: str) -> str:
    """Text in which bytes that are no UTF-8 (kept by `surrogateescape`) are written as \\xNN."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
