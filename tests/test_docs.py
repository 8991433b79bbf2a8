"""The documentation says what is: its links lead somewhere, and the commands, settings and addresses it names exist."""

import ast
import json
import re
import runpy
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from intake.readers import READERS
from kpis.api_serializers import ReadingSerializer
from kpis.figures import State
from kpis.models import WeekReport

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# What begins with a folder of ours is a path: `kpis/veil.py`, `script/test`.
OURS = "bench|config|dashboard|docs|intake|kpis|locale|messaging|orders|script|sellers|static|templates|tests"
OUR_PATH = re.compile(rf"`((?:{OURS})/[\w./-]*)[^`]*`")
ADDRESS = re.compile(r"`(/(?!etc/|opt/|run/|usr/|var/)[a-z][\w/.-]*)`")  # not of a folder of the machine
COMMAND = re.compile(r"manage\.py ([a-z_]+)((?: (?!manage\.py)[^`\n|]*)?)")
ROUTE = re.compile(r"`(GET|POST) (?:/api/v1/)?([\w/{}-]+)(?:\?([^`]*))?`")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked, as forges make them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w -]", "", re.sub(r"[`*]", "", title)).strip().lower().replace(" ", "-") for title in titles}


def dead_links(page: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_and_every_path_of_ours_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []
    assert [path for path in OUR_PATH.findall(page.read_text()) if not (ROOT / path).exists()] == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# Rows that were `set` aside\n")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#rows-that-were-set-aside) [b](there.md#rows) [c](gone.md) [d](https://example.com)")
    assert list(dead_links(page)) == ["there.md#rows", "gone.md"]


def test_every_page_is_found_from_the_readme() -> None:
    found, left = set(), [ROOT / "README.md"]
    while left:
        page = left.pop()
        found.add(page)
        targets = {(page.parent / target.partition("#")[0]).resolve() for target in LINK.findall(page.read_text())}
        for there in targets & {*PAGES, ROOT / "docs" / "decisions"} - found:
            left += sorted(there.glob("*.md")) if there.is_dir() else [there]
    assert {name_of(page) for page in PAGES if page not in found} == set()


def options_of(command: str) -> set[str]:
    app = get_commands()[command]
    found = app if not isinstance(app, str) else load_command_class(app, command)
    parser: ArgumentParser = found.create_parser("manage.py", command)
    return set(parser._option_string_actions)


def test_every_command_exists_and_takes_the_options_it_is_named_with() -> None:
    faults, seen = [], set()
    for page in PAGES:
        for command, rest in COMMAND.findall(page.read_text()):
            seen.add(command)
            if command not in get_commands():
                faults.append(f"{name_of(page)}: manage.py {command}")
                continue
            unknown = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)) - options_of(command)
            faults += [f"{name_of(page)}: manage.py {command} {option}" for option in sorted(unknown)]
    assert faults == []
    assert len(seen) > 15


def settings_read() -> set[str]:
    """The names of all variables of the environment that config/ asks for."""
    found = set()
    for path in sorted((ROOT / "config").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            asked = ast.unparse(node.func)
            if asked.startswith("environment.") or asked in {"os.environ.get", "_fernet_keys", "text"}:
                found.add(str(node.args[0].value))
    return found


def settings_told() -> set[str]:
    """The names in the first column of the table of settings."""
    page = (ROOT / "docs" / "running.md").read_text()
    table = page.split("\n## Settings\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    assert len(settings_read()) > 20
    assert settings_told() == settings_read()


def schema() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())


def parameters(described: dict[str, Any]) -> set[str]:
    return {one["name"] for one in described.get("parameters", []) if one["in"] == "query"}


def plain(path: str) -> str:
    """A route, whatever its variables are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_route_of_the_api_is_documented_and_every_documented_one_exists() -> None:
    served = {
        (method.upper(), plain(path.removeprefix("/api/v1/"))): described
        for path, methods in schema()["paths"].items()
        for method, described in methods.items()
        if method in {"get", "post"}
    }
    told: set[tuple[str, str]] = set()
    faults = []
    for page in PAGES:
        for method, path, query in ROUTE.findall(page.read_text()):
            route = (method, plain(path))
            told.add(route)
            asked = set(re.findall(r"(\w+)=", query))
            if route not in served or not asked <= parameters(served[route]):
                faults.append(f"{name_of(page)}: {method} {path}?{query}")
    assert faults == []
    assert told == served.keys()


def test_the_example_of_a_reading_has_every_field_of_one_and_every_state_is_explained() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    example = json.loads(page.split("**A reading:**")[1].split("```json")[1].split("```")[0])
    assert example.keys() == ReadingSerializer().fields.keys()
    assert [state for state in State if f"`{state}`" not in page] == []
    assert [reason for reason in WeekReport.Reason.values if f"`{reason}`" not in page] == []


def test_every_format_that_is_read_is_named() -> None:
    told = "".join(page.read_text() for page in PAGES)
    assert [source for source in READERS if f"`{source}`" not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_address_named_is_served(page: Path) -> None:
    faults = []
    for address in ADDRESS.findall(page.read_text()):
        try:
            resolve(address)
        except Resolver404:
            if not address.startswith("/api/v1/"):
                faults.append(address)
    assert faults == []


def test_a_decision_is_headed_by_the_number_of_its_file_and_no_number_is_used_twice() -> None:
    pages = [page for page in (ROOT / "docs" / "decisions").glob("*.md") if page.name != "README.md"]
    numbers = [int(page.name[:4]) for page in pages]
    assert [re.match(r"# (\d+)\. ", page.read_text()) is not None for page in pages] == [True] * len(pages)
    assert [int(page.read_text()[2:].split(".")[0]) for page in pages] == numbers
    assert len(set(numbers)) == len(numbers)


def test_every_picture_shown_is_made_by_the_script_and_none_lies_unused() -> None:
    made = set(runpy.run_path(str(ROOT / "script" / "pictures.py"))["PICTURES"])
    kept = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    shown = {Path(path).name for page in PAGES for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text())}
    assert shown == kept == made
