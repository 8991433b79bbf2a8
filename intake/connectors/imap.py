"""Reading a mailbox: read-only, nothing is ever marked as seen, moved or deleted.

RFC 3501: `UID n:*` names the newest mail even where its UID is below n, and UIDs hold as long as UIDVALIDITY stays.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

TIMEOUT_SECONDS = 30
PAGE_MAILS, PAGE_BYTES = 100, 20 * 1024 * 1024
MAIL_BYTES = 25 * 1024 * 1024  # of one mail; its reader says what it makes of a cut one

_SIZE = re.compile(rb"UID (\d+).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)")
_UID = re.compile(rb"UID (\d+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]+)"')


class Unreachable(Exception):
    """The server could not be reached, or broke off: it is tried again later."""


class Refused(Exception):
    """The server does not let us in, or has no such folder: a person has to act."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Mail:
    """One mail as the server gives it; `arrived_at` is the server's own time."""

    uid: int
    arrived_at: datetime
    content: bytes


class Mailbox:
    """A mailbox that one is signed in to."""

    def __init__(self, box: BaseMailBox) -> None:
        self.box = box

    def open(self, folder: str) -> int:
        """Open a folder for reading alone; returns its UIDVALIDITY."""
        try:
            self.box.folder.set(folder, readonly=True)
        except MailboxFolderSelectError:
            raise Refused("no_folder", folder) from None
        _kind, data = self.box.client.response("UIDVALIDITY")
        return int(data[0]) if data and data[0] else 0

    def uids(self, *, after: int | None = None, since: date | None = None) -> list[int]:
        """The UIDs in the open folder after one, or of the mails that arrived on a day or later."""
        said = f"SINCE {since:%d-%b-%Y}" if since else "ALL"
        if after is not None:
            said = f"UID {after + 1}:*"
        found = sorted(int(uid) for uid in self.box.uids(said))
        return [uid for uid in found if after is None or uid > after]

    def pages(self, uids: Sequence[int]) -> Iterator[list[Mail]]:
        """The mails of these UIDs, so many at once that they are held in memory with ease."""
        for start in range(0, len(uids), PAGE_MAILS):
            page: list[int] = []
            size = 0
            for uid, length in self._sizes(uids[start : start + PAGE_MAILS]):
                if page and size + length > PAGE_BYTES:
                    yield self._mails(page)
                    page, size = [], 0
                page.append(uid)
                size += min(length, MAIL_BYTES)
            if page:
                yield self._mails(page)

    def _sizes(self, uids: Sequence[int]) -> list[tuple[int, int]]:
        found = []
        for line in self._fetch(uids, "(UID RFC822.SIZE)"):
            text = line[0] if isinstance(line, tuple) else line
            sized = _SIZE.search(text or b"")
            if sized:
                found.append((int(sized[1] or sized[4]), int(sized[2] or sized[3])))
        return sorted(found)

    def _mails(self, uids: Sequence[int]) -> list[Mail]:
        found = []
        lines = self._fetch(uids, f"(UID INTERNALDATE BODY.PEEK[]<0.{MAIL_BYTES}>)")
        for position, line in enumerate(lines):
            if not isinstance(line, tuple):
                continue
            after = lines[position + 1] if position + 1 < len(lines) else b""
            about = line[0] + (after if isinstance(after, bytes) else b"")  # servers may say it behind the mail
            uid, arrived = _UID.search(about), _ARRIVED.search(about)
            if uid:
                found.append(Mail(int(uid[1]), _moment(arrived[1] if arrived else b""), line[1]))
        return sorted(found, key=lambda mail: mail.uid)

    def _fetch(self, uids: Sequence[int], what: str) -> list[Any]:
        kind, lines = self.box.client.uid("FETCH", ",".join(map(str, uids)), what)
        if kind != "OK":
            raise Unreachable(f"FETCH answered {kind}")
        return [line for line in lines if line]


@contextmanager
def mailbox(host: str, port: int, user: str, secret: dict[str, str]) -> Iterator[Mailbox]:
    """Sign in, and out again. Raises Unreachable or Refused, also out of the block."""
    try:
        if host in settings.IMAP_WITHOUT_TLS:
            box: BaseMailBox = MailBoxUnencrypted(host, port, timeout=TIMEOUT_SECONDS)
        else:
            # Without a context of ours imaplib takes any certificate, and a stranger in between the password.
            box = MailBox(host, port, timeout=TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        raise Refused("certificate", error.verify_message) from None
    except (OSError, imaplib.IMAP4.error) as error:
        raise Unreachable(_words(error)) from None
    try:
        try:
            if "token" in secret:
                box.xoauth2(user, secret["token"], initial_folder=None)
            elif f"{user}{secret.get('password', '')}".isascii():
                box.login(user, secret.get("password", ""), initial_folder=None)
            else:
                box.login_utf8(user, secret.get("password", ""), initial_folder=None)  # LOGIN speaks ASCII alone
        except imaplib.IMAP4.abort as error:
            raise Unreachable(_words(error)) from None
        except (MailboxLoginError, imaplib.IMAP4.error):
            raise Refused("login", "") from None
        yield Mailbox(box)
    except (OSError, imaplib.IMAP4.error, ImapToolsError, EOFError) as error:
        raise Unreachable(_words(error)) from None
    finally:
        try:
            box.client.logout()
        except (OSError, imaplib.IMAP4.error):
            box.client.shutdown()


def _words(error: Exception) -> str:
    """What went wrong, without anything that was sent."""
    return type(error).__name__ if isinstance(error, imaplib.IMAP4.error | ImapToolsError) else str(error)[:120]


def _moment(text: bytes) -> datetime:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, UnicodeDecodeError):
        return datetime(1970, 1, 1, tzinfo=UTC)
