"""A figure before and after a note, in words: what moved, how sure that is, and what stands in the way of saying so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from dashboard import words
from dashboard.note_form import SIDES, Compared
from dashboard.pages.notes import Noted, note_or_404, noted
from kpis.changes import Direction, apart
from kpis.comparison import WEEK_DAYS, Comparison, Doubt, Verdict, compare, figure, is_comparable
from kpis.figures import Reading
from kpis.metrics import Metric, Text, Times
from kpis.units import Unit, cut, display
from sellers.models import Note, SellerAccount

OFFERED = 12
HEADS = {
    (Verdict.BETTER, Direction.UP): gettext_lazy("Up %(far)s, likely better."),
    (Verdict.BETTER, Direction.DOWN): gettext_lazy("Down %(far)s, likely better."),
    (Verdict.WORSE, Direction.UP): gettext_lazy("Up %(far)s, likely worse."),
    (Verdict.WORSE, Direction.DOWN): gettext_lazy("Down %(far)s, likely worse."),
    (Verdict.HIGHER, Direction.UP): gettext_lazy("Up %(far)s, likely really higher."),
    (Verdict.LOWER, Direction.DOWN): gettext_lazy("Down %(far)s, likely really lower."),
    (Verdict.UNCLEAR, Direction.UP): gettext_lazy("Up %(far)s, but one cannot tell yet."),
    (Verdict.UNCLEAR, Direction.DOWN): gettext_lazy("Down %(far)s, but one cannot tell yet."),
    (Verdict.UNCLEAR, Direction.FLAT): gettext_lazy("No difference."),
}
COLOURS = {Verdict.BETTER: "green", Verdict.WORSE: "red"}


@dataclass(frozen=True)
class Side:
    """One of the two figures."""

    reading: Reading
    title: Text

    @property
    def shown(self) -> str:
        return display(figure(self.reading), self.reading.metric.unit)

    @property
    def basis(self) -> str:
        return words.basis(self.reading)

    @property
    def span(self) -> str:
        return words.span(self.reading.window)


@dataclass(frozen=True)
class BeforeAfter:
    """What the block shows. Without a chosen note it offers those there are."""

    metric: Metric
    chosen: Noted | None
    found: Comparison | None
    weeks: int
    account: SellerAccount
    choices: list[Noted]
    all_weeks = SIDES

    @property
    def sides(self) -> list[Side]:
        found = self.found
        if found is None or found.before is None or found.after is None:
            return []
        return [Side(found.before, _("before")), Side(found.after, _("after"))]

    @property
    def colour(self) -> str:
        return "" if self.found is None else COLOURS.get(self.found.verdict, "")

    @property
    def length(self) -> str:
        """How long each side is."""
        days = 0 if self.found is None else self.found.days
        if days and days % WEEK_DAYS == 0:
            weeks = days // WEEK_DAYS
            return ngettext("%(count)d week each side", "%(count)d weeks each side", weeks) % {"count": weeks}
        return ngettext("%(count)d day each side", "%(count)d days each side", days) % {"count": days} if days else ""

    @property
    def is_shorter(self) -> bool:
        """Whether less than was asked for is known."""
        return self.found is not None and self.found.days < self.weeks * WEEK_DAYS

    @property
    def head(self) -> str:
        """The finding in a sentence."""
        found = self.found
        if found is None or found.direction is None or found.difference is None:
            return _("One cannot tell yet.")
        return str(HEADS[found.verdict, found.direction]) % {"far": apart(abs(found.difference), self.metric.unit)}

    @property
    def sentences(self) -> list[str]:
        """How sure it is, and why there is no verdict where there is none."""
        if self.found is None:
            return []
        said = [_doubt(self.found), self._interval(), self._median(), self._open(), self._shorter()]
        return [sentence for sentence in said if sentence]

    @property
    def others(self) -> list[Noted]:
        """Other notes of the same weeks."""
        return [] if self.found is None else noted(self.account, self.found.others)

    def _interval(self) -> str:
        if self.found is None or self.found.interval is None:
            return ""
        low, high = (signed(Fraction(end), self.metric.unit) for end in self.found.interval)
        return _("With this many cases the true change lies between %(low)s and %(high)s (95%% sure).") % {
            "low": low,
            "high": high,
        }

    def _median(self) -> str:
        if not self.sides or not isinstance(self.metric, Times):
            return ""
        return _("These are medians; no interval is worked out for their difference.")

    def _open(self) -> str:
        if self.found is None or not self.found.is_open:
            return ""
        return _("Some cases of the later side are still open, so its figure may move a little.")

    def _shorter(self) -> str:
        if not self.sides or not self.is_shorter:
            return ""
        return _("More is not known on both sides, so the windows are shorter than asked for.")


def _doubt(found: Comparison) -> str:
    if found.doubt is Doubt.NO_DAYS:
        return _("There is not one complete day of data on each side yet.")
    if found.doubt is Doubt.TOO_FEW and found.before is not None and found.after is not None:
        minimum = found.after.rule.minimum
        return _("Too few cases: %(before)d before and %(after)d after, %(minimum)d are needed on each side.") % {
            "before": found.before.n,
            "after": found.after.n,
            "minimum": minimum,
        }
    if found.doubt is Doubt.UNRIPE and found.settled_from is not None:
        return _("Cases after it may still become “%(what)s” until %(day)s; those before it had more time.") % {
            "what": words.turning(found.metric),
            "day": words.long_day(found.settled_from),
        }
    if found.doubt is Doubt.CHANCE:
        return _("Chance alone moves the figure as far.")
    return _("How widely single cases differ is not known.") if found.doubt is Doubt.SCATTER else ""


def signed(value: Fraction, unit: Unit) -> str:
    """A difference with its sign, cut to the digits people read; of rates in percentage points."""
    text = cut(abs(value) * unit.scale, unit.digits)
    sign = "" if not Fraction(text) else "+" if value > 0 else "−"
    text = sign + number_format(text, use_l10n=True)
    return pgettext("difference of two percentages", "%(points)s pts") % {"points": text} if unit is Unit.RATE else text


def before_after(
    account: SellerAccount, metric: Metric, asked: Compared, newest: date, today: date, notes: Sequence[Note]
) -> BeforeAfter | None:
    """The block for the note that the address names; None where the figure has windows of its own.

    `notes`, the newest first, are offered to choose from.
    Raises Http404 for a note that is not the account's.
    """
    if not is_comparable(metric):
        return None
    choices = noted(account, notes[:OFFERED])
    number, weeks = asked.value("note"), asked.value("sides")
    if not number:
        return BeforeAfter(metric, None, None, weeks, account, choices)
    note = note_or_404(account, number)
    found = compare(account, metric, note, newest, today, weeks * WEEK_DAYS)
    return BeforeAfter(metric, noted(account, [note])[0], found, weeks, account, choices)
