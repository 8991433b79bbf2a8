"""Hours of the week: how slow answers are by the local hour in which buyers wrote, right through clock changes."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.test import Client

from kpis.catalogue import DECLARED, METRICS
from kpis.hours import has_hours, hours
from kpis.readings import readings
from kpis.sweep import sweep
from tests.makers import at, make_account, make_conversation, make_user

pytestmark = pytest.mark.django_db


def written(account, *moments, answered_after, now):
    """Conversations begun at these UTC moments, each answered so many hours later."""
    for moment in moments:
        answer = at(moment) + timedelta(hours=answered_after)
        make_conversation(account, ("buyer", moment), ("agent", f"{answer:%Y-%m-%d %H:%M}"), now=now)


def found(account, slug, on):
    reading = readings(account, on, [METRICS[slug]])[0]
    return {(one.weekday, one.hour): (one.n, one.bad, one.value) for one in hours(reading)}


def test_in_the_night_that_clocks_go_forward_the_skipped_hour_stays_empty():
    # Berlin, Sunday 29 March 2026: at 01:00 UTC clocks jump from 02:00 to 03:00.
    now = at("2026-04-10 12:00")
    account = make_account("spring", time_zone="Europe/Berlin")
    written(account, "2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30", answered_after=2, now=now)
    sweep(now)
    # 01:30 before the jump, 03:30 and 04:30 after it; nothing at 2.
    assert found(account, "average_response_time", date(2026, 4, 5)) == {
        (6, 1): (1, None, 7200),
        (6, 3): (1, None, 7200),
        (6, 4): (1, None, 7200),
    }


def test_in_the_night_that_clocks_go_back_both_hours_stand_in_the_one_they_showed():
    # Berlin, Sunday 25 October 2026: at 01:00 UTC clocks fall from 03:00 back to 02:00.
    now = at("2026-11-10 12:00")
    account = make_account("autumn", time_zone="Europe/Berlin")
    written(account, "2026-10-25 00:30", "2026-10-25 02:30", answered_after=2, now=now)
    written(account, "2026-10-25 01:30", answered_after=30, now=now)
    written(account, "2026-10-24 22:30", answered_after=1, now=now)
    sweep(now)
    # 00:30 in summer time; 02:30 twice, of which the later one waited 30 hours; 03:30 in winter time.
    assert found(account, "late_response_rate", date(2026, 11, 1)) == {
        (6, 0): (1, 0, 0),
        (6, 2): (2, 1, Fraction(1, 2)),
        (6, 3): (1, 0, 0),
    }
    # Of two waits, 2 and 30 hours, the median is 16.
    assert found(account, "average_response_time", date(2026, 11, 1))[6, 2] == (2, None, 16 * 3600)


def test_a_clock_that_moves_by_half_an_hour_is_right_too():
    # Lord Howe, Sunday 5 April 2026: at 15:00 UTC on Saturday clocks fall from 02:00 back to 01:30.
    now = at("2026-04-20 12:00")
    account = make_account("island", time_zone="Australia/Lord_Howe")
    written(account, "2026-04-04 14:45", "2026-04-04 15:10", "2026-04-04 15:40", answered_after=1, now=now)
    sweep(now)
    # 01:45 (UTC+11), 01:40 (UTC+10:30), 02:10 (UTC+10:30).
    assert {hour: n for hour, (n, *_rest) in found(account, "average_response_time", date(2026, 4, 15)).items()} == {
        (6, 1): 2,
        (6, 2): 1,
    }


def test_of_a_share_that_should_be_high_the_hours_show_what_is_missing():
    now = at("2026-01-20 12:00")
    account = make_account("mine")
    written(account, "2026-01-05 10:00", "2026-01-12 10:00", answered_after=1, now=now)
    written(account, "2026-01-12 10:30", answered_after=25, now=now)
    sweep(now)
    # Mondays at ten: one of three was not answered within 24 hours.
    assert found(account, "within_24h_rate", date(2026, 1, 18)) == {(0, 10): (3, 1, Fraction(1, 3))}


def test_the_hours_add_up_to_the_figure():
    now = at("2026-04-10 12:00")
    account = make_account("mine", time_zone="America/Los_Angeles")
    for number in range(40):
        moment = at("2026-03-01 03:00") + timedelta(hours=19 * number, minutes=7 * number)
        written(account, f"{moment:%Y-%m-%d %H:%M}", answered_after=20 + number % 9, now=now)
    sweep(now)
    shown = [metric for metric in DECLARED if has_hours(metric)]
    assert {"late_response_rate", "within_24h_rate", "average_response_time", "first_response_time"} <= {
        metric.slug for metric in shown
    }
    for reading in readings(account, date(2026, 4, 5), shown):
        cells = hours(reading)
        assert sum(one.n for one in cells) == reading.n, reading.metric.slug
        if cells and cells[0].bad is not None:
            assert sum(one.bad for one in cells) in (reading.numerator, reading.n - reading.numerator)


def test_metrics_without_a_waiting_buyer_have_no_hours():
    for slug in ("customer_service_score", "late_shipment_rate", "buyer_waiting_time", "conversations_by_channel"):
        assert not has_hours(METRICS[slug])


def test_the_page_paints_slow_hours_and_hatches_thin_ones(time_machine):
    now = at("2026-01-20 12:00")
    time_machine.move_to(now, tick=False)
    account = make_account("mine")
    for hour, late in (("09", 1), ("10", 4)):  # five messages each: one and four of them late
        for number in range(5):
            written(account, f"2026-01-12 {hour}:0{number}", answered_after=30 if number < late else 1, now=now)
    written(account, "2026-01-13 08:00", answered_after=1, now=now)
    sweep(now)
    client = Client()
    client.force_login(make_user("", account))
    response = client.get("/accounts/mine/late_response_rate/")
    heat = response.context["page"].heat
    monday, tuesday = heat.rows[0][2], heat.rows[1][2]
    # 20 % is a quarter of the way to the slowest hour's 80 %: the second of five steps.
    assert [(monday[hour].text, monday[hour].n, monday[hour].step) for hour in (9, 10)] == [
        ("20%", 5, 2),
        ("80%", 5, 5),
    ]
    assert (tuesday[8].text, tuesday[8].is_thin, tuesday[8].step) == ("0%", True, 0)
    assert heat.slowest == "Monday, 10:00 to 11:00: 80.00%, 5 cases"
    page = response.content.decode()
    assert '<td class="h5" title="Monday, 10:00 to 11:00: 80.00%, 5 cases"><b>80%</b><small>5</small></td>' in page
    assert '<td class="h0 thin"' in page


def test_the_api_and_the_file_tell_the_same_hours(time_machine):
    now = at("2026-01-20 12:00")
    time_machine.move_to(now, tick=False)
    account = make_account("mine", time_zone="Asia/Tokyo")
    written(account, "2026-01-05 10:00", "2026-01-12 10:00", answered_after=1, now=now)
    written(account, "2026-01-12 10:30", answered_after=25, now=now)
    sweep(now)
    client = Client()
    client.force_login(make_user("", account))
    address = "/api/v1/accounts/mine/hours/within_24h_rate?on=2026-01-18"
    # 10:00 in UTC is 19:00 in Tokyo: one of three was not answered within 24 hours.
    assert client.get(address).json() == {
        "metric": "within_24h_rate",
        "window": {"from": "2025-12-20", "to": "2026-01-18"},
        "time_zone": "Asia/Tokyo",
        "results": [{"weekday": 0, "hour": 19, "n": 3, "bad": 1, "value": 1 / 3, "display": "33.33%"}],
    }
    # Of the seven days up to the 18th only the second Monday is one.
    assert client.get(f"{address}&days=7").json()["results"][0]["n"] == 2
    file = client.get(f"{address}&format=csv").getvalue().decode("utf-8-sig")
    assert file.splitlines()[1] == '"Monday",19,3,1,0.3333333333333333333333333333'
    page = client.get("/accounts/mine/within_24h_rate/hours.csv?on=2026-01-18")
    assert page.getvalue().decode("utf-8-sig") == file
    for slug in ("customer_service_score", "nothing"):
        assert client.get(f"/api/v1/accounts/mine/hours/{slug}").status_code == 404
        assert client.get(f"/accounts/mine/{slug}/hours.csv").status_code == 404
