"""What readers are told about an account's files."""

import hashlib
import hmac
from datetime import datetime

from django.conf import settings

from intake.models import ImportProfile
from intake.readers.column_map import ColumnMap
from intake.readers.context import Context
from sellers.models import SellerAccount


def context_for(
    account: SellerAccount, observed_at: datetime | str, system: str | None = None, profile: ImportProfile | None = None
) -> Context:
    """The context of a file of this account that first arrived at `observed_at`."""
    key = hmac.new(settings.IDENTITY_KEY.encode(), f"account {account.pk}".encode(), hashlib.sha256).digest()
    return Context(
        observed_at=observed_at,
        system=system,
        zone=account.time_zone,
        platform=account.platform,
        marketplace=account.marketplace,
        identity=key,
        columns=ColumnMap.from_json(profile.mapping, profile.pk) if profile else None,
    )
