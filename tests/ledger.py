"""What a page shows, held against what the API tells: each number is compared, and none may be left that was not.

A part of a page is compared word for word with what is told of it (`pair`), or its numbers must all be told of by the
figures it is about (`within`). What no comparison has touched must hold no number (`rest`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from kpis.catalogue import DECLARED
from kpis.first_replies import STEPS
from kpis.units import Unit, display, plain
from tests.pages import Element

COLOURS = ("red", "yellow", "green", "none")
MARKS = {"st", "fig", "pill"}  # what carries a colour
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
CLOCK = r"\d{2}:\d{2}(?::\d{2})?"
# Days and hours say when, not how many or how much.
WHEN = re.compile(
    rf"\b\d{{1,2}} (?:{MONTHS})\b(?: \d{{4}})?|\b(?:{MONTHS})\w* \d{{4}}\b|\b\d{{4}}-\d{{2}}-\d{{2}}\b|"
    rf"\b\d{{2}}/\d{{2}}/\d{{4}}\b|\b{CLOCK}(?:–{CLOCK})?|"
    r"UTC[+−]\d+(?::\d+)?|https?://\S+|\b\w+\.\w+\.(?:com|in|uk)\b"
)
NUMBER = re.compile(
    r"\d+ d\b(?: \d+ h\b)?|\d+ h\b(?: \d+ min\b)?|\d+ min\b(?: \d+ s\b)?|\d+ s\b|"
    r"\d(?:[\d,]*\d)?(?:\.\d+)?%?"
)
# Names that hold a number: of metrics and their lists, of steps of waiting, and of the two clocks.
NAMED = {
    *(str(text) for metric in DECLARED for text in (metric.title, metric.short, metric.help, *metric.sides)),
    *(str(step.title) for step in STEPS),
    "24 hours", "24-hour", "24 h", "48 hours", "95% sure", "of 10", "scale of 0 to 10", "10 ×",
}  # fmt: skip
NAMES = re.compile(
    "|".join(rf"(?<!\d){re.escape(name)}(?!\d)" for name in sorted(NAMED, key=len, reverse=True) if name)
)
# What can be asked for, what is drawn, and where one is.
SILENT_TAGS = {"option", "textarea", "svg", "script", "style"}
SILENT = {"views", "pages-of", "pages", "crumb"}


def numbers(text: str) -> Counter[str]:
    """The numbers in a text, as they are printed."""
    return Counter(NUMBER.findall(WHEN.sub(" ", NAMES.sub(" ", text))))


def printed(told: Any) -> set[str]:
    """Every form in which the numbers of an API's answer may be printed."""
    if isinstance(told, dict):
        return set().union(*(printed(value) for value in told.values()))
    if isinstance(told, list | tuple | set):
        return set().union(*(printed(value) for value in told))
    if isinstance(told, str):
        return set(numbers(told))
    if isinstance(told, bool) or told is None:
        return set()
    value = abs(Fraction(str(told)))
    texts = [display(value, unit) for unit in Unit] + [plain(value, unit) for unit in Unit]
    return set().union(*(numbers(text) for text in texts), {str(told)})


def colour_of(element: Element) -> str:
    """The colour that a part of a page shows."""
    for one in (element, *element.all()):
        if one.classes & MARKS:
            return next((colour for colour in COLOURS if colour in one.classes), "")
    return ""


class Ledger:
    """One page and what has been compared on it."""

    def __init__(self, where: str, root: Element) -> None:
        self.where, self.root = where, root
        self.faults: list[str] = []
        self.compared = 0
        self._seen: set[int] = set()

    def pair(self, place: str, element: Element, told: str) -> None:
        """The part shows what is told of it, and nothing else."""
        self.same(place, element.shown, told)
        self.tell(element)

    def pairs(self, place: str, elements: Iterable[Element], told: Iterable[str]) -> None:
        """The parts show what is told of them, as many of them and in that order."""
        found = list(elements)
        self.same(place, [one.shown for one in found], list(told))
        for one in found:
            self.tell(one)

    def same(self, place: str, shown: Any, told: Any) -> None:
        self.compared += 1
        if shown != told:
            self.faults.append(f"{self.where} {place}: {shown!r} on the page, {told!r} told")

    def colour(self, place: str, element: Element, band: str) -> None:
        self.same(f"{place}, colour", colour_of(element) or "none", band)

    def within(self, place: str, element: Element, *told: Any) -> None:
        """Every number of the part is one of those that are told."""
        known = set().union(*(printed(one) for one in told))
        unknown = [number for number in numbers(self._untold(element)) if number not in known]
        self.compared += 1
        if unknown:
            self.faults.append(f"{self.where} {place}: nothing tells of {unknown} in {element.text!r}")
        self.tell(element)

    def tell(self, element: Element) -> None:
        """The part has been compared, or is none that can be."""
        self._seen.add(id(element))

    def rest(self, allowed: str = "") -> None:
        """No number stands on the page that was not compared; `allowed` are the words in which some may."""
        text = "" if id(self.root) in self._seen else self._untold(self.root)
        left = numbers(re.sub(allowed, " ", text) if allowed else text)
        if left:
            self.faults.append(f"{self.where}: {sorted(left)} were compared with nothing in {' '.join(text.split())!r}")

    def _untold(self, element: Element) -> str:
        return " ".join("".join(self._texts(element)).split())

    def _texts(self, element: Element) -> Iterator[str]:
        for one in element.inside:
            if isinstance(one, str):
                yield one
            elif id(one) not in self._seen and one.tag not in SILENT_TAGS and not one.classes & SILENT:
                yield " "
                yield from self._texts(one)
                yield " "
