"""Conflicts: a source now says something else about a field that a person has corrected. A person decides.

Whether there is a conflict follows from the row alone (what is pinned, what the source said then, what it says now), so
that neither the order of deliveries nor their repetition opens another one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from intake.models import Conflict
from intake.pieces import in_pieces
from sellers.models import SellerAccount

if TYPE_CHECKING:
    from intake.merge import Merged


def settle_conflicts(
    account: SellerAccount, merged: Sequence["Merged"], raw_item_id: int | None, now: datetime
) -> None:
    """Open a conflict for each field on which a source and a person now differ; close those on which they do not."""
    pinned = {one.row.pk: one for one in merged if one.pinned}
    if not pinned:
        return
    kind = next(iter(pinned.values())).kind
    open_ones: dict[tuple[int, str], Conflict] = {}
    waiting = Conflict.objects.filter(account=account, record_type=kind.name, closed_at=None)
    for piece in in_pieces(sorted(pinned)):
        open_ones.update(((one.row_id, one.field), one) for one in waiting.filter(row_id__among=piece))
    new = []
    for row_id, one in sorted(pinned.items()):
        for field, (shown, said) in one.disagreements().items():
            known = open_ones.pop((row_id, field), None)
            if known is None:
                new.append(
                    Conflict(
                        account=account, record_type=kind.name, system=one.row.system, external_id=one.row.external_id,
                        row_id=row_id, field=field, pinned=shown, said=said, raw_item_id=raw_item_id, opened_at=now,
                    )
                )  # fmt: skip
            elif (known.pinned, known.said) != (shown, said):
                known.pinned, known.said, known.raw_item_id = shown, said, raw_item_id
                known.save(update_fields=["pinned", "said", "raw_item_id"])
    Conflict.objects.bulk_create(new)
    for known in open_ones.values():  # the source has come to agree, or says again what it said at first
        known.closed_at, known.decision = now, Conflict.Decision.AGREED
        known.save(update_fields=["closed_at", "decision"])
