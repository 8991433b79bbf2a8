"""Rules are dated: a week is judged by what was in force on its last day, and figures say how far the next band is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from kpis.catalogue import METRICS
from kpis.figures import unripe_from, wilson
from kpis.metrics import Rule, Window
from kpis.models import RuleChange
from kpis.readings import State, readings
from kpis.rules import Rules, changed_target
from kpis.sweep import sweep
from kpis.targets import AtLeast, AtMost, Band, Below, Zero
from kpis.trends import trend
from kpis.weeks import close_weeks
from tests.makers import at, make_account, make_answers, make_conversation, make_order

LATE = METRICS["late_response_rate"]
CANCELLED = METRICS["cancellation_rate"]
SCORE = METRICS["customer_service_score"]
DEFECTS = METRICS["order_defect_rate"]


@pytest.mark.parametrize(
    ("target", "scale", "hits", "n", "headroom", "to_goal", "to_limit"),
    [
        # Defects below 1 %, goal 0.8 %: 5 of 539 is 0.928 %, 6 of 539 is 1.11 %. 3 of 375 is 0.8 %.
        (DEFECTS.rule.target, 100, 3, 539, 2, 0, 0),
        (DEFECTS.rule.target, 100, 4, 500, 0, 0, 0),  # 5 of 500 is exactly 1 %, which is not below
        (DEFECTS.rule.target, 100, 4, 501, 1, 0, 0),
        (DEFECTS.rule.target, 100, 5, 500, -1, 125, 1),  # 5 of 625 is 0.8 %; 5 of 501 is below 1 %
        (CANCELLED.rule.target, 100, 0, 40, 0, 0, 0),  # 1 of 40 is exactly 2.5 %
        (CANCELLED.rule.target, 100, 0, 41, 1, 0, 0),
        (SCORE.rule.target, 10, 30, 40, 6, 10, 0),  # 40 of 50 is 8.0; below 24 of 40 it is red
        (SCORE.rule.target, 10, 22, 40, -2, 50, 5),  # 27 of 45 is exactly 6.0, 72 of 90 exactly 8.0
        (AtLeast("90", "100"), 100, 9, 10, 0, None, 0),  # all of any number with one miss is never 100 %
        (AtMost("0.5", "0"), 100, 1, 100, -1, None, 100),  # 1 of 200 is 0.5 %
        (Zero(), 100, 0, 10, 0, 0, 0),
    ],
)
def test_what_is_missing_to_the_next_band_is_counted_exactly(target, scale, hits, n, headroom, to_goal, to_limit):
    assert target.headroom(hits, n, Fraction(scale)) == headroom
    assert target.to_goal(hits, n, Fraction(scale)) == to_goal
    assert target.to_limit(hits, n, Fraction(scale)) == to_limit


def test_the_interval_is_wilsons():
    assert [round(bound, 4) for bound in wilson(32, 40)] == [0.6524, 0.8950]
    assert [round(bound, 4) for bound in wilson(1, 43)] == [0.0041, 0.1206]


def test_the_youngest_part_of_a_window_is_still_ripening():
    ripening = replace(DEFECTS, ripens_days=90)
    window = Window(date(2026, 1, 1), date(2026, 3, 1))
    # On 10 May the rows of 10 February have had 89 days, those of 9 February have had 90.
    assert unripe_from(ripening, window, date(2026, 5, 10)) == date(2026, 2, 10)
    assert unripe_from(ripening, window, date(2026, 3, 16)) == date(2026, 1, 1)
    assert unripe_from(ripening, window, date(2026, 5, 30)) is None
    assert unripe_from(replace(DEFECTS, ripens_days=0), window, date(2026, 3, 16)) is None


@pytest.mark.django_db
class TestChanges:
    def change(self, account, metric, valid_from, **values):
        return RuleChange.objects.create(
            account=account, metric=metric.slug, valid_from=date.fromisoformat(valid_from), **values
        )

    def rule(self, metric, account, on):
        return Rules.load([account]).rule(metric, account, date.fromisoformat(on))

    def test_a_change_holds_from_its_day_and_replaces_only_what_it_names(self):
        account = make_account()
        self.change(None, LATE, "2026-02-01", limit=Decimal(5), goal=Decimal(4))
        self.change(account, LATE, "2026-03-01", days=7)
        assert self.rule(LATE, account, "2026-01-31") == LATE.rule
        assert self.rule(LATE, account, "2026-02-01") == replace(LATE.rule, target=Below("5", "4"))
        assert self.rule(LATE, account, "2026-03-01") == replace(LATE.rule, days=7, target=Below("5", "4"))
        assert self.rule(LATE, make_account(), "2026-03-01").days == 30, "of another account"

    def test_the_accounts_own_change_stands_over_the_one_for_all_whichever_is_newer(self):
        account = make_account()
        self.change(account, LATE, "2026-02-01", minimum=10)
        self.change(None, LATE, "2026-03-01", minimum=20, lag=2)
        rule = self.rule(LATE, account, "2026-03-05")
        assert (rule.minimum, rule.lag) == (10, 2)

    def test_the_accounts_switch_is_the_declared_length_until_a_change_names_another(self):
        account = make_account(score_window_days=31)
        self.change(account, SCORE, "2026-02-01", days=14)
        assert [self.rule(SCORE, account, on).days for on in ("2026-01-31", "2026-02-01")] == [31, 14]

    def test_a_marketplace_may_have_its_own_rule(self):
        own = replace(LATE, marketplace_rules={"US": Rule(days=14, lag=7, target=AtLeast("90", "95"))})
        assert self.rule(own, make_account(marketplace="US"), "2026-02-01").days == 14
        assert self.rule(own, make_account(marketplace="DE"), "2026-02-01") == LATE.rule

    def test_a_metric_without_a_target_gets_one_when_both_marks_are_named(self):
        assert changed_target(None, Fraction(5), None) is None
        assert changed_target(None, Fraction(5), Fraction(4)) == AtMost("5", "4")
        assert changed_target(None, Fraction(5), Fraction(6)) == AtLeast("5", "6")
        assert changed_target(Zero(), Fraction(2), None) == AtMost("2", "0")

    def test_a_reading_is_read_and_judged_by_the_rule_of_its_day(self):
        account = make_account()
        for day in range(1, 21):
            make_order(
                account, f"2026-01-{day:02} 10:00", status="cancelled", cancelled_by="seller" if day == 5 else "buyer"
            )
        sweep(at("2026-02-01 00:00"))
        # Seven days that end one day before the report day: from the 5th to the 11th, 1 of 7.
        on = date(2026, 1, 12)
        (reading,) = readings(account, on, [CANCELLED])
        assert (reading.numerator, reading.n, reading.band, reading.limit) == (1, 7, Band.RED, Fraction(1, 40))
        self.change(account, CANCELLED, "2026-01-12", days=10, limit=Decimal(15), goal=Decimal(10), minimum=5)
        # Ten days: from the 2nd to the 11th, 1 of 10, which is exactly the goal.
        (reading,) = readings(account, on, [CANCELLED])
        assert (reading.numerator, reading.n, reading.band, reading.limit) == (1, 10, Band.GREEN, Fraction(3, 20))
        assert reading.window == Window(date(2026, 1, 2), date(2026, 1, 11))
        self.change(account, CANCELLED, "2026-01-13", minimum=11)
        (reading,) = readings(account, date(2026, 1, 13), [CANCELLED])
        assert (reading.value, reading.n, reading.state) == (None, 10, State.TOO_FEW)

    def test_weeks_keep_the_rule_that_judged_them_and_the_chart_knows_where_it_changed(self):
        account = make_account()
        make_order(account, "2025-12-30 10:00")
        self.change(account, LATE, "2026-01-11", limit=Decimal(5), goal=Decimal(4))
        close_weeks(at("2026-01-20 12:00"))
        points = trend(account, LATE, 52)
        assert [point.ends_on.day for point in points] == [4, 11, 18]
        assert [point.rule_changed for point in points] == [False, True, False]
        assert [point.rule.target for point in points] == [Below("10", "8"), Below("5", "4"), Below("5", "4")]

    def test_none_is_zero_only_from_the_first_row_of_the_kind_on(self):
        account = make_account()
        make_order(account, "2025-12-03 10:00")
        make_conversation(account, ("buyer", "2026-01-07 10:00"), now=at("2026-01-20 12:00"))
        close_weeks(at("2026-02-20 12:00"))
        points = trend(account, METRICS["conversations_by_channel"], 52)
        # Weeks end on 7, 14, 21, 28 December, 4 January: unknown. From 11 January on one, from 8 February on none.
        assert [point.value for point in points] == [None] * 5 + [1] * 4 + [0] * 2

    def test_the_first_row_of_a_kind_turns_unknown_into_zero_in_every_later_week(self):
        account = make_account()
        make_order(account, "2025-12-03 10:00")
        close_weeks(at("2026-02-20 12:00"))
        make_conversation(account, ("buyer", "2025-12-09 10:00"), now=at("2026-02-20 12:30"))
        close_weeks(at("2026-02-20 13:00"))
        points = trend(account, METRICS["conversations_by_channel"], 52)
        assert [point.value for point in points] == [None] + [1] * 4 + [0] * 6

    def test_a_score_is_carried_only_from_a_week_that_had_enough_by_its_own_rule(self):
        account = make_account()
        make_answers(account, 16, 4, last="2026-01-04 20:00")
        self.change(account, SCORE, "2026-02-08", minimum=10)
        sweep(at("2026-03-01 00:00"))
        # 20 answers: ten are enough from 8 February on, but the last week that saw them ended on 25 January.
        (reading,) = readings(account, date(2026, 2, 15), [SCORE])
        assert (reading.value, reading.carried_from) == (None, None)
        self.change(account, SCORE, "2026-01-20", minimum=20)
        (reading,) = readings(account, date(2026, 2, 15), [SCORE])
        assert (reading.display, reading.state, reading.carried_from) == ("8.0", State.CARRIED, date(2026, 1, 25))
