"""What the browser is served: vendored libraries as they were fetched, and colours that agree."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
LIBRARIES = json.loads((VENDOR / "VENDOR.json").read_text())


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_a_vendored_library_is_the_one_that_was_fetched(library):
    content = (VENDOR / library["file"]).read_bytes()
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == library["sha384_stored"]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_a_vendored_library_has_its_licence_beside_it_and_no_source_map(library):
    path = VENDOR / library["file"]
    assert library["licence"] in (path.parent / "LICENSE.md").read_text()
    assert b"sourceMappingURL" not in path.read_bytes()


def test_nothing_is_vendored_that_is_not_written_down():
    stored = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.js") if path.is_file()}
    assert stored == {library["file"] for library in LIBRARIES}


def colours(css, selector):
    block = css[css.index(selector) :]
    return dict(re.findall(r"(--[\w-]+|color-scheme): ([^;]+);", block[: block.index("}")]))


def test_dark_by_choice_and_dark_by_device_are_the_same_colours():
    css = (STATIC / "css" / "staygreen.css").read_text()
    chosen = colours(css, ":root[data-theme=dark] {")
    assert len(chosen) > 20
    assert chosen == colours(css, ":root:not([data-theme=light]) {")


def test_every_light_colour_has_a_dark_one():
    css = (STATIC / "css" / "staygreen.css").read_text()
    same_in_both = {"--r", "--r-s", "--font"}
    assert colours(css, ":root {").keys() - same_in_both == colours(css, ":root[data-theme=dark] {").keys()


def test_keys_of_rows_are_not_written_as_figures_are():
    written = re.compile(r"\{\{ [\w.]*\b(?:pk|turn) \}\}")
    templates = STATIC.parent / "templates"
    assert not [path.name for path in templates.rglob("*.html") if written.search(path.read_text())]


def test_every_sign_a_template_uses_is_drawn():
    templates = STATIC.parent / "templates"
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (templates / "_icons.html").read_text()))
    used = {
        name for path in templates.rglob("*.html") for name in re.findall(r'<use href="#([\w-]+)"', path.read_text())
    }
    assert used <= drawn
