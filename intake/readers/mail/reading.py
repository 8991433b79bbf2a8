"""One mail, one row: what it is, whose it is, and what it says."""

import email
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.message import Message
from typing import IO, Any

from intake.codes import ErrorCode, WarningCode
from intake.readers.amazon.records import record
from intake.readers.context import Context
from intake.readers.mail import amazon, headers, notices
from intake.readers.mail.automatic import is_bounce, why_automatic, why_not_trusted
from intake.readers.mail.bodies import Body, body_of
from intake.readers.mail.charsets import Undecodable
from intake.readers.mail.quoting import newest
from intake.readers.mail.routing import NobodysMail, is_own_address, mailbox_of
from intake.readers.mail.splitting import MAIL_LIMIT, Source, as_bytes, as_text, is_cut, sources
from intake.rows import Bad, Clue, Row, RowWarning
from intake.sentences import Sentence

HEADER_LIMIT = 1024 * 1024  # bytes of a mail's header
CONTAINERS = 200  # declared boundaries; the standard library follows them by recursion
EARLIEST, LATEST = timedelta(days=30), timedelta(days=1)  # a Date is believed so far before and after the server's time

_REPLY_SIGNS = re.compile(
    r"^(?:\s*(?:re|aw|fwd?|wg|sv|vs|antw|odp|tr|rif|res|enc|ynt|回复|回覆|答复|转发|返信)\s*(?:\[\d+\])?[::])+\s*",
    re.IGNORECASE,
)


class _Unreadable(ValueError):
    def __init__(self, code: ErrorCode, message: str, field: str = "") -> None:
        super().__init__(message)
        self.bad = Bad(code, message, field)


def read(stream: IO[bytes], context: Context) -> Iterator[Row]:
    """A row for every mail of the file; Amazon's notices that are about no buyer are passed over."""
    for source in sources(stream):
        yield from _rows(source, f"mail {source.number}", context)


def again(text: str, stored: Mapping[str, str], context: Context) -> Iterator[Row]:
    """The row that the stored source of a mail is, or a repaired one."""
    came_at = None
    if stored.get("came_at"):
        came_at = datetime.fromisoformat(stored["came_at"])
    source = Source(1, as_bytes(text, stored.get("spelled") == "yes"), came_at)
    yield from _rows(source, "", context)


def _rows(source: Source, pointer: str, context: Context) -> Iterator[Row]:
    if source.bytes is None:
        large = Bad(ErrorCode.TOO_LARGE, Sentence("the mail has more than %(value)s MiB", value=MAIL_LIMIT // 2**20))
        yield Row(pointer, large, "", context.defaults())
        return
    text, spelled = as_text(source.bytes)
    defaults = context.defaults({"came_at": source.came_at.isoformat()} if source.came_at else None)
    if spelled:
        defaults["spelled"] = "yes"
    if is_cut(source.bytes):
        defaults["cut"] = "yes"
    account = ""
    try:
        mail = _parsed(source.bytes)
        reading = _Mail(mail, source, context)
        account = reading.account
        said = reading.record()
        if said is None:
            return
    except _Unreadable as error:
        said = error.bad
    except NobodysMail as error:
        said = Bad(ErrorCode.UNKNOWN_ACCOUNT, error.sentence, "account")
    except Undecodable as error:
        said = Bad(ErrorCode.UNDECODABLE, error.sentence, "body_text")
    except RecursionError:
        said = Bad(ErrorCode.TOO_LARGE, Sentence("the mail is nested too deeply"))
    if isinstance(said, Bad):
        yield Row(pointer, said, text, defaults, account=account)
        return
    yield Row(
        pointer, said, text, defaults, warnings=reading.warnings, account=account, clue=reading.clue,
    )  # fmt: skip


def _parsed(source: bytes) -> Message:
    end = re.search(rb"\r?\n\r?\n", source)
    if (end.start() if end else len(source)) > HEADER_LIMIT:
        raise _Unreadable(ErrorCode.TOO_LARGE, Sentence("the header of the mail has more than 1 MiB"))
    if len(re.findall(rb"boundary\s*=", source, re.IGNORECASE)) > CONTAINERS:
        raise _Unreadable(ErrorCode.TOO_LARGE, Sentence("the mail has too many parts within parts"))
    mail = email.message_from_bytes(source)
    if not mail.keys():
        raise _Unreadable(ErrorCode.UNKNOWN_FORMAT, Sentence("the text has no header of a mail"))
    return mail


class _Mail:
    """A mail that is being read. Raises _Unreadable, NobodysMail or Undecodable."""

    def __init__(self, mail: Message, source: Source, context: Context) -> None:
        self.mail = mail
        self.account = ""
        self.clue: Clue | None = None
        self.warnings: tuple[RowWarning, ...] = ()
        self.shown, self.sender = next(iter(headers.addresses(mail, "From")), ("", ""))
        self.received_at = headers.received_at(mail) or source.came_at
        self.relays = [
            relay
            for _shown, address in headers.addresses(mail, "From", "Reply-To", "To", "Cc", "Delivered-To")
            if (relay := amazon.relay_of(address)) is not None
        ]
        self.own = self._own_address(context)
        mailbox = mailbox_of(mail, self.own, context)
        self.account = "" if mailbox == context.mailbox else mailbox.key
        self.context = context.of(mailbox)
        self.subject = headers.text(headers.field(mail, "Subject"), self.context.marketplace)

    def _own_address(self, context: Context) -> str:
        """The sender, if one of the accounts' own addresses or, as far as can be seen, a Sent folder sent the mail."""
        if not self.sender or amazon.is_amazon(self.sender):
            return ""
        mailboxes = (context.mailbox, *context.mailboxes)
        if any(is_own_address(mailbox, self.sender) for mailbox in mailboxes):
            return self.sender
        unknown = not any("@" in tag for tag in context.mailbox.tags)
        to_buyer = any(amazon.relay_of(address) for _shown, address in headers.addresses(self.mail, "To"))
        return self.sender if unknown and to_buyer and not self.mail.get_all("Received") else ""

    def record(self) -> dict[str, Any] | Bad | None:
        """What the mail says; None where that is nothing about a buyer."""
        doubt = why_not_trusted(self.mail)
        if doubt:
            raise _Unreadable(
                ErrorCode.SENDER_NOT_TRUSTED, Sentence("the receiving server reports %(doubt)s", doubt=doubt), "From"
            )
        if not self.sender:
            raise _Unreadable(ErrorCode.MISSING_REQUIRED, Sentence("the mail names no sender"), "From")
        from_amazon = amazon.is_amazon(self.sender)
        if headers.field(self.mail, amazon.KIND) and not from_amazon:
            message = "the mail calls itself Amazon's, and its sender is not"
            raise _Unreadable(ErrorCode.SENDER_NOT_TRUSTED, message, "From")
        self.sent_at = self._sent_at()
        body = body_of(self.mail, self.context.marketplace)
        if body.guessed:
            self.warnings = (("body_text", WarningCode.CHARSET_GUESSED),)
        if self.own:
            return self._own_reply(body) if not self._form() else self._ordinary(body, *self._form())
        if from_amazon or (self.relays and self._answers_to_relay()):
            return self._from_amazon(body)
        return self._ordinary(body, self.shown, self.sender)

    def _answers_to_relay(self) -> bool:
        return any(amazon.relay_of(address) for _shown, address in headers.addresses(self.mail, "Reply-To"))

    def _form(self) -> tuple[str, str] | tuple[()]:
        """The buyer behind a form of the shop: it writes from the shop to the shop, to be answered elsewhere."""
        mailboxes = self.context.mailbox
        to = [address for _shown, address in headers.addresses(self.mail, "To", "Cc")]
        answers = [pair for pair in headers.addresses(self.mail, "Reply-To") if not is_own_address(mailboxes, pair[1])]
        if answers and to and all(is_own_address(mailboxes, address) for address in to):
            return answers[0]
        return ()

    def _sent_at(self) -> datetime:
        """The mail's own date, where the server's does not belie it; else the server's.

        A mail without a server's line, such as one of the Sent folder, may be moved or exported long after its date.
        """
        date = headers.moment(headers.field(self.mail, "Date"))
        server = self.received_at
        if server is not None:
            early = date is not None and date < server - EARLIEST and bool(self.mail.get_all("Received"))
            if date is None or early or date > server + LATEST:
                return server
        if date is None:
            raise _Unreadable(
                ErrorCode.BAD_TIMESTAMP, Sentence("the mail has no date, and no server says when it came"), "Date"
            )
        return date

    def _from_amazon(self, body: Body) -> dict[str, Any] | Bad | None:
        kind = amazon.kind_of(self.mail, self.sender, self.subject)
        order_id = amazon.order_in(self.subject, body.text)
        at = self.sent_at
        said: dict[str, Any] | Bad
        if kind == amazon.CANCEL:
            said = notices.cancellation(order_id, at)
        elif kind == amazon.CLAIM:
            named = headers.field(self.mail, amazon.KIND).upper()
            said = notices.claim(named, order_id, f"{self.subject}\n{body.text}", at)
        elif kind == amazon.RETURN:
            said = notices.return_request(order_id, body.text, at, self.context.zone)
        elif kind == amazon.COPY:
            return self._copy(body, order_id)
        elif kind == amazon.BUYER:
            if not self.relays:
                raise _Unreadable(
                    ErrorCode.MISSING_REQUIRED, Sentence("the mail names no address of the buyer"), "From"
                )
            return self._question(body, order_id)
        else:
            return None
        if isinstance(said, Bad):
            return said
        return {**said, "system": "amazon", "source_updated_at": at.isoformat(), **_written_out(said)}

    def _question(self, body: Body, order_id: str) -> dict[str, Any]:
        """A buyer's message, or Amazon's about a buyer who called."""
        relay = self.relays[0]
        behalf = amazon.is_on_behalf(body.text)
        name = amazon.buyer_name(self.shown, self.subject)
        automatic = "" if behalf else why_automatic(self.mail, self.sender)
        text = body.text.strip() if behalf else amazon.written(body.text, body.blocks)
        self.clue = self._clue(
            Clue.OTHER if automatic else Clue.QUESTION, body, order_id, name_key=self._name_key(name)
        )
        subject, topic = amazon.without_name(_without_signs(self.subject), name)
        return self._message(
            body, text, "amazon", self._amazon_thread(relay, body, order_id), "buyer", "inbound", automatic,
            channel="amazon_message", buyer_key=self.context.pseudonym(relay.address), subject=subject or None,
            topic=topic or None, order_external_id=order_id or None,
        )  # fmt: skip

    def _copy(self, body: Body, order_id: str) -> dict[str, Any]:
        """The copy of a reply typed in Seller Central; its thread is found by its clues."""
        text = amazon.written(body.text, body.blocks)
        name = amazon.copied_to(self.subject)
        self.clue = self._clue(Clue.COPY, body, order_id, name_key=self._name_key(name), text_key=self._text_key(text))
        thread = f"copy|{self._id(body)}"
        return self._message(body, text, "amazon", headers.ident(thread), "agent", "outbound", "")

    def _own_reply(self, body: Body) -> dict[str, Any]:
        """A mail of the shop itself, to a buyer at Amazon or to anybody else."""
        text = newest(body.text)
        automatic = why_automatic(self.mail, self.sender)
        to = [pair for pair in headers.addresses(self.mail, "To", "Cc") if amazon.relay_of(pair[1]) is not None]
        agent = {"author_external_id": self.sender, "author_name": self.shown[:120] or None}
        subject = _without_signs(self.subject)
        if not to:
            buyers = headers.addresses(self.mail, "To", "Cc")
            buyer = next((one for _shown, one in buyers if not is_own_address(self.context.mailbox, one)), "")
            return self._message(
                body, text, "email", self._root(body), "agent", "outbound", automatic, channel="email",
                subject=subject or None, buyer_key=self.context.pseudonym(buyer) if buyer else None, **agent,
            )  # fmt: skip
        relay = amazon.relay_of(to[0][1])
        assert relay is not None  # noqa: S101  # it was chosen for being one
        order_id = amazon.order_in(self.subject, body.text)
        name = amazon.buyer_name(to[0][0], subject)
        self.clue = self._clue(Clue.OTHER if automatic else Clue.REPLY, body, order_id, text_key=self._text_key(text))
        subject, topic = amazon.without_name(subject, name)
        return self._message(
            body, text, "amazon", self._amazon_thread(relay, body, order_id), "agent", "outbound", automatic,
            channel="amazon_message", buyer_key=self.context.pseudonym(relay.address), subject=subject or None,
            topic=topic or None, order_external_id=order_id or None, **agent,
        )  # fmt: skip

    def _ordinary(self, body: Body, shown: str, buyer: str) -> dict[str, Any]:
        """A mail of anybody else; a report about an undelivered one is the system's."""
        bounce = is_bounce(self.mail)
        automatic = "" if self.own else why_automatic(self.mail, self.sender)
        order_id = amazon.order_in(self.subject)
        return self._message(
            body, newest(body.text), "email", self._root(body), "system" if bounce else "buyer", "inbound", automatic,
            channel="email", buyer_key=None if bounce else self.context.pseudonym(buyer),
            subject=_without_signs(self.subject) or None, order_external_id=order_id or None,
        )  # fmt: skip

    def _message(
        self, body: Body, text: str, system: str, thread: str, author: str, direction: str, automatic: str, /,
        **about: Any,
    ) -> dict[str, Any]:  # fmt: skip
        answered = next(iter(headers.message_ids(self.mail, "In-Reply-To")), None)
        return record(
            "message",
            self._id(body),
            system=system,
            source_updated_at=self.sent_at.isoformat(),
            conversation_external_id=thread,
            sent_at=self.sent_at.isoformat(),
            received_at=self.received_at.isoformat() if self.received_at else None,
            author_kind=author,
            direction=direction,
            automatic=True if automatic else None,
            automatic_reason=automatic or None,
            body_text=text,
            attachments=body.attachments or None,
            in_reply_to_external_id=answered,
            **about,
        )

    def _id(self, body: Body) -> str:
        named = headers.message_ids(self.mail, "Message-ID")
        if named:
            return named[0]
        parts = [headers.field(self.mail, name) for name in ("From", "To", "Subject", "Date")]
        return headers.ident("\x00".join([*parts, body.text]))  # holds control characters, so it is a digest

    def _root(self, body: Body) -> str:
        """The first mail of the thread, as far as this one knows it."""
        named = [*headers.message_ids(self.mail, "References"), *headers.message_ids(self.mail, "In-Reply-To")]
        return named[0] if named else self._id(body)

    def _amazon_thread(self, relay: amazon.Relay, body: Body, order_id: str) -> str:
        """The case; else the buyer and the order; else the buyer and the first mail."""
        case = next((one.case for one in self.relays if one.case), "") or amazon.case_in(body.markup + body.text)
        return case or headers.ident(f"{relay.alias}|{order_id or self._root(body)}")

    def _clue(self, kind: str, body: Body, order_id: str, *, name_key: str = "", text_key: str = "") -> Clue:
        token = amazon.token_in(body.text, body.markup)
        return Clue(kind, self.sent_at, token, order_id, name_key, text_key)

    def _name_key(self, name: str) -> str:
        folded = amazon.fold(name)
        return self.context.pseudonym("name", folded) if folded else ""

    def _text_key(self, text: str) -> str:
        letters = re.sub(r"\W+", "", text)
        return (
            self.context.pseudonym("text", hashlib.sha256(letters.casefold().encode()).hexdigest()) if letters else ""
        )


def _written_out(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() for name, value in said.items() if isinstance(value, datetime)}


def _without_signs(subject: str) -> str:
    """A subject without "Re:" and the like."""
    return _REPLY_SIGNS.sub("", subject).strip()
