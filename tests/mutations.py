"""Files as they come out of an accident: the sample files of every format, damaged in ways that a seed decides."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

SAMPLES = Path(__file__).with_name("data")
TOKENS = (
    b'"', b"'", b"\t", b"\n", b"\r\n", b",", b";", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]",
    b"<", b">", b"&lol;", b"<!DOCTYPE x [<!ENTITY lol 'lol'>]>", b"null", b"true", b"1e999", b"-1", b"9" * 40,
    b"2026-02-30T25:61:61Z", b"2026-10-25 02:30:00", b"\\u0000", b"\\ud800", "髙①".encode("cp932"),
    "包装".encode("gb18030"), "größe".encode("cp1252"), b"=cmd()", b"From ", b"=?utf-8?b?////?=", b"x" * 70_000,
    b"Content-Type: multipart/mixed; boundary=x\n",
)  # fmt: skip


def samples() -> dict[str, bytes]:
    """Every sample file, by its place under tests/data."""
    return {
        str(path.relative_to(SAMPLES)): path.read_bytes()
        for path in sorted(SAMPLES.rglob("*"))
        if path.is_file() and path.suffix not in (".md", ".py")
    }


def mutated(content: bytes, others: list[bytes], chance: Random) -> bytes:
    """The content after one to four accidents."""
    for _accident in range(chance.randint(1, 4)):
        content = chance.choice(ACCIDENTS)(content, others, chance)
    return content[: 2 * 1024 * 1024]


def _place(content: bytes, chance: Random) -> int:
    return chance.randint(0, len(content))


def _flip(content: bytes, others: list[bytes], chance: Random) -> bytes:
    changed = bytearray(content)
    for _time in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, others: list[bytes], chance: Random) -> bytes:
    return content[: _place(content, chance)]


def _remove(content: bytes, others: list[bytes], chance: Random) -> bytes:
    start, end = sorted((_place(content, chance), _place(content, chance)))
    return content[:start] + content[end:]


def _repeat(content: bytes, others: list[bytes], chance: Random) -> bytes:
    start, end = sorted((_place(content, chance), _place(content, chance)))
    return content[:end] + content[start:end] * chance.randint(1, 3) + content[end:]


def _insert(content: bytes, others: list[bytes], chance: Random) -> bytes:
    at = _place(content, chance)
    return content[:at] + chance.choice(TOKENS) + content[at:]


def _splice(content: bytes, others: list[bytes], chance: Random) -> bytes:
    other = chance.choice(others)
    return content[: _place(content, chance)] + other[_place(other, chance) :]


def _shuffle_lines(content: bytes, others: list[bytes], chance: Random) -> bytes:
    lines = content.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _recode(content: bytes, others: list[bytes], chance: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(["utf-16", "cp1252", "gb18030", "cp932", "utf-8-sig", "latin-1"]), "replace")


def _pack(content: bytes, others: list[bytes], chance: Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", content)
        archive.writestr("xl/workbook.xml" if chance.random() < 0.3 else "b/c.eml", chance.choice(others))
    return packed.getvalue()


ACCIDENTS: list[Callable[[bytes, list[bytes], Random], bytes]] = [
    _flip, _cut, _remove, _repeat, _insert, _insert, _splice, _shuffle_lines, _recode, _pack,
]  # fmt: skip


def inputs(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with the name of what it was and its number; the same for the same seed."""
    known = samples()
    names, contents = list(known), list(known.values())
    for number in range(count):
        chance = Random(f"{seed}:{number}")  # chance, not a secret
        name = names[number % len(names)]
        yield f"{name} #{number}", mutated(known[name], contents, chance)
