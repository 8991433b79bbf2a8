"""The work behind script/translations: gettext reads the texts, polib compiles and compares the catalogues."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
# Texts live in the rooms and the templates; everything else (.venv, tests, bench) is not for users.
SOURCES = ("config", "dashboard", "intake", "kpis", "messaging", "orders", "sellers", "static", "templates", "locale")


PLACEHOLDER = re.compile(r"%%|%\(\w+\)[a-z]|%[a-z]|\{\w*(?::\w+)?\}")


def catalogues(root: Path) -> Iterator[Path]:
    """Every .po file; `django` for Python and templates, `djangojs` for scripts where there is one."""
    for locale in LOCALES:
        yield from sorted((root / "locale" / locale / "LC_MESSAGES").glob("*.po"))


def read_texts(root: Path) -> None:
    """Bring the .po files under `root` up to date with the sources under it."""
    for domain in ("django", "djangojs"):
        command = [sys.executable, str(ROOT / "manage.py"), "makemessages", "--domain", domain, "--no-obsolete"]
        for locale in LOCALES:
            (root / "locale" / locale / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
            command += ["--locale", locale]
        command += ["--no-wrap", "--add-location", "file", "--ignore", "vendor/*", "--ignore", ".venv/*"]
        command += ["--ignore", "tests/*", "--ignore", "bench/*", "--ignore", "var/*"]
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own words


def compile_all(root: Path) -> None:
    for path in catalogues(root):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def key(entry: polib.POEntry) -> tuple[str | None, str, str]:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def value(entry: polib.POEntry) -> object:
    return dict(entry.msgstr_plural) if entry.msgid_plural else entry.msgstr


def loses_placeholders(entry: polib.POEntry) -> bool:
    """Whether filling in a translation would fail or lose a value."""
    meant = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return any(sorted(PLACEHOLDER.findall(text)) != meant for text in texts)


def faults(fresh: Path) -> Iterator[str]:
    """What keeps the committed catalogues from being complete; `fresh` holds those just read from the sources."""
    for read in catalogues(fresh):
        name = read.relative_to(fresh)
        committed = ROOT / name
        texts = [entry for entry in polib.pofile(str(read)) if not entry.obsolete]
        if not texts:
            continue
        if not committed.exists():
            yield f"{name} is missing: run script/translations update."
            continue
        known = {key(entry) for entry in polib.pofile(str(committed)) if not entry.obsolete}
        for entry in texts:
            where = f"{name}: “{entry.msgid}”"
            if key(entry) not in known:
                yield f"{where} is new in the sources: run script/translations update and translate it."
            elif entry.fuzzy:
                yield f"{where} is fuzzy."
            elif not entry.translated():
                yield f"{where} is not translated."
            elif loses_placeholders(entry):
                yield f"{where} has other placeholders than its translation."
        gone = known - {key(entry) for entry in texts}
        yield from (
            f"{name}: “{text}” is used nowhere: run script/translations update." for _, text, _ in sorted(gone, key=str)
        )
        yield from uncompiled(committed)


def uncompiled(path: Path) -> Iterator[str]:
    compiled = path.with_suffix(".mo")
    meant = {key(entry): value(entry) for entry in polib.pofile(str(path)).translated_entries()}
    found = {key(entry): value(entry) for entry in polib.mofile(str(compiled))} if compiled.exists() else {}
    if meant != found:
        yield f"{compiled.relative_to(ROOT)} is not what {path.name} says: run script/translations compile."


def check() -> int:
    """Read the texts of a copy of the sources, so that a check changes no file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in SOURCES:
            if (ROOT / name).exists():
                shutil.copytree(
                    ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "vendor")
                )
        read_texts(copy)
        found = list(faults(copy))
    print("\n".join(found) or "Every text is translated and compiled.")
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["update", "compile", "check"])
    action = parser.parse_args().action
    if action == "check":
        return check()
    if action == "update":
        read_texts(ROOT)
    compile_all(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
