"""Takes the sample accounts out again, with everything of theirs and nothing else."""

from collections.abc import Callable
from functools import lru_cache

from django.apps import apps
from django.db import connection, models, transaction

from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

Report = Callable[[str], None]


def remove(report: Report) -> int:
    """Delete every sample account and all its rows, one account in one transaction; returns how many accounts went."""
    accounts = list(SellerAccount.objects.filter(demo=True).order_by("key"))
    for account in accounts:
        with transaction.atomic():
            lock_for_writing(account.id)
            rows = _delete_rows(account)
            account.delete()
        report(f"{account.key}: {rows:,} rows removed")
    return len(accounts)


def _delete_rows(account: SellerAccount) -> int:
    """Delete what belongs to the account by plain SQL, children first.

    `account.delete()` alone would load every row into memory to look for what depends on it. Nothing is marked: the
    figures that marks would recount go with their account.
    """
    if connection.vendor == "postgresql":
        # The planner does not know rows that were just loaded, and would read whole tables for each of them.
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model, _path in owned())
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")
    return sum(
        model._base_manager.filter(**{path: account.pk})._raw_delete(model._base_manager.db)
        for model, path in reversed(owned())
    )


@lru_cache(maxsize=1)
def owned() -> tuple[tuple[type[models.Model], str], ...]:
    """Every table that belongs to an account, parents before children, with the path to the account's key."""
    paths: dict[type[models.Model], str] = {SellerAccount: ""}
    found: list[tuple[type[models.Model], str]] = []
    waiting = [model for model in apps.get_models(include_auto_created=True) if model is not SellerAccount]
    while True:
        placed = [(model, path) for model in waiting if (path := _path(model, paths))]
        if not placed:
            return tuple(found)
        for model, path in placed:
            paths[model] = path
            waiting.remove(model)
        found.extend(placed)


def _path(model: type[models.Model], paths: dict[type[models.Model], str]) -> str:
    """How this table reaches an account over tables that already do; empty if it does not, or not yet."""
    for field in model._meta.concrete_fields:
        depends = isinstance(field, models.ForeignKey) and field.remote_field.on_delete in (
            models.CASCADE,
            models.RESTRICT,
        )
        if depends and field.related_model in paths:
            return "__".join(filter(None, (field.name, paths[field.related_model])))
    return ""
