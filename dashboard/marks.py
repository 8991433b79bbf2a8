"""Where notes stand on a chart of weeks: a line in the week of its day, a band for a period, labels that find room."""

from collections.abc import Sequence
from typing import Any
from unicodedata import east_asian_width

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dashboard import words
from kpis.trends import TrendPoint
from sellers.models import Note

WIDTH, SMALL_WIDTH = 1000, 600  # about the width of a chart, in pixels of the page
LETTER, MARGIN = 6.4, 18  # of a label, in the same pixels
LONGEST, SMALL_LONGEST = 34, 22  # letters of a title on a chart; the table and the tooltip have all of it
LINES = 3  # of one label: a week may have many notes
ROWS = 5  # of labels below each other
ROW = 1 / 15  # of the chart's height that one of them takes
Taken = tuple[float, float, int, int]  # where a label stands: left, right, its first row and the one below its last


def weeks_of(points: Sequence[TrendPoint], note: Note) -> range:
    """The positions of the weeks that a note touches; of a week that is missing, the next one stands for it."""
    if not points or note.last_day < points[0].starts_on or note.starts_on > points[-1].ends_on:
        return range(0)
    first = next(at for at, point in enumerate(points) if point.ends_on >= note.starts_on)
    last = max(at for at, point in enumerate(points) if point.starts_on <= note.last_day)
    return range(first, max(first, last) + 1)


def by_week(points: Sequence[TrendPoint], notes: Sequence[Note]) -> list[list[Note]]:
    """For each week the notes that touch it, oldest first."""
    found: list[list[Note]] = [[] for _point in points]
    for note in sorted(notes, key=lambda one: (one.starts_on, one.pk or 0)):
        for at in weeks_of(points, note):
            found[at].append(note)
    return found


def not_yet(points: Sequence[TrendPoint], notes: Sequence[Note]) -> list[Note]:
    """Notes of days after the last week there is: their marks come with their week."""
    return [note for note in notes if points and note.starts_on > points[-1].ends_on]


def sentence(note: Note) -> str:
    """A note in a line: its day and its title."""
    return pgettext("a note: its day and title", "%(day)s: %(title)s") % {
        "day": words.short_day(note.starts_on),
        "title": note.title,
    }


def marks(points: Sequence[TrendPoint], notes: Sequence[Note], *, small: bool = False) -> list[dict[str, Any]]:
    """What the chart draws: from which to which week, the words, and in which row they have room.

    Notes that touch the same weeks share one. Where no row is free a mark has no words; the table has them.
    """
    spans: dict[tuple[int, int], list[Note]] = {}
    for note in sorted(notes, key=lambda one: (one.starts_on, one.pk or 0)):
        touched = weeks_of(points, note)
        if touched:
            spans.setdefault((touched[0], touched[-1]), []).append(note)
    taken: list[Taken] = []
    for at in (at for at, point in enumerate(points) if point.rule_changed):  # the chart names its new rule there
        _free_row([_("New rule")], at, at, len(points), taken, small=small)
    drawn = []
    for (first, last), together in sorted(spans.items()):
        label = _label(together, small=small)
        row = _free_row(label, first, last, len(points), taken, small=small)
        drawn.append(
            {
                "from": first,
                "to": last,
                "label": [] if row is None else label,
                "short": _short(together),
                "row": row or 0,
            }
        )
    return drawn


def at_the_foot(drawn: Sequence[dict[str, Any]], heights: Sequence[float | None], *, small: bool) -> bool:
    """Whether the labels hide fewer weeks when they stand at the foot of the chart instead of its head.

    `heights` are those of the weeks' points, from 0 at the foot to 1.
    """

    def hidden(depths: Sequence[float | None]) -> int:
        return sum(
            depth is not None
            and left <= at / max(1, len(depths) - 1) <= right
            and (one["row"] - 0.5) * ROW <= depth <= (one["row"] + len(one["label"]) + 0.5) * ROW
            for one in drawn
            if one["label"]
            for left, right in [_across(one["label"], one["from"], one["to"], len(depths), small=small)]
            for at, depth in enumerate(depths)
        )

    return hidden(heights) < hidden([None if height is None else 1 - height for height in heights])


def _label(notes: Sequence[Note], *, small: bool) -> list[str]:
    shown = notes if len(notes) <= LINES else notes[: LINES - 1]
    label = [_cropped(note.title if small else sentence(note), SMALL_LONGEST if small else LONGEST) for note in shown]
    if len(notes) > len(shown):
        more = len(notes) - len(shown)
        label.append(ngettext("%(count)s more note", "%(count)s more notes", more) % {"count": more})
    return label


def _short(notes: Sequence[Note]) -> str:
    """The words for a narrow screen."""
    if len(notes) == 1:
        return words.short_day(notes[0].starts_on)
    return ngettext("%(count)s note", "%(count)s notes", len(notes)) % {"count": len(notes)}


def _cropped(text: str, longest: int) -> str:
    """The text, cut where its letters take more room; Chinese letters take two."""
    if _letters(text) <= longest:
        return text
    kept = ""
    for letter in text:
        if _letters(kept + letter) > longest - 1:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def _letters(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _across(label: Sequence[str], first: int, last: int, weeks: int, *, small: bool) -> tuple[float, float]:
    """From where to where a label reaches, in parts of the chart's width."""
    width = (max(map(_letters, label)) * LETTER + MARGIN) / (SMALL_WIDTH if small else WIDTH)
    middle = (first + last) / 2 / max(1, weeks - 1)
    left = min(max(0.0, middle - width / 2), 1 - width)  # the script keeps labels inside the chart
    return left, left + width


def _free_row(
    label: Sequence[str], first: int, last: int, weeks: int, taken: list[Taken], *, small: bool
) -> int | None:
    """The uppermost row in which the label runs into no other, which is then taken; None where there is none."""
    left, right = _across(label, first, last, weeks, small=small)
    for row in range(ROWS - len(label) + 1):
        rows = (row, row + len(label))
        others = [one for one in taken if rows[0] < one[3] and one[2] < rows[1]]
        if all(left >= end or right <= start for start, end, _above, _below in others):
            taken.append((left, right, *rows))
            return row
    return None
