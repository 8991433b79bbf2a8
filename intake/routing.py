"""Which account a file is for, where its beginning names the marketplace; never by unpacking anything."""

import re
from collections.abc import Sequence

from intake.readers.amazon.records import MARKETPLACES
from sellers.models import Platform, SellerAccount

HEAD = 64 * 1024  # bytes that are looked at

# A marketplace ID in the account health report or in the header of a mail; a sales channel in the orders report.
_ID = re.compile(rb'(?:"marketplaceId"\s*:\s*"|^X-Marketplace-ID:\s*)([A-Z0-9]{10,16})', re.IGNORECASE | re.MULTILINE)
_CHANNEL = re.compile(rb"\t\"?Amazon\.(com(?:\.[a-z]{2})?|co\.[a-z]{2}|[a-z]{2})\"?\t", re.IGNORECASE)
_COUNTRIES = {"com": "US", "co.uk": "UK", "co.jp": "JP"}


def account_of(head: bytes, accounts: Sequence[SellerAccount]) -> SellerAccount | None:
    """The one account on Amazon whose marketplace a file names; None where it names none, or several fit."""
    named = {MARKETPLACES.get(found.decode().upper(), "") for found in _ID.findall(head)}
    named |= {_country(found.decode().lower()) for found in _CHANNEL.findall(head)}
    fitting = [one for one in accounts if one.platform == Platform.AMAZON and one.marketplace in named - {""}]
    return fitting[0] if len(fitting) == 1 and len(named) == 1 else None


def _country(domain: str) -> str:
    return _COUNTRIES.get(domain, domain.rpartition(".")[2].upper())
