"""Bytes of a file as UTF-8, whatever byte order mark it begins with, and lines of bounded length."""

import codecs
import io
from collections.abc import Iterator
from typing import IO

LINE_LIMIT = 2 * 1024 * 1024


class FileUnreadable(Exception):
    """Nothing, or nothing more, can be read from this file; the message is for the person who sent it."""


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


class _Converted(io.RawIOBase):
    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder("utf-16")()
        self.left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than the base says
        while not self.left:
            piece = self.stream.read(64 * 1024)
            try:
                self.left = self.decoder.decode(piece, final=not piece).encode()
            except UnicodeError:
                raise FileUnreadable("The file begins as UTF-16 and goes on as something else.") from None
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
