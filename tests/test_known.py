"""What was known on a day: published weeks stay readable as they were, say what moved them, and by which rows."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from kpis.catalogue import METRICS
from kpis.models import WeekReport
from kpis.published import as_known, changed_rows, revisions
from kpis.readings import readings
from kpis.sweep import sweep
from kpis.trends import trend
from kpis.week_document import as_csv, as_json
from kpis.weeks import close_weeks
from sellers.late import LateChange, correcting
from tests.makers import at, make_account, make_conversation, make_message, make_user
from tests.test_api import signed_in

pytestmark = pytest.mark.django_db

LATE = METRICS["late_response_rate"]
SUNDAY = date(2026, 1, 18)


def close(now):
    sweep(at(now))
    return close_weeks(at(now))


@pytest.fixture
def restated():
    """Published on Monday with 1 of 2 late; on Wednesday a reply of last week arrives and nothing is late."""
    account = make_account("shop", time_zone="Europe/Berlin")
    late = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"), external_id="slow")
    make_conversation(account, ("buyer", "2026-01-15 10:00"), ("agent", "2026-01-15 11:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    make_message(late, "agent", "2026-01-14 12:00", now=at("2026-01-21 09:00"))
    close("2026-01-21 09:00")
    return account


def test_a_restated_week_is_read_as_it_was_known_before(restated):
    before = as_known(restated, SUNDAY, at("2026-01-20 23:59"))
    after = as_known(restated, SUNDAY, None)
    reading = {one.metric.slug: one for one in before.readings}["late_response_rate"]
    assert (reading.numerator, reading.n, reading.display, reading.band) == (1, 2, "50.00%", "red")
    assert (before.report.revision, after.report.revision) == (0, 1)
    assert {one.metric.slug: one.display for one in after.readings}["late_response_rate"] == "0.00%"
    assert as_known(restated, SUNDAY, at("2026-01-19 00:59")) is None, "nothing was published by then"
    assert as_known(restated, date(2026, 1, 17), None) is None, "no week had ended by then"


def test_a_published_reading_says_all_that_was_read_then(restated):
    # What to import and which channels were silent are hints beside a figure; a report keeps the figure.
    today = [reading._replace(needs="", missing=()) for reading in readings(restated, SUNDAY)]
    assert as_known(restated, SUNDAY, None).readings == today


def test_a_trend_ends_with_what_was_known(restated):
    assert [(point.revision, point.display) for point in trend(restated, LATE, 4)] == [(1, "0.00%")]
    then = trend(restated, LATE, 4, known_at=at("2026-01-20 12:00"))
    assert [(point.revision, point.display) for point in then] == [(0, "50.00%")]


def test_a_revision_names_what_moved_and_the_rows_that_moved_it(restated):
    first, second = revisions(restated, SUNDAY)
    assert (first.report.reason, first.moved) == ("closed", [])
    moved = {one.metric.slug: (one.before.display, one.after.display) for one in second.moved}
    assert moved["late_response_rate"] == ("50.00%", "0.00%")
    assert moved["within_24h_rate"] == ("50.00%", "100.00%")
    assert "order_defect_rate" not in moved
    changed = changed_rows(second.report, LATE)
    assert (changed.rowset.count, changed.gone) == (1, 0)
    assert changed.rowset.page(0, 10)[0]["conversation__external_id"] == "slow"
    assert changed_rows(first.report, LATE).rowset.count == 0, "a first publication was changed by nothing"


def test_changes_before_a_week_is_published_are_not_late():
    account = make_account()
    make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"))
    assert not LateChange.objects.exists()
    close("2026-01-19 01:00")
    make_conversation(account, ("buyer", "2026-01-19 10:00"), now=at("2026-01-19 11:00"))
    assert not LateChange.objects.exists(), "Monday's week is still open"


def test_a_revision_by_corrections_alone_says_so():
    account = make_account()
    thread = make_conversation(account, ("buyer", "2026-01-14 10:00"), now=at("2026-01-19 01:00"))
    close("2026-01-19 01:00")
    with correcting():
        make_message(thread, "agent", "2026-01-14 12:00", now=at("2026-01-21 09:00"))
    close("2026-01-21 09:00")
    make_message(thread, "buyer", "2026-01-14 13:00", now=at("2026-01-22 09:00"))
    close("2026-01-22 09:00")
    reasons = WeekReport.objects.order_by("revision").values_list("reason", flat=True)
    assert list(reasons) == ["closed", "correction", "late_data"]


def test_what_is_not_counted_yet_belongs_to_the_next_revision(restated):
    thread = make_conversation(restated, ("buyer", "2026-01-16 10:00"), now=at("2026-01-22 09:00"), external_id="new")
    waiting = WeekReport.objects.get(revision=1)
    assert [row["conversation__external_id"] for row in changed_rows(waiting, LATE).rowset] == ["slow"]
    close("2026-01-22 09:00")
    newest = WeekReport.objects.get(revision=2)
    assert [row["conversation__external_id"] for row in changed_rows(newest, LATE).rowset] == ["new"]
    assert thread.external_id == "new"


def test_a_report_is_issued_again_byte_for_byte(restated):
    then = at("2026-01-20 12:00")
    issued = as_known(restated, SUNDAY, then).report
    json_then, csv_then = as_json(issued), as_csv(issued)
    make_conversation(restated, ("buyer", "2026-01-13 10:00"), now=at("2026-02-03 09:00"))
    close("2026-02-03 09:00")
    again = as_known(restated, SUNDAY, then).report
    assert (as_json(again), as_csv(again)) == (json_then, csv_then)
    figure = {one["metric"]: one for one in json.loads(json_then)["figures"]}["late_response_rate"]
    assert (figure["value"], figure["band"], figure["rule"]["limit"], figure["rule"]["days"]) == (
        "1/2",
        "red",
        "10",
        30,
    )
    assert b"late_response_rate,1/2,1,2,2,red,computed,2025-12-20,2026-01-18" in csv_then


def test_the_api_answers_as_known_at_the_end_of_a_day_of_the_accounts_zone(restated):
    client = signed_in(make_user("reader", restated))
    url = "/api/v1/accounts/shop/readings?on=2026-01-18&known_on="
    value = {one["metric"]: one["value"] for one in client.get(url + "2026-01-20").json()}["late_response_rate"]
    assert value == 0.5
    # In Berlin the 19th ends at 23:00 UTC; the report of 01:00 UTC that day is known.
    assert client.get(url + "2026-01-18").json() == []
    assert client.get(url + "2026-01-19").json() != []
    assert client.get(url + "2026-01-21T09:00:00Z").json()[0]["metric"] == "customer_service_score"
    for wrong in ("yesterday", "2026-01-20T10:00:00", "2026-02-30"):
        assert client.get(url + wrong).status_code == 400, wrong
    trend_url = "/api/v1/accounts/shop/trend/late_response_rate?known_on=2026-01-20"
    assert [point["revision"] for point in client.get(trend_url).json()] == [0]


def test_the_api_hands_out_the_document_and_only_of_published_weeks(restated):
    client = signed_in(make_user("reader", restated))
    answer = client.get("/api/v1/accounts/shop/weeks/2026-01-18?known_on=2026-01-20")
    assert answer.content == as_json(WeekReport.objects.get(revision=0))
    assert answer["Content-Disposition"] == 'attachment; filename="shop-week-2026-01-18-0.json"'
    assert client.get("/api/v1/accounts/shop/weeks/2026-01-18?format=csv").content == as_csv(
        WeekReport.objects.get(revision=1)
    )
    sheets = [client.get("/api/v1/accounts/shop/weeks/2026-01-18?format=xlsx") for _again in range(2)]
    first, second = (b"".join(sheet.streaming_content) for sheet in sheets)
    assert first == second
    assert first.startswith(b"PK")
    assert client.get("/api/v1/accounts/shop/weeks/2026-01-17").status_code == 404
    assert client.get("/api/v1/accounts/shop/weeks/2026-02-31").status_code == 404
    stranger = signed_in(make_user("stranger"))
    assert stranger.get("/api/v1/accounts/shop/weeks/2026-01-18").status_code == 404


def test_the_commands_print_what_was_known(restated, capsys):
    call_command("readings", account="shop", on="2026-01-18", known_on="2026-01-20", json=True)
    found = {one["metric"]: one["display"] for one in json.loads(capsys.readouterr().out)}
    assert found["late_response_rate"] == "50.00%"
    call_command("week_report", account="shop", on="2026-01-20", known_on="2026-01-20")
    assert capsys.readouterr().out.encode() == as_json(WeekReport.objects.get(revision=0))
    with pytest.raises(CommandError, match="known-on"):
        call_command("readings", account="shop", on="2026-01-18", known_on="soon")
    with pytest.raises(CommandError, match="published"):
        call_command("week_report", account="shop", on="2025-01-20")
