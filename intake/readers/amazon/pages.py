"""JSON pages of Amazon's interfaces: records are made of the elements of some lists in them, read one at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from intake.codes import ErrorCode, Problem
from intake.readers.amazon.records import SYSTEM
from intake.readers.context import Context
from intake.readers.formats import Format, Head
from intake.readers.reports import Record
from intake.readers.strict_json import JsonStream, Malformed, loads
from intake.readers.text import FileUnreadable, as_utf8
from intake.readers.times import read_moment
from intake.rows import Bad, Row


class Node:
    """An object of a JSON document. `path` names the way to a value, such as `fulfillment.fulfilledBy`.

    Each method returns None for what is not there, and raises Problem with the path for what has another shape.
    """

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise Problem(ErrorCode.UNKNOWN_FORMAT, "must be an object")
        self.value = value

    def get(self, path: str) -> Any:
        """The value as it is."""
        found: Any = self.value
        for name in path.split("."):
            if found is None:
                return None
            if not isinstance(found, dict):
                raise Problem(ErrorCode.UNKNOWN_FORMAT, f"{name} stands in no object", path)
            found = found.get(name)
        return found

    def text(self, path: str) -> str | None:
        found = self.get(path)
        if found is None or isinstance(found, str):
            return (found or "").strip() or None
        raise Problem(ErrorCode.UNKNOWN_FORMAT, "must be text", path)

    def required(self, path: str) -> str:
        found = self.text(path)
        if found is None:
            raise Problem(ErrorCode.MISSING_REQUIRED, f"{path} is missing", path)
        return found

    def word(self, path: str, words: Mapping[str, str]) -> str:
        """The contract's word for a value that must be one of these, in capitals."""
        found = self.required(path)
        word = words.get(found.upper())
        if word is None:
            raise Problem(ErrorCode.BAD_ENUM, f"{found[:80]!r} is not one of {', '.join(words)}", path)
        return word

    def moment(self, path: str) -> str | None:
        """A time, which says its offset."""
        found = self.text(path)
        if found is None:
            return None
        try:
            return read_moment(found, "")[0].isoformat()
        except Problem as problem:
            raise Problem(problem.code, problem.message, path) from None

    def all(self, path: str) -> list["Node"]:
        """The objects of a list; none where it is not there."""
        found = self.get(path)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Problem(ErrorCode.UNKNOWN_FORMAT, "must be a list of objects", path)
        return [Node(one) for one in found]


Build = Callable[[Node, Context], Iterable[Record]]


@dataclass(frozen=True)
class Pages:
    """An interface's answers. `lists` says what the elements of the lists of these names are, `through` in which
    objects the lists stand. A file may hold several pages one after the other. `needs` are names that tell the answers
    from other JSON."""

    source: str
    title: Any
    needs: frozenset[str]
    lists: Mapping[str, Build]
    through: frozenset[str] = frozenset()

    def format(self) -> Format:
        """The pages as a format that files can be read in."""
        return Format(self.source, self.title, self._fit, self._read, self._again)

    def _fit(self, head: Head) -> int:
        return 1 + len(self.needs) if head.is_json and self.needs <= head.names else 0

    def _read(self, stream: IO[bytes], context: Context) -> Iterator[Row]:
        walk = JsonStream(as_utf8(stream))
        page = 0
        while walk.peek():
            page += 1
            if walk.peek() != "{":
                raise FileUnreadable("A page must be a JSON object.")
            yield from self._page(walk, f"page {page} " if page > 1 else "", context)

    def _page(self, walk: JsonStream, place: str, context: Context) -> Iterator[Row]:
        for name in walk.names():
            here = f"{place}/{name}"
            if name in self.lists and walk.peek() == "[":
                for index, (value, text) in enumerate(walk.elements()):
                    yield from self._rows(name, value, text, f"{here}/{index}", context)
            elif name in self.through and walk.peek() == "{":
                yield from self._page(walk, here, context)
            else:
                walk.value()

    def _rows(self, name: str, value: Any, text: str, pointer: str, context: Context) -> Iterator[Row]:
        defaults = {**context.defaults({"system": SYSTEM}), "header": name}
        try:
            if isinstance(value, Bad):
                raise value.problem()
            records = list(self.lists[name](Node(value), context))
        except Problem as problem:
            yield Row(pointer, Bad(problem.code, problem.message, problem.field), text, defaults)
            return
        for position, record in enumerate(records):
            place = pointer if position == 0 else f"{pointer} {record['type']} {position}"
            yield Row(place, record, text, defaults)

    def _again(self, text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
        try:
            value = loads(text)
        except Malformed as error:
            value = Bad(error.code, error.message)
        name = stored.get("header", "")
        yield from self._rows(name if name in self.lists else next(iter(self.lists)), value, text, "", context)
