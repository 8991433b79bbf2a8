"""The REST API: who may see what, what it understands, how it says no, and what it documents."""

import json
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from kpis import api_door
from kpis.catalogue import FACTS
from kpis.freshness import beat
from kpis.layouts import LAYOUTS
from kpis.models import DayFailure, DayTotal
from kpis.proof import prove
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Conversation
from sellers.api_auth import CallerThrottle, TokenError, make_token, note_use
from sellers.arrivals import Arrival
from sellers.days import last_complete_day
from sellers.models import ApiToken, Membership
from tests.makers import NOW, at, make_account, make_answers, make_conversation, make_note, make_order, make_user

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


def bearer(key, **options):
    return APIClient(headers={"authorization": f"Bearer {key}"}, **options)


def key_of(owner, *accounts, scopes=("read",), expires_in=None):
    return make_token("test", owner, accounts, scopes, expires_in)[1]


def signed_in(user):
    client = APIClient()
    client.force_login(user)
    return client


def problem_of(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    document = json.loads(response.content)
    assert (document["status"], document["title"]) == (status, HTTPStatus(status).phrase)
    assert document["code"] and document["detail"]
    return document


@pytest.fixture
def ours():
    return make_account("ours")


@pytest.fixture
def theirs():
    return make_account("theirs")


# --- Who may see what ------------------------------------------------------------------------------------------------


def api_routes(patterns=None, prefix=""):
    """Every route under api/v1/, whichever room it belongs to."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from api_routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
            yield pattern


def address_of(pattern, account):
    samples = {"key": account.key, "metric": "late_response_rate", "ends_on": date(2026, 1, 18)}
    samples["note"] = getattr(account.notes.first(), "pk", 1)
    return reverse(pattern.name, kwargs={name: samples.get(name, 1) for name in pattern.pattern.converters})


def ours_of_reading():
    """The routes of this room: each is a reading of an account, or of all that the caller may see."""
    return [pattern for pattern in api_routes() if issubclass(pattern.callback.view_class, api_door.ReadView)]


METHODS = ["get", "post", "put", "patch", "delete"]


def test_the_matrix_knows_every_reading_route():
    assert {pattern.name for pattern in ours_of_reading()} == {
        "api_metrics",
        "api_accounts",
        "api_account",
        "api_readings",
        "api_reading",
        "api_trend",
        "api_official",
        "api_rows",
        "api_breakdown",
        "api_week",
        "api_queue",
        "api_return_requests",
        "api_first_replies",
        "api_hours",
        "api_topics",
        "api_agents",
        "api_before_after",
        "api_fleet_week",
        "api_health",
    }


@pytest.mark.parametrize("method", METHODS)
def test_nobody_gets_in_without_credentials(ours, method):
    for pattern in api_routes():
        response = getattr(APIClient(), method)(address_of(pattern, ours))
        problem_of(response, 401)
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", METHODS)
def test_no_route_accepts_a_key_that_does_not_count(ours, theirs, method):
    strangers = [client for client, for_ours, _for_theirs in actors(ours, theirs).values() if for_ours == 401]
    assert len(strangers) == 4
    for pattern in api_routes():
        for client in strangers:
            problem_of(getattr(client, method)(address_of(pattern, ours)), 401)


def test_every_route_is_closed_to_tokens_without_its_scope(ours):
    mia = make_user("mia", ours, role=Membership.Role.MANAGER)
    reading, bringing, nothing = (bearer(key_of(mia, ours, scopes=[scope])) for scope in ("read", "ingest", "read"))
    ApiToken.objects.filter(pk=ApiToken.objects.order_by("created").last().pk).update(scopes=[])
    for pattern in api_routes():
        scope = pattern.callback.view_class.required_scope
        closed = {ApiToken.Scope.READ: [bringing, nothing], ApiToken.Scope.INGEST: [reading, nothing]}
        for client in closed[scope] if isinstance(scope, str) else [nothing]:  # some take either scope
            for method in METHODS:
                response = getattr(client, method)(address_of(pattern, ours))
                assert problem_of(response, 403)["code"] == "scope", (pattern.name, method)


def actors(ours, theirs):
    """For each caller: a client, and what the route of our account and of theirs answers."""
    viewer = make_user("viewer", ours)
    both = make_user("both", ours, theirs)
    left = make_user("left", ours)
    left_key = key_of(left, ours)
    Membership.objects.filter(user=left).delete()
    gone = make_user("gone", ours)
    gone_key = key_of(gone, ours)
    gone.is_active = False
    gone.save()
    staff = make_user("staff", is_staff=True)
    revoked_key = key_of(viewer, ours)
    ApiToken.objects.filter(user=viewer).delete()
    return {
        "viewer": (signed_in(viewer), 200, 404),
        "manager": (signed_in(make_user("manager", ours, role=Membership.Role.MANAGER)), 200, 404),
        "member of nothing": (signed_in(make_user("stranger")), 404, 404),
        "staff": (signed_in(staff), 200, 200),
        "token of a viewer": (bearer(key_of(viewer, ours)), 200, 404),
        "token limited to one of two": (bearer(key_of(both, ours)), 200, 404),
        "token of staff, limited": (bearer(key_of(staff, ours)), 200, 404),
        "token of two": (bearer(key_of(both, ours, theirs)), 200, 200),
        "token whose owner lost the account": (bearer(left_key), 404, 404),
        "token without the scope": (bearer(key_of(viewer, ours, scopes=["ingest"])), 403, 403),
        "expired token": (bearer(key_of(viewer, ours, expires_in=timedelta(seconds=-1))), 401, 401),
        "revoked token": (bearer(revoked_key), 401, 401),
        "token of a deactivated user": (bearer(gone_key), 401, 401),
        "unknown token": (bearer("sg_" + "0" * 64), 401, 401),
    }


def test_every_reading_route_opens_to_exactly_those_who_may(ours, theirs):
    for account in (ours, theirs):
        make_order(account, "2026-01-14 10:00")
        make_note(account, "2026-01-01")
        close_weeks(NOW, [account])
    for actor, (client, for_ours, for_theirs) in actors(ours, theirs).items():
        for pattern in ours_of_reading():
            if "key" in pattern.pattern.converters:
                expected = {ours: for_ours, theirs: for_theirs}
            else:  # what has no account in its address answers whoever may read at all
                expected = {ours: 200 if for_ours == 404 else for_ours}
            for account, status in expected.items():
                response = client.get(address_of(pattern, account))
                assert response.status_code == status, (actor, pattern.name, account.key)


def test_lists_hold_what_the_caller_may_see_and_nothing_else(ours, theirs):
    client = bearer(key_of(make_user("mia", ours, theirs), ours))
    assert [account["key"] for account in client.get("/api/v1/accounts").json()] == ["ours"]
    assert list(client.get("/api/v1/health").json()["accounts"]) == ["ours"]


def test_a_foreign_account_and_a_missing_one_answer_the_same(ours, theirs):
    client = signed_in(make_user("mia", ours))
    for tail in ("", "/readings", "/queue", "/rows/late_response_rate", "/trend/late_response_rate?weeks=2"):
        foreign, missing = (client.get(f"/api/v1/accounts/{key}{tail}") for key in ("theirs", "nowhere"))
        assert problem_of(foreign, 404) == problem_of(missing, 404)
        assert {**foreign.headers, "X-Request-ID": ""} == {**missing.headers, "X-Request-ID": ""}


@pytest.mark.parametrize("method", METHODS[1:])
def test_reading_routes_change_nothing(ours, method):
    client = signed_in(make_user("mia", ours))
    for pattern in ours_of_reading():
        problem_of(getattr(client, method)(address_of(pattern, ours)), 405)


def test_an_unknown_address_is_a_problem_and_no_page(ours):
    client = signed_in(make_user("mia", ours))
    for address in ("/api/v1/nothing", "/api/v2/accounts", "/api/v1/accounts/", "/api/v1/accounts/Ours", "/api/"):
        problem_of(client.get(address), 404)


# --- Tokens ----------------------------------------------------------------------------------------------------------


def test_only_a_digest_of_the_key_is_stored(ours):
    token, key = make_token("ci", make_user("mia", ours), [ours], ["read"], None)
    assert key.startswith("sg_") and len(key) == 3 + 64  # 256 random bits in hexadecimal
    stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert key not in stored and key[15:] not in stored
    assert token.expiry is None


def test_a_token_sees_no_more_than_its_owner(ours, theirs):
    mia = make_user("mia", ours)
    with pytest.raises(TokenError, match="theirs"):
        make_token("x", mia, [ours, theirs], ["read"], None)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "write"]])
def test_a_token_has_only_scopes_that_exist(ours, scopes):
    with pytest.raises(TokenError, match="read and ingest"):
        make_token("x", make_user("mia", ours), [ours], scopes, None)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer sg_", "Bearer sg_" + "g" * 64, "Bearer \x00", "Bearer \xff\xfe", 
     "Basic x", "Token abc", "Bearer " + "a" * 10_000, "bearer sg_" + "0" * 63],
)  # fmt: skip
def test_a_malformed_key_is_refused_like_an_unknown_one(ours, header):
    client = APIClient(headers={"authorization": header})
    problem_of(client.get("/api/v1/accounts"), 401)


def test_use_is_noted_at_most_once_a_minute(ours, django_assert_num_queries):
    token, _key = make_token("ci", make_user("mia", ours), [ours], ["read"], None)
    note_use(token, NOW)
    token.refresh_from_db()
    assert token.last_used_at == NOW
    with django_assert_num_queries(0):
        note_use(token, NOW + timedelta(seconds=59))
    note_use(token, NOW + timedelta(seconds=61))
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=61)


def test_calling_notes_the_use(ours):
    token, key = make_token("ci", make_user("mia", ours), [ours], ["read"], None)
    bearer(key).get("/api/v1/accounts")
    token.refresh_from_db()
    assert timezone.now() - token.last_used_at < timedelta(minutes=1)


def test_too_many_requests_wait_and_other_callers_do_not(ours, monkeypatch):
    monkeypatch.setattr(CallerThrottle, "rate", "3/min", raising=False)
    mia = make_user("mia", ours)
    busy, other = bearer(key_of(mia, ours)), bearer(key_of(mia, ours))
    assert [busy.get("/api/v1/accounts").status_code for _ in range(3)] == [200, 200, 200]
    response = busy.get("/api/v1/accounts")
    assert problem_of(response, 429)["code"] == "throttled"
    assert 0 < int(response["Retry-After"]) <= 60
    assert other.get("/api/v1/accounts").status_code == 200
    assert signed_in(mia).get("/api/v1/accounts").status_code == 200


# --- What it understands ---------------------------------------------------------------------------------------------

WRONG = [
    ("readings?on=", "on", "invalid"),
    ("readings?on=2026-1-5", "on", "invalid"),
    ("readings?on=20260105", "on", "invalid"),
    ("readings?on=2026-W03-1", "on", "invalid"),
    ("readings?on=2026-02-30", "on", "invalid"),
    ("readings?on=0000-00-00", "on", "invalid"),
    ("readings?on=٢٠٢٦-٠١-٠٥", "on", "invalid"),
    ("readings?on=2026-01-05T00:00:00Z", "on", "invalid"),
    ("readings?on=2026-01-05%00", "on", "invalid"),
    ("readings?on=%ED%A0%80", "on", "invalid"),
    ("readings?on=1999-12-31", "on", "out_of_range"),
    ("readings?on=9999-12-31", "on", "out_of_range"),
    ("readings?known_on=soon", "known_on", "invalid"),
    ("readings?known_on=9999-12-31", "known_on", "invalid"),
    ("readings?known_on=2026-01-05T10:00:00", "known_on", "invalid"),
    ("queue?known_on=2026-01-05", "known_on", "unknown_parameter"),
    ("readings?on=2026-01-05&on=2026-01-06", "on", "repeated_parameter"),
    ("readings?account=theirs", "account", "unknown_parameter"),
    ("readings?%00=1", "\x00", "unknown_parameter"),
    ("queue?page=0", "page", "min_value"),
    ("queue?page=-1", "page", "invalid"),
    ("queue?page=%D9%A1", "page", "invalid"),
    ("queue?page=1e3", "page", "invalid"),
    ("queue?page=" + "9" * 5000, "page", "invalid"),
    ("queue?limit=1001", "limit", "max_value"),
    ("trend/late_response_rate?weeks=0", "weeks", "min_value"),
    ("trend/late_response_rate?weeks=521", "weeks", "max_value"),
    ("trend/late_response_rate?weeks=1_0", "weeks", "invalid"),
    ("trend/late_response_rate?weeks=%2012", "weeks", "invalid"),
    ("rows/late_response_rate?part=all", "part", "invalid_choice"),
    ("rows/late_response_rate?part=FOR", "part", "invalid_choice"),
    ("rows/late_response_rate?format=xml", "format", "invalid_choice"),
    ("rows/late_response_rate?ordering=id", "ordering", "unknown_parameter"),
    ("rows/late_response_rate?account_id__gt=0", "account_id__gt", "unknown_parameter"),
]


@pytest.mark.parametrize(("query", "name", "code"), WRONG)
def test_what_is_not_understood_is_refused_by_name(ours, query, name, code):
    document = problem_of(signed_in(make_user("mia", ours)).get(f"/api/v1/accounts/ours/{query}"), 400)
    assert [(error["name"], error["code"]) for error in document["errors"]] == [(name, code)]


def test_parameters_are_refused_where_there_are_none(ours):
    client = signed_in(make_user("mia", ours))
    for address in ("/api/v1/metrics", "/api/v1/accounts", "/api/v1/accounts/ours", "/api/v1/health"):
        assert problem_of(client.get(f"{address}?x=1"), 400)["errors"][0]["name"] == "x"


@pytest.mark.parametrize(
    "tail",
    ["rows/nothing", "trend/late_response_rate%00", "rows/late_response_rate%27--", "rows/" + "a" * 5000, "%00", "%ff"],
)
def test_an_address_that_cannot_be_is_missing(ours, tail):
    problem_of(signed_in(make_user("mia", ours)).get(f"/api/v1/accounts/ours/{tail}"), 404)


def test_a_thousand_parameters_are_a_bad_request(ours):
    query = "&".join(f"p{number}=1" for number in range(1100))
    problem_of(signed_in(make_user("mia", ours)).get(f"/api/v1/accounts/ours/readings?{query}"), 400)


def test_the_report_day_is_the_accounts_last_complete_day_unless_named(time_machine):
    account = make_account("tokyo", time_zone="Asia/Tokyo")
    client = signed_in(make_user("mia", account))
    time_machine.move_to("2026-01-19T15:30:00Z", tick=False)  # 00:30 on the 20th in Tokyo
    windows = {row["metric"]: row["window"] for row in client.get("/api/v1/accounts/tokyo/readings").json()}
    assert windows["late_response_rate"] == {"from": "2025-12-21", "to": "2026-01-19"}
    assert client.get("/api/v1/accounts/tokyo/readings?on=2026-01-21").status_code == 200
    problem_of(client.get("/api/v1/accounts/tokyo/readings?on=2026-01-22"), 400)


def test_a_host_that_is_not_ours_is_a_problem_too(ours):
    problem_of(signed_in(make_user("mia", ours)).get("/api/v1/accounts", headers={"host": "evil.example"}), 400)


def test_what_nobody_expected_says_nothing_about_itself(rf):
    fail = get_resolver().resolve_error_handler(500)
    document = problem_of(fail(rf.get("/api/v1/health")), 500)
    assert (document["code"], document["detail"]) == ("error", "A server error occurred.")
    assert fail(rf.get("/accounts/ours"))["Content-Type"].startswith("text/html")


def test_answers_are_for_the_caller_alone(ours):
    client = signed_in(make_user("mia", ours))
    for response in (
        client.get("/api/v1/accounts"),
        client.get("/api/v1/accounts/nowhere"),
        APIClient().get("/api/v1/"),
    ):
        assert response["Cache-Control"] == "private, no-store"
        assert {"Authorization", "Cookie"} <= {word.strip() for word in response["Vary"].split(",")}
        assert response["X-Content-Type-Options"] == "nosniff"


def test_words_follow_the_language_and_codes_do_not(ours):
    client = signed_in(make_user("mia", ours))
    english, chinese = (
        client.get("/api/v1/metrics", headers={"accept-language": language}).json() for language in ("en", "zh-hans")
    )
    assert [metric["slug"] for metric in english] == [metric["slug"] for metric in chinese]
    assert english[0]["rule"] == {
        "days": 28, "days_from": "score_window_days", "lag": 0, "minimum": 40, "sign": "≥", "limit": 6, "goal": 8,
    }  # fmt: skip


# --- What it says ----------------------------------------------------------------------------------------------------


def test_an_unknown_value_is_null_and_its_state_says_why(ours):
    make_answers(ours, 30, 9, last="2026-01-18 20:00")
    sweep(NOW)
    client = signed_in(make_user("mia", ours))
    score, *others = client.get("/api/v1/accounts/ours/readings?on=2026-01-18").json()
    shipments = next(reading for reading in others if reading["metric"] == "late_shipment_rate")
    assert score == {
        "metric": "customer_service_score",
        "value": None, "value_exact": None, "display": "–",
        "numerator": 30, "denominator": 39, "n": 39,
        "band": "none", "state": "too_few", "carried_from": None,
        "limit": 6, "goal": 8,
        "window": {"from": "2025-12-22", "to": "2026-01-18"},
        "provisional_until": None,
        "complete_until": None,
        "interval": score["interval"], "headroom": score["headroom"], "to_goal": score["to_goal"],
        "to_limit": 0, "needs": "", "unripe_from": None, "counted_now": None, "stats": None,
    }  # fmt: skip
    assert (shipments["value"], shipments["state"], shipments["interval"]) == (None, "no_data", None)


def test_a_value_keeps_its_digits(ours):
    make_answers(ours, 41, 1, last="2026-01-18 20:00")
    sweep(NOW)
    score = signed_in(make_user("mia", ours)).get("/api/v1/accounts/ours/readings?on=2026-01-18").json()[0]
    assert (score["value"], score["value_exact"], score["display"]) == (410 / 42, "205/21", "9.7")
    assert (
        b'"value":9.761904761904763'
        in signed_in(make_user("ben", ours)).get("/api/v1/accounts/ours/readings?on=2026-01-18").content
    )


def test_a_trend_has_the_published_weeks_with_their_revision(ours):
    make_conversation(ours, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"))
    sweep(NOW)
    close_weeks(NOW)
    make_conversation(ours, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-08 12:00"))
    sweep(NOW + timedelta(hours=1))
    close_weeks(NOW + timedelta(hours=2))
    client = signed_in(make_user("mia", ours))
    points = client.get("/api/v1/accounts/ours/trend/late_response_rate").json()
    assert [(point["ends_on"], point["revision"], point["value"], point["band"]) for point in points] == [
        ("2026-01-11", 1, 0.5, "red"),
        ("2026-01-18", 1, 0.5, "red"),
    ]
    assert points[-1]["window"] == {"from": "2025-12-20", "to": "2026-01-18"}
    assert client.get("/api/v1/accounts/ours/trend/late_response_rate?weeks=1").json() == points[-1:]


def test_rows_come_in_pages_that_lead_to_each_other(ours):
    for day in (5, 6, 7):
        make_conversation(ours, ("buyer", f"2026-01-{day:02} 10:00"), external_id=f"c-{day}")
    sweep(NOW)
    client = signed_in(make_user("mia", ours))
    first = client.get("/api/v1/accounts/ours/rows/late_response_rate?on=2026-01-18&limit=2").json()
    second = client.get(first["next"]).json()
    assert (first["count"], first["page"], first["previous"]) == (3, 1, None)
    seen = [row["conversation_external_id"] for page in (first, second) for row in page["results"]]
    assert seen == ["c-7", "c-6", "c-5"]
    assert second["next"] is None
    assert client.get(second["previous"]).json() == first
    beyond = client.get("/api/v1/accounts/ours/rows/late_response_rate?on=2026-01-18&page=99").json()
    assert (beyond["results"], beyond["next"]) == ([], None)


def test_csv_can_be_asked_for_by_its_type(ours):
    client = signed_in(make_user("mia", ours))
    address = "/api/v1/accounts/ours/rows/late_response_rate?on=2026-01-18&part=left_out"
    response = client.get(address, headers={"accept": "text/csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == ('attachment; filename="ours-late_response_rate-left_out-2026-01-18.csv"')
    assert response.streaming
    refused = client.get(address.replace("left_out", "none"), headers={"accept": "text/csv"})
    problem_of(refused, 400)


def test_the_queue_tells_who_waits_oldest_first(ours, time_machine):
    time_machine.move_to(NOW, tick=False)  # 20 January, 12:00
    make_conversation(ours, ("buyer", "2026-01-20 10:00"), external_id="fresh", topic="returns")
    make_conversation(ours, ("buyer", "2026-01-19 11:00"), external_id="over", url="https://shop.example/over")
    make_conversation(ours, ("buyer", "2026-01-19 12:00"), external_id="just")  # exactly 24 hours are not over
    make_conversation(ours, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-19 11:00"), external_id="answered")
    make_conversation(ours, ("marked", "2026-01-19 10:00"), external_id="thanks")
    make_conversation(ours, ("buyer", "2025-11-01 10:00"), external_id="forgotten")
    queue = signed_in(make_user("mia", ours)).get("/api/v1/accounts/ours/queue").json()
    assert [(wait["conversation"], wait["seconds_left"], wait["overdue"]) for wait in queue["results"]] == [
        ("over", -3600, True),
        ("just", 0, False),
        ("fresh", 22 * 3600, False),
    ]
    assert (queue["count"], queue["late"], queue["missed"]) == (3, 1, 0)
    assert queue["results"][0] == {
        "conversation": "over", "system": "test", "status": "open", "channel": "email", "topic": "",
        "url": "https://shop.example/over", "opened_at": "2026-01-19T11:00:00Z", "due_at": "2026-01-20T11:00:00Z",
        "seconds_left": -3600, "overdue": True, "target_seconds": 86400, "target_due_at": "2026-01-20T11:00:00Z",
        "target_overdue": True, "group": "late", "priority": "", "language": "", "assignee": "",
    }  # fmt: skip
    late = signed_in(make_user("kai", ours)).get("/api/v1/accounts/ours/queue?group=late").json()
    assert ([wait["conversation"] for wait in late["results"]], late["count"], late["late"]) == (["over"], 1, 1)


def test_health_says_what_is_counted_and_what_waits(ours, time_machine):
    time_machine.move_to(NOW, tick=False)
    make_conversation(ours, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"))
    sweep(NOW)
    beat(NOW - timedelta(seconds=30))
    client = signed_in(make_user("mia", ours))
    health = client.get("/api/v1/health").json()
    assert {one["fact"] for one in health.pop("completeness")["ours"]} == set(FACTS)
    assert health == {
        "marks_waiting": 0,
        "oldest_mark_seconds": None,
        "days_set_aside": 0,
        "work_set_aside": 0,
        "worker": {"alive": True, "beat_at": "2026-01-20T11:59:30Z"},
        "proof": {"proved_at": None, "days": 0, "differences_found": 0, "differences_open": 0, "differences": []},
        "accounts": {
            "ours": {
                "newest_day": "2026-01-05",
                "counted_at": "2026-01-20T12:00:00Z",
                "marks_waiting": 0,
                "days_set_aside": 0,
            },
        },
    }
    Conversation.objects.get().messages.first().save()
    DayFailure.objects.create(account=ours, fact="turns", day="2026-01-05", attempts=3, failed_at=NOW)
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    health = client.get("/api/v1/health").json()
    assert (health["marks_waiting"] > 0, health["days_set_aside"], health["worker"]["alive"]) == (True, 1, False)


def test_health_names_what_the_last_proof_found(ours, time_machine):
    time_machine.move_to(NOW, tick=False)
    hidden = make_account("hidden")
    for account in (ours, hidden):
        make_order(account, "2026-01-05 10:00")
    sweep(NOW)
    DayTotal.objects.update(sums=[])
    prove(NOW - timedelta(hours=1))
    proof = signed_in(make_user("mia", ours)).get("/api/v1/health").json()["proof"]
    # One order on one day: every sum of the day is missing, those that are 0 among them.
    parts = len(LAYOUTS["orders"].parts)
    assert (proof["proved_at"], proof["days"]) == ("2026-01-20T11:00:00Z", 1)
    assert (proof["differences_found"], proof["differences_open"], len(proof["differences"])) == (parts, 0, parts)
    assert {one["account"] for one in proof["differences"]} == {"ours"}
    first = next(
        one for one in proof["differences"] if "order_defect_rate" in one["part"] and one["part"].endswith(": counted")
    )
    assert (first["fact"], first["day"], first["stored"], first["counted"]) == ("orders", "2026-01-05", None, 1)
    assert (first["found_at"], first["healed_at"]) == ("2026-01-20T11:00:00Z", "2026-01-20T11:00:00Z")


def test_an_account_says_how_far_its_data_has_come(ours):
    Arrival.objects.create(
        account=ours, system="x-shop", record_type="order", last_fact_at=at("2026-01-17 10:00"),
        heard_at=at("2026-01-19 08:00"),
    )  # fmt: skip
    client = signed_in(make_user("mia", ours))
    said = {one["fact"]: one for one in client.get("/api/v1/accounts/ours").json()["completeness"]}
    day = last_complete_day(at("2026-01-19 08:00"), ours.zone)
    assert said["orders"] == {
        "fact": "orders", "last_fact_at": "2026-01-17T10:00:00Z", "heard_at": "2026-01-19T08:00:00Z",
        "complete_until": str(day), "silent": [], "needs": "",
    }  # fmt: skip
    assert said["contacts"] == {
        "fact": "contacts", "last_fact_at": None, "heard_at": None, "complete_until": None, "silent": [],
        "needs": "Import messages",
    }  # fmt: skip
    assert client.get("/api/v1/health").json()["completeness"]["ours"] == list(said.values())


# --- What it documents -----------------------------------------------------------------------------------------------


def test_the_schema_is_valid_without_warnings_and_committed(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    committed: Path = settings.BASE_DIR / "docs" / "openapi.yaml"
    assert committed.read_text() == made.read_text(), (
        "the API changed; run: manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


def test_the_schema_and_its_page_are_for_people_who_signed_in(ours):
    problem_of(APIClient().get("/api/schema/"), 401)
    assert APIClient().get("/api/docs/").status_code == 302
    client = signed_in(make_user("mia"))
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "https://" not in text.replace("https://localhost", "")  # every script and style is served by us
    assert client.get("/api/docs/?script=").headers["Content-Type"].startswith("application/javascript")


def test_every_operation_documents_how_it_says_no(ours):
    schema = signed_in(make_user("mia")).get("/api/schema/", headers={"accept": "application/json"}).json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "404", "429"} <= set(operation["responses"]), (path, method)
    assert schema["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_one_metric_is_read_over_another_window(ours, time_machine):
    time_machine.move_to(NOW, tick=False)
    for day, hours in (("05", 30), ("17", 1), ("18", 30)):
        answer = at(f"2026-01-{day} 10:00") + timedelta(hours=hours)
        make_conversation(ours, ("buyer", f"2026-01-{day} 10:00"), ("agent", f"{answer:%Y-%m-%d %H:%M}"))
    sweep(NOW)
    client = signed_in(make_user("mia", ours))
    address = "/api/v1/accounts/ours/readings/late_response_rate?on=2026-01-18"
    own = client.get(address).json()
    assert own in client.get("/api/v1/accounts/ours/readings?on=2026-01-18").json()
    # Of all three messages two are late; of the last seven days one of two, which is judged by nothing.
    assert (own["numerator"], own["n"], own["band"]) == (2, 3, "red")
    week = client.get(f"{address}&days=7").json()
    assert (week["numerator"], week["n"], week["band"], week["limit"]) == (1, 2, "none", None)
    assert client.get("/api/v1/accounts/ours/readings/nothing").status_code == 404
    problem_of(client.get("/api/v1/accounts/ours/readings/account_health_rating?days=7"), 400)
    problem_of(client.get(f"{address}&days=0"), 400)
