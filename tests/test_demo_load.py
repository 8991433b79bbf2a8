"""The sample data goes in through the gate, once, whatever interrupts it, and comes out without a trace."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from intake.demo import BY_KEY
from intake.demo.accounts import PROFILES
from intake.demo.load import SampleError, Told, choose, load, open_account
from intake.demo.remove import owned, remove
from intake.imports import run
from intake.models import Correction, ImportRun, RawItem
from kpis.catalogue import METRICS
from kpis.models import RuleChange, WeekReading, WeekReport
from messaging.models import Conversation, Message
from messaging.targets import targets_of
from orders.models import HandlingTime, Order
from sellers.marks import Mark
from sellers.models import BusinessCalendar, Holiday, Membership, Note, SellerAccount
from tests.makers import make_account, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SMALL = Told(NOON, 0.004)  # some 2,700 records, most of them weekly reports


def quiet(current: ImportRun) -> None:
    """Progress that nobody watches."""


def demo(**options: object) -> str:
    out = StringIO()
    call_command("demo", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_everything_is_created_through_the_gate_and_kept_raw() -> None:
    runs = load(SMALL, now=NOON, report=quiet)

    assert len(runs) == 13  # LINE has a connection of its own
    assert all(one.state == ImportRun.State.DONE and one.received == one.created > 0 for one in runs)
    assert all(one.warnings == {} for one in runs)
    assert RawItem.objects.filter(account__demo=True, state="stored").count() == 13
    assert SellerAccount.objects.filter(demo=True).count() == 12
    assert Message.objects.count() > 250
    assert Order.objects.count() > 120


def test_a_second_load_creates_nothing() -> None:
    load(SMALL, now=NOON, report=quiet)
    rows, marks = Message.objects.count(), Mark.objects.count()

    assert load(choose(now=NOON + timedelta(days=3)), now=NOON + timedelta(days=3), report=quiet) == []
    assert (Message.objects.count(), Mark.objects.count()) == (rows, marks)
    assert ImportRun.objects.count() == 13


def test_the_same_file_read_again_changes_nothing() -> None:
    first = load(SMALL, now=NOON, report=quiet)[0]
    marks = Mark.objects.count()

    again = ImportRun.objects.create(
        account=first.account, raw_item=first.raw_item, name="again", source="api.ingest", created_at=NOON
    )
    done = run(again.pk, now=NOON)

    assert (done.received, done.unchanged) == (first.received, first.received)
    assert Mark.objects.count() == marks


class Killed(Exception):
    """The end of a process, as far as a test can have one."""


def die(current: ImportRun) -> None:
    raise Killed


def test_a_killed_load_goes_on_with_the_same_history_hours_later() -> None:
    with pytest.raises(Killed):
        load(SMALL, now=NOON, report=die)
    ImportRun.objects.update(heartbeat_at=datetime(2026, 1, 1, tzinfo=UTC))  # long silent
    later = NOON + timedelta(hours=5)

    told = choose(now=later)
    runs = load(told, now=later, report=quiet)

    assert told == SMALL
    assert len(runs) == RawItem.objects.count() == 13
    assert all(one.received == one.created for one in runs)


def test_the_default_ends_with_the_last_whole_hour_and_a_day_ends_at_noon() -> None:
    now = datetime(2026, 11, 25, 9, 47, 12, tzinfo=UTC)

    assert choose(now=now) == Told(datetime(2026, 11, 25, 9, 0, tzinfo=UTC), 1.0)
    assert choose(now=now, today=date(2026, 11, 20)).until == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert choose(now=now, today=date(2026, 11, 25)).until == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    with pytest.raises(SampleError, match="has not come yet"):
        choose(now=now, today=date(2026, 11, 26))


def test_another_history_beside_the_first_is_refused() -> None:
    load(SMALL, now=NOON, report=quiet)

    with pytest.raises(CommandError, match="demo --remove"):
        demo(today="2026-11-20", now="2026-11-25T12:00:00Z")


def test_an_account_of_the_user_with_a_key_of_ours_is_left_alone() -> None:
    make_account("demo-de")

    with pytest.raises(CommandError, match="demo-de"):
        demo(scale=0.004, now="2026-11-25T12:00:00Z")
    assert SellerAccount.objects.filter(demo=True).count() == 0


def test_the_command_counts_days_and_closes_weeks() -> None:
    summary = json.loads(demo(scale=0.004, now="2026-11-25T12:00:00Z", json=True))

    assert summary["accounts"] == 12
    assert summary["received"] == summary["created"] > 1000
    assert summary["quarantined"] == 0
    assert summary["weeks_closed"] == WeekReport.objects.filter(revision=0).count() > 12 * 50
    assert summary["weeks_revised"] == WeekReport.objects.filter(revision__gt=0).count()
    assert Mark.objects.count() == 0


def test_late_data_and_corrections_publish_weeks_again_and_a_rule_holds_from_its_day_on() -> None:
    """A mailbox of Saturday 24 October is brought in late; three orders of 19 to 25 October are taken out."""
    demo(scale=0.02, now="2026-11-25T12:00:00Z")

    def reasons(key: str) -> set[str]:
        return set(WeekReport.objects.filter(account__key=key, revision__gt=0).values_list("reason", flat=True))

    assert reasons("demo-uk") == {WeekReport.Reason.LATE_DATA}
    assert reasons("demo-de") == {WeekReport.Reason.CORRECTION}
    assert reasons("demo-fr") == set()
    first, again = WeekReport.objects.filter(account__key="demo-uk", ends_on=date(2026, 10, 25)).order_by("revision")
    assert again.published_at - first.published_at == timedelta(days=6)

    limits = WeekReading.objects.filter(account__key="demo-shop-2", metric="late_response_rate")
    by_week = {one.ends_on: one.rule["limit"] for one in limits if one.rule}
    # The Monday 26 weeks before 23 November is 25 May: the week that ends on the day before keeps the old limit.
    assert (by_week[date(2026, 5, 24)], by_week[date(2026, 5, 31)]) == ("10", "6")


def test_people_have_set_up_hours_targets_and_handling_times() -> None:
    account = open_account(BY_KEY["demo-shop"], NOON.date())

    assert open_account(BY_KEY["demo-shop"], NOON.date()) == account
    assert BusinessCalendar.objects.filter(account=account).count() == 1
    assert Holiday.objects.filter(account=account, day=date(2026, 10, 10)).exists()
    assert (account.handling_days, HandlingTime.objects.get(account=account).days) == (2, 5)
    targets = targets_of(account)
    assert targets.seconds("line", "", date(2026, 10, 25)) == 14 * 3600
    assert targets.seconds("line", "", date(2026, 10, 26)) == 20 * 3600  # peak season, four weeks before this Monday


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.key)
def test_every_sample_account_has_notes_inside_its_history(profile) -> None:
    account = open_account(profile, NOON.date())

    notes = list(account.notes.all())
    assert 2 <= len(notes) <= 3
    assert all(NOON.date() - timedelta(days=200) < note.starts_on < NOON.date() for note in notes)
    assert {note.metric for note in notes} - {""} <= set(METRICS)


def test_a_note_stands_where_its_figure_moves() -> None:
    account = open_account(BY_KEY["demo-us"], NOON.date())

    # The Monday nine weeks before 23 November 2026: the new team's first day.
    assert account.notes.get(kind="measure").starts_on == date(2026, 9, 21)


def test_removing_takes_the_samples_out_and_nothing_else() -> None:
    own = make_account("acme-us")
    make_conversation(own, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    make_order(own, "2026-01-05 10:00")
    before = (own.pk, Conversation.objects.count(), Message.objects.count(), Order.objects.count())
    marks = Mark.objects.filter(account=own).count()
    demo(scale=0.004, now="2026-11-25T12:00:00Z")
    make_user("manager", own, SellerAccount.objects.get(key="demo-jp"))

    demo(remove=True)

    assert list(SellerAccount.objects.values_list("pk", flat=True)) == [own.pk]
    assert (own.pk, Conversation.objects.count(), Message.objects.count(), Order.objects.count()) == before
    assert Mark.objects.filter(account=own).count() == marks
    assert Membership.objects.count() == 1
    assert RawItem.objects.count() == ImportRun.objects.count() == WeekReport.objects.count() == 0
    assert (
        RuleChange.objects.count()
        == Note.objects.count()
        == Correction.objects.count()
        == BusinessCalendar.objects.count()
        == 0
    )
    assert remove(print) == 0


def test_every_table_of_an_account_is_known_to_the_removal() -> None:
    """A new table with an account must not be left behind; every model that reaches one is named by `owned`."""
    direct = {
        model
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is SellerAccount
    }

    assert direct <= {model for model, _path in owned()}
