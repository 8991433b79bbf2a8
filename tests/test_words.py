"""Sentences about figures: what is missing, how much room there is, how sure a figure is."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from django.utils import translation

from dashboard.headroom import missing_sentence
from dashboard.joining import names, sentences
from kpis.catalogue import METRICS
from kpis.metrics import Rule, Window
from kpis.readings import Reading
from kpis.targets import AtLeast, AtMost, Below
from sellers.models import SellerAccount

SCORE = METRICS["customer_service_score"]  # at least 6.0, green from 8.0
DEFECTS = METRICS["order_defect_rate"]  # under 1 %, green up to 0.8 %


def reading(metric, hits, n, rule=None):
    rule = rule or metric.rule
    value = Fraction(hits * metric.base, n)
    return Reading(
        metric=metric,
        account=SellerAccount(key="mine"),
        rule=rule,
        window=Window(date(2026, 1, 1), date(2026, 1, 28)),
        value=value,
        numerator=hits,
        denominator=n,
        n=n,
        band=metric.judge(value, rule),
    )


@pytest.mark.parametrize(
    ("metric", "hits", "n", "sentence"),
    [
        # 22 of 40 is 5.5: 27 of 45 is 6.0.
        (SCORE, 22, 40, "5 more “Solved” in a row make it yellow."),
        # 23 of 39 is 5.89: 24 of 40 is 6.0.
        (SCORE, 23, 39, "1 more “Solved” makes it yellow."),
        # 30 of 40 is 7.5: 40 of 50 is 8.0.
        (SCORE, 30, 40, "10 more “Solved” in a row make it green."),
        # 36 of 40 is 9.0: 24 of 40 is still 6.0.
        (SCORE, 36, 40, "12 “Solved” of 40 may be lost before it is red."),
        # 6 of 500 is 1.2 %: 6 of 601 is the first below 1 %.
        (DEFECTS, 6, 500, "101 more “Without a defect” in a row make it yellow."),
        # 5 of 501 is 0.998 %: 5 of 625 is 0.8 %.
        (DEFECTS, 5, 501, "124 more “Without a defect” in a row make it green."),
        # 3 of 539 is 0.56 %: 5 of 539 is 0.93 %, 6 are 1.11 %.
        (DEFECTS, 3, 539, "2 more “With a defect” of 539 are possible before it is red."),
        # 0 of 40: one of 40 is 2.5 %.
        (DEFECTS, 0, 40, "One more “With a defect” of 40 makes it red."),
    ],
)
def test_what_is_missing_is_said_in_rows(metric, hits, n, sentence):
    assert missing_sentence(reading(metric, hits, n)) == sentence


def test_all_answers_must_be_good_and_one_was_not():
    rule = replace(SCORE.rule, target=AtLeast("9", "10"))
    assert (
        missing_sentence(reading(SCORE, 38, 40, rule))
        == "Further “Solved” alone cannot change the colour: older cases must first leave the window."
    )


def test_none_may_be_bad_and_one_was():
    rule = Rule(days=60, target=AtMost("1", "0"))
    assert (
        missing_sentence(reading(DEFECTS, 1, 200, rule))
        == "Further “Without a defect” alone cannot change the colour: older cases must first leave the window."
    )


def test_a_score_with_no_room_says_so():
    rule = replace(SCORE.rule, target=AtLeast("8", "8"))  # 32 of 40 is exactly 8.0
    assert missing_sentence(reading(SCORE, 32, 40, rule)) == "Not one “Solved” of 40 may be lost, or it is red."


def test_the_rule_in_force_decides_not_the_declared_one():
    rule = replace(DEFECTS.rule, target=Below("2", "1.5"))
    # 6 of 500 is 1.2 %: 9 of 500 are 1.8 %, 10 are 2 % and red.
    assert missing_sentence(reading(DEFECTS, 6, 500, rule)).startswith("3 more “With a defect” of 500 are")


@pytest.mark.parametrize(
    ("language", "said", "listed"),
    [("en", "One. Two.", "One., Two."), ("zh-hans", "One.Two.", "One.、Two."), ("zh-hant", "One.Two.", "One.、Two.")],
)
def test_sentences_and_names_follow_one_another_as_the_language_sets_them(language, said, listed):
    with translation.override(language):
        assert (sentences(["One.", "", "Two."]), sentences([]), names(["One.", "Two."])) == (said, "", listed)
