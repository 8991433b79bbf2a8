"""A preview says what really happens, leaves nothing behind, and undoing a correction brings every figure back."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import transaction

from intake import corrections
from intake.corrections import Change
from intake.models import Correction
from kpis.catalogue import DECLARED, METRICS
from kpis.models import DayTotal, WeekReading, WeekReport
from kpis.preview import preview
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Message, SurveyAnswer
from sellers.days import week_ends
from sellers.facts import SourceRow
from sellers.marks import Mark, mark
from tests.makers import at, make_account, make_answer, make_answers, make_conversation, make_order

pytestmark = pytest.mark.django_db

NOW = at("2026-04-07 12:00")  # a Tuesday; the newest published week ends on Sunday 5 April
LATER = NOW + timedelta(hours=1)
WHY = "The platform agreed in the case"
FIRST, LAST = date(2026, 1, 11), date(2026, 4, 5)


def history(account):
    """40 answers and one conversation a week from 5 January to 2 April, an order a week, and one answer of its own."""
    for week in range(13):
        day = date(2026, 1, 5) + timedelta(weeks=week)
        make_answers(account, 12, 3, last=f"{day} 20:00", now=NOW)
        make_conversation(account, ("buyer", f"{day} 08:00"), ("agent", f"{day + timedelta(days=2)} 09:00"), now=NOW)
        make_order(account, f"{day} 10:00", ship_by=f"{day + timedelta(days=2)} 10:00",
                   confirmed=f"{day + timedelta(days=3)} 10:00", now=NOW)  # fmt: skip
    answer = make_answer(account, "2026-02-11 10:00", True, now=NOW, order_external_id="the-one")
    sweep(NOW)
    close_weeks(NOW)
    return answer


def proposed(row, change, now=NOW):
    return corrections.propose(row.account, row, change, by=None, now=now, reason=WHY)


def turned(answer):
    return proposed(answer, Change(Correction.Kind.VALUES, {"solved": False}))


def whole_database():
    """Every row of every table of the product."""
    models = [model for model in apps.get_models() if model.__module__.split(".")[0] in ROOMS]
    return {model: sorted(map(repr, model._base_manager.values_list())) for model in models}


ROOMS = {"sellers", "messaging", "orders", "intake", "kpis", "auditlog"}


def figures(account):
    """Every reading of the account on the last day of every week, and on the newest day."""
    days = [*week_ends(FIRST, LAST, account.week_start), date(2026, 4, 6)]
    return {day: [seen(reading) for reading in readings(account, day)] for day in days}


def seen(reading):
    return (
        reading.metric.slug, reading.value, reading.numerator, reading.denominator, reading.n, reading.band,
        reading.state, reading.carried_from, reading.counted_now, reading.stats,
    )  # fmt: skip


def happens(correction, step=corrections.apply):
    step(correction, LATER)
    sweep(LATER)
    close_weeks(LATER)


def test_a_preview_leaves_nothing_behind():
    answer = history(make_account())
    correction = turned(answer)
    mark([(answer.account_id, "answers", answer.day)])  # something waits already
    before = whole_database()
    found = preview(answer.account, lambda: corrections.apply(correction, NOW), NOW)
    assert found.moves
    assert whole_database() == before


def test_what_the_change_refuses_is_told_and_leaves_nothing_behind():
    answer = history(make_account())
    correction = corrections.withdraw(turned(answer), NOW)
    before = whole_database()
    with pytest.raises(corrections.CorrectionError):
        preview(answer.account, lambda: corrections.apply(correction, NOW), NOW)
    assert whole_database() == before


def test_turning_one_answer_moves_the_four_weeks_that_hold_it_by_one_and_nothing_of_another_account():
    """11 February lies in the 28 days before the weeks that end on 15 and 22 February, 1 and 8 March.

    The 28 days to 8 March hold four of the weekly 15 answers (9, 16, 23 February, 2 March) and this one: 61, of which
    49 said yes. Turned it is 48: 10 x 48 / 61 = 7.86.
    """
    account, other = make_account(), make_account()
    answer = history(account)
    history(other)
    found = preview(account, lambda: corrections.apply(turned(answer), NOW), NOW)
    score = [move for move in found.moves if move.metric.slug == "customer_service_score"]
    assert [move.on for move in score] == [date(2026, 2, 15), date(2026, 2, 22), date(2026, 3, 1), date(2026, 3, 8)]
    assert {(move.before.numerator, move.after.numerator, move.after.n) for move in score} == {(49, 48, 61)}
    assert found.days == [date(2026, 2, 11)]

    theirs = figures(other)
    happens(turned(answer))
    assert figures(other) == theirs
    assert not WeekReport.objects.filter(account=other, revision__gt=0).exists()


def test_a_preview_equals_what_happens_and_undoing_restores_every_figure():
    account = make_account()
    answer = history(account)
    order = account_row("order", account, 4)
    message = account_row("message", account, 8)
    source, target = (account_row("conversation", account, position) for position in (5, 6))
    for row, change in [
        (answer, Change(Correction.Kind.VALUES, {"solved": False})),
        (answer, Change(Correction.Kind.EXCLUDE)),
        (order, Change(Correction.Kind.EXCLUDE)),
        (order, Change(Correction.Kind.VALUES, {"placed_at": "2026-03-25T10:00:00Z", "ship_by_at": None})),
        (message, Change(Correction.Kind.NO_REPLY_NEEDED)),
        (source, Change(Correction.Kind.MERGE, target=target)),
    ]:
        row.refresh_from_db()
        before = figures(account)
        correction = proposed(row, change)
        found = preview(account, lambda: corrections.apply(correction, LATER), LATER)  # noqa: B023  # called at once
        published = newest_revisions(account)

        happens(correction)
        assert moved(before, figures(account)) == {(move.on, move.metric.slug) for move in found.moves}
        for move in found.moves:
            (really,) = readings(account, move.on, [move.metric])
            assert seen(really) == seen(move.after)
        revised = {day for day, revision in newest_revisions(account).items() if revision > published[day]}
        assert revised == set(found.weeks)
        reports = WeekReport.objects.filter(account=account, ends_on__in=revised).order_by("revision")
        assert {reports.filter(ends_on=day).last().reason for day in revised} <= {"correction"}
        after = figures(account)
        recount_from_nothing(account)
        assert figures(account) == after

        correction.refresh_from_db()
        back = preview(account, lambda: corrections.undo(correction, LATER), LATER)  # noqa: B023
        assert {(move.on, move.metric.slug) for move in back.moves} == {
            (move.on, move.metric.slug) for move in found.moves
        }
        happens(correction, corrections.undo)
        assert figures(account) == before


def newest_revisions(account):
    """The newest revision of each published week."""
    reports = WeekReport.objects.filter(account=account).order_by("revision")
    return dict(reports.values_list("ends_on", "revision"))


def account_row(record_type, account, position) -> SourceRow:
    model = corrections.RECORD_TYPES[record_type].model
    return model._base_manager.filter(account=account).order_by("pk")[position]


def moved(before, after):
    return {(day, new[0]) for day in before for old, new in zip(before[day], after[day], strict=True) if old != new}


def recount_from_nothing(account):
    days = set(DayTotal.objects.filter(account=account).values_list("fact", "day"))
    DayTotal.objects.filter(account=account).delete()
    mark([(account.id, fact, day) for fact, day in days])
    sweep(LATER)


def test_a_week_that_carries_its_score_from_a_changed_one_moves_too():
    """41 answers on 6 and 7 January, none later: four windows of 28 days hold them, and all later weeks carry them."""
    account = make_account()
    make_answers(account, 40, 0, last="2026-01-06 20:00", now=NOW)
    answer = make_answer(account, "2026-01-07 10:00", True, now=NOW, order_external_id="the-one")
    sweep(NOW)
    close_weeks(NOW)
    found = preview(account, lambda: corrections.apply(turned(answer), NOW), NOW)
    score = [move for move in found.moves if move.metric.slug == "customer_service_score"]
    weeks = list(week_ends(FIRST, LAST, account.week_start))
    assert [move.on for move in score] == [*weeks, date(2026, 4, 6)]
    assert [move.after.carried_from is None for move in score[:5]] == [True, True, True, True, False]


def test_a_preview_of_an_account_without_published_weeks_shows_the_report_day():
    account = make_account()
    answer = make_answer(account, "2026-04-06 10:00", True, now=NOW)
    found = preview(account, lambda: corrections.apply(turned(answer), NOW), NOW)
    assert found.weeks == []
    assert {move.on for move in found.moves} <= {date(2026, 4, 6)}
    assert Mark.objects.exists()
    assert not DayTotal.objects.exists()


def test_an_excluded_cancellation_counts_nowhere():
    """Of 13 orders one was cancelled by the seller: 1 of 13. Excluded it is 0 of 12."""
    account = make_account()
    for day in range(1, 13):
        make_order(account, f"2026-04-{min(day, 3):02} {day:02}:00", now=NOW)
    order = make_order(account, "2026-04-02 09:30", status="cancelled", cancelled_by="seller",
                       cancelled_at=at("2026-04-02 12:00"), now=NOW)  # fmt: skip
    sweep(NOW)

    def cancellations():
        return [(one.numerator, one.n) for one in readings(account, date(2026, 4, 6), [METRICS["cancellation_rate"]])]

    correction = proposed(order, Change(Correction.Kind.EXCLUDE))
    happens(correction)
    assert cancellations() == [(0, 12)]
    happens(correction, corrections.undo)
    assert cancellations() == [(1, 13)]


def test_a_preview_inside_a_transaction_lets_the_transaction_go_on():
    answer = history(make_account())
    with transaction.atomic():
        preview(answer.account, lambda: corrections.apply(turned(answer), NOW), NOW)
        assert SurveyAnswer.objects.get(pk=answer.pk).solved
    assert Message.objects.exists()
    assert len(DECLARED) == WeekReading.objects.filter(ends_on=LAST).count()
