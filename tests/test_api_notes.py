"""Notes through the API: a deploy script marks its change once, and only where its owner may write."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sellers.models import Membership, Note
from tests.makers import make_account, make_note, make_user
from tests.test_api import bearer, key_of, problem_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

ADDRESS = "/api/v1/accounts/ours/notes"


@pytest.fixture
def ours():
    return make_account("ours", time_zone="Pacific/Kiritimati")  # there the 21st has begun


@pytest.fixture
def script(ours):
    """The token of a script that a manager owns."""
    return bearer(key_of(make_user("mei", ours, role=Membership.Role.MANAGER), ours, scopes=["ingest"]))


def post(client, **note):
    return client.post(ADDRESS, note, format="json")


def test_a_script_marks_its_change_on_the_accounts_own_day(script):
    answer = post(script, title="Release 4.2")
    assert answer.status_code == 201
    note = Note.objects.get()
    assert answer.json() == {
        "id": note.pk,
        "title": "Release 4.2",
        "kind": "measure",
        "starts_on": "2026-01-21",
        "ends_on": None,
        "metric": "",
        "people": "",
        "text": "",
        "author": "mei",
        "created_at": "2026-01-20T12:00:00Z",
    }


def test_the_same_mark_twice_is_one_note(script):
    first = post(script, title="Release 4.2", text="Templates")
    again = post(script, title="Release 4.2", text="Other words")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert post(script, title="Release 4.2", metric="csat").status_code == 201  # about another thing
    assert Note.objects.count() == 2


@pytest.mark.parametrize(
    ("note", "name", "code"),
    [
        ({}, "title", "required"),
        ({"title": "x" * 121}, "title", "max_length"),
        ({"title": "A\x00B"}, "title", "null_characters_not_allowed"),
        ({"title": "A", "kind": "rumour"}, "kind", "invalid_choice"),
        ({"title": "A", "metric": "nonsense"}, "metric", "unknown_metric"),
        ({"title": "A", "starts_on": "20.1.2026"}, "starts_on", "invalid"),
        ({"title": "A", "starts_on": "1999-12-31"}, "starts_on", "min_value"),
        ({"title": "A", "starts_on": "2026-01-20", "ends_on": "2026-01-19"}, "ends_on", "out_of_order"),
        ({"title": "A", "text": "x" * 4001}, "text", "max_length"),
        ({"title": "A", "day": "2026-01-20"}, "day", "unknown_field"),
    ],
)
def test_what_is_no_note_is_refused_by_name(script, note, name, code):
    document = problem_of(post(script, **note), 400)
    assert [(error["name"], error["code"]) for error in document["errors"]] == [(name, code)]
    assert not Note.objects.exists()


@pytest.mark.parametrize("body", ["[]", "3", "null", '"x"'])
def test_a_body_that_is_no_object_is_refused(script, body):
    problem_of(script.post(ADDRESS, body, content_type="application/json"), 400)


def test_only_who_may_write_the_account_notes_something(ours, script):
    theirs = make_account("theirs")
    viewer = make_user("viewer", ours)
    for client in (
        signed_in(viewer),
        bearer(key_of(viewer, ours, scopes=["ingest"])),
        signed_in(make_user("x", theirs)),
    ):
        problem_of(post(client, title="A"), 404)
    reader = bearer(key_of(make_user("manager", ours, role=Membership.Role.MANAGER), ours))
    assert problem_of(post(reader, title="A"), 403)["code"] == "scope"
    assert problem_of(script.get(ADDRESS), 403)["code"] == "scope"
    problem_of(script.post("/api/v1/accounts/theirs/notes", {"title": "A"}, format="json"), 404)
    assert not Note.objects.exists()


def test_notes_are_read_newest_first_by_kind_and_by_metric(ours):
    make_note(ours, "2026-01-05", title="Training", kind="training")
    make_note(ours, "2026-01-14", title="Templates", metric="csat", ends_on=date(2026, 1, 16))
    make_note(make_account("theirs"), "2026-01-15", title="Theirs")
    client = bearer(key_of(make_user("mia", ours), ours))

    def titles(query=""):
        return [note["title"] for note in client.get(f"{ADDRESS}{query}").json()["results"]]

    assert titles() == ["Templates", "Training"]
    assert titles("?kind=training") == ["Training"]
    assert titles("?metric=csat") == ["Templates"]
    assert titles("?limit=1&page=2") == ["Training"]
    page = client.get(f"{ADDRESS}?limit=1").json()
    assert (page["count"], page["previous"]) == (2, None)
    assert page["next"].endswith("/accounts/ours/notes?limit=1&page=2")
    assert page["results"][0]["author"] is None
    for nonsense in ("?kinds=training", "?kind=rumour", "?limit=0"):
        problem_of(client.get(f"{ADDRESS}{nonsense}"), 400)


def test_reading_takes_the_same_queries_for_2_notes_and_for_60(ours):
    client = bearer(key_of(make_user("mia", ours), ours))
    counted = []
    for number in (2, 60):
        for index in range(number):
            make_note(ours, "2026-01-14", title=f"Note {number} {index}", author=make_user("", ours))
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ADDRESS).status_code == 200
        counted.append(len(queries))
    # With PostgreSQL five of them count how often the caller asks.
    assert counted[0] == counted[1] <= 10
