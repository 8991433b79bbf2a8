"""Text from HTML: what a person sees, without style, script, hidden nodes and the quoted history of mail programs.

A small scanner of its own: the standard library's parser takes the square of the length for some broken markup.
"""

import re
from html import unescape

HTML_LIMIT = 500_000  # characters of markup that are looked at
DEPTH = 500  # open elements that are followed

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)  # fmt: skip
_DROPPED = frozenset(
    ("style", "script", "head", "title", "noscript", "template", "svg", "math", "object", "select")
)  # fmt: skip
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tr", "ul",
    )
)  # fmt: skip
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|max-height\s*:\s*0(?!\d)"
)
# How mail programs mark what they quote: Gmail, Outlook on the web and on phones, Yahoo, Thunderbird, Apple, Proton.
_QUOTES = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|OutlookMessageHeader")
_QUOTE_IDS = frozenset(("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"))


_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PIECE = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})([^<>]*)>|<[!?/][^<>]*>|([^<]+)|<")
_ATTRIBUTE = re.compile(r"""([A-Za-z-]{1,40})(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?""")
ATTRIBUTES = 2000  # characters of an element's attributes that are looked at


def text_of(markup: str) -> tuple[str, list[str]]:
    """The visible text, and the texts of its `pre` blocks."""
    reader = _Reader()
    for piece in _PIECE.finditer(_COMMENT.sub("", markup[:HTML_LIMIT])):
        closing, tag, attributes, text = piece.groups()
        if text is not None:
            reader.text(unescape(text))
        elif tag is None:
            continue
        elif closing:
            reader.end(tag.lower())
        else:
            reader.start(tag.lower(), attributes)
    return _tidied("".join(reader.parts)), [text for block in reader.blocks if (text := _tidied("".join(block)))]


def _tidied(text: str) -> str:
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.blocks: list[list[str]] = []
        self.open: list[str] = []
        self.skipped_at: int | None = None  # how many elements were open where the invisible part began
        self.pre = 0

    def start(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self._say("\n")
            return
        if tag in _BLOCKS:
            self._say("\n")
        elif tag in ("td", "th"):
            self._say(" ")
        if tag in _VOID or attributes.endswith("/") or len(self.open) >= DEPTH:
            return
        self.open.append(tag)
        if self.skipped_at is None and _invisible(tag, attributes):
            self.skipped_at = len(self.open) - 1
        if tag == "pre" and self.skipped_at is None:
            self.pre += 1
            if self.pre == 1:
                self.blocks.append([])

    def end(self, tag: str) -> None:
        if tag not in self.open:
            return
        while self.open:
            closed = self.open.pop()
            if closed == "pre" and self.pre and self.skipped_at is None:
                self.pre -= 1
            if self.skipped_at is not None and len(self.open) <= self.skipped_at:
                self.skipped_at = None
            if closed == tag:
                break
        if tag in _BLOCKS:
            self._say("\n")

    def text(self, data: str) -> None:
        self._say(data if self.pre else re.sub(r"[ \t\r\n]+", " ", data))

    def _say(self, text: str) -> None:
        if self.skipped_at is None:
            self.parts.append(text)
            if self.pre and self.blocks:
                self.blocks[-1].append(text)


def _invisible(tag: str, attributes: str) -> bool:
    if tag in _DROPPED:
        return True
    said: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(attributes[:ATTRIBUTES]):
        said.setdefault(name.lower(), unescape(value.strip("\"'")))
    if "hidden" in said or _HIDDEN.search(said.get("style", "").lower()):
        return True
    if tag == "blockquote" and said.get("type", "").lower() == "cite":
        return True
    return bool(_QUOTES.search(said.get("class", ""))) or said.get("id", "") in _QUOTE_IDS
