"""Mappings of columns: kept for an account under the digest of their header, so that the next table needs no person."""

from datetime import datetime
from typing import Any

from intake.models import ImportProfile
from intake.readers.column_map import ColumnMap
from intake.readers.mapped import fingerprint
from sellers.models import SellerAccount, User


def keep_profile(
    account: SellerAccount, columns: tuple[str, ...], said: ColumnMap, *, name: str, by: User | None, now: datetime
) -> ImportProfile:
    """Keep what the columns of this header mean from now on; what was said of it before is replaced."""
    values: dict[str, Any] = {"name": name[:120], "mapping": said.as_json(), "created_by": by, "changed_at": now}
    profile, _created = ImportProfile.objects.update_or_create(
        account=account, fingerprint=fingerprint(columns), defaults=values
    )
    return profile
