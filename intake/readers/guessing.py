"""A first guess at what the columns of somebody's table mean, from their words in several languages and their cells."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from intake.contract import RECORD_TYPES
from intake.fields import Choice, Day, Field, Flag, Moment, Whole
from intake.readers.column_map import ColumnMap
from intake.readers.mapped import mappable

WORDS_FILE = Path(__file__).with_name("column_words.tsv")

_SIGNS = re.compile(r"[\s_\-./:#()（）【】\[\]]+")
_DATE = r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_DATED = re.compile(_DATE, re.ASCII)
_CLOCKED = re.compile(_DATE + r"[T ]+\d{1,2}:\d\d.*", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}", re.ASCII)


@cache
def _said() -> dict[tuple[str, str], tuple[str, ...]]:
    """What people say, by what it stands for."""
    lines = (line.split("\t") for line in WORDS_FILE.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return {(kind, name): tuple(words.split("|")) for kind, name, words in lines}


def plain(text: str) -> str:
    """A word without case, blanks and signs."""
    return _SIGNS.sub("", text.casefold())


def guess(columns: Sequence[str], samples: Mapping[str, Sequence[str]], zone: str) -> ColumnMap | None:
    """The likeliest meaning of a table, or None where no record type has any of its needed fields there."""
    ranked = []
    for kind, record_type in RECORD_TYPES.items():
        found = _by_words(kind, columns)
        met = sum(name in found.values() for name in (*record_type.required, *record_type.one_of))
        ranked.append((len(found), met, kind))
    count, _met, kind = max(ranked, key=lambda one: one[:2])
    return complete(kind, guess_fields(kind, columns, samples), samples, zone) if count else None


def complete(kind: str, columns: Mapping[str, str], samples: Mapping[str, Sequence[str]], zone: str) -> ColumnMap:
    """The map for columns that are settled: how their cells are to be read is guessed from samples."""
    fields = mappable(RECORD_TYPES[kind])
    words = {}
    for column, name in columns.items():
        one = fields.get(name)
        if isinstance(one, Choice | Flag):
            words[name] = _words(one, samples.get(column, ()))
    cells = [cell for column in columns for cell in samples.get(column, ())]
    has_id = "external_id" in columns.values()
    return ColumnMap(
        record_type=kind,
        columns=dict(columns),
        zone=zone,
        day_first=_day_first(cells),
        decimal_comma=_decimal_comma(cells),
        words=words,
        constants=_constants(kind, columns),
        id_from=() if has_id else tuple(columns),
        scale=_scale(columns, samples),
    )


def guess_fields(kind: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Which fields of a record type the columns mean, each once: by their words; what every record needs and no word
    names, by the only column whose cells look like it."""
    found = _by_words(kind, columns)
    record_type = RECORD_TYPES[kind]
    fields = mappable(record_type)
    for needed in (*((name,) for name in record_type.required), record_type.one_of):
        if any(name in found.values() for name in needed):
            continue
        for name in (one for one in needed if one in fields):
            alike = [one for one in columns if one not in found and _looks_like(fields[name], samples.get(one, ()))]
            if len(alike) == 1:
                found[alike[0]] = name
                break
    return {column: found[column] for column in columns if column in found}


def _by_words(kind: str, columns: Sequence[str]) -> dict[str, str]:
    fields = mappable(RECORD_TYPES[kind])
    words: dict[str, list[tuple[int, str]]] = {}
    for name in fields:
        if name == "external_id":
            said = (*_said().get(("id", kind), ()), *_said()["id", "any"])
        else:
            said = _said().get(("field", name), ())
        for rank, word in enumerate((name, *said)):
            words.setdefault(plain(word), []).append((rank, name))
    found: dict[str, str] = {}
    for column in columns:
        for _rank, name in sorted(words.get(plain(column), ())):
            if name not in found.values():
                found[column] = name
                break
    return found


def _looks_like(one: Field, cells: Sequence[str]) -> bool:
    """Whether all of these cells have the form of a field's values, and there are some."""
    match one:
        case Moment():
            form = _CLOCKED
        case Day():
            form = _DATED
        case Choice() | Flag():
            return bool(cells) and len(_words(one, cells)) == len(set(cells))
        case Whole():
            return bool(cells) and all(cell.isdecimal() and one.low <= int(cell[:9]) <= one.high for cell in cells)
        case _:
            return False
    return bool(cells) and all(form.fullmatch(cell) for cell in cells)


def _constants(kind: str, columns: Mapping[str, str]) -> dict[str, str]:
    """What a survey asked follows from its answers."""
    if kind != "survey_answer" or "kind" in columns.values():
        return {}
    asked = {"solved": "solved", "value_number": "csat"}
    return next(({"kind": word} for name, word in asked.items() if name in columns.values()), {})


def _words(one: Choice | Flag, samples: Sequence[str]) -> dict[str, str]:
    """What the sample cells say, by the contract's word for it where one is known."""
    known = ("true", "false") if isinstance(one, Flag) else tuple(one.words)
    found = {}
    for sample in dict.fromkeys(samples):
        for word in known:
            if plain(sample) in {plain(word), *map(plain, _said().get(("word", word), ()))}:
                found[sample] = word
                break
    return found


def _day_first(cells: Sequence[str]) -> bool | None:
    """Whether dates such as 05/11/2026 begin with the day; None where no cell has one, or none tells."""
    pairs = [(int(found[1]), int(found[2])) for cell in cells if (found := _DAY_FIRST.match(cell))]
    if any(first > 12 for first, _second in pairs):
        return True
    if any(second > 12 for _first, second in pairs):
        return False
    return None if not pairs else any("." in cell for cell in cells if _DAY_FIRST.match(cell)) or None


def _decimal_comma(cells: Sequence[str]) -> bool | None:
    """Whether numbers such as 1.234,56 or 12,5 have a decimal comma; None where no cell tells."""
    seen = {",": 0, ".": 0}
    for cell in cells:
        found = re.fullmatch(r"[^\d]*[\d.,' ]*?([.,])(\d{1,2})[^\d]*", cell.strip())
        if found:
            seen[found[1]] += 1
    return None if seen[","] == seen["."] else seen[","] > seen["."]


def _scale(columns: Mapping[str, str], samples: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """The scale of a rating, by the largest value seen: five, ten or a hundred."""
    for column, name in columns.items():
        if name == "value_number":
            seen = [float(cell) for cell in samples.get(column, ()) if re.fullmatch(r"\d+(\.\d+)?", cell)]
            for top in (5, 10, 100):
                if seen and max(seen) <= top:
                    return ("0" if min(seen) < 1 else "1", str(top))
    return None
