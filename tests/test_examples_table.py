"""docs/worked-examples.md is written from the catalogue, the worked examples and what the product makes of them.

`WRITE_DOCS=1 pytest tests/test_examples_table.py` writes it anew.
"""

import os

import pytest
from django.conf import settings
from django.utils import translation

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Metric, Side
from kpis.metrics_page import colours
from kpis.readings import readings
from kpis.sweep import sweep
from tests.behind import counts
from tests.makers import NOW, make_account
from tests.test_examples import EXAMPLES

pytestmark = pytest.mark.django_db

PAGE = settings.BASE_DIR / "docs" / "worked-examples.md"
LANGUAGES = {"en": "English", "zh-hans": "简体中文", "zh-hant": "繁體中文"}
HEAD = """\
# Worked examples

<!-- Written by `WRITE_DOCS=1 pytest tests/test_examples_table.py` from the catalogue and tests/examples/. -->

One example for each metric, worked out on paper before the product was asked: the value, how many rows stand for and
against it and are left out, in which languages it is explained, and what judges it. The rows themselves are in
`tests/examples/`; `tests/test_examples.py` holds the product to them.

"""


def judged_by(metric: Metric) -> str:
    target = metric.rule.target
    return "no target: trend only" if target is None else colours(metric.unit, target)


def line(example):
    account = make_account()
    example.build(account)
    sweep(NOW)
    metric = METRICS[example.slug]
    found = readings(account, example.on, [metric])[0]
    sides = counts(found)
    titles = []
    for language in LANGUAGES:
        with translation.override(language):
            titles.append(str(metric.title))
    with translation.override("en"):
        cells = [
            f"`{metric.slug}`", *titles, found.display, *(str(sides[side]) for side in Side), example.working,
            judged_by(metric), f"<{metric.source}>",
        ]  # fmt: skip
    return [cell.replace("|", "\\|").replace("\n", " ").strip() for cell in cells]


def test_every_metric_has_an_example_and_the_table_in_the_docs_has_no_empty_cell():
    by_slug = {example.slug: example for example in EXAMPLES}
    assert sorted(by_slug) == sorted(METRICS), "each metric has its worked example"
    lines = [line(by_slug[metric.slug]) for metric in DECLARED]
    assert [cells[0] for cells in lines if not all(cells)] == []
    sides = ["for", "against", "left out"]
    head = ["metric", *LANGUAGES.values(), "value", *sides, "worked example", "judged by", "source"]
    table = [head, ["---"] * len(head), *lines]
    page = HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run: WRITE_DOCS=1 pytest tests/test_examples_table.py"
