"""JSON of other systems' interfaces: records are made of the elements of some lists in it, read one at a time."""

import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from intake.codes import ErrorCode, Problem
from intake.readers import documents
from intake.readers.context import Context
from intake.readers.formats import HEAD, Format, Head
from intake.readers.nodes import Node
from intake.readers.reports import Record
from intake.readers.strict_json import RECORD_LIMIT, JsonStream, Malformed, loads
from intake.readers.text import FileUnreadable, as_utf8, numbered_lines, spelled_out
from intake.rows import Bad, Row
from intake.sentences import Sentence

Build = Callable[[Node, Context], Iterable[Record | Bad]]
Element = tuple[str, Any, str, str]  # the list it stands in (empty: in none), its value, its text, its place
Beside = Callable[[str, Any], Mapping[str, str]]
Learn = Callable[[Iterator[tuple[str, Any]]], Beside]


@dataclass(frozen=True)
class Pages:
    """An interface's answers. `lists` says what the elements of the lists of these names are, `through` in which
    objects the lists stand, `whole` what an object is that holds none of them, alone or in a list without a name.

    A file may hold several pages, one after the other or each on a line. `needs` are names that tell the answers from
    other JSON, `either` are others that do. `learn` reads all elements first, and returns what is to be kept beside
    one. A builder may yield Bad for one of several records.
    """

    source: str
    title: Any
    needs: frozenset[str]
    lists: Mapping[str, Build]
    through: frozenset[str] = frozenset()
    system: str = ""
    either: tuple[frozenset[str], ...] = ()
    whole: Build | None = None
    learn: Learn | None = None

    def format(self) -> Format:
        """The pages as a format that files can be read in."""
        return Format(self.source, self.title, self._fit, self._read, self._again)

    def _fit(self, head: Head) -> int:
        if not head.is_json:
            return 0
        return max((1 + len(names) for names in (self.needs, *self.either) if names <= head.names), default=0)

    def _read(self, stream: IO[bytes], context: Context) -> Iterator[Row]:
        beside = self.learn(self._as_far_as_it_reads(stream)) if self.learn is not None else None
        for name, value, text, pointer in self._elements(stream):
            stored = beside(name, value) if beside is not None else {}
            yield from self._rows(name, value, text, pointer, context, stored)

    def _as_far_as_it_reads(self, stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
        try:
            for name, value, _text, _pointer in self._elements(stream):
                yield name, value
        except FileUnreadable:
            return  # the second reading takes what can be read, and reports the place

    def _elements(self, stream: IO[bytes]) -> Iterator[Element]:
        head = as_utf8(stream).read(HEAD).strip()
        if self.whole is None or b"\n" not in head or not documents.by_lines(head):
            yield from self._pages(JsonStream(as_utf8(stream)), "")
            return
        for number, line in numbered_lines(as_utf8(stream)):
            place = f"line {number}"
            if line is None:
                yield "", Bad(ErrorCode.TOO_LARGE, Sentence("the line is too long")), "", place
                continue
            try:
                found = list(self._pages(JsonStream(io.BytesIO(line)), place + " "))
            except FileUnreadable as error:
                text = spelled_out(line.decode("utf-8", "surrogateescape")).strip()
                found = [("", Bad(ErrorCode.UNKNOWN_FORMAT, error.sentence), text, place)]
            yield from found

    def _pages(self, walk: JsonStream, place: str) -> Iterator[Element]:
        page = 0
        while first := walk.peek():
            page += 1
            here = f"{place}page {page} " if page > 1 else place
            if first == "[" and self.whole is not None:
                for index, (value, text) in enumerate(walk.elements()):
                    yield "", value, text, f"{here}/{index}"
            elif first == "{":
                yield from self._page(walk, here, outermost=True)
            else:
                raise FileUnreadable(Sentence("A page must be a JSON object."))

    def _page(self, walk: JsonStream, place: str, *, outermost: bool) -> Generator[Element, None, bool]:
        """The elements of an object's lists; returns whether it has any of the lists."""
        found = False
        others: list[str] = []
        seen: set[str] = set()
        for name in walk.names():
            if name in seen:
                raise FileUnreadable(Sentence("The JSON document names %(name)s twice.", name=repr(name[:80])))
            seen.add(name)
            here = f"{place}/{name}"
            if name in self.lists and walk.peek() == "[":
                found = True
                for index, (value, text) in enumerate(walk.elements()):
                    yield name, value, text, f"{here}/{index}"
            elif name in self.through and walk.peek() == "{":
                found = (yield from self._page(walk, here, outermost=False)) or found
            else:
                _value, text = walk.value()
                if outermost and self.whole is not None and not found:
                    others.append(f"{json.dumps(name, ensure_ascii=False)}: {text}")
        if outermost and self.whole is not None and not found:
            yield _object(others, place)
        return found

    def _rows(
        self, name: str, value: Any, text: str, pointer: str, context: Context, stored: Mapping[str, str]
    ) -> Iterator[Row]:
        defaults = {**context.defaults({"system": self.system}), "header": name, **stored}
        build = self.lists.get(name) or self.whole or next(iter(self.lists.values()))
        try:
            if isinstance(value, Bad):
                raise value.problem()
            records = list(build(Node(value, stored), context))
        except Problem as problem:
            yield Row(pointer, Bad(problem.code, problem.message, problem.field), text, defaults)
            return
        for position, record in enumerate(records):
            kind = "row" if isinstance(record, Bad) else record["type"]
            yield Row(pointer if position == 0 else f"{pointer} {kind} {position}", record, text, defaults)

    def _again(self, text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
        beside = {name: word for name, word in stored.items() if name not in ("header", "source", *context.defaults())}
        yield from self._rows(stored.get("header", ""), loaded(text), text, "", context, beside)


def loaded(text: str) -> Any:
    """A whole text as one value; Bad where it is none."""
    try:
        return loads(text)
    except Malformed as error:
        return Bad(error.code, error.message)


def _object(members: list[str], place: str) -> Element:
    text = "{" + ", ".join(members) + "}"
    if len(text) > RECORD_LIMIT:
        raise FileUnreadable(
            Sentence("An object of more than %(record_limit)s characters is no record.", record_limit=RECORD_LIMIT)
        )
    return "", loaded(text), text, place.strip() or "/"
