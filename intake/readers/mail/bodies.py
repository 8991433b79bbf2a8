"""What a mail says: the text a person wrote, chosen among its parts, and the names and sizes of what hangs on it."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from intake.readers.mail import headers
from intake.readers.mail.charsets import Undecodable, decode
from intake.readers.mail.markup import text_of

PARTS = 500  # parts of a mail that are looked at
ATTACHMENTS = 100  # of which name, type and size are kept
DEPTH = 30
STUB = 40  # characters; a shorter plain text beside HTML may be a stub ("Please use an HTML viewer")
PART_LIMIT = 4 * 1024 * 1024  # bytes of a text part that are decoded

_STUB = re.compile(r"html|view (?:this|the) (?:e-?mail|message)|браузер|ブラウザ|浏览器", re.IGNORECASE)


@dataclass(slots=True)
class Body:
    """The text, the `pre` blocks of its HTML and that itself, the attachments, and whether a character set was not as
    declared."""

    text: str = ""
    markup: str = ""
    blocks: list[str] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    guessed: bool = False


def body_of(mail: Message, marketplace: str) -> Body:
    """The body of a mail. Raises Undecodable where its text is in no character set that is known."""
    body = Body()
    plain, html = "", ""
    for part in _parts(mail):
        kind = part.get_content_type()
        name = _name(part)
        attached = name or "attachment" in headers.field(part, "Content-Disposition").lower()
        if kind in ("text/plain", "text/html") and not attached:
            if (kind == "text/plain" and plain) or (kind == "text/html" and html):
                continue
            text, guessed = _text(part, marketplace)
            body.guessed = body.guessed or guessed
            if kind == "text/plain":
                plain = text
            else:
                html = text
        elif len(body.attachments) < ATTACHMENTS and (attached or not kind.startswith(("text/", "message/"))):
            body.attachments.append({"name": name or "", "media_type": kind, "size": _size(part)})
    body.markup = html
    seen, body.blocks = text_of(html) if html else ("", [])
    plain = plain.replace("\r\n", "\n").strip()
    stub = len(plain) < STUB and bool(_STUB.search(plain)) and bool(seen)
    body.text = seen if seen and (not plain or stub) else plain
    return body


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that are no containers, in their order; a forwarded mail is one part."""
    seen = 0
    waiting: list[tuple[Any, int]] = [(mail, 0)]
    while waiting and seen < PARTS:
        part, depth = waiting.pop()
        if not isinstance(part, Message):
            continue
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            if depth < DEPTH:
                waiting += [(one, depth + 1) for one in reversed(inner[:PARTS])]
            continue
        yield part


def _text(part: Message, marketplace: str) -> tuple[str, bool]:
    data = _data(part)[:PART_LIMIT]
    return decode(data, _parameter(part, "Content-Type", "charset"), marketplace)


def _data(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError, binascii.Error):
        data = None
    if isinstance(data, bytes):
        return data
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _size(part: Message) -> int:
    """Bytes of an attachment, without decoding it."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    if headers.field(part, "Content-Transfer-Encoding").lower() == "base64":
        letters = len(payload) - payload.count("\n") - payload.count("\r")
        return max(letters * 3 // 4 - payload[-8:].count("="), 0)
    return len(payload)


def _name(part: Message) -> str:
    name = _parameter(part, "Content-Disposition", "filename") or _parameter(part, "Content-Type", "name")
    return headers.text(name)[:255]


def _parameter(part: Message, header: str, name: str) -> str:
    """A parameter of a field, also in the form of RFC 2231; "" where there is none, or none that can be read."""
    if len(str(part.get(header, ""))) > headers.FIELD_LIMIT:
        return ""
    try:
        found = part.get_param(name, "", header)
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    if isinstance(found, tuple):
        charset, _language, value = found
        try:
            return decode(value.encode("latin-1", "replace"), charset or "")[0]
        except Undecodable:
            return value
    return found if isinstance(found, str) else ""
