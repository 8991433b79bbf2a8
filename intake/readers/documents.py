"""Canonical JSON: a batch document of any size, a list of records, or one record or batch on each line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from intake.codes import ErrorCode
from intake.readers.context import Context
from intake.readers.strict_json import JsonStream, Malformed, loads
from intake.readers.text import FileUnreadable, as_utf8, numbered_lines, spelled_out
from intake.rows import Bad, Row
from intake.sentences import Sentence

HEAD = 64 * 1024
ENVELOPE = ("system", "observed_at")  # what a document may say for all its records; the account is the importer's


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """Every record of the file. Raises FileUnreadable where nothing more can be read."""
    if by_lines(as_utf8(stream).read(HEAD)):
        return _read_lines(as_utf8(stream), context)
    return _read_document(stream, context)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    """The record that a text repaired by hand is."""
    try:
        record = loads(text)
    except Malformed as error:
        record = Bad(error.code, error.message)
    yield Row("", record, text, context.defaults())


def by_lines(head: bytes) -> bool:
    """Whether each line is a value of its own: the first one is, and it is not a whole document alone in the file."""
    first, newline, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        return False
    try:
        value = loads(first.decode())
    except (Malformed, UnicodeDecodeError):
        return not _opens_document(first, newline)
    return bool(rest.strip()) or "records" not in value


def _opens_document(first: bytes, newline: bytes) -> bool:
    """A first line that is no JSON: the beginning of a document over many lines, or of one longer than the head."""
    return not newline or not first.rstrip().endswith(b"}")


def _read_lines(stream: IO[bytes], context: Context) -> Iterator[Row]:
    defaults = context.defaults()
    for number, line in numbered_lines(stream):
        pointer = f"line {number}"
        if line is None:
            yield Row(pointer, Bad(ErrorCode.TOO_LARGE, Sentence("the line is too long")), "", defaults)
            continue
        if not line.strip():
            continue
        try:
            text = line.decode().strip()
            value = loads(text)
        except UnicodeDecodeError:
            text = spelled_out(line.decode("utf-8", "surrogateescape")).strip()
            yield Row(pointer, Bad(ErrorCode.UNDECODABLE, Sentence("the line is not valid UTF-8")), text, defaults)
            continue
        except Malformed as error:
            yield Row(pointer, Bad(error.code, error.message), text, defaults)
            continue
        if isinstance(value, dict) and isinstance(value.get("records"), list):
            inner = context.defaults(_said(value))
            for index, record in enumerate(value["records"]):
                yield Row(f"{pointer} /records/{index}", record, None, inner)
        else:
            yield Row(pointer, value, text, defaults)


def _read_document(stream: IO[bytes], context: Context) -> Iterator[Row]:
    walk = JsonStream(as_utf8(stream))
    first = walk.peek()
    if first == "[":
        defaults = context.defaults()
        for index, (record, text) in enumerate(walk.elements()):
            yield Row(f"/{index}", record, text, defaults)
    elif first == "{":
        yield from _read_object(stream, context)
        return
    else:
        raise FileUnreadable(
            Sentence("The file is empty.") if not first else Sentence("The file is neither a JSON object nor a list.")
        )
    if walk.peek():
        raise FileUnreadable(Sentence("Something follows the end of the JSON document."))


def _read_object(stream: IO[bytes], context: Context) -> Iterator[Row]:
    envelope, has_records = _look_ahead(JsonStream(as_utf8(stream)))
    defaults = context.defaults(_said(envelope))
    if not has_records:
        if "type" not in envelope:
            raise FileUnreadable(Sentence('The JSON document has no "records".'))
        record, text = _whole(stream)
        yield Row("/", record, text, context.defaults())
        return
    walk = JsonStream(as_utf8(stream))
    seen: set[str] = set()
    for key in walk.names():
        if key in seen:
            raise FileUnreadable(Sentence("The JSON document names %(key)s twice.", key=repr(key[:80])))
        seen.add(key)
        if key != "records":
            walk.value()
            continue
        if walk.peek() != "[":
            raise FileUnreadable(Sentence('"records" must be a list.'))
        for index, (record, text) in enumerate(walk.elements()):
            yield Row(f"/records/{index}", record, text, defaults)
    if walk.peek():
        raise FileUnreadable(Sentence("Something follows the end of the JSON document."))


def _look_ahead(walk: JsonStream) -> tuple[dict[str, Any], bool]:
    """The words of the envelope, wherever they stand; records are passed over. Stops as soon as all are known."""
    envelope: dict[str, Any] = {}
    has_records = False
    try:
        for key in walk.names():
            if key == "records" and walk.peek() == "[":
                has_records = True
                if all(name in envelope for name in ENVELOPE):
                    break
                for _record in walk.elements():
                    pass
            elif key in envelope:
                raise FileUnreadable(Sentence("The JSON document names %(key)s twice.", key=repr(key[:80])))
            else:
                envelope[key] = walk.value()[0]
    except FileUnreadable:
        if not has_records:
            raise  # otherwise the second reading takes what can be read, and reports the place
    return envelope, has_records


def _whole(stream: IO[bytes]) -> tuple[dict[str, Any] | Bad, str]:
    """A document that is one record, with its text; Bad where one of its values is none."""
    walk = JsonStream(as_utf8(stream))
    record: dict[str, Any] = {}
    texts: list[str] = []
    bad: Bad | None = None
    for key in walk.names():
        value, text = walk.value()
        texts.append(f"{json.dumps(key, ensure_ascii=False)}: {text}")
        record[key] = value
        if bad is None and isinstance(value, Bad):
            bad = replace(value, field=f"{key}.{value.field}" if value.field else key)
    return bad or record, "{" + ", ".join(texts) + "}"


def _said(envelope: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: envelope[name] for name in ENVELOPE if envelope.get(name) is not None}
    for name, value in said.items():
        if isinstance(value, Bad):
            raise FileUnreadable(
                Sentence(
                    "“%(name)s” of the JSON document cannot be read: %(message)s.", name=name, message=value.message
                )
            )
    return said
