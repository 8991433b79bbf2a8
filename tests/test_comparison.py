"""A figure before and after a change: equal windows beside it, and no verdict that chance could have given."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.catalogue import METRICS
from kpis.comparison import Doubt, Verdict, compare, interval, is_comparable, sides
from kpis.metrics import Window
from kpis.sweep import sweep
from sellers.arrivals import Arrival
from tests.makers import (
    NOW,
    make_account,
    make_answer,
    make_answers,
    make_conversation,
    make_note,
    make_order,
    make_user,
)
from tests.test_changes import COUNT, figure

pytestmark = pytest.mark.django_db

SCORE = METRICS["customer_service_score"]
DEFECTS = METRICS["order_defect_rate"]
FIRST = METRICS["first_response_time"]
MONDAY = date(2025, 12, 22)  # the change: 24 November to 21 December lie before, 23 December to 19 January after
NEWEST, TODAY = date(2026, 1, 19), date(2026, 1, 20)


def compared(account, metric=SCORE, day="2025-12-22", **values):
    sweep(NOW)
    days = {"days": values.pop("days")} if "days" in values else {}
    return compare(account, metric, make_note(account, day, **values), NEWEST, TODAY, **days)


def answered(account, before, after):
    """So many "solved" and "not solved" on both sides of the 22nd of December; the first on the 24th of November."""
    make_answer(account, "2025-11-24 10:00")
    make_answers(account, before[0] - 1, before[1], last="2025-12-10 20:00")
    make_answers(account, *after, last="2026-01-10 20:00")


# --- Windows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oldest", "newest", "before", "after"),
    [
        # Enough on both sides: four weeks each.
        ("2025-01-01", "2026-01-19", ("2025-11-24", "2025-12-21"), ("2025-12-23", "2026-01-19")),
        # 20 days are known after it: two whole weeks each.
        ("2025-01-01", "2026-01-11", ("2025-12-08", "2025-12-21"), ("2025-12-23", "2026-01-05")),
        # Data begins 10 days before it: one week each.
        ("2025-12-12", "2026-01-19", ("2025-12-15", "2025-12-21"), ("2025-12-23", "2025-12-29")),
        # 3 days are known after it: three each.
        ("2025-01-01", "2025-12-25", ("2025-12-19", "2025-12-21"), ("2025-12-23", "2025-12-25")),
    ],
)
def test_both_sides_are_of_one_length_beside_the_day_and_within_what_is_known(oldest, newest, before, after):
    found = sides(Window(MONDAY, MONDAY), 28, date.fromisoformat(oldest), date.fromisoformat(newest))
    assert found == tuple(Window(*map(date.fromisoformat, days)) for days in (before, after))


def test_the_days_of_a_period_belong_to_neither_side():
    around = Window(date(2025, 12, 22), date(2025, 12, 31))
    before, after = sides(around, 14, date(2025, 1, 1), NEWEST)
    assert (before.last, after.first) == (date(2025, 12, 21), date(2026, 1, 1))
    assert before.days == after.days == 14


@pytest.mark.parametrize(("oldest", "newest"), [(MONDAY, NEWEST), (date(2025, 1, 1), MONDAY)])
def test_without_a_complete_day_on_both_sides_there_is_nothing_to_compare(oldest, newest):
    assert sides(Window(MONDAY, MONDAY), 28, oldest, newest) is None


# --- Verdicts --------------------------------------------------------------------------------------------------------


def test_a_score_that_rose_more_than_chance_is_likely_better():
    # 24 of 48 solved are 5.0, 44 of 48 are 9.16 and shown as 9.1: 4.1 apart. Wilson's intervals are 3.64 to 6.36 and
    # 8.04 to 9.67. Newcombe: 4.167 - root((9.167 - 8.045)² + (6.361 - 5)²) = 2.40, and
    # 4.167 + root((9.671 - 9.167)² + (5 - 3.639)²) = 5.62.
    account = make_account()
    answered(account, (24, 24), (44, 4))
    found = compared(account)
    assert (found.before.numerator, found.before.n, found.after.numerator, found.after.n) == (24, 48, 44, 48)
    assert found.difference * 10 == 41
    assert [round(end, 2) for end in found.interval] == [2.40, 5.62]
    assert (found.verdict, found.doubt, found.days) == (Verdict.BETTER, None, 28)


def test_a_score_that_fell_more_than_chance_is_likely_worse():
    account = make_account()
    answered(account, (44, 4), (24, 24))
    assert compared(account).verdict is Verdict.WORSE


def test_a_move_that_chance_makes_too_is_no_verdict():
    # 30 and 36 of 48: 6.2 and 7.5 are 1.3 apart, and the true difference lies between -0.60 and +2.99.
    account = make_account()
    answered(account, (30, 18), (36, 12))
    found = compared(account)
    assert found.difference * 10 == 13
    assert [round(end, 2) for end in found.interval] == [-0.60, 2.99]
    assert (found.verdict, found.doubt) == (Verdict.UNCLEAR, Doubt.CHANCE)


def test_a_side_below_the_minimum_has_no_figure_and_gets_none_of_an_older_week():
    account = make_account()
    answered(account, (40, 8), (20, 19))  # a score asks for 40
    found = compared(account)
    assert (found.after.n, found.after.value, found.difference, found.interval) == (39, None, None, None)
    assert (found.verdict, found.doubt) == (Verdict.UNCLEAR, Doubt.TOO_FEW)


def test_a_side_that_still_ripens_is_not_judged_before_it_has():
    account = make_account()
    for day in ("2025-11-20", "2025-12-18", "2025-12-25"):
        make_order(account, f"{day} 10:00", ship_by=f"{day} 20:00", confirmed=f"{day} 18:00")
    found = compared(account, DEFECTS)
    # The figure leaves the newest 15 days out: 13 are known after the change, one whole week. An order is settled 90
    # days after its day: those of the 29th of December, the last of that week, on the 29th of March.
    assert (found.verdict, found.doubt, found.settled_from) == (Verdict.UNCLEAR, Doubt.UNRIPE, date(2026, 3, 29))


def test_of_times_the_medians_stand_beside_each_other():
    # Four first replies after ten hours, then four after two: ln 5 = 1.61 is more than 1.96 x root(1/4 + 1/4) = 1.39.
    account = make_account()
    for day in ("2025-11-24", "2025-12-01", "2025-12-02", "2025-12-03"):
        make_conversation(account, ("buyer", f"{day} 08:00"), ("agent", f"{day} 18:00"))
    for day in ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"):
        make_conversation(account, ("buyer", f"{day} 08:00"), ("agent", f"{day} 10:00"))
    found = compared(account, FIRST)
    assert (found.difference, found.interval) == (-8 * 3600, None)
    assert found.verdict is Verdict.LOWER  # it has no target: shorter is said, better is not
    # Were one reply of the later side to take four days, the mean would rise and the median stay: nothing is clear.
    make_conversation(account, ("buyer", "2026-01-09 08:00"), ("agent", "2026-01-13 08:00"))
    found = compared(account, FIRST, title="Again")
    assert (found.difference, found.verdict, found.doubt) == (-8 * 3600, Verdict.UNCLEAR, Doubt.CHANCE)


def test_counts_differ_by_the_root_of_both_together():
    # 15 more, give or take 1.96 x root(10 + 25) = 11.6.
    low, high = interval(figure(COUNT, 10, 10), figure(COUNT, 25, 25))
    assert (round(low, 1), round(high, 1)) == (3.4, 26.6)


def test_other_notes_inside_the_windows_are_named():
    account = make_account()
    answered(account, (24, 24), (44, 4))
    make_note(account, "2026-01-05", title="Night shift")
    make_note(account, "2026-01-05", title="Of another figure", metric="csat")
    make_note(account, "2025-10-01", ends_on=date(2025, 11, 23), title="Over the day before")
    make_note(account, "2025-10-01", ends_on=date(2025, 11, 24), title="Over on the first day")
    assert [note.title for note in compared(account).others] == ["Night shift", "Over on the first day"]


def test_days_whose_data_is_still_to_come_belong_to_no_side():
    account = make_account()
    answered(account, (24, 24), (44, 4))
    sweep(NOW)
    Arrival.objects.create(
        account=account, system="test", record_type="survey_answer", last_fact_at="2026-01-06 08:00Z",
        heard_at="2026-01-06 08:00Z",
    )  # fmt: skip
    # The 5th is the last complete day, 14 after the change.
    assert compared(account).after.window == Window(date(2025, 12, 23), date(2026, 1, 5))


def test_an_account_without_data_is_told_so():
    found = compared(make_account())
    assert (found.verdict, found.doubt, found.days) == (Verdict.UNCLEAR, Doubt.NO_DAYS, 0)


def test_figures_with_windows_of_their_own_are_not_compared():
    comparable = {slug for slug, metric in METRICS.items() if is_comparable(metric)}
    assert {"sales_amount", "account_health_rating", "channel_diversity"}.isdisjoint(comparable)
    assert {"customer_service_score", "csat", "order_defect_rate", "first_response_time"} <= comparable


@pytest.mark.parametrize("metric", list(filter(is_comparable, METRICS.values())), ids=lambda metric: metric.slug)
def test_every_comparable_figure_is_read_on_both_sides(metric):
    account = make_account()
    answered(account, (24, 24), (44, 4))
    make_order(account, "2025-11-24 10:00", ship_by="2025-11-26 10:00", confirmed="2025-11-25 10:00")
    make_order(account, "2026-01-05 10:00", ship_by="2026-01-06 10:00", confirmed="2026-01-08 10:00")
    found = compared(account, metric, days=56)
    assert (found.doubt is None) == (found.verdict is not Verdict.UNCLEAR)


def test_a_comparison_takes_the_same_queries_however_long():
    account = make_account()
    answered(account, (24, 24), (44, 4))
    sweep(NOW)
    counted = []
    for days in (7, 28):
        note = make_note(account, "2025-12-22")
        with CaptureQueriesContext(connection) as queries:
            compare(account, SCORE, note, NEWEST, TODAY, days)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 10


# --- The same over the API -------------------------------------------------------------------------------------------


def test_the_api_compares_around_a_note(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    account, other = make_account("mine"), make_account("other")
    answered(account, (24, 24), (44, 4))
    sweep(NOW)
    note, theirs = make_note(account, "2025-12-22"), make_note(other, "2025-12-22")
    client.force_login(make_user("", account))
    address = f"/api/v1/accounts/mine/notes/{note.pk}/before-after"
    told = client.get(f"{address}/customer_service_score").json()
    assert (told["around"], told["days"]) == ({"from": "2025-12-22", "to": "2025-12-22"}, 28)
    assert (told["before"]["display"], told["after"]["display"], told["difference"]) == ("5.0", "9.1", 4.1)
    assert [round(end, 2) for end in told["interval"]] == [2.40, 5.62]
    assert (told["verdict"], told["doubt"], told["others"]) == ("better", None, [])
    assert client.get(f"{address}/customer_service_score?weeks=2").json()["days"] == 14
    assert client.get(f"{address}/customer_service_score?weeks=0").status_code == 400
    # What the platform states has windows of its own, and notes of others do not exist.
    assert client.get(f"{address}/account_health_rating").status_code == 404
    assert client.get(f"/api/v1/accounts/mine/notes/{theirs.pk}/before-after/csat").status_code == 404
    assert client.get(f"/api/v1/accounts/mine/notes/{'9' * 18}/before-after/csat").status_code == 404
