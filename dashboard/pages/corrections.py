"""The pages of corrections: what waits for a person, what was done, and what one of them moves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard import corrected, words
from intake import corrections
from intake.corrections import CorrectionError
from intake.models import Conflict, Correction
from intake.repair import KINDS
from kpis.metrics import Text
from kpis.preview import Move, Preview, preview
from sellers.models import SellerAccount, User

PER_PAGE = 50
State = Correction.State

# The lists of the page, each with the states it shows.
LISTS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "proposed": (_("Proposed"), (State.PROPOSED,)),
    "applied": (_("Applied"), (State.APPLIED,)),
    "ended": (_("Undone or withdrawn"), (State.UNDONE, State.WITHDRAWN)),
}
# What a person can do with a correction, by the address of the step.
STEPS: dict[str, Callable[[Correction, datetime, User | None], Correction]] = {
    "apply": corrections.apply,
    "withdraw": corrections.withdraw,
    "undo": corrections.undo,
}
DECISIONS: dict[str, Callable[[Conflict, datetime, User | None], Conflict]] = {
    "keep": corrections.keep,
    "take": corrections.take,
}


@dataclass(frozen=True)
class Dispute:
    """An open conflict between a person and a source."""

    conflict: Conflict
    what: str
    field: str
    pinned: str
    said: str
    at: str


@dataclass(frozen=True)
class Entry:
    """One correction in a list."""

    correction: Correction
    what: str
    lines: list[corrected.Line]
    last: corrected.Step


@dataclass(frozen=True)
class Tab:
    """One of the lists, and how many it holds."""

    name: str
    title: Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class CorrectionsPage:
    """Everything the list page shows."""

    account: SellerAccount
    may_write: bool
    disputes: list[Dispute]
    tabs: list[Tab]
    entries: list[Entry]
    page: Page


@dataclass(frozen=True)
class Shift:
    """One figure that would move."""

    move: Move

    @property
    def day(self) -> str:
        return words.long_day(self.move.on)

    @property
    def before_word(self) -> Text:
        return words.band_word(self.move.metric, self.move.before.band)

    @property
    def after_word(self) -> Text:
        return words.band_word(self.move.metric, self.move.after.band)

    @property
    def before_basis(self) -> str:
        return words.basis(self.move.before)

    @property
    def after_basis(self) -> str:
        return words.basis(self.move.after)


@dataclass(frozen=True)
class CorrectionPage:
    """Everything the page of one correction shows."""

    account: SellerAccount
    correction: Correction
    may_write: bool
    what: str
    lines: list[corrected.Line]
    steps: list[corrected.Step]
    console: str
    preview: Preview | None
    problem: str

    @property
    def now(self) -> list[Shift]:
        return [Shift(move) for move in self.preview.now] if self.preview else []

    @property
    def published(self) -> list[Shift]:
        return [Shift(move) for move in self.preview.published] if self.preview else []

    @property
    def days(self) -> list[str]:
        return [words.long_day(day) for day in self.preview.days] if self.preview else []

    @property
    def report_day(self) -> str:
        return words.long_day(self.preview.report_day) if self.preview else ""


def corrections_page(account: SellerAccount, wanted: str, number: str, may_write: bool) -> CorrectionsPage:
    """The account's open conflicts and one list of its corrections, the newest first."""
    own = Correction.objects.filter(account=account).select_related("proposed_by", "applied_by", "ended_by")
    counts = {name: own.filter(state__in=states).count() for name, (_title, states) in LISTS.items()}
    current = wanted or ("proposed" if counts["proposed"] or not any(counts.values()) else "applied")
    page = Paginator(own.filter(state__in=LISTS[current][1]).order_by("-id"), PER_PAGE).get_page(number)
    return CorrectionsPage(
        account=account,
        may_write=may_write,
        disputes=[_dispute(one) for one in _open_conflicts(account)],
        tabs=[Tab(name, title, counts[name], name == current) for name, (title, _states) in LISTS.items()],
        entries=[
            Entry(one, corrected.what(one), corrected.lines(one, account), corrected.steps(one, account)[-1])
            for one in page
        ],
        page=page,
    )


def correction_page(
    account: SellerAccount, correction: Correction, now: datetime, *, may_write: bool, is_staff: bool, asked: bool
) -> CorrectionPage:
    """One correction with what it would move: applying it while it waits, undoing it where that was `asked` for.

    Only for who may do it: trying it out holds up other writers of the account for a moment.
    """
    shown, problem = None, ""
    step = {State.PROPOSED: corrections.apply, State.APPLIED: corrections.undo if asked else None}.get(
        State(correction.state)
    )
    if step is not None and may_write:
        try:
            shown = preview(account, lambda: step(correction, now), now)
        except CorrectionError as error:
            problem = str(error)
    return CorrectionPage(
        account=account,
        correction=correction,
        may_write=may_write,
        what=corrected.what(correction),
        lines=corrected.lines(correction, account),
        steps=corrected.steps(correction, account),
        console=console_address(corrections.row_of(correction)) if is_staff else "",
        preview=shown,
        problem=problem,
    )


def correction_or_404(account: SellerAccount, number: int) -> Correction:
    """One correction of this account."""
    people = ("proposed_by", "applied_by", "ended_by")
    found = Correction.objects.select_related("account", *people).filter(account=account, pk=number).first()
    if found is None:
        raise Http404
    return found


def conflict_or_404(account: SellerAccount, number: int) -> Conflict:
    """One conflict of this account."""
    found = Conflict.objects.select_related("account").filter(account=account, pk=number).first()
    if found is None:
        raise Http404
    return found


def console_address(row: Any) -> str:
    """The row's own page in the console."""
    model = next(model for model in KINDS if isinstance(row, model))
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])


def _open_conflicts(account: SellerAccount) -> Iterable[Conflict]:
    return Conflict.objects.filter(account=account, closed_at=None).select_related("account").order_by("-id")[:PER_PAGE]


def _dispute(conflict: Conflict) -> Dispute:
    kind, name, account = conflict.record_type, conflict.field, conflict.account
    return Dispute(
        conflict=conflict,
        what=corrected.what(conflict),
        field=corrected.field_title(kind, name),
        pinned=corrected.said(kind, name, conflict.pinned, account),
        said=corrected.said(kind, name, conflict.said, account),
        at=words.moment(conflict.opened_at, account.zone),
    )
