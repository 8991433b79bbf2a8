"""Columns of many rows are prepared for the database as a whole, and each value is written as it is."""

import json
from datetime import UTC, datetime

import pytest
from django.db import models

from sellers.columns import bound, copied

MOMENT = datetime(2026, 11, 9, 15, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("prepare", [copied, bound])
def test_equal_values_that_are_written_differently_stay_different(prepare):
    column = [1, True, 1.0, [1], [True], {}, [], ""]
    assert [json.loads(text) for text in prepare(models.JSONField(), column)] == column
    assert list(prepare(models.JSONField(), column)) == ["1", "true", "1.0", "[1]", "[true]", "{}", "[]", '""']


@pytest.mark.parametrize("value", [None, MOMENT])
def test_a_value_that_all_rows_share_is_written_in_each_of_them(value):
    field = models.DateTimeField()
    for prepare in (copied, bound):
        alone = list(prepare(field, [value]))
        assert list(prepare(field, [value, value, value])) == alone * 3
        assert list(prepare(field, [value, MOMENT.replace(year=2025)]))[:1] == alone


def test_an_empty_column_stays_empty():
    assert list(copied(models.TextField(), [])) == list(bound(models.JSONField(), [])) == []


def test_a_list_that_holds_what_stands_between_encoded_values_is_not_cut():
    column = [["a", "\0", "b"], {"\0": "\0"}, "\0", None, 'x, "\\u0000", y']
    assert list(bound(models.JSONField(), column)) == [None if one is None else json.dumps(one) for one in column]


def test_characters_that_copy_reads_as_something_else_are_escaped():
    column = ["plain", None, "", "a\tb", "a\nb\r", "C:\\new", "\\N"]
    assert list(copied(models.TextField(), column)) == [
        "plain", r"\N", "", r"a\tb", r"a\nb\r", r"C:\\new", r"\\N",
    ]  # fmt: skip
    assert list(copied(models.TextField(), column[:3])) == ["plain", r"\N", ""]


@pytest.mark.parametrize("times", [1, 5])
def test_equal_numbers_are_written_as_numbers(times):
    assert list(copied(models.IntegerField(), [1, True, None, 0] * times)) == ["1", "1", r"\N", "0"] * times
