"""The page on which a change of one row is proposed: what can be changed about it, and the form for that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from dashboard import corrected
from dashboard.correction_form import CorrectionForm
from dashboard.pages.corrections import console_address
from intake import corrections
from intake.corrections import Change, CorrectionError
from intake.models import Correction
from intake.repair import KINDS
from kpis.metrics import Metric, Text
from messaging.models import Author, Conversation, Message, Turn
from orders.models import Shipment
from sellers.facts import SourceRow
from sellers.models import SellerAccount, User

Kind = Correction.Kind
TITLES: dict[str, Text] = {
    Kind.VALUES: _("Change a value"),
    Kind.EXCLUDE: _("Exclude"),
    Kind.NO_REPLY_NEEDED: _("No reply needed"),
    Kind.MERGE: _("Merge conversations"),
}
# What stands behind figures.
BEHIND: tuple[type[Model], ...] = (*KINDS, Turn, Shipment)
TABLES = {model.__name__.lower(): model for model in BEHIND}


@dataclass(frozen=True)
class CorrectPage:
    """Everything the page shows. `row` is what is corrected; for a merge it is the row's conversation."""

    account: SellerAccount
    row: SourceRow
    kind: str
    kinds: list[tuple[str, Text]]
    form: CorrectionForm
    what: str
    console: str

    @property
    def title(self) -> Text:
        return TITLES[self.kind]


def kinds_of(model: type[Model]) -> list[tuple[str, Text]]:
    """What can be done with rows of a table that stands behind a figure."""
    kinds = [Kind.VALUES, Kind.EXCLUDE]
    if model in (Message, Turn):
        kinds.append(Kind.NO_REPLY_NEEDED)
    if model in (Message, Turn, Conversation):
        kinds.append(Kind.MERGE)
    return [(kind.value, TITLES[kind]) for kind in kinds]


@dataclass(frozen=True)
class Ways:
    """What can be done with the rows behind a figure, and how the addresses name their table."""

    table: str
    kinds: list[tuple[str, Text]]


def ways_to_correct(metric: Metric) -> Ways:
    """What the menu of each row behind this metric offers."""
    model = metric.fact.model
    return Ways(model.__name__.lower(), kinds_of(model))


def ways_with(model: type[Model], *, asks: bool = True) -> Ways:
    """What the menu beside a row of this table offers; only what a buyer asks may need no reply."""
    kinds = kinds_of(model)
    if not asks:
        kinds = [(kind, title) for kind, title in kinds if kind != Kind.NO_REPLY_NEEDED]
    return Ways(model.__name__.lower(), kinds)


def row_or_404(account: SellerAccount, table: str, key: int) -> SourceRow:
    """The record behind a row of a figure: a turn's opening message, a package's order, else the row itself."""
    model = TABLES.get(table)
    own = None if model is None else model._default_manager.filter(account=account, pk=key).first()
    if isinstance(own, Turn):
        own = own.opening
    elif isinstance(own, Shipment):
        own = own.order
    if not isinstance(own, SourceRow):
        raise Http404
    own.account = account
    return own


def correct_page(
    account: SellerAccount, row: SourceRow, wanted: str, data: Mapping[str, Any] | None, *, is_staff: bool
) -> CorrectPage:
    """The form for one kind of change of a row."""
    asks = not isinstance(row, Message) or row.author_kind == Author.BUYER
    kinds = ways_with(type(row), asks=asks).kinds
    kind = wanted if wanted in dict(kinds) else Kind.VALUES.value
    if kind == Kind.MERGE and isinstance(row, Message):
        row = row.conversation
    named = Correction(record_type=KINDS[type(row)].name, system=row.system, external_id=row.external_id)
    return CorrectPage(
        account=account,
        row=row,
        kind=kind,
        kinds=kinds,
        form=CorrectionForm(data, row=row, kind=kind, account=account),
        what=corrected.what(named),
        console=console_address(row) if is_staff else "",
    )


def propose(page: CorrectPage, now: datetime, by: User) -> Correction | None:
    """The proposal that the form describes; None where the form says what is wrong with it."""
    form = page.form
    if not form.is_valid():
        return None
    try:
        change = Change(Kind(page.kind), form.changed_values(), form.target)
        return corrections.propose(
            page.account, page.row, change, by=by, now=now,
            reason=form.cleaned_data["reason"], case_number=form.cleaned_data["case_number"],
        )  # fmt: skip
    except CorrectionError as error:
        form.add_error(form.name_of(error.field), str(error))
        return None
