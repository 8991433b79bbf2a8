"""What a person decides about rows lies over what the sources say, and goes through the code that imports use.

Decided values are pinned: no delivery overwrites them, and everything that follows (replies, turns, verdicts, marks) is
written as after any import. Each changed row leaves an audit entry. Who decided what, and why, says
`intake.corrections`.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import chain, groupby
from typing import Any, cast

from django.db.models import Model

from intake.contract import RECORD_TYPES
from intake.fields import Field
from intake.pieces import in_pieces
from intake.places import InAgent, InColumn, InConversation
from intake.record import RecordType
from intake.shipments import SHIPMENT_FIELDS, load_shipments
from intake.statements import Statement, milliseconds
from intake.touched import Touched
from intake.writing import write
from orders.models import Order, Shipment
from sellers.audit import note
from sellers.facts import SourceRow
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

KINDS: dict[type[Model], RecordType] = {kind.model: kind for kind in RECORD_TYPES.values()}


def repairable(model: type[Model]) -> dict[str, Field]:
    """The columns of a model that a person may state, in the order of the contract, with their fields."""
    return {
        one.place.columns[0]: one
        for one in KINDS[model].bits.values()
        if isinstance(one.place, InColumn | InConversation | InAgent) and one.name not in ("external_id", "deleted_at")
    }


def pin(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], values: Mapping[str, Any], now: datetime
) -> int:
    """Show these values for rows of one account from now on, in the caller's transaction; how many rows changed.

    `values` are named and cleaned as the contract does, None for "known to be empty". The reason is the caller's
    `recording`.
    """
    return _decide(account, model, keys, now, pins=dict(values))


def repin(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], values: Mapping[str, Any], now: datetime
) -> int:
    """Show these values where others are pinned, in the caller's transaction: an earlier decision holds again.

    Nobody looked at what the sources have said meanwhile, so what differs from that stays a conflict.
    """
    return _decide(account, model, keys, now, repins=dict(values))


def unpin(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], names: Collection[str], now: datetime
) -> int:
    """Show again what the sources say about these fields, in the caller's transaction."""
    return _decide(account, model, keys, now, unpins=tuple(names))


def settle_again(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], names: Collection[str], now: datetime
) -> int:
    """Follow these fields once more to what they point at, in the caller's transaction."""
    return _decide(account, model, keys, now, again=tuple(names))


def exclude(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], excluded: bool, now: datetime
) -> int:
    """Count these rows of one account nowhere, or count them again, in the caller's transaction."""
    lock_for_writing(account.id)
    before = {row.pk: row for row in _rows(account, model, keys)}
    touched = Touched()
    rows = _rows(account, model, keys)
    for row in rows:
        row.excluded = excluded
        touched.add(row)
    manager: Any = model._default_manager
    manager.bulk_update(rows, ["excluded"])
    touched.recompute(account, now)
    return sum(note(before[row.pk], row) is not None for row in _rows(account, model, keys))


def _decide(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], now: datetime, **decided: Any
) -> int:
    lock_for_writing(account.id)
    before = {row.pk: row for row in _rows(account, model, keys)}
    named = {name for how in ("pins", "repins", "unpins") for name in decided.get(how, ())}
    packages = _packages(keys) if "shipments" in named else {}
    for raw_item_id, rows in groupby(sorted(before.values(), key=_raw_item), key=_raw_item):
        # Each row keeps the raw item it came from: what people do is told by the audit log, not by an import.
        write(account, [_statement(row, decided, now) for row in rows], now, raw_item_id or None)
    changed = 0
    packages_now = _packages(keys) if "shipments" in named else {}
    for row in _rows(account, model, keys):
        more = {}
        if packages.get(row.pk) != packages_now.get(row.pk):
            more["shipments"] = (packages.get(row.pk, ""), packages_now.get(row.pk, ""))
        changed += note(before[row.pk], row, **more) is not None
    return changed


def shown(row: SourceRow) -> dict[str, Any]:
    """What is to be seen of a row now, by the names of the contract; what is not known is absent."""
    if isinstance(row, Order):
        load_shipments([row])
    values = {name: field.place.load(row) for name, field in KINDS[type(row)].bits.items()}
    return {name: value for name, value in values.items() if value is not None}


def state_new(account: SellerAccount, statement: Statement, now: datetime) -> SourceRow:
    """Store a record that a person has written down, in the caller's transaction."""
    model = statement.record_type.model
    write(account, [statement], now, None)
    row = model._default_manager.get(account=account, system=statement.system, external_id=statement.external_id)
    note(None, row)
    return cast(SourceRow, row)


def _rows(account: SellerAccount, model: type[SourceRow], keys: Collection[int]) -> list[SourceRow]:
    relations = [name for name in ("conversation", "agent", "replied_by", "merged_into") if hasattr(model, name)]
    rows = model._default_manager.filter(account=account).select_related("account", *relations).order_by("pk")
    return [row for piece in in_pieces(sorted(keys)) for row in rows.filter(pk__in=piece)]


def _raw_item(row: SourceRow) -> int:
    return row.raw_item_id or 0


def _statement(row: SourceRow, decided: Mapping[str, Any], now: datetime) -> Statement:
    """A statement that says nothing about the record itself, only what is to be done with its fields."""
    return Statement(
        record_type=KINDS[type(row)],
        account_key=None,
        system=row.system,
        external_id=row.external_id,
        version=milliseconds(now),
        values={},
        **decided,
    )


def _packages(keys: Collection[int]) -> dict[int, str]:
    """The packages of orders as audit entries show them."""
    said: dict[int, list[dict[str, Any]]] = {}
    packages = Shipment.objects.order_by("external_id")
    for package in chain.from_iterable(packages.filter(order_id__in=piece) for piece in in_pieces(keys)):
        said.setdefault(package.order_id, []).append(package_said(package))
    return {key: json.dumps(packages, ensure_ascii=False) for key, packages in said.items()}


def package_said(package: Shipment) -> dict[str, Any]:
    """A package as the contract writes it, without what is not known."""
    values = {name: getattr(package, name) for name in SHIPMENT_FIELDS}
    return {
        name: SHIPMENT_FIELDS[name].to_wire(value)
        for name, value in values.items()
        if value is not None and value not in ("", [])
    }
