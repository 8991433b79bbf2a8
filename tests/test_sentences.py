"""Sentences about data: English for programs, the reader's own language for people, now and when they are stored."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from intake.codes import printable
from intake.imports import run, store
from intake.sentences import Sentence, keep, told
from tests.makers import NOW, make_account, make_user

LONG = Sentence("%(text)s is not a time", text="noon" * 200)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every sentence in the code, with its place."""
    for path in Path(settings.BASE_DIR, "intake").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Sentence"
            if called and isinstance(node.args[0], ast.Constant):
                yield f"{path.name}:{node.lineno}", node


def test_every_sentence_is_given_the_values_it_names() -> None:
    found = dict(calls())
    assert len(found) > 150
    for place, node in found.items():
        named = set(re.findall(r"%\((\w+)\)s", node.args[0].value))  # type: ignore[attr-defined]
        assert named == {keyword.arg for keyword in node.keywords}, place


def test_a_sentence_is_english_text_that_can_be_told_in_another_language() -> None:
    sentence = Sentence("%(name)s must be %(expected)s", name="order_ids", expected=Sentence("a list of IDs"))
    assert sentence == "order_ids must be a list of IDs"
    with translation.override("zh-hans"):
        assert sentence.told() == "order_ids 必须是ID 列表"
        assert told(str(sentence), keep(sentence)) == "order_ids 必须是ID 列表"
    with translation.override("zh-hant"):
        assert told(sentence) == "order_ids 必須是ID 清單"


def test_a_text_that_was_cut_is_told_whole_and_one_that_was_replaced_is_left_alone() -> None:
    with translation.override("zh-hans"):
        assert told(str(LONG)[:500], keep(LONG)).endswith(" 不是时间")
        assert told("something else", keep(LONG)) == "something else"
        assert told("", keep(LONG)) == ""
        assert told("old text", None) == "old text"


def test_what_no_database_can_hold_is_spelled_out_in_the_values_too() -> None:
    shown = printable(Sentence("%(text)s is not a time", text="a\x00b"))
    assert (shown, keep(shown)) == ("a\\x00b is not a time", ["%(text)s is not a time", {"text": "a\\x00b"}])


@pytest.mark.django_db
def test_a_row_that_was_set_aside_says_why_in_the_readers_language(client) -> None:
    account = make_account("mine")
    client.force_login(make_user("mia", account, role="manager"))
    file = BytesIO(b"external_id,placed_at,status\none,yesterday,shipped\n")
    number = run(store(account, "orders.csv", file, now=NOW).pk, now=NOW).pk
    english = client.get(f"/imports/{number}/rejects/").content.decode()
    assert "line 2" in english
    assert "must be a time such as 2026-11-09T15:02:11Z" in english
    chinese = client.get(f"/imports/{number}/rejects/", headers={"accept-language": "zh-TW"}).content.decode()
    assert "第 2 行" in chinese
    assert "必須是時間，例如 2026-11-09T15:02:11Z" in chinese
    answer = client.get(f"/api/v1/imports/{number}/rejects", headers={"accept-language": "zh-TW"}).json()
    assert answer["results"][0]["message"] == "must be a time such as 2026-11-09T15:02:11Z"
