"""The pages of imports: which files came in, how far one is, and what a look at it has found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.pages.mapping import MappingForm, mapping_form
from intake.checks import Found, found_of
from intake.codes import ErrorCode, WarningCode
from intake.contract import RECORD_TYPES
from intake.models import ImportRun, RejectedRow
from intake.readers import READERS
from intake.sentences import told
from kpis.metrics import Text
from sellers.models import SellerAccount

PER_PAGE = 50
State = ImportRun.State
MOVING = (State.CHECKING, State.QUEUED, State.RUNNING)
# Nothing has been received yet, or never was.
UNREAD = (State.CHECKING, State.READY, State.QUEUED, State.DISCARDED)
# How a state looks: the sign that its word stands beside.
SIGNS = {State.DONE: "green", State.FAILED: "red", State.READY: "yellow"}
# What became of rows, in the order in which they add up.
PARTS = ("created", "updated", "unchanged", "stale", "quarantined")


@dataclass(frozen=True)
class Entry:
    """One import in the list."""

    run: ImportRun
    open_rows: int
    may_write: bool

    @property
    def sign(self) -> str:
        return SIGNS.get(State(self.run.state), "none")

    @property
    def format(self) -> str:
        return format_title(self.run.source)

    @property
    def rows(self) -> str:
        """How many rows were received; a dash as long as nobody has taken any in."""
        return "–" if self.run.state in UNREAD and not self.run.received else grouped(self.run.received)

    @property
    def at(self) -> str:
        return words.moment(self.run.created_at, self.run.account.zone)


@dataclass(frozen=True)
class ImportsPage:
    """Everything the list page shows."""

    entries: list[Entry]
    page: Page
    accounts: Sequence[SellerAccount]
    account: str
    state: str
    states: list[tuple[str, Text]]
    may_bring: bool


@dataclass(frozen=True)
class ImportPage:
    """Everything the page of one import shows, whatever its state."""

    run: ImportRun
    may_write: bool
    found: Found | None
    open_rows: int
    mapping: MappingForm | None
    earlier: ImportRun | None  # that has taken in the very same bytes before

    @property
    def account(self) -> SellerAccount:
        return self.run.account

    @property
    def is_moving(self) -> bool:
        return self.run.state in MOVING

    @property
    def sign(self) -> str:
        return SIGNS.get(State(self.run.state), "none")

    @property
    def format(self) -> str:
        return format_title(self.run.source)

    @property
    def formats(self) -> list[tuple[str, str]]:
        """What else the file may be read as."""
        return sorted(((source, format_title(source)) for source in READERS), key=lambda pair: pair[1])

    @property
    def percent(self) -> int | None:
        return percent(self.run)

    @property
    def progress(self) -> str:
        return progress_words(self.run)

    @property
    def received(self) -> str:
        return grouped(self.run.received)

    @property
    def parts(self) -> list[tuple[str, Text, str]]:
        """What the received rows became: the name, the words, how many."""
        return [(name, _field_title(name), grouped(getattr(self.run, name))) for name in PARTS]

    @property
    def warnings(self) -> list[tuple[Text, int]]:
        said = self.run.warnings or (self.found.warnings if self.found else {})
        return [(WarningCode(code).label, count) for code, count in sorted(said.items()) if code in WarningCode.values]

    @property
    def records(self) -> list[tuple[Text, str]]:
        """How many records of each type a look has found."""
        found = self.found.records if self.found else {}
        return [
            (RECORD_TYPES[name].model._meta.verbose_name_plural or name, grouped(count))
            for name, count in found.items()
        ]

    @property
    def shown_rows(self) -> list[dict[str, Any]]:
        """The first rows as they will be stored, each with its type in people's words."""
        rows = self.found.preview if self.found else []
        # Pairs, because a template would take a field that is called `items` for the method of a dictionary.
        return [
            {**row, "kind": RECORD_TYPES[row["type"]].model._meta.verbose_name, "said": list(row["values"].items())}
            for row in rows
        ]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [
            {
                **one,
                "place": words.place_in_file(one["place"]),
                "reason": ErrorCode(one["code"]).label,
                "message": told(one["message"], one["kept"]),
            }
            for one in (self.found.errors if self.found else [])
        ]

    @property
    def problem(self) -> str:
        """Why the file cannot be read as a whole."""
        return told(self.found.problem, self.found.problem_kept) if self.found else ""

    @property
    def error(self) -> str:
        """Why the import ended before the file did."""
        return told(self.run.error, self.run.error_kept)

    @property
    def at(self) -> str:
        return words.moment(self.run.created_at, self.run.account.zone)

    @property
    def finished(self) -> str:
        return words.moment(self.run.finished_at, self.run.account.zone) if self.run.finished_at else ""


def grouped(count: int) -> str:
    """A count as people write it, with the thousands apart."""
    return number_format(count)


def format_title(source: str) -> str:
    """What people call a format."""
    return capfirst(str(READERS[source].title)) if source in READERS else _("Not known yet")


def percent(run: ImportRun) -> int | None:
    """How much of the file is read, in whole percent; None where nobody knows how long it is."""
    if run.state == State.DONE:
        return 100
    if run.rows_total:
        return min(100 * run.rows_done // run.rows_total, 100)
    return min(100 * run.bytes_done // run.raw_item.size, 100) if run.raw_item.size else None


def progress_words(run: ImportRun) -> str:
    """How far an import is, in a few words."""
    rows = grouped(run.rows_done)
    if run.rows_total:
        total = grouped(run.rows_total)
        return _("%(rows)s of %(total)s rows") % {"rows": rows, "total": total}
    return ngettext("%(rows)s row", "%(rows)s rows", run.rows_done) % {"rows": rows}


def progress(run: ImportRun) -> dict[str, Any]:
    """What the progress bar asks for every second."""
    return {
        "state": run.state,
        "title": str(State(run.state).label),
        "percent": percent(run),
        "text": progress_words(run),
        "moving": run.state in MOVING,
    }


def imports_page(accounts: Sequence[SellerAccount], writable: Iterable[int], query: Mapping[str, str]) -> ImportsPage:
    """The imports of these accounts, newest first, and how many of their rows wait for somebody. Four queries."""
    may_write = set(writable)
    chosen = query.get("account", "")
    state = query.get("state", "") if query.get("state", "") in State.values else ""
    shown = [one for one in accounts if one.key == chosen] or list(accounts)
    runs = ImportRun.objects.filter(account__in=shown).select_related("account", "raw_item", "created_by")
    if state:
        runs = runs.filter(state=state)
    page = Paginator(runs.order_by("-id"), PER_PAGE).get_page(query.get("page", "1"))
    waiting = open_rows(page.object_list)
    return ImportsPage(
        entries=[Entry(run, waiting.get(run.raw_item_id, 0), run.account_id in may_write) for run in page],
        page=page,
        accounts=accounts,
        account=chosen if len(shown) == 1 and shown[0].key == chosen else "",
        state=state,
        states=[(value, label) for value, label in State.choices],
        may_bring=bool(may_write),
    )


def open_rows(runs: Iterable[ImportRun]) -> dict[int, int]:
    """How many rows of each raw item wait for somebody; one query."""
    items = [run.raw_item_id for run in runs]
    found = RejectedRow.objects.filter(raw_item__in=items, state=RejectedRow.State.OPEN)
    return dict(found.order_by().values_list("raw_item").annotate(count=Count("id")))


def import_page(
    run: ImportRun, may_write: bool, record_type: str = "", *, writable: Collection[str] = ()
) -> ImportPage:
    """One import; its look shows rows of the file, so only who may bring data in sees it, of other accounts' rows only
    those of `writable` keys."""
    found = found_of(run) if may_write and run.state in (State.READY, State.DISCARDED, State.FAILED) else None
    if found is not None:
        shown = {"", run.account.key, *writable}
        found.preview = [row for row in found.preview if row.get("account", "") in shown]
        found.errors = [row for row in found.errors if row.get("account", "") in shown]
    done = ImportRun.objects.filter(raw_item=run.raw_item_id, state=State.DONE, pk__lt=run.pk).order_by("-pk")
    wanted = found is not None and found.columns and run.state == State.READY
    return ImportPage(
        run=run,
        may_write=may_write,
        found=found,
        open_rows=open_rows([run]).get(run.raw_item_id, 0),
        mapping=mapping_form(run.account, found, record_type) if found is not None and wanted else None,
        earlier=done.first() if run.state == State.READY else None,
    )


def run_or_404(accounts: Sequence[SellerAccount], number: int) -> ImportRun:
    """The import with this number, if it is one of theirs."""
    run = ImportRun.objects.select_related("account", "raw_item", "created_by", "profile").filter(pk=number).first()
    if run is None or run.account not in accounts:
        raise Http404
    return run


def _field_title(name: str) -> Text:
    return ImportRun._meta.get_field(name).verbose_name  # type: ignore[union-attr,return-value]  # an ordinary column
