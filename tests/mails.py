"""Mails for tests: made from a few words, and what a reader makes of their bytes."""

import io
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from intake.readers import READERS, recognise
from intake.readers.context import Context, Mailbox
from intake.rows import Row

DATA = Path(__file__).parent / "data" / "mail"
OBSERVED = datetime(2026, 11, 20, tzinfo=UTC)
US, DE, JP = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1VC38T7YXB528"
RELAY = "a1b2c3d4@marketplace.amazon.com"
_numbers = count(1)


def sample(name: str) -> bytes:
    return (DATA / f"{name}.eml").read_bytes()


def mail(body: str | bytes = "Hello", /, *, charset: str = "utf-8", **fields: str) -> bytes:
    """The bytes of a mail; `fields` by name with underscores, an empty one leaves out what stands by default."""
    said = {
        "From": "Kim <kim@example.net>",
        "To": "support@shop.example",
        "Date": "Mon, 09 Nov 2026 10:00:00 +0000",
        "Subject": "A question",
        "Message_ID": f"<made-{next(_numbers)}@example.net>",
        "Content_Type": f"text/plain; charset={charset}",
        **fields,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in said.items() if value)
    return head.encode("utf-8", "surrogateescape") + b"\n" + (body.encode(charset) if isinstance(body, str) else body)


def from_buyer(body: str, /, **fields: str) -> bytes:
    """A buyer's message through Amazon."""
    said = {
        "From": f'"Alex - Amazon Marketplace" <{RELAY}>',
        "Subject": "Order delivery inquiry from Amazon customer Alex (Order: 111-1111111-1111111)",
        "X_Space_Notification_Type": "BBC_MESSAGE_SENT_TO_MERCHANT",
        "X_Marketplace_ID": US,
    }
    return mail(body, **{**said, **fields})


def copy_of(text: str, /, **fields: str) -> bytes:
    """The copy of an answer that was typed in Seller Central."""
    said = {
        "From": "Amazon.com <donotreply@amazon.com>",
        "Subject": "Your e-mail to Alex",
        "X_Space_Notification_Type": "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT",
        "X_Marketplace_ID": US,
    }
    token = fields.pop("token", "")
    tail = f"[commMgrTok:{token}]" if token else ""
    body = f"Here is a copy. ------------- Begin message ------------- {text} ------------- End message ------------- "
    return mail(body + tail, **{**said, **fields})


def mailbox(
    key: str = "acme-us", tags: tuple[str, ...] = (), marketplace: str = "US", platform: str = "amazon"
) -> Mailbox:
    return Mailbox(key, frozenset(tags), marketplace, platform, "America/Los_Angeles", key.encode())


def context(own: Mailbox | None = None, *others: Mailbox, system: str | None = None) -> Context:
    own = own or mailbox()
    return Context(
        observed_at=OBSERVED, system=system, zone=own.zone, platform=own.platform, marketplace=own.marketplace,
        identity=own.identity, mailbox=own, mailboxes=others,
    )  # fmt: skip


def rows(content: bytes, where: Context | None = None) -> list[Row]:
    """Every row of a file, whose format has to be recognised."""
    where = where or context()
    source = recognise(io.BytesIO(content), where)
    return list(READERS[source].read(io.BytesIO(content), where))


def row(content: bytes, where: Context | None = None) -> Row:
    (only,) = rows(content, where)
    return only


def record(content: bytes, where: Context | None = None) -> dict[str, Any]:
    """The record that a mail is."""
    only = row(content, where)
    assert isinstance(only.record, dict), only.record
    return only.record


def problem(content: bytes, where: Context | None = None) -> str:
    return str(row(content, where).record.code)
