"""Corrections: a person changes a row over what its sources say. Proposed, applied, and undone whenever they want.

Every step is one transaction that waits for the account's other writers. An applied correction is never overwritten by
a delivery; where a source then says something new, a person decides the conflict.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from intake.codes import Problem
from intake.contract import RECORD_TYPES
from intake.fields import Cleaning, Keep, canonical
from intake.models import Conflict, Correction
from intake.record import RecordType
from intake.repair import KINDS, exclude, pin, repin, shown, unpin
from intake.sentences import told
from intake.threads import MergeError, check_merge, merge, part
from messaging.models import Agent, Author, Conversation, Message
from sellers.audit import recording
from sellers.facts import SourceRow
from sellers.late import correcting
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount, User
from sellers.repair import REASON_LENGTH

Kind, State = Correction.Kind, Correction.State


class CorrectionError(ValueError):
    """Why a correction cannot be made, in one sentence for the person; `field` names the value, if it is one."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Change:
    """What is to be changed about a row: values as the contract writes them, or the conversation to merge into."""

    kind: Correction.Kind
    values: Mapping[str, Any] = field(default_factory=dict)
    target: Conversation | None = None


def propose(
    account: SellerAccount,
    row: SourceRow,
    change: Change,
    *,
    by: User | None,
    now: datetime,
    reason: str,
    case_number: str = "",
) -> Correction:
    """Write down a change without making it. Raises CorrectionError."""
    with transaction.atomic():
        lock_for_writing(account.id)
        correction = _prepared(account, row, change, by, now, reason, case_number)
        with recording(correction.reason):
            correction.save()
    return correction


def correct(
    account: SellerAccount,
    rows: Sequence[SourceRow],
    change: Change,
    *,
    by: User | None,
    now: datetime,
    reason: str,
    case_number: str = "",
) -> int:
    """Make the same change to rows of one table at once; returns how many were changed. Raises CorrectionError."""
    with transaction.atomic():
        lock_for_writing(account.id)
        # As they are now: another person may have changed them since they were chosen.
        fresh = type(rows[0])._default_manager.in_bulk([row.pk for row in rows]) if rows else {}
        made = [_prepared(account, fresh[row.pk], change, by, now, reason, case_number) for row in rows]
        for correction in made:
            correction.state, correction.applied_by, correction.applied_at = State.APPLIED, by, now
        with recording(reason.strip()), correcting():
            Correction.objects.bulk_create(made)
            return _do(account, made, now)


def apply(correction: Correction, now: datetime, by: User | None = None) -> Correction:
    """Make a proposed change. Raises CorrectionError when it is no longer waiting, or cannot be made any more."""
    with transaction.atomic():
        correction = _locked(correction, State.PROPOSED)
        row = row_of(correction)
        _require_possible(correction, row)
        if correction.kind in (Kind.VALUES, Kind.NO_REPLY_NEEDED):
            kind = KINDS[type(row)]
            after = {name: kind.bits[name].from_wire(value) for name, value in correction.after.items()}
            _require_fit(row, kind, {**shown(row), **after})
            # What stands before is what stands now, not what stood when it was proposed.
            correction.before = _said(row, correction.after)
        correction.state, correction.applied_by, correction.applied_at = State.APPLIED, by, now
        with recording(correction.reason), correcting():
            correction.save()
            _do(correction.account, [correction], now)
    return correction


def withdraw(correction: Correction, now: datetime, by: User | None = None) -> Correction:
    """Take back a change that was only proposed. Raises CorrectionError."""
    with transaction.atomic():
        correction = _locked(correction, State.PROPOSED)
        correction.state, correction.ended_by, correction.ended_at = State.WITHDRAWN, by, now
        with recording(correction.reason):
            correction.save()
    return correction


def undo(correction: Correction, now: datetime, by: User | None = None) -> Correction:
    """Let the sources speak again about what was changed, with all they have said meanwhile. Raises CorrectionError.

    Where an earlier correction of the same field still holds, that one is seen again.
    """
    with transaction.atomic():
        correction = _locked(correction, State.APPLIED)
        correction.state, correction.ended_by, correction.ended_at = State.UNDONE, by, now
        with recording(correction.reason), correcting():
            correction.save()
            _undo(correction, now)
    return correction


def undo_exclusions(account: SellerAccount, rows: Iterable[SourceRow], now: datetime, by: User | None, why: str) -> int:
    """Count excluded rows of one account again; returns how many were."""
    keys_of: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        keys_of[KINDS[type(row)].name].append(row.pk)
    with transaction.atomic(), recording(why), correcting():
        lock_for_writing(account.id)
        changed = 0
        for name, keys in keys_of.items():
            applied = Correction.objects.filter(account=account, record_type=name, state=State.APPLIED)
            applied.filter(kind=Kind.EXCLUDE, row_id__in=keys).update(state=State.UNDONE, ended_by=by, ended_at=now)
            changed += exclude(account, RECORD_TYPES[name].model, keys, False, now)
    return changed


def keep(conflict: Conflict, now: datetime, by: User | None = None) -> Conflict:
    """Let the correction stand against what the source says now; it is asked again only when that changes."""
    with transaction.atomic():
        conflict = _decided(conflict, Conflict.Decision.KEPT, now, by)
        kind = RECORD_TYPES[conflict.record_type]
        value = kind.bits[conflict.field].from_wire(conflict.pinned)
        with correcting():
            pin(conflict.account, kind.model, [conflict.row_id], {conflict.field: value}, now)
    return conflict


def take(conflict: Conflict, now: datetime, by: User | None = None) -> Conflict:
    """Believe the source about this field: the corrections of it no longer hold. Their other fields still do."""
    with transaction.atomic():
        conflict = _decided(conflict, Conflict.Decision.TAKEN, now, by)
        sentence = _("The source's value was taken over the correction.")
        with recording(sentence), correcting():
            for correction in _applied(conflict.account, conflict.record_type, conflict.row_id):
                if conflict.field in correction.after:
                    correction.released = sorted({*correction.released, conflict.field})
                    if set(correction.after) <= set(correction.released):
                        correction.state, correction.ended_by, correction.ended_at = State.UNDONE, by, now
                    correction.save()
            model = RECORD_TYPES[conflict.record_type].model
            unpin(conflict.account, model, [conflict.row_id], [conflict.field], now)
    return conflict


def row_of(correction: Correction | Conflict) -> SourceRow:
    """The row that is corrected."""
    manager: Any = RECORD_TYPES[correction.record_type].model._default_manager
    row: SourceRow = manager.select_related("account").get(account=correction.account_id, pk=correction.row_id)
    return row


def cleaned(row: SourceRow, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Values for a row, checked by the rules that deliveries have to keep, without what it shows already.

    Raises CorrectionError.
    """
    kind, known = KINDS[type(row)], shown(row)
    kept: dict[str, Any] = {}
    for name, said in values.items():
        one = kind.bits.get(name)
        if one is None or name in ("external_id", "extra"):
            raise CorrectionError(_("“%(name)s” cannot be corrected.") % {"name": name}, name)
        value = None
        if said not in (None, "", [], {}):
            try:
                value = one.clean(said, Cleaning(now))
            except Problem as problem:
                raise CorrectionError(f"{problem.code.label} ({told(problem.message)})", name) from None
            except Keep:
                raise CorrectionError(_("%(value)s is not a word of this list.") % {"value": said}, name) from None
        if value is None and one.required:
            raise CorrectionError(_("This field is required."), name)
        if value != known.get(name):
            kept[name] = value
    if not kept:
        raise CorrectionError(_("Nothing is different, so nothing was changed."))
    _require_fit(row, kind, {**known, **kept})
    _require_there(row, kept)
    return kept


def _require_fit(row: SourceRow, kind: RecordType, values: dict[str, Any]) -> None:
    for check in kind.checks:
        if check.broken(values.get):
            raise CorrectionError(told(check.message), check.holds)
    if kind.one_of and all(values.get(name) is None for name in kind.one_of):
        raise CorrectionError(_("One of these is needed: %(names)s.") % {"names": ", ".join(kind.one_of)})


def _require_there(row: SourceRow, values: Mapping[str, Any]) -> None:
    links: dict[str, Any] = {"conversation_external_id": Conversation, "author_external_id": Agent}
    for name, model in links.items():
        value = values.get(name)
        own = {"account": row.account_id, "system": row.system, "external_id": value}
        if value is not None and not model.objects.filter(**own).exists():
            raise CorrectionError(_("This belongs to another account or another system."), name)


def _prepared(
    account: SellerAccount,
    row: SourceRow,
    change: Change,
    by: User | None,
    now: datetime,
    reason: str,
    case_number: str,
) -> Correction:
    """The correction that this change would be, checked and not stored."""
    reason = reason.strip()
    if len(reason) < REASON_LENGTH:
        raise CorrectionError(_("A reason has at least ten characters."), "reason")
    if row.account_id != account.pk:
        raise CorrectionError(_("This belongs to another account or another system."))
    kind = KINDS[type(row)]
    correction = Correction(
        account=account, kind=change.kind, record_type=kind.name, system=row.system, external_id=row.external_id,
        row_id=row.pk, reason=reason, case_number=case_number.strip(), proposed_by=by, proposed_at=now,
    )  # fmt: skip
    if change.kind in (Kind.VALUES, Kind.NO_REPLY_NEEDED):
        values = {"needs_reply": False} if change.kind == Kind.NO_REPLY_NEEDED else change.values
        kept = cleaned(row, values, now) if "needs_reply" in kind.bits or change.kind == Kind.VALUES else {}
        correction.after = {name: kind.bits[name].to_wire(value) for name, value in kept.items()}
        correction.before = _said(row, correction.after)
    elif change.kind == Kind.EXCLUDE:
        correction.before, correction.after = {"excluded": False}, {"excluded": True}
    elif change.target is not None:
        correction.after = {"merged_into": change.target.external_id, "target": change.target.pk}
        correction.before = {"merged_into": None}
    _require_possible(correction, row)
    return correction


def _require_possible(correction: Correction, row: SourceRow) -> None:
    """Raise CorrectionError unless the change makes sense for the row as it is now."""
    if correction.kind == Kind.EXCLUDE and row.excluded:
        raise CorrectionError(_("This row is excluded already."))
    if correction.kind == Kind.NO_REPLY_NEEDED and not (
        isinstance(row, Message) and row.author_kind == Author.BUYER and correction.after
    ):
        raise CorrectionError(_("Only a buyer's message can be said to need no reply."))
    if correction.kind == Kind.MERGE:
        if not isinstance(row, Conversation) or not correction.after:
            raise CorrectionError(_("Only a conversation can be merged into another one."))
        try:
            check_merge(row, _target(correction))
        except MergeError as error:
            raise CorrectionError(str(error)) from None


def _said(row: SourceRow, names: Iterable[str]) -> dict[str, Any]:
    """What the row shows now for these fields, as the contract writes it."""
    kind, known = KINDS[type(row)], shown(row)
    return {name: None if known.get(name) is None else kind.bits[name].to_wire(known[name]) for name in names}


def _target(correction: Correction) -> Conversation:
    return Conversation.objects.get(pk=correction.after["target"])


def _locked(correction: Correction, state: Correction.State) -> Correction:
    """The correction as it is once other writers of its account are done, if it still stands where it should."""
    lock_for_writing(correction.account_id)
    found = Correction.objects.select_for_update(of=("self",)).select_related("account").get(pk=correction.pk)
    if found.state != state:
        raise CorrectionError(
            _("Somebody else was faster: this correction is %(state)s.") % {"state": found.get_state_display()}
        )
    return found


def _decided(conflict: Conflict, decision: str, now: datetime, by: User | None) -> Conflict:
    lock_for_writing(conflict.account_id)
    found = Conflict.objects.select_for_update(of=("self",)).select_related("account").get(pk=conflict.pk)
    if found.closed_at is not None:
        raise CorrectionError(_("Somebody else was faster: this conflict is decided."))
    found.decision, found.decided_by, found.closed_at = decision, by, now
    found.save()
    return found


def _applied(account: SellerAccount, record_type: str, row_id: int) -> list[Correction]:
    """What holds of a row, the newest first."""
    found = Correction.objects.filter(account=account, record_type=record_type, row_id=row_id, state=State.APPLIED)
    return list(found.order_by("-applied_at", "-id"))


def _do(account: SellerAccount, corrections: Sequence[Correction], now: datetime) -> int:
    """Make the changes, all rows with the same one at once."""
    groups: dict[tuple[str, str, str], list[Correction]] = defaultdict(list)
    for one in corrections:
        groups[one.kind, one.record_type, canonical(one.after)].append(one)
    changed = 0
    for (what, record_type, _after), group in groups.items():
        kind, keys = RECORD_TYPES[record_type], [one.row_id for one in group]
        if what == Kind.EXCLUDE:
            changed += exclude(account, kind.model, keys, True, now)
        elif what == Kind.MERGE:
            for one in group:
                merge(account, Conversation.objects.get(pk=one.row_id), _target(one), now)
                changed += 1
        else:
            values = {name: kind.bits[name].from_wire(value) for name, value in group[0].after.items()}
            changed += pin(account, kind.model, keys, values, now)
    return changed


def _undo(correction: Correction, now: datetime) -> None:
    account, kind, keys = correction.account, RECORD_TYPES[correction.record_type], [correction.row_id]
    if correction.kind == Kind.EXCLUDE:
        exclude(account, kind.model, keys, False, now)
        return
    if correction.kind == Kind.MERGE:
        part(account, Conversation.objects.get(pk=correction.row_id), now)
        return
    left = _applied(account, correction.record_type, correction.row_id)
    again: dict[str, Any] = {}
    for name in set(correction.after) - set(correction.released):
        holding = [one for one in left if name in one.after and name not in one.released]
        if holding:
            again[name] = kind.bits[name].from_wire(holding[0].after[name])
    gone = set(correction.after) - set(correction.released) - set(again)
    disputed = Conflict.objects.filter(
        account=account, record_type=kind.name, row_id=correction.row_id, closed_at=None, field__in=gone
    )
    disputed.update(closed_at=now, decision=Conflict.Decision.UNDONE)
    if gone:
        unpin(account, kind.model, keys, sorted(gone), now)
    if again:
        repin(account, kind.model, keys, again, now)
