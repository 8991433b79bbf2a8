"""What readers are told about an account's files."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from intake.models import ImportProfile
from intake.readers.column_map import ColumnMap
from intake.readers.context import Context, Mailbox
from sellers.models import SellerAccount


def context_for(
    account: SellerAccount,
    observed_at: datetime | str,
    system: str | None = None,
    profile: ImportProfile | None = None,
    others: Iterable[SellerAccount] = (),
) -> Context:
    """The context of a file of this account that first arrived at `observed_at`.

    `others` are accounts that what is in it may go to as well, where it says so.
    """
    own = _mailbox(account)
    return Context(
        observed_at=observed_at,
        system=system,
        zone=own.zone,
        platform=own.platform,
        marketplace=own.marketplace,
        identity=own.identity,
        columns=ColumnMap.from_json(profile.mapping, profile.pk) if profile else None,
        mailbox=own,
        mailboxes=tuple(_mailbox(other) for other in others if other.pk != account.pk),
    )


def _mailbox(account: SellerAccount) -> Mailbox:
    key = hmac.new(settings.IDENTITY_KEY.encode(), f"account {account.pk}".encode(), hashlib.sha256).digest()
    return Mailbox(
        key=account.key,
        tags=frozenset(tag.strip().lower() for tag in account.mailbox_tags),
        marketplace=account.marketplace,
        platform=account.platform,
        zone=account.time_zone,
        identity=key,
    )
