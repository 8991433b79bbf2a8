"""Attempts at work that may fail: counted in a transaction of their own before the work begins, forgotten at its end.

Counting the attempt first is what lets a row that kills its process be found: the next process reads how often it was
tried. See docs/decisions/0041-attempts.md.
"""

import logging
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from kpis.failures import AccountFailure, DayFailure, Failure
from sellers.audit import note, recording
from sellers.marks import mark
from sellers.models import SellerAccount
from sellers.outage import Outage, outage

logger = logging.getLogger(__name__)

ERROR_LENGTH = 500
T = TypeVar("T")


def begin(kind: type[Failure], **what: Any) -> None:
    """Count an attempt. Whoever asks may stand in a transaction; the attempt is safe when that is committed."""
    manager: Any = kind._default_manager
    manager.bulk_create([kind(**what, failed_at=Now())], ignore_conflicts=True)
    manager.filter(**what).update(attempts=F("attempts") + 1, failed_at=Now(), error="")


def end(kind: type[Failure], **what: Any) -> None:
    """Forget what failed before: it is done."""
    kind._default_manager.filter(**what).delete()  # type: ignore[attr-defined]  # abstract to mypy


def take_back(kind: type[Failure], **what: Any) -> None:
    """Nothing was tried after all."""
    manager: Any = kind._default_manager
    if not manager.filter(**what, attempts__gt=1).update(attempts=F("attempts") - 1):
        manager.filter(**what).delete()


def fail(error: Exception, kind: type[Failure], **what: Any) -> None:
    """Keep why an attempt failed. What passes by itself is raised again, and is no attempt."""
    manager: Any = kind._default_manager
    if passes(error):
        # While the database is away this raises, too, and the attempt stays counted: one for each outage.
        take_back(kind, **what)
        raise error
    logger.error("%s failed: %s", kind.__name__, what, exc_info=error)
    manager.filter(**what).update(error=f"{type(error).__name__}: {error}"[:ERROR_LENGTH])
    if isinstance(error, SoftTimeLimitExceeded):
        raise error  # the worker's time is over, whatever it is at


def passes(error: Exception) -> bool:
    """Whether the database was away or busy. A statement that reached its time limit would reach it again."""
    return outage(error) is Outage.AWAY


def attempt(account: SellerAccount, work: str, do: Callable[[], T]) -> T | None:
    """What `do` gives, or None where it failed: then its error is kept, and the next account has its turn."""
    what = {"account": account, "work": work}
    with transaction.atomic():
        begin(AccountFailure, **what)
    try:
        done = do()
    except Exception as error:
        fail(error, AccountFailure, **what)
        return None
    end(AccountFailure, **what)
    return done


def failures_of(accounts: Collection[SellerAccount]) -> list[DayFailure | AccountFailure]:
    """What failed in these accounts and is not mended yet, whether it is set aside or tried again soon.

    An attempt without an error may just be running; its day still waits.
    """
    known = ~Q(error="") | Q(attempts__gte=Failure.ATTEMPTS)
    days = DayFailure.objects.filter(known, account__in=accounts).order_by("account", "fact", "-day")
    works = AccountFailure.objects.filter(known, account__in=accounts).order_by("account", "work")
    return [*days.select_related("account"), *works.select_related("account")]


def again(accounts: Collection[SellerAccount], reason: str) -> int:
    """Have everything of these accounts that is set aside tried again, with an entry for each; returns how much it was.

    The next sweep counts the days, each by itself; the other work is done when its turn comes.
    """
    days = DayFailure.set_aside().filter(account__in=accounts).select_related("account")
    works = AccountFailure.set_aside().filter(account__in=accounts).select_related("account")
    before, after = gettext("set aside"), gettext("tried again")
    with transaction.atomic(), recording(reason):
        found: list[DayFailure | AccountFailure] = [*days.select_for_update(of=("self",)).order_by("pk"), *works]
        mark({(one.account_id, one.fact, one.day) for one in found if isinstance(one, DayFailure)})
        for one in found:
            name = f"{one.fact} {one.day}" if isinstance(one, DayFailure) else one.work
            note(one.account, one.account, **{name: (before, after)})
        DayFailure.objects.filter(pk__in=[one.pk for one in found if isinstance(one, DayFailure)]).update(attempts=0)
        AccountFailure.objects.filter(pk__in=[one.pk for one in found if isinstance(one, AccountFailure)]).delete()
    return len(found)
