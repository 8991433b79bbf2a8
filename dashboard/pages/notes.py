"""The pages of notes: what was done and what happened, newest first, and one note with what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.http import Http404
from django.urls import reverse
from django.utils import formats
from django.utils.translation import pgettext

from dashboard import marks, words
from dashboard.note_form import NoteFilter, NoteForm
from kpis.catalogue import METRICS, satisfaction
from kpis.comparison import is_comparable
from kpis.metrics import Metric, Text, Window
from kpis.trends import TrendPoint
from sellers.calendars import LAST_DAY
from sellers.models import Note, SellerAccount

PER_PAGE = 50
SCORE = satisfaction.customer_service_score.slug
NEWEST = 5


@dataclass(frozen=True)
class Noted:
    """A note as pages show it."""

    note: Note
    key: str  # of its account

    @property
    def when(self) -> str:
        note = self.note
        return words.span(Window(note.starts_on, note.last_day)) if note.is_period else words.long_day(note.starts_on)

    @property
    def short(self) -> str:
        """Its first day, for a narrow column."""
        return words.short_day(self.note.starts_on)

    @property
    def line(self) -> str:
        """Its day and its title."""
        return marks.sentence(self.note)

    @property
    def about(self) -> Text:
        """The figure it is about; nothing where that is the whole account."""
        metric = METRICS.get(self.note.metric)
        return self.note.metric if metric is None else metric.title

    @property
    def compared(self) -> str:
        """The address of the figure before and after it: its own, or the score. Nothing where it has no such."""
        metric = METRICS.get(self.note.metric or SCORE)
        if metric is None or not is_comparable(metric):
            return ""
        return f"{reverse('metric', args=[self.key, metric.slug])}?note={self.note.pk}#change"

    @property
    def href(self) -> str:
        return reverse("note", args=[self.key, self.note.pk])


def noted(account: SellerAccount, notes: Iterable[Note]) -> list[Noted]:
    return [Noted(note, account.key) for note in notes]


def newest(account: SellerAccount) -> list[Noted]:
    """The newest notes of an account, for a card. One query."""
    return noted(account, account.notes.all()[:NEWEST])


def on_chart(account: SellerAccount, metric: Metric, points: Sequence[TrendPoint]) -> list[Note]:
    """The notes that are marked on a metric's chart of these weeks and later. One query."""
    since = min((point.starts_on for point in points), default=LAST_DAY)
    return list(account.notes.about(metric.slug).between(since, LAST_DAY))


@dataclass(frozen=True)
class NotesPage:
    """Everything the list of notes shows."""

    account: SellerAccount
    page: Page
    kind: str
    metric: str
    metrics: list[tuple[str, Text]]  # that some note is about
    may_write: bool
    kinds = Note.Kind.choices

    @property
    def place(self) -> str:
        return words.place(self.account)

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.metric)

    @property
    def months(self) -> list[tuple[str, list[Noted]]]:
        """The notes of this page of the list, by the month they begin in."""
        month = pgettext("date format: month and year", "F Y")
        entries: Sequence[Noted] = noted(self.account, self.page)
        return [
            (title, list(members))
            for title, members in groupby(entries, key=lambda one: formats.date_format(one.note.starts_on, month))
        ]


@dataclass(frozen=True)
class NotePage:
    """One note, new or kept; with a form for whoever may write it."""

    account: SellerAccount
    one: Noted | None
    form: NoteForm | None
    back: str  # the page one came from

    @property
    def place(self) -> str:
        return words.place(self.account)


def notes_page(account: SellerAccount, asked: NoteFilter, page: str, *, may_write: bool) -> NotesPage:
    """The notes of an account that the address asks for, fifty to a page; in a constant number of queries."""
    kind, metric = asked.value("kind"), asked.value("metric")
    rows = account.notes.select_related("author")
    if kind:
        rows = rows.filter(kind=kind)
    if metric:
        rows = rows.filter(metric=metric)
    slugs = account.notes.order_by("metric").exclude(metric="").values_list("metric", flat=True).distinct()
    return NotesPage(
        account=account,
        page=Paginator(rows, PER_PAGE).get_page(page),
        kind=kind,
        metric=metric,
        metrics=[(slug, METRICS[slug].title if slug in METRICS else slug) for slug in slugs],
        may_write=may_write,
    )


def note_or_404(account: SellerAccount, number: int) -> Note:
    """The note with this number, if it is the account's."""
    note = account.notes.select_related("author").filter(pk=number).first()
    if note is None:
        raise Http404
    return note
