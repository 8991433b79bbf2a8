"""Which account a file is for, where its beginning names a mailbox or the marketplace; never by unpacking anything."""

import re
from collections.abc import Sequence

from intake.readers.amazon.records import MARKETPLACES
from sellers.models import Platform, SellerAccount

HEAD = 64 * 1024  # bytes that are looked at

# A marketplace ID in the account health report or in the header of a mail; a sales channel in the orders report.
_ID = re.compile(rb'(?:"marketplaceId"\s*:\s*"|^X-Marketplace-ID:\s*)([A-Z0-9]{10,16})', re.IGNORECASE | re.MULTILINE)
_CHANNEL = re.compile(rb"\t\"?Amazon\.(com(?:\.[a-z]{2})?|co\.[a-z]{2}|[a-z]{2})\"?\t", re.IGNORECASE)
_MAIL = re.compile(rb"\s*(?:From |[A-Za-z][A-Za-z-]{0,60}:)")
_ADDRESSED = re.compile(rb"^(?:To|Cc|From|Delivered-To|X-Original-To):(.{1,1000})", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,253}")
_COUNTRIES = {"com": "US", "co.uk": "UK", "co.jp": "JP"}


def account_of(head: bytes, accounts: Sequence[SellerAccount]) -> SellerAccount | None:
    """The one account whose mailbox a mail names, or on Amazon whose marketplace a file names; None where it names
    none, or several fit."""
    tags = _tags(head)
    tagged = [one for one in accounts if tags & {tag.casefold() for tag in one.mailbox_tags}]
    if tagged:
        return tagged[0] if len(tagged) == 1 else None
    named = {MARKETPLACES.get(found.decode().upper(), "") for found in _ID.findall(head)}
    named |= {_country(found.decode().lower()) for found in _CHANNEL.findall(head)}
    fitting = [one for one in accounts if one.platform == Platform.AMAZON and one.marketplace in named - {""}]
    return fitting[0] if len(fitting) == 1 and len(named) == 1 else None


def _tags(head: bytes) -> set[str]:
    """The addresses in the headers of mails, and the words after their plus signs."""
    if not _MAIL.match(head):
        return set()
    lines = (line.decode("ascii", "replace").casefold() for line in _ADDRESSED.findall(head))
    addresses = {address for line in lines for address in _ADDRESS.findall(line)}
    plus = {address.partition("@")[0].partition("+")[2] for address in addresses}
    return (addresses | plus) - {""}


def _country(domain: str) -> str:
    return _COUNTRIES.get(domain, domain.rpartition(".")[2].upper())
