"""Which release worked out what is derived from an account's rows: what an older one wrote is worked out anew once.

Day totals know their recipe and go stale by themselves; verdicts on rows are columns, and a new column starts empty.
"""

from collections.abc import Callable
from datetime import datetime

from django.apps import apps
from django.db import transaction

from sellers.facts import DatedRow
from sellers.marks import mark
from sellers.models import DERIVATION, SellerAccount
from sellers.switches import DERIVED, follow


def catch_up(now: datetime, report: Callable[[str], None]) -> int:
    """Derive everything anew in the accounts an older release wrote, one transaction each; returns how many."""
    done = 0
    for account in SellerAccount.objects.filter(derivation__lt=DERIVATION).order_by("id"):
        report(f"{account.key}: working out what this release derives from its rows ...")
        with transaction.atomic():
            follow(account, {DERIVED}, now)
            mark_every_day(account)
            SellerAccount.objects.filter(id=account.id).update(derivation=DERIVATION)
        done += 1
    return done


def mark_every_day(account: SellerAccount) -> None:
    """Have every day with rows counted: a fact that this release counts first has no totals that could be stale."""
    for model in apps.get_models():
        if issubclass(model, DatedRow):
            for fact, column in model.facts.items():
                rows = model.objects.filter(account=account, **{f"{column}__isnull": False})
                days = rows.order_by().values_list(column, flat=True).distinct()
                mark({(account.id, fact, day) for day in days})
