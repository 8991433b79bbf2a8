"""Which release worked out what is derived from an account's rows: what an older one wrote is worked out anew once.

Day totals know their recipe and go stale by themselves; verdicts on rows are columns, and a new column starts empty.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from sellers.models import DERIVATION, SellerAccount
from sellers.switches import DERIVED, follow


def catch_up(now: datetime, report: Callable[[str], None]) -> int:
    """Derive everything anew in the accounts an older release wrote, one transaction each; returns how many."""
    done = 0
    for account in SellerAccount.objects.filter(derivation__lt=DERIVATION).order_by("id"):
        report(f"{account.key}: working out what this release derives from its rows ...")
        with transaction.atomic():
            follow(account, {DERIVED}, now)
            SellerAccount.objects.filter(id=account.id).update(derivation=DERIVATION)
        done += 1
    return done
