"""Which account a mail is for: by the addresses it came to, then by the marketplace that Amazon names."""

from collections.abc import Collection
from email.message import Message

from intake.readers.amazon.records import MARKETPLACES
from intake.readers.context import Context, Mailbox
from intake.readers.mail import headers
from intake.sentences import Sentence

COUNTRIES = frozenset(MARKETPLACES.values())


class NobodysMail(ValueError):
    """The mail is for an account that is not known here, or that the sender may not write."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def mailbox_of(mail: Message, own_reply_from: str, context: Context) -> Mailbox:
    """The mailbox that a mail is for; the importer's where nothing says otherwise. Raises NobodysMail.

    Of a reply of one's own the sender counts (`own_reply_from`), of everything else the recipients.
    """
    if own_reply_from:
        addresses = {own_reply_from}
    else:
        found = headers.addresses(mail, "Delivered-To", "X-Original-To", "X-Forwarded-To", "To", "Cc")
        addresses = {address for _shown, address in found}
    own = context.mailbox
    known = [own, *(one for one in context.mailboxes if one.key != own.key)]
    country = MARKETPLACES.get(headers.field(mail, "X-Marketplace-ID"), "")
    addressed = [one for one in known if is_addressed(one, addresses)]
    fitting = [one for one in addressed if _sells_in(one, country)]
    if len(fitting) == 1:
        return fitting[0]
    if own in fitting:
        return own
    if fitting:
        raise NobodysMail(
            Sentence(
                "more than one account has this address: %(accounts)s",
                accounts=", ".join(sorted(one.key for one in fitting)),
            )
        )
    if addressed and not country:
        return addressed[0]
    sorts = any("@" not in tag for tag in own.tags)
    if not addressed and sorts and any(_tag(address) for address in addresses) and not own_reply_from:
        raise NobodysMail(Sentence("no account that you may write has this address"))
    if _sells_in(own, country):
        return own
    others = [one for one in known if one.platform == "amazon" and _country(one) == country]
    if len(others) == 1:
        return others[0]
    if others:
        raise NobodysMail(
            Sentence("it is for the marketplace %(country)s, and several accounts sell there", country=country)
        )
    raise NobodysMail(
        Sentence(
            "it is for the marketplace %(country)s, and no account that you may write sells there", country=country
        )
    )


def is_addressed(mailbox: Mailbox, addresses: Collection[str]) -> bool:
    """Whether one of the addresses is the mailbox's: as a whole, or by the tag after its plus sign."""
    return any(address in mailbox.tags or _tag(address) in {*mailbox.tags, mailbox.key} - {""} for address in addresses)


def is_own_address(mailbox: Mailbox, address: str) -> bool:
    """Whether the account itself writes from this address. A tag alone does not say so: anybody can have one."""
    local, at, domain = address.partition("@")
    return address in mailbox.tags or f"{local.partition('+')[0]}{at}{domain}" in mailbox.tags


def _tag(address: str) -> str:
    """ "acme-us" of support+acme-us@example.com."""
    return address.partition("@")[0].partition("+")[2]


def _country(mailbox: Mailbox) -> str:
    country = mailbox.marketplace.strip().upper()
    return "UK" if country == "GB" else country


def _sells_in(mailbox: Mailbox, country: str) -> bool:
    """Whether a mail of this marketplace may be this account's; one that covers several countries takes them all."""
    return not country or _country(mailbox) not in COUNTRIES or _country(mailbox) == country
