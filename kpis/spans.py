"""From which to which day accounts are counted: known without going through their day totals, which are many."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import F, Value
from django.db.models.functions import Greatest, Least

from kpis.models import CountedSpan


def note_span(account_id: int, days: Collection[date], now: datetime) -> None:
    """Note up to which days the account is counted, and when. Whoever counts it is alone with it: no race."""
    first, newest = min(days), max(days)
    widened = {"first_day": Least(F("first_day"), Value(first)), "newest_day": Greatest(F("newest_day"), Value(newest))}
    if not CountedSpan.objects.filter(account=account_id).update(counted_at=now, **widened):
        CountedSpan.objects.create(account_id=account_id, first_day=first, newest_day=newest, counted_at=now)
