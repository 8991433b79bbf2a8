"""A person's repair is one more statement: newer than everything the sources have said, through the same gate.

So an older file that is read again cannot undo it, a newer report of the source can, and everything that follows
(replies, turns, verdicts, marks) is written as after any import. Each changed row leaves an audit entry.
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
from intake.statements import Statement, milliseconds
from intake.writing import SHIPMENT_FIELDS, write
from orders.models import Shipment
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


def restate(
    account: SellerAccount, model: type[SourceRow], keys: Collection[int], values: Mapping[str, Any], now: datetime
) -> int:
    """State these values for rows of one account, in the caller's transaction; returns how many rows changed.

    `values` are named and shaped as the contract does, None for "known to be empty". The reason is the caller's
    `recording`.
    """
    lock_for_writing(account.id)
    before = {row.pk: row for row in _rows(account, model, keys)}
    packages = _packages(keys) if "shipments" in values else {}
    for raw_item_id, rows in groupby(sorted(before.values(), key=_raw_item), key=_raw_item):
        # Each row keeps the raw item it came from: the repair is told by the audit log, not by an import.
        statements = [_statement(row, values, now) for row in rows]
        write(account, statements, now, raw_item_id or None)
    changed = 0
    packages_now = _packages(keys) if "shipments" in values else {}
    for row in _rows(account, model, keys):
        more = {}
        if packages.get(row.pk) != packages_now.get(row.pk):
            more["shipments"] = (packages.get(row.pk, ""), packages_now.get(row.pk, ""))
        changed += note(before[row.pk], row, **more) is not None
    return changed


def state_new(account: SellerAccount, statement: Statement, now: datetime) -> SourceRow:
    """Store a record that a person has written down, in the caller's transaction."""
    model = statement.record_type.model
    write(account, [statement], now, None)
    row = model._default_manager.get(account=account, system=statement.system, external_id=statement.external_id)
    note(None, row)
    return cast(SourceRow, row)


def _rows(account: SellerAccount, model: type[SourceRow], keys: Collection[int]) -> list[SourceRow]:
    relations = [name for name in ("conversation", "agent", "replied_by") if hasattr(model, name)]
    rows = model._default_manager.filter(account=account).select_related("account", *relations).order_by("pk")
    return [row for piece in in_pieces(sorted(keys)) for row in rows.filter(pk__in=piece)]


def _raw_item(row: SourceRow) -> int:
    return row.raw_item_id or 0


def _statement(row: SourceRow, values: Mapping[str, Any], now: datetime) -> Statement:
    newest = max((int(version) for version in row.stated if version.isdigit()), default=0)
    return Statement(
        record_type=KINDS[type(row)],
        account_key=None,
        system=row.system,
        external_id=row.external_id,
        version=max(milliseconds(now), newest + 1),  # some sources date their records ahead
        values=dict(values),
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
