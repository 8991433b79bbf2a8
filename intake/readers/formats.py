"""What a file format is to the rest of the house: how it is recognised, read, and read again row by row."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

from intake.readers.context import Context
from intake.readers.sheet import first_line
from intake.rows import Row

HEAD = 64 * 1024  # bytes that recognition looks at

_NAME = re.compile(rb'"((?:[^"\\\x00-\x1f]|\\.){1,60})"\s*:')


@dataclass(frozen=True)
class Head:
    """The beginning of a file as recognition sees it: UTF-8 without byte order mark; of a spreadsheet, its CSV."""

    text: bytes

    @cached_property
    def first_line(self) -> str:
        """The header, if it is a table."""
        return first_line(self.text)

    @cached_property
    def is_json(self) -> bool:
        return self.text.lstrip()[:1] in (b"{", b"[")

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name of a field that stands in the beginning of a JSON document, at any depth."""
        return frozenset(found.decode("utf-8", "replace") for found in _NAME.findall(self.text))


@dataclass(frozen=True)
class Format:
    """One file format under its stable source name.

    `fit` says how well a beginning suits the format: 0 not at all; of several formats the best fit is taken. `read`
    yields every row of a file. `again` reads one row's text, as it was or repaired, with what was stored beside it; it
    may yield several rows where one row of the file makes several records. Both are pure, and raise FileUnreadable.
    """

    source: str
    title: Any  # shown to people, translated
    fit: Callable[[Head], int]
    read: Callable[[IO[bytes], Context], Iterator[Row]]
    again: Callable[[str, Mapping[str, str], Context], Iterator[Row]]
