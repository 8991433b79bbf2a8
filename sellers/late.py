"""Late changes: which rows changed on days that published weeks cover, so that a restated week can list them.

Written by every marking write, in its transaction. Before a week is published nothing is noted: an import of history is
not late.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sellers.bulk import insert_columns
from sellers.locks import lock_for_writing
from sellers.marks import Mark

Place = tuple[int, str, date, int]  # account id, fact, local day, key of the row

_correcting: ContextVar[bool] = ContextVar("correcting", default=False)


class LateChange(models.Model):
    """A row of a fact was written, moved or removed on a day that a published week covers."""

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))
    row_id = models.BigIntegerField(_("row"))
    corrected = models.BooleanField(_("by a correction"), default=False)
    at = models.DateTimeField(_("changed at"), db_default=Now())

    class Meta:
        verbose_name = _("late change")
        verbose_name_plural = _("late changes")
        indexes = [models.Index(fields=["account", "fact", "day"], name="late_change_by_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.fact} {self.day} {self.row_id}"


@contextmanager
def correcting() -> Iterator[None]:
    """Changes written inside are a person's corrections, not what a source sent late."""
    token = _correcting.set(True)
    try:
        yield
    finally:
        _correcting.reset(token)


def note_late(places: Collection[Place], published_until: dict[int, date]) -> None:
    """Note those of the changed rows whose day an account has already published."""
    late = [place for place in places if place[2] <= published_until.get(place[0], date.min)]
    if late:
        rows = [(*place, _correcting.get()) for place in sorted(late)]
        names = ("account", "fact", "day", "row_id", "corrected")
        insert_columns(LateChange, names, list(zip(*rows, strict=True)), DEFAULT_DB_ALIAS)


def changes_between(account_id: int, after: int, until: int) -> QuerySet[LateChange]:
    """The late changes of an account that came after one publication and are counted in another."""
    return LateChange.objects.filter(account_id=account_id, id__gt=after, id__lte=until)


def counted_until(account_id: int) -> int:
    """The newest late change such that it and all before it are counted.

    Writers are waited for, so that no number below it can still be on its way; what waits in marks is not counted yet.
    """
    with transaction.atomic():
        lock_for_writing(account_id)
        waiting = Mark.objects.filter(account=OuterRef("account"), fact=OuterRef("fact"), day=OuterRef("day"))
        own = LateChange.objects.filter(account_id=account_id)
        first = own.filter(Exists(waiting)).aggregate(id=Min("id"))["id"]
        return (first - 1 if first else own.aggregate(id=Max("id"))["id"]) or 0
