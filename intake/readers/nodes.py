"""Objects of other systems' JSON, read by what their values mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from intake.codes import ErrorCode, Problem
from intake.readers.times import read_moment
from intake.sentences import Sentence

LAST_SECOND = 253_402_300_799  # of the year 9999


class Node:
    """An object of a JSON document. `path` names the way to a value, such as `fulfillment.fulfilledBy`.

    Each method returns None for what is not there, and raises Problem with the path for what has another shape.
    `stored` are words that the reader keeps beside an element of the file, for reading it again.
    """

    def __init__(self, value: Any, stored: Mapping[str, str] | None = None) -> None:
        if not isinstance(value, dict):
            raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("must be an object"))
        self.value = value
        self.stored = stored or {}

    def get(self, path: str) -> Any:
        """The value as it is."""
        found: Any = self.value
        for name in path.split("."):
            if found is None:
                return None
            if not isinstance(found, dict):
                raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("%(name)s stands in no object", name=name), path)
            found = found.get(name)
        return found

    def has(self, path: str) -> bool:
        """Whether the value is named, be it null."""
        *before, name = path.split(".")
        place = self.get(".".join(before)) if before else self.value
        return isinstance(place, dict) and name in place

    def text(self, path: str) -> str | None:
        found = self.get(path)
        if found is None or isinstance(found, str):
            return (found or "").strip() or None
        raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("must be text"), path)

    def required(self, path: str) -> str:
        found = self.text(path)
        if found is None:
            raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("%(path)s is missing", path=path), path)
        return found

    def ident(self, path: str) -> str | None:
        """An ID, which many systems write as a number."""
        found = self.get(path)
        return str(found) if type(found) is int else self.text(path)

    def needed(self, path: str) -> str:
        """An ID that must be there."""
        found = self.ident(path)
        if found is None:
            raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("%(path)s is missing", path=path), path)
        return found

    def flag(self, path: str) -> bool | None:
        found = self.get(path)
        if found is None or isinstance(found, bool):
            return found
        raise Problem(ErrorCode.BAD_ENUM, Sentence("must be true or false"), path)

    def word(self, path: str, words: Mapping[str, str]) -> str:
        """The contract's word for a value that must be one of these, in capitals."""
        found = self.required(path)
        word = words.get(found.upper())
        if word is None:
            raise Problem(
                ErrorCode.BAD_ENUM,
                Sentence("%(text)s is not one of %(allowed)s", text=repr(found[:80]), allowed=", ".join(words)),
                path,
            )
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

    def instant(self, path: str) -> str | None:
        """A time in seconds since 1970, or one that is written out."""
        found = self.get(path)
        if isinstance(found, Decimal) or type(found) is int:
            if 0 <= found <= LAST_SECOND:
                return datetime.fromtimestamp(int(found), UTC).isoformat()
            raise Problem(ErrorCode.BAD_TIMESTAMP, Sentence("is not a number of seconds since 1970"), path)
        return self.moment(path)

    def at(self, path: str) -> "Node | None":
        """An object within this one."""
        found = self.get(path)
        if found is None or isinstance(found, dict):
            return None if found is None else Node(found)
        raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("must be an object"), path)

    def all(self, path: str) -> list["Node"]:
        """The objects of a list; none where it is not there."""
        found = self.get(path)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Problem(ErrorCode.UNKNOWN_FORMAT, Sentence("must be a list of objects"), path)
        return [Node(one) for one in found]
