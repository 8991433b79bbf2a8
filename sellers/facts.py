"""Rows that know their account and their local day, and that mark a day whenever it changes.

Every write path of a fact goes through this queryset or through `save` and `delete`: each notes the days it touched in
the same transaction, for the day a row leaves as well as for the day it enters. Calls that could not do that raise.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models, router, transaction
from django.utils.translation import gettext_lazy as _

from sellers.bulk import insert_rows, update_rows
from sellers.days import local_day
from sellers.late import Place, note_late
from sellers.marks import mark
from sellers.models import SellerAccount

BATCH = 1000


class UnmarkedWriteError(TypeError):
    """A bulk call that would change facts without knowing which days it touches."""


class MarkingQuerySet(models.QuerySet["DatedRow"]):
    def lock(self) -> tuple[list[Any], set[Place]]:
        """Lock these rows against other writers, in key order; returns their keys and the places they count in."""
        columns = sorted({*self.model.facts.values()})
        rows = self.order_by("pk").select_for_update(of=("self",)).values_list("pk", "account_id", *columns)
        keys, places = [], set()
        for key, account_id, *days in rows:
            keys.append(key)
            by_column = dict(zip(columns, days, strict=True))
            places |= {
                (account_id, fact, by_column[column], key)
                for fact, column in self.model.facts.items()
                if by_column[column] is not None
            }
        return keys, places

    def bulk_create(self, objs: Iterable[Any], batch_size: int | None = None, **options: Any) -> list[Any]:  # type: ignore[override]  # options are refused
        """Insert rows and mark their days. Conflict options are refused: the old day of a replaced row is unknown."""
        if options.get("update_conflicts") or options.get("ignore_conflicts"):
            raise UnmarkedWriteError("bulk_create with conflict options cannot mark the days it changes")
        rows = list(objs)
        if not rows:
            return []
        with transaction.atomic(using=self.db, savepoint=False):
            for row in rows:
                row.stamp()
            insert_rows(self.model, rows, self.db)
            note(places_of(rows))
        return rows

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = BATCH) -> int:
        """Store these fields of the rows and mark the days they leave and enter; day columns are always written."""
        rows = list(objs)
        if not rows:
            return 0
        columns = sorted({*fields, *self.model.days})
        before: set[Place] = set()
        with transaction.atomic(using=self.db, savepoint=False):
            for chunk in _chunks(rows, batch_size or BATCH):
                before |= self._all().filter(pk__among=[row.pk for row in chunk]).lock()[1]
                for row in chunk:
                    row.stamp()
                update_rows(self.model, chunk, columns, self.db)
            note(before | places_of(rows))
        return len(rows)

    def update(self, **values: Any) -> int:
        """Update and mark the days. A moment or account needs `save`: the day would not follow."""
        moved = {"account", "account_id", *self.model.days, *self.model.days.values()} & values.keys()
        if moved:
            raise UnmarkedWriteError(f"update() of {', '.join(sorted(moved))} would leave the day behind; use save()")
        with transaction.atomic(using=self.db):
            keys, places = self.lock()
            changed = sum(self._unmarked(chunk).update(**values) for chunk in _chunks(keys, BATCH))
            note(places)
        return changed

    update.alters_data = True  # type: ignore[attr-defined]  # Django's own marker for templates

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows and mark the days they leave."""
        with transaction.atomic(using=self.db):
            keys, places = self.lock()
            deleted, by_model = 0, Counter[str]()
            for chunk in _chunks(keys, BATCH):
                count, counts = self._unmarked(chunk).delete()
                deleted, by_model = deleted + count, by_model + Counter(counts)
            note(places)
        return deleted, dict(by_model)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _all(self) -> Self:
        return type(self)(self.model, using=self.db)

    def _unmarked(self, keys: Sequence[Any]) -> models.QuerySet[Any]:
        return models.QuerySet(self.model, using=self.db).filter(pk__among=keys)


_noted: ContextVar[set[Place] | None] = ContextVar("noted", default=None)


@contextmanager
def noting_once() -> Iterator[None]:
    """Mark what is written inside when it ends, each day once: for many writes of one transaction, inside it."""
    if _noted.get() is not None:
        yield
        return
    places: set[Place] = set()
    token = _noted.set(places)
    try:
        yield
    finally:
        _noted.reset(token)
    note(places)


def note(places: set[Place]) -> None:
    """Mark the days of changed rows, and note the rows themselves where a published week covers their day."""
    noted = _noted.get()
    if noted is not None:
        noted |= places
        return
    mark({(account_id, fact, day) for account_id, fact, day, _key in places})
    accounts = SellerAccount.objects.filter(id__among={account_id for account_id, *_ in places})
    published = {key: until for key, until in accounts.values_list("id", "published_until") if until}
    note_late(places, published)


def _chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


class DatedRow(models.Model):
    """A row of an account that is counted on local days.

    `days` names each day column and the moment it is cut from; `facts` names each fact that counts this table and the
    day column it counts by; `derived` names the columns that no person may edit.
    """

    days: ClassVar[dict[str, str]] = {}
    facts: ClassVar[dict[str, str]] = {}
    derived: ClassVar[tuple[str, ...]] = ()

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, verbose_name=_("account"), related_name="+"
    )

    objects = MarkingQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def stamp(self) -> None:
        """Cut every day column from its moment in the account's zone; an unknown moment has no day."""
        zone = self.account.zone
        for column, moment_name in self.days.items():
            moment = getattr(self, moment_name)
            if isinstance(moment, datetime):
                setattr(self, column, local_day(moment, zone))
            else:
                setattr(self, column, moment if isinstance(moment, date) else None)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic(using=kwargs.get("using") or router.db_for_write(type(self), instance=self)):
            before = self._stored().lock()[1] if self.pk else set()
            self.stamp()
            fields = kwargs.get("update_fields")
            if fields is not None:
                kwargs["update_fields"] = {*fields, *self.days}
            super().save(*args, **kwargs)
            note(before | places_of([self]))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            before = self._stored().lock()[1]
            result = super().delete(*args, **kwargs)
            note(before)
        return result

    def _stored(self) -> MarkingQuerySet:
        return MarkingQuerySet(type(self)).filter(pk=self.pk)


def places_of(rows: Sequence[Any]) -> set[Place]:
    """The (account, fact, day, key) that rows of one table count in, as they are in memory."""
    facts = rows[0].facts.items()
    return {
        (row.account_id, fact, day, row.id)
        for fact, column in facts
        for row in rows
        if (day := getattr(row, column)) is not None
    }


def assign(row: Any, values: dict[str, Any]) -> bool:
    """Set these values on a row, in memory; whether any of them is new."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def source_constraint(name: str) -> models.UniqueConstraint:
    """A record is unique by account, system and external ID; this is what makes every import repeatable."""
    return models.UniqueConstraint(fields=["account", "system", "external_id"], name=f"{name}_once")


class SourceRow(DatedRow):
    """A dated row that some system reported: who reported it, in which version, and from which raw item.

    `stated` keeps, for each version (milliseconds since 1970), which fields that version stated, as a bit mask over the
    record type's field list; with it, records that arrive in any order leave the same row.
    """

    system = models.CharField(_("system"), max_length=32)
    external_id = models.CharField(_("external ID"), max_length=255)
    stated = models.JSONField(_("versions of the fields"), default=dict, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    excluded = models.BooleanField(
        _("excluded"), default=False, editable=False, help_text=_("A person decided that no figure counts this row.")
    )
    extra = models.JSONField(_("other fields of the source"), default=dict, blank=True)
    raw_item_id = models.BigIntegerField(_("raw item"), null=True, editable=False)

    class Meta(DatedRow.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.system}:{self.external_id}"


def restamp(account: SellerAccount, report: Callable[[str], None] = lambda line: None) -> int:
    """Cut the days of all rows of an account anew, after its zone changed; returns how many rows moved."""
    moved = 0
    for model in apps.get_models():
        if issubclass(model, DatedRow) and model.days:
            count = _restamp_table(model, account)
            moved += count
            report(f"{model._meta.verbose_name_plural}: {count} moved to another day")
    return moved


def _restamp_table(model: type[DatedRow], account: SellerAccount) -> int:
    moved, last = 0, 0
    while rows := list(MarkingQuerySet(model).filter(account=account, pk__gt=last).order_by("pk")[:BATCH]):
        stale = []
        for row in rows:
            before = [getattr(row, column) for column in model.days]
            row.account = account
            row.stamp()
            if before != [getattr(row, column) for column in model.days]:
                stale.append(row)
        MarkingQuerySet(model).bulk_update(stale, model.days)
        moved, last = moved + len(stale), rows[-1].pk
    return moved
