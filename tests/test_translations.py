"""Every reader's own language: which one a browser gets, how it is written, and how days, times and numbers read."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.formats import number_format

from dashboard import words
from kpis.catalogue import METRICS
from kpis.exports import rows_table
from kpis.files import csv_table
from kpis.metrics import Side, Window
from kpis.rows import rows
from kpis.units import Unit, display, duration
from tests.makers import make_account, make_conversation, make_message


def texts(locale: str) -> list[str]:
    path = Path(settings.BASE_DIR) / "locale" / locale / "LC_MESSAGES" / "django.po"
    return [text for entry in polib.pofile(str(path)) for text in (entry.msgstr, *entry.msgstr_plural.values())]


@pytest.mark.parametrize(("locale", "charset"), [("zh_Hans", "gb2312"), ("zh_Hant", "big5")])
def test_each_chinese_keeps_to_its_own_characters(locale: str, charset: str) -> None:
    characters = {character for text in texts(locale) for character in text if "\u4e00" <= character <= "\u9fff"}
    assert len(characters) > 300
    assert [character for character in sorted(characters) if not character.encode(charset, "ignore")] == []


@pytest.mark.parametrize(
    ("wanted", "language", "title"),
    [
        ("zh-CN,zh;q=0.9", "zh-Hans", "登录"),
        ("zh-SG", "zh-Hans", "登录"),
        ("zh", "zh-Hans", "登录"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant", "登入"),
        ("zh-HK", "zh-Hant", "登入"),
        ("en-GB", "en", "Sign in"),
        ("fi", "en", "Sign in"),
    ],
)
@pytest.mark.django_db
def test_a_browser_gets_the_language_that_it_asks_for(client: Client, wanted: str, language: str, title: str) -> None:
    page = client.get("/user/login/", headers={"accept-language": wanted}).content.decode()
    assert f'<html lang="{language}"' in page
    assert f"<h1>{title}</h1>" in page


@pytest.mark.django_db
def test_the_language_chosen_outlives_what_the_browser_asks_for(client: Client) -> None:
    client.post("/language/", {"language": "zh-hant", "next": "/user/login/"})
    page = client.get("/user/login/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="zh-Hant"' in page


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [("en", "5 h 12 min", "0 s"), ("zh-hans", "5 小时 12 分", "0 秒"), ("zh-hant", "5 小時 12 分", "0 秒")],
)
def test_durations_are_written_in_words_of_the_language(language: str, long: str, short: str) -> None:
    with translation.override(language):
        assert duration(Fraction(18_720)) == long
        assert duration(Fraction(0)) == short


def test_days_moments_and_spans_read_as_they_are_written_in_chinese() -> None:
    at = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)  # a Thursday, midnight in California
    pacific = ZoneInfo("America/Los_Angeles")
    with translation.override("zh-hans"):
        assert words.long_day(date(2026, 11, 24)) == "2026年11月24日"
        assert words.moment(at, pacific) == "2026年11月26日 00:00"
        assert words.weekday_moment(at, pacific) == "11月26日（星期四）00:00"
        assert words.span(Window(date(2026, 10, 26), date(2026, 11, 24))) == "2026年10月26日 – 11月24日"
        across = Window(date(2025, 12, 29), date(2026, 1, 4))
        assert words.span(across) == "2025年12月29日 – 2026年1月4日"


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_thousands_are_set_apart_by_a_comma_in_every_language(language: str) -> None:
    with translation.override(language):
        assert number_format(1_234_567, force_grouping=True) == "1,234,567"
        assert display(Fraction(1, 8), Unit.RATE) == "12.50%"


@pytest.mark.django_db
def test_a_file_of_rows_names_columns_and_choices_in_the_reader_s_language() -> None:
    account = make_account()
    make_message(make_conversation(account, channel="amazon_message"), "buyer", "2026-01-10 08:00")
    rowset = rows(account, METRICS["late_response_rate"], date(2026, 1, 18), Side.FOR)
    with translation.override("zh-hant"):
        head, row = "".join(csv_table(rows_table(rowset, date(2026, 1, 18)))).splitlines()
    assert head.startswith('\ufeff"傳送時間","對話","管道","主題","訊息","回覆情況","等待時間（秒）"')
    assert '"Amazon 站內訊息"' in row
    assert '"24 小時內未回覆"' in row
