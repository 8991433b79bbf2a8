"""JSON as the contract takes it: no key twice, no NaN, no numbers of absurd length, and no need to hold a whole file.

The standard library's scanner works on a window of the text that grows until one record fits in it. So a record's text
can be kept as it was sent, and one scanner decides what is valid for the API and for files alike
(docs/decisions/0009-reading-json.md).
"""

import codecs
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from intake.codes import ErrorCode
from intake.fields import NUMBER_DIGITS
from intake.readers.text import FileUnreadable
from intake.rows import Bad
from intake.sentences import Sentence

RECORD_LIMIT = 5 * 1024 * 1024  # characters of one value
WINDOW = 256 * 1024

_WHITE = " \t\r\n"


class Malformed(ValueError):
    """Not JSON as the contract takes it; `code` says why."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StrictDecoder:
    """Decodes values and notes what is wrong inside them without losing the place where they end."""

    def __init__(self) -> None:
        self.flaws: list[Bad] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._decimal,
            parse_int=self._integer,
            parse_constant=self._constant,
        )

    def decode(self, text: str, start: int = 0) -> tuple[Any, int]:
        """The value at `start` and where it ends; Bad in place of a value that must not be taken.

        Raises ValueError where the text is no JSON, and RecursionError where it is nested absurdly deep.
        """
        self.flaws.clear()
        value, end = self._decoder.raw_decode(text, start)
        return (self.flaws[0] if self.flaws else value), end

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _value in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            self.flaws.append(Bad(ErrorCode.UNKNOWN_FORMAT, Sentence("the object names this field twice"), twice[:80]))
        return found

    def _decimal(self, digits: str) -> Decimal:
        try:
            return Decimal(digits)
        except InvalidOperation:
            self.flaws.append(Bad(ErrorCode.BAD_NUMBER, Sentence("a number is too large to be one")))
            return Decimal(0)

    def _integer(self, digits: str) -> int:
        if len(digits) > NUMBER_DIGITS:
            self.flaws.append(
                Bad(
                    ErrorCode.BAD_NUMBER,
                    Sentence("a number has more than %(number_digits)s digits", number_digits=NUMBER_DIGITS),
                )
            )
            return 0
        return int(digits)

    def _constant(self, word: str) -> None:
        self.flaws.append(Bad(ErrorCode.BAD_NUMBER, Sentence("%(word)s is not a number", word=word)))


def loads(text: str) -> Any:
    """A whole text as one value. Raises Malformed."""
    decoder = StrictDecoder()
    start = len(text) - len(text.lstrip(_WHITE))
    try:
        value, end = decoder.decode(text, start)
    except RecursionError:
        raise Malformed(ErrorCode.TOO_LARGE, Sentence("nested too deeply")) from None
    except ValueError as error:
        raise Malformed(ErrorCode.UNKNOWN_FORMAT, Sentence("not JSON: %(error)s", error=str(error)[:190])) from None
    if isinstance(value, Bad):
        raise Malformed(
            value.code,
            Sentence("%(field)s: %(message)s", field=value.field, message=value.message)
            if value.field
            else value.message,
        )
    if text[end:].strip(_WHITE):
        raise Malformed(ErrorCode.UNKNOWN_FORMAT, Sentence("not JSON: something follows the value"))
    return value


class JsonStream:
    """Walks through one JSON text of any size, a value at a time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.utf8 = codecs.getincrementaldecoder("utf-8")()
        self.decoder = StrictDecoder()
        self.text = ""
        self.at = 0
        self.ended = False

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        while True:
            while self.at < len(self.text):
                if self.text[self.at] not in _WHITE:
                    return self.text[self.at]
                self.at += 1
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise self._broken(Sentence("%(character)s expected", character=character))
        self.at += 1

    def value(self) -> tuple[Any, str]:
        """The next value (or Bad) and its text as it was sent."""
        if not self.peek():
            raise self._broken(Sentence("it ends in the middle"))
        while True:
            try:
                value, end = self.decoder.decode(self.text, self.at)
            except RecursionError:
                raise self._broken(Sentence("it is nested too deeply")) from None
            except ValueError as error:
                if len(self.text) - self.at > RECORD_LIMIT or not self._more():
                    raise self._broken(Sentence("%(error)s", error=getattr(error, "msg", "no value"))) from None
                continue
            if end == len(self.text) and self._more():
                continue  # a number may go on in the next window
            found = self.text[self.at : end]
            self.at = end
            return value, found

    def elements(self) -> Iterator[tuple[Any, str]]:
        """The values of the list that begins here."""
        self.expect("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.at += 1
                return
            self.expect(",")

    def names(self) -> Iterator[str]:
        """The names in the object that begins here; the caller reads each value before asking for the next name."""
        self.expect("{")
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            key, _text = self.value()
            if not isinstance(key, str):
                raise self._broken(Sentence("a name must be text"))
            self.expect(":")
            yield key
            if self.peek() == "}":
                self.at += 1
                return
            self.expect(",")

    def _more(self) -> bool:
        if self.ended:
            return False
        piece = self.stream.read(WINDOW)
        self.ended = not piece
        try:
            text = self.utf8.decode(piece, final=self.ended)
        except UnicodeDecodeError:
            raise FileUnreadable(Sentence("The file is not valid UTF-8 from here on.")) from None
        self.text, self.at = self.text[self.at :] + text, 0
        return bool(text) or self._more()

    def _broken(self, why: str) -> FileUnreadable:
        near = self.text[self.at : self.at + 40]
        return FileUnreadable(
            Sentence("The file is not valid JSON from here on (%(why)s): %(near)s", why=why, near=repr(near))
        )
