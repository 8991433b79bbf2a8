"""What a chart gets to draw: zones by each week's own rule, breaks, and what is still open or ripening."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from dashboard import charts, marks
from kpis.catalogue import METRICS
from kpis.metrics import Rule
from kpis.models import WeekReport
from kpis.readings import State
from kpis.targets import AtMost, Band, Below
from kpis.trends import TrendPoint
from sellers.models import Note

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
    assert charts.basis(point._replace(stats=None)) == "12 cases"


def test_a_chart_of_counts_steps_in_whole_numbers():
    overdue = METRICS["overdue_orders"]
    chart = charts.trend_chart(overdue, [week(overdue, 0, 2, band=Band.NONE)])
    assert chart["axis"] == {"min": 0, "max": 3, "step": 1}


# --- Notes -----------------------------------------------------------------------------------------------------------


def noted(title, day, until=None):
    return Note(title=title, starts_on=date.fromisoformat(day), ends_on=until and date.fromisoformat(until))


def weeks(count):
    """So many weeks up to the one of Monday 12 to Sunday 18 January 2026."""
    return [week(LATE, ago, "0.05") for ago in reversed(range(count))]


def marked(chart):
    return [(mark["from"], mark["to"], mark["label"], mark["row"]) for mark in chart["marks"]]


@pytest.mark.parametrize(
    ("heights", "low"),
    [
        ([0.95] * 12, True),  # the line runs where the label would stand at the head
        ([0.5] * 12, False),
        ([0.05] * 12, False),
        ([0.95] * 4 + [0.5] * 8, False),  # only far from the note, which is in the tenth week
        ([None] * 12, False),
    ],
)
def test_labels_stand_where_they_hide_fewer_weeks(heights, low):
    drawn = marks.marks(weeks(12), [noted("New templates", "2026-01-01")])
    assert (drawn[0]["from"], marks.at_the_foot(drawn, heights, small=False)) == (9, low)


def test_a_note_is_a_line_in_the_week_that_holds_its_day():
    # The weeks end on 4, 11 and 18 January: Monday the 5th and Sunday the 11th both lie in the second.
    for day, words in (("2026-01-05", "5 Jan"), ("2026-01-11", "11 Jan")):
        chart = charts.trend_chart(LATE, weeks(3), noted=[noted("New templates", day)])
        assert marked(chart) == [(1, 1, [f"{words}: New templates"], 0)]
        assert [f"{words}: New templates" in lines for lines in chart["notes"]] == [False, True, False]


def test_notes_of_one_week_share_a_line_and_many_are_counted():
    two = [noted("B", "2026-01-07"), noted("A", "2026-01-06")]
    assert marked(charts.trend_chart(LATE, weeks(3), noted=two)) == [(1, 1, ["6 Jan: A", "7 Jan: B"], 0)]
    five = [noted(letter, "2026-01-06") for letter in "ABCDE"]
    chart = charts.trend_chart(LATE, weeks(3), noted=five)
    assert marked(chart) == [(1, 1, ["6 Jan: A", "6 Jan: B", "3 more notes"], 0)]
    assert len([line for line in chart["notes"][1] if line.startswith("6 Jan")]) == 5


def test_a_period_is_a_band_over_its_weeks_and_in_each_of_their_lines():
    chart = charts.trend_chart(LATE, weeks(4), noted=[noted("Strike", "2026-01-01", "2026-01-12")])
    assert marked(chart) == [(1, 3, ["1 Jan: Strike"], 0)]
    assert ["1 Jan: Strike" in lines for lines in chart["notes"]] == [False, True, True, True]
    inside = charts.trend_chart(LATE, weeks(4), noted=[noted("Fair", "2026-01-06", "2026-01-08")])
    assert marked(inside) == [(2, 2, ["6 Jan: Fair"], 0)]


def test_what_lies_outside_the_weeks_is_on_no_chart():
    outside = [noted("Before", "2025-12-28"), noted("After", "2026-01-19")]
    chart = charts.trend_chart(LATE, weeks(3), noted=outside)  # 29 December to 18 January
    assert chart["marks"] == []
    assert [note.title for note in marks.not_yet(weeks(3), outside)] == ["After"]
    assert charts.trend_chart(LATE, [], noted=outside)["marks"] == []


def test_a_week_that_is_missing_leaves_its_note_to_the_next():
    gap = [week(LATE, 2, "0.05"), week(LATE, 0, "0.05")]
    assert marked(charts.trend_chart(LATE, gap, noted=[noted("X", "2026-01-07")])) == [(1, 1, ["7 Jan: X"], 0)]


def test_labels_that_would_run_into_each_other_stand_below_each_other_while_there_is_room():
    # 26 weeks on 1,000 pixels are 40 apart; "12 Jan: New templates n" needs more than 150.
    beside = [noted(f"New templates {at}", f"2025-12-{1 + 7 * at:02}") for at in range(4)]
    chart = charts.trend_chart(LATE, weeks(26), noted=beside)
    assert [mark["row"] for mark in chart["marks"]] == [0, 1, 2, 3]
    crowded = [noted(f"New templates {at}", str(SUNDAY - timedelta(weeks=at))) for at in range(8)]
    # Five rows, then the sixth has room beside the first again; at the right edge the last two have none.
    drawn = charts.trend_chart(LATE, weeks(26), noted=crowded)["marks"]
    assert [mark["row"] for mark in drawn if mark["label"]] == [0, 1, 2, 3, 4, 0]
    assert [bool(mark["label"]) for mark in drawn[6:]] == [False, False]


def test_a_long_title_is_cut_on_the_chart_and_whole_beside_it():
    title = "客服團隊改用新的回覆範本並且每天早上開會檢討前一天的超時訊息"
    chart = charts.trend_chart(LATE, weeks(3), noted=[noted(title, "2026-01-07")], small=True)
    # 22 letters of room are ten Chinese ones and the dots.
    assert chart["marks"][0]["label"] == ["客服團隊改用新的回覆…"]
    assert f"7 Jan: {title}" in chart["notes"][1]


def test_a_new_rule_and_a_note_of_its_week_do_not_hide_each_other():
    points = weeks(3)
    points[1] = points[1]._replace(rule_changed=True)
    chart = charts.trend_chart(LATE, points, noted=[noted("New templates", "2026-01-07")])
    assert [mark["row"] for mark in chart["marks"]] == [1]
