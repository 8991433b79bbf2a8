"""Weekly reports: what a published week tells beside the week before, of one account and of all of them."""

from datetime import date
from fractions import Fraction

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.weekly import Told
from kpis.catalogue import METRICS
from kpis.changes import Goodness
from kpis.metrics import Window
from kpis.readings import Reading
from kpis.sweep import sweep
from kpis.targets import Band
from kpis.weekly import Beside, week_of, weeks_by
from kpis.weeks import close_weeks
from sellers.models import Note
from tests.makers import at, client_of, make_account, make_answers, make_conversation
from tests.test_pages import text_of

pytestmark = pytest.mark.django_db

LATE = METRICS["late_response_rate"]
SUNDAY, SUNDAY_BEFORE = date(2026, 1, 18), date(2026, 1, 11)
REPORT = "/accounts/mine/weeks/2026-01-18/"
FLEET = "/reports/2026-01-18/"


@pytest.fixture(autouse=True)
def clock():
    """Thursday 22 January 2026."""
    with time_machine.travel(at("2026-01-22 12:00"), tick=False):
        yield


def close(moment: str = "2026-01-22 09:00") -> None:
    sweep(at(moment))
    close_weeks(at(moment))


def good_week(account, moment="2026-01-12 01:00"):
    """20 answers within an hour, 36 of 40 surveys solved: 0 % late and 9.0."""
    for number in range(10, 30):
        make_conversation(
            account, ("buyer", f"2026-01-06 10:{number}"), ("agent", f"2026-01-06 11:{number}"), now=at(moment)
        )
    make_answers(account, 36, 4, last="2026-01-10 20:00", now=at(moment))


def bad_week(account, moment="2026-01-19 01:00"):
    """20 answers after two days, 40 surveys not solved: 20 of 40 late, 36 of 80 solved are 4.5."""
    for number in range(10, 30):
        make_conversation(
            account, ("buyer", f"2026-01-13 10:{number}"), ("agent", f"2026-01-15 11:{number}"), now=at(moment)
        )
    make_answers(account, 0, 40, last="2026-01-17 20:00", now=at(moment))


@pytest.fixture
def falling():
    account = make_account("mine", name="Rose Garden")
    good_week(account)
    bad_week(account)
    close()
    return account


def figure(metric, band, hits, n):
    value = Fraction(hits, n)
    return Reading(
        metric=metric, account=make_account(), rule=metric.rule, window=Window.ending(SUNDAY, 30),
        value=value, numerator=hits, denominator=n, n=n, band=band,
    )  # fmt: skip


# --- What changed ----------------------------------------------------------------------------------------------------


def test_a_week_tells_what_turned_red_the_worse_first(falling):
    told = Told(week_of(falling, SUNDAY))
    sentences = [line.sentence for line in told.crossed]
    assert sentences[0] == "Customer-service score turned red: 4.5 after 9.0."
    assert "Late responses turned red: 50.00% after 0.00%." in sentences
    assert {line.way for line in told.crossed} == {Goodness.BAD}
    assert (told.score_change.display, told.score_change.goodness) == ("4.5", Goodness.BAD)


def test_the_first_week_has_nothing_beside_it(falling):
    week = week_of(falling, SUNDAY_BEFORE)
    assert (week.has_before, week.crossed, week.moved) == (False, [], [])
    assert week.is_changed
    assert "This is the first week" in Told(week).calm


def test_a_week_like_the_one_before_says_so(falling):
    close("2026-01-26 09:00")
    week = week_of(falling, date(2026, 1, 25))
    assert [line.sentence for line in Told(week).lines] == []
    assert not week.is_changed


def test_a_colour_that_chance_may_have_crossed_is_told_so():
    # 36 of 40 are 9.0; 36 of 46 are 7.8. The difference of 0.117 is inside its 95 % interval of about 0.15 each way.
    account = make_account("mine")
    make_answers(account, 36, 4, last="2026-01-10 20:00", now=at("2026-01-22 09:00"))
    make_answers(account, 0, 6, last="2026-01-17 20:00", now=at("2026-01-22 09:00"))
    close()
    lines = [line.sentence for line in Told(week_of(account, SUNDAY)).crossed]
    assert lines[0] == "Customer-service score turned yellow: 7.8 after 9.0. Chance alone moves it as far."


def test_a_figure_moves_inside_its_colour_only_by_more_than_chance():
    before = figure(LATE, Band.RED, 20, 100)
    assert Beside(figure(LATE, Band.RED, 60, 100), before).moved is Goodness.BAD
    assert Beside(figure(LATE, Band.RED, 22, 100), before).moved is Goodness.NEUTRAL
    better = Beside(figure(LATE, Band.GREEN, 2, 100), before)
    assert (better.moved, better.crossed) == (Goodness.NEUTRAL, Goodness.GOOD)


def test_a_figure_without_a_value_now_is_gone_and_crossed_nothing():
    nothing = Reading(metric=LATE, account=make_account(), rule=LATE.rule, window=Window.ending(SUNDAY, 30))
    one = Beside(nothing, figure(LATE, Band.RED, 20, 100))
    assert (one.is_gone, one.crossed, one.moved) == (True, Goodness.NEUTRAL, Goodness.NEUTRAL)


def test_what_to_do_next_begins_with_the_red_score_and_leads_to_its_rows(falling):
    step = Told(week_of(falling, SUNDAY)).steps[0]
    assert step.title == "Customer-service score: 4.5"
    # (36 + x) / (80 + x) is at least 0.6 from x = 30 on: 66 of 110.
    assert step.sentence == "Needs attention. 30 more “Solved” in a row make it yellow."
    assert step.href == "/accounts/mine/customer_service_score/?on=2026-01-18&part=against#rows"


# --- The page of an account's week -----------------------------------------------------------------------------------


def test_the_report_says_what_changed_and_puts_figures_beside_the_week_before(falling):
    response = client_of(falling).get(REPORT)
    page = text_of(response)
    assert "Late responses turned red: 50.00% after 0.00%." in page
    assert "What to do next" in page
    figures = {one.card.metric.slug: one for _title, group, _none in response.context["page"].groups for one in group}
    late = figures["late_response_rate"]
    assert (late.card.shown, late.before, late.change.display) == ("50.00%", "0.00%", "50.00 pts")


def test_notes_that_touch_the_week_stand_in_its_report(falling):
    for title, first, last in (
        ("Before", "2026-01-11", None),
        ("Strike", "2026-01-09", "2026-01-12"),
        ("Training", "2026-01-18", None),
        ("After", "2026-01-19", None),
    ):
        Note.objects.create(account=falling, title=title, starts_on=first, ends_on=last)
    titles = [one.note.title for one in client_of(falling).get(REPORT).context["page"].notes]
    assert titles == ["Training", "Strike"]


def test_the_report_as_known_compares_what_was_known(falling):
    late = make_conversation(falling, ("buyer", "2026-01-07 10:00"), now=at("2026-01-22 10:00"))
    assert late.pk
    close("2026-01-22 11:00")  # 1 of 21 in the week before, by a revision on the 22nd
    assert week_of(falling, SUNDAY, at("2026-01-22 10:00")).figures != week_of(falling, SUNDAY).figures
    known = {one.metric.slug: one for one in week_of(falling, SUNDAY, at("2026-01-22 10:00")).figures}
    now = {one.metric.slug: one for one in week_of(falling, SUNDAY).figures}
    assert known["late_response_rate"].before.display == "0.00%"
    assert now["late_response_rate"].before.display == "4.76%"
    assert week_of(falling, SUNDAY, at("2026-01-11 10:00")) is None


def test_the_weeks_of_an_account_are_listed_newest_first(falling):
    response = client_of(falling).get("/accounts/mine/weeks/")
    newest, first = response.context["page"].weeks
    assert (newest.ends_on, newest.point.display, newest.change.display) == (SUNDAY, "4.5", "4.5")
    assert (first.ends_on, first.point.display, first.change) == (SUNDAY_BEFORE, "9.0", None)
    assert newest.worse == week_of(falling, SUNDAY).crossings(Goodness.BAD)
    assert f'href="{REPORT}"' in text_of(response)


def test_reports_of_others_are_missing(falling):
    stranger = client_of(make_account("theirs"))
    for path in ("/accounts/mine/weeks/", REPORT, FLEET):
        assert stranger.get(path).status_code == 404, path
    assert "Rose Garden" not in text_of(stranger.get("/reports/"))


def test_without_a_week_the_lists_say_what_to_do():
    account = make_account("mine")
    for path in ("/accounts/mine/weeks/", "/reports/"):
        assert "No week has been published yet" in text_of(client_of(account).get(path)), path


# --- All accounts ----------------------------------------------------------------------------------------------------


def test_the_report_over_all_accounts_is_worst_first(falling):
    steady = make_account("steady", name="Steady")
    good_week(steady)
    empty = make_account("empty", name="Empty")
    close()
    response = client_of(falling, steady, empty).get(FLEET)
    page = response.context["page"]
    assert [row.account.key for row in page.rows] == ["mine", "steady"]
    # Red: 4.5 now, and none the week before, when both were 9.0.
    assert [(share.band, share.count, share.before) for share in page.shares][:3] == [
        (Band.RED, 1, 0),
        (Band.YELLOW, 0, 0),
        (Band.GREEN, 1, 2),
    ]
    assert [told.account.key for told in page.turned] == ["mine"]
    assert [account.key for account in page.absent] == ["empty"]
    assert "Rose Garden: Customer-service score: 4.5" in text_of(response)


def test_accounts_with_other_weeks_stand_in_the_week_that_ended_by_that_sunday(falling):
    saturday = make_account("sat", week_start=6)  # its weeks end on Saturdays
    good_week(saturday)
    close()
    ends = {week.account.key: week.ends_on for week in weeks_by([falling, saturday], SUNDAY)}
    assert ends == {"mine": SUNDAY, "sat": date(2026, 1, 17)}


def test_the_fleet_as_known_on_a_day(falling):
    client = client_of(falling)
    assert "Nothing was known then" in text_of(client.get(f"{FLEET}?known_on=2026-01-20"))
    assert "This day is not over yet." in text_of(client.get(f"{FLEET}?known_on=2026-01-22"))
    with time_machine.travel(at("2026-01-24 12:00"), tick=False):
        client = client_of(falling)  # who signed in on Thursday has to do so again
        assert "As known at the end of 22 Jan 2026 (UTC)." in text_of(client.get(f"{FLEET}?known_on=2026-01-22"))


def test_weeks_that_are_none_are_missing(falling):
    client = client_of(falling)
    for day in ("2026-01-17", "2026-01-25", "2025-01-19", "2026-02-30"):
        assert client.get(f"/reports/{day}/").status_code == 404, day


def test_the_list_of_weeks_counts_scores_by_colour(falling):
    newest, first = client_of(falling).get("/reports/").context["page"].weeks
    assert (newest.ends_on, newest.count, newest.worse, newest.better) == (SUNDAY, 1, 1, 0)
    assert (first.ends_on, first.worse) == (SUNDAY_BEFORE, 0)


@pytest.mark.parametrize(
    ("path", "count"), [("/reports/", 10), (FLEET, 10), (REPORT, 17), ("/accounts/mine/weeks/", 12)]
)
def test_reports_take_the_same_queries_however_many_accounts_and_weeks(falling, path, count):
    others = [make_account() for _number in range(3)]
    client = client_of(falling, *others)
    client.get(path)
    for account in others:
        good_week(account)
        bad_week(account)
    close()
    close("2026-01-26 09:00")
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    assert len(caught) == count, "\n".join(query["sql"][:150] for query in caught)
