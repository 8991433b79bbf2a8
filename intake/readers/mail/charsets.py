"""Bytes of a mail as text: by the character set it declares, unless its bytes say otherwise.

A declaration is believed as browsers believe it (a subset stands for its superset), and given up where it cannot be
true; then the order of a file's character sets holds: UTF-8, that of the marketplace, the likeliest.
"""

import re

from charset_normalizer import from_bytes

from intake.readers.text import LEGACY, MARKETPLACE_CHARSETS
from intake.sentences import Sentence

# Declared names and what is meant by them: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "euc-cn": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "ascii", "ansi_x3.4-1968": "ascii",
    "iso-8859-9": "cp1254", "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "big5": "big5hkscs", "unicode-1-1-utf-7": "utf-7",
}  # fmt: skip
_NO_CHARACTER_SETS = re.compile(r"escape|puny|idna|undefined|mbcs|oem")  # codecs of another purpose, some of them slow
_SINGLE_BYTE = re.compile(r"cp125\d|iso8859|iso-8859|latin|koi8|cp\d{3}$|mac", re.IGNORECASE)
_JAPANESE = b"\x1b$"  # begins two-byte characters in ISO-2022-JP
_SAMPLE = 64 * 1024


class Undecodable(ValueError):
    """No character set fits."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def decode(data: bytes, declared: str = "", marketplace: str = "") -> tuple[str, bool]:
    """The text, and whether its character set is another one than declared. Raises Undecodable."""
    name = declared.strip().strip("\"'").lower()[:40]
    charset = _MEANT.get(name, name)
    if charset == "ascii" and data.isascii() and _JAPANESE not in data:
        return data.decode("ascii"), False
    if charset and charset != "ascii":
        believed = _try(data, charset)
        if believed is not None and not _contradicted(data, charset):
            return believed, False
    if _JAPANESE in data and (text := _try(data, "iso2022_jp_ext")) is not None:
        return text, True
    if (text := _try(data, "utf-8")) is not None:
        return text, bool(name) and not data.isascii()
    for candidate in (MARKETPLACE_CHARSETS.get(marketplace, ""), _likeliest(data), "cp1252"):
        if candidate and (text := _try(data, candidate)) is not None:
            return text, True
    raise Undecodable(Sentence("the text is not %(value)s, and no other character set fits", value=name or "UTF-8"))


def _try(data: bytes, charset: str) -> str | None:
    if _NO_CHARACTER_SETS.search(charset):
        return None
    try:
        text = data.decode(charset)
        text.encode()  # UTF-7 lets through halves of characters
        return text
    except (UnicodeError, LookupError, ValueError):
        return None


def _contradicted(data: bytes, charset: str) -> bool:
    """Whether the bytes belie the declaration: UTF-8 hardly occurs by chance, nor does an escape of ISO-2022-JP."""
    if _JAPANESE in data and not charset.startswith("iso2022"):
        return True
    return bool(_SINGLE_BYTE.match(charset)) and not data.isascii() and _try(data, "utf-8") is not None


def _likeliest(data: bytes) -> str:
    best = from_bytes(data[:_SAMPLE], cp_isolation=list(LEGACY)).best()
    return "" if best is None else best.encoding
