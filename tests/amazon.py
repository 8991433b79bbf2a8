"""Amazon's files through the gate: taken in for an account, with what the database then holds."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intake import imports
from intake.contract import RECORD_TYPES
from intake.models import DeleteNotice, ImportRun, RejectedRow
from orders.models import Shipment
from sellers.models import SellerAccount
from tests.makers import make_account

DATA = Path(__file__).parent / "data" / "amazon"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
NOT_SAID = {"id", "account_id", "raw_item_id", "order_id", "excluded"}


def sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


def american(**values: Any) -> SellerAccount:
    return make_account("acme-us", time_zone="America/Los_Angeles", marketplace="US", **values)


def take_in(account: SellerAccount, content: bytes | str, now: datetime = NOW, **options: Any) -> ImportRun:
    """Import a file, or the sample of that name, to its end."""
    content = sample(content) if isinstance(content, str) else content
    run = imports.store(account, "file", io.BytesIO(content), now=now, **options)
    run = imports.run(run.pk, now=now)
    assert (run.state, run.error) == (ImportRun.State.DONE, "")
    return run


def counts(run: ImportRun) -> tuple[int, ...]:
    """Received, created, updated, unchanged, stale, quarantined."""
    found = tuple(run.counts().values())
    assert found[0] == sum(found[1:])
    return found


def problems(run: ImportRun) -> list[tuple[str, str, str]]:
    rejected = RejectedRow.objects.filter(raw_item=run.raw_item).order_by("pk")
    return [(row.pointer, row.field, row.code) for row in rejected]


def one(model: Any, external_id: str, *names: str) -> dict[str, Any]:
    """These columns of a row."""
    return dict(model.objects.values(*names).get(external_id=external_id))


def everything() -> dict[str, list[Any]]:
    """Every record of the database with all that was said and follows, whatever order it was said in."""
    models = [kind.model for kind in RECORD_TYPES.values()]
    tables = {model.__name__: list(model.objects.order_by("external_id").values()) for model in models}
    tables["waiting"] = list(DeleteNotice.objects.order_by("record_type", "external_id").values())
    tables["Shipment"] = [
        {**row, "order": row["order__external_id"]}
        for row in Shipment.objects.order_by("order__external_id", "external_id").values(
            "order__external_id", *(field.attname for field in Shipment._meta.concrete_fields)
        )
    ]
    return {
        name: [{key: value for key, value in row.items() if key not in NOT_SAID} for row in rows]
        for name, rows in tables.items()
    }
