"""What a browser keeps is shown again only while nothing has changed: every change in the database changes the tag."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import Heartbeat
from kpis.tasks import heartbeat
from sellers.changes import UNSEEN, Change, fold, names, triggers, version, watched
from sellers.models import SellerAccount, User
from tests.makers import NOW, make_account, make_user
from tests.screens import LARGEST, SMALLEST, lived_in, pages, path_of

KEPT = {
    "account", "account_passport", "agent", "agents", "assessment", "definitions", "fleet", "notes", "passport",
    "report", "reports", "topics", "week", "weeks",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_every_table_of_ours_is_watched_for_every_kind_of_change(db: None) -> None:
    with connection.cursor() as cursor:
        assert {*names()} <= triggers(cursor, connection.vendor)
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.label in UNSEEN}
    assert len(tables) == len(UNSEEN) and not tables & {*watched()}
    assert {"sellers_membership", "orders_order", "kpis_daytotal", "intake_connection"} <= {*watched()}


def test_every_change_of_a_table_changes_the_tag_of_every_page_that_has_one(client: Client, db: None) -> None:
    client.force_login(lived_in((LARGEST, SMALLEST)))
    shop = SellerAccount.objects.get(key=SMALLEST)
    kept = []
    for page in pages():
        answer = client.get(path_of(page, shop))
        if "ETag" not in answer:
            assert "no-store" in answer["Cache-Control"], page.name
            continue
        kept.append(page)
        assert answer["Cache-Control"] == "private, max-age=0, must-revalidate"
        assert "Cookie" in answer["Vary"]
    assert {str(page.name) for page in kept} == KEPT
    paths = [path_of(page, shop) for page in kept]
    tag = client.get(paths[0])["ETag"]  # after the first reader of the day, who may leave a note
    for path in paths:
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag), path

    before, changed = version(), 0
    keys = {model._meta.db_table: model._meta.pk.column for model in apps.get_models(include_auto_created=True)}
    for table in watched():
        with transaction.atomic(), connection.cursor() as cursor:
            key = keys[table]
            one = f'SELECT min("{key}") FROM "{table}"'
            cursor.execute(f'UPDATE "{table}" SET "{key}" = "{key}" WHERE "{key}" IN ({one})')
            assert (version() > before) == (cursor.rowcount > 0), table
            changed += cursor.rowcount
            transaction.set_rollback(True)
    assert changed > 25
    assert client.get(paths[0], headers={"If-None-Match": tag}).status_code == 304  # all of it was taken back
    SellerAccount.objects.filter(key=LARGEST).update(name="Another name")
    for path in paths:
        answer = client.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer["ETag"] != tag) == (200, True), path


def test_a_row_that_comes_or_goes_is_a_change_and_a_statement_without_rows_is_none(db: None) -> None:
    before = version()
    account = make_account()
    made = version()
    assert made > before
    SellerAccount.objects.filter(key="nobody").update(name="x")
    SellerAccount.objects.filter(key="nobody").delete()
    assert version() == made or connection.vendor == "sqlite"
    account.delete()
    assert version() > made


def test_the_tag_is_of_one_person_language_look_and_minute(client: Client, db: None, clock: Any) -> None:
    client.force_login(make_user("ada", is_staff=True))
    client.get("/")  # it sets the cookie that forms are sent with
    tag = client.get("/")["ETag"]
    assert client.get("/")["ETag"] == tag
    client.cookies["theme"] = "dark"
    dark = client.get("/")["ETag"]
    client.cookies["language"] = "zh-hans"
    chinese = client.get("/")["ETag"]
    clock.shift(timedelta(minutes=1))
    later = client.get("/")["ETag"]
    client.force_login(make_user("ben", is_staff=True))
    assert len({tag, dark, chinese, later, client.get("/")["ETag"]}) == 5


def test_who_may_no_longer_see_an_account_is_not_told_that_it_is_unchanged(client: Client, db: None) -> None:
    account = make_account()
    user: User = make_user("ada")
    membership = user.memberships.create(account=account)
    client.force_login(user)
    path = f"/accounts/{account.key}/"
    tag = client.get(path)["ETag"]
    membership.delete()
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 404
    client.logout()
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 302


def test_what_is_said_once_is_never_taken_from_what_a_browser_kept(client: Client, db: None) -> None:
    client.force_login(make_user("ada", is_staff=True, is_superuser=True))
    client.get("/")
    client.post("/system/", {"reason": "Mended the table."})
    said = client.get("/")
    assert "ETag" not in said
    assert "tried again now" in said.content.decode()
    assert "ETag" in client.get("/")


def test_an_unchanged_page_costs_one_query_beside_those_of_signing_in(client: Client, db: None) -> None:
    client.force_login(make_user("ada", is_staff=True))
    client.get("/")  # it sets the cookie that forms are sent with
    tag = client.get("/")["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert len(queries) == 3  # session, user, version


def test_a_page_is_made_once_for_one_person_until_something_changes(client: Client, db: None, clock: Any) -> None:
    make_account("berlin")
    client.force_login(make_user("ada", is_staff=True))
    client.get("/")  # it sets the cookie that forms are sent with
    made = client.get("/")
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/")
    assert (again.status_code, again.content, again["ETag"]) == (200, made.content, made["ETag"])
    assert len(queries) == 3  # session, user, version
    assert client.get("/?q=nowhere").content != made.content

    other = Client()
    other.force_login(make_user("ben"))
    other.get("/")
    assert b"berlin" in made.content and b"berlin" not in other.get("/").content
    make_account("dublin")
    changed = client.get("/").content
    assert b"dublin" in changed and b"dublin" not in made.content


def test_a_page_that_sets_the_cookie_of_forms_is_kept_for_nobody(client: Client, db: None) -> None:
    ada = make_user("ada", is_staff=True)
    client.force_login(ada)
    first = client.get("/")
    again = Client()
    again.force_login(ada)
    assert settings.CSRF_COOKIE_NAME in first.cookies
    assert again.get("/").cookies[settings.CSRF_COOKIE_NAME].value != first.cookies[settings.CSRF_COOKIE_NAME].value


def test_notes_of_changes_are_added_up_without_changing_the_number(db: None) -> None:
    for number in range(3):
        make_account(f"shop-{number}")
    before = version()
    fold(NOW - timedelta(days=3650))
    fold(NOW + timedelta(days=3650))
    assert (version(), Change.objects.count()) == (before, 1)
    heartbeat()
    assert Heartbeat.objects.exists() and version() == before
