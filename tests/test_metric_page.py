"""The metric page: its weeks, other windows, earlier times beside it, and the address one can hand on."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Imported
from kpis.readings import period_before, reading_on
from kpis.sweep import sweep
from kpis.targets import Band
from kpis.weeks import close_weeks
from tests.makers import NOW, client_of, make_account, make_answers, make_conversation, make_note, make_user

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 19)
LATE = "late_response_rate"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def count():
    sweep(NOW)
    close_weeks(NOW)


def message(account, day, hours):
    """A buyer's message at ten, answered so many hours later."""
    answer = f"{day + timedelta(days=hours // 24)} {10 + hours % 24}:00"
    make_conversation(account, ("buyer", f"{day} 10:00"), ("agent", answer))


@pytest.fixture
def shop():
    """A message a day: late on three of the last thirty days, on six of the thirty before, on all of a year before."""
    account = make_account("mine")
    for back in range(60):
        message(account, MONDAY - timedelta(days=back), 30 if back in (0, 10, 20, *range(40, 46)) else 2)
    for back in range(30):
        message(account, MONDAY - timedelta(weeks=52, days=back), 30)
    count()
    return account


def page_of(account, query, slug=LATE):
    return client_of(account).get(f"/accounts/{account.key}/{slug}/?{query}")


def test_the_figure_stands_above_the_chart_and_an_offer_to_compare_below_it(shop):
    make_note(shop, "2026-01-05", title="New templates", pk=1)
    page = page_of(shop, "").content.decode()
    assert (
        page.index('title="On 19 Jan 2026">10.00%</span>') < page.index("<canvas") < page.index('class="n num">10.00%')
    )
    assert page.index('class="n num">10.00%') < page.index("Choose a note")
    chosen = page_of(shop, "note=1").content.decode()
    assert chosen.index("Before and after “New templates”") < chosen.index('class="n num">10.00%')


def test_another_window_stands_beside_the_figure_and_is_not_judged(shop):
    page = page_of(shop, "days=7").context["page"]
    # Of the last seven days only the newest was late: 1 of 7. The account's own figure is 3 of 30.
    assert (page.other_figure, page.other_basis, page.other.band) == ("14.28%", "1 of 7", Band.NONE)
    assert (page.card.shown, page.card.basis, page.card.reading.band) == ("10.00%", "3 of 30", Band.RED)
    assert "Another window, not judged" in page_of(shop, "days=7").content.decode()
    assert page_of(shop, "days=8").context["page"].other is None


def test_another_window_carries_no_older_score():
    account = make_account("mine")
    make_answers(account, 40, 10, last="2026-01-11 20:00")
    count()
    own = reading_on(METRICS["customer_service_score"], account, MONDAY)
    other = reading_on(METRICS["customer_service_score"], account, MONDAY, 7)
    assert (own.n, other.n, other.value) == (50, 0, None)


def test_what_the_platform_states_has_no_other_window(shop):
    imported = next(metric for metric in DECLARED if isinstance(metric, Imported))
    assert page_of(shop, "days=7", imported.slug).context["page"].other is None


def test_the_period_before_is_as_long_and_ends_where_the_figure_begins(shop):
    page = page_of(shop, "compare=prev&weeks=4").context["page"]
    before = page.comparison.before
    # 30 days to 20 December: six late of thirty.
    assert (before.window.first, before.window.last) == (date(2025, 11, 21), date(2025, 12, 20))
    assert (before.numerator, before.n) == (6, 30)
    assert page.comparison.sentence == "21 Nov – 20 Dec 2025: 20.00% (6 of 30)"
    assert (page.comparison.change.direction, page.comparison.change.display) == ("down", "10.00 pts")


def test_the_dashed_line_shows_as_many_weeks_before(shop):
    chart = page_of(shop, "compare=prev&weeks=4").context["page"].chart
    ends = ["21 Dec 2025", "28 Dec 2025", "4 Jan 2026", "11 Jan 2026", "18 Jan 2026"]
    assert chart["titles"] == [f"Week to {day}" for day in ends[1:]]
    assert [said.split(":")[0] for said in chart["comparedShown"]] == [
        f"Week to {day}" for day in ("30 Nov 2025", "7 Dec 2025", "14 Dec 2025", "21 Dec 2025")
    ]
    assert chart["compared"][-1] == pytest.approx(20, abs=1)
    assert page_of(shop, "weeks=4").context["page"].chart["compared"] is None


def test_a_year_before_is_the_same_weekdays_52_weeks_ago(shop):
    page = page_of(shop, "compare=year&weeks=4").context["page"]
    before = page.comparison.before
    assert (before.window.last, before.numerator, before.n) == (date(2025, 1, 20), 30, 30)
    assert page.chart["comparedShown"][-1] == "Week to 19 Jan 2025: 100.00%"
    account = make_account("young")
    message(account, MONDAY, 2)
    count()
    assert (
        page_of(account, "compare=year").context["page"].comparison.sentence == "No figure is held of the time before."
    )


def test_a_score_is_compared_whole_weeks_back():
    # 31 days are taken as five weeks, so that the windows of two scores share no answer.
    account = make_account("mine", score_window_days=31)
    reading = reading_on(METRICS["customer_service_score"], account, MONDAY)
    earlier = reading_on(METRICS["customer_service_score"], account, period_before(reading, MONDAY))
    assert earlier.window.last < reading.window.first


def test_all_time_has_no_time_before(shop):
    page = page_of(shop, "compare=prev", "feedback_rating_lifetime").context["page"]
    assert page.comparison.before is None


def test_the_address_to_hand_on_names_the_day(shop):
    page = page_of(shop, "weeks=4&by=agent").content.decode()
    assert 'href="?weeks=4&amp;by=agent&amp;on=2026-01-19" data-copy="Copy link"' in page


def test_a_metric_without_data_leads_to_the_import():
    account = make_account("empty")
    page = page_of(account, "").content.decode()
    assert "Nothing of the kind has come in yet. Import messages to see it." in page
    assert "canvas" not in page
    assert "/imports/new/" not in page  # a viewer brings nothing in
    client = Client()
    client.force_login(make_user("boss", account, role="manager"))
    assert 'href="/imports/new/?account=empty"' in client.get(f"/accounts/empty/{LATE}/").content.decode()


def test_every_view_of_a_metric_costs_the_same_whatever_its_history(shop):
    young = make_account("young")
    for back in range(8):
        message(young, MONDAY - timedelta(days=back), 2 if back else 30)
    count()
    # 24 for the page with breakdown and heat map; another window reads one more figure with 4, so does a comparison.
    for query, expected in (("", 24), ("days=90", 28), ("compare=prev", 28), ("compare=year&days=7&by=topic", 32)):
        assert [queries(account, query) for account in (shop, young)] == [expected] * 2, query


def queries(account, query):
    client = client_of(account)
    path = f"/accounts/{account.key}/{LATE}/?{query}"
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)
