"""Subjects without the buyer's name that systems put into them."""

import re
from collections.abc import Iterable

BLANK = "…"

# Amazon's own subjects: what stands before the name, the name, and where it ends.
_AMAZON = (
    re.compile(r"(from Amazon customer )(?!\()(.+?)(?=\s*[(（]|$)", re.IGNORECASE),
    re.compile(r"(de la part du client Amazon )(?!\()(.+?)(?=\s*[(（]|$)", re.IGNORECASE),
    re.compile(r"(Amazonのカスタマー\s*)(.+?)(?=\s*様)"),
)
_LEAST = 2  # letters of a name; a single one would blank half of a subject


def without_names(text: str | None, names: Iterable[str | None] = ()) -> str | None:
    """A subject in which the names of buyers are blanked out: the ones given, and those in Amazon's own wordings."""
    if not text:
        return text
    for pattern in _AMAZON:
        text = pattern.sub(rf"\1{BLANK}", text)
    spellings = {spelling for name in names for spelling in _spellings(name)}
    for name in sorted(spellings, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", BLANK, text, flags=re.IGNORECASE)
    return text


def _spellings(name: str | None) -> list[str]:
    """A name, and what is left of it when the words that Amazon adds are taken away: `Alex - Amazon Marketplace`."""
    whole = (name or "").strip()
    short = whole.partition(" - ")[0].strip()
    return [one for one in {whole, short} if len(one) >= _LEAST]
