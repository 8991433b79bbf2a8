"""Every metric says what a person worked out on paper, and lists exactly the rows that the person used."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import tests.examples
from kpis.catalogue import METRICS
from kpis.metrics import Side
from kpis.readings import readings
from kpis.sweep import sweep
from tests.behind import counts
from tests.makers import NOW, make_account

pytestmark = pytest.mark.django_db

EXAMPLES = [
    example
    for module in iter_modules(tests.examples.__path__)
    for example in import_module(f"tests.examples.{module.name}").EXAMPLES.values()
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.slug for example in EXAMPLES])
def test_a_figure_and_its_rows_are_what_was_worked_out_by_hand(example):
    account = make_account()
    example.build(account)
    sweep(NOW)
    found = readings(account, example.on, [METRICS[example.slug]])[0]
    assert (found.value, found.numerator, found.denominator, found.n) == (
        example.value,
        example.numerator,
        example.denominator,
        example.n,
    ), example.working
    assert counts(found) == {
        Side.FOR: example.rows_for,
        Side.AGAINST: example.rows_against,
        Side.LEFT_OUT: example.rows_left_out,
    }, example.working


def test_examples_are_filed_under_the_metric_they_are_about():
    for module in iter_modules(tests.examples.__path__):
        for slug, example in import_module(f"tests.examples.{module.name}").EXAMPLES.items():
            assert slug == example.slug
            assert slug in METRICS
