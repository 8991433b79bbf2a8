"""Cutting the quoted history off a mail: what was written now, without what was written before."""

import re

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

LANGUAGES = sorted(MAIL_LANGUAGES)
LINE_LIMIT = 400  # characters of a line that can be the head of a quotation
LOOKED_AT = 20_000  # characters in which such a head is looked for

# Heads that the library does not know: Chinese and Turkish ones, and Outlook's separators in more languages.
_MORE_HEADS = re.compile(
    r"^\s*(?:在.{4,120}写道[::]|於.{4,120}寫道[::]|(?:El|Em|A) .{4,150} (?:escribió|escreveu|va escriure) ?:"
    r"|.{4,120}(?:tarihinde|şunları).{0,80}yazdı:"
    r"|-{3,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Messaggio originale|Mensaje original"
    r"|Mensagem original|Oorspronkelijk bericht|Wiadomość oryginalna|元のメッセージ|原始邮件|原始郵件) ?-{3,})\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED = re.compile(r"^[ \t]*>")


def newest(text: str) -> str:
    """The text above the first quotation; the whole text where nothing would be left."""
    beginning = text[:LOOKED_AT]
    starts = [found.start() for found in _MORE_HEADS.finditer(beginning)]
    starts += _heads(beginning)
    cut = min(starts, default=len(text))
    kept = _without_quoted_lines(text[:cut])
    return kept or _without_quoted_lines(text) or text.strip()


def _heads(text: str) -> list[int]:
    """Where the library sees the head of a quotation. Lines that are too long to be one cost its patterns dearly."""
    offset, places = 0, []
    lines = []
    for line in text.split("\n"):
        # The library strips lines; what it finds is looked up by line, so each keeps its number.
        lines.append(line.strip() if len(line) <= LINE_LIMIT else "")
        places.append(offset)
        offset += len(line) + 1
    stripped = "\n".join(lines)
    pattern = EmailMessage(text="", languages=list(LANGUAGES)).HEADER_REGEX
    found = pattern.search(stripped)
    if found is None:
        return []
    start = found.start() + len(found.group()) - len(found.group().lstrip("\n"))
    return [places[stripped.count("\n", 0, start)]]


def _without_quoted_lines(text: str) -> str:
    """Without the lines of others at the end; an answer below or between them stays."""
    lines = [line for line in text.split("\n") if not _QUOTED.match(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
