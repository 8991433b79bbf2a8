"""The cells of one row of somebody else's report, read by what they mean; what is odd about them is noted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intake.codes import ErrorCode, Problem, WarningCode
from intake.readers.context import Context
from intake.readers.times import read_day, read_moment
from intake.rows import RowWarning
from intake.sentences import Sentence

_SPACES = "'’ \u00a0\u202f"  # what groups thousands besides points and commas
_MONEY = r"[^\d\s\-+(),.]{0,4}"  # a sign or a code of a currency, or a sign of percent
_NUMBER = re.compile(rf"([-+(]?)\s*{_MONEY}\s*([-+]?)\s*(\d[\d.,{_SPACES}]*|[.,]\d+)\s*(\)?)\s*{_MONEY}", re.ASCII)
_PLAIN = re.compile(r"\d+(?:\.\d+)?", re.ASCII)  # what most cells hold
_WHOLE = re.compile(r"\d*|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+", re.ASCII)
# A spreadsheet shows such IDs as it likes: their digits are lost.
_EXPONENT = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d+", re.ASCII)
YES = frozenset({"y", "yes", "true", "1", "ja", "oui", "sí", "si", "sì", "是", "はい"})
NO = frozenset({"n", "no", "false", "0", "nein", "non", "否", "いいえ"})
WHOLE_DIGITS = 20  # of a whole number with its sign; Python refuses to convert some thousands


class Cells(Mapping[str, str]):
    """One row's cells by column. Each reading method returns a value as the contract writes it, None for an empty cell,
    or raises Problem with the column's name."""

    def __init__(self, values: Mapping[str, str], context: Context) -> None:
        self._values = values
        self.context = context
        self.warnings: list[RowWarning] = []
        self.aside: dict[str, Any] = {}  # values that are not understood, kept as they were written

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, *names: str) -> str | None:
        """The first of these cells that is not empty."""
        return next((found for name in names if (found := self._values.get(name, "").strip())), None)

    def ident(self, *names: str) -> str | None:
        """An ID; one that a spreadsheet has rounded is refused."""
        for name in names:
            found = self._values.get(name, "").strip()
            if found and _EXPONENT.fullmatch(found):
                raise Problem(
                    ErrorCode.BAD_NUMBER,
                    Sentence("%(text)s is an ID that a spreadsheet has rounded", text=found),
                    name,
                )
            if found:
                return found
        return None

    def required(self, *names: str) -> str:
        """An ID that must be there."""
        found = self.ident(*names)
        if found is None:
            raise Problem(ErrorCode.MISSING_REQUIRED, Sentence("%(names)s is empty", names=names[0]), names[0])
        return found

    def moment(self, *names: str, formats: Sequence[str] = (), zone: str | None = None) -> str | None:
        """A time with its offset; without one it is local to `zone`, else to the account."""
        for name in names:
            found = self._values.get(name, "").strip()
            if not found:
                continue
            try:
                moment, warning = read_moment(found, self.context.zone if zone is None else zone, formats)
            except Problem as problem:
                raise Problem(problem.code, problem.message, name) from None
            if warning is not None:
                self.warnings.append((name, warning))
            return moment.isoformat()
        return None

    def day(self, *names: str, formats: Sequence[str] = ()) -> str | None:
        """A calendar day."""
        for name in names:
            found = self._values.get(name, "").strip()
            if not found:
                continue
            try:
                return read_day(found, formats).isoformat()
            except Problem as problem:
                raise Problem(problem.code, problem.message, name) from None
        return None

    def number(self, name: str, *, decimal_comma: bool | None = None) -> str | None:
        """A decimal number or an amount of money, its decimal sign a point."""
        found = self._values.get(name, "").strip()
        return plain_number(found, name, decimal_comma=decimal_comma) if found else None

    def whole(self, name: str) -> int | None:
        """A whole number; spreadsheets may have put `.0` behind it."""
        found = self.number(name)
        if found is None:
            return None
        digits, _point, fraction = found.partition(".")
        if fraction.strip("0") or len(digits) > WHOLE_DIGITS:
            raise Problem(
                ErrorCode.BAD_NUMBER,
                Sentence("%(text)s is not a whole number", text=repr(self._values[name][:40])),
                name,
            )
        return int(digits)

    def flag(self, *names: str) -> bool | None:
        """Yes or no, in the words that reports use."""
        for name in names:
            found = self._values.get(name, "").strip().casefold()
            if found in YES or found in NO:
                return found in YES
            if found:
                raise Problem(
                    ErrorCode.BAD_ENUM, Sentence("%(text)s is neither yes nor no", text=repr(found[:40])), name
                )
        return None

    def word(self, name: str, words: Mapping[str, str]) -> str:
        """The contract's word for a cell that must hold one of these. `words` are in small letters."""
        found = self.required(name)
        word = words.get(found.casefold())
        if word is None:
            raise Problem(
                ErrorCode.BAD_ENUM,
                Sentence("%(text)s is not one of %(allowed)s", text=repr(found[:80]), allowed=", ".join(words)),
                name,
            )
        return word

    def choice(self, name: str, words: Mapping[str, str]) -> str | None:
        """The contract's word for a cell; an unknown one is kept aside with a warning. `words` are in small letters."""
        found = self._values.get(name, "").strip()
        if not found:
            return None
        word = words.get(found.casefold())
        if word is None:
            self.aside[name] = found[:255]
            self.warnings.append((name, WarningCode.UNKNOWN_ENUM_KEPT_RAW))
        return word


def plain_number(text: str, name: str = "", *, decimal_comma: bool | None = None) -> str:
    """A number as a person or a European report writes it: `1.234,56 €`, `(12.50)`, `-3` as plain digits and a point.

    Of two different signs the last is the decimal one. A single comma or point before three digits groups thousands if
    `decimal_comma` names the other sign as the decimal one; unsaid, a comma does and a point does not. Raises Problem.
    """
    if not decimal_comma and _PLAIN.fullmatch(text):
        return text
    found = _NUMBER.fullmatch(text.strip())
    if found is None or (found[1] == "(") != bool(found[4]):
        raise Problem(ErrorCode.BAD_NUMBER, Sentence("%(text)s is not a number", text=repr(text[:40])), name)
    digits = re.sub(rf"[{_SPACES}]", "", found[3])
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        decimal = "," if comma > point else "."
    elif comma >= 0:
        grouped = digits.count(",") > 1 or (_GROUPED.fullmatch(digits) is not None and not decimal_comma)
        decimal = "" if grouped else ","
    else:
        grouped = digits.count(".") > 1 or (_GROUPED.fullmatch(digits) is not None and bool(decimal_comma))
        decimal = "" if grouped else "."
    whole, _sign, fraction = digits.partition(decimal) if decimal else (digits, "", "")
    if (found[1] and found[2]) or re.search("[.,]", fraction) or not _WHOLE.fullmatch(whole):
        raise Problem(ErrorCode.BAD_NUMBER, Sentence("%(text)s is not a number", text=repr(text[:40])), name)
    whole = re.sub(r"[.,]", "", whole) or "0"
    negative = found[1] in ("-", "(") or found[2] == "-"
    return f"{'-' if negative else ''}{whole}{'.' if fraction else ''}{fraction}"
