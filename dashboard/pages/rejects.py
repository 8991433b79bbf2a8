"""The pages of rows that were set aside: why, where they stand, and what a person can do with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from dashboard import words
from dashboard.pages.imports import format_title
from intake.codes import ErrorCode
from intake.models import ImportRun, RejectedRow
from intake.sentences import told
from kpis.metrics import Text
from sellers.models import SellerAccount

PER_PAGE = 50
State = RejectedRow.State


@dataclass(frozen=True)
class Line:
    """One row that was set aside."""

    row: RejectedRow

    @property
    def reason(self) -> Text:
        return ErrorCode(self.row.code).label

    @property
    def message(self) -> str:
        return told(self.row.message, self.row.message_kept)

    @property
    def place(self) -> str:
        return words.place_in_file(self.row.pointer)

    @property
    def text(self) -> str:
        """What a person repairs: the row as it was repaired last, else as it arrived."""
        return self.row.fixed_text or self.row.row_text

    @property
    def header(self) -> str:
        return str(self.row.context.get("header", ""))

    @property
    def format(self) -> str:
        return format_title(str(self.row.context.get("source", "")))

    @property
    def lines(self) -> int:
        return min(max(self.text.count("\n") + 1, 2), 12)

    @property
    def resolved(self) -> str:
        return words.moment(self.row.resolved_at, self.row.account.zone) if self.row.resolved_at else ""


@dataclass(frozen=True)
class RejectsPage:
    """Everything the page shows; `run` is None on the page of a whole account."""

    account: SellerAccount
    run: ImportRun | None
    lines: list[Line]
    page: Page
    state: str
    states: list[tuple[str, Text, int]]
    code: str
    codes: list[tuple[str, Text, int]]
    asked: int

    @property
    def open(self) -> int:
        return next(count for name, _title, count in self.states if name == State.OPEN)


def rows_of(account: SellerAccount, run: ImportRun | None) -> QuerySet[RejectedRow]:
    """The rows that were set aside: of an import, as far as they are this account's, or of the whole account."""
    rows = RejectedRow.objects.filter(account=account)
    return rows if run is None else rows.filter(raw_item=run.raw_item_id)


def chosen_rows(account: SellerAccount, run: ImportRun | None, query: Mapping[str, str]) -> QuerySet[RejectedRow]:
    """The rows that a page's address asks for: of one state, perhaps with one reason."""
    state = query.get("state", "")
    rows = rows_of(account, run).filter(state=state if state in State.values else State.OPEN)
    code = query.get("code", "")
    return rows.filter(code=code) if code in ErrorCode.values else rows


def rejects_page(account: SellerAccount, run: ImportRun | None, query: Mapping[str, str]) -> RejectsPage:
    """The rows of one state, in the order in which they arrived. Five queries."""
    every = rows_of(account, run)
    counts = dict(every.order_by().values_list("state").annotate(count=Count("id")))
    state = query.get("state", "") if query.get("state", "") in State.values else State.OPEN
    codes = every.filter(state=state).order_by().values_list("code").annotate(count=Count("id"))
    rows = chosen_rows(account, run, query).select_related("resolved_by").order_by("id")
    page = Paginator(rows, PER_PAGE).get_page(query.get("page", "1"))
    for row in page:
        row.account = account
    return RejectsPage(
        account=account,
        run=run,
        lines=[Line(row) for row in page],
        page=page,
        state=str(state),
        states=[(value, label, counts.get(value, 0)) for value, label in State.choices],
        code=query.get("code", "") if query.get("code", "") in ErrorCode.values else "",
        codes=[(code, ErrorCode(code).label, count) for code, count in sorted(codes, key=lambda pair: -pair[1])],
        asked=every.filter(retry_asked_at__isnull=False).count(),
    )
