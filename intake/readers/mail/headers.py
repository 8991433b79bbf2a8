"""Header fields of a mail: encoded words, addresses, IDs and times (RFC 5322, RFC 2047).

Read with small functions over the raw fields instead of the standard library's structured headers: those raise on
broken fields, and take minutes for one field of a megabyte.
"""

import binascii
import hashlib
import re
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice

from intake.readers.mail.charsets import Undecodable, decode

FIELD_LIMIT = 16 * 1024  # characters of one field that are looked at
FIELDS = 100  # fields of one name that are looked at
ADDRESSES = 100  # addresses of a mail that are looked at
ID_LIMIT = 200

_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[A-Za-z0-9.-]{1,253}")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def fields(mail: Message, name: str) -> list[str]:
    """The raw values of every field of this name, the topmost first, unfolded and cut."""
    wanted = name.lower()
    found = (str(value) for key, value in mail.raw_items() if key.lower() == wanted)
    return [re.sub(r"\r?\n", "", value[:FIELD_LIMIT]) for value in islice(found, FIELDS)]


def field(mail: Message, name: str) -> str:
    """The first field of this name, "" where there is none."""
    return next(iter(fields(mail, name)), "").strip()


def text(value: str, marketplace: str = "") -> str:
    """A field with its encoded words decoded; what cannot be decoded stays as it is."""
    try:
        parts = decode_header(value.encode("ascii", "surrogateescape").decode("ascii"))
    except UnicodeDecodeError:  # bytes beyond ASCII that nobody encoded
        raw = value.encode("utf-8", "surrogateescape")
        return _cleaned(_decoded(raw, "", marketplace))
    except (ValueError, LookupError, binascii.Error):
        return _cleaned(value)
    return _cleaned(
        "".join(
            part if isinstance(part, str) else _decoded(part, charset or "", marketplace) for part, charset in parts
        )
    )


def _decoded(data: bytes, charset: str, marketplace: str) -> str:
    try:
        return decode(data, charset, marketplace)[0]
    except Undecodable:
        return data.decode("ascii", "replace")


def _cleaned(value: str) -> str:
    return re.sub(r"\s+", " ", _CONTROL.sub(" ", value)).strip()


def addresses(mail: Message, *names: str) -> list[tuple[str, str]]:
    """(display name, address in small letters) of every address in these fields, without repetitions."""
    found: dict[str, str] = {}
    for name in names:
        for value in fields(mail, name):
            for shown, address in _parsed(value):
                readable = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                found.setdefault(readable.lower(), text(shown))
                if len(found) >= ADDRESSES:
                    return [(shown, address) for address, shown in found.items()]
    return [(shown, address) for address, shown in found.items()]


def _parsed(value: str) -> list[tuple[str, str]]:
    try:
        pairs = [(shown, address) for shown, address in getaddresses([value]) if _ADDRESS.fullmatch(address)]
    except (ValueError, IndexError, TypeError, AttributeError):  # the parser gives up in many ways
        pairs = []
    return pairs or [("", address) for address in _ADDRESS.findall(value)[:ADDRESSES]]


def message_ids(mail: Message, name: str) -> list[str]:
    """The IDs in a field, without brackets, in its order."""
    value = field(mail, name)
    found = _MESSAGE_ID.findall(value)
    if not found and value and not re.search(r"\s", value):
        found = [value.strip("<>")]
    return [ident(one) for one in found if one]


def ident(value: str) -> str:
    """An ID that the database can hold: a digest in place of one that is too long or holds control characters."""
    if len(value) > ID_LIMIT or _CONTROL.search(value):
        return "sha256:" + hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
    return value


def moment(value: str) -> datetime | None:
    """A date of a mail in UTC; one without a zone is UTC, too (RFC 5322, 3.3: "-0000")."""
    if not value:
        return None
    try:
        found = parsedate_to_datetime(value[:200])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def received_at(mail: Message) -> datetime | None:
    """When the last server took the mail: the date of the topmost Received field."""
    return moment(field(mail, "Received").rpartition(";")[2].strip())
