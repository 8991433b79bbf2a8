"""What a chart gets to draw: zones by each week's own rule, breaks, and what is still open or ripening."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from dashboard import charts
from kpis.catalogue import METRICS
from kpis.metrics import Rule
from kpis.models import WeekReport
from kpis.readings import State
from kpis.targets import AtMost, Band, Below
from kpis.trends import TrendPoint

SCORE = METRICS["customer_service_score"]
LATE = METRICS["late_response_rate"]  # under 10 %, green up to 8 %
DEFECTS = METRICS["order_defect_rate"]  # under 1 %; a case is settled after 90 days
FIRST = METRICS["first_response_time"]
SUNDAY = date(2026, 1, 18)


def week(metric, ago, value, **values):
    """A published week that ended so many weeks before 18 January 2026, over its own seven days."""
    ends_on = SUNDAY - timedelta(weeks=ago)
    value = None if value is None else Fraction(value)
    given = {
        "metric": metric,
        "starts_on": ends_on - timedelta(days=6),
        "ends_on": ends_on,
        "revision": 0,
        "value": value,
        "n": 50,
        "numerator": None,
        "denominator": None,
        "band": metric.judge(value),
        "state": State.COMPUTED,
        "window_from": ends_on - timedelta(days=6),
        "window_to": ends_on,
        "carried_from": None,
        "counted_now": None,
        "stats": None,
        "reason": WeekReport.Reason.CLOSED,
        "rule": metric.rule,
        "rule_changed": False,
    }
    return TrendPoint(**{**given, **values})


def zones(chart):
    return [(zone["band"], zone["from"], zone["to"], zone["start"], zone["end"]) for zone in chart["zones"]]


def test_weeks_of_one_rule_lie_over_zones_from_edge_to_edge():
    chart = charts.trend_chart(LATE, [week(LATE, ago, "0.05") for ago in (2, 1, 0)])
    assert zones(chart) == [
        ("green", 0, 8, None, None),
        ("yellow", 8, 10, None, None),
        ("red", 10, chart["axis"]["max"], None, None),
    ]
    assert chart["breaks"] == []


def test_a_new_rule_breaks_the_chart_and_each_week_keeps_its_own_zones():
    strict = Rule(days=30, target=Below("5", "4"))
    points = [
        week(LATE, 3, "0.06"),
        week(LATE, 2, "0.06"),
        week(LATE, 1, "0.06", rule=strict, rule_changed=True),
        week(LATE, 0, "0.06", rule=strict),
    ]
    chart = charts.trend_chart(LATE, points)
    top = chart["axis"]["max"]
    # Between the second and the third week, which stand at 1 and 2 on the axis, lies 1.5.
    assert zones(chart) == [
        ("green", 0, 8, None, 1.5),
        ("yellow", 8, 10, None, 1.5),
        ("red", 10, top, None, 1.5),
        ("green", 0, 4, 1.5, None),
        ("yellow", 4, 5, 1.5, None),
        ("red", 5, top, 1.5, None),
    ]
    assert [entry["at"] for entry in chart["breaks"]] == [1.5]
    assert chart["notes"][2] == ["Judged by a new rule from this week on. Limit: under 5%, 7 days."]


def test_the_axis_shows_the_limits_of_all_rules():
    loose = Rule(days=30, target=AtMost("40", "30"))
    points = [week(LATE, 1, "0.05", rule=loose), week(LATE, 0, "0.05", rule_changed=True)]
    assert charts.trend_chart(LATE, points)["axis"]["max"] >= 40


def test_what_still_ripens_is_marked_from_the_first_such_week_on():
    points = [week(DEFECTS, ago, "0.005") for ago in (14, 13, 12, 1)]
    # A case of the week to 26 October is settled on 24 January at the latest, one of the week before on the 17th.
    chart = charts.trend_chart(DEFECTS, points, date(2026, 1, 18))
    assert chart["unripe"]["from"] == 1.5
    assert [bool(lines) for lines in chart["notes"]] == [False, False, True, True]
    assert chart["notes"][3] == ["Still ripening: cases may still become “With a defect”."]
    assert charts.trend_chart(DEFECTS, points, date(2026, 6, 1))["unripe"] is None
    assert charts.trend_chart(DEFECTS, points)["unripe"] is None


def test_provisional_and_carried_weeks_are_drawn_apart():
    points = [
        week(SCORE, 2, "7"),
        week(SCORE, 1, "7", state=State.CARRIED, carried_from=date(2026, 1, 4), counted_now=12),
        week(SCORE, 0, "7", state=State.PROVISIONAL),
    ]
    chart = charts.trend_chart(SCORE, points)
    assert chart["carried"] == [False, True, False]
    assert chart["provisional"] == [False, False, True]
    assert chart["notes"][1] == ["12 of 40 answers, so the score of the week to 4 Jan 2026 is kept."]
    assert chart["notes"][2] == ["Some cases were still open: the week is provisional"]


def test_a_week_of_times_tells_its_middle_and_its_slowest_tenth():
    stats = {"mean": Fraction(7200), "median": Fraction(3600), "p90": Fraction(18720)}
    point = week(FIRST, 0, 7200, stats=stats, n=12)
    assert charts.basis(point) == "12 cases, median 1 h, slowest tenth from 5 h 12 min"
    assert charts.basis(replace(point, stats=None)) == "12 cases"


def test_a_chart_of_counts_steps_in_whole_numbers():
    overdue = METRICS["overdue_orders"]
    chart = charts.trend_chart(overdue, [week(overdue, 0, 2, band=Band.NONE)])
    assert chart["axis"] == {"min": 0, "max": 3, "step": 1}
